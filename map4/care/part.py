"""Care of the library file."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from map4 import care
from map4.core.base.actor import checks_needs, needs, served
from map4.core.base.paths import PathLike, absolute_path, display_path, is_database, shown_address
from map4.errors import UsageError
from map4.library import hookspecs
from map4.library.part import LibraryPart, database_store, existing, file_address, library_address

if TYPE_CHECKING:
    from map4.care.records import BackupMade, CopiedLibrary, LibraryFigures, Pruned, Repair, Restored, Verification
    from map4.core.store.library_ref import LibraryChanges


class CarePart(LibraryPart, scope="admin"):
    """Care of the library file: its contents, cleaning up, copies; and what servers need to share it.

    `Library.care.copy(path, address)`, `verify(path)`, `repair`, `restore` and `check_backup` take a library that is
    not open.
    """

    @property
    def _care(self) -> care.SqlCare:
        return self._store.part(care.SqlCare)

    @needs("read")
    @served("GET", "/library", "The contents of the library file, as `map4 library info`.", answer="cache-info",
            queue="long", cache="alike")  # fmt: skip
    def info(self, *, parts: bool = True) -> dict[str, Any]:
        """Return size, versions and counts (`map4/cache-info/1`); the sizes of parts take the longest."""
        return self._care.info(parts=parts)

    @needs("metrics")
    def figures(self) -> LibraryFigures:
        """Return counts without contents; part of what a server reports to monitoring."""
        return self._care.figures()

    @property
    def on_mirror(self) -> Callable[[int, int], object]:
        """Called with the progress of the mirror of a large library while an answer waits for it."""
        return self._store.on_mirror

    @on_mirror.setter
    def on_mirror(self, on_progress: Callable[[int, int], object]) -> None:
        self._store.on_mirror = on_progress

    @property
    def open_arguments(self) -> dict[str, Any]:
        """Return the arguments for `Library.open` that open it the same way in another process."""
        return self._services.open_arguments

    @checks_needs
    def take_turns(self, turn: Callable[[], AbstractContextManager[object]]) -> None:
        """Enter `turn` around each write, including writes of cached results."""
        self._store.take_turns(turn)

    @needs("read")
    def changes(self) -> LibraryChanges:
        """Return a detector of changes by any process; it outlives this object and is thread-safe."""
        return self._store.changes()

    @needs("read")
    def changed_by_others(self) -> int:
        """Return a number that changes when anything except this object writes to the library."""
        return self._store.changed_by_others()

    def prune(self, *, dry_run: bool = False) -> Pruned:
        """Delete files that are gone and analyses without a file; never values that the user set.

        Files of an absent or empty folder stay, as its drive may not be mounted: a scanned folder, or a folder inside
        with at least 50 files and a fifth of the files of the scanned folder.
        """
        pruned = self._care.prune(self._store.part(hookspecs.copies.required()).present_copies, dry_run=dry_run)
        if not dry_run and (pruned.missing_files or pruned.orphaned_analyses):
            self._note("files-pruned", files=pruned.missing_files, analyses=pruned.orphaned_analyses)
        return pruned

    def clear(self) -> int:
        """Delete every analysis, so that the next scan makes them again; returns their number."""
        count = self._care.clear()
        self._note("analyses-cleared", analyses=count)
        return count

    def backup(self, target: PathLike, *, force: bool = False, keep: int | None = None) -> BackupMade:
        """Copy the library, consistent even during a scan.

        target: a file, or a folder, which gets a file with today's date; an older backup at the target is replaced
        force: also replace a file that is not a backup
        keep: for a folder: delete all but this many dated backups; of a damaged library, make none
        raises LibraryDamagedError: if the new backup holds damage; older ones then stay
        """
        path = absolute_path(target)
        is_folder = os.path.isdir(path)
        if not is_folder and os.fspath(target)[-1:] in (os.sep, os.fsencode(os.sep)):
            raise UsageError(f"there is no folder {display_path(path)}; make it first")
        if keep is not None and not is_folder:
            raise UsageError(f"keeping dated backups needs a folder, and there is no folder {display_path(path)}")
        return self._care.backup_to(path, is_folder=is_folder, force=force, keep=keep)

    @staticmethod
    def copy(
        source: PathLike,
        target: PathLike,
        *,
        without: Collection[str] = (),
        progress: Callable[[int, int], object] = lambda done, of: None,
    ) -> CopiedLibrary:
        """Copy a whole library file into a Postgres database, or a library there into a new file.

        Includes accounts, tokens and the name of the library: sessions are valid in both. Jobs and the files beside the
        library on this machine, such as the journals of written tags, are not copied.

        without: extras whose tables are left out
        progress: called with the number of copied rows, and their total
        raises UsageError: if not exactly one of both is a file, the target already has a library, or the source has
            tables of another extra that is not installed
        """
        where, to = library_address(source), library_address(target)
        if is_database(where) == is_database(to):
            raise UsageError(
                "one must be a library file, and the other an address such as "
                "postgresql://USER@HOST/DATABASE; 'map4 library backup' copies a library file"
            )
        if is_database(to):
            file = existing(where, "to copy")
            counts = _care_in(to).copy_from(file, to, progress, without=without)
            return care.CopiedLibrary(source=file, target=shown_address(to), **counts)
        if os.path.lexists(to):
            raise UsageError(f"there is {display_path(to)} already; name a new file")
        counts = _care_in(where).copy_to(where, to, progress, without=without)
        return care.CopiedLibrary(source=shown_address(where), target=to, **counts)

    @staticmethod
    def verify(path: PathLike) -> Verification:
        """Check a library file that may be damaged, and the mirror beside it."""
        return care.verify_library(existing(path))

    @staticmethod
    def repair(path: PathLike) -> Repair | None:
        """Salvage a damaged library into a new file; the old one is kept beside it.

        Returns None for a sound library, which is not changed; a damaged mirror beside it is deleted. `problems` of the
        result are what is still damaged.
        """
        from map4.care.store.repair import repair

        return repair(existing(path, "to repair"))

    @staticmethod
    def check_backup(source: PathLike, path: PathLike) -> None:
        """Reject a backup that `restore` would reject, as far as a quick check shows; nothing is changed."""
        from map4.care.store.backup import check_backup

        check_backup(_backup_path(source), file_address(path))

    @staticmethod
    def restore(source: PathLike, path: PathLike) -> Restored:
        """Put a backup in a library's place; the present one is kept beside it."""
        from map4.care.store.backup import restore

        return restore(_backup_path(source), file_address(path))


def _care_in(database: str) -> Any:
    database_store(database)  # reports what is not installed
    return hookspecs.care_class["postgresql"].required()


def _backup_path(source: PathLike) -> str:
    if is_database(source):
        raise UsageError("a backup is a file; 'map4 library copy' copies a library out of a database")
    return absolute_path(source)
