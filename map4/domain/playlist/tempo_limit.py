"""How far the tempo may move in one step of a list, and over the list as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from map4.domain.tempo_step import EPSILON, FOLDING_POLICIES, POLICY_PERCENT, TempoPolicy, tempo_change

DRIFT_STEPS = 2.0
"""A list as a whole may stray this many steps from the tempo it set out with (or from the straight line between the
tempi it has to pass): strict 6 %, so that an hour may go from 122 to 128 BPM, and not from 122 to 170."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoLimit:
    """A tempo policy, or one derived from it with a limit of one's own.

    Parameters
    ----------
    policy : its name
    percent : largest change of one step, of the slower track
    folds : half and double time count as the same tempo
    """

    policy: TempoPolicy
    percent: float
    folds: bool

    def __post_init__(self) -> None:
        if not 0.0 < self.percent <= 100.0:
            raise ValueError(f"a tempo limit must be within 0-100 percent, got {self.percent:g}")

    @property
    def is_own(self) -> bool:
        """Whether the percentage is another than the policy's."""
        return self.percent != POLICY_PERCENT[self.policy]

    @property
    def drift_percent(self) -> float:
        """Largest distance from the list's tempo."""
        return self.percent * DRIFT_STEPS

    def allows(self, from_bpm: float, to_bpm: float) -> bool:
        """Whether the step from one tempo to another (both > 0) is within it."""
        return abs(tempo_change(from_bpm, to_bpm, fold=self.folds).percent) <= self.percent + EPSILON


def tempo_limit(policy: TempoPolicy = "flexible", percent: float | None = None) -> TempoLimit:
    """The limit of a policy, with `percent` in place of the policy's own where given.

    Raises
    ------
    ValueError
        If the percentage is none.
    """
    limit = POLICY_PERCENT[policy] if percent is None else percent
    return TempoLimit(policy=policy, percent=limit, folds=policy in FOLDING_POLICIES)
