"""Covers for files without a picture in their tags: from their folder, or from another track of the album there."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.changes import SlotValue, TagSlot
from map4.core.audio.tags.pictures import EmbeddedPicture, embedded_cover, folder_picture
from map4.core.audio.tags.tagging import FieldPlan
from map4.core.base.paths import display_path
from map4.core.base.text import name_key, size_text
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Track

HOLD_COVERS = frozenset({"", "mpeg", "wav", "aiff", "dsf", "flac", "ogg", "mp4"})
"""Kinds of files that get a picture, by the names of `map4.core.audio.magic`."""
MOST_BYTES = 8_000_000
"""Maximum size of a picture to write, as each file of the album would contain it."""
_MOST_LOOKED_AT = 200
_IN_TAGS = "a picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPlan:
    """The plan for a file's cover, and the tags to write for it."""

    plan: FieldPlan
    slots: dict[TagSlot, SlotValue] = field(default_factory=dict)


class Covers:
    """Looks up covers; each folder is searched once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[str, EmbeddedPicture] | None] = {}

    def plan(self, track: Track, container: str, *, has_picture: bool) -> CoverPlan:
        """Plan a cover; an existing picture stays, whatever it shows."""
        if has_picture:
            return CoverPlan(plan=FieldPlan(name="cover", state="same", old=_IN_TAGS, new=_IN_TAGS, source="tag"))
        cover = self._cover(track) if container in HOLD_COVERS else None
        if cover is None:
            return CoverPlan(plan=FieldPlan(name="cover", state="unknown"))
        of, picture = cover
        kind = picture.media_type.partition("/")[2].upper()
        description = f"the picture of {display_path(os.path.basename(of))} ({kind}, {size_text(len(picture.data))})"
        return CoverPlan(
            plan=FieldPlan(name="cover", state="write", new=description, source="tag"),
            slots={"cover": picture.data.decode("latin-1")},
        )

    def _cover(self, track: Track) -> tuple[str, EmbeddedPicture] | None:
        folder, album = os.path.dirname(track.path), name_key(track.album() or "")
        key = (folder, album)
        if key not in self._found:
            self._found[key] = self._looked_for(folder, album)
        return self._found[key]

    def _looked_for(self, folder: str, album: str) -> tuple[str, EmbeddedPicture] | None:
        beside = folder_picture(folder)
        if beside is not None and len(beside[1].data) <= MOST_BYTES:
            return beside
        if not album:  # tracks without an album share no picture
            return None
        try:
            names = sorted(os.listdir(folder))
        except OSError:
            return None
        music = [name for name in names if os.path.splitext(name)[1].lower().lstrip(".") in AudioFormat.EXTENSIONS]
        for path in (os.path.join(folder, name) for name in music[:_MOST_LOOKED_AT]):
            tags = read_file_tags(path)
            if tags.has_picture and name_key(tags.album or "") == album:
                picture = embedded_cover(path)
                if picture is not None and len(picture.data) <= MOST_BYTES:
                    return path, picture
        return None
