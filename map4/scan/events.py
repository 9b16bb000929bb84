"""Events that a scan reports while it runs, and its summary."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from map4.core.base.records import Count, Record, Seconds
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_record import ScanChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStarted:
    """The walk is over: `found` files, `to_do` of them must be read."""

    found: int
    to_do: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The analysis of new audio starts, which takes a while."""

    path: str
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """One file is finished and stored. `track` is None if only its path is known.

    worker: the other machine that worked on it last
    """

    path: str
    change: ScanChange
    track: Track | None = None
    failure: Failure | None = None
    worker: str | None = None

    def to_record(self) -> dict[str, Any]:
        """Return a line of `scan --jsonl`: the track, and what the scan did with it (`change`)."""
        track = self.track or Track(path=self.path, state="pending")
        return track.to_record() | {"change": self.change}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanNotice:
    """A note for the user that is not a file's failure.

    `is_news` is True for a result of this scan, False for a state that every scan reports.
    """

    message: str
    is_news: bool = False


class ScanSummary(Record, kind="scan-summary"):
    """The result of a scan; each file counts under one heading.

    found: files, and folders that could not be read
    analysed: decoded and measured
    moved, copied: known audio under a new path; its old file is gone (moved), or still known, also on a drive that is
        away (copied)
    retagged: the same audio, but the file was rewritten
    restored: was missing, is back
    failed: newly failed; more than 0 makes the exit code 3
    known_failed: failed before, unchanged since, not tried again
    not_found: given paths that do not exist; not part of `found`; more than 0 makes the exit code 3
    missing: newly gone; not part of `found`
    planned: in a dry run: would be read
    postponed: left for another scan: by `max_files`, by a watch while they are still being written, or because their
        disk fails or was unmounted, in which case its folder counts as failed
    """

    found: Count = 0
    analysed: Count = 0
    unchanged: Count = 0
    moved: Count = 0
    copied: Count = 0
    retagged: Count = 0
    restored: Count = 0
    failed: Count = 0
    known_failed: Count = 0
    not_found: Count = 0
    missing: Count = 0
    planned: Count = 0
    postponed: Count = 0
    seconds: Seconds = 0.0

    @property
    def has_news(self) -> bool:
        """Return whether the scan changed the library."""
        return self.changed > 0

    @property
    def changed(self) -> int:
        """Return how many files the scan changed in the library."""
        return self.analysed + self.moved + self.copied + self.retagged + self.restored + self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinished:
    """The last event."""

    summary: ScanSummary


ScanEvent = ScanStarted | FileStarted | FileDone | ScanNotice | ScanFinished


class ScanTally:
    """Adds up events; also gives the counts of an interrupted scan at any time."""

    def __init__(self) -> None:
        self.found = 0
        self.to_do = 0
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, event: ScanEvent) -> None:
        if isinstance(event, ScanStarted):
            self.found, self.to_do = event.found, event.to_do
        elif isinstance(event, FileDone):
            self._counts[event.change] += 1

    def add_silently(self, what: str, count: int) -> None:
        """Count files that have no event."""
        self._counts[what] += count

    @property
    def finished(self) -> int:
        """Return how many of `to_do` are done."""
        return sum(self._counts[what] for what in ("analysed", "moved", "copied", "retagged", "failed"))

    def summary(self, seconds: float = 0.0) -> ScanSummary:
        return ScanSummary(found=self.found, seconds=seconds, **self._counts)
