"""Read lists of wanted tracks: lines "artist - title", or CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from map4.base.records import Ordinal
from map4.errors import UsageError

# "[00:12:30]", "12." and "w/", also in sequence, optionally followed by a dash.
_NUMBERING = re.compile(r"^(?:(?:\[?\d{1,2}:\d{2}(?::\d{2})?\]?|\d{1,3}[.)]|w/)(?:\s+[-–—|])?\s+)+")
_SEPARATOR = re.compile(r"(?<!\s)\s+[-–—]\s+|\t")  # searches only from the first of several blanks
# A label in brackets, as in track lists of DJ sets.
_LABEL = re.compile(
    r"\[(?![^\[\]]*(?:mix|edit|dub|version|live|instrumental|bootleg|rework|vip|feat|ft\.))[^\[\]]*\]$", re.IGNORECASE
)
# Column names of shops and programs, letters only.
_ARTIST = frozenset({"artist", "artists", "artistname", "artistnames", "trackartist", "trackartists"})
_TITLE = frozenset({"title", "track", "tracktitle", "trackname", "song", "songtitle", "songname", "name"})
_MIX = frozenset({"mix", "mixname", "remix", "version"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """A line of a list.

    line: its number, from 1
    artist: None if the line does not separate it from the title
    """

    line: Ordinal
    text: str
    artist: str | None
    title: str


def read_wanted(text: str) -> list[WantedLine]:
    """Read a list: lines "artist - title", or CSV whose first line names an artist and a title column.

    Empty lines and lines that begin with # are skipped, as are leading numbers and times and a trailing label in
    brackets. A mix column is appended to the title.
    """
    if "\0" in text:
        raise UsageError("this is not a list of tracks: it contains NUL bytes")
    lines = text.removeprefix("\ufeff").splitlines()
    head = next((line for line in lines if line.strip()), "")
    for delimiter in (",", ";", "\t"):
        names = ["".join(filter(str.isalpha, name.lower())) for name in head.split(delimiter)]
        places = [
            next((at for at, name in enumerate(names) if name in known), None) for known in (_ARTIST, _TITLE, _MIX)
        ]
        if places[0] is not None and places[1] is not None:
            return _from_csv(text.removeprefix("\ufeff"), delimiter, places[0], places[1], places[2])
    wanted = ((number, line) for number, line in enumerate(lines, start=1) if not line.strip().startswith("#"))
    return [_from_line(number, line) for number, line in wanted if line.strip()]


def _from_line(number: int, line: str) -> WantedLine:
    plain = _LABEL.sub("", _NUMBERING.sub("", line.strip())).rstrip()
    artist, *rest = _SEPARATOR.split(plain, maxsplit=1)
    title = rest[0].strip() if rest else ""
    if not title or not artist:
        return WantedLine(line=number, text=line.strip(), artist=None, title=plain)
    return WantedLine(line=number, text=line.strip(), artist=artist.strip(), title=title)


def _from_csv(text: str, delimiter: str, artist: int, title: int, mix: int | None) -> list[WantedLine]:
    lines: list[WantedLine] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        next(row for row in reader if any(cell.strip() for cell in row))  # the head
        for row in reader:
            if len(row) > max(artist, title) and row[title].strip():
                name, what = row[artist].strip(), row[title].strip()
                version = row[mix].strip() if mix is not None and len(row) > mix else ""
                what += f" ({version})" if version and version.lower() not in what.lower() else ""
                shown = f"{name} - {what}" if name else what
                lines.append(WantedLine(line=reader.line_num, text=shown, artist=name or None, title=what))
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num} of the list is not valid CSV: {error}") from None
    return lines
