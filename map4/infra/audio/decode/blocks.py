"""Blocks of one shape and size from the frames of libav, which hold a fortieth of a second each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import av
import numpy as np

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.layout import AudioLayout

BLOCK_FRAMES = 65_536
"""Frames a block: enough that Python's share of the time vanishes, 512 KiB in stereo; larger ones were not faster."""

_PLANAR_FLOAT = "fltp"
_SAMPLE_BYTES = 4


class BlockBuilder(Protocol):
    """Takes frames of one kind and gives blocks of float32, shape=(n, channels), contiguous by sample or by channel."""

    damaged: bool
    """Whether a frame could not be used."""

    def takes(self, frame: AudioFrame) -> bool:
        """Whether a frame is of this kind."""

    def add(self, frame: AudioFrame) -> list[np.ndarray]:
        """Take a frame and give the blocks that are full."""

    def rest(self) -> list[np.ndarray]:
        """What is left; nothing may be added afterwards."""


def block_builder(frame: AudioFrame, *, layout: AudioLayout, rate_hz: int) -> BlockBuilder:
    """What makes blocks of a layout and rate from frames like this one."""
    if frame.format.name == _PLANAR_FLOAT and frame.sample_rate == rate_hz and frame.layout.name == layout.name:
        return PlanarBlockBuilder(frame)
    return ResamplingBlockBuilder(frame, layout, rate_hz)


def block_frames(channels: int) -> int:
    """Frames a block; fewer where there are so many channels that blocks would grow beyond 2 MiB."""
    return BLOCK_FRAMES if channels <= 8 else max(1024, 8 * BLOCK_FRAMES // channels)


class PlanarBlockBuilder:
    """Frames of planar float32, as MP3, AAC, Vorbis and Opus give them, which only are to follow each other.

    libav's resampler would do this too, but a filter graph asks for 5 us a frame: as much as a quarter of the decoding.
    The channels stay apart in memory, since adding them up or copying them is faster so.
    """

    def __init__(self, frame: AudioFrame) -> None:
        self.damaged = False
        self._kind = _kind(frame)
        channels = int(frame.layout.nb_channels)
        self._shape = (channels, block_frames(channels))
        self._begin()

    def _begin(self) -> None:
        self._rows = np.empty(self._shape, dtype=np.float32)
        self._bytes = [row.data.cast("B") for row in self._rows]
        self._filled = 0

    def takes(self, frame: AudioFrame) -> bool:
        return _kind(frame) == self._kind

    def add(self, frame: AudioFrame) -> list[np.ndarray]:
        count = frame.samples
        if self._filled + count >= self._shape[1]:
            return self._divided(frame)
        start, stop = _SAMPLE_BYTES * self._filled, _SAMPLE_BYTES * (self._filled + count)
        for row, plane in zip(self._bytes, frame.planes, strict=True):
            # A plane's buffer may be longer than its samples.
            row[start:stop] = memoryview(plane)[: stop - start]
        self._filled += count
        return []

    def _divided(self, frame: AudioFrame) -> list[np.ndarray]:
        """Add a frame that fills the block or goes beyond it."""
        ready: list[np.ndarray] = []
        planes = [memoryview(plane) for plane in frame.planes]
        taken, count = 0, frame.samples
        while taken < count:
            step = min(count - taken, self._shape[1] - self._filled)
            here = slice(_SAMPLE_BYTES * self._filled, _SAMPLE_BYTES * (self._filled + step))
            there = slice(_SAMPLE_BYTES * taken, _SAMPLE_BYTES * (taken + step))
            for row, plane in zip(self._bytes, planes, strict=True):
                row[here] = plane[there]
            self._filled += step
            taken += step
            if self._filled == self._shape[1]:
                ready += self.rest()
        return ready

    def rest(self) -> list[np.ndarray]:
        if not self._filled:
            return []
        block = self._rows[:, : self._filled].T
        self._begin()
        # The last block is cut out of a longer one.
        return [block if block.flags.forc else block.copy(order="F")]


class ResamplingBlockBuilder:
    """Frames of any kind, which libav converts."""

    def __init__(self, frame: AudioFrame, layout: AudioLayout, rate_hz: int) -> None:
        self.damaged = False
        self._kind = _kind(frame)
        self._channels = int(layout.nb_channels)
        self._resampler = av.AudioResampler(
            format="flt", layout=layout, rate=rate_hz, frame_size=block_frames(self._channels)
        )

    def takes(self, frame: AudioFrame) -> bool:
        return _kind(frame) == self._kind

    def add(self, frame: AudioFrame) -> list[np.ndarray]:
        return self._converted(frame)

    def rest(self) -> list[np.ndarray]:
        return self._converted(None)

    def _converted(self, frame: AudioFrame | None) -> list[np.ndarray]:
        try:
            ready = self._resampler.resample(frame)
        except (av.FFmpegError, ValueError):
            # A frame whose layout swresample cannot map to the first one's.
            self.damaged = True
            return []
        blocks = [out.to_ndarray().reshape(-1, self._channels) for out in ready]
        return [block for block in blocks if len(block)]


def _kind(frame: AudioFrame) -> tuple[Any, ...]:
    return (frame.format.name, frame.layout.name, frame.sample_rate)
