"""Store samples as MP3, FLAC, Ogg Vorbis, Opus, AAC, WAV or AIFF."""

from __future__ import annotations

import av
import numpy as np
import soundfile

from map4.extras.demo.sound import Samples

_SOUNDFILE = {"mp3": ("MP3", "MPEG_LAYER_III"), "flac": ("FLAC", "PCM_"), "ogg": ("OGG", "VORBIS"),
              "opus": ("OGG", "OPUS"), "wav": ("WAV", "PCM_"), "aiff": ("AIFF", "PCM_")}  # fmt: skip
WRITE_BLOCK = 16384
"""Frames a write: libsndfile's Vorbis encoder puts whole buffers on the stack and crashes on long ones."""
AAC_FRAME, AAC_BIT_RATE = 1024, 160_000


def write_audio(path: str, samples: Samples, sr: int, *, bits: int = 16) -> None:
    """Encode samples, the format chosen by the suffix.

    path: ends with .mp3, .flac, .ogg (Vorbis), .opus, .m4a (AAC), .wav or .aiff
    samples: shape=(frames,) or (frames, channels)
    sr: samples per second; Opus takes 48000 and its fractions
    bits: 16 or 24, where the format has them

    ValueError
        If the suffix is unknown.
    """
    y = samples[:, None] if samples.ndim == 1 else samples
    suffix = path.rpartition(".")[2].lower()
    if suffix == "m4a":
        _write_aac(path, y, sr)
        return
    if suffix not in _SOUNDFILE:
        raise ValueError(f"can't write '.{suffix}'; know {', '.join((*_SOUNDFILE, 'm4a'))}")
    container, subtype = _SOUNDFILE[suffix]
    subtype += str(bits) if subtype.endswith("_") else ""
    with soundfile.SoundFile(path, "w", sr, y.shape[1], subtype=subtype, format=container) as file:
        for start in range(0, y.shape[0], WRITE_BLOCK):
            file.write(y[start : start + WRITE_BLOCK])


def _write_aac(path: str, y: Samples, sr: int) -> None:
    layout = "mono" if y.shape[1] == 1 else "stereo"
    with av.open(path, "w", format="ipod") as container:
        stream = container.add_stream("aac", rate=sr, layout=layout)
        stream.bit_rate = AAC_BIT_RATE
        for start in range(0, y.shape[0], AAC_FRAME):
            planes = np.ascontiguousarray(y[start : start + AAC_FRAME].T, dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = sr, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
