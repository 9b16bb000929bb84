"""Output formats of commands that print tracks: options and writers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from map4.cli.options import CallOption, F
from map4.cli.output import csv_text, to_json
from map4.cli.session import Session

if TYPE_CHECKING:
    from map4.cli.views.columns import TrackTable
    from map4.core.base.records import Record
    from map4.core.music.analysis.key import Notation
    from map4.core.music.lists.line_template import LineTemplate
    from map4.core.music.lists.tracklist import ListPlace
    from map4.core.music.track.track import Track
    from map4.core.music.track.track_columns import Cells

OutputFormat = Literal["json", "jsonl", "csv", "paths", "print0", "template"]
OUTPUT_FORMATS: tuple[OutputFormat, ...] = get_args(OutputFormat)

_OPTIONS: dict[OutputFormat, tuple[tuple[str, ...], dict[str, Any]]] = {
    "json": (("--json",), {"is_flag": True, "help": "Print one JSON document."}),
    "jsonl": (("--jsonl",), {"is_flag": True, "help": "Print one JSON line per item, as soon as it is ready."}),
    "csv": (("--csv",), {"is_flag": True, "help": "Print CSV with a header line."}),
    "paths": (("--paths",), {"is_flag": True, "help": "Print only paths, one per line."}),
    "print0": (("-0", "--print0"), {"is_flag": True, "help": "Print only paths, each ended by NUL (for xargs -0)."}),
    "template": (
        ("-f", "--format"),
        {"metavar": "TEXT", "help": "Print one line per item, such as '{artist} - {title}', with CSV column names."},
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The chosen output format.

    format: None is the format for people
    template: for the format "template"
    query: for a document of tracks: the query that words became
    """

    format: OutputFormat | None = None
    template: LineTemplate | None = None
    query: str | None = None
    explain_option = staticmethod(click.option("--explain", is_flag=True, help="Print why each track was picked."))

    def write(self, document: Record, lines: Iterable[Mapping[str, Any]] | None = None) -> bool:
        """Print a document for --json, or its lines for --jsonl; return False for other formats.

        lines: None prints the document on one line
        """
        if self.format == "json":
            Session.write_json(document.to_record())
        elif self.format == "jsonl":
            for line in (document.to_record(),) if lines is None else lines:
                Session.write_json_line(line)
        return self.format in ("json", "jsonl")

    def check_figures(self, *, figures: bool = False, explain: bool = False, is_stdout: bool = False) -> None:
        """Refuse to draw or explain output for a program."""
        if (figures or explain) and (self.format is not None or is_stdout):
            flag = "--figures draws" if figures else "--explain writes"
            raise click.UsageError(f"{flag} for a terminal; leave it out with --json, --csv, -o - and the like.")

    @staticmethod
    def options(*formats: OutputFormat, listed: bool = False) -> Callable[[F], F]:
        """Add output options; the command receives an `Output` as `output`. Two formats at once are a UsageError.

        formats: the options to add; default all
        listed: the tracks are in a list
        """
        offered = formats or OUTPUT_FORMATS
        options = [click.option(*_OPTIONS[name][0], f"output_{name}", **_OPTIONS[name][1]) for name in offered]
        return CallOption.collected("output", partial(_chosen, listed), *options)


def _chosen(listed: bool, **given: Any) -> Output:
    chosen = [name for name in OUTPUT_FORMATS if given.get(f"output_{name}") not in (None, False)]
    if len(chosen) > 1:
        names = " and ".join(_OPTIONS[name][0][-1] for name in chosen)
        raise click.UsageError(f"{names} can't be used together; choose one.")
    if chosen != ["template"]:
        return Output(format=chosen[0] if chosen else None)
    from map4.core.music.lists.line_template import LineTemplate

    return Output(format="template", template=LineTemplate.read(given["output_template"], listed=listed))


class TrackWriter:
    """Writes tracks one at a time in the chosen format; call `finish` at the end.

    notation: key notation in tables and `{key}`; None uses the setting
    beats, cues: include the beat times, and the effective cue points, in JSON
    also: additional table columns
    recordings: maps audio ids to recordings, for tables; `Library.duplicates.recordings`
    """

    def __init__(
        self,
        session: Session,
        output: Output,
        *,
        notation: Notation | None = None,
        beats: bool = False,
        cues: bool = False,
        also: Collection[str] = (),
        recordings: Callable[[Collection[str]], Mapping[str, str]] = lambda audio_ids: {},
    ) -> None:
        self.count = 0
        query = "" if output.query is None else f' "query": {to_json(output.query)},\n'
        self._head = '{\n "schema": "map4/tracks/1",\n' + query
        self._recordings = recordings
        self._session = session
        self._output = output
        self._notation: Notation = notation or session.notation
        self._beats, self._cues = beats, cues
        self._also = also
        self._table: TrackTable | None = None
        self._is_terminal = sys.stdout.isatty()

    def write_all(self, tracks: Iterable[Track]) -> int:
        """Write tracks, finish, and return their number."""
        for track in tracks:
            self.write(track)
        self.finish()
        return self.count

    def write_paths(self, paths: Iterable[str]) -> int:
        """Write paths and return their number; for the formats that need only paths."""
        for path in paths:
            self.count += 1
            self._write_path(path)
        return self.count

    @property
    def columns(self) -> Sequence[str]:
        """The columns that `write_cells` needs; empty for formats that show whole tracks, or only paths."""
        chosen, template = self._output.format, self._output.template
        if chosen == "csv":
            from map4.core.music.track.track_columns import CSV_COLUMNS  # imports most of the domain

            return CSV_COLUMNS
        if chosen is None:
            from map4.cli.views.columns import table_columns

            return table_columns(self._also)
        return () if template is None else template.columns

    def write_cells(self, rows: Iterable[Cells]) -> int:
        """Write rows with the cells of `columns`, finish, and return their number."""
        for cells in rows:
            self.count += 1
            self._write_row(cells)
        self.finish()
        return self.count

    def write(self, track: Track, place: ListPlace | None = None) -> None:
        """Write a track.

        place: its place in a list, if any
        """
        self.count += 1
        chosen = self._output.format
        if chosen in ("paths", "print0"):
            self._write_path(track.path)
            return
        if chosen == "json":
            # Write one document, a track per line, as tracks arrive: a library may not fit into memory.
            opening = ",\n" if self.count > 1 else f'{self._head} "tracks": [\n'
            Session.write_text(f"{opening}  {to_json(track.to_record(beats=self._beats, cues=self._cues))}")
        elif chosen == "jsonl":
            Session.write_json_line(track.to_record(beats=self._beats, cues=self._cues))
        else:
            from map4.core.music.track.track_columns import TrackCells

            self._write_row(TrackCells(track), place)

    def finish(self) -> None:
        if self._output.format == "json":
            Session.write_text("\n ]\n}\n" if self.count else f'{self._head} "tracks": []\n}}\n')
        elif self._output.format == "csv" and not self.count:
            Session.write_text(csv_text([self.columns]))
        elif self._table is not None:
            self._table.flush()

    def _write_path(self, path: str) -> None:
        if self._output.format == "print0":
            Session.write_bytes(os.fsencode(path) + b"\0")
        elif self._is_terminal:
            self._session.echo(path)
        else:
            Session.write_bytes(os.fsencode(path) + b"\n")

    def _write_row(self, cells: Cells, place: ListPlace | None = None) -> None:
        template = self._output.template
        if self._output.format == "csv":
            row = [cells[name] for name in self.columns]
            Session.write_text(csv_text([row] if self.count > 1 else [self.columns, row]))
            return
        if template is not None:
            line = template.fill(cells, self._notation, place)
            self._session.echo(line) if self._is_terminal else Session.write_text(f"{line}\n")
            return
        if self._table is None:
            from map4.cli.views.columns import TrackTable

            table = TrackTable(self._session.out, self._notation, also=self._also, recordings=self._recordings)
            self._table = table
        self._table.write(cells)
