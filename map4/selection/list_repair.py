"""What would make a weak transition of a list better: a track in another place, or another track in its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from map4.domain.compatibility import MixTraits
from map4.selection.mixing import MixColumns, mix_scores

# A replacement is to play the same part: it may cost so much of a transition to keep family and energy.
_SAME_FAMILY = 0.05
_SAME_ENERGY = 0.05

# Numbers of texts: unknown ones, and those that no spare has.
_UNKNOWN, _NO_SPARE = -1, -2

ARTIST_GAP = 4
"""No artist comes again within so many places, as in lists that map4 makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A track to be put elsewhere.

    Parameters
    ----------
    place : where it is now, from 0
    after : the place it would follow; -1 at the head of the list
    before, gained : mean compatibility of the whole list, 0-1, as it is and as it would be
    """

    place: int
    after: int
    before: float
    gained: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spares:
    """Tracks that could replace others, as columns of length n.

    Parameters
    ----------
    ids : what the caller knows the track by
    mix : tempo, key, energy
    artists, families : None where not known
    """

    ids: Sequence[int]
    mix: MixColumns
    artists: Sequence[str | None]
    families: Sequence[str | None]
    _artist_numbers: dict[str, int] = field(init=False, default_factory=dict)
    _family_numbers: dict[str, int] = field(init=False, default_factory=dict)
    _artist: NDArray[np.int64] = field(init=False)
    _family: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        # Texts are compared once; a list asks some ten times for a hundred thousand.
        casefolded = {name: name.casefold() for name in set(self.artists) if name}
        artists = [casefolded.get(name or "") for name in self.artists]
        object.__setattr__(self, "_artist", _numbered(artists, self._artist_numbers))
        object.__setattr__(self, "_family", _numbered(self.families, self._family_numbers))

    def __len__(self) -> int:
        return len(self.ids)

    def of_family(self, family: str | None) -> NDArray[np.bool_]:
        """Which are of a family; none where it is not known."""
        found: NDArray[np.bool_] = self._family == self._family_numbers.get(family or "", _NO_SPARE)
        return found

    def by_artists(self, names: Iterable[str]) -> NDArray[np.bool_]:
        """Which are by one of these artists, in any case."""
        return np.isin(self._artist, [self._artist_numbers.get(name.casefold(), _NO_SPARE) for name in names])


def _numbered(texts: Sequence[str | None], numbers: dict[str, int]) -> NDArray[np.int64]:
    return np.array([numbers.setdefault(text, len(numbers)) if text else _UNKNOWN for text in texts], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """A place, the id of the spare for it, and the mean of the transitions there as it is and would be, 0-1."""

    place: int
    spare_id: int
    before: float
    after: float


def best_move(gains: NDArray[np.float64], costs: NDArray[np.float64], place: int, *, least_gain: float) -> Move | None:
    """Find where one of the two tracks of a transition would be better off.

    Parameters
    ----------
    gains : shape (n, n), what going from each place of the list to each is worth, 0-1
    costs : the same shape, what it costs; no move costs more than the list as it is
    place : of the first track of the transition, from 0
    least_gain : of the mean over the list; less is no reason to move anything

    Returns
    -------
    The best of all places for either track; None where none is better.
    """
    n = len(gains)
    if n < 3:  # turned round, two tracks mix as well as before
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
    """Find another track for either side of a transition.

    Parameters
    ----------
    traits, artists, families : of the list's tracks
    place : of the first track of the transition, from 0
    spares : tracks that are not in the list
    least_gain : of the mean over the transitions of that place

    Returns
    -------
    The spare that mixes best with its neighbours, of those that mix about as well one of the same family and energy;
    never an artist who plays within `ARTIST_GAP` places. None where nothing is better.
    """
    if not len(spares):
        return None
    columns = MixColumns.of(traits)
    best: tuple[float, Substitution] | None = None
    for at in (place, place + 1):
        neighbours = [near for near in (at - 1, at + 1) if 0 <= near < len(traits)]
        scores = np.mean([mix_scores(columns[near], spares.mix).total for near in neighbours], axis=0)
        before = float(np.mean([mix_scores(columns[near], columns[at]).total for near in neighbours]))
        preferred = scores + _likeness(traits[at], families[at], spares)
        preferred[_crowded(artists, at, spares)] = -np.inf
        spare = int(np.argmax(preferred))
        after = float(scores[spare])
        if preferred[spare] == -np.inf or after < before + least_gain:
            continue
        found = Substitution(place=at, spare_id=spares.ids[spare], before=before, after=after)
        if best is None or after - before > best[0] + 1e-9:
            best = (after - before, found)
    return best[1] if best else None


def _likeness(trait: MixTraits, family: str | None, spares: Spares) -> NDArray[np.float64]:
    difference = np.abs(spares.mix.energy - (np.nan if trait.energy is None else trait.energy))
    energy = np.where(np.isnan(difference), 0.0, 1.0 - difference)
    return _SAME_FAMILY * spares.of_family(family) + _SAME_ENERGY * energy


def _crowded(artists: Sequence[str | None], at: int, spares: Spares) -> NDArray[np.bool_]:
    near = range(max(0, at - ARTIST_GAP), min(len(artists), at + ARTIST_GAP + 1))
    return spares.by_artists(name for index in near if index != at and (name := artists[index]))
