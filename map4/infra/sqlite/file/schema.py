"""The schema of the library file: the steps from one version of it to the next, and whether a file has it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache

from map4.domain.text import folded
from map4.infra.sql.query.facts import FACTS_TABLES, LATER_SORT_INDEXES, LATER_TEXTS, SORT_INDEXES, TEXTS, TRACKS_VIEW
from map4.infra.sql.stored_tables import change_triggers, value_triggers
from map4.infra.sql.tables import (
    accounts,
    analyses,
    changes,
    connections,
    drawn,
    exports,
    files,
    history,
    imports,
    labels,
    lists,
    lookups,
    marks,
    player_notes,
    plays,
    values,
)
from map4.infra.sqlite.connection import committed

APPLICATION_ID = 0x4D415034  # "MAP4"

Migration = Callable[[sqlite3.Connection], None]

FIRST_VERSION = 14
"""The oldest schema that this map4 reads; of 13, `map4.infra.sqlite.maintenance.former` knows what people made."""


def make_tables(connection: sqlite3.Connection) -> None:
    tables = (
        *files.ROOTS, *files.FILES, *files.IGNORED, *files.WORDS, *analyses.ANALYSES, values.FIRST_VALUES,
        *values.RATINGS, *labels.LABELS, *lists.LISTS, *lists.LIST_TRACKS, *exports.WRITTEN, *imports.IMPORTS,
        *imports.ENTRIES, *imports.IMPORTED, *lookups.OBSERVATIONS, *lookups.LOOKUPS, *lookups.PROVIDED,
    )  # fmt: skip
    sounds = (*drawn.SOUND_KEYS, *drawn.SOUND_PAIRS, *drawn.FORGET_SOUNDS)
    mirror = (*drawn.MIRROR_TABLES, *labels.LABELS_OF_MIRROR)
    for statement in (*tables, *FACTS_TABLES, *SORT_INDEXES, *sounds, *mirror, TRACKS_VIEW):
        connection.execute(statement)


def keep_deleted_lists(connection: sqlite3.Connection) -> None:
    """A list that was deleted, or replaced, has the time, and a `name_key` that no list can have: its name is free."""
    connection.execute(lists.DELETED_AT)


def note_changes(connection: sqlite3.Connection) -> None:
    """Triggers note what changes, for who follows it."""
    said = (("user_values", "set"), ("labels", "labelled"), ("imported", "imported"), ("provided", "looked-up"))
    for statement in (
        changes.CHANGES[0], *changes.CHANGE_LOG, *changes.CHANGES[1:], *files.FILE_NOTES, *analyses.ANALYSIS_NOTES,
        *(statement for table, what in said for statement in change_triggers(table, what)),
        *change_triggers("ratings", "rated", "{row}.owner"), *lists.LIST_NOTES,
    ):  # fmt: skip
        connection.execute(statement)


def keep_accounts(connection: sqlite3.Connection) -> None:
    """Who shares the library."""
    for statement in (statement for table in accounts.TABLES for statement in table.create):
        connection.execute(statement)


def note_values(connection: sqlite3.Connection) -> None:
    """What values were before they were set."""
    of_both = (sql for table in values.TABLES if table.set_value for sql in value_triggers(table.name, table.set_value))
    tables = (*changes.OF_STEPS, *history.STEPS, *history.CHANGES, *of_both, history.OF_GONE_ACCOUNTS)
    for statement in tables:
        connection.execute(statement)


def keep_plays(connection: sqlite3.Connection) -> None:
    """What people heard."""
    for statement in plays.FORMER_PLAYS:
        connection.execute(statement)


def keep_own_marks(connection: sqlite3.Connection) -> None:
    """Cue points and beat grids are values too, which the table's own check did not let in."""
    _make_values_anew(connection, values.FORMER_VALUES)


def _make_values_anew(connection: sqlite3.Connection, table: str) -> None:
    about = "FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'user_values'"
    triggers = connection.execute(f"SELECT sql {about}").fetchall()
    connection.execute("CREATE TEMP TABLE values_before AS SELECT * FROM user_values")
    connection.execute("DROP TABLE user_values")
    connection.execute(table)
    connection.execute("INSERT INTO user_values SELECT * FROM temp.values_before")
    connection.execute("DROP TABLE temp.values_before")
    for (sql,) in triggers:
        connection.execute(sql)


def keep_list_versions(connection: sqlite3.Connection) -> None:
    """What lists held before they were changed."""
    connection.execute(lists.LIST_VERSIONS)


def make_room_for_facts(connection: sqlite3.Connection) -> None:
    """The facts follow the table of fields; they are drawn once all that they are drawn from is there (`keep_doubts`).

    Until then nothing draws them.
    """
    _drop_facts(connection)


def _drop_facts(connection: sqlite3.Connection) -> None:
    """An empty table of facts, without what fills it; with the triggers that heed it."""
    _stop_drawing(connection)
    others = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'facts'"
    ).fetchall()
    connection.execute("DROP VIEW tracks")
    connection.execute("DROP TABLE facts")
    indexes = (sql for sql in SORT_INDEXES if " ON facts " in sql)
    tables = (sql for sql in FACTS_TABLES if not sql.startswith(_DRAWING))
    for statement in (*tables, *indexes, TRACKS_VIEW, *(sql for (sql,) in others)):
        connection.execute(statement)


_DRAWING = ("CREATE VIEW", "CREATE TRIGGER")


def _stop_drawing(connection: sqlite3.Connection) -> None:
    drawing = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB 'facts_*'")
    for (name,) in drawing.fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("DROP VIEW IF EXISTS facts_source")


def _keep_drawing(connection: sqlite3.Connection) -> None:
    for statement in FACTS_TABLES:
        if statement.startswith(_DRAWING):
            connection.execute(statement)


def _draw_facts(connection: sqlite3.Connection) -> None:
    _keep_drawing(connection)
    connection.execute("INSERT INTO facts SELECT * FROM facts_source")


def keep_player_notes(connection: sqlite3.Connection) -> None:
    """What music players keep for people."""
    connection.execute(player_notes.PLAYER_NOTES)


def keep_preferred_sources(connection: sqlite3.Connection) -> None:
    """Which source of a field goes first."""
    for statement in (lookups.PREFERRED_SOURCES, *lookups.PREFERRED_NOTES):
        connection.execute(statement)


def pack_plays(connection: sqlite3.Connection) -> None:
    """Every play takes a seventh of its room, and how many there are of a track is counted beforehand."""
    connection.execute("CREATE TEMP TABLE plays_before AS SELECT * FROM plays")
    connection.execute("DROP TABLE plays")
    for statement in (*plays.PLAY_TABLES, *plays.PACK_FORMER):
        connection.execute(statement)
    connection.execute("DROP TABLE temp.plays_before")
    _take_histories(connection)


def _take_histories(connection: sqlite3.Connection) -> None:
    """What DJ programs told in histories, with its time, was heard by who imported it."""
    histories = connection.execute(plays.HISTORIES).fetchall()
    if not histories:
        return
    from map4.domain.plays import source_of, utc_of_local
    from map4.infra.sql.plays import put_play
    from map4.infra.sql.rows.effective_values import affected
    from map4.ports.store.plays import Play

    with affected(connection, "") as named:  # without these, which it had counted
        for owner, importer, audio_id, artist, title, written in histories:
            if at := utc_of_local(written):
                source = source_of(importer)
                play = Play(audio_id=audio_id, artist=artist, title=title, at=at, source=source, heard_s=None,
                            length_s=None)  # fmt: skip
                put_play(connection, owner, play)
            named.add(audio_id)


def keep_connections(connection: sqlite3.Connection) -> None:
    """Music servers that the library is connected to."""
    for statement in (*connections.CONNECTIONS, *connections.SONGS, *connections.SENT_LISTS):
        connection.execute(statement)


def keep_marks(connection: sqlite3.Connection) -> None:
    """Words of people's own that tracks have."""
    for statement in marks.MARK_TABLES:
        connection.execute(statement)


def count_plays_elsewhere(connection: sqlite3.Connection) -> None:
    """How often connected servers say that tracks were played, besides the plays that are kept."""
    connection.execute(plays.ELSEWHERE)


def keep_marks_of_lists(connection: sqlite3.Connection) -> None:
    """Lists have marks, too."""
    for statement in marks.MARKS_OF_LISTS:
        connection.execute(statement)


def keep_albums(connection: sqlite3.Connection) -> None:
    """The artist of an album, the disc of a track and whether it has a picture; of files read before, none of these."""
    for column in files.ALBUM_COLUMNS:
        connection.execute(f"ALTER TABLE files ADD COLUMN {column}")
    connection.execute(files.FILES_BY_TAGS)
    _make_values_anew(connection, values.VALUES_OF_ALBUMS)
    _drop_facts(connection)


def keep_doubts(connection: sqlite3.Connection) -> None:
    """Facts have what the doctor asks for."""
    _drop_facts(connection)
    _draw_facts(connection)


def say_facts_once(connection: sqlite3.Connection) -> None:
    """The triggers that fill the facts share a view: a library is opened in less than half the time."""
    _stop_drawing(connection)
    _keep_drawing(connection)


def sort_more_texts(connection: sqlite3.Connection) -> None:
    """Files have an index of how albums, genres and paths are sorted; and the number of a disc can be set."""
    connection.create_function("map4_folded", 1, folded, deterministic=True)
    _stop_drawing(connection)
    about = "FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'files'"
    triggers = connection.execute(f"SELECT name, sql {about}").fetchall()
    for name, _ in triggers:  # nothing that anybody follows is another one
        connection.execute(f"DROP TRIGGER {name}")
    for column in (TEXTS[name] for name in LATER_TEXTS):
        connection.execute(f"ALTER TABLE files ADD COLUMN {column}_sorted TEXT")
        not_plain = f"WHERE {column} GLOB '*[^ -~]*'"
        connection.execute(f"UPDATE files SET {column}_sorted = map4_folded({column}) {not_plain}")
    for statement in (*LATER_SORT_INDEXES, *(sql for _, sql in triggers)):
        connection.execute(statement)
    _make_values_anew(connection, values.USER_VALUES)
    connection.execute("DROP VIEW tracks")
    connection.execute(TRACKS_VIEW)
    _keep_drawing(connection)


MIGRATIONS: Sequence[Migration] = (
    make_tables, keep_deleted_lists, note_changes, keep_accounts, note_values, keep_plays, keep_own_marks,
    keep_list_versions, make_room_for_facts, keep_player_notes, keep_preferred_sources, pack_plays,
    keep_connections, keep_marks, keep_marks_of_lists, count_plays_elsewhere, keep_albums, keep_doubts,
    say_facts_once, sort_more_texts,
)  # fmt: skip
"""Step i takes a library to `user_version` FIRST_VERSION + i, the first one from nothing."""


def newest_version() -> int:
    return FIRST_VERSION + len(MIGRATIONS) - 1


def user_version(connection: sqlite3.Connection) -> int:
    """The version of a library's schema; 0 of a new file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] | None = None) -> None:
    """Bring a library up to date, a new one or one from FIRST_VERSION on: all steps in one transaction.

    The connection must be in autocommit mode. Interrupted, the library is as it was, for the map4 that made it.

    migrations: the steps, in order; those of this map4 unless told otherwise
    """
    steps = tuple(enumerate(MIGRATIONS if migrations is None else migrations, start=FIRST_VERSION))
    if not steps or user_version(connection) >= steps[-1][0]:
        return
    with committed(connection):
        # Another process may have done them while we waited for the lock.
        version = user_version(connection)
        for number, step in steps:
            if number > version:
                step(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")


Schema = Mapping[tuple[str, str], str | None]
"""The SQL of every table, view, trigger and index, by kind and name; None of indexes that SQLite makes itself."""


def stored_schema(connection: sqlite3.Connection) -> Schema:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'")
    # How the full-text index words the tables beneath it differs between versions of SQLite.
    return {(kind, name): "" if name in _FULL_TEXT_TABLES else sql for kind, name, sql in rows}


def expected_schema(version: int | None = None) -> Schema:
    """The schema of a library as map4 makes it; of this version unless another is named."""
    return _schema_after(tuple(MIGRATIONS if version is None else MIGRATIONS[: version - FIRST_VERSION + 1]))


@cache
def _schema_after(migrations: Sequence[Migration]) -> Schema:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, migrations)
        return stored_schema(connection)


def missing_parts(connection: sqlite3.Connection, version: int | None = None) -> list[str]:
    """What is missing or altered in the schema of a library, each as words for a person."""
    found = stored_schema(connection)
    if _digest(found) == SCHEMA_DIGEST and version in (None, newest_version()):
        return []
    wanted = set(expected_schema(version).items())
    if version not in (None, newest_version()):  # a library of an older version: what it drew itself is drawn anew
        wanted = {part for part in wanted if not _is_drawn(part[0][1])}
    # Tables first: with one of them its indexes and triggers are gone too.
    missing = sorted(wanted - found.items(), key=lambda part: (part[0][0] != "table", str(part)))
    return [f"the {kind} {name} is {'altered' if (kind, name) in found else 'missing'}" for (kind, name), _ in missing]


def _is_drawn(name: str) -> bool:
    return name.startswith("facts") or name in ("tracks", "own_names", "imported_names")


def foreign_parts(connection: sqlite3.Connection, version: int | None = None) -> list[tuple[str, str]]:
    """Kind and name of what map4 did not make."""
    return sorted(stored_schema(connection).keys() - expected_schema(version).keys())


def _digest(found: Schema) -> str:
    parts = sorted(f"{kind}\0{name}\0{sql}" for (kind, name), sql in found.items())
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


_FULL_TEXT_TABLES = frozenset(f"files_fts_{name}" for name in ("data", "idx", "docsize", "config"))
SCHEMA_DIGEST = "a4d8b3d2aa71c33c5d104f98bb18f73f"
"""Of `stored_schema` of this version, so that a library need not be compared part by part when it is opened."""
