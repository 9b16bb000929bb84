"""Store tempo ranges, and write the tempi that they choose.

The choice is stored in the core of an analysis as if it had been measured, so readers need not know of ranges. Two more
members are the range (`tempo_range`) and the measured members that differ (`unranged`).
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from map4.core.base.text import utc_text
from map4.core.music.analysis.analysis import read_core, write_core
from map4.core.music.query.context import QueryContext
from map4.core.store.database import UNREADABLE, Connection, StorePart
from map4.core.store.query.field_sql import PART_VERSIONS, confidence_sql, counting_sql, text_sql, typed_json_sql
from map4.core.store.query.forms import Predicate
from map4.core.store.rows.track_rows import StoredBeats, file_path
from map4.core.store.search import TABLES
from map4.values.tempo_range import TempoRange

_AT_ONCE = 200
_RANGE, _UNRANGED, _BEATS = "tempo_range", "unranged", "beats"
_AMONG = "audio_id IN (SELECT value FROM json_each(?))"
# A grid that a user set belongs to the tempo that it was set for.
_HAS_GRID = "EXISTS (SELECT 1 FROM user_values AS v WHERE v.audio_id = f.audio_id AND v.name = 'grid')"
_BLOBS = ", ".join(
    f"CASE WHEN d.beats_version = {PART_VERSIONS['beats']} AND d.downbeats_version = {PART_VERSIONS['downbeats']} "
    f"THEN d.{name} END"
    for name in ("beats", "downbeats")
)
_ROWS = f"SELECT a.audio_id, a.id, a.core, {_BLOBS} FROM analyses AS a LEFT JOIN details AS d USING (id) WHERE {_AMONG}"
Blobs = list[bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRange:
    """The range of a query; None if it was removed.

    place: in the order in which ranges were set
    before: range, time and place that undo restores; None if there is no undo
    """

    query: str
    range: TempoRange | None
    set_at: str = ""
    place: int = 0
    before: tuple[str | None, str | None, int] | None = None


class SqlTempoRanges(StorePart):
    """The tempo ranges of a library, and the tempi that they choose."""

    is_shared = True

    def all(self) -> list[StoredRange]:
        """All queries with their ranges, also removed ones: all tracks first, then in the order of setting."""
        sql = "SELECT query, range, set_at, place, before FROM tempo_ranges ORDER BY query <> '', place, set_at"
        with self._database.reading() as connection:
            return [
                StoredRange(
                    query=query, range=text and TempoRange.read(text), set_at=at, place=place,
                    before=before and tuple(json.loads(before)),
                )
                for query, text, at, place, before in connection.execute(sql)
            ]  # fmt: skip

    def put(self, query: str, tempo_range: TempoRange | None, *, now: datetime) -> None:
        """Set or remove the range of a query."""
        with self._database.transaction() as connection:
            sql = "SELECT range, set_at, place FROM tempo_ranges WHERE query = ?"
            before = connection.execute(sql, (query,)).fetchone() or (None, None, 0)
            connection.execute("DELETE FROM tempo_ranges WHERE query = ?", (query,))
            connection.execute(
                "INSERT INTO tempo_ranges (query, range, set_at, place, before) "
                "SELECT ?, ?, ?, coalesce(max(place), 0) + 1, ? FROM tempo_ranges",
                (query, tempo_range and str(tempo_range), utc_text(now), json.dumps([*before])),
            )

    def undo(self, stored: StoredRange) -> None:
        """Restore the range before."""
        text, at, place = stored.before or (None, None, 0)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM tempo_ranges WHERE query = ?", (stored.query,))
            if at is not None:
                sql = "INSERT INTO tempo_ranges (query, range, set_at, place) VALUES (?, ?, ?, ?)"
                connection.execute(sql, (stored.query, text, at, place))

    def audio(self, where: Predicate, among: Collection[str] | None) -> set[str]:
        """The audio ids of matching files, except audio with a grid set by a user."""
        only, first = ("", []) if among is None else (f"f.{_AMONG} AND ", [json.dumps([*among])])
        sql = (
            "SELECT DISTINCT f.audio_id FROM facts AS x JOIN files AS f ON f.id = x.file_id "
            f"WHERE {only}f.audio_id IS NOT NULL AND NOT {_HAS_GRID} AND {where.sql}"
        )
        with self._database.asking() as connection:
            return {audio_id for (audio_id,) in connection.execute(sql, (*first, *where.values))}

    def measured(self, among: Collection[str] | None = None) -> dict[str, tuple[float | None, str | None]]:
        """The tempo of each audio id, and the range that chose it."""
        only, values = ("", ()) if among is None else (f" WHERE {_AMONG}", (json.dumps([*among]),))
        # Parsing 100,000 cores would take longer than reading them.
        applied = f"""CASE WHEN instr(core, '"{_RANGE}"') > 0 THEN json_extract(core, '$.{_RANGE}') END"""
        sql = f"SELECT audio_id, bpm, {applied} FROM analyses{only}"
        with self._database.reading() as connection:
            return {audio_id: (bpm, text) for audio_id, bpm, text in connection.execute(sql, values)}

    def tempi(self, context: QueryContext) -> Iterator[tuple[int, str, str, str | None, float, float | None, Any, Any]]:
        """The id, path, audio id, genre, tempo and its confidence of present files, and both without a range.

        The confidence is None unless the current tempo is measured. Files with a grid set by a user are left out, as
        ranges do not change them.
        """
        bpm = counting_sql("bpm", context)
        before = [
            "CASE WHEN EXISTS (SELECT 1 FROM tempo_ranges) THEN (SELECT "
            f"coalesce({typed_json_sql('a.core', f'.{_UNRANGED}.tempo.{name}', 'REAL')}, a.{column}) "
            "FROM analyses AS a WHERE a.audio_id = f.audio_id) END"
            for name, column in (("bpm", "bpm"), ("confidence", "tempo_confidence"))
        ]
        sql = (
            f"SELECT x.file_id, f.path, f.audio_id, {text_sql('genre', context.preferred)}, {bpm}, "
            f"{', '.join((confidence_sql('tempo', context), *before))} {TABLES} "
            f"WHERE x.state = 'ok' AND {bpm} IS NOT NULL AND NOT {_HAS_GRID} ORDER BY f.path"
        )
        with self._database.asking() as connection:
            for file_id, path, *values in connection.execute(sql):
                yield file_id, file_path(path), *values

    def choose(self, wanted: Mapping[str, TempoRange | None], *, dry_run: bool) -> Iterator[tuple[str, float | None]]:
        """Choose and yield the tempi of audio ids, in short transactions; None restores the measured tempo."""
        pending = iter(wanted)
        while chunk := [*islice(pending, _AT_ONCE)]:
            results = []
            with self._database.reading() if dry_run else self._database.transaction() as connection:
                for audio_id, number, text, *blobs in connection.execute(_ROWS, (json.dumps(chunk),)).fetchall():
                    with suppress(*UNREADABLE):  # 'map4 library verify' reports it
                        core, chosen = _chosen(json.loads(text), blobs, wanted[audio_id])
                        results.append((audio_id, core["tempo"] and core["tempo"]["bpm"]))
                        if not dry_run:
                            _write(connection, number, core, None if chosen == blobs else chosen)
            yield from results


def _chosen(stored: dict[str, Any], blobs: Blobs, tempo_range: TempoRange | None) -> tuple[dict[str, Any], Blobs]:
    """The core with the tempo that a range chooses, and the parts with beats and first beats of bars."""
    measured = {**stored, **stored.get(_UNRANGED, {})}
    if (encoded := measured.pop(_BEATS, None)) is not None:
        blobs = [part and b64decode(part) for part in encoded]
    for name in (_RANGE, _UNRANGED):
        measured.pop(name, None)
    if tempo_range is None:
        return measured, blobs
    beats_s = StoredBeats.unpack(blobs[0] or b"")
    downbeats_s = StoredBeats.unpack_downbeats(beats_s, blobs[1] or b"")
    chosen, new_s, firsts_s = tempo_range.choose(read_core(json.dumps(measured)), beats_s, downbeats_s)
    core = json.loads(write_core(chosen))
    differs = {name: measured.get(name) for name in core if core[name] != measured.get(name)}
    if new_s is not beats_s:
        differs[_BEATS] = [part and b64encode(part).decode() for part in blobs]
        blobs = [StoredBeats.pack(new_s), StoredBeats.pack_downbeats(new_s, firsts_s)]
    return {**core, _RANGE: str(tempo_range), _UNRANGED: differs}, blobs


def _write(connection: Connection, number: int, core: dict[str, Any], blobs: Blobs | None) -> None:
    text = json.dumps(core, allow_nan=False, separators=(",", ":"))
    connection.execute("UPDATE analyses SET core = ? WHERE id = ?", (text, number))
    if blobs is not None:
        connection.execute("UPDATE details SET beats = ?, downbeats = ? WHERE id = ?", (*blobs, number))
