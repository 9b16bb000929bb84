"""Reports what is in a library, deletes what can be computed again, and copies it."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from glob import escape, glob
from typing import Any

from map4.care import records
from map4.core.base.paths import display_path, is_database, is_inside
from map4.core.base.regular_files import OnDisk
from map4.core.base.unfinished import SafeFile
from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.core.music.track.track_parts import STATES
from map4.core.store.database import Connection, StorePart, scalar
from map4.core.store.file import schema
from map4.core.store.file.connection import copy_database
from map4.core.store.file.database import LibraryFile, SqliteDatabase
from map4.core.store.query.field_sql import LABELS_BY_SOURCE, part_sizes, stale_analyses
from map4.core.store.stored_tables import ExtraTables, StoredTable, resolved
from map4.library import hookspecs

_FAILED = "FROM facts AS x CROSS JOIN files AS f ON f.id = x.file_id WHERE x.state = 'failed'"
_NO_FILES = (
    "FROM analyses WHERE audio_id NOT IN (SELECT audio_id FROM files WHERE audio_id IS NOT NULL "
    "AND id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(?)))"
)


_LEAST_SKIPPED, _LEAST_SHARE = 50, 0.2
"""Files of an absent or empty folder, and their share of the files of its root, from which a prune keeps them."""
# Audio that only these files have: its fingerprint goes with them.
_ONLY_AUDIO = (
    "SELECT audio_id FROM files WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND audio_id IS NOT NULL "
    "EXCEPT SELECT audio_id FROM files WHERE id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(?))"
)


def _of_gone() -> str:
    """SQL for path, audio id, places in lists and values of files, by audio ids and file ids."""
    own = (
        f"(SELECT count(*) FROM {table.name} AS v WHERE v.audio_id IN (f.audio_id, f.uid))"
        for table, _ in StoredTable.with_values()
    )
    return (
        "SELECT f.path, f.audio_id, (SELECT count(*) FROM playlist_tracks AS t JOIN playlists AS p "
        "ON p.id = t.playlist_id WHERE t.audio_id = f.audio_id AND p.deleted_at IS NULL), "
        f"{' + '.join(own)} + (SELECT count(*) FROM imported_tracks AS i WHERE i.audio_id = f.audio_id "
        "AND i.data <> '{}') FROM files AS f WHERE f.audio_id IN (SELECT value FROM json_each(?)) "
        "AND f.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY f.path"
    )


class SqlCare(StorePart):
    """Reports what is in a library, drops what can be computed again, and copies it."""

    is_shared = True

    @classmethod
    def of(cls, store: Any) -> Any:
        kind = hookspecs.care_class["postgresql"].required() if is_database(store.place.address) else SqliteCare
        return kind(store.database)

    @abstractmethod
    def _schema_version(self, connection: Connection) -> int: ...

    @abstractmethod
    def _size(self) -> int:
        """Bytes of the library."""

    @property
    @abstractmethod
    def _mirror(self) -> str:
        """The file of its mirror."""

    @abstractmethod
    def _forget_mirror(self, connection: Connection) -> None:
        """Detach the mirror from the library, and stop recording changes for it."""

    def info(self, *, parts: bool = True) -> dict[str, Any]:
        """Size, versions and counts as a `map4/cache-info/1` record, with `parts` only on request."""
        with self._database.reading() as connection:

            def count(sql: str) -> dict[Any, int]:
                return dict(connection.execute(sql).fetchall())

            analyses = scalar(connection, "SELECT count(*) FROM analyses")
            failures = count(f"SELECT f.error_kind, count(*) {_FAILED} GROUP BY 1")
            stored = sorted(part_sizes(connection).items()) if parts else []
            roots = connection.execute("SELECT path, is_recursive, scanned_at FROM roots ORDER BY path").fetchall()
            own = (f"(SELECT count(*) FROM {table.name})" for table, _ in StoredTable.with_values())
            user_values = scalar(connection, f"SELECT {' + '.join(own)}")
            stale = stale_analyses(connection)
            labels = count(LABELS_BY_SOURCE)
            version = self._schema_version(connection)
        return records.LibraryInfo(
            library=self._database.path,
            size_bytes=self._size(),
            mirror_bytes=_size_of(self._mirror),
            schema_version=version,
            analysis_version=ANALYSIS_VERSION,
            files=self.states(),
            failures=failures,
            analyses=analyses,
            stale_analyses=stale,
            parts=tuple(
                records.StoredPart(name=name, version=number, count=count, bytes=size)
                for (name, number), (count, size) in stored
            ),
            user_values=user_values,
            labels=labels,
            roots=tuple(
                records.ScannedRoot(
                    folder=display_path(os.fsdecode(path)),
                    recursive=bool(recursive),
                    scanned_at=at or None,
                    present=os.path.isdir(os.fsdecode(path)),
                )
                for path, recursive, at in roots
            ),
        ).to_record()

    def states(self) -> dict[str, int]:
        """The number of files in each state."""
        # A count for each: to group them, SQLite would sort them first.
        sums = ", ".join(f"count(*) FILTER (WHERE state = '{state}')" for state in STATES)
        with self._database.reading() as connection:
            return dict(zip(STATES, connection.execute(f"SELECT {sums} FROM facts").fetchone(), strict=True))

    def figures(self) -> records.LibraryFigures:
        """Counts and sizes, without any names."""
        with self._database.reading() as connection:
            failures = dict(connection.execute(f"SELECT f.error_kind, count(*) {_FAILED} GROUP BY 1").fetchall())
            added = dict(connection.execute("SELECT added_by, count(*) FROM files GROUP BY 1").fetchall())
            analyses = scalar(connection, "SELECT count(*) FROM analyses")
            lists = scalar(connection, "SELECT count(*) FROM playlists WHERE deleted_at IS NULL")
        return records.LibraryFigures(
            states=self.states(),
            failures=failures,
            analyses=analyses,
            lists=lists,
            added=added,
            size_bytes=self._size(),
            mirror_bytes=_size_of(self._mirror),
        )

    def prune(
        self, present_copies: Callable[[Collection[str]], Mapping[str, str]] = lambda _: {}, *, dry_run: bool
    ) -> records.Pruned:
        """Delete files that are gone and analyses without a file; the user's values stay.

        A file is gone if a scan marked it as missing and it is still absent. Files under an absent or empty root stay:
        a drive that is not mounted is no reason to forget them. The same holds for a large part of a root.

        present_copies: returns the path of a present copy of each recording that has one
        """
        with self._database.reading() as connection:
            roots = [os.fsdecode(path) for (path,) in connection.execute("SELECT path FROM roots ORDER BY path")]
            missing = connection.execute("SELECT id, path FROM files WHERE missing_since IS NOT NULL").fetchall()
        absent = {os.path.join(root, ""): root for root in roots if not _has_content(root)}
        paths = [(file_id, os.fsdecode(path)) for file_id, path in missing]
        skipped = tuple(root for inside, root in absent.items() if any(path.startswith(inside) for _, path in paths))
        paths = [(file_id, path) for file_id, path in paths if not path.startswith(tuple(absent))]
        folders = self._skipped_folders(roots, [path for _, path in paths if not OnDisk(path).may_exist()])
        inside = tuple(os.path.join(each.folder, "") for each in folders)
        gone = [(file_id,) for file_id, path in paths if not path.startswith(inside) and not OnDisk(path).may_exist()]
        offers = self._offers([file_id for (file_id,) in gone], present_copies)
        if dry_run:
            count = self._database.scalar(
                f"SELECT count(*) {_NO_FILES}", (json.dumps([audio_id for (audio_id,) in gone]),)
            )
        else:
            with self._database.transaction() as connection:
                connection.executemany("DELETE FROM files WHERE id = ?", gone)
                count = connection.execute(f"DELETE {_NO_FILES}", ("[]",)).rowcount
                for table in ExtraTables.tables_in(connection):
                    if table.prune is not None:
                        resolved(table.prune)(connection, datetime.now(UTC))
        return records.Pruned(
            library=self._database.path,
            dry_run=dry_run,
            missing_files=len(gone),
            orphaned_analyses=count,
            skipped_roots=skipped,
            skipped_folders=folders,
            offers=offers,
        )

    def _skipped_folders(self, roots: Sequence[str], gone: Iterable[str]) -> tuple[records.SkippedFolder, ...]:
        """Return the outermost absent or empty folders inside roots that had many of their files."""
        from map4.core.store.query.forms import Predicate  # of searches, which few commands need

        has_content, counts = cache(_has_content), Counter[tuple[str, str]]()
        for path in gone:
            root = max((root for root in roots if is_inside(path, root)), key=len, default=None)
            folders, folder = [], os.path.dirname(path)
            while root is not None and len(folder) > len(root):
                folders.append(folder)
                folder = os.path.dirname(folder)
            counts.update((root or "", folder) for folder in folders[::-1] if not has_content(folder))
        chosen = list[records.SkippedFolder]()
        for (root, folder), files in sorted(counts.items()):
            if files < _LEAST_SKIPPED or any(is_inside(folder, each.folder) for each in chosen):
                continue
            where, values = Predicate.inside(root)
            of_root = self._database.scalar(f"SELECT count(*) FROM files AS f WHERE {where}", values)
            if files >= _LEAST_SHARE * of_root:
                chosen.append(records.SkippedFolder(folder=folder, root=root, files=files, of_root=of_root))
        return tuple(chosen)

    def _offers(
        self, gone: Sequence[int], present_copies: Callable[[Collection[str]], Mapping[str, str]]
    ) -> tuple[records.ReplaceOffer, ...]:
        """Return the gone files with places in lists or values that have a present copy."""
        if not gone:
            return ()
        numbers = json.dumps(gone)
        with self._database.reading() as connection:
            audio = {audio_id for (audio_id,) in connection.execute(_ONLY_AUDIO, (numbers, numbers))}
        copies = present_copies(audio)
        files = self._database.rows(_of_gone(), (json.dumps(sorted(copies)), numbers))
        return tuple(
            records.ReplaceOffer(path=os.fsdecode(path), copy=copies[audio_id], places=places, values=values)
            for path, audio_id, places, values in files
            if places or values
        )

    def clear(self) -> int:
        """Delete all analyses and failures, so that the next scan makes them again. Returns how many there were."""
        with self._database.transaction() as connection:
            self._forget_mirror(connection)  # first, so that the changes are not noted
            connection.execute("UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL")
            return connection.execute("DELETE FROM analyses").rowcount

    @abstractmethod
    def _copy_into(self, file: str) -> None:
        """Fill a new file with the library as it is now."""

    def backup(self, target: str, *, force: bool, only_sound: bool = False) -> int:
        """Copy the library to a file, consistent even during a scan. Returns the size in bytes.

        only_sound: make none of a damaged library
        """
        from map4.care.store.backup import make_backup

        return make_backup(self._copy_into, self._database.path, target, force=force, only_sound=only_sound)

    def backup_to(self, path: str, *, is_folder: bool, force: bool, keep: int | None) -> records.BackupMade:
        """Copy the library to a file, or to that of the day in a folder, where `keep` stay; see `CarePart.backup`."""
        file = os.path.join(path, records.dated_backup(datetime.now(UTC).date())) if is_folder else path
        size_bytes = self.backup(file, force=force, only_sound=keep is not None)
        dropped = records.superseded(os.listdir(path), os.path.basename(file), keep) if keep is not None else []
        for name in dropped:
            os.remove(os.path.join(path, name))
        return records.BackupMade(path=file, size_bytes=size_bytes, dropped=tuple(dropped))


class SqliteCare(SqlCare):
    _database: SqliteDatabase

    def _schema_version(self, connection: Connection) -> int:
        return schema.user_version(self._database.connection)

    def _size(self) -> int:
        return sum(map(_size_of, SafeFile(self._database.file).files()))

    @property
    def _mirror(self) -> str:
        return LibraryFile(self._database.file).mirror

    def _forget_mirror(self, connection: Connection) -> None:
        connection.execute("DELETE FROM mirror")
        connection.execute("DELETE FROM mirror_changes")

    def clear(self) -> int:
        dropped = super().clear()
        for path in (self._mirror, *glob(f"{escape(self._mirror)}-*")):  # without its token nothing reads it
            with suppress(OSError):
                os.unlink(path)
        return dropped

    def _copy_into(self, file: str) -> None:
        with self._database.reading() as connection:
            copy_database(connection, file)


def _size_of(path: str) -> int:
    """Bytes of a file; 0 without one."""
    return os.path.getsize(path) if os.path.isfile(path) else 0


def _has_content(root: str) -> bool:
    try:
        with os.scandir(root) as entries:
            return next(entries, None) is not None
    except OSError:
        return False
