"""Whether the values in a library can be read: what checking and repairing it have in common."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from map4.domain.analysis.analysis_json import analysis_from_core, read_core
from map4.domain.events import EVENT_TYPES, HAPPENINGS
from map4.domain.lists.tracklist import PlaylistEntry
from map4.domain.track.imported import values_from_data
from map4.domain.track.labels import labels_from_data
from map4.domain.track.observations import provided_from_data, sound_value
from map4.domain.track.user_values import value_from_data
from map4.errors import ERROR_KINDS
from map4.infra.sql.query.facts import facts_are_in_step
from map4.infra.sql.rows.analysis_parts import PART_READERS, part_place
from map4.infra.sql.rows.import_rows import read_path_maps
from map4.infra.sql.unreadable import UNREADABLE

# julianday() alone takes bare numbers too.
_IS_NO_TIME = "({0} NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*' OR julianday({0}) IS NULL)"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that can't be read as what it should be: where it stands, and what is wrong in words."""

    table: str
    key: tuple[Any, ...]
    problem: str


def bad_rows(connection: sqlite3.Connection) -> Iterator[BadRow]:
    """Every row whose values can't be read back, by the rules by which tracks are read."""
    for table, keys, columns, what, read in _READERS:
        for row in connection.execute(f"SELECT {columns} FROM {table}"):
            values = dict(zip(columns.split(", "), row, strict=True))
            problem = _problem(read, values)
            if problem is not None:
                problem = f"{what.format_map(values)} can't be read ({problem})"
                yield BadRow(table=table.split()[0], key=row[:keys], problem=problem)
    marks = ", ".join("?" * len(ERROR_KINDS))
    kinds = connection.execute(
        f"SELECT id, display, error_kind FROM files WHERE error_kind IS NOT NULL AND error_kind NOT IN ({marks})",
        ERROR_KINDS,
    )
    for file_id, display, kind in kinds.fetchall():
        yield BadRow(table="files", key=(file_id,), problem=f"the failure of {display} is of no known kind ({kind!r})")
    incomplete = connection.execute(
        "SELECT id, display FROM files WHERE length(path) = 0 OR instr(path, x'00') "
        "OR (codec IS NOT NULL AND (sample_rate_hz IS NULL OR channels IS NULL OR payload_bytes IS NULL)) "
        "OR (error_kind IS NOT NULL AND error_message IS NULL)"
    )
    for file_id, display in incomplete.fetchall():
        yield BadRow(table="files", key=(file_id,), problem=f"the row of {display} lacks values")
    impossible = connection.execute(
        "SELECT id, display FROM files WHERE tag_bpm NOT BETWEEN 0 AND 10000 OR year NOT BETWEEN 0 AND 9999 "
        "OR rating NOT BETWEEN 0 AND 5 OR min(size_bytes, sample_rate_hz, channels, payload_bytes) < 0 "
        f"OR {_IS_NO_TIME.format('added_at')}"
    )
    for file_id, display in impossible.fetchall():
        yield BadRow(table="files", key=(file_id,), problem=f"the row of {display} holds impossible values")
    undated = connection.execute(f"SELECT id, audio_id FROM analyses WHERE {_IS_NO_TIME.format('analysed_at')}")
    for row_id, audio_id in undated.fetchall():
        yield BadRow(table="analyses", key=(row_id,), problem=f"when {audio_id} was analysed can't be read")


def content_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with the rows of a library whose pages and tables are sound."""
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} ({row}) belongs to no row of {parent}"
    for bad in bad_rows(connection):
        yield bad.problem
    if not facts_are_in_step(connection):
        yield "what searches read (the table facts) differs from files and analyses; 'map4 cache repair' makes it again"


def user_value_problem(name: Any, value: Any) -> str | None:
    """Why a value that the user set can't be read; None where it can."""
    return _problem(_read_user_value, {"name": name, "value": value})


_Row = Mapping[str, Any]


def _problem(read: Callable[[_Row], object], values: _Row) -> str | None:
    try:
        read(values)
    except UNREADABLE as error:
        return f"{error} is missing" if isinstance(error, KeyError) else str(error)
    return None


def _read_user_value(row: _Row) -> None:
    value_from_data(row["name"], json.loads(row["value"]))


def _read_imported_track(row: _Row) -> None:
    """Values and entry, the entry as it would be matched later."""
    values_from_data(json.loads(row["data"]))
    entry = json.loads(row["entry"])
    entry.pop("paths", None)
    PlaylistEntry(position=1, **entry)


def _read_change(row: _Row) -> None:
    if row["kind"] not in EVENT_TYPES or row["what"] not in HAPPENINGS:
        raise ValueError(f"{row['kind']} {row['what']} is nothing that happens")


def _read_end(row: _Row) -> None:
    [_, at] = row.values()
    if at is not None:
        datetime.fromisoformat(at)


# Table, how many of the columns are its key, the columns, what a row is, and what reads it.
_READERS: tuple[tuple[str, int, str, str, Callable[[_Row], object]], ...] = (
    (
        "analyses", 1, "id, audio_id, version, core", "the analysis of {audio_id}",
        lambda row: analysis_from_core(read_core(row["core"]), version=row["version"]),
    ),
    ("user_values", 2, "audio_id, name, value", "your own {name} of {audio_id}", _read_user_value),
    (
        "ratings", 2, "audio_id, owner, rating", "a rating of {audio_id}",
        lambda row: value_from_data("rating", row["rating"]),
    ),
    (
        "marks", 3, "audio_id, owner, mark_key, mark", "a mark of {audio_id}",
        lambda row: value_from_data("mark", row["mark"]),
    ),
    ("labels", 1, "audio_id, data", "the labels of {audio_id}", lambda row: labels_from_data(json.loads(row["data"]))),
    (
        "imported", 1, "audio_id, data", "what was imported for {audio_id}",
        lambda row: values_from_data(json.loads(row["data"])),
    ),
    ("imports", 1, "id, display, path_maps", "path maps of {display}", lambda row: read_path_maps(row["path_maps"])),
    (
        "provided", 1, "audio_id, data", "what was looked up for {audio_id}",
        lambda row: provided_from_data(json.loads(row["data"])),
    ),
    (
        "observations", 4, "audio_id, provider, provider_id, field, value", "what {provider} said of {audio_id}",
        lambda row: sound_value(row["field"], json.loads(row["value"])),
    ),
    ("changes", 1, "number, kind, what", "the change {number}", _read_change),
    ("credentials", 1, "id, expires_at", "the credential {id}", _read_end),
    ("signing_keys", 1, "id, until", "the signing key {id}", _read_end),
    ("renewed_secrets", 1, "digest, renewed_at", "a renewed secret", _read_end),
    ("imported_tracks", 2, "import_id, key, entry, data", "the imported track {key!r}", _read_imported_track),
    *(
        (
            f"{part_place(name)[0]} JOIN analyses USING (id)", 1, f"id, audio_id, {part_place(name)[1]}",
            f"the {name} of {{audio_id}}", lambda row, read=read: read([*row.values()][-1] or b""),
        )
        for name, read in PART_READERS.items()
    ),
)  # fmt: skip
