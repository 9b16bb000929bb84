"""Numbers that a track can have, whoever says them."""

from __future__ import annotations

MOST_SECONDS = 1e6
"""No track is longer than twelve days; a number beyond is no time."""
LEAST_BPM, MOST_BPM = 1.0, 1e4
"""Slower than a beat a minute, or faster than one can hear, is no tempo."""
DOUBTFUL = 0.5
"""Below an even chance, a measured tempo or key is in doubt."""
CLIPPED_PER_MINUTE = 60.0
"""Once a second is heard as harshness; a few clipped peaks a minute, as most loud masters have, are not."""
MOST_STORED = (1 << 63) - 1
"""The largest whole number that the library holds."""


def plausible_seconds(time_s: float | None) -> float | None:
    """The time, or None where it can be none within a track, as NaN can't."""
    return time_s if time_s is not None and abs(time_s) <= MOST_SECONDS else None


def plausible_bpm(bpm: float | None) -> float | None:
    """The tempo, or None where no music has it."""
    return bpm if bpm is not None and LEAST_BPM <= bpm <= MOST_BPM else None
