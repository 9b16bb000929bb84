"""What people said of tracks, merged: of each value what was said last, also that it was taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Literal, NamedTuple

from map4.domain.merged import MergeConflict
from map4.infra.sql.database import Connection
from map4.infra.sql.merging.merging import Merging, Row, found_row, merge_by_time, rank_of, write
from map4.infra.sql.plays import place_track
from map4.infra.sql.value_changes import EVERYBODYS, OF_MARK

# A value that is set is told by its row, one that was taken back only by the change that says so. Everybody's values
# and each person's ratings are one here: key, then when, whether it is gone, what and by whom.
_SET = (
    f"SELECT audio_id, name, {EVERYBODYS} AS owner, set_at AS at, 0 AS is_gone, value, set_by AS by FROM user_values "
    "UNION ALL SELECT audio_id, 'rating', owner, set_at, 0, json_quote(rating), owner FROM ratings "
    f"UNION ALL SELECT audio_id, '{OF_MARK}' || mark_key, owner, set_at, 0, json_quote(mark), owner FROM marks"
)
_IS_SET = (
    f"(c.owner = {EVERYBODYS} AND EXISTS (SELECT 1 FROM user_values AS v WHERE (v.audio_id, v.name) = "
    "(c.audio_id, c.name)) OR EXISTS (SELECT 1 FROM ratings AS r WHERE (r.audio_id, r.owner) = (c.audio_id, c.owner)) "
    "AND c.name = 'rating' OR EXISTS (SELECT 1 FROM marks AS m WHERE (m.audio_id, m.owner, m.mark_key) = "
    f"(c.audio_id, c.owner, substr(c.name, {len(OF_MARK) + 1}))))"
)
_GONE = (
    "SELECT c.audio_id, c.name, c.owner, max(s.at) AS at, 1 AS is_gone, NULL AS value, s.by AS by FROM value_changes "
    f"AS c JOIN value_steps AS s ON s.number = c.step WHERE c.became IS NULL AND NOT {_IS_SET} "
    "{more} GROUP BY c.audio_id, c.name, c.owner"
)
_OF_PLAY = ("owner", "at", "track")
_KEY = "audio_id = :audio_id AND name = :name AND owner = :owner"
_THERE = f"SELECT at, is_gone, value, by FROM ({_SET}) WHERE {_KEY}"
_GONE_THERE = f"SELECT at, is_gone, value, by FROM ({_GONE.format(more='AND c.audio_id = :audio_id')}) WHERE {_KEY}"


_ABOUT: dict[str, Literal["value", "rating", "mark"]] = {"values": "value", "ratings": "rating", "marks": "mark"}


class _Said(NamedTuple):
    """What was said of a value last; the later one counts, and of one second that it was taken back."""

    at: str
    is_gone: int
    value: str
    by: int


def merge_said(merging: Merging) -> None:
    """Merge values, ratings, labels, plays, and what players keep."""
    merging.each(_said(merging), lambda connection, row: _merge_value(merging, connection, row))
    merge_by_time(merging, "mark_looks", "mark_looks", ("owner", "mark_key"), "set_at")
    merge_by_time(merging, "labels", "labels", ("audio_id",), "labelled_at")
    _merge_plays(merging)
    merge_by_time(merging, "player_notes", "player_notes", ("owner", "kind", "subject"), "at")


def _merge_plays(merging: Merging) -> None:
    """Every play is kept once, each library naming its track by a number of its own; a play counts before a skip."""
    numbers: dict[int, int] = {}

    def place(connection: Connection, row: Row) -> None:
        number = row.pop("id")
        numbers[number] = place_track(connection, **row)

    def merge(connection: Connection, row: Row) -> None:
        row["track"] = numbers[row["track"]]
        there = found_row(connection, "plays", _OF_PLAY, row)
        if there is None or rank_of(row, -row["skipped"]) > rank_of(there, -there["skipped"]):
            write(connection, "plays", _OF_PLAY, row)
            merging.told.note("plays", is_new=there is None)

    merging.each(merging.rows("SELECT id, audio_id, names, artist, title, album FROM played_tracks ORDER BY id"), place)
    merging.each(merging.rows("SELECT * FROM plays"), merge)


def _said(merging: Merging) -> Iterator[Row]:
    yield from merging.rows(_SET)
    yield from merging.rows(_GONE.format(more=""))


def _merge_value(merging: Merging, connection: Connection, row: Row) -> None:
    key = {name: row[name] for name in ("audio_id", "name", "owner")}
    found = connection.execute(_THERE, key).fetchone() or connection.execute(_GONE_THERE, key).fetchone()
    said, there = _Said(row["at"], row["is_gone"], row["value"] or "", row["by"]), None
    if found is not None:
        there = _Said(found[0], found[1], found[2] or "", found[3])
    if there is not None and said.value != there.value:
        _tell(merging, connection, key, max(said, there), min(said, there))
    if there is None or said > there:
        _write(connection, key, said)
        if there is not None or not said.is_gone:
            merging.told.note(_kind(row), is_new=there is None)


def _kind(key: Row) -> Literal["values", "ratings", "marks"]:
    if key["owner"] == EVERYBODYS:
        return "values"
    return "ratings" if key["name"] == "rating" else "marks"


def _write(connection: Connection, key: Row, said: _Said) -> None:
    """Set a value, or take it back, in a step of who did it, at the time that they did."""
    connection.execute("UPDATE change_log SET actor = ?, step = NULL", (said.by,))
    place, more = _place(key, said)
    kind, its_keys = _kind(key), tuple(place)
    table = "user_values" if kind == "values" else kind
    if said.is_gone:
        where = " AND ".join(f"{one} = ?" for one in its_keys)
        connection.execute(f"DELETE FROM {table} WHERE {where}", [*place.values()])
    else:
        write(connection, table, its_keys, {**place, "set_at": said.at, **more})
    [(step,)] = connection.execute("SELECT step FROM change_log").fetchall()
    if step is None and said.is_gone:  # it was never here: that it was taken back is noted all the same
        [(step,)] = connection.execute(
            "INSERT INTO value_steps (by) VALUES (?) RETURNING number", (said.by,)
        ).fetchall()
        connection.execute(
            "INSERT INTO value_changes (step, audio_id, name, owner, was, became) VALUES (?, ?, ?, ?, NULL, NULL)",
            (step, key["audio_id"], key["name"], key["owner"]),
        )
    connection.execute("UPDATE value_steps SET at = ? WHERE number = ?", (said.at, step))
    connection.execute("UPDATE change_log SET actor = 0, step = NULL")


def _place(key: Row, said: _Said) -> tuple[Row, Row]:
    """The columns of a row that are its key, and what else it says."""
    place = {"audio_id": key["audio_id"]}
    value = json.loads(said.value or "null")
    match _kind(key):
        case "ratings":
            return place | {"owner": key["owner"]}, {"rating": value}
        case "marks":
            return place | {"owner": key["owner"], "mark_key": key["name"].removeprefix(OF_MARK)}, {"mark": value}
    return place | {"name": key["name"]}, {"value": said.value, "set_by": said.by}


def _tell(merging: Merging, connection: Connection, key: Row, counts: _Said, other: _Said) -> None:
    kind = _kind(key)
    if kind != "values" and key["owner"] != merging.actor.id:
        merging.told.hidden += 1
        return
    sql = "SELECT min(path) FROM files WHERE audio_id = ?"
    found = connection.execute(sql, (key["audio_id"],)).fetchone() or (None,)
    kept, left = (None if one.is_gone else json.loads(one.value) for one in (counts, other))
    merging.told.conflicts.append(
        MergeConflict(
            source=merging.name,
            about=_ABOUT[kind],
            audio_id=key["audio_id"],
            file=None if found[0] is None else os.fsdecode(found[0]),
            name="mark" if kind == "marks" else key["name"],
            counts=kept,
            set_at=counts.at,
            instead_of=left,
            instead_set_at=other.at,
        )
    )
