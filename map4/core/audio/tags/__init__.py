"""Read a file's tags, in every format, as untrusted data and without changing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from map4.core.audio.source import AudioSource
from map4.core.audio.tags.families import PICTURE, Fields, read_fields
from map4.core.audio.tags.values import (
    as_advisory,
    as_bpm,
    as_disc_of_track,
    as_energy_level,
    as_genre,
    as_isrc,
    as_key,
    as_number,
    as_r128_gain,
    as_rating,
    as_shop,
    as_sound_check_gain,
    as_text,
    as_track,
    as_uuid,
    as_uuids,
    as_year,
    first_known,
)
from map4.core.music.track.fields import FIELDS, FieldKind
from map4.core.music.track.tags import FileTags, Tags
from map4.errors import FileError

__all__ = ["read_file_tags", "read_tags", "tags_of"]


def _first(convert: Callable[[str], Any]) -> Callable[[list[str]], Any]:
    return lambda values: first_known(convert, values)


_OF_KIND: dict[FieldKind, Callable[[list[str]], Any]] = {
    "text": as_text, "tempo": _first(as_bpm), "key": as_key, "isrc": _first(as_isrc), "stars": _first(as_rating),
    "whole": _first(as_track),
}  # fmt: skip
_OF_FIELD: dict[str, Callable[[list[str]], Any]] = {
    "genre": as_genre, "year": _first(as_year), "artist_ids": as_uuids,
}  # fmt: skip


def read_tags(path: str) -> Tags:
    """Read the tags that the library stores; see `read_file_tags`."""
    return read_file_tags(path).stored()


def read_file_tags(path: str) -> FileTags:
    """Read a file's tags: ID3, APEv2, Vorbis comments, MP4 atoms, ASF attributes, RIFF INFO.

    Broken tags must not prevent the analysis: unreadable values are None, and an unreadable file (gone, forbidden, not
    a regular file) has empty tags; identifying the same file reports why.

    returns: Tags with cleaned text (`.values.as_text`); with several tags in a file, each field comes from the first
        tag that has it: ID3v2 before APEv2 in MPEG audio, the format's own tag before an attached one elsewhere
    """
    try:
        with AudioSource(path) as source:
            fields = read_fields(source)
    except FileError:
        return FileTags()
    return tags_of(fields)


def tags_of(fields: Fields) -> FileTags:
    def values(name: str) -> list[str]:
        return fields.get(name, [])

    def gain(name: str) -> float | None:
        r128 = first_known(as_r128_gain, values(f"opus_{name}"))
        return first_known(as_number, values(name)) if r128 is None else r128

    own = gain("gain")
    stored = {
        name: (_OF_FIELD.get(name) or _OF_KIND[FIELDS[name].kind])(values(name)) for name in Tags.__dataclass_fields__
    }
    stored["disc_number"] = stored["disc_number"] or first_known(as_disc_of_track, values("track"))
    stored["advisory"] = as_advisory(values("advisory"), stored["title"])
    return FileTags(
        **stored,
        energy=first_known(as_energy_level, values("energy")),
        gain_db=first_known(as_sound_check_gain, values("sound_check")) if own is None else own,
        album_gain_db=gain("album_gain"),
        grouping=as_text(values("grouping")),
        recording_id=first_known(as_uuid, values("recording_id")),
        acoustid=first_known(as_uuid, values("acoustid")),
        has_picture=bool(values(PICTURE)),
        sold_by=first_known(as_shop, values("comment") + values("encoded_by")),
    )
