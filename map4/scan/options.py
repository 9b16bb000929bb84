"""How to scan folders and analyse single files, and the events and summary of a scan."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING, Any

from map4.core.base.call_options import WorkerOptions, option
from map4.core.base.path_maps import PathMap
from map4.core.base.records import Count, Record, Seconds
from map4.core.base.text import age_of, name_key
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.track.track import Failure, Track
from map4.core.music.track.track_record import ScanChange
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.audio.jobs import LaneFactory, WalkOptions


MOST_SHARDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `of` parts of a collection, counted from 1; each file is in exactly one part.

    A hash of the path inside the scanned folder decides a file's part, whatever the folder is called on a machine, with
    `/` between names, ignoring case and Unicode composition. So machines that mount a collection in different places
    agree, even if one of them stores é as two characters. File sizes don't matter; the parts are about equal: 100,000
    files in 8 parts differ by less than 3 %.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse a shard like `2/8`; raises UsageError if the text is invalid."""
        match = re.fullmatch(r"\s*([0-9]{1,5})\s*/\s*([0-9]{1,5})\s*", text)
        number, of = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= of <= MOST_SHARDS:
            raise UsageError(f"'{text}' is not a shard; write the second of eight as 2/8, of {MOST_SHARDS:,} at most")
        return cls(number=number, of=of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def has(self, path: str, folders: Iterable[str]) -> bool:
        """Return whether a file is in this part.

        path: absolute
        folders: the scanned folders; the outermost around the file counts; a file that is given itself is its name
        """
        around = [folder for folder in folders if path.startswith(os.path.join(folder, ""))]
        inside = path[len(os.path.join(min(around, key=len), "")) :] if around else os.path.basename(path)
        key = "/".join(name_key(name) for name in inside.split(os.sep))
        digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1


# Help headings.
MOST_LANES = 100_000
_WHERE = "On other machines"
_READ, _WHAT = "Which files are read", "What is analysed"


class MachineOptions(WorkerOptions):
    """Where files are analysed."""

    executor: str | None = option(
        None, "--executor", "Analyse on other machines: dask, or an executor of a plug-in.",
        metavar="NAME", heading=_WHERE, is_remote=False,
    )  # fmt: skip
    scheduler: str | None = option(
        None, "--scheduler", "Address of the executor's scheduler, such as tcp://host:8786.",
        metavar="URL", heading=_WHERE, is_remote=False,
    )  # fmt: skip
    maps: Iterable[str] = option(
        (), "--map", "Workers see folder HERE as THERE (repeatable). Files that they can't see are sent to them.",
        metavar="HERE=THERE", heading=_WHERE, is_remote=False,
    )  # fmt: skip

    def lanes(self, own: LaneFactory) -> LaneFactory:
        """Return the lane factory of the executor, else `own`."""
        maps = [PathMap.parse(text) for text in self.maps]
        if self.executor is None:
            if self.scheduler is not None or maps:
                raise UsageError("--scheduler and --map need --executor")
            return own
        from map4.scan.workers.executors import executor_lanes

        return executor_lanes(self.executor, self.scheduler, maps)

    @property
    def most_lanes(self) -> int | None:
        """Return how many files may be processed at once, if limited; an executor uses all its workers."""
        return self.jobs or (None if self.executor is None else MOST_LANES)


class FolderOptions(MachineOptions):
    """Which files of folders count."""

    extensions: Iterable[str] = option(
        AudioFormat.EXTENSIONS,
        "--ext",
        "Only files with these suffixes, such as mp3,flac.",
        metavar="EXT",
        heading=_READ,
    )
    exclude: Iterable[str] = option(
        (), "--exclude", "Leave out files that match, as in a .gitignore.",
        metavar="GLOB", heading=_READ, setting="scan.exclude",
    )  # fmt: skip
    recursive: bool = option(
        True, "--no-recursive", "Don't go into sub-folders.", about="Go into sub-folders.", heading=_READ
    )

    def of_walk(self) -> WalkOptions:
        """Return which files of a folder count."""
        from map4.core.audio.jobs import WalkOptions  # the help of commands doesn't need the workers' modules

        named = ",".join(self.extensions).lower().split(",")
        extensions = frozenset(name.lstrip(".") for name in named if name)
        return WalkOptions(extensions=extensions or AudioFormat.EXTENSIONS, exclude=tuple(self.exclude))


class ScanOptions(FolderOptions):
    """How to scan folders."""

    force: bool = option(False, "--force", "Analyse everything again.", heading=_WHAT)
    retry_failed: bool = option(False, "--retry-failed", "Try failed files again.", heading=_WHAT)
    max_age: timedelta | None = option(
        None, "--max-age", "Analyse tracks again whose analysis is older than this, such as 30d or 12h.",
        metavar="AGE", heading=_WHAT, reads=age_of,
    )  # fmt: skip
    shard: str | None = option(
        None, "--shard", "Read only this part of the files, such as 2/8: the second of eight, for eight machines.",
        metavar="I/N", heading=_READ, is_remote=False, reads=lambda text: str(Shard.parse(text)),
    )  # fmt: skip
    max_files: int | None = option(None, "--max", "Stop after N files.", least=1, metavar="N", heading="Speed")
    dry_run: bool = option(False, "-n --dry-run", "Only report which files would be analysed.", heading="Output")
    report_unchanged: bool = option(
        False, about="Also yield events for unchanged files, including those that failed before.", is_remote=False
    )
    wait: bool = option(
        False, "--wait", "If another scan runs, wait for its end (default: exit with 75).",
        about="Wait for another scan of this library to end.", heading="Speed", is_remote=False,
    )  # fmt: skip
    keep_roots: bool = option(
        True, about="Remember the folders, and note which of their files are gone.", is_remote=False
    )


class WatchOptions(FolderOptions):
    """How to watch folders."""

    settle_s: float = option(
        2.0, "--settle", "Scan a file when it has not changed for S seconds.",
        least=0, most=3600, metavar="S", heading="Watching", shows_default=True,
    )  # fmt: skip
    poll_s: float | None = option(
        None, "--poll", "Poll every S seconds (default: events, else 30 s).",
        least=1, most=86400, metavar="S", heading="Watching",
    )  # fmt: skip

    def of_scan(self) -> ScanOptions:
        """Return the same options for each scan."""
        return ScanOptions(**{field.name: getattr(self, field.name) for field in fields(FolderOptions)})


class AnalyzeOptions(MachineOptions):
    """How to analyse single files."""

    force: bool = option(False, "--force", "Analyse known files again too.", heading=_WHAT)
    store: bool = option(
        True, "--no-store", "Don't keep the results in the library.",
        about="Keep the results in the library.", heading=_WHAT, is_remote=False,
    )  # fmt: skip
    beats: bool = option(
        False, "--beats", "Show the beat times too.", about="Load the beat times of known tracks too.",
        heading="Output", is_remote=False,
    )  # fmt: skip
    longest_s: float | None = option(
        None, about="Refuse files with more seconds of audio than this.", least=0, is_remote=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """The settings that a scan runs with.

    options: the caller's options
    walk: which files of a folder count
    flat: folders whose sub-folders do not count
    keep_depth: store with the folders whether their sub-folders counted this time
    store: write the results into the library
    takes_ignored: also take files that scans leave out
    longest_s: refuse files with more audio than this
    oldest: the time of the oldest analysis that is kept, as stored; "" for any
    decoder: the decoder port, as `module:callable`
    listeners: what listens while files are decoded, by its setting
    lanes: number of lanes
    """

    options: ScanOptions
    walk: WalkOptions
    flat: frozenset[str] = frozenset()
    keep_depth: bool = True
    store: bool = True
    takes_ignored: bool = False
    longest_s: float | None = None
    oldest: str
    decoder: str
    listeners: Mapping[str, Any] = field(default_factory=dict)
    lanes: int

    def decoder_of(self, audio_id: str) -> str:
        """Return the decoder of an audio: by listeners, if they do not know it."""
        return reduce(lambda name, each: each.decoder(name, audio_id), self.listeners.values(), self.decoder)


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
