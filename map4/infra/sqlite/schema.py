"""The library file's tables and the steps from one version of them to the next.

`docs/library-file.md` describes the tables for people who query them; keep both true.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache

from map4.infra.sqlite.alike_tables import ALIKE_TABLES
from map4.infra.sqlite.audio_aliases import ALIASES, note_due_ids
from map4.infra.sqlite.facts import (
    add_facts,
    add_facts_of_inside,
    add_imported_facts,
    add_imported_names,
    add_own_names_and_cutoff,
    add_provided_facts,
    without_facts,
)
from map4.infra.sqlite.mirror_tables import MIRROR_OF_LABELS, MIRROR_TABLES
from map4.infra.sqlite.observation_tables import OBSERVATION_TABLES
from map4.infra.sqlite.part_tables import in_rows, split_parts
from map4.infra.sqlite.sort_indexes import FILL_SORT_COLUMNS, SORT_COLUMNS, SORT_INDEXES, sorted_text

APPLICATION_ID = 0x4D415034  # "MAP4"

Migration = Callable[[sqlite3.Connection], None]

_VERSION_1 = (
    """CREATE TABLE roots (
        path BLOB PRIMARY KEY,
        display TEXT NOT NULL,
        is_recursive INTEGER NOT NULL,
        scanned_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # The core is the one truth; the columns beside it are drawn from it, so that they can't disagree.
    """CREATE TABLE analyses (
        id INTEGER PRIMARY KEY,
        audio_id TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL,
        analysed_at TEXT NOT NULL,
        core TEXT NOT NULL CHECK (json_valid(core)),
        duration_s REAL AS (json_extract(core, '$.duration_s')) STORED,
        bpm REAL AS (json_extract(core, '$.tempo.bpm')) STORED,
        tempo_confidence REAL AS (json_extract(core, '$.tempo.confidence')) STORED,
        key TEXT AS (json_extract(core, '$.key.camelot')) STORED,
        key_confidence REAL AS (json_extract(core, '$.key.confidence')) STORED,
        energy REAL AS (json_extract(core, '$.energy')) STORED,
        loudness_lufs REAL AS (json_extract(core, '$.loudness.integrated_lufs')) STORED
    ) STRICT""",
    """CREATE TABLE parts (
        audio_id TEXT NOT NULL REFERENCES analyses (audio_id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL UNIQUE,
        display TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        audio_id TEXT,
        is_whole_file_id INTEGER NOT NULL DEFAULT 0,
        codec TEXT,
        sample_rate_hz INTEGER,
        channels INTEGER,
        bits INTEGER,
        payload_bytes INTEGER,
        artist TEXT,
        title TEXT,
        album TEXT,
        genre TEXT,
        year INTEGER,
        track INTEGER,
        tag_bpm REAL,
        tag_key TEXT,
        isrc TEXT,
        label TEXT,
        catalog_number TEXT,
        rating REAL,
        comment TEXT,
        error_kind TEXT,
        error_message TEXT,
        failed_version INTEGER,
        missing_since TEXT,
        added_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX files_by_audio ON files (audio_id)",
    """CREATE TABLE user_values (
        audio_id TEXT NOT NULL,
        name TEXT NOT NULL CHECK (name IN ('bpm', 'key')),
        value TEXT NOT NULL CHECK (json_valid(value)),
        set_at TEXT NOT NULL,
        PRIMARY KEY (audio_id, name)
    ) STRICT, WITHOUT ROWID""",
    """CREATE VIEW tracks AS
        SELECT f.display AS path, f.artist, f.title, f.album, f.genre, f.year, a.duration_s, a.bpm, a.tempo_confidence,
               a.key, a.key_confidence, a.energy, a.loudness_lufs, f.tag_bpm, f.tag_key,
               CASE WHEN f.missing_since IS NOT NULL THEN 'missing' WHEN a.id IS NOT NULL THEN 'ok'
                    WHEN f.error_kind IS NOT NULL THEN 'failed' ELSE 'pending' END AS state,
               f.error_kind, f.audio_id, f.id AS file_id
        FROM files AS f LEFT JOIN analyses AS a USING (audio_id)""",
    "CREATE VIEW files_text AS SELECT id, artist, title, album, genre, display AS path FROM files",
    """CREATE VIRTUAL TABLE files_fts USING fts5 (
        artist, title, album, genre, path,
        content = 'files_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )""",
    """CREATE TRIGGER files_fts_insert AFTER INSERT ON files BEGIN
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END""",
    """CREATE TRIGGER files_fts_delete AFTER DELETE ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
    END""",
    """CREATE TRIGGER files_fts_update AFTER UPDATE OF artist, title, album, genre, display ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        VALUES ('delete', old.id, old.artist, old.title, old.album, old.genre, old.display);
        INSERT INTO files_fts (rowid, artist, title, album, genre, path)
        VALUES (new.id, new.artist, new.title, new.album, new.genre, new.display);
    END""",
)


_INDEXES_OF_PARTS = (
    # Which parts are old is asked at each scan, without reading what they hold.
    "CREATE INDEX parts_by_version ON parts (name, version)",
    # All sound vectors are read at once, from an index that holds them; in the table lie kilobytes between two of them.
    "CREATE INDEX sound_vectors ON parts (audio_id, version, data) WHERE name = 'sound'",
)

_LISTS = (
    """CREATE TABLE playlists (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(name) > 0),
        description TEXT,
        header TEXT NOT NULL CHECK (json_valid(header) AND json_type(header) = 'object'),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
    ) STRICT""",
    # Path and tags as they were when the list was stored, so that a track that left the library still has a name.
    """CREATE TABLE playlist_tracks (
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        position INTEGER NOT NULL CHECK (position > 0),
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        audio_id TEXT,
        artist TEXT,
        title TEXT,
        detail TEXT NOT NULL CHECK (json_valid(detail) AND json_type(detail) = 'object'),
        compatibility REAL AS (json_extract(detail, '$.transition.compatibility')) STORED,
        PRIMARY KEY (playlist_id, position)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE written_files (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        format TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        digest TEXT NOT NULL,
        written_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX written_files_by_path ON written_files (path)",
)


_LABELS = (
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are.
    """CREATE TABLE labels (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data)),
        labelled_at TEXT NOT NULL,
        genre TEXT AS (json_extract(data, '$.genre')) STORED,
        family TEXT AS (json_extract(data, '$.family')) STORED,
        subgenre TEXT AS (json_extract(data, '$.subgenre')) STORED,
        mood TEXT AS (json_extract(data, '$.mood')) STORED,
        era TEXT AS (json_extract(data, '$.era')) STORED,
        confidence REAL AS (json_extract(data, '$.confidence')) STORED,
        source TEXT AS (json_extract(data, '$.source')) STORED,
        model TEXT AS (json_extract(data, '$.model')) STORED
    ) STRICT, WITHOUT ROWID""",
)


_IMPORTS = (
    # One row a file that was imported; importing it again replaces what it said.
    """CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        version TEXT,
        imported_at TEXT NOT NULL,
        UNIQUE (format, path)
    ) STRICT""",
    # Entries without an audio id wait for their file. The key is the other program's; `offset_s` is what its times are
    # moved by where the file was replaced by another copy of the recording.
    """CREATE TABLE imported_tracks (
        import_id INTEGER NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        entry TEXT NOT NULL CHECK (json_valid(entry) AND json_type(entry) = 'object'),
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        audio_id TEXT,
        path BLOB,
        method TEXT,
        offset_s REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (import_id, key)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_tracks_by_audio ON imported_tracks (audio_id)",
    # The data is the one truth; the columns beside it are drawn from it, as those of analyses are. The comment is drawn
    # when it is written: an index on a generated column is never enough for SQLite, it reads the row with its grid too.
    """CREATE TABLE imported (
        audio_id TEXT PRIMARY KEY,
        data TEXT NOT NULL CHECK (json_valid(data) AND json_type(data) = 'object'),
        bpm REAL AS (json_extract(data, '$.bpm')) STORED,
        key TEXT AS (json_extract(data, '$.key')) STORED,
        rating REAL AS (json_extract(data, '$.rating')) STORED,
        play_count INTEGER AS (json_extract(data, '$.play_count')) STORED,
        last_played TEXT AS (json_extract(data, '$.last_played')) STORED,
        cues INTEGER AS (nullif(json_array_length(data, '$.cues'), 0)) STORED,
        comment TEXT
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX imported_comments ON imported (comment) WHERE comment IS NOT NULL",
)


def _step(*statements: str, then: Migration | None = None) -> Migration:
    """A migration that runs these statements, and then another one."""

    def step(connection: sqlite3.Connection) -> None:
        for statement in statements:
            connection.execute(statement)
        if then is not None:
            then(connection)

    return step


# Folders that have another name here, as pairs of both: the next import of the file needs no --path-map.
_PATH_MAPS = "ALTER TABLE imports ADD COLUMN path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps))"

# Files that scans leave out because the user asked so.
_IGNORED_FILES = """CREATE TABLE ignored_files (
    path BLOB NOT NULL PRIMARY KEY, display TEXT NOT NULL, ignored_at TEXT NOT NULL
) STRICT, WITHOUT ROWID"""


# What few files are or have is counted without reading all.
_FEW_FACTS = (
    "CREATE INDEX facts_not_ok ON facts (state) WHERE state <> 'ok'",
    "CREATE INDEX facts_rated ON facts (rating) WHERE rating IS NOT NULL",
)


def _add_providers_and_mirror(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 11."""
    from map4.infra.sqlite.analysis_parts import shorten_beats  # with it come the records of an analysis

    shorten_beats(connection)
    add_provided_facts(connection)
    for statement in MIRROR_TABLES:
        connection.execute(statement)


def _split_parts_and_sort(connection: sqlite3.Connection) -> None:
    """Part of the migration to schema 13."""
    split_parts(connection)
    connection.create_function("map4_in_rows", 1, in_rows, deterministic=True)
    connection.create_function("map4_sorted", 1, sorted_text, deterministic=True)
    without_facts(connection, "UPDATE analyses SET core = map4_in_rows(core)", FILL_SORT_COLUMNS)
    for statement in SORT_INDEXES:
        connection.execute(statement)


add_lists = _step(*_LISTS)
add_labels = _step(*_LABELS)

MIGRATIONS: Sequence[Migration] = (
    _step(*_VERSION_1),
    add_facts,
    _step(*_INDEXES_OF_PARTS),
    add_lists,
    add_labels,
    _step(*_IMPORTS, then=add_imported_facts),
    _step(*ALIASES, then=note_due_ids),
    add_facts_of_inside,
    _step(*ALIKE_TABLES, then=add_own_names_and_cutoff),
    _step(_PATH_MAPS, then=add_imported_names),
    _step(_IGNORED_FILES, *OBSERVATION_TABLES, then=_add_providers_and_mirror),
    _step(*MIRROR_OF_LABELS, *_FEW_FACTS),
    # Aliases are looked up by the former id; an index of the others took more room than a search of all takes time.
    _step("DROP INDEX audio_aliases_by_audio", *SORT_COLUMNS, then=_split_parts_and_sort),
)
"""Step i takes a library from `user_version` i to i + 1."""

SALVAGED_TABLES = (
    "roots", "analyses", "files", "parts", "details", "sounds", "user_values", "labels", "playlists", "playlist_tracks",
    "written_files", "imports", "imported_tracks", "imported", "audio_aliases", "ignored_files", "observations",
    "lookups",
)  # fmt: skip
"""Tables that hold data, `parts` until schema 12, those with audio ids of their own first; full-text index, `facts` and
`provided` are made from them."""

USERS_TABLES = frozenset(
    {"user_values", "labels", "playlists", "playlist_tracks", "imports", "imported_tracks", "imported", "ignored_files",
     "lookups", "observations"}
)  # fmt: skip
"""Those whose rows can't be computed again."""


def user_version(connection: sqlite3.Connection) -> int:
    """The version of a library's schema; 0 of a new file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration] | None = None) -> None:
    """Bring a library up to date, each step in a transaction with its new `user_version`.

    The connection must be in autocommit mode. An interrupted step leaves the version before it.

    Parameters
    ----------
    migrations : the steps, in order; those of this map4 unless told otherwise
    """
    version = user_version(connection)
    steps = MIGRATIONS if migrations is None else migrations
    for number, step in enumerate(steps[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have done this step while we waited for the lock.
            if user_version(connection) < number:
                step(connection)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # a full disk has rolled back already
                connection.execute("ROLLBACK")
            raise


Schema = Mapping[tuple[str, str], str | None]
"""The SQL of every table, view, trigger and index, by kind and name; None of indexes that SQLite makes itself."""


def stored_schema(connection: sqlite3.Connection) -> Schema:
    """The schema of a library."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'")
    # How the full-text index words the tables beneath it differs between versions of SQLite.
    return {(kind, name): "" if name in _FULL_TEXT_TABLES else sql for kind, name, sql in rows}


def expected_schema(version: int | None = None) -> Schema:
    """The schema of a library as map4 makes it; of this version unless another is named."""
    return _schema_after(tuple(MIGRATIONS[:version]))


@cache
def _schema_after(migrations: Sequence[Migration]) -> Schema:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, migrations)
        return stored_schema(connection)


def missing_parts(connection: sqlite3.Connection, version: int | None = None) -> list[str]:
    """What is missing or altered in the schema of a library, each as words for a person."""
    found = stored_schema(connection)
    if _digest(found) == SCHEMA_DIGEST and version in (None, len(MIGRATIONS)):
        return []
    # Tables first: with one of them its indexes and triggers are gone too.
    missing = sorted(
        expected_schema(version).items() - found.items(), key=lambda part: (part[0][0] != "table", str(part))
    )
    return [f"the {kind} {name} is {'altered' if (kind, name) in found else 'missing'}" for (kind, name), _ in missing]


def foreign_parts(connection: sqlite3.Connection, version: int | None = None) -> list[tuple[str, str]]:
    """Kind and name of what map4 did not make."""
    return sorted(stored_schema(connection).keys() - expected_schema(version).keys())


def _digest(found: Schema) -> str:
    return hashlib.blake2b(repr(sorted(found.items(), key=str)).encode("utf-8", "replace"), digest_size=16).hexdigest()


_FULL_TEXT_TABLES = frozenset(f"files_fts_{name}" for name in ("data", "idx", "docsize", "config"))
SCHEMA_DIGEST = "1d6bcc11f826778e94382af819025a4c"
"""Of `stored_schema` of this version, so that a library need not be compared part by part when it is opened."""
