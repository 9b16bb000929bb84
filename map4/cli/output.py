"""Data on stdout: JSON, JSON Lines, CSV; and text that can't harm a terminal."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from map4.base.paths import MOST_NAMED, display_path
from map4.base.text import counted as counted
from map4.base.text import printable as printable

if TYPE_CHECKING:
    from map4.errors import FileError
    from map4.music.track.track import Failure, Track


def printable_lines(text: str) -> str:
    """The same for a message of several lines, which it keeps."""
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))


def enumerated(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = names or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def same_audio_line(what: str, paths: Sequence[str]) -> str:
    """The first of the files with the same audio, below what is said of a file."""
    more = f" and {len(paths) - MOST_NAMED:,} more" if paths[MOST_NAMED:] else ""
    return printable(f"  {what}: {', '.join(map(display_path, paths[:MOST_NAMED]))}{more} (same audio)")


def local_time(when: str, timespec: str = "minutes") -> str:
    """A stored moment (ISO 8601, UTC) for people: by the clock of this machine, `2026-01-31 22:15`."""
    return datetime.fromisoformat(when).astimezone().replace(tzinfo=None).isoformat(" ", timespec)


def size_text(size_bytes: float) -> str:
    """`4 bytes`, `12.3 kB`."""
    if size_bytes < 1000:
        return f"{size_bytes:.0f} bytes"
    for unit in ("kB", "MB"):
        size_bytes /= 1000
        if size_bytes < 1000:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1000:.1f} GB"


def failure_line(path: str, failure: Failure | FileError) -> str:
    """What is said of a file that could not be analysed."""
    return f"map4: {display_path(path)}: {failure.message} ({failure.kind})"


def to_json(value: Any) -> str:
    """JSON on one line, readable where it is not ASCII; what JSON can't say is an error, not a NaN."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_json(document: Mapping[str, Any]) -> None:
    """One indented document on stdout."""
    write_text(json_document(document))


def write_json_list(
    head: Mapping[str, Any],
    name: str,
    records: Iterable[Mapping[str, Any]],
    tail: Callable[[], Mapping[str, Any]] = dict,
) -> int:
    """One document with a list, a record a line as it comes: there may be thousands. Gives how many there were.

    tail: gives what stands behind the list, once that has ended
    """
    write_text("{\n" + "".join(f' "{key}": {to_json(value)},\n' for key, value in head.items()) + f' "{name}": [')
    count = 0
    for count, record in enumerate(records, start=1):
        write_text(("\n  " if count == 1 else ",\n  ") + to_json(record))
    rest = "".join(f',\n "{key}": {to_json(value)}' for key, value in tail().items())
    write_text(("\n ]" if count else "]") + rest + "\n}\n")
    return count


def json_document(document: Mapping[str, Any]) -> str:
    """The same as text."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def write_json_line(record: Mapping[str, Any]) -> None:
    """One record on a line of its own, flushed, so that the next program has it at once."""
    write_text(to_json(record) + "\n")
    sys.stdout.flush()


def csv_head() -> str:
    """The header line of CSV (RFC 4180)."""
    from map4.music.track.track_columns import CSV_COLUMNS  # with them comes most of the domain

    return csv_line(CSV_COLUMNS)


def csv_row(track: Track) -> str:
    """A track as a line of CSV; a value that is not known is empty."""
    from map4.music.track.track_columns import CSV_COLUMNS, column_value

    return csv_line([column_value(track, name) for name in CSV_COLUMNS])


def write_csv(names: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    """Records with these names as CSV, a header line first."""
    write_text(csv_line(names))
    for record in records:
        write_text(csv_line([record[name] for name in names]))


def csv_line(values: Iterable[Any]) -> str:
    """Values as a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(["" if value is None else value for value in values])
    return line.getvalue()


def write_text(text: str) -> None:
    """Text on stdout, always in UTF-8: what another program reads does not depend on this terminal's locale."""
    write_bytes(text.encode("utf-8", "replace"))


def kitty_picture(png: bytes, columns: int) -> str:
    """A picture in kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol), so wide: base64 in pieces."""
    data = base64.standard_b64encode(png).decode("ascii")
    pieces = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    heads = [f"a=T,f=100,q=2,c={columns},", *[""] * (len(pieces) - 1)]
    return "".join(
        f"\x1b_G{head}m={int(number < len(pieces))};{piece}\x1b\\"
        for number, (head, piece) in enumerate(zip(heads, pieces, strict=True), start=1)
    )


def write_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
