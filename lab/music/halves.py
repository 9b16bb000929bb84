"""Music cut in two, and made worse: what a search by sound must see through."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from kept import digest_of

from map4.core.audio.decode import open_audio

Samples = npt.NDArray[np.float32]

LOW_PASS_HZ = 8000.0
"""About what a dull rip or a radio leaves; eighth order, 48 dB an octave."""
LEVEL = 10.0 ** (-6.0 / 20.0)
LATER_S = 0.1
BIT_RATE = 128_000
MIDDLE_S = 60.0
MP3_RATES_HZ = (32000, 44100, 48000)
_FRAMES_A_WRITE = 16_384


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


def write_wav(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write 32-bit floats, so that nothing is clipped or rounded."""
    import soundfile

    soundfile.write(path, samples, rate_hz, subtype="FLOAT")


def write_worse(path: Path, samples: Samples, rate_hz: int) -> None:
    """Low-pass, turn down, delay, and encode."""
    from scipy import signal

    dull = signal.sosfilt(signal.butter(8, LOW_PASS_HZ, fs=rate_hz, output="sos"), samples, axis=0)
    silence = np.zeros((round(LATER_S * rate_hz), samples.shape[1]))
    write_mp3(path, np.concatenate([silence, LEVEL * dull]).astype(np.float32), rate_hz)


def write_mp3(path: Path, samples: Samples, rate_hz: int) -> None:
    """Encode with LAME at 128 kbit/s; more than two channels become two."""
    import av

    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w", format="mp3") as output:
        stream = output.add_stream("libmp3lame", rate=rate_hz, layout=layout)
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate_hz)
        for start in range(0, len(samples), _FRAMES_A_WRITE):
            planes = np.ascontiguousarray(samples[start : start + _FRAMES_A_WRITE, :2].T)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, start
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
