"""What is inside a track: its bars."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR = 2, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Metre:
    """Beats a bar, 2 to 7, with the probability [0, 1] given to it."""

    beats_per_bar: int
    confidence: float

    def __post_init__(self) -> None:
        if not LEAST_BEATS_PER_BAR <= self.beats_per_bar <= MOST_BEATS_PER_BAR:
            raise ValueError(f"no metre: {self.beats_per_bar} beats a bar")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must be within [0, 1], got {self.confidence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Where the bars begin.

    Parameters
    ----------
    downbeats_s : ascending times in seconds, at least one, each of them one of the beats
    confidence : probability [0, 1] that these are the first beats of the bars
    metre : beats a bar
    """

    downbeats_s: tuple[float, ...]
    confidence: float
    metre: Metre

    def __post_init__(self) -> None:
        if not self.downbeats_s:
            raise ValueError("bars without a downbeat are none")
        if not all(math.isfinite(time_s) and time_s >= 0.0 for time_s in self.downbeats_s):
            raise ValueError("downbeats must be finite and not negative")
        if any(after <= before for before, after in pairwise(self.downbeats_s)):
            raise ValueError("downbeats must ascend")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must be within [0, 1], got {self.confidence}")
