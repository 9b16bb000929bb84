"""Care of a whole store: each kind has its own, behind the same door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from map4.base.records import Count, Json, Record

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification(
    Record,
    kind="cache-verify",
    members="library=path sound=is_sound files analyses problems",
):
    """What a check of the whole library found.

    is_library: whether it is a database at all
    is_mirror_whole: where it is not, nothing else is wrong than the mirror beside the library
    """

    path: str
    files: Count
    analyses: Count
    problems: tuple[str, ...]
    is_library: bool = True
    is_mirror_whole: bool = True

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def needs_repair(self) -> bool:
        """Whether anything is wrong with the library itself."""
        return not self.is_sound and self.is_mirror_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPart(Record):
    """A kind of parts of analyses, and how many there are."""

    name: str
    version: Count
    count: Count
    bytes: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedRoot(Record, members="path=folder recursive scanned_at present"):
    """A folder that was scanned, and whether it is there.

    scanned_at: when a scan of it ended last; null where none has yet
    """

    folder: str
    recursive: bool
    scanned_at: str | None
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryInfo(Record, kind="cache-info"):
    """Where the library is and what it holds.

    mirror_bytes: of the mirror beside the library, 0 without one
    failures: failed files by kind
    labels: labelled audio by source of the labels
    """

    library: str
    size_bytes: Count
    mirror_bytes: Count
    schema_version: Count
    analysis_version: Count
    files: Annotated[Mapping[str, Count], Json(names=["ok", "failed", "missing", "pending"])]
    failures: Mapping[str, Count]
    analyses: Count
    stale_analyses: Count
    parts: tuple[StoredPart, ...]
    user_values: Count
    labels: Mapping[str, Count]
    roots: tuple[ScannedRoot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmedLibrary(Record, kind="cache-warm"):
    """What 'map4 library warm' made ready.

    tracks: that are analysed and there
    copies: files that are copies of others, as is:copy has them
    mirror: a mirror lies beside the library; small libraries need none
    """

    library: str
    tracks: Count
    copies: Count
    mirror: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedLibrary(Record, kind="cache-copy", members="from=source to=target files analyses accounts"):
    """A library that was copied from a file into a database, or back ('map4 library copy --json').

    source, target: the file, and the address of the database without its password
    files: that were copied, and with them the analyses, the accounts and all else
    """

    source: str
    target: str
    files: Count
    analyses: Count
    accounts: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned(Record, kind="cache-prune"):
    """What 'map4 library prune' dropped, or would drop.

    library: its place
    dry_run: true where nothing was dropped
    missing_files: files that are gone
    orphaned_analyses: analyses that no file has
    skipped_roots: folders that are absent or empty, whose files are kept
    """

    library: str
    dry_run: bool
    missing_files: Count
    orphaned_analyses: Count
    skipped_roots: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was salvaged.

    path, kept_old_at: the library, and where the damaged file is now
    salvaged: rows by table
    incomplete: tables that lost rows
    unreadable_values_at: a JSON file with those values of the user's own that can't be read any more; None without any
    """

    path: str
    kept_old_at: str
    salvaged: dict[str, int]
    incomplete: tuple[str, ...]
    unreadable_values_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of a restore.

    kept_at: where the library is that was there before; None if there was none
    """

    kept_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFigures:
    """How much is in a library; nothing of it is named.

    states: files by state
    failures: failed files by kind
    added: how many files each account added, by its number; 0 is who sits at the library's machine
    size_bytes: of the file and those beside it that belong to it; mirror_bytes: of its mirror
    """

    states: Mapping[str, int]
    failures: Mapping[str, int]
    analyses: int
    lists: int
    added: Mapping[int, int]
    size_bytes: int
    mirror_bytes: int
