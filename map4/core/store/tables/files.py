"""Tables of files, scanned folders and ignored files, and the full-text index."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.store.query.field_sql import ADDED_TAGS, NAMES, TAG_TYPES
from map4.core.store.stored_tables import (
    ExportMember,
    Newest,
    PersonPlace,
    RowCheck,
    StoredTable,
    change_trigger,
    export_count,
    note_change,
    resolved,
)
from map4.errors import ERROR_KINDS

SQL = StoredTable.sql_beside(__file__)

_ADDRESS = "coalesce({row}.audio_id, {row}.uid)"
_TIME_OF_FILE = "strftime('%Y-%m-%dT%H:%M:%SZ', :mtime_ns / 1000000000, 'unixepoch')"


def _notes() -> Iterable[str]:
    old, new = (_ADDRESS.format(row=row) for row in ("old", "new"))
    what = (
        "CASE WHEN old.missing_since IS NULL AND new.missing_since IS NOT NULL THEN 'missing' "
        "WHEN old.path <> new.path THEN 'moved' "
        "WHEN old.missing_since IS NOT NULL AND new.missing_since IS NULL THEN 'found' ELSE 'changed' END"
    )
    yield change_trigger("insert_files", "INSERT ON files", note_change("tracks", "'added'", new))
    yield change_trigger("update_files", "UPDATE ON files", note_change("tracks", what, new))
    # The file now belongs to another track, so the previous track has lost a file.
    other = note_change("tracks", "'forgotten'", old)
    yield change_trigger("update_audio", f"UPDATE OF audio_id ON files WHEN {old} <> {new}", other)
    yield change_trigger("delete_files", "DELETE ON files", note_change("tracks", "'forgotten'", old))


FILES = (
    # The id is specific to this library; `uid` identifies a file without audio id to others.
    f"""CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE DEFAULT ('f-' || lower(hex(randomblob(8)))),
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
        {TAG_TYPES},
        tag_camelot TEXT,
        error_kind TEXT,
        error_message TEXT,
        failed_version INTEGER,
        missing_since TEXT,
        added_at TEXT NOT NULL,
        added_by INTEGER NOT NULL DEFAULT 0,
        updated_at TEXT NOT NULL,
        artist_sorted TEXT,
        title_sorted TEXT,
        album_sorted TEXT,
        genre_sorted TEXT,
        display_sorted TEXT,
        artist_sort_sorted TEXT,
        album_sort_sorted TEXT,
        has_picture INTEGER,
        tags_version INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX files_by_audio ON files (audio_id)",
    # `tags_version` is the version of the tag reader (`TAGS_VERSION`): the index counts files to read again at once.
    "CREATE INDEX files_by_tags ON files (tags_version)",
)


def _words(names: str, row: str = "") -> str:
    """The texts whose words are indexed, folded where SQLite can't."""
    columns = {**{name: name for name in NAMES}, "path": "display"}
    keys = {name: f"coalesce({row}{column}_sorted, {row}{column}) AS {name}" for name, column in columns.items()}
    keys["artist"] = keys["artist"].replace("(", f"({row}{names}, ", bool(names))
    return ", ".join(keys.values())


def _index(names: str = "") -> tuple[str, str, str, str]:
    """The indexed texts, and triggers that keep them. names: the column with all names of the credits"""
    return (
        f"CREATE VIEW files_text AS SELECT id, {_words(names)} FROM files",
        f"""CREATE TRIGGER files_fts_insert AFTER INSERT ON files BEGIN
        INSERT INTO files_fts (rowid, artist, title, album, genre, path) SELECT new.id, {_words(names, "new.")};
    END""",
        f"""CREATE TRIGGER files_fts_delete AFTER DELETE ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        SELECT 'delete', old.id, {_words(names, "old.")};
    END""",
        f"""CREATE TRIGGER files_fts_update AFTER UPDATE OF artist, title, album, genre, display, artist_sorted,
        title_sorted, album_sorted, genre_sorted, display_sorted{names and f", {names}"} ON files BEGIN
        INSERT INTO files_fts (files_fts, rowid, artist, title, album, genre, path)
        SELECT 'delete', old.id, {_words(names, "old.")};
        INSERT INTO files_fts (rowid, artist, title, album, genre, path) SELECT new.id, {_words(names, "new.")};
    END""",
    )


_TEXTS, *_TRIGGERS = _index()
WORDS = (_TEXTS, *SQL["files_fts"], *_TRIGGERS)
_OF_CREDITS = tuple(f"ALTER TABLE files ADD COLUMN {name} TEXT" for name in (*ADDED_TAGS, "credits_sorted"))
_OF_WORKS = tuple(
    f"ALTER TABLE files ADD COLUMN {column}" for column in ("work TEXT", "movement TEXT", "movement_number INTEGER")
)
# Credits are unknown until the tags are read again, so that the indexed words stay the same.
_WITH_CREDITS = (
    *(f"DROP TRIGGER files_fts_{event}" for event in ("insert", "delete", "update")),
    "DROP VIEW files_text",
    *_index("credits_sorted"),
)

TABLES = (
    StoredTable("roots", SQL["roots"], salvage="rows", lost_times=(("scanned_at", "''"),)),
    StoredTable("ignored_files", SQL["ignored_files"], merge=Newest("ignored_at", "ignored_files")),
    StoredTable(
        "files",
        (*FILES, *_notes()),
        later=((101, _OF_CREDITS), (109, ("ALTER TABLE files ADD COLUMN advisory TEXT",)), (110, _OF_WORKS)),
        salvage="rows",
        people=(PersonPlace("added_by", "number stays", "files_added"),),
        export=ExportMember("files_added", export_count("files", "added_by")),
        lost_times=(("added_at", _TIME_OF_FILE), ("updated_at", _TIME_OF_FILE)),
        checks=(
            RowCheck(
                "id, display, error_kind",
                where=f"error_kind IS NOT NULL AND error_kind NOT IN {ERROR_KINDS}",
                what="the failure of {display} is of no known kind ({error_kind!r})",
            ),
            RowCheck(
                "id, display",
                where="error_kind IS NOT NULL AND error_message IS NULL",
                what="the row of {display} lacks values",
            ),
            RowCheck(
                "id, display, path, codec, sample_rate_hz, channels, bits, payload_bytes",
                "the row of {display}",
                lambda row: resolved("map4.core.store.rows.track_rows:read_file")(row),
            ),
            RowCheck(
                "id, display",
                where="tag_bpm NOT BETWEEN 0 AND 10000 OR year NOT BETWEEN 0 AND 9999 OR rating NOT BETWEEN 0 AND 5 "
                "OR size_bytes < 0 OR sample_rate_hz < 0 OR channels < 0 OR payload_bytes < 0",
                what="the row of {display} holds impossible values",
            ),
        ),
    ),
    StoredTable("substitutes", SQL["substitutes"], since=110, salvage="no"),
    StoredTable("files_fts", WORDS, later=((101, _WITH_CREDITS),), salvage="no"),
)
