"""Tracks by address: the audio id, shared by all files of a recording, or else a file id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from map4.core.base.paths import display_path
from map4.core.music.track.track import Track

_FILE_ID = re.compile("f-[0-9a-f]{16}")
_AUDIO_ID = re.compile("a[0-9]+-[0-9a-f]{32}")


def is_file_id(address: str) -> bool:
    """True for a file id, the address of files without an audio id (failed or pending)."""
    return _FILE_ID.fullmatch(address) is not None


def is_address(text: str) -> bool:
    """True if it can be the address of a track."""
    return is_file_id(text) or _AUDIO_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedTrack:
    """A track with all files of its audio.

    address: its audio id, or a file id (`f-…`)
    track: from the file that represents all: an available one if possible
    paths: of all files, the representing file first
    """

    address: str
    track: Track
    paths: tuple[str, ...]

    def to_record(self, *, beats: bool = False, cues: bool = False) -> dict[str, Any]:
        """The `map4/track/1` record with `id` and `paths`."""
        return {**self.track.to_record(beats=beats, cues=cues), **own_fields(self.address, self.paths)}


def own_fields(address: str, paths: Sequence[str]) -> dict[str, Any]:
    """The additional fields in the record of an addressed track."""
    return {"id": address, "paths": [display_path(path) for path in paths]}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """A page of recordings of a library.

    files: per recording, the id of the representing file, with the paths of all its files, that path first
    next: address of the last recording, after which the next page begins; None on the last page
    """

    files: Mapping[int, tuple[str, ...]]
    next: str | None


class UnreadTrack(Protocol):
    """A track of a library that loads on demand."""

    def digest(self) -> bytes:
        """A digest that changes with any stored value of the track."""

    def read(self) -> Track:
        """Load the track."""

    def read_without_analysis(self) -> Track:
        """Load the track with its values from user, tags, programs and providers, but without its analysis."""
