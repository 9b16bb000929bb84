"""What can be asked of a scan, and what it reports while it runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Literal

from map4.domain.track.track import Failure, Track

ScanChange = Literal[
    "analysed",
    "moved",
    "copied",
    "retagged",
    "restored",
    "unchanged",
    "failed",
    "known_failed",
    "not_found",
    "missing",
    "planned",
]
"""What a scan did with a file.

analysed: decoded and measured; moved, copied: its audio was known under another path, which is gone or still there;
retagged: the same audio, other tags; restored: back where it was; unchanged: nothing to do; failed: newly failed;
known_failed: failed before and unchanged since; not_found: a path that was named, where there is nothing;
missing: gone; planned: what a dry run would read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanStarted:
    """The walk is over: `found` files, of which `to_do` must be read."""

    found: int
    to_do: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStarted:
    """The audio of a file is new, and its analysis begins, which takes a while."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """One file is finished and stored. `track` is None where nothing is known of it but its path."""

    path: str
    change: ScanChange
    track: Track | None = None
    failure: Failure | None = None

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
class ScanSummary:
    """What a scan did; every found file is counted once, the missing ones are not among the found.

    `failed` counts new failures only; `not_found` are named paths where there is nothing, which are not among the found
    either; `postponed` are files left for another scan: by `max_files`, by a watch, as they are still written, or as
    their disk fails or has gone, for which its folder is one of the `failed`.
    """

    found: int = 0
    analysed: int = 0
    unchanged: int = 0
    moved: int = 0
    copied: int = 0
    retagged: int = 0
    restored: int = 0
    failed: int = 0
    known_failed: int = 0
    not_found: int = 0
    missing: int = 0
    planned: int = 0
    postponed: int = 0
    seconds: float = 0.0

    @property
    def has_news(self) -> bool:
        """Whether the library differs from before the scan."""
        return self.changed > 0

    @property
    def changed(self) -> int:
        """How many files the library knows otherwise than before."""
        return self.analysed + self.moved + self.copied + self.retagged + self.restored + self.missing

    def to_record(self) -> dict[str, object]:
        """The `map4/scan-summary/1` record."""
        counts = {name: getattr(self, name) for name in self.__slots__}
        return {"schema": "map4/scan-summary/1", **counts, "seconds": round(self.seconds, 3)}


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
