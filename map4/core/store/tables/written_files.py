"""The table of files that map4 wrote."""

from map4.core.store.stored_tables import ExportMember, PersonPlace, StoredTable

WRITTEN = (
    """CREATE TABLE written_files (
        id INTEGER PRIMARY KEY,
        path BLOB NOT NULL,
        display TEXT NOT NULL,
        format TEXT NOT NULL,
        tracks INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL,
        digest TEXT NOT NULL,
        written_at TEXT NOT NULL,
        seconds REAL NOT NULL,
        asked_by INTEGER NOT NULL,
        asker TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX written_files_by_path ON written_files (path)",
)

TABLES = (
    StoredTable(
        "written_files",
        WRITTEN,
        salvage="rows",
        people=(PersonPlace("asker", "name erased", "exports"), PersonPlace("asked_by", "number stays", "exports")),
        export=ExportMember("exports", "map4.core.store.written_files:written_for"),
        erase="map4.core.store.written_files:erase_asker",
        take="map4.core.store.written_files:take_written",
        rename="map4.core.store.written_files:rename_asker",
    ),
)
