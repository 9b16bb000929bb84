"""The user's own values of a track, and what setting them changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from map4.domain.track import Track

ValueName = Literal["bpm", "key"]


VALUE_NAMES: tuple[ValueName, ...] = ("bpm", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What setting a value does to one track.

    Parameters
    ----------
    track : as it was before
    name : "bpm" or "key"
    old, new : the value in force before and after; a key in Camelot notation; None where there is none
    was_own, is_own : whether the value in force is the user's own, before and after
    problem : why it was not done, a sentence for a person; None where it was
    """

    track: Track
    name: ValueName
    old: float | str | None
    new: float | str | None
    was_own: bool
    is_own: bool = True
    problem: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether the value in force is another one afterwards, or the same one but the user's own, or so no more."""
        return self.problem is None and (self.old, self.was_own) != (self.new, self.is_own)
