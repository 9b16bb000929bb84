"""The table of files that map4 wrote."""

from map4.core.store.stored_tables import ExportMember, PersonPlace, StoredTable

SQL = StoredTable.sql_beside(__file__)

WRITTEN = SQL["written_files"]

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
