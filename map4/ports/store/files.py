"""What a store remembers of single files: those map4 wrote, those that scans leave out, what goes to a copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from map4.domain.records import Count, Moment, Record, Seconds

if TYPE_CHECKING:
    from map4.ports.scanning import Content, Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What one copy hands to another; plain values, as they stand in a journal.

    path, audio_id: of the copy that goes
    kept_path, kept_audio_id: of the copy that stays
    file: what the store keeps of the file, but for the path
    lists: id, position, path and audio id of each place in a stored list
    entries: format, path and key of each imported entry, then its audio id, path, method and offset
    annotations: values, ratings, marks and labels that the kept copy has none of, by table: columns but the audio id
    has_times: whether the entries hold cue points or a grid, which lie elsewhere in the other copy
    offset_s: how much later a moment lies in the kept copy
    """

    path: str
    audio_id: str | None
    kept_path: str
    kept_audio_id: str
    file: Mapping[str, Any]
    lists: tuple[tuple[str, int, str, str | None], ...] = ()
    entries: tuple[tuple[str, str, str, str | None, str | None, str | None, float], ...] = ()
    annotations: Mapping[str, tuple[tuple[Any, ...], ...]] = field(default_factory=dict)
    has_times: bool = False
    offset_s: float = 0.0

    def to_data(self) -> dict[str, Any]:
        """What `of_data` reads; JSON."""
        return asdict(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> HandOver:
        """Read what `to_data` gave, also through JSON.

        raises TypeError, ValueError: if it is something else.
        """
        rows = {name: tuple(tuple(row) for row in data[name]) for name in ("lists", "entries")}
        annotations = {name: tuple(tuple(row) for row in of_one) for name, of_one in data["annotations"].items()}
        return cls(**{**data, **rows, "annotations": annotations})


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredFile(Record):
    """A file that scans leave out, and since when."""

    path: str
    ignored_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredFileList(Record, kind="ignored-files"):
    """The files that scans leave out, as 'map4 cache ignored --json' gives them."""

    files: tuple[IgnoredFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile(
    Record,
    members="path format tracks size_bytes written_at seconds asked_by.id=asker_id asked_by.name=asker_name",
):
    """A file that map4 wrote: a list, an export, or a report of a check.

    path: absolute, links followed
    format: its name
    written_at: UTC, ISO 8601
    seconds: that it took
    asker_id, asker_name: who asked for it
    """

    path: str
    format: str
    tracks: Count
    size_bytes: Count
    written_at: Moment
    seconds: Seconds
    asker_id: int
    asker_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportHistory(Record, kind="export-history"):
    """The files that map4 wrote, the last one first ('map4 export --history --json')."""

    exports: tuple[WrittenFile, ...]


class HandOvers(Protocol):
    """What the library knows of one copy of a recording goes to another copy of it, and comes back."""

    def plan(self, path: str, kept_path: str) -> HandOver | None:
        """What is to be handed over from one file to another; None where the library does not know both."""

    def carry_out(self, plan: HandOver) -> None:
        """Hand over what stands as it was planned, and forget the file; in one transaction."""

    def take_back(self, plan: HandOver, stamp: Stamp | None) -> None:
        """Undo `carry_out`, where nothing else was done since; in one transaction, and as often as one likes.

        stamp: of the file, where it is at its place
        """


class IgnoredFiles(Protocol):
    """Files that scans leave out because the user asked so, by path."""

    def all(self) -> list[IgnoredFile]:
        """Every one, by path."""

    def forget(self, paths: Iterable[str], *, ignore: bool, now: datetime) -> int:
        """Drop files from the library, and leave them out from now on where that is asked; gives how many there were.

        Analyses stay until `map4 cache prune`, and with them what the user set.
        """

    def unignore(self, paths: Iterable[str]) -> list[str]:
        """Let scans find these files again, named as they are or as they are shown; gives those that were ignored."""


class WrittenFiles(Protocol):
    """Remembers what map4 wrote where, so that a file changed since is known as the user's."""

    def has_written(self, path: str, content: Content) -> bool:
        """Whether map4 wrote exactly this to `path`."""

    def is_audio(self, path: str) -> bool:
        """Whether the library knows a file of music there."""

    def note(
        self, path: str, content: Content, *, format_name: str, tracks: int, seconds: float, now: datetime
    ) -> None:
        """Remember a file that is about to get its name, and how long it took; a library that can't be written
        remembers nothing.
        """

    def all(self) -> list[WrittenFile]:
        """The files that map4 wrote for who asks, the last one first; all of them for who may do all (`admin`)."""
