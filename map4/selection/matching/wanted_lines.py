"""Lists of wanted tracks: lines "artist - title", or CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from map4.errors import UsageError

_NUMBERING = re.compile(r"^\s*(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?|\d{1,3}[.)])\s+")
_SEPARATOR = re.compile(r"\s+[-–—]\s+|\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """A line of a list.

    Parameters
    ----------
    line : its number, from 1
    text : as it stands there
    artist : None where the line does not part it from the title
    title : of the track
    """

    line: int
    text: str
    artist: str | None
    title: str


def read_wanted(text: str) -> list[WantedLine]:
    """Read a list: lines "artist - title", or CSV whose first line names an artist and a title column.

    Empty lines and those that begin with # are passed over, numbers and times before a line too.

    Raises
    ------
    UsageError
        If it holds NUL bytes, which no list does.
    """
    if "\0" in text:
        raise UsageError("this is no list of tracks: it holds NUL bytes")
    lines = text.removeprefix("\ufeff").splitlines()
    head = next((line for line in lines if line.strip()), "")
    for delimiter in (",", ";", "\t"):
        names = [name.strip().strip('"').lower() for name in head.split(delimiter)]
        if "artist" in names and "title" in names:
            return _from_csv(text.removeprefix("\ufeff"), delimiter, names.index("artist"), names.index("title"))
    return [_from_line(number, line) for number, line in enumerate(lines, start=1) if _is_wanted(line)]


def _is_wanted(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _from_line(number: int, line: str) -> WantedLine:
    plain = _NUMBERING.sub("", line.strip())
    artist, *rest = _SEPARATOR.split(plain, maxsplit=1)
    title = rest[0].strip() if rest else ""
    if not title or not artist:
        return WantedLine(line=number, text=line.strip(), artist=None, title=plain)
    return WantedLine(line=number, text=line.strip(), artist=artist.strip(), title=title)


def _from_csv(text: str, delimiter: str, artist: int, title: int) -> list[WantedLine]:
    found: list[WantedLine] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > max(artist, title) and row[title].strip() and reader.line_num > 1:
                name, what = row[artist].strip(), row[title].strip()
                shown = f"{name} - {what}" if name else what
                found.append(WantedLine(line=reader.line_num, text=shown, artist=name or None, title=what))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the list is no CSV: {error}") from None
    # The head is the first line that is not empty.
    return [wanted for wanted in found if wanted.title.lower() != "title" or (wanted.artist or "").lower() != "artist"]
