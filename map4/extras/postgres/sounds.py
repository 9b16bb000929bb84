"""Local mirrors of a library in Postgres: each busy machine has its own, and the library knows them all."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar

from map4.core.store.database import Connection, Database, scalar
from map4.core.store.file.database import LibraryFile
from map4.core.store.sound.mirror_file import read_mirror
from map4.core.store.sound.sound_index import SqlSounds
from map4.extras.postgres.database import PostgresDatabase

KNOWN = 16  # number of mirrors that are updated incrementally; older mirrors are rebuilt


@dataclass(slots=True)
class PostgresSounds(SqlSounds):
    has_text: ClassVar[str] = "strpos(a.core, :text) > 0"

    database: PostgresDatabase

    @property
    def mirror_path(self) -> str:
        return self.database.mirror

    def _shows(self, connection: Connection, token: str) -> bool:
        return bool(scalar(connection, "SELECT count(*) FROM mirrors WHERE token = ?", (token,)))

    def _lock(self) -> AbstractContextManager[None]:
        return LibraryFile(self.mirror_path.removesuffix(".mirror")).mirror_lock()

    def _apart(self) -> PostgresDatabase:
        database = PostgresDatabase(self.database.address)
        with database.reading() as connection:
            # A reader that builds the mirror doesn't wait for a writer, and reads the tables instead.
            connection.execute("SET lock_timeout = 100")
        return database

    def _put_in_place(self, database: Database, new: str, token: str, revision: int) -> int:
        former = read_mirror(self.mirror_path)
        with database.transaction() as connection:
            connection.execute("DELETE FROM mirrors WHERE token = ?", ("" if former is None else former.token,))
            connection.execute("INSERT INTO mirrors VALUES (?, ?)", (token, revision))
            connection.execute(
                "DELETE FROM mirrors WHERE token NOT IN (SELECT token FROM mirrors ORDER BY revision DESC LIMIT ?)",
                (KNOWN,),
            )
            oldest = int(scalar(connection, "SELECT min(revision) FROM mirrors"))
            os.replace(new, self.mirror_path)
        return oldest
