"""Decide whether two fingerprints belong to the same recording."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint16]
_HASH = np.uint64(0x9E3779B97F4A7C15)  # multiplicative hashing (Knuth): the golden ratio of 64 bits


LEAST_OVERLAP_S = 15.0
LEAST_OVERLAP = 0.6
"""The minimum overlap as a share of the shorter recording, and at least 15 s; for shorter recordings, .8."""
LEAST_SHORT_OVERLAP = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """The best alignment of two fingerprints.

    error_rate: share of differing bits, 0-1; about .5 for unrelated recordings
    lag_s: how much later the first recording begins in its file than the second, to .2 s
    overlap_s: length of the compared part
    """

    error_rate: float
    lag_s: float
    overlap_s: float


class Fingerprint:
    """Stored fingerprints, and whether two of them are of the same recording."""

    MAX_LAG_S = 6.0  # the maximum difference in silence, count-in or fade at the beginning of two copies
    BANDS = slice(3, 20)
    """Mel bands, centred on 250 Hz to 2 kHz, which every loudspeaker and codec preserves."""
    HOP_FRAMES = 19
    """0.19 s between two words."""
    WINDOW_FRAMES = 100
    """1 s. The same recording differs in up to .14 of the bits after a lossy codec; with half the window in .21."""
    BACK_WORDS = 4
    """0.76 s: a difference is compared with that of this many words before."""
    RATE_HZ = 22050 / 220 / HOP_FRAMES
    """Words per second: every nineteenth frame of the short transform."""
    WORD_BITS = 16
    KEY_GAP_WORDS = 5
    """0.95 s: the windows of two words at this distance hardly overlap, so they carry twice the information."""
    SAME_RECORDING = 0.30
    """Below this error rate it is the same recording. Measured (docs/analysis.md): at most .14 after low-pass, -6 dB, a
    shift and MP3 at 128 kbit/s; at least .38 for different recordings (20,706 pairs of 14-60 s).
    """

    @staticmethod
    def unpack(data: bytes) -> Words:
        """The words of a stored fingerprint, shape (k,)."""
        return np.frombuffer(data, dtype="<u2").astype(np.uint16, copy=False)

    @staticmethod
    def keys(first: Words, second: Words) -> npt.NDArray[np.uint32]:
        """The keys of pairs of words, each `KEY_GAP_WORDS` apart."""
        joined = first.astype(np.uint64)
        joined <<= np.uint64(Fingerprint.WORD_BITS)
        joined |= second
        joined *= _HASH
        joined >>= np.uint64(32)
        return joined.astype(np.uint32)

    @staticmethod
    def align(first: Words, second: Words, *, max_lag_s: float = MAX_LAG_S) -> Alignment | None:
        """Find the lag at which two fingerprints differ in the fewest bits.

        first, second: shape (k,) and (m,); words of 0 are silence and ignored
        max_lag_s: maximum lag in either direction
        returns: None if the common part is too short
        """
        shorter = int(min(np.count_nonzero(first), np.count_nonzero(second)))
        furthest = round(max_lag_s * Fingerprint.RATE_HZ)
        best: tuple[float, int, int] | None = None
        for lag in sorted(range(-furthest, furthest + 1), key=abs):
            mine, other = first[max(0, lag) :], second[max(0, -lag) :]
            size = min(mine.size, other.size)
            mine, other = mine[:size], other[:size]
            sounding = (mine != 0) & (other != 0)
            count = int(np.count_nonzero(sounding))
            if not Fingerprint.is_enough_overlap(count, shorter):
                continue
            wrong = int(Fingerprint.set_bits()[(mine ^ other)[sounding]].sum())
            rate = wrong / (Fingerprint.WORD_BITS * count)
            if best is None or rate < best[0]:
                best = rate, lag, count
        if best is None:
            return None
        rate, lag, count = best
        return Alignment(error_rate=rate, lag_s=lag / Fingerprint.RATE_HZ, overlap_s=count / Fingerprint.RATE_HZ)

    @staticmethod
    def is_enough_overlap(count: int, shorter: int) -> bool:
        """True if the overlap is long enough to decide whether a recording is the same.

        count: words in which both sound
        shorter: words in which the shorter recording sounds
        """
        least = max(
            LEAST_OVERLAP * shorter, min(LEAST_OVERLAP_S * Fingerprint.RATE_HZ, LEAST_SHORT_OVERLAP * shorter), 1
        )
        return count >= least

    @staticmethod
    def error_rate(first: Words, second: Words, *, max_lag_s: float = MAX_LAG_S) -> float | None:
        """The lowest share of differing bits of two fingerprints over all lags; see `align`."""
        alignment = Fingerprint.align(first, second, max_lag_s=max_lag_s)
        return None if alignment is None else alignment.error_rate

    @staticmethod
    @cache
    def set_bits() -> npt.NDArray[np.uint8]:
        """The number of bits set in each 16-bit word; numpy counts bits only from version 2 on."""
        words = np.arange(1 << Fingerprint.WORD_BITS)
        counts = sum(((words >> bit) & 1 for bit in range(Fingerprint.WORD_BITS)), np.zeros_like(words))
        return counts.astype(np.uint8)
