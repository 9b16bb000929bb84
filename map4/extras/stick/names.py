"""Names that tracks share, such as artists, with their numbers in both databases, and letters that players show."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from map4.base.text import clean
from map4.extras.stick.records import StickContents, StickList, StickTrack
from map4.extras.stick.rows import ALBUMS, ARTISTS, ARTWORK, GENRES, KEYS, LABELS, name_place, number_at, read_text

MOST_UNITS = 255
"""The most UTF-16 units of a name."""
_MOST_MARKS, _MOST_SCRIPTS = 8, 3
"""More marks on a letter, or more scripts in a name, have frozen players (hardware matrix of dj-usb-tkit)."""

_Name = TypeVar("_Name", bound=Hashable)


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


def list_name(listed: StickList) -> str:
    """The name of a list or folder on the stick."""
    return listed.name if listed.is_kept else shown(listed.name)


class NameNumbers(Generic[_Name]):
    """Numbers of names of one kind; 0 for no name."""

    def __init__(self, existing: Iterable[tuple[_Name, int]] = ()) -> None:
        self._numbers: dict[_Name, int] = {}
        for name, number in existing:
            self._numbers.setdefault(name, number)
        self._next = 1 + max(self._numbers.values(), default=0)
        self._existing = len(self._numbers)

    def number(self, name: _Name) -> int:
        """The number of a name, a new one if it has none."""
        if not name:
            return 0
        if name not in self._numbers:
            self._numbers[name] = self._next
            self._next += 1
        return self._numbers[name]

    def items(self) -> list[tuple[_Name, int]]:
        """All names with their numbers."""
        return list(self._numbers.items())

    def new_items(self) -> list[tuple[_Name, int]]:
        """The names that no existing row has."""
        return list(self._numbers.items())[self._existing :]


class StickNames:
    """The names of all tracks of a stick."""

    def __init__(self, contents: StickContents) -> None:
        rows = contents.rows
        self.genres, self.labels, self.artwork = (
            NameNumbers((read_text(row, 4), number_at(row, 0)) for row in rows.get(kind, ()))
            for kind in (GENRES, LABELS, ARTWORK)
        )
        self.keys = NameNumbers((read_text(row, 8), number_at(row, 0)) for row in rows.get(KEYS, ()))
        self.artists = NameNumbers(
            (read_text(row, name_place(row, 9)), number_at(row, 4)) for row in rows.get(ARTISTS, ())
        )
        self.albums = NameNumbers(
            ((read_text(row, name_place(row, 21)), number_at(row, 8)), number_at(row, 12))
            for row in rows.get(ALBUMS, ())
        )
        for track in contents.tracks:
            if track.row is None:
                self._add(track)

    def _add(self, track: StickTrack) -> None:
        for name in (track.artist, track.composer, track.remixer):
            self.artists.number(shown(name))
        self.genres.number(shown(track.genre))
        self.labels.number(shown(track.label))
        self.keys.number(shown(track.key))
        self.artwork.number(track.artwork or "")
        self.album(track)

    def album(self, track: StickTrack) -> int:
        """The number of a track's album; albums of several artists share a name, and have several numbers."""
        name = shown(track.album)
        return self.albums.number((name, self.artists.number(shown(track.album_artist)))) if name else 0
