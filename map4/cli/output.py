"""Data on stdout: JSON, JSON Lines, CSV; and text that is safe for terminals."""

from __future__ import annotations

import base64
import codecs
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from map4.core.base.paths import MOST_NAMED, display_path
from map4.core.base.text import csv_writer, escaped, printable

if TYPE_CHECKING:
    from map4.core.base.records import Record

JSON_WANTED = "map4.json"
"""In the meta data of a command's context: whether --json was given."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def printable_lines(text: str) -> str:
    """Like `printable`, but keeps line breaks."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))


def same_audio_line(what: str, paths: Sequence[str]) -> str:
    """An indented line that lists the first files with the same audio."""
    more = f" and {len(paths) - MOST_NAMED:,} more" if paths[MOST_NAMED:] else ""
    return f"  {what}: {', '.join(map(display_path, paths[:MOST_NAMED]))}{more} (same audio)"


def local_time(when: str, timespec: str = "minutes") -> str:
    """A stored UTC time (ISO 8601) in local time: `2026-01-31 22:15`; an unreadable time stays as it is."""
    try:
        return datetime.fromisoformat(when).astimezone().replace(tzinfo=None).isoformat(" ", timespec)
    except ValueError:  # 'map4 library verify' reports it
        return when


def to_json(value: Any) -> str:
    """JSON on one line, non-ASCII unescaped; NaN and infinity raise ValueError."""
    return _ENCODER.encode(value)


class Stdout:
    """Data on stdout, in UTF-8 in each locale."""

    @staticmethod
    def write_json(document: Mapping[str, Any]) -> None:
        """Print an indented document."""
        Stdout.write_text(json_document(document))

    @staticmethod
    def wants_json() -> bool:
        """Whether the running command was given --json."""
        return bool(click.get_current_context().meta.get(JSON_WANTED))

    @staticmethod
    def print_json(record: Record | Mapping[str, Any]) -> bool:
        """Print a record if the command was given --json; return whether it was."""
        if Stdout.wants_json():
            Stdout.write_json(record if isinstance(record, Mapping) else record.to_record())
        return Stdout.wants_json()

    @staticmethod
    def write_json_list(document: Record, end: Callable[[], Mapping[str, Any]] = dict) -> int:
        """Print a document whose list is an iterator, one record per line as it arrives; return their number.

        end: returns the fields that are known after the last record
        """
        from dataclasses import replace  # `map4 --help` needs none

        [(name, records)] = [(name, value) for name, value in vars(document).items() if isinstance(value, Iterator)]

        def around(**known: Any) -> tuple[list[str], list[str]]:
            record = replace(cast("Any", document), **{name: ()}, **known).to_record()
            lines, place = [f' "{member}": {to_json(value)}' for member, value in record.items()], [*record].index(name)
            return lines[:place], lines[place + 1 :]

        Stdout.write_text("{\n" + "".join(f"{line},\n" for line in around()[0]) + f' "{name}": [')
        count = 0
        for count, record in enumerate(records, start=1):
            Stdout.write_text(("\n  " if count == 1 else ",\n  ") + to_json(record.to_record()))
        Stdout.write_text(("\n ]" if count else "]") + "".join(f",\n{line}" for line in around(**end())[1]) + "\n}\n")
        return count

    @staticmethod
    def write_json_line(record: Mapping[str, Any]) -> None:
        """Print a record on one line and flush it."""
        Stdout.write_text(to_json(record) + "\n")
        sys.stdout.flush()

    @staticmethod
    def write_text(text: str) -> None:
        """Write text to stdout, always in UTF-8, whatever the locale; on a terminal without controls."""
        Stdout.write_bytes(text.encode("utf-8", "replace"))

    @staticmethod
    def write_bytes(data: bytes) -> None:
        Stdout.data_stream().write(data)

    @staticmethod
    def data_stream() -> BinaryIO:
        """Return stdout for data: as it is in pipes and files, without controls on a terminal."""
        sys.stdout.flush()  # Python's own buffer comes first
        return cast("BinaryIO", _TerminalData()) if sys.stdout.isatty() else sys.stdout.buffer


def json_document(document: Mapping[str, Any]) -> str:
    """An indented document as text."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Rows as CSV; None is empty, and no text becomes a formula in spreadsheets."""
    text = io.StringIO()
    write = csv_writer(text)
    for row in rows:
        write(row)
    return text.getvalue()


def kitty_picture(png: bytes, columns: int) -> str:
    """A picture, `columns` wide, in kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol)."""
    data = base64.standard_b64encode(png).decode("ascii")
    pieces = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    heads = [f"a=T,f=100,q=2,c={columns},", *[""] * (len(pieces) - 1)]
    return "".join(
        f"\x1b_G{head}m={int(number < len(pieces))};{piece}\x1b\\"
        for number, (head, piece) in enumerate(zip(heads, pieces, strict=True), start=1)
    )


class _TerminalData(io.RawIOBase):
    """Data on a terminal; bytes that are not UTF-8 are replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        sys.stdout.buffer.write(escaped(self._decoder.decode(bytes(data))).encode())
        return memoryview(data).nbytes
