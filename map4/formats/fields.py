"""The fields of a program: each reader declares those that it reads, so that no value is dropped without a count."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import plausible_bpm, plausible_seconds
from map4.core.music.lists.tracklist import PlaylistEntry
from map4.core.music.track.imported import MOST_RATING
from map4.formats.values import (
    NEVER,
    above_zero,
    count_of,
    counted_above_zero,
    leading_number,
    number_of,
    one_line,
    utc_moment_of,
    year_in,
)

Reader = Callable[[Any], Any]
PLURALS: Mapping[str, str] = {
    "title": "titles", "artist": "artists", "album": "albums", "album_artist": "album artists", "genre": "genres",
    "label": "labels", "composer": "composers", "remixer": "remixers", "mix": "mixes", "grouping": "groupings",
    "comment": "comments", "year": "years", "track_number": "track numbers", "disc_number": "disc numbers",
    "bpm": "tempi", "key": "keys", "rating": "ratings", "play_count": "numbers of plays",
    "last_played": "dates of last plays", "date_added": "dates added", "color": "colours of tracks",
    "duration_s": "lengths of tracks", "size_bytes": "sizes of files", "played_at": "times of plays",
    "grid": "beat grids", "grid.position_s": "positions of beat grids", "grid.bpm": "tempi of beat grids",
    "grid.metre": "metres of beat grids", "grid.beat": "beats of beat grids", "cues": "cue points", "loops": "loops",
    "cues.position_s": "positions of cue points", "cues.kind": "kinds of cue points",
    "cues.number": "buttons of cue points", "cues.name": "names of cue points", "cues.length_s": "lengths of loops",
    "cues.color": "colours of cue points", "structure": "phrases", "vocals": "vocal parts",
}  # fmt: skip
"""Plurals by the name of a value of `ImportedValues`, of a part of it, or of `PlaylistEntry`."""
UNREADABLE = (ValueError, struct.error, IndexError)  # exceptions of readers of damaged values
_OF_NOTHING = " \t\r\n\0-/.,:0"


def unreadable(name: str) -> str:
    """Return the plural by which an unreadable value is counted."""
    return f"{PLURALS[name]} that can't be read"


def means_none(raw: object) -> bool:
    """Return whether programs write this for no value: nothing, zeros (0.00, 0000-00-00), -1, or the first day of a
    calendar."""
    if isinstance(raw, str):
        text = raw.strip()
        return not text.strip(_OF_NOTHING) or text == "-1" or NEVER.match(text) is not None
    if isinstance(raw, bytes):
        return not raw.strip(b"\0")
    return all(map(means_none, raw)) if isinstance(raw, tuple) else not raw or raw == -1


def text_in(raw: object) -> str | None:
    """Return a text that is more than blanks, with its outer blanks, as it is written back."""
    return raw if isinstance(raw, str) and not raw.isspace() and raw else None


def then(*steps: Callable[[Any], Any]) -> Reader:
    """Return a reader of several steps, which ends with the first None."""

    def read(value: Any) -> Any:
        for step in steps:
            value = None if value is None else step(value)
        return value

    return read


def stars(step: float) -> Reader:
    """Return a reader of a number of stars times `step`."""
    return then(above_zero, lambda number: min(number / step, MOST_RATING))


def tempo_in(value: object) -> float | None:
    return plausible_bpm(number_of(value))


def _seconds_in(value: object) -> float | None:
    return plausible_seconds(number_of(value))


_READERS: Mapping[str, Reader] = {
    "year": year_in, "track_number": leading_number, "disc_number": leading_number, "bpm": tempo_in,
    "key": Key.readable, "play_count": count_of, "last_played": utc_moment_of, "date_added": utc_moment_of,
    "played_at": utc_moment_of,
    "duration_s": above_zero, "size_bytes": counted_above_zero, "cues.position_s": _seconds_in,
    "cues.length_s": _seconds_in, "cues.number": count_of, "grid.position_s": _seconds_in, "grid.bpm": tempo_in,
    "grid.beat": counted_above_zero,
}  # fmt: skip
"""The usual readers by the name of the value; all others are texts."""


def entry_of(values: dict[str, Any], position: int, location: str | None, *others: str) -> PlaylistEntry:
    """Return the entry of a track's values, and take those out that only an entry has.

    others: further possible locations
    """
    artist, title, album = (one_line(values.get(name)) for name in ("artist", "title", "album"))
    return PlaylistEntry(
        position=position,
        location=location,
        other_locations=others,
        artist=artist,
        title=title,
        album=album,
        duration_s=values.pop("duration_s", None),
        size_bytes=values.pop("size_bytes", None),
    )


@dataclass(frozen=True, slots=True)
class ProgramFields:
    """All fields that a reader reads of a kind of element, row or record.

    place: the element or table
    fields: of each, the name of its value in `ImportedValues`, of a part such as "cues.color", or in `PlaylistEntry`;
        its key in the file, or several that are read together; and its reader, if it is not the usual one, which
        returns None or raises one of `UNREADABLE` for an unreadable value. The first field of a name with a value
        counts
    needs: values without which there is nothing, and only `lost` is counted
    """

    place: str
    fields: tuple[tuple[str, Any, Reader] | tuple[str, Any], ...]
    needs: tuple[str, ...] = ()
    lost: str = ""
    _rows: tuple[tuple[str, Any, Reader, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = (
            (name.rpartition(".")[2], key, read[0] if read else _READERS.get(name, text_in), unreadable(name))
            for name, key, *read in self.fields
        )
        object.__setattr__(self, "_rows", tuple(rows))

    @property
    def keys(self) -> tuple[Any, ...]:
        """Return the keys of the fields, in order."""
        return tuple(key for _, key, *_ in self.fields)

    def read(self, row: Mapping[Any, Any], left_out: Counter[str]) -> dict[str, Any]:
        """Return the values by name; values that are there but unreadable are counted."""
        values: dict[str, Any] = {}
        lost: list[str] = []
        for name, key, read, what in self._rows:
            raw = row.get(key) if type(key) is not tuple else tuple(map(row.get, key))
            if raw is None or raw == "" or name in values:
                continue
            try:
                value = read(raw)
            except UNREADABLE:
                value = None
            if value is not None:
                values[name] = value
            elif what not in lost and not means_none(raw):
                lost.append(what)
        for name in self.needs:
            if name not in values:
                values, lost = {}, [self.lost]
                break
        if lost:
            left_out.update(lost)
        return values
