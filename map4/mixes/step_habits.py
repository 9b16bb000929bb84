"""How a list leans to what somebody's sets have oftener than by chance."""

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
"""What a kind of step adds at most to its score, or costs, for tempo, key and energy each, where sets have it oftener
or less often than by chance. Of a kind that sets have .60 of, and lists .06, lists have .23, .35 and .50 with .04, .05
and .06; of 20,000 tracks in place of 5,000 .73 with .06, and .88 with .1 (lab/tried.md)."""
FOLLOWING_SHARE = 0.1
"""What it adds that a track was played right after the other one more than once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepHabits:
    """How a list leans to what somebody's sets have oftener than by chance.

    tempo, key, energy: weights, -1 to 1, by place in the names of steps, and 0 at last for what is not known
    following: of recordings, by `Candidates.tie_breaker`, those that were played right after them
    """

    tempo: FloatArray
    key: FloatArray
    energy: FloatArray
    following: Mapping[int, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: MixStatistics) -> StepHabits:
        """What those figures say that differ from chance; of the rest nothing."""
        return cls(
            tempo=_weights([found.tempo.get(name) for name in TEMPO_STEP_NAMES]),
            key=_weights([found.keys.get(name) for name in RELATION_NAMES]),
            energy=_weights([found.energy.get(name) for name in ENERGY_STEP_NAMES]),
        )

    def scores(self, last: MixColumns, columns: MixColumns) -> FloatArray:
        """What the kinds of the steps from one track to many add to their scores."""
        codes = step_codes(last, columns)
        return HABIT_SHARE * (self.tempo[codes.tempo] + self.key[codes.key] + self.energy[codes.energy])

    def followed(self, last: int, recordings: NDArray[np.int64]) -> FloatArray:
        """What it adds to the score of each recording that it was played right after the last one."""
        is_known = np.isin(recordings, list(self.following.get(last, ())))
        return np.where(is_known, FOLLOWING_SHARE, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHabits:
    """What somebody's sets say that a list leans to.

    found: their figures, beside chance
    following: of audio, what was played right after it more than once; empty where that is chance too
    """

    found: MixStatistics
    following: Mapping[str, frozenset[str]]

    def follows(self, first: str | None, second: str | None) -> bool:
        """Whether one audio was played right after another more than once."""
        return second in self.following.get(first or "", ())

    def of_candidates(self, audio_ids: Sequence[str | None], numbers: NDArray[np.int64]) -> StepHabits:
        """The same, with the numbers that the audio has among candidates."""
        number_of = dict(zip(audio_ids, numbers.tolist(), strict=True))
        known = {one: [number_of[other] for other in two if other in number_of] for one, two in self.following.items()}
        following = {number_of[one]: frozenset(two) for one, two in known.items() if one in number_of}
        return replace(StepHabits.of(self.found), following=following)


def _weights(figures: Sequence[Beside | None]) -> FloatArray:
    return np.array([*(0.0 if one is None else one.weight for one in figures), 0.0])
