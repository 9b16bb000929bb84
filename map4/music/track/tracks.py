"""Several tracks in one document."""

from __future__ import annotations

from dataclasses import dataclass

from map4.base.records import Absent, Count, Record
from map4.music.track.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks(Record, kind="tracks"):
    """Several tracks in one document.

    ids: over HTTP: those of the tracks
    next: over HTTP: what to give as `after` for the next page; None on the last one
    total: over HTTP, where it is asked for: how many there are on all pages
    query: over HTTP: what was searched for, where it was given in parts
    """

    tracks: tuple[Track, ...]
    ids: tuple[str, ...] | Absent = ...
    next: str | Absent | None = ...
    total: Count | Absent = ...
    query: str | Absent = ...
