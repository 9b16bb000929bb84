"""What can be asked of a scan, and what it reports while it runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from map4.base.records import Count, Record, Seconds
from map4.music.track.track import Failure, Track
from map4.music.track.track_record import ScanChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStarted:
    """The walk is over: `found` files, of which `to_do` must be read."""

    found: int
    to_do: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The audio of a file is new, and its analysis begins, which takes a while."""

    path: str
    worker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """One file is finished and stored. `track` is None where nothing is known of it but its path.

    worker: of another machine, that worked on it last
    """

    path: str
    change: ScanChange
    track: Track | None = None
    failure: Failure | None = None
    worker: str | None = None

    def to_record(self) -> dict[str, Any]:
        """A line of `scan --jsonl`: the track, and what the scan did with it (`change`)."""
        track = self.track or Track(path=self.path, state="pending")
        return track.to_record() | {"change": self.change}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanNotice:
    """Something a person should know that is no file's failure.

    `is_news` says that this scan brought it; else it is a state of things, which the next scan tells again.
    """

    message: str
    is_news: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSummary(Record, kind="scan-summary"):
    """What a scan did; each file found is counted under one heading.

    found: files found, and folders that could not be read
    analysed: decoded and measured
    moved, copied: known audio under a new path, the old one gone, or still there
    retagged: the same audio, written to since
    restored: was missing, is back
    failed: newly failed; more than 0 makes the exit code 3
    known_failed: failed before, unchanged since, not tried again
    not_found: paths that were named, where there is nothing; not among the found; more than 0 makes the exit code 3
    missing: newly gone; not among the found
    planned: in a dry run: would be read
    postponed: left for another scan: by `max_files`, by a watch, as they are still written, or as their disk fails or
        was unmounted, for which its folder is one of the failed
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
        """Whether the library differs from before the scan."""
        return self.changed > 0

    @property
    def changed(self) -> int:
        """How many files the library knows otherwise than before."""
        return self.analysed + self.moved + self.copied + self.retagged + self.restored + self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFinished:
    """The last event."""

    summary: ScanSummary


ScanEvent = ScanStarted | FileStarted | FileDone | ScanNotice | ScanFinished


class ScanTally:
    """Adds up events; what an interrupted scan has done so far can be read from it at any time."""

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
        """Count files that have no event of their own."""
        self._counts[what] += count

    @property
    def finished(self) -> int:
        """How many of `to_do` are done."""
        return sum(self._counts[what] for what in ("analysed", "moved", "copied", "retagged", "failed"))

    def summary(self, seconds: float = 0.0) -> ScanSummary:
        return ScanSummary(found=self.found, seconds=seconds, **self._counts)
