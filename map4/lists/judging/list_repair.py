"""Improve a weak transition of a list: move one of its tracks, or replace it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from map4.base.records import Count, Fraction4, Record
from map4.base.text import folded
from map4.lists.sequencing.step_limits import within_reach
from map4.music.mixing.compatibility import ENERGY_POINTS, KEY_POINTS, TEMPO_POINTS, TEMPO_STEPS, MixTraits
from map4.music.mixing.many import MixColumns, mix_scores
from map4.music.sound.neighbours import mean_compatibilities

# What a replacement with the same family and energy may lose in its transitions.
_SAME_FAMILY = 0.05
_SAME_ENERGY = 0.05

_FIRST_NAMED = 100

# Spares beyond the second tempo step are considered only if no spare within it scores more than they can.
_REACH_PERCENT = TEMPO_STEPS[1][0]
_BEYOND_REACH = TEMPO_POINTS * TEMPO_STEPS[2][1] + KEY_POINTS + ENERGY_POINTS + _SAME_FAMILY + _SAME_ENERGY + 1e-9

ARTIST_GAP = 4
"""Minimum distance between two places of one artist, as in lists that map4 makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(
    Record,
    members="position=place+1 after_position compatibility.before=before compatibility.after=gained",
):
    """A track to move.

    place: its present place, from 0
    after: the place it would follow; -1 for the start of the list
    before, gained: mean compatibility of the whole list, 0-1, before and after the move
    """

    place: int
    after: int
    before: Fraction4
    gained: Fraction4

    @property
    def after_position(self) -> Count:
        """The position it would follow; 0 for the start of the list."""
        return self.after + 1


Named = tuple[str | None, str | None]
"""Artist and genre family of a track; None if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spares:
    """n tracks that could replace others.

    ids: shape (n,), the caller's ids of the tracks
    mix: tempo, key, energy
    named: returns names by id; called only for the best candidates
    """

    ids: NDArray[np.int64]
    mix: MixColumns
    named: Callable[[Sequence[int]], Mapping[int, Named]]

    def __len__(self) -> int:
        return len(self.ids)

    def near(self, tracks: MixColumns) -> Spares:
        """The spares whose tempo is unknown or within reach of one of the given tracks."""
        is_near = np.isnan(self.mix.bpm) | np.isnan(tracks.bpm).any()
        for bpm in tracks.bpm.tolist():
            is_near |= within_reach(self.mix.bpm, bpm, _REACH_PERCENT, folds=True)
        return Spares(ids=self.ids[is_near], mix=self.mix[is_near], named=self.named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """A place, the id of the spare for it, and the mean of its transitions before and after, 0-1."""

    place: int
    spare_id: int
    before: float
    after: float


def best_move(gains: NDArray[np.float64], costs: NDArray[np.float64], place: int, *, least_gain: float) -> Move | None:
    """Find a better place for one of the two tracks of a transition.

    gains: shape (n, n), value of each ordered pair of places, 0-1
    costs: shape (n, n), cost of each ordered pair; no move costs more than the present order
    place: of the first track of the transition, from 0
    least_gain: minimum improvement of the mean over the list
    returns: The best move of either track; None if no move is better.
    """
    n = len(gains)
    if n < 3:  # two tracks mix equally well in both orders
        return None
    order = np.arange(n)
    now, cost = _mean(gains, order), _mean(costs, order)
    best: Move | None = None
    for moved in (place, place + 1):
        rest = np.delete(order, moved)
        for gap in range(n):
            moved_order = np.insert(rest, gap, moved)
            gained = _mean(gains, moved_order)
            is_better = gained > (best.gained if best else now + least_gain) + 1e-9
            if is_better and _mean(costs, moved_order) <= cost + 1e-9:
                after = -1 if gap == 0 else int(rest[gap - 1])
                best = Move(place=moved, after=after, before=now, gained=gained)
    return best


def _mean(values: NDArray[np.float64], order: NDArray[np.intp]) -> float:
    return float(values[order[:-1], order[1:]].mean())


def best_replacement(
    traits: Sequence[MixTraits],
    artists: Sequence[str | None],
    families: Sequence[str | None],
    place: int,
    spares: Spares,
    *,
    least_gain: float,
) -> Substitution | None:
    """Find a replacement for either track of a transition.

    place: of the first track of the transition, from 0
    spares: tracks that are not in the list
    least_gain: minimum improvement of the mean over the transitions of that place
    returns: The spare that mixes best with its neighbours; of about equally good ones, one of the same family and
        energy. Never an artist who plays within `ARTIST_GAP` places. None if nothing is better.
    """
    if not len(spares):
        return None
    columns = MixColumns.of(traits)
    best: tuple[float, Substitution] | None = None
    for at in (place, place + 1):
        neighbours = [near for near in (at - 1, at + 1) if 0 <= near < len(traits)]
        before = float(np.mean([mix_scores(columns[near], columns[at]).total for near in neighbours]))
        crowded = {folded(name).strip() for name in _near(artists, at) if name}
        around = columns[neighbours]
        best_spare = _best_spare(around, traits[at].energy, families[at], crowded, spares.near(around))
        if best_spare is None or best_spare.worth <= _BEYOND_REACH:
            best_spare = _best_spare(around, traits[at].energy, families[at], crowded, spares)
        if best_spare is None or best_spare.score < before + least_gain:
            continue
        after = best_spare.score
        substitution = Substitution(place=at, spare_id=best_spare.spare_id, before=before, after=after)
        if best is None or after - before > best[0] + 1e-9:
            best = (after - before, substitution)
    return best[1] if best else None


class _Spare(NamedTuple):
    """A spare: its mix score (0-1), and its score including family and energy."""

    spare_id: int
    score: float
    worth: float


def _best_spare(
    around: MixColumns, energy: float | None, family: str | None, crowded: Collection[str], spares: Spares
) -> _Spare | None:
    """The best spare between its neighbours; names are looked up only for the best candidates."""
    scores = mean_compatibilities(spares.mix, around)
    difference = np.abs(spares.mix.energy - (np.nan if energy is None else energy))
    likeness = _SAME_ENERGY * np.where(np.isnan(difference), 0.0, 1.0 - difference)
    worth = scores + likeness
    most = _FIRST_NAMED
    while True:
        rows, beyond = np.arange(len(worth)), -np.inf
        if most < len(worth):
            beyond = np.partition(worth, -most)[-most]
            rows = np.flatnonzero(worth > beyond)
        rows = rows[np.argsort(spares.ids[rows])]  # for ties, the track that was added first
        ids = spares.ids[rows].tolist()
        named = spares.named(ids)
        names = [named.get(spare_id, (None, None)) for spare_id in ids]
        is_alike = np.array([family is not None and own == family for _, own in names], dtype=bool)
        is_out = [
            spare_id not in named or folded(artist or "").strip() in crowded
            for spare_id, (artist, _) in zip(ids, names, strict=True)
        ]
        preferred = np.where(is_out, -np.inf, scores[rows] + (_SAME_FAMILY * is_alike + likeness[rows]))
        best = int(np.argmax(preferred)) if len(rows) else None
        # No other spare can exceed it, even with the same family.
        if best is not None and preferred[best] > beyond + _SAME_FAMILY:
            return _Spare(ids[best], float(scores[rows[best]]), float(preferred[best]))
        if most >= len(worth):
            return None
        most *= 8


def _near(artists: Sequence[str | None], at: int) -> Iterator[str | None]:
    near = range(max(0, at - ARTIST_GAP), min(len(artists), at + ARTIST_GAP + 1))
    return (artists[index] for index in near if index != at)
