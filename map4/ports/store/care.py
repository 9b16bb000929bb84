"""Care of a whole store: each kind has its own, behind the same door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check of the whole library found; sound without problems, `is_library` if it is a database at all.

    Where `is_mirror_whole` is false, nothing else is wrong than the mirror beside it.
    """

    path: str
    files: int
    analyses: int
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
class Pruned:
    """Rows dropped, or to be dropped: files that are gone, analyses that no file has; and roots left alone."""

    missing_files: int
    orphaned_analyses: int
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

    kept_at: where the library is that was there before; None where there was none, or it stays in its place
    taken: of a library of schema 13, how many rows of each kind were taken over; None of a backup
    """

    kept_at: str | None = None
    taken: Mapping[str, int] | None = None


class Care(Protocol):
    """Looks into one store, drops what can be computed again, and copies it."""

    def info(self, *, parts: bool = True) -> dict[str, Any]:
        """Size, versions and counts, as the `map4/cache-info/1` record; `parts` are left out where nobody asks."""

    def states(self) -> dict[str, int]:
        """How many files are in each state."""

    def prune(self, *, dry_run: bool) -> Pruned:
        """Drop files that are gone and analyses no file has; what the user set stays.

        Gone is what a scan noted as missing and what is not there now either. Files under a root that is absent or
        empty are left alone: a drive that is not mounted is no reason to forget it.
        """

    def clear(self) -> int:
        """Drop every analysis and failure, so that the next scan makes them again; gives how many there were."""

    def backup(self, target: str, *, force: bool) -> int:
        """Copy the library to a file, consistent even during a scan; gives the size in bytes."""

    def settle(self) -> None:
        """Before the store is closed for a while: bring what it put off into its own place, unless others use it."""
