"""Pages of an order are those that sorting all gives."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from libraries import audio_id, put_imported, put_track, put_user_value
from stores import search_of

from map4.core.music.query.context import QueryContext
from map4.core.music.query.parser import Query
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.query.facts import NUMBERS, TEXTS
from map4.core.store.rows.track_rows import sorted_values, tag_values

HERE = QueryContext(now=datetime(2026, 1, 2, tzinfo=UTC))
NAMES = st.sampled_from([None, "", "Ann", "ann", "BOB", "bob & ann", "Björk", "bjork", "Ωmega", "ß", "!!!", "Éa\u0301"])
TRACKS = st.lists(
    st.fixed_dictionaries(
        {
            "artist": NAMES,
            "title": NAMES,
            "album": NAMES,
            "folder": st.sampled_from(["a", "B", "Ä", "ä", "é/ß"]),
            "own": NAMES,
            "imported": NAMES,
            "is_noted": st.booleans(),
            "bpm": st.sampled_from([None, 100.0, 120.0, 121.5]),
            "own_bpm": st.sampled_from([None, 99, 120]),
            "energy": st.sampled_from([None, 0.2, 0.7]),
            "year": st.sampled_from([None, 1999, 2020]),
            "rating": st.sampled_from([None, 3.0, 5.0]),
            "day": st.integers(1, 3),
            "said_day": st.integers(0, 3),
        }
    ),
    min_size=10,
    max_size=30,
)
FIRST = st.sampled_from([f"sort:{field}{sign}" for field in (*TEXTS, *NUMBERS) for sign in ("", "-")])
THEN = st.sampled_from(["", "sort:title-", "sort:bpm", "bpm:110..", "artist:ann", "is:any", "^bob"])


def put(connection: sqlite3.Connection, number: int, row: Mapping[str, Any]) -> None:
    values = {name: row[name] for name in ("artist", "title", "album", "year", "rating")}
    path = f"/music/{row['folder']}/{number * 7 % 11}/{number}"
    tags = tag_values(Tags(**values)) | sorted_values({"display": path})
    if not row["is_noted"]:  # whoever wrote it did not say how it is sorted
        tags |= dict.fromkeys(f"{column}_sorted" for column in TEXTS.values())
    put_track(
        connection, number, path=path, bpm=row["bpm"], energy=row["energy"],
        added_at=f"2026-01-0{row['day']}T00:00:00Z", **tags,
    )  # fmt: skip
    if row["own"]:
        for name in ("artist", "album"):
            put_user_value(connection, audio_id(number), name, f'"{row["own"]}"')
    if row["own_bpm"]:
        put_user_value(connection, audio_id(number), "bpm", str(row["own_bpm"]))
    values = {"artist": row["imported"], "album": row["imported"]} if row["imported"] else {}
    values |= {"date_added": f"2026-01-0{row['said_day']}"} if row["said_day"] else {}
    if values:
        put_imported(connection, audio_id(number), **values)


@settings(max_examples=examples(25), deadline=None)
@given(tracks=TRACKS, first=FIRST, then=THEN, limit=st.integers(1, 12))
def test_pages_equal_full_sort(tracks: list[dict[str, Any]], first: str, then: str, limit: int) -> None:
    with closing(SqliteDatabase(":memory:")) as database:
        with database.transaction() as connection:
            for number, row in enumerate(tracks):
                put(connection, number, row)
        everything = search_of(database).file_ids(Query.parse(f"{first} {then}"), HERE)
        for offset in range(0, len(tracks) + 1, limit):
            query = Query.parse(f"{first} {then} limit:{limit} offset:{offset}")
            assert search_of(database).file_ids(query, HERE) == everything[offset : offset + limit]


@pytest.mark.parametrize("sign", ["", "-"])
def test_tracks_without_a_sort_key_come_last(sign: str) -> None:
    with closing(SqliteDatabase(":memory:")) as database:
        with database.transaction() as connection:
            for number in range(100):
                artist = f"Ann {number:02}" if number < 40 else None
                put_track(connection, number, **tag_values(Tags(artist=artist, genre="Dub" if number % 5 else "House")))
        whole = search_of(database).file_ids(Query.parse(f"genre:house sort:artist{sign}"), HERE)
        query = Query.parse(f"genre:house sort:artist{sign} limit:7 offset:2")
        assert search_of(database).file_ids(query, HERE) == whole[2:9]
