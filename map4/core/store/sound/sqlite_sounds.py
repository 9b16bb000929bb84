"""The mirror of a library file: a file beside it, whose token the library stores."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass

from map4.core.store.database import Connection, Database
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.file.library_file import mirror_lock, mirror_path
from map4.core.store.sound.sound_index import SqlSounds, forget_changes
from map4.core.store.store_part import IN_MEMORY

# A reader that builds the mirror doesn't wait for a writer, and reads the tables instead.
_BUSY_S = 0.1


@dataclass(slots=True)
class SqliteSounds(SqlSounds):
    database: SqliteDatabase

    @property
    def mirror_path(self) -> str | None:
        return None if self.database.path == IN_MEMORY else mirror_path(self.database.file)

    def _shows(self, connection: Connection, token: str) -> bool:
        return connection.execute("SELECT 1 FROM mirror WHERE token = ?", (token,)).fetchone() is not None

    def _lock(self) -> AbstractContextManager[None]:
        return mirror_lock(self.database.file)

    def _apart(self) -> SqliteDatabase:
        return SqliteDatabase(self.database.file, busy_timeout_s=_BUSY_S)

    def _put_in_place(self, database: Database, new: str, token: str, revision: int) -> bool:
        with database.transaction() as connection:  # no rows if another mirror was begun since
            if not connection.execute("UPDATE mirror SET token = begun WHERE begun = ?", (token,)).rowcount:
                return False
            os.replace(new, mirror_path(self.database.file))
        forget_changes(database, revision)
        return True
