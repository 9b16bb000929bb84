"""Protocols of a scan (files, lanes, store), and the jobs and results that cross them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from map4.domain.plausible import MOST_STORED
from map4.domain.track import Failure

if TYPE_CHECKING:
    from concurrent.futures import Future

    from map4.domain.analysis import Analysis
    from map4.domain.audio import ConvertedFormat, Identity
    from map4.domain.tags import Tags
    from map4.domain.track import Source, Track


# Slots without frozen, as of `FoundFile` and `KnownFile`: a scan of what is unchanged makes these of each file, and a
# frozen __init__ costs three times more.
@dataclass(slots=True, unsafe_hash=True)
class Stamp:
    """What tells an unchanged file from a changed one without opening it."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    # Says, once the ctime differs, whether this is still the same file; some file systems give it anew at each mount.
    inode: int = field(default=0, compare=False)
    # Of the volume, as long as it is mounted; not stored.
    device: int = field(default=0, compare=False)

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp of a file; times before 1677 and after 2262, which the library can't hold, are those limits."""
        times_ns = _bounded(status.st_mtime_ns), _bounded(status.st_ctime_ns)
        return cls(status.st_size, *times_ns, status.st_ino, status.st_dev)

    def has_content_of(self, other: Stamp) -> bool:
        """Whether a file was not written to between two stamps; its ctime also changes with its rights and names."""
        return (self.size_bytes, self.mtime_ns) == (other.size_bytes, other.mtime_ns)


def _bounded(time_ns: int) -> int:
    return time_ns if -MOST_STORED <= time_ns <= MOST_STORED else MOST_STORED if time_ns > 0 else -MOST_STORED


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class FoundFile:
    """A regular file the walk came across; `path` is absolute and decoded by `os.fsdecode`."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkProblem:
    """A path that could not be walked: absent, or not permitted."""

    path: str
    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkOptions:
    """Which files of a folder count.

    Parameters
    ----------
    recursive : go into sub-folders
    extensions : lower-case suffixes without the dot; files named explicitly are taken with any suffix
    exclude : patterns as in a .gitignore
    """

    recursive: bool = True
    extensions: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()


class Files(Protocol):
    """The file system, as far as a scan needs it."""

    def walk(self, paths: Sequence[str], options: WalkOptions) -> Iterator[FoundFile | WalkProblem]:
        """Find files: each real file once, in a stable order."""
        ...

    def exists(self, path: str) -> bool:
        """Whether there is anything under this name."""
        ...

    def stamp(self, path: str) -> Stamp | None:
        """The stamp of what is under this name, a link followed; None where there is nothing, or no look at it."""
        ...

    def is_folder(self, path: str) -> bool:
        """Whether this is a folder that can be walked."""
        ...

    def has_content(self, path: str) -> bool:
        """Whether this is a folder with anything in it."""
        ...


@dataclass(slots=True)
class KnownFile:
    """What the library remembers of a file, as far as a scan must know it."""

    file_id: int
    stamp: Stamp
    audio_id: str | None
    is_missing: bool
    failed_version: int | None
    analysis_version: int | None
    analysed_at: str | None
    has_old_parts: bool = False
    """A part of the analysis (beats, sound vector, fingerprint) is missing or of another version."""
    is_id_due: bool = False
    """The rule of its audio id may have changed since it was identified."""
    length_s: float | None = None


# ---- jobs: small and picklable, run in a worker --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyJob:
    """Read what the file is: its audio id and its tags."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseJob:
    """Decode and measure.

    `stamp` is the state in which the file was identified: an analysis of anything else is refused. `length_s` is how
    long it seems to be, where that is known.
    """

    path: str
    stamp: Stamp
    decoder: str
    length_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsJob:
    """Read the tags alone, of a file whose inode changed but whose content did not."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeJob:
    """Decode a file to its end, and measure nothing; the fields are those of `AnalyseJob`."""

    path: str
    stamp: Stamp
    decoder: str
    length_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertJob:
    """Decode a file and encode it anew into the file `target`; the other fields are those of `AnalyseJob`."""

    path: str
    stamp: Stamp
    decoder: str
    target: str
    form: ConvertedFormat
    length_s: float | None = None


Job = IdentifyJob | AnalyseJob | TagsJob | DecodeJob | ConvertJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Result of an `IdentifyJob`; `failure` where there is no audio id, with what could be read all the same."""

    stamp: Stamp
    identity: Identity | None
    tags: Tags
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """Result of an `AnalyseJob`."""

    analysis: Analysis


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsRead:
    """Result of a `TagsJob`."""

    stamp: Stamp
    tags: Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Result of a `DecodeJob`: how long the sound is, and remarks of the decoder, such as "damaged"."""

    duration_s: float
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Result of a `ConvertJob`: how long the sound is."""

    duration_s: float


Outcome = Identified | Analysed | TagsRead | Decoded | Converted | Failure


class Lane(Protocol):
    """A place where one job runs at a time, apart from all others.

    Behind it stands a `concurrent.futures.Executor`. A job that takes its worker down ends only its own future, with a
    `Failure` that says how; the lane can be used again.
    """

    @property
    def start_up_s(self) -> float:
        """Seconds to allow for before the next job can begin; 0 where a worker is waiting for it."""
        ...

    def submit(self, job: Job, timeout_s: float) -> Future[Outcome]:
        """Start `job`; `timeout_s` is a hint for a watchdog next to it, the caller keeps the time."""
        ...

    def kill(self) -> None:
        """End what runs at once, native code included."""
        ...

    def close(self) -> None:
        """Give the lane back; what still runs is ended."""
        ...


LaneFactory = Callable[[int], Sequence[Lane]]
"""`lanes(n)` makes n lanes."""


class ScanStore(Protocol):
    """The library file, as far as a scan needs it. Each write is one short transaction.

    Attributes
    ----------
    prefer : which source of tempo and key counts where the user set nothing; tracks carry it
    """

    prefer: tuple[Source, ...]

    def known_finder(self) -> Callable[[Sequence[str]], dict[str, KnownFile]]:
        """Gives those of some paths that the library has; made for one scan."""
        ...

    def present_inside(self, folder: str, *, besides: Collection[int]) -> list[str]:
        """The files in a folder and below that are not missing, besides some ids."""
        ...

    def roots(self) -> dict[str, bool]:
        """Folders scanned before, each with whether its sub-folders count."""
        ...

    def ignored(self) -> frozenset[str]:
        """Files that scans leave out because the user asked so."""
        ...

    def put_roots(self, roots: dict[str, bool], now: datetime) -> None:
        """Remember folders that were scanned, each with whether its sub-folders count."""
        ...

    def has_analysis(self, audio_id: str, version: int) -> bool:
        """Whether this audio was analysed by this version, and has all its parts."""
        ...

    def files_with_audio(self, audio_id: str) -> list[tuple[int, str]]:
        """Files known to hold this audio, also by an id that it had once: id and path, oldest first."""
        ...

    def carry_over(self, path: str, identity: Identity) -> None:
        """Give what is known under the former id of audio to the id that it has now."""
        ...

    def put_file(
        self,
        path: str,
        stamp: Stamp,
        identified: Identified | None,
        *,
        now: datetime,
        analysis: Analysis | None = None,
        failure: Failure | None = None,
        replaces: int | None = None,
    ) -> None:
        """Keep what was read of a file, with its analysis or failure.

        Parameters
        ----------
        replaces : id of the file that was moved here
        """
        ...

    def put_tags(self, path: str, read: TagsRead, *, now: datetime) -> None:
        """Keep the tags of a file whose audio is as it was."""
        ...

    def put_analysis(self, audio_id: str, analysis: Analysis, *, now: datetime) -> None:
        """Keep the analysis of this audio, in the place of an older one."""
        ...

    def put_failure(self, path: str, stamp: Stamp, failure: Failure, *, now: datetime) -> None:
        """Keep why a file has no new analysis; an older one stays."""
        ...

    def mark_missing(self, paths: Sequence[str], *, now: datetime) -> None:
        """Note that files are gone; nothing else of them is dropped."""
        ...

    def mark_present(self, paths: Sequence[str]) -> None:
        """Note that missing files are back as they were."""
        ...

    def analysis(self, audio_id: str) -> Analysis | None:
        """The analysis of this audio with all its parts, or None."""
        ...

    def track(self, path: str) -> Track | None:
        """The track of a file, or None where it is not known."""
        ...
