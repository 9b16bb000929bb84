"""Loudness of a stream: ITU-R BS.1770-5 integrated loudness, EBU Tech 3342 range, true peak.

Everything is computed from segments of 100 ms, the step of the gating blocks, so that only a few numbers per second are
stored; see `map4.core.dsp.loudness.k_weighting` for the filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.loudness.k_weighting import KWeighting, channel_weights, k_weighting
from map4.core.dsp.spectrum.framing import largest_distances
from map4.core.music.analysis.analysis import Loudness

_CHUNK_S = 0.0025  # finer than the ear locates an onset, coarse enough to store 400 numbers per second
_STRETCH_CHUNKS = 4  # scanned together: 10 ms take a quarter of the time of 2.5
_HALF_TAPS = 8  # samples on each side of an interpolated point; the standard's filter has six
_KAISER_BETA = 4.0  # with 16 taps within .12 dB up to .4 of the rate (17.6 kHz at 44.1), -1.9 dB at .45
_CANDIDATE_FRACTION = 0.7
"""Samples below this share of the running peak are not interpolated around. The worst steady case, a sine of a quarter
of the rate at 45 degrees, has its samples at .707 of its peak."""
_VERTEX_FRACTION = 0.8  # the same for the parabola through a sample and its neighbours; that sine's has .884

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


FLOOR_LUFS = -120.0
"""Loudness of a silent segment, below the range of 24 bits."""
ABSOLUTE_GATE_LUFS = -70.0
"""BS.1770-5, annex 1, and EBU Tech 3342: blocks below are silence."""

_OFFSET_LUFS = -0.691  # BS.1770-5, equation 2: a 997 Hz sine in one channel reads its level in dBFS - 3.01
_RELATIVE_GATE_LU = -10.0  # BS.1770-5, equation 6
_BLOCK_SEGMENTS = 4  # gating blocks of 400 ms, overlapping by 75 %
_RANGE_SEGMENTS = 30  # short-term loudness: 3 s
_RANGE_GATE_LU = -20.0  # EBU Tech 3342, section 3
_RANGE_PERCENTILES = (10.0, 95.0)  # EBU Tech 3342, section 3
# Samples of all channels at a time, 48 segments of 48 kHz stereo: half as many take 10 % longer, and more gain nothing.
_BUFFER_SAMPLES = 48 * 4800 * 2
_LEAST_BUFFER_SEGMENTS, _MOST_BUFFER_SEGMENTS = 4, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessResult:
    """Measurements of a stream.

    loudness: its numbers, each None if undefined
    segment_lufs: float32, shape=(n_segments,), loudness of each whole 100 ms (or slightly less), at least `FLOOR_LUFS`
    envelope: float32, shape=(n_chunks,), largest absolute sample of any channel in each `envelope_s`, without the
        stream's constant offset; if it exceeds neither all earlier nor all later chunks, the maximum of a group of four
    envelope_s: seconds per number of the envelope, 2.5 ms or slightly less
    """

    loudness: Loudness
    segment_lufs: Samples
    envelope: Samples
    envelope_s: float


class LoudnessMeter:
    """Measure loudness, loudness range and true peak of a stream fed in blocks of any size.

    sr_hz: int > 0, sample rate
    channels: int > 0, in the order of WAV and FLAC (left, right, centre, LFE, ...); the LFE does not count

    Results don't depend on the block sizes: blocks are collected in a buffer of fixed length.

    [1] ITU-R BS.1770-5, "Algorithms to measure audio programme loudness and true-peak audio level", 2023.
    [2] EBU Tech 3342, "Loudness range", 2023.
    """

    def __init__(self, sr_hz: int, channels: int) -> None:
        if sr_hz <= 0 or channels <= 0:
            raise ValueError(f"no audio: {sr_hz} Hz, {channels} channels")
        self._filter: KWeighting = k_weighting(sr_hz)
        self._peaks = PeakScanner(sr_hz, channels)
        self._weights = channel_weights(channels)
        self._sr_hz = sr_hz
        self._history = self._peaks.history
        fitting = _BUFFER_SAMPLES // (self._filter.frames * channels)
        self._frames = self._filter.frames * min(_MOST_BUFFER_SEGMENTS, max(_LEAST_BUFFER_SEGMENTS, fitting))
        self._buffer = np.zeros((channels, self._history + self._frames), dtype=np.float32)
        self._filled = 0
        self._frames_fed = 0
        self._state: Samples | None = None
        self._sum = np.zeros(channels)
        self._count = 0
        self._segments: list[NDArray[np.float64]] = []

    def feed(self, block: Samples) -> None:
        """Take the next samples.

        block: float32, shape=(frames, channels), finite, full scale 1
        """
        self._frames_fed += len(block)
        done = 0
        while done < len(block):
            step = min(len(block) - done, self._frames - self._filled)
            start = self._history + self._filled
            # One channel after the other: copying interleaved channels at once would take four times as long.
            for channel, row in enumerate(self._buffer):
                row[start : start + step] = block[done : done + step, channel]
            self._filled += step
            done += step
            if self._filled == self._frames:
                self._process(self._frames)

    def finish(self) -> LoudnessResult:
        """Close the stream and return the result; nothing can be fed afterwards."""
        self._process(self._filled)
        energy = np.concatenate(self._segments) if self._segments else np.zeros(0)
        offset = float(np.abs(self._sum).max()) / max(self._count, 1)
        true_peak, envelope = self._peaks.finish()
        loudness = Loudness(
            integrated_lufs=integrated_lufs(energy),
            range_lu=range_lu(energy),
            true_peak_dbtp=20.0 * math.log10(true_peak) if true_peak > 0.0 else None,
            clipped_per_minute=60.0 * self._peaks.clipped / (self._frames_fed / self._sr_hz)
            if true_peak > 0.0
            else None,
        )
        envelope = np.maximum(envelope - np.float32(offset), 0.0)
        return LoudnessResult(
            loudness=loudness,
            segment_lufs=_to_lufs(energy).astype(np.float32),
            envelope=envelope,
            envelope_s=self._peaks.chunk / self._sr_hz,
        )

    def _process(self, frames: int) -> None:
        """Measure the buffer's first `frames` new frames, and keep the end for peaks that are not complete."""
        if frames == 0:
            return
        whole = frames // self._filter.frames
        if whole:
            taken = self._buffer[:, self._history : self._history + whole * self._filter.frames]
            energy, total, self._state = self._filter.mean_squares(taken, self._weights, self._state)
            self._segments.append(energy)
            self._sum += total
            self._count += whole * self._filter.frames
        self._peaks.scan(self._buffer[:, : self._history + frames])
        self._buffer[:, : self._history] = self._buffer[:, frames : self._history + frames].copy()
        self._filled = 0


def integrated_lufs(energy: NDArray[np.float64]) -> float | None:
    """Gated loudness of a programme (BS.1770-5, equations 3-7).

    energy: shape=(n_segments,), weighted mean square of the K-weighted channels in each 100 ms
    returns: LUFS; None if there is no block of 400 ms above -70 LUFS.
    """
    blocks = _gated_means(energy, _BLOCK_SEGMENTS)
    if not blocks.size:
        return None
    gate = _to_lufs(blocks.mean()) + _RELATIVE_GATE_LU
    return float(_to_lufs(blocks[_to_lufs(blocks) > gate].mean()))


def range_lu(energy: NDArray[np.float64]) -> float | None:
    """Loudness range (EBU Tech 3342): spread of the gated 3 s loudness, taken every 100 ms.

    energy: as for `integrated_lufs`
    returns: LU >= 0; None below 3 s or for silence.
    """
    blocks = _gated_means(energy, _RANGE_SEGMENTS)
    if not blocks.size:
        return None
    levels = _to_lufs(blocks)
    levels = levels[levels > _to_lufs(blocks.mean()) + _RANGE_GATE_LU]
    low, high = np.percentile(levels, _RANGE_PERCENTILES, method="nearest")
    return float(high - low)


def _gated_means(energy: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The means of `length` segments each that are above the absolute gate."""
    if len(energy) < length:
        return np.zeros(0)
    windows = np.lib.stride_tricks.sliding_window_view(energy, length)
    blocks: NDArray[np.float64] = windows.mean(axis=1)
    return blocks[_to_lufs(blocks) > ABSOLUTE_GATE_LUFS]


def _to_lufs(energy: ArrayLike) -> NDArray[np.float64]:
    floor = 10.0 ** ((FLOOR_LUFS - _OFFSET_LUFS) / 10.0)
    return _OFFSET_LUFS + 10.0 * np.log10(np.maximum(energy, floor))
