"""Artist and title by the name of a file, for tracks without a title."""

from __future__ import annotations

import os
import re

from map4.base.text import words_of
from map4.music.placeholders import is_placeholder

# Between parts of a name; a title may have a dash too, an artist rarely.
DASH = re.compile(r" +[-–—] +")
# "03 ", "12. ", "1-03 - "; "12 " may begin an artist, and 311 is a band.
_TRACK_NUMBER = re.compile(
    r"^(?:\d{1,2}-\d{1,2}[.)-]*\s+|\d{1,3}[.)-]+(?!\d)\s*|0\d{1,2}\s+|\d{1,2}\s+(?=[-–—]\s))(?:[-–—]\s+)?"
)
_PERHAPS_NUMBER = re.compile(r"^\d{1,3}\s+(?=\S)")  # "50 Cent"


def names_of_file(path: str, artist: str | None, title: str | None = None) -> tuple[str | None, str]:
    """Return artist (None if unknown) and title of a file; without a title, by its name as `possible_names`."""
    return (artist, title) if title else possible_names(path, artist)[0]


def possible_names(path: str, artist: str | None) -> list[tuple[str | None, str]]:
    """Return artist and title by the name of a file such as `03 Artist - Title.mp3`, the likelier first.

    A part that is a number is a track or a year; between artist and title, it follows the album. If the artist is
    known, a name that begins with another is a title.
    """
    stem = stem_of(path)
    whole = _TRACK_NUMBER.sub("", stem) or stem
    first, *others = DASH.split(whole)
    if len(others) > 1 and (first.isdigit() or is_placeholder(first)):
        first, *others = others
    mine, theirs = set(words_of(first).split()), set(words_of(artist or "").split())
    if not others or (artist and not (mine <= theirs or theirs <= mine)):
        return [(artist, whole)]
    number = next((at for at, part in enumerate(others[:-1]) if part.isdigit()), -1)
    title = " - ".join(others[number + 1 :])
    artists = dict.fromkeys((first, _PERHAPS_NUMBER.sub("", first)))
    return [(artist or (None if is_placeholder(name) else name), title) for name in artists]


def stem_of(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0].replace("_", " ").strip()
