"""Records of the care of a whole library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from map4.core.base.records import Count, Json, Record, ShownPath
from map4.errors import UsageError


class Verification(Record, kind="cache-verify", members="library=path sound=is_sound files analyses problems"):
    """The result of checking a whole library.

    is_library: whether the file is a database
    is_mirror_whole: False if only the mirror beside the library is damaged
    journal_problem: why the -wal beside the library is not its own; the library was checked without it
    """

    path: str
    files: Count
    analyses: Count
    problems: tuple[str, ...]
    is_library: bool = True
    is_mirror_whole: bool = True
    journal_problem: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def needs_repair(self) -> bool:
        """Whether anything is wrong with the library itself, or its -wal."""
        return self.journal_problem is not None or (not self.is_sound and self.is_mirror_whole)


class StoredPart(Record):
    """A kind of analysis part, and how many there are."""

    name: str
    version: Count
    count: Count
    bytes: Count


class ScannedRoot(Record, members="path=folder recursive scanned_at present"):
    """A scanned folder, and whether it exists.

    scanned_at: when its last scan ended; null if none has finished
    """

    folder: str
    recursive: bool
    scanned_at: str | None
    present: bool


class LibraryInfo(Record, kind="cache-info"):
    """Path and contents of the library.

    mirror_bytes: size of the mirror beside the library, 0 without one
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


class CopiedLibrary(Record, kind="cache-copy", members="from=source to=target files analyses accounts"):
    """A library that was copied from a file to a database or back ('map4 library copy --json').

    source, target: the file, and the address of the database without its password
    files, analyses, accounts: numbers of rows copied; all other tables are copied too
    """

    source: str
    target: str
    files: Count
    analyses: Count
    accounts: Count


class SkippedFolder(Record):
    """A folder inside a scanned folder that is gone or empty, whose missing files stay in the library.

    files: number of its missing files
    of_root: number of files of the scanned folder
    """

    folder: ShownPath
    root: ShownPath
    files: Count
    of_root: Count


class ReplaceOffer(Record):
    """A missing file, and a present file with the same recording, which could take over its places and values."""

    path: ShownPath
    copy: ShownPath
    places: Count
    values: Count


class Pruned(Record, kind="cache-prune", members="* places values"):
    """What 'map4 library prune' deleted, or would delete.

    library: its path
    dry_run: true if nothing was deleted
    missing_files: files that are gone
    orphaned_analyses: analyses without a file
    skipped_roots: absent or empty folders, whose files are kept
    skipped_folders: absent or empty folders inside others, whose files are kept
    offers: deleted files with places in lists, or values, and a copy, which can't replace them in lists afterwards
    """

    library: str
    dry_run: bool
    missing_files: Count
    orphaned_analyses: Count
    skipped_roots: tuple[str, ...]
    skipped_folders: tuple[SkippedFolder, ...] = ()
    offers: tuple[ReplaceOffer, ...] = ()

    @property
    def places(self) -> Count:
        """Places in lists that lose their copy."""
        return sum(each.places for each in self.offers)

    @property
    def values(self) -> Count:
        """Values that lose their copy."""
        return sum(each.values for each in self.offers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """The result of a repair.

    path, kept_old_at: the library, and where the damaged file is now
    salvaged: rows by table
    incomplete: tables that lost rows
    unreadable_values_at: a JSON file with the user's unreadable values; None without any
    lost_times: number of unreadable times, which were replaced by times of the files, or of the repair
    problems: what is still damaged
    doubtful: rows whose letters or numbers may be damaged, and credentials that were dropped because they are
    journal_copy: the -wal of the damaged library, if the file without it was better
    copy_without_journal: the damaged file without its -wal, if that has rows which the library lacks
    """

    path: str
    kept_old_at: str
    salvaged: dict[str, int]
    incomplete: tuple[str, ...]
    unreadable_values_at: str | None = None
    lost_times: int = 0
    problems: tuple[str, ...] = ()
    journal_copy: str | None = None
    copy_without_journal: str | None = None
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The result of a restore.

    kept_at: where the previous library is kept; None if there was none
    """

    kept_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFigures:
    """Size of a library in numbers, without any names.

    states: files by state
    failures: failed files by kind
    added: number of files that each account added, by account number; 0 is the local user
    size_bytes: the file and the files beside it that belong to it; mirror_bytes: its mirror
    """

    states: Mapping[str, int]
    failures: Mapping[str, int]
    analyses: int
    lists: int
    added: Mapping[int, int]
    size_bytes: int
    mirror_bytes: int


USUAL_BACKUPS = 7
_DATED = re.compile(r"map4-\d{4}-\d\d-\d\d\.map4")


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOptions:
    """Where dated backups go.

    folder: path on the machine of the library
    keep: number of backups to keep, one per day
    """

    folder: str
    keep: int = USUAL_BACKUPS

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise UsageError("'keep' must be at least 1")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self | None:
        """The options of the settings; None if no folder is set."""
        folder = config.get("backup.folder")
        return None if folder is None else cls(folder=folder, keep=config["backup.keep"])


class BackupMade(Record, kind="backup", members="path bytes=size_bytes dropped"):
    """A backup that was made ('map4 library backup --json').

    dropped: names of older backups that were deleted
    """

    path: str
    size_bytes: Count
    dropped: tuple[str, ...] = ()


def dated_backup(day: date) -> str:
    """The name of a day's backup."""
    return f"map4-{day:%Y-%m-%d}.map4"


def superseded(names: Iterable[str], newest: str, keep: int) -> list[str]:
    """Names of the dated backups in a folder to delete, oldest first; never the backup just made.

    Backups are ordered by name: after a clock was set back, only those with an earlier date are deleted.
    """
    others = sorted(name for name in names if _DATED.fullmatch(name) and name != newest)
    return others[: max(0, len(others) - (keep - 1))]
