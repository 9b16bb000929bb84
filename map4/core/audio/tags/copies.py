"""Tags of converted copies: the values of a track, its gain and its cover."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import BinaryIO, cast

from map4.core.audio.source import AudioSource
from map4.core.audio.tags.changes import SlotValues, Splice, TagSlot
from map4.core.audio.tags.writing.files import TaggedSource
from map4.core.base.unfinished import SafeFile
from map4.core.music.album import AlbumLevel
from map4.core.music.track.track import Track

_TEXTS: tuple[TagSlot, ...] = (
    "artist", "title", "album", "album_artist", "label", "catalog_number", "isrc", "genre", "comment", "track",
    "disc_number", "year",
)  # fmt: skip


def tags_of_copy(track: Track, *, gain_db: float = 0.0, cover: bytes | None = None) -> SlotValues:
    """Return the current values of a track that everyone shares, as tags of a copy.

    gain_db: by which the copy is louder than the track
    cover: a JPEG
    """
    tags: dict[TagSlot, str | float | int] = {}
    for slot in _TEXTS:
        value = track.genre() if slot == "genre" else track.value(slot)
        if value is not None and value != "":
            tags[slot] = value
    if (bpm := track.bpm()) is not None:
        tags["bpm"] = round(bpm, 2)
    if (key := track.key()) is not None:
        tags["key"] = key.musical.replace("♭", "b").replace("♯", "#")
    lufs = None if track.analysis is None else track.analysis.loudness.integrated_lufs
    if lufs is not None:
        tags["gain"] = round(AlbumLevel.REPLAYGAIN_LUFS - lufs - gain_db, 2)
    if track.album_level is not None:
        tags["album_gain"] = round(track.album_level.gain_db - gain_db, 2)
    if cover is not None:
        tags["cover"] = cover.decode("latin-1")
    return cast("SlotValues", tags)


def add_tags(path: str, tags: SlotValues) -> None:
    """Write tags into a file that is not in use yet."""
    with AudioSource(path) as source:
        splices, size = TaggedSource.read(source).edit(tags), source.size
    if all(len(splice.new) == splice.stop - splice.start or splice.start == size for splice in splices):
        with open(path, "r+b") as file:  # such as a chunk at the end, and the size in the header
            for splice in splices:
                file.seek(splice.start)
                file.write(splice.new)
        return
    changed = f"{path}.tagged"
    try:
        with open(path, "rb") as file, open(changed, "wb", opener=SafeFile.open_private) as out:
            _copy(file, out, splices)
        shutil.copymode(path, changed)
        os.replace(changed, path)
    finally:
        if os.path.exists(changed):
            os.remove(changed)


def _copy(file: BinaryIO, out: BinaryIO, splices: Sequence[Splice]) -> None:
    at = 0
    for splice in splices:
        while at < splice.start and (block := file.read(min(splice.start - at, 1 << 20))):
            at += out.write(block)
        out.write(splice.new)
        at = file.seek(splice.stop)
    shutil.copyfileobj(file, out)
