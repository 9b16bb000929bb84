"""Convert audio to a format that every browser plays: decoded as for an analysis and re-encoded, whole or in part."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

import av
import numpy as np

from map4.core.audio.mixdown.channels import two_channels
from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.audio.tags.changes import SlotValues
from map4.core.audio.tags.writing.comments import opus_comments
from map4.core.audio.tags.writing.id3 import new_id3
from map4.core.music.analysis.audio import AudioFormat, ConvertedFormat
from map4.errors import FileError


@dataclass(frozen=True, slots=True)
class _Encoder:
    """An encoder: FFmpeg's names, the sample rate it takes, and the bytes that its container adds per second."""

    container: str
    codec: str
    sample_format: str
    rate_hz: int | None = None
    container_bps: int = 0
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)


EncodedFormat = ConvertedFormat | Literal["mp3-320", "flac", "m4a"]
_ENCODERS: dict[EncodedFormat, _Encoder] = {
    "opus": _Encoder("ogg", "libopus", "flt", 48_000, 1_700, {"vbr": "constrained"}),
    "mp3": _Encoder("mp3", "libmp3lame", "fltp", 44_100),
    "mp3-320": _Encoder("mp3", "libmp3lame", "fltp", 44_100, container_options={"id3v2_version": "0"}),
    "wav": _Encoder("wav", "pcm_s16le", "s16", container_options={"rf64": "auto"}),
    "flac": _Encoder("flac", "flac", "s16"),
    "m4a": _Encoder("ipod", "aac", "fltp", 44_100),
}
_USUAL_KBPS = {**AudioFormat.USUAL_KBPS, "m4a": 256, "mp3-320": 320}


class Encoding:
    """Encodes blocks of float32, shape=(n, channels) with one or two channels, to a file or stream.

    target: a path, or an object with `write`; without `seek`, headers with the length are omitted
    kbps: average bit rate, for formats with a bit rate; None is the default
    tags: by FFmpeg's names, such as "title"
    samples: frames so far
    """

    def __init__(
        self,
        target: Any,
        form: EncodedFormat,
        *,
        rate_hz: int,
        channels: int = 2,
        kbps: int | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        encoder = _ENCODERS[form]
        self._rate_hz, self._layout = rate_hz, "mono" if channels == 1 else "stereo"
        own_hz = encoder.rate_hz or rate_hz
        self._out = av.open(target, "w", format=encoder.container, container_options=encoder.container_options)
        self._out.metadata.update(tags)
        track: Any = self._out.add_stream(encoder.codec, rate=own_hz, layout=self._layout)
        track.format = encoder.sample_format
        if rate_kbps := kbps or _USUAL_KBPS.get(form):
            track.bit_rate = rate_kbps * 1000 - encoder.container_bps
            track.options = encoder.options
        self._track = track
        self._resampler = av.AudioResampler(format=encoder.sample_format, layout=self._layout, rate=own_hz)
        self.samples = 0

    def __enter__(self) -> Encoding:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None:
            with contextlib.suppress(av.FFmpegError):  # the first error counts
                self._out.close()
            return
        try:
            self._encode(None)
            self._out.mux(self._track.encode(None))
        finally:
            self._out.close()

    def add(self, block: np.ndarray) -> None:
        """Encode the next block."""
        samples = np.ascontiguousarray(block, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts = self._rate_hz, self.samples
        frame.time_base = Fraction(1, self._rate_hz)
        self.samples += len(block)
        self._encode(frame)

    def _encode(self, frame: av.AudioFrame | None) -> None:
        for part in self._resampler.resample(frame):
            self._out.mux(self._track.encode(part))


class FileBehind:
    """A file for an encoder, from its current position on; unbuffered, so that an error is raised once."""

    def __init__(self, file: io.FileIO) -> None:
        self._file, self._start = file, file.tell()

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset + (self._start if whence == os.SEEK_SET else 0), whence) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start


def convert(
    stream: Any,
    target: str,
    form: ConvertedFormat,
    part_s: tuple[float, float] | None = None,
    speed: float = 1.0,
    kbps: int | None = None,
    tags: SlotValues = MappingProxyType({}),
) -> float:
    """Encode an open audio stream (`map4.core.audio.decode.open_audio`) to a file; returns its length in seconds.

    More than two channels are mixed to two. Later blocks only change lengths in headers before them.

    part_s: start and end, exact to the sample in a WAV file; clipped at the end of the file
    speed: of a part, at its pitch; > 1 is faster
    kbps: average bit rate, for formats with a bit rate; None is the default
    tags: of MP3 and Opus, before the audio
    """
    how: dict[str, Any] = {"rate_hz": stream.sample_rate_hz, "channels": min(2, stream.channels)}
    with open(target, "wb", buffering=0) as file:
        own: EncodedFormat = form
        if form == "mp3" and tags:
            own, kbps = "mp3-320", kbps or AudioFormat.USUAL_KBPS["mp3"]  # without a tag of FFmpeg
            FileBehind(file).write(new_id3(tags))
        comments = opus_comments(tags) if form == "opus" else {}
        with Encoding(FileBehind(file), own, kbps=kbps, tags=comments, **how) as encoding:
            for block in stream.blocks() if part_s is None else _part(stream, *part_s, speed):
                encoding.add(two_channels(block))
    if part_s is not None and not encoding.samples:
        raise FileError("too_short", f"has no sound at {part_s[0]:g} s")
    return float(encoding.samples / stream.sample_rate_hz)


def _part(stream: Any, from_s: float, to_s: float, speed: float) -> Iterator[np.ndarray]:
    if speed == 1.0:
        yield from _as_it_is(stream, from_s, to_s)
        return
    rate_hz, begin_s = stream.sample_rate_hz, max(0.0, from_s - TimeStretch.SETTLES_S)
    if blocks := [two_channels(block) for block in _as_it_is(stream, begin_s, to_s + TimeStretch.SETTLES_S)]:
        played = TimeStretch.at_speed(np.concatenate(blocks).T, speed, rate_hz=rate_hz).T
        first, last = (round((at_s - begin_s) / speed * rate_hz) for at_s in (from_s, to_s))
        yield played[first:last]


def _as_it_is(stream: Any, from_s: float, to_s: float) -> Iterator[np.ndarray]:
    """Yield the blocks of a part from a stream, which begins at the file's start or at its `begins_at`."""
    first, last = (round(at_s * stream.sample_rate_hz) for at_s in (from_s, to_s))
    done = getattr(stream, "begins_at", 0)
    for block in stream.blocks():
        part = block[max(first - done, 0) : last - done]
        if len(part):
            yield part
        done += len(block)
        if done >= last:
            return
