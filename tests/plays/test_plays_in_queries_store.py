"""What somebody heard counts in their queries, beside what DJ programs say."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from libraries import audio_id
from stored import NOW, numbers_found, put_imported, put_play, put_track

from map4.core.base.text import utc_text
from map4.core.music.plays import Play
from map4.core.store.sql_store import Store
from map4.plays.store.plays import SqlPlays


def _hear(store: Store, number: int, *ago: timedelta) -> None:
    for before in ago:
        put_play(store, audio_id(number), at=NOW - before, source="subsonic")


@pytest.fixture
def heard(store: Store) -> Store:
    """Played by a DJ program: 1 long ago, 2 never, 3 lately; heard: 1 twice lately, 2 once long ago; 4 neither."""
    for number in (1, 2, 3, 4):
        put_track(store, number)
    put_imported(store, {
        1: {"play_count": 3, "last_played": "2025-01-31"},
        2: {"play_count": 0},
        3: {"play_count": 1, "last_played": "2026-06-10T22:00:00Z"},
    })  # fmt: skip
    _hear(store, 1, timedelta(hours=1), timedelta(days=20))
    _hear(store, 2, timedelta(days=400))
    return store


CASES = [
    ("plays:5", [1]), ("plays:1", [2, 3]), ("plays:0", []), ("has:plays", [1, 2, 3]), ("missing:plays", [4]),
    ("sort:plays- has:plays", [1, 2, 3]), ("has:played", [1, 2, 3]),
    ("played:-2w", [1, 3]), ("played:-3h", [1]), ("played:-2w..-2d", [3]), ("played:..-6m", [2]),
    ("^played:-2w", [2, 4]), ("played:2025", [2]), ("sort:played-", [1, 3, 2, 4]), ("sort:played", [2, 3, 1, 4]),
]  # fmt: skip


def test_queries_by_plays_find_tracks_and_count_histories_once(heard: Store) -> None:
    assert [(text, numbers_found(heard, text)) for text, _ in CASES] == CASES
    for number, days in ((3, 1), (3, 2), (3, 3), (3, 4), (2, 0)):
        put_play(heard, audio_id(number), at=NOW - timedelta(days=days), source="traktor")
    assert numbers_found(heard, "plays:4") == [3]  # the program has counted one of them
    assert numbers_found(heard, "plays:2") == [2]


def test_skips_are_searchable_and_not_counted_as_plays(heard: Store) -> None:
    for number in (1, 1, 4):
        skips = sum(track.skip_count() or 0 for track in heard.tracks.tracks())
        at = utc_text(NOW - timedelta(minutes=number, seconds=skips))
        heard.part(SqlPlays).add(
            Play(audio_id=audio_id(number), at=at, source="page", is_skip=True, heard_s=9.0, length_s=200.0)
        )
    found = {text: numbers_found(heard, text) for text in (
        "skipped:2", "skipped:1", "skipped:0", "missing:skipped", "sort:skipped- has:skipped", "plays:0", "has:plays"
    )}  # fmt: skip
    assert found == {"skipped:2": [1], "skipped:1": [4], "skipped:0": [2], "missing:skipped": [3],
                     "sort:skipped- has:skipped": [1, 4, 2], "plays:0": [], "has:plays": [1, 2, 3]}  # fmt: skip
    assert numbers_found(heard.acting_as(replace(heard.actor, id=7)), "has:skipped") == []


@pytest.mark.parametrize("owner", [0, 7])
def test_values_of_tracks_agree_with_queries(heard: Store, owner: int) -> None:
    store = heard.acting_as(replace(heard.actor, id=owner))
    for track in store.tracks.tracks():
        number, plays = int((track.audio_id or "")[3:], 16), track.play_count()
        assert number in numbers_found(store, "missing:plays" if plays is None else f"plays:{plays}")
        last = track.last_played()
        assert number in numbers_found(store, "missing:played" if last is None else f"played:{last[:10]}")


def test_plays_of_other_accounts_do_not_count(heard: Store) -> None:
    other = heard.acting_as(replace(heard.actor, id=7))
    assert numbers_found(other, "plays:3") == [1]
    assert numbers_found(other, "plays:0") == [2]
    assert numbers_found(other, "played:-2w") == [3]
    assert numbers_found(other, "sort:played-") == [3, 1, 2, 4]
    _hear(other, 1, timedelta(days=300))  # both have heard it
    assert (numbers_found(other, "plays:4"), numbers_found(heard, "plays:5")) == ([1], [1])
    assert (numbers_found(other, "played:-2w"), numbers_found(other, "sort:played- plays:4")) == ([3], [1])
    assert next(track.play_count() for track in other.tracks.tracks()) == 4
    _hear(other, 4, timedelta(hours=2))
    assert (numbers_found(other, "played:-3h"), numbers_found(heard, "played:-3h")) == ([4], [1])


def test_play_queries_use_the_local_day_of_the_user(store: Store) -> None:
    put_track(store, 1)
    midnight = datetime(2026, 6, 1).astimezone()
    _hear(store, 1, NOW - midnight)
    found = [numbers_found(store, text) for text in ("played:2026-06-01", "played:2026-05-31", "played:..2026-05")]
    assert found == [[1], [], []]
    _hear(store, 1, NOW - midnight + timedelta(seconds=1))  # told late: what was heard since counts as the last
    assert numbers_found(store, "played:2026-05-31") == []
