"""Imports of other programs' libraries, as a store keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from map4.domain.dj_library import DjTrack
    from map4.domain.lists.tracklist import PlaylistEntry
    from map4.domain.path_maps import PathMaps
    from map4.ports.imports import StoredImport


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFile:
    """The file of an entry: its audio and path, the method that found it, and how much later things lie in it."""

    audio_id: str
    path: str
    method: str
    offset_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedEntry:
    """A track as it was read, with every path that it may have on this machine, and its file."""

    track: DjTrack
    paths: tuple[str, ...]
    file: MatchedFile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEntry:
    """An entry of an earlier import, every path that it may have had then, and its file."""

    entry: PlaylistEntry
    paths: tuple[str, ...]
    file: MatchedFile

    def is_of(self, entry: PlaylistEntry) -> bool:
        """Whether an entry that was read now says the same, wherever in the file it stands."""
        return replace(entry, position=self.entry.position, other_locations=()) == self.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry whose file the library does not have yet."""

    import_id: int
    key: str
    entry: PlaylistEntry
    paths: tuple[str, ...]

    def path(self) -> str:
        """The path by which stored lists name it until its file is found."""
        return self.paths[0] if self.paths else self.entry.location or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphaned:
    """Audio that something was imported for, and that no file has any more.

    path: of its last file
    names: artist and title, as the other program says them and as the file's tags did
    """

    audio_id: str
    path: str
    names: tuple[tuple[str | None, str | None], ...]
    duration_s: float | None


class EarlierImport(Protocol):
    """Entries of an earlier import by their keys; each is only read where it is asked for."""

    def of(self, key: str) -> EarlierEntry | None:
        """The entry of this key, or None where it had no file."""

    def was_transferred(self, key: str) -> bool:
        """Whether the entry was transferred to another copy of its recording."""


class ImportStore(Protocol):
    """Reads and writes the imports of one library."""

    def earlier(self, format_name: str, path: str) -> EarlierImport:
        """Entries of an earlier import of this file that were matched by path, or as copies of their recording."""

    def tracks(self, format_name: str, path: str) -> int:
        """How many tracks this file had when it was last imported; 0 where it never was."""

    def path_maps(self, format_name: str, path: str) -> PathMaps:
        """Folders that had another name here when this file was last imported."""

    def locations(self, format_name: str, path: str) -> Sequence[str]:
        """Where the tracks of this file lie, as it said when it was last imported."""

    def staging(self, rows: Iterable[StagedEntry]) -> AbstractContextManager[None]:
        """Hold rows beside the library, without keeping others from writing, until the import is put or given up.

        rows: taken in one transaction, so that to make them must not read the library: that would hold a lock on it
        """

    def put(
        self,
        format_name: str,
        path: str,
        *,
        version: str | None,
        now: datetime,
        path_maps: PathMaps | None = None,
        dry_run: bool = False,
    ) -> int:
        """Take over what is staged, in the place of what this file said before.

        path_maps: to be remembered with the file
        returns: of how many audio payloads something else is known now
        """

    def staged(self, keys: Iterable[str]) -> Iterator[tuple[int, str, PlaylistEntry, str | None]]:
        """What is staged under these keys, in their order: index of the key, path on this machine, entry, and audio id;
        others are left out."""

    def is_used(self) -> bool:
        """Whether anything was ever imported."""

    def history(self) -> list[StoredImport]:
        """Every file that was imported, the last one first."""

    def pending(self) -> list[Pending]:
        """Entries whose file the library does not have, those of the newest import first."""

    def forget(self, path: str) -> bool:
        """Drop what was imported from a file, lists aside; whether there was anything."""

    def match_pending(self, found: Sequence[tuple[Pending, MatchedFile]]) -> None:
        """Give pending entries their files; stored lists that name such an entry name its file from now on."""

    def orphaned(self) -> list[Orphaned]:
        """Audio that something was imported for, and that no file has any more."""

    def transfer(self, orphaned: Orphaned, file: MatchedFile) -> None:
        """Give what was imported for orphaned audio to another copy of it, which stored lists name from now on."""
