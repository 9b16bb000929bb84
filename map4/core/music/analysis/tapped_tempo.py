"""Estimate a tempo from the times of taps."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

MOST_TAPS = 128  # only the last taps count: by then the user has found the beat
SHORTEST_S = 0.12  # a sooner tap is the same tap: the key bounces or is held down
LONGEST_S = 4.0  # after a longer pause the tapping starts again
MOST_OFF = 0.25
"""A relative deviation from the usual interval that marks a slip; double the usual interval is a missed beat."""
SAME_TEMPO = 0.04  # the relative tolerance for a tapped tempo to match the track's tempo, its half or its double


@dataclass(frozen=True, slots=True, kw_only=True)
class TappedTempo:
    """A tempo from taps.

    bpm: the median tempo, beats per minute
    spread_bpm: half of the taps are within this distance of it on each side
    taps: the number of taps that count
    """

    LEAST_TAPS: ClassVar[int] = 8  # fewer taps give too rough a tempo: people tap within some 20 to 40 ms of the beat

    bpm: float
    spread_bpm: float
    taps: int

    @property
    def is_enough(self) -> bool:
        """True if the tempo is reliable enough to offer."""
        return self.taps >= TappedTempo.LEAST_TAPS

    @staticmethod
    def of(times_s: Sequence[float]) -> TappedTempo | None:
        """The tempo of taps; None before there are two connected taps.

        The median interval separates beats from slips. Slips are excluded, and a missed beat counts as two intervals.
        The tempo is the median over pairs of taps at least half of all beats apart: a slip of 30 ms weighs less with
        more beats between (Theil-Sen estimator).

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
            chains.append(chains[-1] + is_slip)  # a slip takes an unknown number of beats, so it splits the chain
        intervals = [
            (taps[i + 1] - taps[i]) / (beats[i + 1] - beats[i])
            for i in range(len(taps) - 1)
            if chains[i] == chains[i + 1]
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

    def meant(self, known_bpm: float | None) -> float:
        """The track's tempo, its half or double if the tapped tempo is near; else the tapped tempo.

        known_bpm: the measured tempo, which is more exact than tapping; None if unknown
        """
        if known_bpm is not None:
            for factor in (1.0, 0.5, 2.0):
                if abs(self.bpm / (known_bpm * factor) - 1.0) <= SAME_TEMPO:
                    return round(known_bpm * factor, 3)
        return round(self.bpm, 1)


def _last_run(times_s: Sequence[float]) -> list[float]:
    """The taps since the last pause, without bounces."""
    taps: list[float] = []
    for time_s in times_s:
        if taps and time_s - taps[-1] > LONGEST_S:
            taps = []
        if not taps or time_s - taps[-1] >= SHORTEST_S:
            taps.append(time_s)
    return taps[-MOST_TAPS:]
