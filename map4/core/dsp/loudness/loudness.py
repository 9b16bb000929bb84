"""Loudness of a stream: ITU-R BS.1770-5 integrated loudness, EBU Tech 3342 range, true peak.

Everything is computed from segments of 100 ms, the step of the gating blocks, so that only a few numbers per second are
stored; see `map4.core.dsp.loudness.k_weighting` for the filter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from map4.core.dsp.loudness.k_weighting import KWeighting, channel_weights, k_weighting
from map4.core.dsp.loudness.true_peak import PeakScanner
from map4.core.music.analysis.analysis import Loudness

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

Samples = NDArray[np.float32]


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
