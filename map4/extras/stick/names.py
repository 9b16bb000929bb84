"""Names that tracks share, such as artists, with their numbers in both databases, and letters that players show."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import count, islice

from map4.core.base.text import clean
from map4.extras.stick.records import StickContents, StickTrack
from map4.formats import TRACK_ROW, PdbTable

MOST_UNITS = 255  # the most UTF-16 units of a name
_MOST_MARKS, _MOST_SCRIPTS = 8, 3
"""More marks on a letter, or more scripts in a name, have frozen players (hardware matrix of dj-usb-tkit)."""


@lru_cache(maxsize=1 << 16)
def shown(value: str | None) -> str:
    """A name as players can show it; empty for None."""
    text = clean(value or "")
    return text if text.isascii() and len(text) <= MOST_UNITS else "".join(_shown_letters(text))


def _shown_letters(text: str) -> Iterator[str]:
    scripts: set[str] = set()
    marks = units = 0
    for letter in unicodedata.normalize("NFC", text):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if letter.isalpha() and not marks:
            script = unicodedata.name(letter, "").partition(" ")[0]
            if len(scripts) == _MOST_SCRIPTS and script not in scripts:
                continue
            scripts.add(script)
        units += len(letter.encode("utf-16-le")) // 2
        if units > MOST_UNITS:
            return
        if marks <= _MOST_MARKS:
            yield letter


class StickNames:
    """The names of all tracks of a stick: by table, numbers by name and number of an album's artist, or 0."""

    def __init__(self, contents: StickContents) -> None:
        self.tables, self._existing = dict[int, dict[tuple[str, int], int]](), dict[int, int]()
        for kind in sorted({*TRACK_ROW.names.values()}):  # artists before their albums
            rows = contents.names.get(kind, ())
            # The first row of a name counts.
            known = {(name, artist): number for number, name, artist in reversed(rows)}
            following = count(1 + max((number for number, *_ in rows), default=0))
            self.tables[kind], self._existing[kind] = defaultdict(following.__next__, known), len(known)
        for track in contents.tracks:
            if track.row is None:
                self.of(track)

    def new(self, kind: int) -> list[tuple[int, str, int]]:
        """Number, name and number of an album's artist of the names of a table that the stick does not have yet."""
        return [(number, *name) for name, number in islice(self.tables[kind].items(), self._existing[kind], None)]

    def of(self, track: StickTrack) -> dict[str, int]:
        """The numbers of a track's names; albums of several artists share a name, and have several numbers."""
        artist = self._number(PdbTable.ARTISTS, track.album and track.album_artist)
        return {
            field: self._number(kind, getattr(track, field), artist if field == "album" else 0)
            for field, kind in TRACK_ROW.names.items()
        }

    def _number(self, kind: int, name: str | None, artist: int = 0) -> int:
        text, table = shown(name), self.tables[kind]
        if not (name and text):
            return 0
        return table[name, artist] if (name, artist) in table else table[text, artist]
