"""The user's own values of a track, and what setting them changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from map4.base.records import Json, Record, ShownPath
from map4.base.text import MOST_LETTERS
from map4.music.analysis.key import parse_key
from map4.music.track.fields import FIELDS
from map4.music.track.mark_words import read_mark
from map4.music.track.own_marks import MARK_NAMES, marks_from_data
from map4.music.track.track import Track

ValueName = Literal[
    "bpm", "key", "artist", "title", "album", "album_artist", "track", "disc_number", "genre", "label", "year",
    "energy", "rating", "comment", "cues", "grid", "mark",
]  # fmt: skip
VALUE_NAMES: tuple[ValueName, ...] = get_args(ValueName)
OWN_WORD: ValueName = "mark"
"""Of which a track may have many; each is set and taken off by itself."""
ONES_OWN: frozenset[ValueName] = frozenset(("rating", OWN_WORD))
"""What everybody sets for themselves alone."""

StoredValue = float | str | Sequence[Mapping[str, Any]] | None
"""A value as JSON has it: a key in Camelot notation, cue points and the marks of a grid as a list; null is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChange(
    Record,
    members="path=track.path audio_id=track.audio_id name old new changed=is_change problem also",
):
    """What setting a value does to one track.

    name: one of `VALUE_NAMES`; of a mark that is set or taken off, `new` or `old` is its word
    old, new: the current value before and after; a key in Camelot notation, an energy as its level; None where there
        is none, and cue points as they stand in `user`
    was_own, is_own: whether the current value is the user's own, before and after
    problem: why it was not done, a sentence for a person; None where it was
    also: other files of the library with the same audio, which the change reaches too: those without a change here
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
    def is_change(self) -> bool:
        """Whether the current value is another one afterwards, or the same one but the user's own, or so no more."""
        return self.problem is None and (self.old, self.was_own) != (self.new, self.is_own)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueChanges(Record, kind="set"):
    """What 'map4 set' changed, or would change; a sequence of its changes.

    dry_run: true where nothing was written
    step: number of the step that did so, by which it can be undone; null where nothing was changed
    """

    dry_run: bool
    step: Annotated[int, Json(minimum=1)] | None = None
    changes: tuple[ValueChange, ...]

    def __iter__(self) -> Iterator[ValueChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)


def value_from_data(name: str, data: Any) -> Any:
    """A value that the user set, from how it is stored: what its field of `UserValues` holds."""
    if name not in VALUE_NAMES:
        raise ValueError(f"map4 knows no value called {name!r}")
    if name in MARK_NAMES:
        return marks_from_data(name, data)
    if name == OWN_WORD:
        return read_mark(data)
    field = FIELDS[name]
    match field.kind:
        case "tempo":
            bpm = float(data)
            if not (math.isfinite(bpm) and bpm > 0):
                raise ValueError(f"{data} is no tempo")
            return bpm
        case "key":
            return parse_key(data)
        case "text":
            if not isinstance(data, str) or not 0 < len(data) <= MOST_LETTERS:
                raise ValueError(f"{data!r} is no text")
            return data
        case "stars":
            data = float(data)
        case _ if type(data) is not int:  # a bool is one of its own kind
            raise TypeError(f"{data!r} is no {name}")
    if not field.least <= data <= field.most:
        raise ValueError(f"{data} is no {name}")
    return data
