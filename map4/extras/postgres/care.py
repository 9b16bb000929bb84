"""Maintenance of a library in Postgres: figures and backups; the database server does the rest."""

from __future__ import annotations

from map4.extras.postgres.database import PostgresDatabase
from map4.extras.postgres.functions import SCHEMA
from map4.store.care import SqlCare, size_of
from map4.store.database import Connection, scalar


class PostgresCare(SqlCare):
    _database: PostgresDatabase

    def _schema_version(self, connection: Connection) -> int:
        return int(scalar(connection, "SELECT version FROM library_schema"))

    def _sizes(self) -> tuple[int, int]:
        sql = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = ?::regnamespace"
        with self._database.reading() as connection:
            size = scalar(connection, f"{sql} AND relkind = 'r'", (SCHEMA,))
        return int(size), size_of(self._database.mirror)

    def _forget_mirror(self, connection: Connection) -> None:
        for table in ("mirror", "mirrors", "mirror_changes"):
            connection.execute(f"DELETE FROM {table}")

    def backup(self, target: str, *, force: bool, only_sound: bool = False) -> int:
        from map4.extras.postgres.copying import copy_into_file
        from map4.store.upkeep.backup import make_backup

        return make_backup(
            lambda partial: copy_into_file(self._database, partial),
            self._database.path,
            target,
            force=force,
            only_sound=only_sound,
        )

    def settle(self) -> None:
        """There is nothing to do after a scan."""
