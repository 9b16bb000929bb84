"""The output options of every command that reads, and the writer behind them."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from map4.cli.output import csv_head, csv_row, printable, to_json, write_bytes, write_json_line, write_text

if TYPE_CHECKING:
    from map4.cli.line_template import Template
    from map4.cli.options import F, Session
    from map4.cli.views.track_table import TrackTable
    from map4.domain.key import Notation
    from map4.domain.track import Track

Form = Literal["json", "jsonl", "csv", "paths", "print0", "format"]
FORMS: tuple[Form, ...] = get_args(Form)

_OPTIONS: dict[Form, tuple[tuple[str, ...], dict[str, Any]]] = {
    "json": (("--json",), {"help": "Print one JSON document."}),
    "jsonl": (("--jsonl",), {"help": "Print a line of JSON each, as soon as it is ready."}),
    "csv": (("--csv",), {"help": "Print CSV with a header line."}),
    "paths": (("--paths",), {"help": "Print paths, a line each."}),
    "print0": (("-0", "--print0"), {"help": "Print paths, each ended by NUL (for xargs -0)."}),
    "format": (("-f", "--format"), {"help": "Print a line each, such as '{artist} - {title}'; fields as in CSV."}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How an answer is to be printed; no form is the one for people.

    Parameters
    ----------
    form : None, or one of `FORMS`
    template : of the form "format"
    """

    form: Form | None = None
    template: Template | None = None


def reading_options(*forms: Form) -> Callable[[F], F]:
    """Add output options, all or those named; the command gets what was chosen as `output`, an `Output`.

    Two of them at once are wrong usage.
    """
    offered = [form for form in FORMS if not forms or form in forms]

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def command(*args: Any, **kwargs: Any) -> Any:
            given = {form: kwargs.pop(f"output_{form}") for form in offered}
            return function(*args, output=_chosen(given), **kwargs)

        decorated: Any = command
        for form in reversed(offered):
            names, settings = _OPTIONS[form]
            kind = {"metavar": "TEXT"} if form == "format" else {"is_flag": True}
            decorated = click.option(*names, f"output_{form}", **kind, **settings)(decorated)
        result: F = decorated
        return result

    return decorate


def key_notation_option(function: F) -> F:
    """Add --key-notation, which counts more than the setting."""
    return click.option(
        "--key-notation",
        type=click.Choice(["camelot", "openkey", "musical"]),
        help="How keys are shown (also MAP4_KEY_NOTATION).",
    )(function)


def _chosen(given: Mapping[Form, Any]) -> Output:
    chosen = [form for form, value in given.items() if value not in (None, False)]
    if len(chosen) > 1:
        names = " and ".join(_OPTIONS[form][0][-1] for form in chosen)
        raise click.UsageError(f"{names} can't be had at once; choose one.")
    if not chosen:
        return Output()
    if chosen[0] != "format":
        return Output(form=chosen[0])
    from map4.cli.line_template import Template

    return Output(form="format", template=Template.read(given["format"]))


class TrackWriter:
    """Writes tracks one by one in the form chosen; call `finish` at the end.

    Parameters
    ----------
    session, output : of the command
    notation : of keys in tables and `{key}`; None takes the setting
    beats : give the beat times in JSON
    also : columns that a table has besides its usual ones, of `map4.cli.views.track_table.ALSO_SHOWN`
    """

    def __init__(
        self,
        session: Session,
        output: Output,
        *,
        notation: Notation | None = None,
        beats: bool = False,
        also: Collection[str] = (),
    ) -> None:
        self.count = 0
        self._session = session
        self._output = output
        self._notation: Notation = notation or session.config["output.key_notation"]
        self._beats = beats
        self._also = also
        self._table: TrackTable | None = None
        self._is_terminal = sys.stdout.isatty()

    def write_all(self, tracks: Iterable[Track]) -> int:
        """Write tracks and finish; gives how many there were."""
        for track in tracks:
            self.write(track)
        self.finish()
        return self.count

    def write(self, track: Track) -> None:
        """Write one track."""
        self.count += 1
        form = self._output.form
        if form in ("paths", "print0"):
            self._write_path(track.path)
            return
        record = track.to_record(beats=self._beats)
        if form == "json":
            # A document of a line a track, written as it comes: a library may not fit into memory.
            write_text(f"{self._opening()}  {to_json(record)}")
        elif form == "jsonl":
            write_json_line(record)
        elif form == "csv":
            write_text(("" if self.count > 1 else csv_head()) + csv_row(record))
        else:
            self._write_shown(track, record)

    def finish(self) -> None:
        """Write what ends the answer."""
        if self._output.form == "json":
            write_text("\n ]\n}\n" if self.count else _EMPTY_DOCUMENT)
        elif self._output.form == "csv" and not self.count:
            write_text(csv_head())
        elif self._table is not None:
            self._table.flush()

    def _opening(self) -> str:
        return ",\n" if self.count > 1 else '{\n "schema": "map4/tracks/1",\n "tracks": [\n'

    def _write_path(self, path: str) -> None:
        if self._output.form == "print0":
            write_bytes(os.fsencode(path) + b"\0")
        elif self._is_terminal:
            write_text(printable(path) + "\n")
        else:
            write_bytes(os.fsencode(path) + b"\n")

    def _write_shown(self, track: Track, record: dict[str, Any]) -> None:
        key = track.key()
        if record["key"] is not None and key is not None:
            record = {**record, "key": {**record["key"], "shown": key.in_notation(self._notation)}}
        template = self._output.template
        if template is not None:
            line = template.fill(record)
            write_text((printable(line) if self._is_terminal else line) + "\n")
            return
        if self._table is None:
            from map4.cli.views.track_table import TrackTable

            self._table = TrackTable(self._session.out, also=self._also)
        self._table.write(record)


_EMPTY_DOCUMENT = '{\n "schema": "map4/tracks/1",\n "tracks": []\n}\n'
