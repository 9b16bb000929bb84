"""The change of tempo from one track to the next, and the policies that limit it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

Folding = Literal["half", "double"]
TempoPolicy = Literal["strict", "flexible", "creative"]

TEMPO_POLICIES: tuple[TempoPolicy, ...] = get_args(TempoPolicy)
"""From the narrowest to the widest."""

POLICY_PERCENT: dict[TempoPolicy, float] = {"strict": 3.0, "flexible": 6.0, "creative": 10.0}
"""The greatest change each policy allows, in percent of the slower track."""

FOLDING_POLICIES: frozenset[TempoPolicy] = frozenset({"creative"})
"""Policies in which half and double time count as the same tempo."""

EPSILON = 1e-9
"""Differences below this come from floating point alone: .9 - .7 is meant to be .2, and 2 % to be 2 %."""

# The factors that may be laid on the second tempo, with ties going to the first of them: as it is.
FOLDINGS: tuple[tuple[Folding | None, float], ...] = ((None, 1.0), ("half", 0.5), ("double", 2.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoChange:
    """How far the tempo moves from one track to the next.

    percent: of the slower of the two; positive where the second is faster
    folded: "half" where the second track counts at half its tempo, "double" at twice; None as it is
    """

    percent: float
    folded: Folding | None = None


def tempo_change(from_bpm: float, to_bpm: float, *, fold: bool = True) -> TempoChange:
    """Measure the step from one tempo to another.

    from_bpm, to_bpm: > 0
    fold: let the second count at half or twice its tempo where that is nearer
    returns: The nearest of x1, x1/2 and x2; a tie goes to x1. 87 to 174 BPM is no change, folded "half".
    """
    if not (0.0 < from_bpm < math.inf and 0.0 < to_bpm < math.inf):
        raise ValueError(f"tempi must be positive, got {from_bpm} and {to_bpm} BPM")
    best = TempoChange(percent=_percent(from_bpm, to_bpm))
    for folded, factor in FOLDINGS[1:] if fold else ():
        percent = _percent(from_bpm, factor * to_bpm)
        if abs(percent) < abs(best.percent) - EPSILON:
            best = TempoChange(percent=percent, folded=folded)
    return best


def _percent(from_bpm: float, to_bpm: float) -> float:
    return 100.0 * (to_bpm - from_bpm) / min(from_bpm, to_bpm)
