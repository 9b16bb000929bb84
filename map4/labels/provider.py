"""The protocol of providers of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from map4.core.music.track.labels import Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """Cleaned facts about a track for labelling; all except the folders may be sent to a service.

    artist, title, album, genre: set by the user, else from the tags, else imported, at most 200 characters; without a
        title, the file's name
    year: likewise
    folders: names of the folders around the file, the nearest first; they never leave the machine
    """

    artist: str | None = None
    title: str | None = None
    album: str | None = None
    genre: str | None = None
    year: int | None = None
    folders: tuple[str, ...] = ()


class LabelProvider(Protocol):
    """Something that labels tracks, as plug-ins in the group `map4.labels.v1` do."""

    def label(self, tracks: Sequence[TrackFacts]) -> Sequence[Labels | None]:
        """Label tracks; None for a track without labels."""
        ...
