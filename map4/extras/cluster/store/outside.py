"""Merge imports and look-ups: the newest import and the newest look-up win as a whole."""

from __future__ import annotations

from map4.core.store.database import Connection
from map4.extras.cluster.store.merging import Merging, Rank, Row, found_row, ordered, rank_of, write
from map4.labels import SqlObservations

_IMPORT = "format, path, display, version, imported_at, imported_by, path_maps"
_ENTRY = "key, entry, data, audio_id, path, method, offset_s"
_ENTRIES_OF = f"SELECT {_ENTRY} FROM imported_tracks WHERE import_id = {{}}"
_LOOKUP = "audio_id, provider, status, candidates, looked_up_at"
_OBSERVED = "audio_id, provider, provider_id, field, value, score, fetched_at"
# Values from before look-ups were recorded only have their own time.
_LOOKUPS = (
    f"SELECT {_LOOKUP} FROM lookups UNION ALL SELECT audio_id, provider, NULL, NULL, max(fetched_at) "
    "FROM observations AS o WHERE NOT EXISTS (SELECT 1 FROM lookups AS l WHERE (l.audio_id, l.provider) = "
    "(o.audio_id, o.provider)) GROUP BY audio_id, provider"
)
_OF_ONE = "audio_id = ? AND provider = ?"


def merge_imports(merging: Merging) -> set[str]:
    """Merge imports with their entries; return the audio ids whose imported values may have changed."""
    touched: set[str] = set()

    def merge(connection: Connection, row: Row) -> None:
        number = row.pop("id")
        # The location of an imported file refers to the machine of the import.
        there = found_row(connection, "imports", ("format", "path"), row)
        if there is not None and row["imported_at"] < there["imported_at"]:
            return
        is_newer = there is None or row["imported_at"] > there["imported_at"]
        if there is None or rank_of(row, row["imported_at"]) > rank_of(there, there["imported_at"]):
            write(connection, "imports", ("format", "path"), row)
        if is_newer:
            merging.counts.note("imports", is_new=there is None)
        here = connection.execute(
            "SELECT id FROM imports WHERE format = ? AND path = ?", (row["format"], row["path"])
        ).fetchone()[0]
        if is_newer:
            was = connection.execute("SELECT audio_id FROM imported_tracks WHERE import_id = ?", (here,))
            touched.update(audio_id for (audio_id,) in was if audio_id is not None)
            connection.execute("DELETE FROM imported_tracks WHERE import_id = ?", (here,))
        for entry in merging.rows(_ENTRIES_OF.format(number)):
            touched.update(_merge_entry(connection, {"import_id": here, **entry}))

    rows = merging.source.execute(f"SELECT id, {_IMPORT} FROM imports").fetchall()
    names = ["id", *_IMPORT.split(", ")]
    merging.each((dict(zip(names, row, strict=True)) for row in rows), merge)
    return touched


def _merge_entry(connection: Connection, row: Row) -> set[str]:
    """Merge an entry of an import; an entry with a known file wins over a waiting entry."""
    there = found_row(connection, "imported_tracks", ("import_id", "key"), row)
    if there is not None and _known(row) <= _known(there):
        return set()
    write(connection, "imported_tracks", ("import_id", "key"), row)
    return {values["audio_id"] for values in (row, there) if values is not None and values["audio_id"] is not None}


def _known(row: Row) -> Rank:
    return rank_of(row, row["audio_id"] is not None)


def merge_lookups(merging: Merging) -> None:
    """Merge values of providers."""
    touched: set[str] = set()

    def merge(connection: Connection, row: Row) -> None:
        of_one = (row["audio_id"], row["provider"])
        observed = merging.source.execute(f"SELECT {_OBSERVED} FROM observations WHERE {_OF_ONE}", of_one).fetchall()
        held = connection.execute(f"SELECT {_OBSERVED} FROM observations WHERE {_OF_ONE}", of_one).fetchall()
        values = connection.execute(f"SELECT {_LOOKUP} FROM ({_LOOKUPS}) WHERE {_OF_ONE}", of_one).fetchone()
        there = None if values is None else dict(zip(row, values, strict=True))
        if there is not None and _observed_rank(row, observed) <= _observed_rank(there, held):
            return
        connection.execute(f"DELETE FROM observations WHERE {_OF_ONE}", of_one)
        connection.execute(f"DELETE FROM lookups WHERE {_OF_ONE}", of_one)
        if row["status"] is not None:
            write(connection, "lookups", ("audio_id", "provider"), row)
        marks = ", ".join("?" * len(_OBSERVED.split(", ")))
        connection.executemany(f"INSERT INTO observations ({_OBSERVED}) VALUES ({marks})", observed)
        merging.counts.note("lookups", is_new=there is None)
        touched.add(row["audio_id"])

    merging.each(merging.rows(_LOOKUPS), merge)
    with merging.into.transaction() as connection:
        SqlObservations.recompute(connection, sorted(touched))


def _observed_rank(row: Row, observed: list[tuple[object, ...]]) -> Rank:
    observations = sorted(tuple(map(ordered, item)) for item in observed)
    return (row["looked_up_at"], *rank_of(row), tuple(observations))
