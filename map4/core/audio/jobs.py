"""The lanes of a scan, and their jobs and results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol

from map4.core.base.regular_files import OnDisk
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.analysis.plausible import MOST_STORED
from map4.core.music.track.track_parts import Failure
from map4.errors import FileError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from map4.core.dsp.sound.segue import TrackEnds
    from map4.core.music.analysis.analysis import Analysis
    from map4.core.music.analysis.audio import Identity, MadeForm
    from map4.core.music.track.lyrics import FileLyrics
    from map4.core.music.track.tags import Tags

LYRICS_SUFFIXES = (".lrc", ".txt")
"""Suffixes of lyrics files, in any case; otherwise they have the name of the audio file."""
# Trying all spellings, lower case first, is faster than to list a large folder for each of its files.
_SPELLINGS = [
    ["." + "".join(letters) for letters in product(*zip(suffix[1:], suffix[1:].upper(), strict=True))]
    for suffix in LYRICS_SUFFIXES
]


# `slots` without `frozen`, like `FoundFile` and `KnownFile`: a scan makes one per unchanged file, and a frozen __init__
# takes three times as long.
@dataclass(slots=True, unsafe_hash=True)
class Stamp:
    """A file's size, times and inode, which show without opening it whether it changed."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    # Shows, if the ctime differs, whether it is still the same file; some file systems change it at each mount.
    inode: int = field(default=0, compare=False)
    # Of the volume, while it is mounted; not stored.
    device: int = field(default=0, compare=False)
    # Less than the size if the file has holes; 0 if the file system doesn't count, None if the system doesn't.
    disk_bytes: int | None = field(default=None, compare=False)

    @classmethod
    def of_file(cls, path: str) -> Stamp:
        """Return the stamp of a file; raises FileError if it can't be read."""
        try:
            return cls.of(os.stat(path))
        except (OSError, ValueError) as error:
            raise FileError.of_system(error) from None

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp of a file; times before 1677 and after 2262 are clipped to what the library can store."""
        times_ns = _bounded(status.st_mtime_ns), _bounded(status.st_ctime_ns)
        blocks = getattr(status, "st_blocks", None)  # of 512 bytes, on every system that has them
        on_disk = None if blocks is None else 512 * blocks
        return cls(status.st_size, *times_ns, status.st_ino, status.st_dev, on_disk)

    def columns(self) -> dict[str, int]:
        """The columns of the library that store it."""
        times = {"mtime_ns": self.mtime_ns, "ctime_ns": self.ctime_ns}
        return {"size_bytes": self.size_bytes, **times, "inode": OnDisk.stored_inode(self.inode)}

    def has_content_of(self, other: Stamp) -> bool:
        """Return whether a file's content is unchanged between two stamps; ctime also changes with permissions and
        names."""
        return (self.size_bytes, self.mtime_ns) == (other.size_bytes, other.mtime_ns)


def _bounded(time_ns: int) -> int:
    return time_ns if -MOST_STORED <= time_ns <= MOST_STORED else MOST_STORED if time_ns > 0 else -MOST_STORED


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class FoundFile:
    """A regular file in a walk; `path` is absolute and decoded by `os.fsdecode`, `beside` as in `lyrics_beside`."""

    path: str
    stamp: Stamp
    beside: str | None = None


def lyrics_beside(path: str) -> str | None:
    """Return the state of the lyrics files beside a file, which differs once one is changed; None without any."""
    states = (f"{suffix} {status.st_mtime_ns} {status.st_size}" for suffix, status in lyrics_files(path))
    return " ".join(states) or None


def lyrics_files(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the suffixes and states of the lyrics files beside a file, at most one in each of `LYRICS_SUFFIXES`."""
    for spellings in _SPELLINGS:
        for suffix in spellings:
            with suppress(OSError, ValueError):
                yield suffix, os.stat(os.path.splitext(path)[0] + suffix)
                break


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkProblem:
    """A path that could not be walked: missing, or without permission."""

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
    """The library's data on a file, as far as a scan needs it."""

    file_id: int
    stamp: Stamp
    audio_id: str | None
    is_missing: bool
    failed_version: int | None
    analysis_version: int | None
    analysed_at: str | None
    has_old_parts: bool = False
    """Whether a part of the analysis (beats, sound vector, fingerprint) is missing or of another version."""
    length_s: float | None = None
    has_old_tags: bool = False
    """Whether its tags were read by an older map4 that read fewer of them."""
    beside: str | None = None
    """The state of its lyrics files, as in `lyrics_beside`."""

    @property
    def has_failed(self) -> bool:
        return self.failed_version == ANALYSIS_VERSION

    @property
    def is_stale(self) -> bool:
        """Whether its analysis is missing or old. If any part is old, one pass renews all parts."""
        return self.analysis_version != ANALYSIS_VERSION or self.analysed_at is None or self.has_old_parts

    def has_news(self, stamp: Stamp, beside: str | None) -> bool:
        """Whether there is anything to read again of a file in this state."""
        return self.stamp != stamp or self.has_old_tags or self.beside != beside

    def is_current(self, path: str) -> bool:
        """Whether a scan would find nothing to do."""
        with suppress(FileError):
            if not (self.audio_id is None or self.is_missing or self.has_failed or self.is_stale):
                return not self.has_news(Stamp.of_file(path), lyrics_beside(path))
        return False


# ---- jobs: small and picklable, run in a worker --------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyJob:
    """Read a file's audio id and its tags."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseJob:
    """Decode and measure.

    `stamp` is the state in which the file was identified: any other state is rejected. `length_s` is its apparent
    length, if known; a file longer than `longest_s` is rejected.
    """

    path: str
    stamp: Stamp
    decoder: str
    length_s: float | None = None
    longest_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsJob:
    """Read only the tags and lyrics of a file whose content did not change."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeJob:
    """Decode a file to its end without measuring; the fields are those of `AnalyseJob`."""

    path: str
    stamp: Stamp
    decoder: str
    length_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertJob:
    """Decode a file and re-encode it, or draw its strip, into the file `target`; all else as in `AnalyseJob`.

    part_s: start and end; None is the whole file
    speed: of a part, at its pitch; 1 is unchanged
    kbps: one of `AudioFormat.CONVERTED_KBPS`; None is the default of the format
    tags: `SlotValues`, of MP3 and Opus
    """

    path: str
    stamp: Stamp
    decoder: str
    target: str
    form: MadeForm
    part_s: tuple[float, float] | None = None
    speed: float = 1.0
    kbps: int | None = None
    tags: Mapping[Any, Any] = field(default_factory=dict, compare=False)
    length_s: float | None = None


LaneJob = IdentifyJob | AnalyseJob | TagsJob | DecodeJob | ConvertJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """Result of an `IdentifyJob`; `failure` if there is no audio id, with everything that could be read.

    lyrics: None if not read
    """

    stamp: Stamp
    identity: Identity | None
    tags: Tags
    has_picture: bool | None = None
    lyrics: FileLyrics | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """Result of an `AnalyseJob`.

    ends: both ends of the sound, to compare it with its neighbours
    added: what decoders that listen add, by the setting of each
    """

    analysis: Analysis
    ends: TrackEnds | None = field(default=None, compare=False)
    added: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsRead:
    """Result of a `TagsJob`."""

    stamp: Stamp
    tags: Tags
    has_picture: bool | None = None
    lyrics: FileLyrics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Result of a `DecodeJob`: length of the sound, and remarks of the decoder, such as "damaged"; `added` as above."""

    duration_s: float
    flags: tuple[str, ...] = ()
    added: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """Result of a `ConvertJob`: length of the sound."""

    duration_s: float


Outcome = Identified | Analysed | TagsRead | Decoded | Converted | Failure


class Lane(Protocol):
    """A place where one job runs at a time, isolated from all others.

    It wraps a `concurrent.futures.Executor`. A job that kills its worker ends only its own future, with a `Failure`
    that describes how; the lane can be used again.
    """

    @property
    def start_up_s(self) -> float:
        """Return the seconds to allow before the next job can begin; 0 if a worker is waiting for it."""
        ...

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        """Start `job`; `timeout_s` is a hint for a watchdog beside it, the caller enforces the timeout."""
        ...

    def kill(self) -> None:
        """End the running job immediately, even in native code."""
        ...

    def close(self) -> None:
        """Close the lane; a running job is ended."""
        ...


LaneFactory = Callable[[int], Sequence[Lane]]
"""`lanes(n)` makes n lanes."""
