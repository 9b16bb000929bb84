"""A tempo from taps: the times at which somebody tapped along with the music."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_TAPS = 8
"""Fewer tell a tempo too roughly to be kept: people tap within some 20 to 40 ms of the beat."""
MOST_TAPS = 128
"""The last so many count: who goes on for longer has found the beat by then."""
SHORTEST_S = 0.12
"""What follows sooner is the same tap: a key that bounces, or is held down."""
LONGEST_S = 4.0
"""After a longer pause the tapping begins anew."""
MOST_OFF = 0.25
"""An interval this far from the usual one, as a part of it, is a slip; the double of the usual is a beat left out."""
SAME_TEMPO = 0.04
"""How near, as a part, a tapped tempo is to the one it means: that of the track, its half or its double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TappedTempo:
    """What taps say.

    bpm: the median tempo, beats a minute
    spread_bpm: half of the taps are within so much of it, to each side
    taps: how many count
    """

    bpm: float
    spread_bpm: float
    taps: int

    @property
    def is_enough(self) -> bool:
        """Whether the tempo can be offered."""
        return self.taps >= LEAST_TAPS


def tapped_tempo(times_s: Sequence[float]) -> TappedTempo | None:
    """The tempo of taps, None before there are two that belong together.

    The median interval says which intervals are beats; slips are left out, and a beat that was left out counts as
    two intervals. The tempo is the median of what each pair of taps half of them apart says: a slip of 30 ms counts
    less, the more beats lie between (Theil and Sen's line).

    times_s: seconds on any clock, ascending
    """
    taps = _last_run(times_s)
    if len(taps) < 2:
        return None
    usual = statistics.median(b - a for a, b in itertools.pairwise(taps))
    beats, chains = [0], [0]
    for a, b in itertools.pairwise(taps):
        count = max(1, round((b - a) / usual))
        is_slip = abs((b - a) / count - usual) > MOST_OFF * usual
        beats.append(beats[-1] + count)
        chains.append(chains[-1] + is_slip)  # how many beats a slip takes nobody knows: it parts two chains
    intervals = [
        (taps[i + 1] - taps[i]) / (beats[i + 1] - beats[i]) for i in range(len(taps) - 1) if chains[i] == chains[i + 1]
    ]
    slopes = [
        (taps[j] - taps[i]) / (beats[j] - beats[i])
        for i, j in itertools.combinations(range(len(taps)), 2)
        if chains[i] == chains[j] and beats[j] - beats[i] >= (beats[-1] + 1) // 2
    ]
    if not intervals:
        return None
    beat_s = statistics.median(slopes or intervals)
    off = statistics.median(abs(60.0 / interval - 60.0 / beat_s) for interval in intervals)
    return TappedTempo(bpm=60.0 / beat_s, spread_bpm=off, taps=len(intervals) + 1)


def meant_tempo(tapped_bpm: float, known_bpm: float | None) -> float:
    """The tempo that taps mean: that of the track, or its half or double, where they are near it; else their own.

    known_bpm: what was measured, which is more exact than any finger; None where nothing was
    """
    if known_bpm is not None:
        for factor in (1.0, 0.5, 2.0):
            if abs(tapped_bpm / (known_bpm * factor) - 1.0) <= SAME_TEMPO:
                return round(known_bpm * factor, 3)
    return round(tapped_bpm, 1)


def _last_run(times_s: Sequence[float]) -> list[float]:
    """The taps since the last pause, each once."""
    taps: list[float] = []
    for time_s in times_s:
        if taps and time_s - taps[-1] > LONGEST_S:
            taps = []
        if not taps or time_s - taps[-1] >= SHORTEST_S:
            taps.append(time_s)
    return taps[-MOST_TAPS:]
