"""Merge files and their analyses."""

from __future__ import annotations

import os

from map4.core.store.database import Connection, scalar
from map4.core.store.query.field_sql import PARTS_OF, part_place
from map4.extras.cluster.records import MergeConflict
from map4.extras.cluster.store.merging import Merging, Row, found_row, ordered, rank_of, write

# Numbers differ between libraries, and the first sighting is merged separately.
_NUMBERS, _FIRST_SEEN = ("id", "uid"), ("added_at", "added_by")
# Columns that are cleared once a file's audio is analysed.
_FAILURE = ("error_kind", "error_message", "failed_version")
_PLACES = {
    table: {
        f"{name}_{what}": column
        for name in names
        for what, column in zip(("data", "number"), part_place(name)[1:], strict=True)
    }
    for table, names in PARTS_OF.items()
}
_ANALYSES = (
    "SELECT a.audio_id, a.version, a.analysed_at, a.core, "
    + ", ".join(f"{table}.{column} AS {name}" for table, places in _PLACES.items() for name, column in places.items())
    + " FROM analyses AS a LEFT JOIN details ON details.id = a.id LEFT JOIN sounds ON sounds.id = a.id"
)
_WHAT_FAILED_BEFORE = (
    "UPDATE files SET error_kind = NULL, error_message = NULL, failed_version = NULL WHERE error_kind IS NOT NULL "
    "AND EXISTS (SELECT 1 FROM analyses AS a WHERE a.audio_id = files.audio_id AND a.version >= files.failed_version)"
)


def merge_folders(merging: Merging) -> None:
    def merge(connection: Connection, row: Row) -> None:
        there = found_row(connection, "roots", ("path",), row)
        joined = row if there is None else {name: max(row[name], there[name]) for name in row}
        if joined != there:
            write(connection, "roots", ("path",), joined)
            merging.counts.note("folders", is_new=there is None)

    merging.each(merging.rows("SELECT path, display, is_recursive, scanned_at FROM roots"), merge)


def merge_tracks(merging: Merging) -> None:
    """Merge analyses, then files, so that no file lacks its analysis; ignored files are merged earlier."""
    merging.each(merging.rows(_ANALYSES), lambda connection, row: _merge_analysis(merging, connection, row))
    merging.each(merging.rows("SELECT * FROM files"), lambda connection, row: _merge_file(merging, connection, row))
    with merging.into.transaction() as connection:
        connection.execute(_WHAT_FAILED_BEFORE)
        connection.execute("DELETE FROM files WHERE path IN (SELECT path FROM ignored_files)")


def _merge_analysis(merging: Merging, connection: Connection, row: Row) -> None:
    values = connection.execute(f"{_ANALYSES} WHERE a.audio_id = ?", (row["audio_id"],)).fetchone()
    there = None if values is None else dict(zip(row, values, strict=True))
    if there is not None and _worth(row) <= _worth(there):
        return
    of_core = {name: row[name] for name in ("audio_id", "version", "analysed_at", "core")}
    write(connection, "analyses", ("audio_id",), of_core)
    number = scalar(connection, "SELECT id FROM analyses WHERE audio_id = ?", (row["audio_id"],))
    for table, places in _PLACES.items():
        parts = {column: row[name] for name, column in places.items()}
        if any(value is not None for value in parts.values()):
            write(connection, table, ("id",), {"id": number, **parts})
        else:
            connection.execute(f"DELETE FROM {table} WHERE id = ?", (number,))
    merging.counts.note("analyses", is_new=there is None)


def _worth(row: Row) -> tuple[object, ...]:
    """Rank: the newest analysis version, then the versions of its parts, then its time."""
    parts = (ordered(row[name]) for name in sorted(row) if name.endswith("_number"))
    return rank_of(row, row["version"], *parts, row["analysed_at"])


def _merge_file(merging: Merging, connection: Connection, row: Row) -> None:
    file_id, row = row["id"], {name: value for name, value in row.items() if name not in _NUMBERS}
    if scalar(connection, "SELECT count(*) FROM ignored_files WHERE path = ?", (row["path"],)):
        return
    there = found_row(connection, "files", ("path",), row)
    newest, other = (row, there) if there is None or _rank(row) > _rank(there) else (there, row)
    first = min(
        (known_row for known_row in (row, there) if known_row is not None),
        key=lambda known_row: [known_row[name] for name in _FIRST_SEEN],
    )
    joined = newest | {name: first[name] for name in _FIRST_SEEN}
    if joined != there:
        write(connection, "files", ("path",), joined)
        if newest is row:
            _take_lyrics(merging, connection, file_id, row["path"])
        merging.counts.note("files", is_new=there is None)
    if other is not None and None not in (ids := (newest["audio_id"], other["audio_id"])) and len(set(ids)) > 1:
        merging.counts.conflicts.append(
            MergeConflict(
                source=merging.name,
                about="file",
                audio_id=ids[0],
                file=os.fsdecode(row["path"]),
                counts=ids[0],
                set_at=_seen(newest),
                instead_of=ids[1],
                instead_set_at=_seen(other),
            )
        )


def _take_lyrics(merging: Merging, connection: Connection, file_id: int, path: bytes) -> None:
    number = scalar(connection, "SELECT id FROM files WHERE path = ?", (path,))
    connection.execute("DELETE FROM lyrics WHERE id = ?", (number,))
    for row in merging.source.execute("SELECT language, beside, words FROM lyrics WHERE id = ?", (file_id,)):
        connection.execute("INSERT INTO lyrics (id, language, beside, words) VALUES (?, ?, ?, ?)", (number, *row))


def _seen(row: Row) -> str:
    seen: str = max(row["updated_at"], row["missing_since"] or "")
    return seen


def _rank(row: Row) -> tuple[object, ...]:
    """Rank, with failures last: the order of two rows must not change when a failure is cleared."""
    lasting = rank_of(row, _seen(row), without=(*_FIRST_SEEN, *_FAILURE))
    return (*lasting, *(ordered(row[name]) for name in _FAILURE))
