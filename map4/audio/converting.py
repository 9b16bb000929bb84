"""Convert audio to a format that every browser plays: decoded as for an analysis and re-encoded, whole or in part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np

from map4.audio.mixdown.stretch import SETTLES_S, at_speed
from map4.errors import FileError
from map4.music.analysis.audio import USUAL_KBPS, ConvertedFormat


@dataclass(frozen=True, slots=True)
class _Encoder:
    """An encoder: FFmpeg's names, the sample rate it takes, and the bytes that its container adds per second."""

    container: str
    codec: str
    sample_format: str
    rate_hz: int | None = None
    container_bps: int = 0
    options: dict[str, str] = field(default_factory=dict)


_ENCODERS: dict[ConvertedFormat, _Encoder] = {
    "opus": _Encoder("ogg", "libopus", "flt", 48_000, 1_700, {"vbr": "constrained"}),
    "mp3": _Encoder("mp3", "libmp3lame", "fltp", 44_100),
    "wav": _Encoder("wav", "pcm_s16le", "s16"),
}


def convert(
    stream: Any,
    target: str,
    form: ConvertedFormat,
    part_s: tuple[float, float] | None = None,
    speed: float = 1.0,
    kbps: int | None = None,
) -> float:
    """Encode an open audio stream (`map4.audio.decode.open_audio`) to a file; returns its length in seconds.

    More than two channels are mixed to two.

    part_s: start and end, exact to the sample in a WAV file; clipped at the end of the file
    speed: of a part, at its pitch; > 1 is faster
    kbps: average bit rate, for formats with a bit rate; None is the default
    """
    encoder = _ENCODERS[form]
    rate_hz = encoder.rate_hz or stream.sample_rate_hz
    layout = "mono" if stream.channels == 1 else "stereo"
    samples = 0
    with av.open(target, "w", format=encoder.container) as out:
        track: Any = out.add_stream(encoder.codec, rate=rate_hz, layout=layout)
        track.format = encoder.sample_format
        if rate_kbps := kbps or USUAL_KBPS.get(form):
            track.bit_rate = rate_kbps * 1000 - encoder.container_bps
            track.options = encoder.options
        resampler = av.AudioResampler(format=encoder.sample_format, layout=layout, rate=rate_hz)
        for block in stream.blocks() if part_s is None else _part(stream, *part_s, speed):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(_two(block), dtype=np.float32).reshape(1, -1), format="flt", layout=layout
            )
            frame.sample_rate, frame.pts = stream.sample_rate_hz, samples
            frame.time_base = Fraction(1, stream.sample_rate_hz)
            samples += len(block)
            for part in resampler.resample(frame):
                out.mux(track.encode(part))
        for part in resampler.resample(None):
            out.mux(track.encode(part))
        out.mux(track.encode(None))
    if part_s is not None and not samples:
        raise FileError("too_short", f"has no sound at {part_s[0]:g} s")
    return float(samples / stream.sample_rate_hz)


def _part(stream: Any, from_s: float, to_s: float, speed: float) -> Iterator[np.ndarray]:
    if speed == 1.0:
        yield from _as_it_is(stream, from_s, to_s)
        return
    rate_hz, begin_s = stream.sample_rate_hz, max(0.0, from_s - SETTLES_S)
    if blocks := [_two(block) for block in _as_it_is(stream, begin_s, to_s + SETTLES_S)]:
        played = at_speed(np.concatenate(blocks).T, speed, rate_hz=rate_hz).T
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


def _two(block: np.ndarray) -> np.ndarray:
    """Mix down to two channels at most: even and odd channels are added up."""
    if block.shape[1] <= 2:
        return block
    return np.stack([block[:, side::2].mean(axis=1) for side in (0, 1)], axis=1)
