"""Whether the values in a library can be read: what checking and repairing it have in common."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from map4.domain.analysis_json import analysis_from_core
from map4.domain.imported import values_from_data
from map4.domain.key import parse_key
from map4.domain.labels import labels_from_data
from map4.domain.tracklist import PlaylistEntry
from map4.errors import ERROR_KINDS, Map4Error
from map4.infra.sqlite.analysis_parts import part_problem

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, Map4Error)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that can't be read as what it should be: where it stands, and what is wrong in words."""

    table: str
    key: tuple[Any, ...]
    problem: str


def bad_rows(connection: sqlite3.Connection) -> Iterator[BadRow]:
    """Every row whose values can't be read back, by the rules by which tracks are read."""
    yield from _bad_analyses(connection)
    yield from _bad_user_values(connection)
    yield from _bad_labels(connection)
    yield from _bad_imports(connection)
    yield from _bad_parts(connection)
    marks = ", ".join("?" * len(ERROR_KINDS))
    kinds = connection.execute(
        f"SELECT id, display, error_kind FROM files WHERE error_kind IS NOT NULL AND error_kind NOT IN ({marks})",
        ERROR_KINDS,
    )
    for file_id, display, kind in kinds.fetchall():
        yield BadRow(table="files", key=(file_id,), problem=f"the failure of {display} is of no known kind ({kind!r})")
    incomplete = connection.execute(
        "SELECT id, display FROM files WHERE length(path) = 0 "
        "OR (codec IS NOT NULL AND (sample_rate_hz IS NULL OR channels IS NULL OR payload_bytes IS NULL)) "
        "OR (error_kind IS NOT NULL AND error_message IS NULL)"
    )
    for file_id, display in incomplete.fetchall():
        yield BadRow(table="files", key=(file_id,), problem=f"the row of {display} lacks values")


def _bad_analyses(connection: sqlite3.Connection) -> Iterator[BadRow]:
    for row_id, audio_id, version, core in connection.execute("SELECT id, audio_id, version, core FROM analyses"):
        try:
            analysis_from_core(json.loads(core), version=version)
        except _UNREADABLE as error:
            problem = f"the analysis of {audio_id} can't be read ({describe(error)})"
            yield BadRow(table="analyses", key=(row_id,), problem=problem)


def _bad_parts(connection: sqlite3.Connection) -> Iterator[BadRow]:
    for audio_id, name, data in connection.execute("SELECT audio_id, name, data FROM parts"):
        problem = part_problem(name, data)
        if problem is not None:
            yield BadRow(
                table="parts", key=(audio_id, name), problem=f"the {name} of {audio_id} can't be read ({problem})"
            )


def _bad_user_values(connection: sqlite3.Connection) -> Iterator[BadRow]:
    for audio_id, name, value in connection.execute("SELECT audio_id, name, value FROM user_values"):
        problem = user_value_problem(name, value)
        if problem is not None:
            problem = f"your own {name} of {audio_id} can't be read ({problem})"
            yield BadRow(table="user_values", key=(audio_id, name), problem=problem)


def _bad_labels(connection: sqlite3.Connection) -> Iterator[BadRow]:
    for audio_id, data in connection.execute("SELECT audio_id, data FROM labels"):
        try:
            labels_from_data(json.loads(data))
        except _UNREADABLE as error:
            problem = f"the labels of {audio_id} can't be read ({describe(error)})"
            yield BadRow(table="labels", key=(audio_id,), problem=problem)


def _bad_imports(connection: sqlite3.Connection) -> Iterator[BadRow]:
    """Of what was imported, entries and what counts of them; entries as they would be joined later."""
    for audio_id, data in connection.execute("SELECT audio_id, data FROM imported"):
        problem = _imported_problem(data)
        if problem is not None:
            problem = f"what was imported for {audio_id} can't be read ({problem})"
            yield BadRow(table="imported", key=(audio_id,), problem=problem)
    for import_id, key, entry, data in connection.execute("SELECT import_id, key, entry, data FROM imported_tracks"):
        problem = _imported_problem(data) or _entry_problem(entry)
        if problem is not None:
            problem = f"the imported track {key!r} can't be read ({problem})"
            yield BadRow(table="imported_tracks", key=(import_id, key), problem=problem)


def _imported_problem(data: Any) -> str | None:
    try:
        values_from_data(json.loads(data))
    except _UNREADABLE as error:
        return describe(error)
    return None


def _entry_problem(text: Any) -> str | None:
    try:
        entry = json.loads(text)
        entry.pop("paths", None)
        PlaylistEntry(position=1, **entry)
    except _UNREADABLE as error:
        return describe(error)
    return None


def user_value_problem(name: Any, value: Any) -> str | None:
    """Why a value that the user set can't be read; None where it can."""
    try:
        if name == "bpm":
            bpm = float(json.loads(value))
            return None if math.isfinite(bpm) and bpm > 0 else f"{value} is no tempo"
        if name == "key":
            parse_key(json.loads(value))
            return None
    except _UNREADABLE as error:
        return describe(error)
    return f"map4 knows no value called {name!r}"


def describe(error: Exception) -> str:
    """An error of reading a value, for a person."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
