"""The same music as other files: other codecs, rates, levels, channels, and a little silence in front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

SILENCE_S = 0.1
LEVEL_DB = 6.0
OPUS_RATE_HZ = 48000
WRITE_FRAMES = 16384
"""Frames a write: libsndfile's Vorbis encoder puts whole buffers on the stack and crashes on long ones."""
_ENCODERS = {"mp3": ("mp3", "libmp3lame"), "m4a": ("ipod", "aac"), "opus": ("ogg", "libopus")}
"""Container and codec of FFmpeg, by suffix."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to store music.

    suffix: of the file, without the dot
    write: writes samples of shape (frames, channels) at a rate in Hz into a file
    delay_s: how much later everything comes
    """

    suffix: str
    write: Callable[[Path, Samples, int], None]
    delay_s: float = 0.0


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write 32-bit floats, so that nothing is clipped or rounded."""
    _write_sndfile(path, samples, rate_hz, "WAV", "FLOAT")


def write_flac(path: Path, samples: Samples, rate_hz: int) -> None:
    _write_sndfile(path, samples, rate_hz, "FLAC", "PCM_16")


def write_vorbis(path: Path, samples: Samples, rate_hz: int) -> None:
    _write_sndfile(path, samples, rate_hz, "OGG", "VORBIS")


def _write_sndfile(path: Path, samples: Samples, rate_hz: int, container: str, subtype: str) -> None:
    import soundfile

    with soundfile.SoundFile(
        path, "w", rate_hz, samples.shape[1], format=container, subtype=subtype
    ) as file:  # fmt: skip
        for start in range(0, len(samples), WRITE_FRAMES):
            file.write(samples[start : start + WRITE_FRAMES])


def encoded(suffix: str, bit_rate: int) -> Variant:
    def write(path: Path, samples: Samples, rate_hz: int) -> None:
        if suffix == "opus" and rate_hz != OPUS_RATE_HZ:
            samples, rate_hz = _at_rate(samples, rate_hz, OPUS_RATE_HZ), OPUS_RATE_HZ
        _write_ffmpeg(path, samples, rate_hz, *_ENCODERS[suffix], bit_rate)

    return Variant(suffix, write)


def _write_ffmpeg(path: Path, samples: Samples, rate_hz: int, container: str, codec: str, bit_rate: int) -> None:
    import av

    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout)
        stream.bit_rate = bit_rate
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz)
        for start in range(0, len(samples), WRITE_FRAMES):
            planes = np.ascontiguousarray(samples[start : start + WRITE_FRAMES].T, dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, start
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))


def _at_rate(samples: Samples, rate_hz: int, wanted_hz: int) -> Samples:
    import soxr

    resampled: Samples = soxr.resample(samples, rate_hz, wanted_hz)
    return resampled


def _resampled(wanted_hz: int) -> Variant:
    return Variant("wav", lambda path, samples, rate: write_wav(path, _at_rate(samples, rate, wanted_hz), wanted_hz))


def _louder(level_db: float) -> Variant:
    gain = np.float32(10.0 ** (level_db / 20.0))
    return Variant("wav", lambda path, samples, rate_hz: write_wav(path, gain * samples, rate_hz))


def _write_mono(path: Path, samples: Samples, rate_hz: int) -> None:
    write_wav(path, samples.mean(axis=1, keepdims=True), rate_hz)


def _write_delayed(path: Path, samples: Samples, rate_hz: int) -> None:
    silence = np.zeros((round(SILENCE_S * rate_hz), samples.shape[1]), dtype=np.float32)
    write_wav(path, np.concatenate([silence, samples]), rate_hz)


VARIANTS: dict[str, Variant] = {
    "MP3 128 kbit/s": encoded("mp3", 128_000),
    "MP3 320 kbit/s": encoded("mp3", 320_000),
    "AAC 160 kbit/s": encoded("m4a", 160_000),
    "Ogg Vorbis": Variant("ogg", write_vorbis),
    "Opus 96 kbit/s": encoded("opus", 96_000),
    "FLAC 16 bit": Variant("flac", write_flac),
    "48 kHz": _resampled(48000),
    "32 kHz": _resampled(32000),
    "+6 dB": _louder(LEVEL_DB),
    "-6 dB": _louder(-LEVEL_DB),
    "mono": Variant("wav", _write_mono),
    "100 ms of silence in front": Variant("wav", _write_delayed, delay_s=SILENCE_S),
}
"""Each compared with the same samples as 32-bit WAV."""
