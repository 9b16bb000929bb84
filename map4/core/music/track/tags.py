"""The tags of a file, cleaned but not trusted: a source separate from the measurements."""

from __future__ import annotations

from typing import Annotated

from map4.core.base.records import Bpm, Json, Record

TAGS_VERSION = 9  # raised when more of the tags is read than before; scans then reread files read by an older version


class Tags(Record):
    """The tags of a file; None if missing.

    artists, artist_ids: the names of the artist as a list, and their MusicBrainz ids
    artist_sort, album_sort, album_artist_sort: the names as taggers sort them ("Beatles, The")
    artist, title, album, album_artist, genre, label, comment, remixer, composer, producer: text; several values are
        joined by "; "
    year: of the recording's release, 1000-9999
    track: position on the album
    disc_number: position of its disc
    bpm: as tagged, > 0
    key: as spelt in the tag; `map4.core.music.analysis.key.Key.parse` reads it
    isrc: twelve characters, upper case, without hyphens
    catalog_number: the label's number of the release
    rating: stars, 0-5 (POPM 1-255, FMPS 0-1 and MP4 0-100 are converted)
    work, movement, movement_number: the piece, the name of its movement, and its position in the piece
    advisory: "explicit", "clean" or "none", from iTunes' tag, or from "(Explicit)" or "(Clean)" in the title
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
    artist_sort: str | None = None
    album_sort: str | None = None
    album_artist_sort: str | None = None
    artists: str | None = None
    artist_ids: str | None = None
    remixer: str | None = None
    composer: str | None = None
    producer: str | None = None
    advisory: str | None = None
    work: str | None = None
    movement: str | None = None
    movement_number: int | None = None

    def stored(self) -> Tags:
        """The tags that the library stores."""
        return self


class FileTags(Tags):
    """The tags in a file, including those that the library does not store because it measures them.

    energy: level 1-10, as written by Mixed In Key
    gain_db, album_gain_db: ReplayGain of the track and of its album, R128 of an Opus file, or Sound Check of iTunes:
        to -18 LUFS
    grouping: text, like `comment`
    recording_id, acoustid: MusicBrainz and AcoustID ids written by a tagger
    has_picture: whether the tags contain a picture; None if not read
    sold_by: the shop that marked the file, so that the tags are probably from it; Beatport is recognized
    """

    energy: int | None = None
    gain_db: float | None = None
    album_gain_db: float | None = None
    grouping: str | None = None
    recording_id: str | None = None
    acoustid: str | None = None
    sold_by: str | None = None
    has_picture: bool | None = None

    def stored(self) -> Tags:
        return Tags(**{name: getattr(self, name) for name in Tags.__dataclass_fields__})
