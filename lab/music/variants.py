"""The same music as other files: other codecs, rates, levels, channels, a little silence in front, halves, and worse.

A search by sound must see through all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from kept import digest_of

from map4.core.audio.decode import open_audio

Samples = npt.NDArray[np.float32]

SILENCE_S = 0.1
LEVEL_DB = 6.0
OPUS_RATE_HZ = 48000
WRITE_FRAMES = 16384
"""Frames a write: libsndfile's Vorbis encoder puts whole buffers on the stack and crashes on long ones."""
_ENCODERS = {"mp3": ("mp3", "libmp3lame"), "m4a": ("ipod", "aac"), "opus": ("ogg", "libopus")}
"""Container and codec of FFmpeg, by suffix."""


LOW_PASS_HZ = 8000.0
"""About what a dull rip or a radio leaves; eighth order, 48 dB an octave."""
QUIETER = 10.0 ** (-6.0 / 20.0)
LATER_S = 0.1
MIDDLE_S = 60.0
MP3_RATES_HZ = (32000, 44100, 48000)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """Files made of one track.

    first, second: its halves, as floats
    worse_second, worse: the second half and the whole low-passed at 8 kHz, 6 dB quieter, .1 s later, MP3 at 128 kbit/s
    middle: the middle 60 s, or the middle half where it is shorter than two minutes
    """

    first: Path
    second: Path
    worse_second: Path
    worse: Path
    middle: Path


def cut(track: Path, folder: Path) -> Pieces:
    """Make the pieces of a track; those that an earlier run made of the same file are taken as they are."""
    name = digest_of([track])
    names = {part: f"{name}-{part}.{'mp3' if 'worse' in part else 'wav'}" for part in Pieces.__slots__}
    pieces = Pieces(**{part: folder / file for part, file in names.items()})
    if all((folder / file).exists() for file in names.values()):
        return pieces
    samples, rate_hz = read(track)
    size = len(samples)
    length = min(round(MIDDLE_S * rate_hz), size // 2)
    write_wav(pieces.first, samples[: size // 2], rate_hz)
    write_wav(pieces.second, samples[size // 2 :], rate_hz)
    write_wav(pieces.middle, samples[(size - length) // 2 : (size + length) // 2], rate_hz)
    write_worse(pieces.worse_second, samples[size // 2 :], rate_hz)
    write_worse(pieces.worse, samples, rate_hz)
    return pieces


def read(path: Path) -> tuple[Samples, int]:
    """Samples of a file, shape (frames, channels), at a rate that MP3 knows."""
    import soxr

    with open_audio(str(path)) as stream:
        samples, rate_hz = np.concatenate(list(stream.blocks())), stream.sample_rate_hz
    if rate_hz not in MP3_RATES_HZ:
        samples, rate_hz = soxr.resample(samples, rate_hz, 44100), 44100
    return samples, rate_hz


def write_worse(path: Path, samples: Samples, rate_hz: int) -> None:
    """Low-pass, turn down, delay, and encode."""
    from scipy import signal

    dull = signal.sosfilt(signal.butter(8, LOW_PASS_HZ, fs=rate_hz, output="sos"), samples, axis=0)
    silence = np.zeros((round(LATER_S * rate_hz), samples.shape[1]))
    worse = np.concatenate([silence, QUIETER * dull]).astype(np.float32)[:, :2]  # MP3 has two channels at most
    encoded("mp3", 128_000).write(path, worse, rate_hz)
