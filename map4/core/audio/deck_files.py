"""Write audio that old DJ players accept: MP3 at 320 kbit/s, or PCM of 16 or 24 bits, in stereo at 44.1 or 48 kHz.

The CDJ-350, -900 and -2000 play these (AlphaTheta's manuals). They reject the extended header that FFmpeg gives WAV of
24 bits, so PCM is written by libsndfile. An MP3 states LAME's delay: its time zero is that of the source, and a program
that ignores the statement begins 1105 samples earlier (`map4.formats.time_zero`).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from map4.core.audio.converting import Encoding, FileBehind
from map4.core.audio.mixdown.channels import two_channels
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags, skip_trailing_tags
from map4.core.audio.tags.changes import SlotValues
from map4.core.audio.tags.copies import add_tags
from map4.core.audio.tags.writing.id3 import new_id3

DeckForm = Literal["mp3-320", "wav", "aiff"]
DECK_RATES_HZ = (44_100, 48_000)
_CONTAINERS = {"wav": "WAV", "aiff": "AIFF"}


def write_deck_file(
    stream: Any, target: str, form: DeckForm, tags: SlotValues, *, bits: int = 16, gain_db: float = 0.0
) -> int:
    """Write an open audio stream (`map4.core.audio.decoding.DecodedAudio`) with tags of ID3v2.3.

    bits: of PCM, 16 or 24
    returns: number of samples above full scale, which PCM can't contain
    """
    rate_hz = 48_000 if form != "mp3-320" and stream.sample_rate_hz % 48_000 == 0 else 44_100
    blocks = _stereo(stream, rate_hz, 10.0 ** (gain_db / 20.0))
    if form == "mp3-320":
        with open(target, "wb", buffering=0) as file:
            FileBehind(file).write(new_id3(tags))
            with Encoding(FileBehind(file), form, rate_hz=rate_hz) as encoding:
                for block in blocks:
                    encoding.add(block)
        return 0
    try:
        clipped = _write_pcm(target, blocks, _CONTAINERS[form], rate_hz, bits)
    except soundfile.LibsndfileError:
        raise OSError(errno.EIO, "libsndfile failed to write it; is the disk full?") from None
    add_tags(target, tags)
    return clipped


def write_tagged_mp3(path: str, target: str, tags: SlotValues) -> None:
    """Copy the audio of an MP3 unchanged, with tags of ID3v2.3 instead of its own."""
    with AudioSource(path) as source, open(target, "wb") as out:
        out.write(new_id3(tags))
        start = skip_leading_tags(source)
        out.writelines(source.pieces(start, skip_trailing_tags(source, start)))


def _stereo(stream: Any, rate_hz: int, factor: float) -> Iterator[NDArray[np.float32]]:
    resampler = None
    if stream.sample_rate_hz != rate_hz:
        resampler = soxr.ResampleStream(stream.sample_rate_hz, rate_hz, 2, dtype="float32", quality="VHQ")
    for block in stream.blocks():
        stereo = np.broadcast_to(two_channels(block), (len(block), 2)) * np.float32(factor)
        yield stereo if resampler is None else resampler.resample_chunk(stereo)
    if resampler is not None:
        yield resampler.resample_chunk(np.zeros((0, 2), dtype=np.float32), last=True)


def _write_pcm(target: str, blocks: Iterator[NDArray[np.float32]], container: str, rate_hz: int, bits: int) -> int:
    """Return the number of clipped samples; samples of this precision stay exact."""
    full, clipped = 2 ** (bits - 1), 0
    shift = 32 - bits  # libsndfile takes the upper bits
    with soundfile.SoundFile(
        target, "w", samplerate=rate_hz, channels=2, format=container, subtype=f"PCM_{bits}"
    ) as file:
        for block in blocks:
            samples = np.rint(block.astype(np.float64) * full)
            clipped += int(np.count_nonzero((samples < -full) | (samples > full)))
            file.write(np.clip(samples, -full, full - 1).astype(np.int32) << shift)
    return clipped
