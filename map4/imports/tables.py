"""Tables of imports: imported files, their entries, and the merged values."""

from __future__ import annotations

import json

from map4.core.music.track.fields import NAMES_BY_FILE
from map4.core.store.stored_tables import ExportMember, PersonPlace, Row, RowCheck, StoredTable, json_reader, resolved

SQL = StoredTable.sql_beside(__file__)

IMPORTED = SQL["imported"]
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
_VALUES = "map4.core.music.track.imported:ImportedValues.from_data"


def _read_entry(row: Row) -> None:
    """Read values and entry; the entry in the form used for matching."""
    resolved(_VALUES)(json.loads(row["data"]))
    entry = json.loads(row["entry"])
    entry.pop("paths", None)
    resolved("map4.core.music.lists.tracklist:PlaylistEntry")(position=1, **entry)


TABLES = (
    StoredTable(
        "imports",
        SQL["imports"],
        people=(PersonPlace("imported_by", "number stays", "imports"),),
        export=ExportMember("imports", ExportMember.reader(_ROWS, "map4.imports.store.imports:own_import")),
        lost_parents=_NAME_LOST,
        checks=(
            RowCheck(
                "id, display, path_maps",
                "path maps of {display}",
                lambda row: resolved("map4.imports.records:read_path_maps")(row["path_maps"]),
            ),
        ),
    ),
    StoredTable(
        "imported_tracks",
        SQL["imported_tracks"],
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
