"""Tracks by address: the audio id, under which all files of a recording are one track, or else the number of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from map4.domain.track import Track, display_path

FILE_PREFIX = "file-"
"""Before the number of a file that has no audio id: it failed, or waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedTrack:
    """A track with all files that hold its audio.

    Parameters
    ----------
    address : its audio id, or `file-N`
    track : of the file that stands for all: one that is there, where one is
    paths : of all files, that one first
    """

    address: str
    track: Track
    paths: tuple[str, ...]

    def to_record(self, *, beats: bool = False, cues: bool = False) -> dict[str, Any]:
        """The `map4/track/1` record with `id` and `paths`."""
        record = self.track.to_record(beats=beats, cues=cues)
        return {**record, "id": self.address, "paths": [display_path(path) for path in self.paths]}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """Some tracks of a library, and after which file the next page begins; None behind the last."""

    tracks: tuple[AddressedTrack, ...]
    next: int | None
