"""Spectral cutoff of a file: the highest frequency with any content, and the drop of the level there.

Lossy codecs save bits by removing everything above a frequency, and the resulting wall remains when their output is
encoded again. Music, microphones and tape roll off over thousands of hertz instead. Measured at the file's own rate, as
the rest of the analysis ends at 11 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from map4.core.dsp.spectrum.fourier import real_transform

MOST_FRAMES = 192
"""After this many, every second frame is dropped, so that 96 to 192 remain for a long file: highs may be rare (a cymbal
per bar), but transforming the frames should not cost more than 1 % of the analysis."""
FRAME_SAMPLES_AT_48_KHZ = 2048
FIRST_HOP_FRAMES = 4
"""Initially one frame per .19 s; the interval doubles whenever frames are dropped."""
BAND_BINS = 6
"""130 to 140 Hz: a codec's wall is 300 to 500 Hz wide, and a single bin is too random."""
CONTENT_DBFS = -110.0
"""Minimum level of content in a band: undithered 16 bits leave -121, dithered ones up to -114."""
SILENCE_DBFS = -120.0
"""Lower levels are raised to this, so that a drop is the same in 16 bits and in decoded codecs, which go lower."""
SOUNDING_DBFS = -60.0
"""Quieter frames are no evidence about the highs."""
FULL_SCALE = 0.999
"""A frame with such a sample may be clipped, which adds content where the codec left none."""
NUTTALL = (0.355768, -0.487396, 0.144232, -0.012604)
"""Four terms with a continuous first derivative: side lobes below -93 dB, and falling. A. H. Nuttall, "Some windows
with very good sidelobe behavior", IEEE Trans. ASSP 29(1), 1981."""
LEAST_FRAMES = 16
MOST_SPARE_FRAMES = 64
"""One frame in this many may exceed all others without effect: cuts, clicks, a transition in a mix."""
BELOW_HZ = (1000.0, 300.0)
ABOVE_HZ = 300.0
"""The drop is measured from the median of 1000 to 300 Hz below the cutoff to the maximum from 300 Hz above it on."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """The end of a spectrum.

    cutoff_hz: highest frequency with content, to a band of about 130 Hz
    drop_db: drop of the level there within about 600 Hz, >= 0
    """

    cutoff_hz: float
    drop_db: float


class CutoffMeter:
    """Measure the spectral cutoff of a stream from some of its frames.

    sr_hz, channels: int > 0

    Frames are taken from alternating channels, at places independent of the block sizes. Memory is that of
    `MOST_FRAMES` frames.
    """

    def __init__(self, sr_hz: int, channels: int) -> None:
        self._sr_hz = sr_hz
        self._channels = channels
        self._length = FRAME_SAMPLES_AT_48_KHZ << max(0, (sr_hz // 50_000).bit_length())
        self._frames = np.zeros((MOST_FRAMES, self._length), dtype=np.float32)
        self._count = 0
        self._first_hop = self._hop = FIRST_HOP_FRAMES * self._length
        self._fed = 0
        self._next = 0
        self._filled = 0

    def feed(self, block: Samples) -> None:
        """Take the next samples.

        block: float32, shape=(frames, channels), finite, full scale 1
        """
        end = self._fed + len(block)
        while self._next + self._filled < end:
            start = self._next + self._filled - self._fed
            part = block[start : start + self._length - self._filled, self._channel()]
            self._frames[self._count, self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            if self._filled == self._length:
                self._count, self._filled = self._count + 1, 0
                self._next += self._hop
                if self._count == MOST_FRAMES:
                    self._count //= 2
                    self._frames[: self._count] = self._frames[::2].copy()
                    self._hop *= 2
        self._fed = end

    def _channel(self) -> int:
        # By the number of 1 bits in the frame's place: dropping every second frame keeps the channels balanced.
        return (self._next // self._first_hop).bit_count() % self._channels

    def finish(self) -> Cutoff | None:
        """Close the stream and return the cutoff.

        returns: Cutoff; None for silence, and if there is too little sound.
        """
        frames = _sounding(self._frames[: self._count])
        if len(frames) < LEAST_FRAMES:
            return None
        return find_cutoff(_levels_dbfs(frames), BAND_BINS * self._sr_hz / self._length)


def find_cutoff(levels_dbfs: Samples, band_hz: float) -> Cutoff | None:
    """The cutoff of a spectrum.

    levels_dbfs: shape=(n_bands,), level of the loudest moments in each band
    band_hz: width of a band
    returns: Cutoff; None if no band has content.
    """
    with_content = np.flatnonzero(levels_dbfs > CONTENT_DBFS)
    if not with_content.size:
        return None
    last = int(with_content[-1])
    levels = np.maximum(levels_dbfs, SILENCE_DBFS)
    first, until = (max(0, last - round(hz / band_hz)) for hz in BELOW_HZ)
    below = float(np.median(levels[first : max(until, first + 1)]))
    above = float(levels[last + round(ABOVE_HZ / band_hz) :].max(initial=SILENCE_DBFS))
    # At half the rate the level can't drop further.
    drop_db = max(0.0, below - above) if last + round(ABOVE_HZ / band_hz) < len(levels) else 0.0
    return Cutoff(cutoff_hz=float(round((last + 1) * band_hz)), drop_db=drop_db)


def _sounding(frames: Samples) -> Samples:
    """The frames that are loud enough, without clipped frames if enough others are left."""
    peaks = np.maximum(frames.max(axis=1, initial=0.0), -frames.min(axis=1, initial=0.0))
    power = np.einsum("fs,fs->f", frames, frames) / np.float32(frames.shape[1])
    is_loud = power > 10.0 ** (SOUNDING_DBFS / 10.0)
    is_whole = is_loud & (peaks < FULL_SCALE)
    return frames[is_whole if np.count_nonzero(is_whole) >= LEAST_FRAMES else is_loud]


@cache
def _window(length: int) -> Samples:
    """Nuttall's window: beside the sharp wall of a loud sound, a Hann window shows content 250 Hz too far up."""
    turn = 2.0 * np.pi * np.arange(length) / length
    return (np.array(NUTTALL) @ np.cos(np.outer(np.arange(len(NUTTALL)), turn))).astype(np.float32)


def _levels_dbfs(frames: Samples) -> Samples:
    """Level of the loudest frames in each band, without the very loudest; full scale is that of a sine."""
    length = frames.shape[1]
    window = _window(length)
    # Power is the sum of two squares; computing it by a product takes a tenth of the time of numpy's mean.
    parts = real_transform(frames * (window * np.float32(2.0 / window.sum())), is_exact=True).view(np.float32)
    per_band = 2 * BAND_BINS
    squares = np.square(parts[:, : parts.shape[1] // per_band * per_band])
    power = squares.reshape(len(frames), -1, per_band) @ np.full(per_band, 1.0 / BAND_BINS, dtype=np.float32)
    rank = len(frames) - 1 - max(1, len(frames) // MOST_SPARE_FRAMES)
    reached = np.partition(power, rank, axis=0)[rank]
    return (10.0 * np.log10(np.maximum(reached, 1e-20))).astype(np.float32)
