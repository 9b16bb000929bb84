"""Tables of imports: imported files, their entries, and the merged values."""

from __future__ import annotations

import json

from map4.core.music.track.fields import NAMES_BY_FILE
from map4.core.store.stored_tables import ExportMember, PersonPlace, Row, RowCheck, StoredTable, json_reader, resolved

IMPORTS = (
    # One row per imported file; importing it again replaces its data. The path maps, pairs of folders that have
    # another name here, are stored so that the next import of the file needs no --path-map.
    """CREATE TABLE imports (
        id INTEGER PRIMARY KEY,
        format TEXT NOT NULL,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        version TEXT,
        imported_at TEXT NOT NULL,
        imported_by INTEGER NOT NULL DEFAULT 0,
        path_maps TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(path_maps)),
        UNIQUE (format, path)
    ) STRICT""",
)
ENTRIES = (
    # Entries without an audio id wait for their file. The key is the other program's; `offset_s` is added to its
    # times if the file was replaced by another copy of the recording.
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
    (
        "CREATE TRIGGER imported_tracks_of_moved_file AFTER UPDATE OF path ON files WHEN old.path <> new.path BEGIN "
        "UPDATE imported_tracks SET path = new.path WHERE audio_id = old.audio_id AND path = old.path; END"
    ),
)
IMPORTED = (
    # A row for each audio, and for each file that an entry names, under its `uid`, with the values of the file (title,
    # album, comment …). `data` is the source; the other columns derive from it. `comment` is stored when written:
    # SQLite can't answer from an index on a generated column without reading the row with its grid.
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
    (  # other audio, unless an entry names it
        "CREATE TRIGGER imported_of_changed_file AFTER UPDATE OF audio_id ON files "
        "WHEN new.audio_id IS NOT NULL AND coalesce(old.audio_id, '') <> new.audio_id BEGIN "
        "DELETE FROM imported WHERE audio_id = new.uid AND NOT EXISTS (SELECT 1 FROM imported_tracks AS t "
        "WHERE t.audio_id = new.audio_id AND t.path = new.path); END"
    ),
)
_NAMES = ", ".join(f"'{name}', i.data ->> '$.{name}'" for name in NAMES_BY_FILE)
_PATHS = ", ".join(f"'$.{name}'" for name in NAMES_BY_FILE)
_BY_FILE = (
    f"""INSERT INTO imported (audio_id, data, comment)
        SELECT f.uid, json_patch(coalesce(o.data, '{{}}'), json_object({_NAMES})), o.comment FROM imported AS i
        JOIN files AS f ON f.audio_id = i.audio_id LEFT JOIN imported AS o ON o.audio_id = f.uid
        WHERE json_patch('{{}}', json_object({_NAMES})) <> '{{}}'
        ON CONFLICT (audio_id) DO UPDATE SET data = excluded.data""",
    f"UPDATE imported SET data = json_remove(data, {_PATHS}) WHERE audio_id NOT GLOB 'f-*'",
)
# Entries belong to the user; their data counts even if the imported file is lost.
_NAME_LOST = (
    "INSERT INTO imports (id, format, path, display, imported_at) "
    "SELECT DISTINCT import_id, 'recovered', CAST('/recovered import ' || import_id AS BLOB), "
    "'/recovered import ' || import_id, :now FROM imported_tracks WHERE import_id NOT IN (SELECT id FROM imports)"
)
_ROWS = "SELECT format, path, imported_at FROM imports WHERE imported_by = ?1 ORDER BY imported_at"
_VALUES = "map4.core.music.track.imported:values_from_data"


def _read_entry(row: Row) -> None:
    """Read values and entry; the entry in the form used for matching."""
    resolved(_VALUES)(json.loads(row["data"]))
    entry = json.loads(row["entry"])
    entry.pop("paths", None)
    resolved("map4.core.music.lists.tracklist:PlaylistEntry")(position=1, **entry)


TABLES = (
    StoredTable(
        "imports",
        IMPORTS,
        people=(PersonPlace("imported_by", "number stays", "imports"),),
        export=ExportMember("imports", ExportMember.reader(_ROWS, "map4.imports.store.imports:own_import")),
        lost_parents=_NAME_LOST,
        checks=(
            RowCheck(
                "id, display, path_maps",
                "path maps of {display}",
                lambda row: resolved("map4.imports.rows:read_path_maps")(row["path_maps"]),
            ),
        ),
    ),
    StoredTable(
        "imported_tracks",
        ENTRIES,
        checks=(RowCheck("import_id, key, entry, data", "the imported track {key!r}", _read_entry),),
    ),
    StoredTable(
        "imported",
        IMPORTED,
        later=((105, _BY_FILE),),
        derived_from=frozenset({"imports", "imported_tracks", "substitutes"}),
        recompute="map4.imports.store.effective_values:recompute",
        checks=(RowCheck("audio_id, data", "what was imported for {audio_id}", json_reader(_VALUES)),),
        change="imported",
        of_files=True,
    ),
)
