"""Scores of steps by the habits in the user's DJ sets, as far as these differ from chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from map4.mixes.mix_statistics import (
    ENERGY_STEP_NAMES,
    RELATION_NAMES,
    TEMPO_STEP_NAMES,
    Beside,
    MixStatistics,
)
from map4.mixes.played_sets import step_codes
from map4.music.mixing.many import FloatArray, MixColumns

HABIT_SHARE = 0.06
"""Maximum bonus or cost of a kind of step, for tempo, key and energy each, if sets contain it more or less often than
by chance. If sets have .60 of a kind and lists .06, lists get .23, .35 and .50 with .04, .05 and .06; with 20,000
instead of 5,000 tracks .73 with .06, and .88 with .1 (lab/tried.md)."""
FOLLOWING_SHARE = 0.1
"""Bonus of a track that was played right after the previous track more than once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepHabits:
    """Weights of kinds of steps from the user's sets.

    tempo, key, energy: -1 to 1, by place in the names of steps; the last is 0, for unknown
    following: recordings (by `Candidates.tie_breaker`) that were played right after each recording
    """

    tempo: FloatArray
    key: FloatArray
    energy: FloatArray
    following: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, statistics: MixStatistics) -> StepHabits:
        """Weights from the figures that differ from chance; all others are 0."""
        return cls(
            tempo=_weights([statistics.tempo.get(name) for name in TEMPO_STEP_NAMES]),
            key=_weights([statistics.keys.get(name) for name in RELATION_NAMES]),
            energy=_weights([statistics.energy.get(name) for name in ENERGY_STEP_NAMES]),
        )

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
        return replace(StepHabits.of(self.statistics), following=following)


def _weights(figures: Sequence[Beside | None]) -> FloatArray:
    return np.array([*(0.0 if figure is None else figure.weight for figure in figures), 0.0])
