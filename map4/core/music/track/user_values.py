"""The user's own values of a track, and the records of changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from map4.core.base.records import Json, Record, ShownPath
from map4.core.base.text import MOST_LETTERS
from map4.core.music.analysis.key import Key
from map4.core.music.track.fields import FIELDS, OF_FILE
from map4.core.music.track.mark_words import OwnMark
from map4.core.music.track.own_marks import MARK_NAMES, marks_from_data
from map4.core.music.track.track import Track

ValueName = Literal[
    "bpm", "key", "artist", "title", "album", "album_artist", "track", "disc_number", "genre", "label", "year",
    "energy", "rating", "comment", "cues", "grid", "mark",
]  # fmt: skip
VALUE_NAMES: tuple[ValueName, ...] = get_args(ValueName)
OWN_WORD: ValueName = "mark"  # a track may have many; each is set and removed separately
ONES_OWN: frozenset[ValueName] = frozenset(("rating", OWN_WORD))  # values that each person sets separately

StoredValue = float | str | Sequence[Mapping[str, Any]] | None
"""A value in JSON: a key in Camelot notation, cue points and grid marks as a list; null for none."""


class ValueChange(
    Record, members="path=track.path audio_id=track.audio_id name old new changed=is_change problem also"
):
    """The effect of setting a value on a track.

    name: an entry of `VALUE_NAMES`; for a mark that is set or removed, `new` or `old` is its word
    old, new: the current value before and after; a key in Camelot notation, an energy as its level; None without a
        value, and cue points as in `user`
    was_own, is_own: whether the current value is the user's own, before and after
    problem: why it failed, for the user; None if it succeeded
    also: other files of the library with the same audio that the change affects, if they have no change here
    """

    track: Track
    name: ValueName
    old: StoredValue
    new: StoredValue
    was_own: bool
    is_own: bool = True
    problem: str | None = None
    also: tuple[ShownPath, ...] = ()

    @property
    def address(self) -> str | None:
        """What a shared value is stored by: the file or the audio."""
        return self.track.uid if self.name in OF_FILE else self.track.audio_id

    @property
    def is_change(self) -> bool:
        """True if the current value changes, or only becomes or stops being the user's own."""
        return self.problem is None and (self.old, self.was_own) != (self.new, self.is_own)


class ValueChanges(Record, kind="set"):
    """The changes of 'map4 set', or of its dry run; a sequence.

    dry_run: true if nothing was written
    step: number of the step, for undo; null if nothing changed
    """

    dry_run: bool
    step: Annotated[int, Json(minimum=1)] | None = None
    changes: tuple[ValueChange, ...]

    def __iter__(self) -> Iterator[ValueChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __getitem__(self, place: int) -> ValueChange:
        return self.changes[place]


def value_from_data(name: str, data: Any) -> Any:
    """Convert a stored user value to the type of its field in `UserValues`."""
    if name not in VALUE_NAMES:
        raise ValueError(f"unknown value name {name!r}")
    if name in MARK_NAMES:
        return marks_from_data(name, data)
    if name == OWN_WORD:
        return OwnMark.read(data)
    field = FIELDS[name]
    match field.kind:
        case "tempo":
            bpm = float(data)
            if not (math.isfinite(bpm) and bpm > 0):
                raise ValueError(f"{data} is not a tempo")
            return bpm
        case "key":
            return Key.parse(data)
        case "text":
            if not isinstance(data, str) or not 0 < len(data) <= MOST_LETTERS:
                raise ValueError(f"{data!r} is not a text")
            return data
        case "stars":
            data = float(data)
        case _ if type(data) is not int:  # also rejects bool
            raise TypeError(f"{data!r} is no {name}")
    if not field.least <= data <= field.most:
        raise ValueError(f"{data} is no {name}")
    return data
