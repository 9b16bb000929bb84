"""What the file's own tags say, cleaned but not believed: their own source beside the measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from map4.base.records import Bpm, Json, Record

TAGS_VERSION = 1
"""Raised when more is read of tags than before: a scan then reads those of files again that were read by another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags(Record):
    """Tags of one file; None where there is none.

    artist, title, album, album_artist, genre, label, comment: text; several values are joined by "; "
    year: of the recording's release, 1000-9999
    track: position on the album
    disc_number: of its discs
    bpm: as tagged, > 0
    key: the tag's own spelling; `map4.music.analysis.key.parse_key` reads it
    isrc: twelve characters, upper case, without hyphens
    catalog_number: the label's number of the release
    rating: stars, 0-5 (POPM 1-255, FMPS 0-1 and MP4 0-100 are converted)
    """

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    track: int | None = None
    bpm: Bpm | None = None
    key: str | None = None
    isrc: str | None = None
    label: str | None = None
    catalog_number: str | None = None
    rating: Annotated[float, Json(minimum=0, maximum=5)] | None = None
    comment: str | None = None
    album_artist: str | None = None
    disc_number: int | None = None

    def kept(self) -> Tags:
        """Those that the library keeps."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTags(Tags):
    """Tags as they stand in a file, with those that the library does not keep, since it measures the same.

    energy: level 1-10, as Mixed In Key writes it
    gain_db: ReplayGain of the track, or R128 of an Opus file: to -18 LUFS
    grouping: text, as `comment`
    recording_id, acoustid: of MusicBrainz and AcoustID, as a tagger wrote them
    has_picture: whether a picture stands in the tags; None where they were not read
    sold_by: the shop whose mark is in the file, so that the tags are likely its own; Beatport is known
    """

    energy: int | None = None
    gain_db: float | None = None
    grouping: str | None = None
    recording_id: str | None = None
    acoustid: str | None = None
    sold_by: str | None = None
    has_picture: bool | None = None

    def kept(self) -> Tags:
        return Tags(**{name: getattr(self, name) for name in Tags.__slots__})
