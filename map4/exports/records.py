"""Records of the files that map4 wrote."""

from __future__ import annotations

from map4.core.base.records import Count, Moment, Record, Seconds


class WrittenFile(Record, members="* asked_by.id=asker_id asked_by.name=asker_name"):
    """A file that map4 wrote: a list, an export, or a report of a check.

    path: absolute, with links followed
    format: its name
    written_at: UTC, ISO 8601
    seconds: how long it took
    asker_id, asker_name: who requested it
    """

    path: str
    format: str
    tracks: Count
    size_bytes: Count
    written_at: Moment
    seconds: Seconds
    asker_id: int
    asker_name: str


class ExportHistory(Record, kind="export-history"):
    """The files that map4 wrote, the last one first ('map4 export history --json')."""

    exports: tuple[WrittenFile, ...]
