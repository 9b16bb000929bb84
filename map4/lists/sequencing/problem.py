"""The problem that the search solves: the request, the candidates, and the fixed tracks.

Candidates are numeric columns: a hundred thousand of them fit in a few megabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from map4 import transitions
from map4.core.base.text import folded
from map4.core.music.mixing.harmony import EPSILON
from map4.core.music.mixing.many import MixColumns
from map4.core.music.recording import Recordings
from map4.lists.playlist.request import ListRequest

NO_GROUP = -1
"""Column value of an unknown artist, album, genre family or song."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Columns of n tracks; row i of each describes the same track.

    rows: the caller's ids of the tracks
    tie_breaker: in the order of the audio ids, decides between equal scores; equal for equal audio
    eligible: whether the search may choose it itself; seeds and required tracks need not be
    bpm: current tempo; NaN unknown
    key: 0-23 as in `ALL_KEYS`, `MixColumns.UNKNOWN_KEY` unknown
    energy: 0-1; NaN unknown
    duration_s: NaN unknown
    artist, family: group numbers, `NO_GROUP` unknown; families are the rows of the genre table
    album, song: group numbers of artist and album or title together; see `is_same_recording`
    work: group numbers of artist, work and movement, which decide where both are known; None if none is known
    is_common: of titles such as "Intro" only tracks of the same length are the same song; None: of all
    version_cost: what a version loses in a step to a better one of its song, in millionths; None without versions
    similarity: in sound to the start of the list, -1 to 1; NaN unknown
    goal_similarity: in sound to the goal of the list; None without a goal
    held_back: whether about equally good tracks come first; None if no track is held back
    audio: a number of each audio id, the same in any library; None uses `tie_breaker`
    preference_bias: 1 preferred, -1 avoided or less if left out, 0 neither; None without preferences
    rested: whether it was not played for long; None if the list keeps no places for such tracks
    """

    rows: Ints
    tie_breaker: Ints
    eligible: NDArray[np.bool_]
    bpm: Floats
    key: Ints
    energy: Floats
    duration_s: Floats
    artist: Ints
    album: Ints
    family: Ints
    song: Ints
    similarity: Floats
    goal_similarity: Floats | None = None
    held_back: NDArray[np.bool_] | None = None
    rested: NDArray[np.bool_] | None = None
    audio: Ints | None = None
    preference_bias: Ints | None = None
    is_common: NDArray[np.bool_] | None = None
    work: Ints | None = None
    version_cost: Ints | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def lots(self) -> Ints:
        """The numbers that decide by chance; equal for equal audio."""
        return self.tie_breaker if self.audio is None else self.audio

    @property
    def traits(self) -> MixColumns:
        """The columns that count for mixing."""
        return MixColumns(bpm=self.bpm, key=self.key, energy=self.energy)

    def is_same_recording(self, indices: Iterable[int]) -> NDArray[np.bool_]:
        """Whether each row is the same recording, or song, as one of the given rows, which are included.

        The relation is not transitive: if a song has versions of 200, 202 and 204 s, the middle one is the same as both
        others, which differ.
        """
        same = np.zeros(len(self), dtype=bool)
        for index in indices:
            apart_s = np.abs(self.duration_s - self.duration_s[index])
            near = np.isnan(apart_s) | (apart_s <= Recordings.SAME_S + EPSILON)
            near = near if self.is_common is None else near | ~self.is_common
            same |= self.tie_breaker == self.tie_breaker[index]
            if self.song[index] != NO_GROUP:
                of_title = (self.song == self.song[index]) & near
                if self.work is not None and self.work[index] != NO_GROUP:
                    of_title = np.where(self.work == NO_GROUP, of_title, self.work == self.work[index])
                same |= of_title
        return same

    @property
    def has_others(self) -> NDArray[np.bool_]:
        """Whether other rows may be the same recording: most rows have none and need no comparison."""
        has_others = np.zeros(len(self), dtype=bool)
        for column in (self.tie_breaker, self.song, *([] if self.work is None else [self.work])):
            numbers, places, counts = np.unique(column, return_inverse=True, return_counts=True)
            has_others |= (counts > 1)[places] & (numbers != NO_GROUP)[places]
        return has_others

    def take(self, indices: Ints) -> Candidates:
        """The rows at these indices, in this order."""
        columns = ((field.name, getattr(self, field.name)) for field in fields(self))
        taken: dict[str, Any] = {name: None if column is None else column[indices] for name, column in columns}
        return Candidates(**taken)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListProblem:
    """A list to search for. Fixed tracks are indices into the candidates.

    request: settled
    candidates: the tracks to choose from, and the fixed tracks
    start: pick 1; None leaves it to the search
    lead: the track that pick 1 follows, which is not in the list; only without a start
    end: the last pick
    includes: tracks that must appear somewhere
    at: tracks with fixed places, counted from 0
    holds_energy: without a curve, the list keeps the energy of its start or lead
    family_fit: shape (families, families), how well genre families follow one another, 0-1; None without genres
    habits: the user's habits that the list follows; None without
    aired: artist and album groups of tracks played before the list, latest first, with seconds before its start
    traits_of: returns what is known of candidates for mixing
    with_songs: returns candidates with the songs that the list has once
    """

    request: ListRequest
    candidates: Candidates
    start: int | None = None
    lead: int | None = None
    end: int | None = None
    includes: tuple[int, ...] = ()
    at: tuple[tuple[int, int], ...] = ()
    holds_energy: bool = True
    family_fit: Floats | None = None
    habits: transitions.StepHabits | None = None
    aired: tuple[tuple[int, int, float], ...] = ()
    traits_of: Callable[[Candidates], MixColumns] = attrgetter("traits")
    with_songs: Callable[[Candidates], Candidates] = lambda candidates: candidates

    @property
    def first(self) -> int | None:
        """The track that the list starts from."""
        return self.start if self.start is not None else self.lead

    @property
    def fixed(self) -> tuple[int, ...]:
        """All fixed tracks, each once."""
        every = (self.start, self.lead, self.end, *self.includes, *(index for index, _ in self.at))
        return tuple(dict.fromkeys(index for index in every if index is not None))

    def in_order(self, order: Ints) -> ListProblem:
        """The problem with only those candidates, in this order, which begins with the fixed tracks."""
        places = {int(index): place for place, index in enumerate(order[: len(self.fixed)])}

        def at(index: int | None) -> int | None:
            return None if index is None else places[index]

        return replace(
            self,
            candidates=self.candidates.take(order),
            start=at(self.start),
            lead=at(self.lead),
            end=at(self.end),
            includes=tuple(places[index] for index in self.includes),
            at=tuple((places[index], place) for index, place in self.at),
        )


def number_groups(names: Sequence[str | None], key: Callable[[str], str] = folded) -> Ints:
    """Number texts: those with equal keys, ignoring outer blanks, share a number; empty ones are `NO_GROUP`."""
    numbers: dict[str, int] = {"": NO_GROUP}
    # Each distinct spelling is normalised once.
    number_of = {name: numbers.setdefault(key(name or "").strip(), len(numbers)) for name in dict.fromkeys(names)}
    return np.fromiter(map(number_of.__getitem__, names), dtype=np.int64, count=len(names))


def number_pairs(artist: Ints, name: Ints) -> Ints:
    """Number pairs of artist and title or album (group numbers); `NO_GROUP` if either is unknown."""
    both = artist * (int(name.max(initial=0)) + 1) + name
    return np.where((artist == NO_GROUP) | (name == NO_GROUP), NO_GROUP, both)
