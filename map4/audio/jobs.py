"""The lanes of a scan, and the jobs and results that cross them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from map4.music.analysis.plausible import MOST_STORED
from map4.music.track.track import Failure

if TYPE_CHECKING:
    from concurrent.futures import Future

    from map4.music.analysis.analysis import Analysis
    from map4.music.analysis.audio import Identity, MadeForm
    from map4.music.track.tags import Tags


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What tells whether a file holds exactly what it held: size and digest of all its bytes."""

    size_bytes: int
    digest: str


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

    recursive: go into sub-folders
    extensions: lower-case suffixes without the dot; files named explicitly are taken with any suffix
    exclude: patterns as in a .gitignore
    """

    recursive: bool = True
    extensions: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()


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
    length_s: float | None = None
    has_old_tags: bool = False
    """Its tags were read by a map4 that read fewer of them."""


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
    long it seems to be, where that is known; one that is longer than `longest_s` is refused.
    """

    path: str
    stamp: Stamp
    decoder: str
    length_s: float | None = None
    longest_s: float | None = None


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
    """Decode a file and encode it anew, or draw its strip, into the file `target`; all else as in `AnalyseJob`.

    part_s: from where to where, of the whole where it is None
    speed: of a part, at its pitch; 1 as it is
    kbps: one of `CONVERTED_KBPS`; the usual of the form where it is None
    """

    path: str
    stamp: Stamp
    decoder: str
    target: str
    form: MadeForm
    part_s: tuple[float, float] | None = None
    speed: float = 1.0
    kbps: int | None = None
    length_s: float | None = None


LaneJob = IdentifyJob | AnalyseJob | TagsJob | DecodeJob | ConvertJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Result of an `IdentifyJob`; `failure` where there is no audio id, with what could be read all the same."""

    stamp: Stamp
    identity: Identity | None
    tags: Tags
    has_picture: bool | None = None
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
    has_picture: bool | None = None


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

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
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
