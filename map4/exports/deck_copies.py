"""Copies that old DJ players accept: converted, with tags, cover and perhaps another gain.

MP3 at 320 kbit/s, or PCM of 16 or 24 bits, in stereo at 44.1 or 48 kHz: the CDJ-350, -900 and -2000 play these
(AlphaTheta's manuals). They reject the extended header that FFmpeg gives WAV of 24 bits, so PCM is written by
libsndfile. An MP3 states LAME's delay: its time zero is that of the source, and a program that ignores the statement
begins 1105 samples earlier (`map4.formats.time_zero`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from map4.core.audio.converting import Encoding, FileBehind
from map4.core.audio.decoder import Decoder
from map4.core.audio.mixdown.channels import two_channels
from map4.core.audio.source import AudioSource
from map4.core.audio.tag_boundaries import skip_leading_tags, skip_trailing_tags
from map4.core.audio.tags.changes import SlotValues
from map4.core.audio.tags.copies import add_tags, tags_of_copy
from map4.core.audio.tags.writing.files import TaggedSource
from map4.core.audio.tags.writing.id3 import new_id3
from map4.core.base.text import counted
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track
from map4.errors import FileError

HIGHEST_PEAK_DBTP = -1.0
"""EBU R 128 leaves this to the peaks that an encoder adds."""
_COVER_PX = 800  # players reject or shrink larger covers
_AUDIBLE_DB = 0.1
DeckForm = Literal["mp3-320", "wav", "aiff"]
DECK_RATES_HZ = (44_100, 48_000)
_CONTAINERS = {"wav": "WAV", "aiff": "AIFF"}


@dataclass(slots=True, kw_only=True)
class DeckCopies:
    """Writes and recognises the copies of an export.

    loudness_lufs: which each copy gets as far as its peaks allow, without a limiter; None keeps the level
    cover: returns the cover of a track as a JPEG with at most the given pixels per side
    """

    form: DeckForm
    loudness_lufs: float | None
    open_audio: Decoder
    cover: Callable[[Track, int], bytes | None]
    _lower_db: list[float] = field(default_factory=list)
    _unlevelled: int = 0
    _clipped: int = 0

    @property
    def suffix(self) -> str:
        return ".mp3" if self.form == "mp3-320" else f".{self.form}"

    def write(self, track: Track, target: str) -> None:
        """Write the copy of a track to a new file.

        raises FileError: if the track can't be decoded
        """
        gain_db, tags = self._gain_db(track), self._tags(track)
        if self.loudness_lufs is not None:
            self._note_level(track, gain_db)
        if self._stays_mp3(track):
            write_tagged_mp3(track.path, target, tags)
            return
        with self.open_audio(track.path) as stream:
            clipped = write_deck_file(stream, target, self.form, tags, bits=self._bits(track), gain_db=gain_db or 0.0)
        self._clipped += clipped > 0

    def has_tags(self, track: Track, target: str) -> bool:
        """Return whether a file has all tags that the copy of a track gets; its gain shows the level."""
        try:
            with AudioSource(target) as source:
                return not TaggedSource.read(source).edit(self._tags(track))
        except FileError:
            return False

    def described(self, copy: Track) -> Track:
        """Return a track whose path is that of its copy, with the copy's format."""
        copy = replace(copy, size_bytes=os.path.getsize(copy.path))
        if self._stays_mp3(copy):
            return copy
        if self.form == "mp3-320":
            rate_hz, bits, bps = 44_100, None, 320_000
        else:
            import soundfile

            rate_hz, bits = soundfile.info(copy.path).samplerate, self._bits(copy)
            bps = rate_hz * bits * 2
        sound = AudioFormat(
            codec="pcm" if bits else "mp3",
            sample_rate_hz=rate_hz,
            channels=2,
            bits=bits,
            payload_bytes=round(bps * (copy.length_s or 0.0) / 8),
        )
        return replace(copy, format=sound)

    def remarks(self) -> Sequence[str]:
        """Return sentences about the level of the copies."""
        remarks = []
        if self._lower_db:
            many = counted(len(self._lower_db), "copy is", "copies are")
            remarks.append(f"{many} up to {max(self._lower_db):.1f} dB quieter than requested, so that peaks fit")
        if self._unlevelled:
            many = counted(self._unlevelled, "track has", "tracks have")
            remarks.append(f"{many} no measured loudness and kept the level; 'map4 scan' measures it")
        if self._clipped:
            many = counted(self._clipped, "copy has", "copies have")
            remarks.append(f"{many} clipped peaks, as the original is above full scale; --loudness lowers it")
        return remarks

    def _stays_mp3(self, track: Track) -> bool:
        known = track.format
        is_mp3 = known is not None and known.codec == "mp3" and known.sample_rate_hz in DECK_RATES_HZ
        return self.form == "mp3-320" and is_mp3 and self.loudness_lufs is None

    def _bits(self, track: Track) -> int:
        return 24 if track.format is not None and (track.format.bits or 16) > 16 else 16

    def _gain_db(self, track: Track) -> float | None:
        """Return the gain of a copy; None without one."""
        loudness = None if track.analysis is None else track.analysis.loudness
        if self.loudness_lufs is None or loudness is None or loudness.integrated_lufs is None:
            return None
        wanted_db = self.loudness_lufs - loudness.integrated_lufs
        room_db = HIGHEST_PEAK_DBTP - (0.0 if loudness.true_peak_dbtp is None else loudness.true_peak_dbtp)
        return min(wanted_db, room_db)

    def _note_level(self, track: Track, gain_db: float | None) -> None:
        if gain_db is None or track.analysis is None:
            self._unlevelled += 1
            return
        lower_db = (self.loudness_lufs or 0.0) - (track.analysis.loudness.integrated_lufs or 0.0) - gain_db
        if lower_db >= _AUDIBLE_DB:
            self._lower_db.append(lower_db)

    def _tags(self, track: Track) -> SlotValues:
        tags = tags_of_copy(track, gain_db=self._gain_db(track) or 0.0, cover=self.cover(track, _COVER_PX))
        return tags if (stars := track.rating()) is None else {**tags, "rating": stars}


def write_deck_file(
    stream: Any, target: str, form: DeckForm, tags: SlotValues, *, bits: int = 16, gain_db: float = 0.0
) -> int:
    """Write an open audio stream (`map4.core.audio.decoder.DecodedAudio`) with tags of ID3v2.3.

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
