"""True peak of a stream (ITU-R BS.1770-5, annex 2), oversampled only where the peak can be."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.framing import largest_distances

_CHUNK_S = 0.0025  # finer than the ear locates an onset, coarse enough to store 400 numbers per second
_STRETCH_CHUNKS = 4  # scanned together: 10 ms take a quarter of the time of 2.5
_HALF_TAPS = 8  # samples on each side of an interpolated point; the standard's filter has six
_KAISER_BETA = 4.0  # with 16 taps within .12 dB up to .4 of the rate (17.6 kHz at 44.1), -1.9 dB at .45
_CANDIDATE_FRACTION = 0.7
"""Samples below this share of the running peak are not interpolated around. The worst steady case, a sine of a quarter
of the rate at 45 degrees, has its samples at .707 of its peak."""
_VERTEX_FRACTION = 0.8
"""The same for the parabola through a sample and its neighbours; that sine's has .884."""

FULL_SCALE = 0.9999
"""Samples from here on are at the limit of integer files, whose largest positive value is 1 - 2^-15."""
_KERNEL_LANES = 8
_CLIPPED_SAMPLES = 3
"""This many consecutive samples at the limit are clipped: a wave that only touches it has one there, seldom two."""

Samples = NDArray[np.float32]


def oversampling(sr_hz: int) -> int:
    """Points per sample: 4 below 80 kHz, 2 below 160 kHz, else 1 (BS.1770-5, annex 2: 192 kHz for a rate of 48 kHz)."""
    return 4 if sr_hz < 80_000 else 2 if sr_hz < 160_000 else 1


class PeakScanner:
    """Largest value of the band-limited signal through the samples of a stream.

    sr_hz, channels: int > 0
    chunk: frames per entry of the envelope
    clipped: runs of three or more samples at full scale or above, in each channel; a run across two calls may count
        twice
    history: frames of the previous block that `scan` needs before each new block
    """

    def __init__(self, sr_hz: int, channels: int) -> None:
        self.chunk = max(1, int(sr_hz * _CHUNK_S))
        self._stretch = _STRETCH_CHUNKS * self.chunk
        self.history = self._stretch + 2 * _HALF_TAPS
        self._channels = channels
        self._kernel = _kernel(oversampling(sr_hz))
        self._library = kernels()
        self.clipped = 0
        self._peak = 0.0
        self._highest = 0.0  # highest sample so far
        self._pending = 0  # frames before the next block that are not scanned yet
        self._tail: Samples = np.zeros((channels, self.history), dtype=np.float32)
        self._envelope: list[Samples] = []

    def scan(self, buffer: Samples) -> None:
        """Scan all stretches that are complete and have the following samples that the filter needs.

        buffer: float32, shape=(channels, history + frames): the last `history` frames of the stream so far (zeros
            before its start), then the new frames
        """
        begin = self.history - self._pending
        count = max(0, buffer.shape[1] - _HALF_TAPS - begin) // self._stretch
        end = begin + count * self._stretch
        if count:
            peaks = np.stack([largest_distances(samples, self._stretch) for samples in buffer[:, begin:end]])
            self._add_envelope(buffer[:, begin:end], peaks.max(axis=0))
            for samples, own in zip(buffer, peaks, strict=True):
                self._interpolate(samples, begin, own)
                self._count_clipped(samples[begin:end].reshape(count, -1), own >= FULL_SCALE)
        self._pending = buffer.shape[1] - end
        self._tail = buffer[:, -self.history :].copy()

    def finish(self) -> tuple[float, Samples]:
        """Return the true peak (linear, 0 for silence) and the envelope of the chunks; the last chunk may be partial.

        A chunk has its largest sample, or that of its stretch of four if that exceeds neither all earlier nor all later
        chunks: where the sound first and last exceeds a level is exact.
        """
        if self._pending:
            complete, left = sum(map(len, self._envelope)), self._pending // self.chunk + 1
            padding = np.zeros((self._channels, self._stretch + _HALF_TAPS), dtype=np.float32)
            self.scan(np.concatenate([self._tail, padding], axis=1))
            return self._peak, np.concatenate(self._envelope)[: complete + left]
        envelope = np.concatenate(self._envelope) if self._envelope else np.zeros(0, dtype=np.float32)
        return self._peak, envelope

    def _add_envelope(self, samples: Samples, peaks: Samples) -> None:
        """Add stretches, shape=(channels, n * stretch), with the largest sample of each."""
        if self._library is not None:
            envelope = np.empty(_STRETCH_CHUNKS * len(peaks), dtype=np.float32)
            self._highest = call(
                self._library.map4_envelope, samples[0], samples.strides[0] // 4, self._channels, self._stretch,
                len(peaks), peaks, self._highest, envelope,
            )  # fmt: skip
            self._envelope.append(envelope)
            return
        before = np.maximum.accumulate(np.append(np.float32(self._highest), peaks))
        after = np.maximum.accumulate(np.append(peaks, np.float32(-1.0))[::-1])[::-1]
        exact = (peaks > before[:-1]) | (peaks > after[1:])
        envelope = np.repeat(peaks[:, np.newaxis], _STRETCH_CHUNKS, axis=1)
        envelope[exact] = np.abs(samples.reshape(self._channels, len(peaks), -1, self.chunk)[:, exact]).max(axis=(0, 3))
        self._envelope.append(envelope.reshape(-1))
        self._highest = float(before[-1])

    def _count_clipped(self, stretches: Samples, hot: NDArray[np.bool_]) -> None:
        places = np.flatnonzero(hot)
        if not places.size:
            return
        length = stretches.shape[1]
        index = np.flatnonzero(np.abs(stretches[places]) >= FULL_SCALE)
        index += length * (places - np.arange(places.size))[index // length]
        others = _CLIPPED_SAMPLES - 1
        run = index[others:] == index[:-others] + others
        self.clipped += int(np.count_nonzero(run[:1]) + np.count_nonzero(run[1:] & ~run[:-1]))

    def _interpolate(self, samples: Samples, begin: int, peaks: Samples) -> None:
        self._peak = max(self._peak, float(peaks.max()))
        if self._kernel is None or self._peak == 0.0:
            return
        if self._library is not None:
            self._peak = call(
                self._library.map4_true_peak, samples[begin:], self._stretch, len(peaks), peaks, self._kernel,
                _HALF_TAPS, _CANDIDATE_FRACTION, _VERTEX_FRACTION, self._peak,
            )  # fmt: skip
            return
        threshold = np.float32(_CANDIDATE_FRACTION * self._peak)
        # Only stretches with a high peak: one in ten in loud music.
        high = np.flatnonzero(peaks > threshold)
        is_high = np.abs(samples[begin : begin + peaks.size * self._stretch].reshape(peaks.size, -1)[high]) > threshold
        skipped = begin + self._stretch * (high - np.arange(len(high)))
        index = np.flatnonzero(is_high) + np.repeat(skipped, np.count_nonzero(is_high, axis=1))
        index = index[self._may_peak(samples[index], samples[index - 1], samples[index + 1])]
        if not index.size:
            return
        around = np.lib.stride_tricks.sliding_window_view(samples, 2 * _HALF_TAPS + 1)
        points = around[index - _HALF_TAPS] @ self._kernel
        self._peak = max(self._peak, float(np.abs(points).max()))

    def _may_peak(self, value: Samples, before: Samples, after: Samples) -> NDArray[np.bool_]:
        """Whether the signal near a sample may exceed the running peak, by the sample and its neighbours."""
        # Local extremes of the signal, not of its magnitude: near half the rate the signal alternates, and the
        # magnitude has its minimum where the signal between two samples has its maximum.
        fall_before, fall_after = value - before, value - after
        is_extreme = (value * fall_before >= 0.0) & (value * fall_after >= 0.0)
        # The vertex of the parabola through the three is (before - after)^2 / (8 (fall_before + fall_after)) beyond the
        # sample; without the division, a flat top needs no special case.
        missing = np.float32(_VERTEX_FRACTION * self._peak) - np.abs(value)
        is_high = np.square(before - after) >= np.abs(fall_before + fall_after) * (np.float32(8.0) * missing)
        return is_extreme & is_high


@lru_cache(maxsize=4)
def _kernel(factor: int) -> Samples | None:
    """Filters for the points between a sample and both its neighbours, shape=(2 * half + 1, 8).

    2 * (factor - 1) filters, padded with zeros: windowed sinc (Kaiser) of 16 taps around each point, with a gain of 1
    at 0 Hz.
    """
    if factor == 1:
        return None
    offsets = np.concatenate([np.arange(1, factor), -np.arange(1, factor)]) / factor
    distance = np.arange(-_HALF_TAPS, _HALF_TAPS + 1)[:, np.newaxis] - offsets
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(1.0 - (distance / _HALF_TAPS) ** 2, 0.0)))
    taps = np.sinc(distance) * np.where(np.abs(distance) < _HALF_TAPS, window, 0.0)
    kernel = np.zeros((len(taps), _KERNEL_LANES), dtype=np.float32)
    kernel[:, : taps.shape[1]] = taps / taps.sum(axis=0)
    return kernel
