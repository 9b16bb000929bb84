"""The audio of a track in a set: decoded from front to back, at the speeds of the plan."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import numpy as np
import soxr

from map4.core.audio.decoder import Decoder
from map4.core.audio.mixdown.channels import two_channels
from map4.core.audio.mixdown.stretch import Stereo, TimeStretch
from map4.errors import FileError
from map4.extras.list_mixes.records import SetTrack

RATE_HZ = 44_100
CHUNK_S = 10.0  # length of a piece that is stretched at once: its memory is some 20 times that of its samples
FIRST_CHUNK_S = 1.0  # length of the first piece, for which listeners wait
MONO = np.float32(math.sqrt(0.5))
"""Level of a mono file in each of two channels, which keeps its loudness (BS.1770 adds the power of channels)."""
BLEND_S = 0.02  # two pieces at different speeds are blended for this long: their phases differ


class SampleReader:
    """The samples of a file at `RATE_HZ` in stereo, read forward with a look back.

    raises FileError: if the file is unreadable
    """

    def __init__(self, path: str, open_audio: Decoder) -> None:
        self._stack = ExitStack()
        try:
            stream = self._stack.enter_context(open_audio(path))
            self._blocks = self._resampled(stream)
            first = next(self._blocks, None)
        except BaseException:
            self._stack.close()
            raise
        self._held: list[Stereo] = [] if first is None else [first]
        self._begin = 0
        self._end = 0 if first is None else first.shape[1]
        self.length: int | None = None if first is not None else 0

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def read(self, begin: int, end: int) -> Stereo:
        """Return frames [begin, end), silent outside of the file; earlier frames are forgotten."""
        while self._end < end and self.length is None:
            self._take()
            self._forget(begin)
        self._forget(begin)
        wanted = np.zeros((2, end - begin), dtype=np.float32)
        at = self._begin
        for block in self._held:
            first, last = max(at, begin), min(at + block.shape[1], end)
            if first < last:
                wanted[:, first - begin : last - begin] = block[:, first - at : last - at]
            at += block.shape[1]
        return wanted

    def _take(self) -> None:
        try:
            block = next(self._blocks, None)
        except FileError:  # damaged from here on
            block = None
        if block is None:
            self.length = self._end
        else:
            self._held.append(block)
            self._end += block.shape[1]

    def _forget(self, begin: int) -> None:
        while self._held and self._begin + self._held[0].shape[1] <= begin:
            self._begin += self._held.pop(0).shape[1]

    @staticmethod
    def _resampled(stream: object) -> Iterator[Stereo]:
        rate_hz = stream.sample_rate_hz  # type: ignore[attr-defined]
        resampler = None if rate_hz == RATE_HZ else soxr.ResampleStream(rate_hz, RATE_HZ, 2, dtype="float32")
        for block in stream.blocks():  # type: ignore[attr-defined]
            both = two_channels(block)
            both = np.repeat(both * MONO, 2, axis=1) if both.shape[1] == 1 else both
            samples = both if resampler is None else resampler.resample_chunk(np.ascontiguousarray(both))
            if len(samples):
                yield samples.T
        if resampler is not None:
            rest = resampler.resample_chunk(np.zeros((0, 2), dtype=np.float32), last=True)
            if len(rest):
                yield rest.T


class TrackVoice:
    """A track of a set as it sounds there, at its level, from its start.

    raises FileError: if the file is unreadable
    """

    def __init__(self, track: SetTrack, open_audio: Decoder) -> None:
        self.track = track
        self._source = SampleReader(track.path, open_audio)
        self._gain = np.float32(10.0 ** (track.gain_db / 20.0))
        self._pieces = self._played()
        self._ready: Stereo = np.zeros((2, 0), dtype=np.float32)
        self._tail: Stereo | None = None

    def close(self) -> None:
        """Close the file, and forget its samples."""
        self._pieces.close()  # it refers to this object, and would keep both until the next garbage collection
        self._source.close()

    def next(self, most: int) -> Stereo:
        """Return some of the next frames; none after the end of the file."""
        if not self._ready.shape[1]:
            self._ready = next(self._pieces, self._ready)
        part, self._ready = self._ready[:, :most], self._ready[:, most:]
        return part

    def read(self, count: int) -> Stereo:
        """Return the next frames; silent after the end of the file."""
        parts, left = [], count
        while left:
            part = self.next(left)
            parts.append(part if part.shape[1] else np.zeros((2, left), dtype=np.float32))
            left -= parts[-1].shape[1]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _played(self) -> Generator[Stereo, None, None]:
        """Yield pieces without gaps until the end of the file, beyond the planned end."""
        steps = self.track.speeds
        start_s = self.track.start_s
        for index, step in enumerate(steps):
            begin = round((step.at_s - start_s) * RATE_HZ)
            is_last = index + 1 == len(steps)
            end = None if is_last else round((steps[index + 1].at_s - start_s) * RATE_HZ)
            from_frame = round(step.from_s * RATE_HZ + (begin / RATE_HZ - (step.at_s - start_s)) * step.speed * RATE_HZ)
            while end is None or begin < end:
                count = round((CHUNK_S if begin else FIRST_CHUNK_S) * RATE_HZ)
                count = count if end is None else min(count, end - begin)
                piece = self._piece(from_frame, count, step.speed)
                if not piece.shape[1]:
                    return
                yield piece
                begin, from_frame = begin + count, from_frame + round(count * step.speed)

    def _piece(self, from_frame: int, count: int, speed: float) -> Stereo:
        """Return frames of the set from a frame of the file on, blended with the piece before."""
        blend = round(BLEND_S * RATE_HZ)
        wanted = count + blend
        if abs(speed - 1.0) <= TimeStretch.SAME_SPEED:
            played = self._source.read(from_frame, from_frame + wanted)
        else:
            margin = round(TimeStretch.SETTLES_S * RATE_HZ)
            around = self._source.read(from_frame - margin, from_frame + round(wanted * speed) + margin)
            stretched = TimeStretch.at_speed(around, speed, rate_hz=RATE_HZ)
            skip = round(margin / speed)
            played = stretched[:, skip : skip + wanted]
        length = self._source.length
        if length is not None:
            count = max(0, min(count, round((length - from_frame) / speed)))
        piece = played[:, :count] * self._gain
        if self._tail is not None:
            size = min(blend, count)
            rise = np.linspace(0.0, 1.0, size, endpoint=False, dtype=np.float32)
            piece[:, :size] = piece[:, :size] * rise + self._tail[:, :size] * (1.0 - rise)
        self._tail = played[:, count : count + blend] * self._gain
        return piece
