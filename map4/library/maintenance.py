"""Keep a library file sound."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from map4.app.paths import PathLike, absolute_path, as_paths, known_name
from map4.errors import NothingFoundError
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.domain.track.track import Track
    from map4.ports.store.care import Pruned, Repair, Restored, Verification
    from map4.ports.store.files import IgnoredFile


class MaintenanceMethods(OpenLibrary):
    """Keep a library file sound."""

    def info(self, *, parts: bool = True) -> dict[str, Any]:
        """Size, versions and counts (`map4/cache-info/1`); how large which parts are takes the longest."""
        return self._store.care.info(parts=parts)

    def warm(self, *, progress: Callable[[int, int], object] | None = None) -> dict[str, Any]:
        """Make now what the first answers would wait for (`map4/cache-warm/1`); nothing is analysed.

        The mirror of a large library, the comparison of new recordings with all others, and a first reading of what
        searches and statistics read, after which the system has it in memory.

        progress: called with how many steps of comparing new sounds are done, and of how many
        """
        from map4.app.query_context import as_query
        from map4.app.statistics import collect_statistics

        has_mirror = self._store.sounds.warm_mirror()
        copies = self._store.copies.kept(progress=progress)
        tracks = collect_statistics(self._store, as_query(""), self._context()).tracks
        for _ in self._store.search.select(as_query("limit:100"), self._context()):
            pass
        return {
            "schema": "map4/cache-warm/1",
            "library": self._store.place.address,
            "tracks": tracks,
            "copies": len(copies),
            "mirror": has_mirror,
        }

    def states(self) -> dict[str, int]:
        """How many files are in each state."""
        return self._store.care.states()

    def prune(self, *, dry_run: bool = False) -> Pruned:
        """Drop files that are gone and analyses no file has; never what the user set."""
        return self._store.care.prune(dry_run=dry_run)

    def forget(self, folder: PathLike) -> int:
        """Scan a folder no more unless it is named; its files that are gone become missing; gives how many are.

        raises NothingFoundError: if it is none of the folders scanned before
        """
        from map4.domain.paths import display_path, display_paths
        from map4.infra.files.walk import DiskFiles

        roots = self._store.tracks.roots()
        root = known_name(folder, roots)
        if root not in roots:
            listed = f"; there are {display_paths(list(roots))}" if roots else ""
            raise NothingFoundError(f"{display_path(root)} is none of the folders scanned before{listed}")
        self._store.tracks.remove_root(root)
        inside, files = os.path.join(root, ""), DiskFiles()
        known = {path: file for path, file in self._store.tracks.known_files().items() if path.startswith(inside)}
        gone = [path for path, file in known.items() if not file.is_missing and not files.exists(path)]
        self._store.tracks.mark_missing(gone, now=datetime.now(UTC))
        return len(gone) + sum(file.is_missing for file in known.values())

    def forget_files(self, tracks: Iterable[Track], *, ignore: bool = False) -> int:
        """Drop what the library knows of files, which stay as they are; gives how many there were.

        Stored lists keep the entries as missing. What was measured and set is kept until `prune`, so that the next
        scan, which finds the files again, has little to do.

        tracks: of this library
        ignore: let scans leave these files out from now on
        """
        return self._store.ignored.forget((track.path for track in tracks), ignore=ignore, now=datetime.now(UTC))

    def ignored_files(self) -> list[IgnoredFile]:
        """The files that scans leave out, by path."""
        return self._store.ignored.all()

    def unignore_files(self, paths: PathLike | Iterable[PathLike]) -> list[str]:
        """Let scans find ignored files again; gives those that were ignored.

        raises NothingFoundError: if none of them was
        """
        wanted = as_paths(paths)
        found = self._store.ignored.unignore(absolute_path(path) for path in wanted)
        if wanted and not found:
            raise NothingFoundError("none of these files is ignored; 'map4 cache ignored' shows those that are")
        return found

    def clear(self) -> int:
        """Drop every analysis, so that the next scan makes them again; gives how many there were."""
        return self._store.care.clear()

    def backup(self, target: PathLike, *, force: bool = False) -> int:
        """Copy the library, consistent even during a scan; gives the size in bytes."""
        return self._store.care.backup(absolute_path(target), force=force)

    @staticmethod
    def verify(path: PathLike) -> Verification:
        """Check a library file that may be damaged, and the mirror beside it."""
        from map4.infra.sqlite.store import verify

        library = absolute_path(path)
        if not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} yet; 'map4 scan FOLDER' makes it")
        return verify(library)

    @staticmethod
    def repair(path: PathLike) -> Repair | None:
        """Salvage a damaged library into a new file; the old one is kept beside it.

        None where the library is sound: then nothing is changed.
        """
        from map4.infra.sqlite.store import repair

        library = absolute_path(path)
        if not os.path.exists(library):
            raise NothingFoundError(f"there is no library {library} to repair")
        return repair(library)

    @staticmethod
    def check_backup(source: PathLike, path: PathLike) -> bool:
        """Refuse at once a backup that `restore` would refuse, as far as a short look tells; nothing is changed.

        Whether it would take the library's place; False of a library of schema 13, of which `restore` takes over what
        people made.
        """
        from map4.infra.sqlite.store import check_backup

        return check_backup(absolute_path(source), absolute_path(path))

    @staticmethod
    def restore(source: PathLike, path: PathLike) -> Restored:
        """Put a backup in a library's place; the present one is kept beside it.

        Of a library of schema 13, which this map4 can't use, values, lists, imports, labels and ignored files are taken
        over into the present library instead, or into a new one; what that has already stays.
        """
        from map4.infra.sqlite.store import restore

        return restore(absolute_path(source), absolute_path(path))
