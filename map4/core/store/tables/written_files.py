"""The table of files that map4 wrote."""

from map4.core.store.stored_tables import ExportMember, PersonPlace, StoredTable

SQL = StoredTable.sql_beside(__file__)


TABLES = (
    StoredTable(
        "written_files",
        SQL["written_files"],
        salvage="rows",
        people=(PersonPlace("asker", "name erased", "exports"), PersonPlace("asked_by", "number stays", "exports")),
        export=ExportMember("exports", "map4.core.store.written_files:written_for"),
        erase="map4.core.store.written_files:erase_asker",
        take="map4.core.store.written_files:take_written",
        rename="map4.core.store.written_files:rename_asker",
    ),
)
