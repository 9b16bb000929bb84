"""Maintain a library file: copy it, and delete data that can be computed again."""

from __future__ import annotations

import os
from contextlib import suppress
from glob import escape, glob

from map4.base.unfinished import files_of
from map4.store.care import SqlCare, size_of
from map4.store.database import Connection
from map4.store.file import schema
from map4.store.file.database import SqliteDatabase
from map4.store.file.library_file import mirror_path


class SqliteCare(SqlCare):
    _database: SqliteDatabase

    def _schema_version(self, connection: Connection) -> int:
        return schema.user_version(self._database.connection)

    def _sizes(self) -> tuple[int, int]:
        return sum(map(size_of, files_of(self._database.file))), size_of(mirror_path(self._database.file))

    def _forget_mirror(self, connection: Connection) -> None:
        connection.execute("DELETE FROM mirror")
        connection.execute("DELETE FROM mirror_changes")

    def clear(self) -> int:
        dropped = super().clear()
        mirror = mirror_path(self._database.file)
        for path in (mirror, *glob(f"{escape(mirror)}-*")):  # without its token nothing reads it
            with suppress(OSError):
                os.unlink(path)
        return dropped

    def backup(self, target: str, *, force: bool, only_sound: bool = False) -> int:
        from map4.store.upkeep.backup import backup_library

        return backup_library(self._database, target, force=force, only_sound=only_sound)

    def settle(self) -> None:
        self._database.empty_journal()
