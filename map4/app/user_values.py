"""The user's own tempo and key: what they may be, and what setting them changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypedDict

from map4.domain.analysis import MAX_BPM, MIN_BPM
from map4.domain.key import Key, parse_key
from map4.domain.track import Track
from map4.domain.user_values import VALUE_NAMES, Change, ValueName
from map4.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the user wants of some tracks.

    Parameters
    ----------
    bpm : this tempo, 30-300
    factor : the tempo in force times this: .5 for half, 2 for double
    key : this key
    unset : take these values of the user's own back, so that what was measured counts again

    Raises
    ------
    UsageError
        If it contradicts itself, or the tempo is none.
    """

    bpm: float | None = None
    factor: float | None = None
    key: Key | None = None
    unset: frozenset[ValueName] = frozenset()

    def __post_init__(self) -> None:
        if self.bpm is not None and not MIN_BPM <= self.bpm <= MAX_BPM:
            raise UsageError(f"{self.bpm:g} BPM is no tempo that map4 knows; set one from {MIN_BPM:g} to {MAX_BPM:g}")
        wishes = [self.bpm is not None, self.factor is not None, "bpm" in self.unset]
        if sum(wishes) > 1:
            raise UsageError("a tempo can be set, halved, doubled or unset, only one of these at a time")
        if self.key is not None and "key" in self.unset:
            raise UsageError("a key can be set or unset, not both")
        if not any(wishes) and self.key is None and "key" not in self.unset:
            raise UsageError("name what to set: bpm=87, key=8A, or half, double, unset")


def wish_of(
    *,
    bpm: float | None = None,
    factor: float | None = None,
    key: Key | str | None = None,
    unset: Iterable[ValueName] = (),
) -> Wish:
    """A wish from plain values: a tempo rounded as tracks show it, a key in any notation.

    Raises
    ------
    UsageError
        If it contradicts itself, or there is no such tempo or key.
    """
    return Wish(
        bpm=None if bpm is None else round(bpm, 3),
        factor=factor,
        key=parse_key(key) if isinstance(key, str) else key,
        unset=frozenset(unset),
    )


def plan_changes(tracks: Iterable[Track], wish: Wish) -> Iterator[Change]:
    """What a wish changes, track by track and value by value; nothing is written."""
    for track in tracks:
        for name in VALUE_NAMES:
            if name in wish.unset:
                yield _unset(track, name)
        if wish.bpm is not None or wish.factor is not None:
            yield _set_bpm(track, wish)
        if wish.key is not None:
            old = _shown(track.key())
            was_own = track.user.key is not None
            change = Change(track=track, name="key", old=old, new=wish.key.camelot, was_own=was_own)
            yield _refused(change, _no_id(track))


def _set_bpm(track: Track, wish: Wish) -> Change:
    old = track.bpm()
    problem = _no_id(track)
    new = wish.bpm
    if wish.factor is not None:
        new = None if old is None else round(old * wish.factor, 3)
        if new is None:
            problem = "it has no tempo to halve or double; set one with bpm=…"
        elif not MIN_BPM <= new <= MAX_BPM:
            problem = f"{old:g} BPM can't become {new:g}, which is not from {MIN_BPM:g} to {MAX_BPM:g}"
    was_own = track.user.bpm is not None
    return _refused(Change(track=track, name="bpm", old=old, new=new, was_own=was_own), problem)


def _unset(track: Track, name: ValueName) -> Change:
    sources = track.bpm_sources() if name == "bpm" else track.key_sources()
    old = next((sources[source] for source in ("user", *track.prefer) if source in sources), None)
    new = next((sources[source] for source in track.prefer if source in sources), None)
    return Change(track=track, name=name, old=_shown(old), new=_shown(new), was_own="user" in sources, is_own=False)


def _shown(value: float | Key | None) -> float | str | None:
    return value.camelot if isinstance(value, Key) else value


def _no_id(track: Track) -> str | None:
    if track.audio_id is not None:
        return None
    return "its audio could not be identified, so that nothing can be kept about it"


def _refused(change: Change, problem: str | None) -> Change:
    if problem is None:
        return change
    return replace(change, new=change.old, is_own=change.was_own, problem=problem)


class ValueKeywords(TypedDict, total=False):
    """`map4.app.user_values.Wish`."""

    bpm: float | None
    factor: float | None
    key: Key | str | None
    unset: Iterable[ValueName]
