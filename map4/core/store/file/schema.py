"""The schema of the library file: the steps from one version to the next, and checks that a file has it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache, lru_cache, partial

from map4.core.music.plays import PlayTime
from map4.core.store.file.connection import committed
from map4.core.store.stored_tables import ExtraTables, Statements, StoredTable

APPLICATION_ID = 0x4D415034  # "MAP4"

Migration = Callable[[sqlite3.Connection], None]

FIRST_VERSION = 100
"""The oldest schema that map4 opens."""


def make_tables(connection: sqlite3.Connection, since: int | None = None) -> None:
    """Create the tables that a version added, and alter others; those of the first version unless another is named."""
    for table in StoredTable.of_core():
        for statement in table.statements_of(since):
            connection.execute(statement)


def _keep_moments_in_utc(connection: sqlite3.Connection) -> None:
    """Convert the local times of imports; days stay."""
    connection.create_function(
        "map4_utc", 1, lambda written: PlayTime.utc_of_local(written) or written[: len("2026-01-31")]
    )
    for table in ("imported_tracks", "imported"):
        for name in ("last_played", "date_added"):
            value = f"json_extract(data, '$.{name}')"
            converted = f"json_set(data, '$.{name}', map4_utc({value}))"
            connection.execute(f"UPDATE {table} SET data = {converted} WHERE {value} GLOB '*T*[0-9]'")


def _revoke_stream_keys(connection: sqlite3.Connection) -> None:
    """Revoke the keys of addresses of streams, and the scope "listen", which only they needed."""
    connection.execute("DELETE FROM credentials WHERE scopes = '[\"listen\"]'")
    others = "SELECT json_group_array(value) FROM json_each(scopes) WHERE value <> 'listen'"
    connection.execute(f"UPDATE credentials SET scopes = ({others}) WHERE scopes LIKE '%\"listen\"%'")


MIGRATIONS: Sequence[Migration | None] = (
    make_tables, partial(make_tables, since=101), partial(make_tables, since=102), None, _keep_moments_in_utc,
    partial(make_tables, since=105), _revoke_stream_keys, partial(make_tables, since=107),
    partial(make_tables, since=108), partial(make_tables, since=109), partial(make_tables, since=110),
)  # fmt: skip
"""Step i takes a library to `user_version` FIRST_VERSION + i, the first from nothing; None changes only Postgres."""


def newest_version() -> int:
    return FIRST_VERSION + len(MIGRATIONS) - 1


def is_changed_since(version: int) -> bool:
    """True if a step after a version changes library files."""
    return any(MIGRATIONS[max(version - FIRST_VERSION + 1, 0) :])


def is_ours(connection: sqlite3.Connection) -> bool:
    """True if a database is a library of map4."""
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)


def user_version(connection: sqlite3.Connection) -> int:
    """The version of a library's schema; 0 of a new file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration | None] | None = None) -> None:
    """Update a library, new or from FIRST_VERSION on, to the newest schema: all steps in one transaction.

    The connection must be in autocommit mode. If interrupted, the library is unchanged, for the map4 that made it.

    migrations: the steps, in order; default: those of this map4
    """
    steps = tuple(enumerate(MIGRATIONS if migrations is None else migrations, start=FIRST_VERSION))
    if not steps or user_version(connection) >= steps[-1][0]:
        return
    with committed(connection):
        # Another process may have migrated while we waited for the lock.
        version = user_version(connection)
        for number, step in steps:
            if number > version:
                if step is not None:
                    step(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")


Schema = Mapping[tuple[str, str], str | None]
"""The SQL of every table, view, trigger and index, by kind and name; None of indexes that SQLite makes itself."""
_Part = tuple[str, str, str, str | None]  # kind, name, table and SQL of a part of a schema


def stored_schema(connection: sqlite3.Connection) -> Schema:
    """The schema without the tables of extras."""
    parts = _parts(connection)
    return _core_parts(parts, _recorded(connection, parts).values())


def _core_parts(parts: Iterable[_Part], extras: Iterable[Statements]) -> Schema:
    of_extras = {table for statements in extras for table in ExtraTables.made_by(statements)}
    # SQLite versions word the tables of the full-text index differently.
    return {
        (kind, name): "" if name in _FULL_TEXT_TABLES else sql
        for kind, name, table, sql in parts
        if table not in of_extras
    }


def _parts(connection: sqlite3.Connection) -> list[_Part]:
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    return connection.execute(sql).fetchall()


def _recorded(connection: sqlite3.Connection, parts: list[_Part]) -> Mapping[str, Statements]:
    is_there = any((kind, name) == ("table", "extras") for kind, name, _, _ in parts)
    return ExtraTables.recorded(connection) if is_there else {}


def _altered_extras(parts: list[_Part], extras: Mapping[str, Statements]) -> Iterator[str]:
    for extra, statements in extras.items():
        tables = set(ExtraTables.made_by(statements))
        missing = tables - {name for kind, name, _, _ in parts if kind == "table"}
        if missing:
            yield f"the table {min(missing)} of the extra {extra} is missing"
        elif {sql for _, _, table, sql in parts if table in tables and sql} != set(statements):
            yield f"the tables of the extra {extra} are altered"


def expected_schema(version: int | None = None) -> Schema:
    """The schema of a library as map4 makes it; of this version unless another is named."""
    return _schema_after(tuple(MIGRATIONS if version is None else MIGRATIONS[: version - FIRST_VERSION + 1]))


@cache
def _schema_after(migrations: Sequence[Migration | None]) -> Schema:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, migrations)
        return stored_schema(connection)


def _lasting_parts(version: int) -> set[tuple[tuple[str, str], str | None]]:
    """The parts of a version that a migration does not rebuild."""
    drawn = ("tracks", "own_names", "imported_names", "credit_names")
    parts = expected_schema(version).items()
    return {part for part in parts if not part[0][1].startswith("facts") and part[0][1] not in drawn}


def missing_parts(connection: sqlite3.Connection, version: int | None = None) -> list[str]:
    """The missing or altered parts in the schema of a library, as phrases for messages."""
    parts = _parts(connection)
    extras = _recorded(connection, parts)
    altered, is_newest = [*_altered_extras(parts, extras)], version in (None, newest_version())
    if is_newest and _is_current(tuple(parts), tuple(extras.values())):
        return altered
    stored = _core_parts(parts, extras.values())
    wanted = set(expected_schema().items()) if version is None or is_newest else _lasting_parts(version)
    # Tables first: without a table, its indexes and triggers are gone too.
    missing = sorted(wanted - stored.items(), key=lambda part: (part[0][0] != "table", str(part)))
    return [
        f"the {kind} {name} is {'altered' if (kind, name) in stored else 'missing'}" for (kind, name), _ in missing
    ] + altered


def versions_by_tables(connection: sqlite3.Connection) -> list[int]:
    """The versions, oldest first, whose tables, views and triggers a library has; its number is ignored."""
    stored, known = stored_schema(connection), range(FIRST_VERSION, newest_version() + 1)
    exact = [version for version in known if stored == expected_schema(version)]
    return exact or [
        version
        for version in known
        if _lasting_parts(version) <= stored.items() and stored.keys() <= expected_schema(version).keys()
    ]


def header_problem(connection: sqlite3.Connection) -> str | None:
    """A number in the header of a library that contradicts its tables, in words; None if there is none."""
    if not (versions := versions_by_tables(connection)):
        return None
    if not is_ours(connection):
        return "its header lacks the application id of map4, and its tables are those of map4"
    if (version := user_version(connection)) in versions:
        return None
    is_newer = version > newest_version()
    instead = "; if a newer map4 wrote it, don't repair it, but update map4" if is_newer else ""
    return f"its header says schema {version}, and its tables are those of schema {versions[-1]}{instead}"


def foreign_parts(connection: sqlite3.Connection, version: int | None = None) -> list[tuple[str, str]]:
    """Kind and name of schema entries that map4 did not create."""
    return sorted(stored_schema(connection).keys() - expected_schema(version).keys())


@lru_cache(maxsize=4)  # a server, a scan or a repair opens a library several times
def _is_current(parts: tuple[_Part, ...], extras: tuple[Statements, ...]) -> bool:
    return digest_of(_core_parts(parts, extras)) == SCHEMA_DIGEST


def digest_of(schema: Schema) -> str:
    parts = sorted(f"{kind}\0{name}\0{sql}" for (kind, name), sql in schema.items())
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


_FULL_TEXT_TABLES = frozenset(
    f"{table}_{name}" for table in ("files_fts", "lyrics_fts") for name in ("data", "idx", "docsize", "config")
)
SCHEMA_DIGEST = "208b9e5c2436cc3bea1ea7922040a2d7"
"""Digest of `stored_schema` of this version, so that opening a library need not compare its schema part by part."""
