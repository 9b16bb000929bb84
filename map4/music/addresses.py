"""Tracks by address: the audio id, under which all files of a recording are one track, or else the id of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from map4.music.track.track import Track, display_path

_FILE_ID = re.compile("f-[0-9a-f]{16}")
_AUDIO_ID = re.compile("a[0-9]+-[0-9a-f]{32}")


def is_file_id(address: str) -> bool:
    """Whether it is the id of a file, the address of those that have no audio id: they failed, or wait."""
    return _FILE_ID.fullmatch(address) is not None


def is_address(text: str) -> bool:
    """Whether it can be the address of a track."""
    return is_file_id(text) or _AUDIO_ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressedTrack:
    """A track with all files that hold its audio.

    address: its audio id, or that of its file (`f-…`)
    track: of the file that stands for all: one that is there, where one is
    paths: of all files, that one first
    """

    address: str
    track: Track
    paths: tuple[str, ...]

    def to_record(self, *, beats: bool = False, cues: bool = False) -> dict[str, Any]:
        """The `map4/track/1` record with `id` and `paths`."""
        return {**self.track.to_record(beats=beats, cues=cues), **own_fields(self.address, self.paths)}


def own_fields(address: str, paths: Sequence[str]) -> dict[str, Any]:
    """What the record of an addressed track has besides."""
    return {"id": address, "paths": [display_path(path) for path in paths]}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """Some recordings of a library.

    files: of each, the file that stands for it, by its id, with the paths of all its files, that one first
    next: address of the last of them, after which the next page begins; None where nothing is behind it
    """

    files: Mapping[int, tuple[str, ...]]
    next: str | None


class UnreadTrack(Protocol):
    """A track of a library, which is read when it is asked for."""

    def digest(self) -> bytes:
        """The same as long as all that the library says of the track is."""

    def read(self) -> Track:
        """The track."""

    def read_said(self) -> Track:
        """The track with what people, tags, programs and providers say of it, but without its analysis."""
