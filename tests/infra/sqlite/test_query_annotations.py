"""What queries find of imported values: ratings, plays, cue points, comments."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id, put_imported, put_track
from stores import search_of

from map4.domain.cues import CuePoint, GridMark
from map4.domain.key import parse_key
from map4.domain.query.context import QueryContext
from map4.domain.query.parser import parse_query
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.facts import facts_are_in_step

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
CUES = tuple(CuePoint(position_s=10.0 * n, name="comment") for n in range(4))
TRACKS: dict[int, dict[str, Any]] = {
    1: {"rating": 5.0, "play_count": 12, "last_played": "2026-06-14", "cues": CUES, "comment": "Höhepunkt; late"},
    2: {"rating": 3.0, "play_count": 1, "last_played": "2026-06-01T12:00:00"},
    3: {"play_count": 0},  # known never to have been played
    4: {"last_played": "2025-12-16T23:59:59", "comment": "opener"},
    5: {"play_count": 7},  # nobody knows when
    6: {"cues": CUES[:1], "key": parse_key("8A"), "bpm": 122.0},
    7: {"grid": (GridMark(position_s=0.1, bpm=120.0),)},
    # 8 was never imported
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("imported") / "library.map4"
    with closing(Database(str(path))) as database:
        with database.transaction() as connection:
            fill(connection)
        yield database


def fill(connection: sqlite3.Connection) -> None:
    # Tags say something else of some, and all there is of the last.
    tags: dict[int, dict[str, Any]] = {
        1: {"rating": 1.0, "comment": "from the shop"},
        8: {"rating": 4.0, "comment": "late"},
    }
    for number in range(1, 9):
        put_track(connection, number, **tags.get(number, {}))
    for number, values in TRACKS.items():
        put_imported(connection, audio_id(number), **values)


def found(database: Database, text: str, now: datetime = NOW) -> list[int]:
    tracks = search_of(database).select(parse_query(text), QueryContext(now=now))
    return [int((track.audio_id or "")[3:], 16) for track in tracks]


ALL = [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # the rating in force: imported, else the tag's
        ("rating:4..", [1, 8]), ("rating:1", []), ("stars:3", [2]), ("missing:rating", [3, 4, 5, 6, 7]),
        ("plays:5..", [1, 5]), ("plays:0", [3]), ("has:plays", [1, 2, 3, 5]), ("play_count:1", [2]),
        ("cues:4..", [1]), ("cues:1..3", [6]), ("has:cues", [1, 6]), ("missing:cues", [2, 3, 4, 5, 7, 8]),
        # days and times
        ("played:-2w", [1, 2]), ("played:-13d", [1]), ("played:-2w..", [1, 2]), ("played:-14d..-2d", [2]),
        ("played:2026-06-14", [1]), ("played:2026-06-01", [2]), ("played:2026-06", [1, 2]), ("played:2025-12", [4]),
        ("played:2026-06-02..2026-06-14", [1]), ("played:2025-12-16..2025-12-16", [4]), ("played:2026", [1, 2]),
        ("played:0001..9998", [1, 2, 4]),
        # an open beginning: also those never played, not those of which nobody knows
        ("played:..-6m", [3, 4]), ("played:..2025-12-15", [3]), ("played:..2025-12-16", [3, 4]),
        ("played:..-14d", [3, 4]), ("^played:..-6m", [1, 2, 5, 6, 7, 8]), ("^played:-2w", [3, 4, 5, 6, 7, 8]),
        ("has:played", [1, 2, 4]), ("missing:played", [3, 5, 6, 7, 8]), ("last-played:2026-06-14", [1]),
        # whatever was imported counts
        ("is:imported", [1, 2, 3, 4, 5, 6, 7]), ("^is:imported", [8]),
        # a comment of either; that cue points are called so does not count
        ("comment:late", [1, 8]), ("comment:HOHE", [1]), ("comment:=late", [1, 8]), ("comment:shop", [1]),
        ("comment:;", [1]), ("comment:comment", []), ("^comment:late", [2, 3, 4, 5, 6, 7]),
        ("has:comment", [1, 4, 8]), ("missing:comment", [2, 3, 5, 6, 7]),
        ("bpm:122 key:8A", [6]),
        # order
        ("sort:played", [3, 4, 2, 1, 5, 6, 7, 8]), ("sort:played-", [1, 2, 4, 3, 5, 6, 7, 8]),
        ("sort:plays", [3, 2, 5, 1, 4, 6, 7, 8]), ("sort:cues- limit:2", [1, 6]), ("sort:rating- limit:3", [1, 8, 2]),
        ("sort:comment limit:3", [1, 8, 4]),
    ],
)  # fmt: skip
def test_what_is_found(database: Database, text: str, numbers: list[int]) -> None:
    assert found(database, text) == numbers


def test_the_clock_of_the_user_counts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs write what their clock says: the same day here, wherever that is."""
    old = os.environ.get("TZ")
    try:
        for zone in ("Pacific/Auckland", "America/Los_Angeles"):
            os.environ["TZ"] = zone
            time.tzset()
            assert found(database, "played:2026-06-14") == [1]
            midnight = datetime(2026, 6, 14, 0, 0).astimezone()
            assert found(database, "played:-0d", midnight) == [1]
            assert found(database, "played:-1h", datetime(2026, 6, 1, 12, 30).astimezone()) == [1, 2]
            assert found(database, "played:-1h", datetime(2026, 6, 1, 13, 30).astimezone()) == [1]
    finally:
        os.environ.pop("TZ") if old is None else os.environ.__setitem__("TZ", old)
        time.tzset()


def test_hours_ago_are_counted_to_the_second_and_days_from_their_beginning(database: Database) -> None:
    noon = datetime(2026, 6, 1, 15, 0).astimezone()
    assert 2 in found(database, "played:-3h", noon)
    assert 2 not in found(database, "played:-3h", datetime(2026, 6, 1, 15, 0, 1).astimezone())
    assert 2 in found(database, "played:-3d", datetime(2026, 6, 4, 23, 59).astimezone())
    assert 2 not in found(database, "played:-3d", datetime(2026, 6, 5, 0, 0).astimezone())
    # The two halves of time hold each track that has a date once.
    for ago in ("-1h", "-14d", "-6m", "-1y"):
        assert sorted(found(database, f"played:{ago} or played:..{ago}")) == [1, 2, 3, 4]
        assert not set(found(database, f"played:{ago}")) & set(found(database, f"played:..{ago}"))


def test_facts_follow_what_is_imported(tmp_path: Path) -> None:
    with closing(Database(str(tmp_path / "library.map4"))) as database:
        connection = database.connection
        put_track(connection, 1, rating=2.0)
        assert found(database, "rating:2") == [1]
        put_imported(connection, audio_id(1), rating=4.0, play_count=3)
        assert found(database, "rating:4 plays:3") == [1]
        put_imported(connection, audio_id(1), play_count=4)
        assert found(database, "rating:2 plays:4") == [1]
        assert facts_are_in_step(connection)
        connection.execute("DELETE FROM imported")
        assert found(database, "has:plays or is:imported") == []
        assert facts_are_in_step(connection)
