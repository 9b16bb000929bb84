"""By how much the times in one copy of a recording differ from those in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.music.analysis.median import median
from map4.music.sound.fingerprints import SAME_RECORDING, align_fingerprints, unpack_fingerprint

# The lag of two fingerprints is known to one of their words, .2 s: the truth lies within half of that, and a little.
_REACH_S = 0.12
# Fewer beats that lie beside each other tell nothing, nor do such as are scattered about.
_LEAST_BEATS = 16
_MOST_SCATTER_S = 0.015
# 1.4826 makes a standard deviation of the median distance from the median.
_SIGMA_OF_MAD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What is compared of one copy.

    fingerprint: as stored
    beats_s: shape (k,), seconds, ascending
    """

    fingerprint: bytes
    beats_s: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """How much later a moment lies in the new copy.

    offset_s: add it to a time of the old copy
    is_fine: whether beats gave it, to some milliseconds; else it is known to .1 s
    """

    offset_s: float
    is_fine: bool


def offset_of_copy(old: Copy, new: Copy) -> Offset | None:
    """Find the offset of a copy, or None where it is not the same recording.

    Fingerprints tell that it is, and about where; the beats of both copies then tell it to some milliseconds.
    """
    found = align_fingerprints(unpack_fingerprint(new.fingerprint), unpack_fingerprint(old.fingerprint))
    if found is None or found.error_rate >= SAME_RECORDING:
        return None
    differences = _differences(old.beats_s + found.lag_s, new.beats_s)
    if differences.size >= _LEAST_BEATS:
        middle = median(differences)
        scatter = _SIGMA_OF_MAD * median(np.abs(differences - middle))
        if scatter <= _MOST_SCATTER_S:
            return Offset(offset_s=round(found.lag_s + middle, 4), is_fine=True)
    return Offset(offset_s=found.lag_s, is_fine=False)


def _differences(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """From each of the first times to the nearest of the second ones, where that is within reach."""
    if not first.size or not second.size:
        return np.zeros(0)
    later = np.clip(np.searchsorted(second, first), 0, second.size - 1)
    before, after = second[np.maximum(later - 1, 0)], second[later]
    differences = np.where(np.abs(before - first) <= np.abs(after - first), before, after) - first
    return differences[np.abs(differences) <= _REACH_S]
