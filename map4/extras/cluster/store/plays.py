"""Merge plays. Each play is kept once; track numbers differ between libraries."""

from __future__ import annotations

from map4.extras.cluster.store.merging import Merging, Row, found_row, rank_of, write
from map4.plays import place_track
from map4.store.database import Connection

_OF_PLAY = ("owner", "at", "track")


def merge_plays(merging: Merging) -> None:
    """A play wins over a skip."""
    numbers: dict[int, int] = {}

    def place(connection: Connection, row: Row) -> None:
        number = row.pop("id")
        numbers[number] = place_track(connection, **row)

    def merge(connection: Connection, row: Row) -> None:
        row["track"] = numbers[row["track"]]
        there = found_row(connection, "plays", _OF_PLAY, row)
        if there is None or rank_of(row, -row["skipped"]) > rank_of(there, -there["skipped"]):
            write(connection, "plays", _OF_PLAY, row)
            merging.counts.note("plays", is_new=there is None)

    merging.each(merging.rows("SELECT id, audio_id, names, artist, title, album FROM played_tracks ORDER BY id"), place)
    merging.each(merging.rows("SELECT * FROM plays"), merge)
