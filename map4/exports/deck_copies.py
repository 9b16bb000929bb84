"""Copies that old DJ players accept: converted, with tags, cover and perhaps another gain."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from map4.core.audio.deck_files import DECK_RATES_HZ, DeckForm, write_deck_file, write_tagged_mp3
from map4.core.audio.decoding import Decoder
from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues
from map4.core.audio.tags.copies import tags_of_copy
from map4.core.audio.tags.writing.files import TaggedSource
from map4.core.base.text import counted
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track
from map4.errors import FileError

HIGHEST_PEAK_DBTP = -1.0
"""EBU R 128 leaves this to the peaks that an encoder adds."""
_COVER_PX = 800
"""Players reject or shrink larger covers."""
_AUDIBLE_DB = 0.1


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
