"""Several tracks in a document."""

from __future__ import annotations

from dataclasses import dataclass

from map4.base.records import Absent, Count, Record
from map4.music.track.track import Track


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks(Record, kind="tracks"):
    """Several tracks in a document.

    ids: over HTTP: the ids of the tracks
    next: over HTTP: the `after` of the next page; None on the last page
    total: over HTTP, if requested: the number of tracks on all pages
    query: over HTTP: the query, if it was given in parts
    """

    tracks: tuple[Track, ...]
    ids: tuple[str, ...] | Absent = ...
    next: str | Absent | None = ...
    total: Count | Absent = ...
    query: str | Absent = ...
