"""Compare the order of tracks in played sets with the same sets in random order.

Tracks are shuffled within their set, so the choice of tracks for an evening stays the same and only the order differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.energy_flow import LEVEL_STEP
from map4.core.music.mixing.harmony import EPSILON, KEY_FIT, RELATION_SCORES, key_relation
from map4.core.music.mixing.many import FloatArray, IndexArray, MixColumns
from map4.transitions.mix_statistics import TEMPO_EDGES, Beside, MixStatistics

SURE = 0.95
_SEED = 4  # the same sets always give the same figures
_NO_CODE = -1
_KEYS = (*ALL_KEYS, None)
_NUMBERED = {name: number for number, name in enumerate(MixStatistics.RELATION_NAMES)}
_RELATIONS = np.array([[_NUMBERED.get(key_relation(a, b), _NO_CODE) for b in _KEYS] for a in _KEYS])
"""Number of each pair of keys in `RELATION_NAMES`, shape (25, 25)."""
_EDGES = np.log2(1.0 + np.array(TEMPO_EDGES) / 100.0) + EPSILON
"""`TEMPO_EDGES` in octaves."""
_FITTING = [place for place, name in enumerate(MixStatistics.RELATION_NAMES) if RELATION_SCORES[name] >= KEY_FIT]
_SIZES = (len(MixStatistics.TEMPO_STEP_NAMES), len(MixStatistics.RELATION_NAMES), len(MixStatistics.ENERGY_STEP_NAMES))


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCodes:
    """Places of many steps in `TEMPO_STEP_NAMES`, `RELATION_NAMES` and `ENERGY_STEP_NAMES`; -1 if unknown."""

    tempo: IndexArray
    key: IndexArray
    energy: IndexArray


def step_codes(a: MixColumns, b: MixColumns) -> StepCodes:
    """The kinds of the steps from `a` to `b`, whose shapes are broadcast."""
    # Like `tempo_change`, which is slower: half and double time are an octave apart and no change.
    with np.errstate(divide="ignore", invalid="ignore"):  # a damaged library may contain a tempo of 0
        octaves = np.abs(np.log2(b.bpm) - np.log2(a.bpm))
    size = np.minimum(octaves, np.abs(octaves - 1.0))
    change = b.energy - a.energy
    tempo = np.searchsorted(_EDGES, size)
    energy = 1 + np.sign(change) * (np.abs(change) >= LEVEL_STEP - EPSILON)
    return StepCodes(
        tempo=np.where(np.isnan(size), _NO_CODE, tempo),
        key=_RELATIONS[a.key, b.key],
        energy=np.where(np.isnan(change), _NO_CODE, np.nan_to_num(energy)).astype(np.intp),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Every figure of some sets, compared with shuffled ones; see `MixStatistics`.

    followed: how often each pair of rows occurred, for pairs that occurred more than once
    """

    steps: int
    known: Mapping[str, int]
    tempo: tuple[Beside, ...]
    keys: tuple[Beside, ...]
    keys_fit: Beside | None
    energy: tuple[Beside, ...]
    again: Beside | None
    followed: Mapping[tuple[int, int], int]


class PlayedSets:
    """The sets to compare.

    sets: for each set the rows of its tracks in `traits`, or `NO_TRACK`, in the order played
    """

    NO_TRACK: ClassVar[int] = -1
    """Row of a track that is not in the library."""
    SHUFFLES: ClassVar[int] = 500
    """Number of shuffles: the maximum deviation in 19 of 20 is then accurate to within a twentieth."""

    def __init__(self, sets: Iterable[Sequence[int]], traits: MixColumns) -> None:
        self.sets = [rows for rows in map(_without_repeats, sets) if len(rows) > 1]
        self._count = len(traits.bpm)
        # Row -1 is the last row, whose values are unknown.
        self._traits = MixColumns(
            bpm=np.append(traits.bpm, np.nan),
            key=np.append(traits.key, MixColumns.UNKNOWN_KEY),
            energy=np.append(traits.energy, np.nan),
        )
        self._rows = np.array([row for rows in self.sets for row in rows], dtype=np.int64)
        self._owner = np.repeat(np.arange(len(self.sets)), [len(rows) for rows in self.sets])
        self._is_step = self._owner[1:] == self._owner[:-1]

    def compare(self, shuffles: int = SHUFFLES) -> Compared:
        """The figures of these sets and of the sets shuffled `shuffles` times; deterministic."""
        rng = np.random.default_rng(_SEED)
        shares, known = self._shares(self._rows)
        orders = (np.argsort(self._owner + rng.random(len(self._rows))) for _ in range(shuffles))
        shuffled = np.array([self._shares(self._rows[order])[0] for order in orders])
        figures = _compare_shares(shares, shuffled)
        tempo, keys, energy = (tuple(figures[at : at + size]) for at, size in zip(_STARTS, _SIZES, strict=True))
        *_, fit, again = figures
        pairs = Counter(self._pairs(*self._steps(self._rows)).tolist())
        tempo_known, key_known, energy_known, pairs_known = known
        return Compared(
            steps=int(np.count_nonzero(self._is_step)),
            known={"tempo": tempo_known, "key": key_known, "energy": energy_known},
            tempo=tempo if tempo_known else (),
            keys=keys if key_known else (),
            keys_fit=fit if key_known else None,
            energy=energy if energy_known else (),
            again=again if pairs_known else None,
            followed={divmod(pair, self._count): times for pair, times in pairs.most_common() if times > 1},
        )

    def by_chance(self, first: int, second: int) -> float:
        """Expected number of times the second row directly follows the first if the sets are shuffled."""
        # Of n places, n - 1 have a predecessor, and each of the n (n - 1) pairs is equally likely.
        return sum(rows.count(first) * rows.count(second) / len(rows) for rows in self.sets)

    def _steps(self, rows: IndexArray) -> tuple[IndexArray, IndexArray]:
        first, second = rows[:-1][self._is_step], rows[1:][self._is_step]
        is_other = first != second  # a track that occurs twice may follow itself in a shuffle
        return first[is_other], second[is_other]

    def _shares(self, rows: IndexArray) -> tuple[FloatArray, tuple[int, ...]]:
        """Every figure of the sets in one order, and the number of steps for which each kind is known."""
        first, second = self._steps(rows)
        a, b = self._traits[first], self._traits[second]
        codes = step_codes(a, b)
        counts = [
            np.bincount(code[code != _NO_CODE], minlength=size)
            for code, size in zip((codes.tempo, codes.key, codes.energy), _SIZES, strict=True)
        ]
        pairs = self._pairs(first, second)
        times = np.unique(pairs, return_counts=True)[1]
        known = (*(int(count.sum()) for count in counts), len(pairs))
        shares = [count / max(1, all_of) for count, all_of in zip(counts, known, strict=False)]
        fit, again = shares[1][_FITTING].sum(), times[times > 1].sum() / max(1, len(pairs))
        return np.concatenate([*shares, [fit, again]]), known

    def _pairs(self, first: IndexArray, second: IndexArray) -> IndexArray:
        both = (first != PlayedSets.NO_TRACK) & (second != PlayedSets.NO_TRACK)
        pairs: IndexArray = first[both] * self._count + second[both]
        return pairs


_STARTS = (0, _SIZES[0], _SIZES[0] + _SIZES[1])


def _without_repeats(rows: Sequence[int]) -> list[int]:
    """A set without direct repetitions of a track, which was loaded again."""
    return [row for place, row in enumerate(rows) if row == PlayedSets.NO_TRACK or place == 0 or row != rows[place - 1]]


def _compare_shares(shares: FloatArray, shuffled: FloatArray) -> list[Beside]:
    """Each share and its range by chance.

    All are tested at once (Westfall & Young, Resampling-Based Multiple Testing, 1993): of twenty figures that each
    leave their own range once in twenty times, one always does. So each range extends as far from the mean, in standard
    deviations, as the farthest figure of a shuffle in 19 of 20.
    """
    mean, deviation = shuffled.mean(axis=0), shuffled.std(axis=0)
    away = np.abs(shuffled - mean) / np.where(deviation > EPSILON, deviation, np.inf)
    reach = float(np.quantile(away.max(axis=1), SURE)) * deviation + EPSILON
    rows = zip(shares, mean, np.maximum(0.0, mean - reach), np.minimum(1.0, mean + reach), strict=True)
    return [Beside(share=float(s), by_chance=float(m), low=float(lo), high=float(hi)) for s, m, lo, hi in rows]


HABIT_SHARE = 0.06
"""Maximum bonus or cost of a kind of step, for tempo, key and energy each, if sets contain it more or less often than
by chance. If sets have .60 of a kind and lists .06, lists get .23, .35 and .50 with .04, .05 and .06; with 20,000
instead of 5,000 tracks .73 with .06, and .88 with .1 (lab/tried.md)."""
FOLLOWING_SHARE = 0.1
"""Bonus of a track that was played right after the previous track more than once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepHabits:
    """Weights of kinds of steps from the user's sets.

    tempo, key, energy: -1 to 1, by place in the names of steps; 0 within chance; the last is 0, for unknown
    following: recordings (by `Candidates.tie_breaker`) that were played right after each recording
    """

    tempo: FloatArray
    key: FloatArray
    energy: FloatArray
    following: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def scores(self, last: MixColumns, columns: MixColumns) -> FloatArray:
        """Bonus for the kinds of steps from one track to many."""
        codes = step_codes(last, columns)
        return HABIT_SHARE * (self.tempo[codes.tempo] + self.key[codes.key] + self.energy[codes.energy])

    def followed(self, last: int, recordings: NDArray[np.int64]) -> FloatArray:
        """Bonus for each recording that was played right after the last track."""
        is_known = np.isin(recordings, list(self.following.get(last, ())))
        return np.where(is_known, FOLLOWING_SHARE, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHabits:
    """The habits in the user's sets that a list follows.

    statistics: the figures, compared with chance
    following: audio played right after other audio more than once; empty if that is within chance
    """

    statistics: MixStatistics
    following: Mapping[str, frozenset[str]]

    def follows(self, first: str | None, second: str | None) -> bool:
        """Whether one audio was played right after another more than once."""
        return second in self.following.get(first or "", ())

    def of_candidates(self, audio_ids: Sequence[str | None], numbers: NDArray[np.int64]) -> StepHabits:
        """The habits, with audio ids replaced by the numbers of the candidates."""
        number_of = dict(zip(audio_ids, numbers.tolist(), strict=True))
        known = {
            track_id: [number_of[other] for other in two if other in number_of]
            for track_id, two in self.following.items()
        }
        following = {number_of[track_id]: frozenset(two) for track_id, two in known.items() if track_id in number_of}
        return StepHabits(
            tempo=_weights(self.statistics.tempo, MixStatistics.TEMPO_STEP_NAMES),
            key=_weights(self.statistics.keys, MixStatistics.RELATION_NAMES),
            energy=_weights(self.statistics.energy, MixStatistics.ENERGY_STEP_NAMES),
            following=following,
        )


def _weights(figures: Mapping[Any, Beside], names: Sequence[str]) -> FloatArray:
    return np.array([*(figures[name].weight if name in figures else 0.0 for name in names), 0.0])
