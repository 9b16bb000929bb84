"""The time offset between two copies of a recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.median import median
from map4.core.music.sound.fingerprints import Fingerprint

# A fingerprint lag has a resolution of 0.2 s; the error is at most half of it, plus a margin.
_REACH_S = 0.12
# Fewer or more scattered beat differences are unreliable.
_LEAST_BEATS = 16
_MOST_SCATTER_S = 0.015
# Converts the median absolute deviation to a standard deviation.
_SIGMA_OF_MAD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The data compared between copies.

    fingerprint: as stored
    beats_s: shape (k,), seconds, ascending
    """

    fingerprint: bytes
    beats_s: npt.NDArray[np.float64]

    def offset(self, new: Copy) -> Offset | None:
        """Find the offset of a copy; None if it is not the same recording.

        Fingerprints confirm the recording and give the rough offset; the beats of both copies refine it to ms.
        """
        alignment = Fingerprint.align(Fingerprint.unpack(new.fingerprint), Fingerprint.unpack(self.fingerprint))
        if alignment is None or alignment.error_rate >= Fingerprint.SAME_RECORDING:
            return None
        differences = _differences(self.beats_s + alignment.lag_s, new.beats_s)
        if differences.size >= _LEAST_BEATS:
            middle = median(differences)
            scatter = _SIGMA_OF_MAD * median(np.abs(differences - middle))
            if scatter <= _MOST_SCATTER_S:
                return Offset(offset_s=round(alignment.lag_s + middle, 4), is_fine=True)
        return Offset(offset_s=alignment.lag_s, is_fine=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """The delay of the new copy against the old one.

    offset_s: add it to a time in the old copy
    is_fine: True if computed from beats, accurate to milliseconds; else accurate to 0.1 s
    """

    offset_s: float
    is_fine: bool


def _differences(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The difference from each first time to the nearest second time, if within `_REACH_S`."""
    if not first.size or not second.size:
        return np.zeros(0)
    later = np.clip(np.searchsorted(second, first), 0, second.size - 1)
    before, after = second[np.maximum(later - 1, 0)], second[later]
    differences = np.where(np.abs(before - first) <= np.abs(after - first), before, after) - first
    return differences[np.abs(differences) <= _REACH_S]
