"""Build blocks of one shape and size from libav's frames, of a fortieth of a second each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout

BLOCK_FRAMES = 65_536
"""Frames per block, 512 KiB in stereo: large enough to make Python's share negligible; larger is not faster."""

_PLANAR_FLOAT = "fltp"
_MOST_PLANES = 8  # PyAV reads past the end of a queued frame's list of planes if there are more


class BlockBuilder(ABC):
    """Takes frames of one kind and returns blocks of float32, shape=(n, channels), contiguous by sample or by channel.

    kind: of the frames, the same for all
    damaged: whether a frame could not be used
    """

    def __init__(self, frame: AudioFrame, channels: int) -> None:
        self.damaged = False
        self.kind = kind_of(frame)
        self._channels = channels

    @abstractmethod
    def add(self, frames: Sequence[AudioFrame]) -> list[np.ndarray]:
        """Add frames and return the full blocks."""

    @abstractmethod
    def rest(self) -> list[np.ndarray]:
        """Return the remaining samples; no frames may be added afterwards."""


def block_builder(frame: AudioFrame, *, layout: AudioLayout, rate_hz: int) -> BlockBuilder:
    """Return the builder that makes blocks of a layout and rate from frames like this one."""
    is_as_wanted = frame.sample_rate == rate_hz and frame.layout.name == layout.name
    if frame.format.name == _PLANAR_FLOAT and is_as_wanted and layout.nb_channels <= _MOST_PLANES:
        return PlanarBlockBuilder(frame)
    return ResamplingBlockBuilder(frame, layout, rate_hz)


def block_frames(channels: int) -> int:
    """Return the frames per block; fewer for many channels, so that a block stays below 2 MiB."""
    return BLOCK_FRAMES if channels <= 8 else max(1024, 8 * BLOCK_FRAMES // channels)


class PlanarBlockBuilder(BlockBuilder):
    """Joins frames of planar float32, the output for MP3, AAC, Vorbis and Opus, without conversion.

    libav's resampler would do this too, but a filter graph costs 5 µs a frame, and so do copies in Python: up to a
    quarter of the decoding time. Channels stay separate in memory, as adding or copying them is faster that way.
    """

    def __init__(self, frame: AudioFrame) -> None:
        super().__init__(frame, int(frame.layout.nb_channels))
        self._size = block_frames(self._channels)
        self._fifo = av.AudioFifo()

    def add(self, frames: Sequence[AudioFrame]) -> list[np.ndarray]:
        write = self._fifo.write
        for frame in frames:
            frame.pts = None  # the queue rejects gaps, which are filled before it
            write(frame)
        ready: list[np.ndarray] = []
        while self._fifo.samples >= self._size:
            ready.append(self._read(self._size))
        return ready

    def rest(self) -> list[np.ndarray]:
        left = self._fifo.samples
        return [self._read(left)] if left else []

    def _read(self, count: int) -> np.ndarray:
        frame = self._fifo.read(count)
        assert frame is not None
        rows = np.empty((self._channels, count), dtype=np.float32)
        for row, plane in zip(rows, frame.planes, strict=True):
            # A plane's buffer may be longer than its samples.
            row[:] = np.frombuffer(memoryview(plane), dtype=np.float32, count=count)
        return rows.T


class ResamplingBlockBuilder(BlockBuilder):
    """Converts frames of any kind with libav's resampler."""

    def __init__(self, frame: AudioFrame, layout: AudioLayout, rate_hz: int) -> None:
        super().__init__(frame, int(layout.nb_channels))
        self._resampler = av.AudioResampler(
            format="flt", layout=layout, rate=rate_hz, frame_size=block_frames(self._channels)
        )

    def add(self, frames: Sequence[AudioFrame]) -> list[np.ndarray]:
        return [block for frame in frames for block in self._converted(frame)]

    def rest(self) -> list[np.ndarray]:
        return self._converted(None)

    def _converted(self, frame: AudioFrame | None) -> list[np.ndarray]:
        try:
            ready = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            # A frame whose layout swresample cannot map to that of the first frame.
            self.damaged = True
            return []
        blocks = [out.to_ndarray().reshape(-1, self._channels) for out in ready]
        return [block for block in blocks if len(block)]


def kind_of(frame: AudioFrame) -> tuple[Any, ...]:
    """Return what all frames for a builder must share: format, channels and rate."""
    layout = frame.layout
    return (frame.format.name, layout.name, layout.nb_channels, frame.sample_rate)
