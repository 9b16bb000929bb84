"""Tables of analyses: the core, and large parts."""

from __future__ import annotations

from collections.abc import Iterable

from map4.core.music.analysis.analysis import Analysis, read_core
from map4.core.store.stored_tables import Row, RowCheck, StoredTable, change_trigger, note_change, resolved

SQL = StoredTable.sql_beside(__file__)


def _notes() -> Iterable[str]:
    for event, row, what in (
        ("INSERT", "new", "analysed"),
        ("UPDATE", "new", "analysed"),
        ("DELETE", "old", "changed"),
    ):
        audio = f"{row}.audio_id"
        where = f"EXISTS (SELECT 1 FROM files WHERE audio_id = {audio})"  # a new file is reported as added instead
        note = note_change("tracks", f"'{what}'", audio, where=where)
        yield change_trigger(f"{event.lower()}_analyses", f"{event} ON analyses", note)


_PARTS = ("beats", "downbeats", "overview", "fingerprint")
_OF_ANALYSIS = "id INTEGER PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE"
ANALYSES = (
    *SQL["analyses"],
    # Bulky parts by analysis id. In a table with a row per part and audio id, each part over a kilobyte took a page of
    # its own, so more than half of the 20 KB per track was empty.
    f"""CREATE TABLE details ({_OF_ANALYSIS},
        {", ".join(f"{name}_version INTEGER" for name in _PARTS)},
        {", ".join(f"{name} BLOB" for name in _PARTS)}
    ) STRICT""",
    f"CREATE TABLE sounds ({_OF_ANALYSIS}, version INTEGER NOT NULL, data BLOB NOT NULL) STRICT",
    # Each scan queries which parts are outdated without reading them; for fingerprints only the first column is used.
    """CREATE INDEX details_by_version
        ON details (fingerprint_version, beats_version, downbeats_version, overview_version)""",
    "CREATE INDEX sounds_by_version ON sounds (version)",
)
ANALYSIS_NOTES = tuple(_notes())


def _read_core(row: Row) -> None:
    Analysis.from_core(read_core(row["core"]), version=row["version"])


def _read_parts(row: Row) -> None:
    readers = resolved("map4.core.store.rows.track_rows:COLUMN_READERS")
    for column in row.keys() & readers.keys():
        try:
            readers[column](row[column] or b"")
        except ValueError as error:
            raise ValueError(f"{column}: {error}") from None


def _parts(table: str, *columns: str) -> RowCheck:
    return RowCheck(
        source=f"{table} JOIN analyses USING (id)",
        columns=f"id, audio_id, {', '.join(columns)}",
        what="a part of the analysis of {audio_id}",
        read=_read_parts,
    )


_WITHOUT_ANALYSIS = "id NOT IN (SELECT id FROM analyses)"
TABLES = (
    StoredTable(
        "analyses",
        (ANALYSES[0], *ANALYSIS_NOTES),
        salvage="rows",
        checks=(RowCheck("id, audio_id, version, core", "the analysis of {audio_id}", _read_core),),
    ),
    StoredTable(
        "details",
        (ANALYSES[1], ANALYSES[3]),
        salvage="rows",
        orphans=_WITHOUT_ANALYSIS,
        checks=(_parts("details", *(name for name in _PARTS if name != "downbeats")),),
    ),
    StoredTable(
        "sounds",
        (ANALYSES[2], ANALYSES[4]),
        salvage="rows",
        orphans=_WITHOUT_ANALYSIS,
        checks=(_parts("sounds", "data"),),
    ),
)
