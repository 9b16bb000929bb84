"""Merge plays. Each play is kept once; numbers of tracks and of steps differ between libraries."""

from __future__ import annotations

import json

from map4.core.store.database import Connection
from map4.extras.cluster.store.merging import Merging, Row, found_row, rank_of, write
from map4.plays import place_track

_OF_PLAY = ("owner", "at", "track")
_STEP = ("owner", "kind", "path", "began_at", "list")
_COLUMNS = ("id", *_STEP, "done_at")
_PLAYS = (
    "SELECT p.*, (SELECT json_group_array(r.step) FROM play_reports AS r WHERE (r.owner, r.at, r.track) = "
    "(p.owner, p.at, p.track)) AS steps FROM plays AS p"
)
_BY_PLAYER = 0


def merge_plays(merging: Merging) -> None:
    """A play wins over a skip. An undo takes it away only if steps added it in each library that has it."""
    numbers: dict[int, int] = {}
    steps = {_BY_PLAYER: _BY_PLAYER}

    def begin(connection: Connection, row: Row) -> None:
        number, done_at = row.pop("id"), row["done_at"]
        sql = f"SELECT min(id) FROM play_steps WHERE {' AND '.join(f'{name} IS ?' for name in _STEP)}"
        [(there,)] = connection.execute(sql, [row[name] for name in _STEP]).fetchall()
        if there is None:
            sql = f"INSERT INTO play_steps ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) RETURNING id"
            [(there,)] = connection.execute(sql, [*row.values()]).fetchall()
        connection.execute("UPDATE play_steps SET done_at = ? WHERE id = ? AND done_at < ?", (done_at, there, done_at))
        steps[number] = int(there)

    def place(connection: Connection, row: Row) -> None:
        number = row.pop("id")
        numbers[number] = place_track(connection, **row)

    def merge(connection: Connection, row: Row) -> None:
        row["track"] = numbers[row["track"]]
        reports = {steps[number] for number in json.loads(row.pop("steps"))}
        there = found_row(connection, "plays", _OF_PLAY, row)
        _merge_reports(connection, [row[name] for name in _OF_PLAY], reports, is_new=there is None)
        if there is None or rank_of(row, -row["skipped"]) > rank_of(there, -there["skipped"]):
            write(connection, "plays", _OF_PLAY, row)
            merging.counts.note("plays", is_new=there is None)

    merging.each(merging.rows("SELECT id, audio_id, names, artist, title, album FROM played_tracks ORDER BY id"), place)
    # The location of an imported file refers to the machine of the import.
    rows = merging.source.execute(f"SELECT {', '.join(_COLUMNS)} FROM play_steps ORDER BY id").fetchall()
    merging.each((dict(zip(_COLUMNS, row, strict=True)) for row in rows), begin)
    merging.each(merging.rows(_PLAYS), merge)


def _merge_reports(connection: Connection, play: list[int], reports: set[int], *, is_new: bool) -> None:
    """Unite the reports of a play. Without any in one of the libraries, a player reported it, too."""
    sql = "SELECT step FROM play_reports WHERE owner = ? AND at = ? AND track = ?"
    there = {step for (step,) in connection.execute(sql, play)}
    if not is_new and bool(there) != bool(reports):
        reports = reports | {_BY_PLAYER}
    connection.executemany(
        "INSERT INTO play_reports (owner, at, track, step) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(*play, step) for step in sorted(reports - there)],
    )
