"""Plays as they are stored, and how queries count them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libraries import audio_id
from stored import NOW, numbers_found, put_imported, put_play, put_track

from map4.accounts.store.accounts import SqlAccounts
from map4.accounts.store.people import SqlPeople
from map4.core.base.text import utc_text
from map4.core.music.plays import PLAY_SOURCES, Play
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.plays.part.plays import Plays
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


# What was heard, as a store keeps it: each time once, whoever tells it, in whatever order.
def _play(number: int | None, second: int, **more: object) -> Play:
    values: dict[str, object] = {"source": "subsonic", "heard_s": None, "length_s": 200.0, **more}
    at = utc_text(NOW + timedelta(seconds=second))
    return Play(audio_id=None if number is None else audio_id(number), at=at, **values)  # type: ignore[arg-type]


def _stored(store: Store) -> list[tuple[str | None, str]]:
    return [(play.audio_id, play.at) for play in store.part(SqlPlays).page(limit=500).plays]


def test_plays_of_every_source_are_read_back_and_count_after_half(store: Store) -> None:
    written = [_play(1, 300 * n, source=source, heard_s=100.4, length_s=200.6) for n, source in enumerate(PLAY_SOURCES)]
    written.append(replace(written[0], at="0001-01-01T00:00:00Z"))
    assert all(store.part(SqlPlays).add(play) for play in written)
    found = store.part(SqlPlays).page(limit=500).plays
    assert [(play.at, play.source) for play in found] == sorted(
        [(play.at, play.source) for play in written], reverse=True
    )
    assert {(play.heard_s, play.length_s) for play in found} == {(100, 201)}
    for heard_s, length_s, counts in ((240, 900, True), (239, 900, False), (50, 100, True)):
        assert (heard_s >= Play.counts_after_s(length_s)) is counts


def test_pages_have_every_play_once_also_of_the_same_second(store: Store) -> None:
    written = [_play(number, second) for second in (900, 0) for number in range(4)]
    assert all(store.part(SqlPlays).add(play) for play in written)
    for limit in (1, 2, 3, 5, 8):
        plays: list[Play] = []
        before = None
        for _ in range(-(-8 // limit)):
            page = Plays(store).page(before=before, limit=limit)
            plays, before = [*plays, *page.plays], page.next
        assert ([play.at for play in plays], before) == ([play.at for play in written], None)
        assert {(play.audio_id, play.at) for play in plays} == {(play.audio_id, play.at) for play in written}
    assert len(Plays(store).page(before=NOW + timedelta(seconds=900)).plays) == 4


def test_play_replaces_a_skip_of_the_same_second(store: Store) -> None:
    skip, play = _play(1, 0, is_skip=True, heard_s=9.0), _play(1, 0)
    assert [store.part(SqlPlays).add(stored_play) for stored_play in (skip, skip, play, skip)] == [
        True,
        False,
        True,
        False,
    ]
    assert [play.heard_s for play in store.part(SqlPlays).page(limit=9).plays] == [None]


def test_plays_by_name_are_matched_when_the_track_is_added(store: Store) -> None:
    unknown = _play(None, 0, artist="Björk", title="Jóga", album="Homogenic")
    assert store.part(SqlPlays).add(unknown)
    assert not store.part(SqlPlays).add(_play(None, 0, artist="BJORK", title="joga"))
    [found] = store.part(SqlPlays).page(limit=9).plays
    assert (found.audio_id, found.artist, found.title, found.album) == (None, "BJORK", "Jóga", "Homogenic")
    # Now it is there, and its plays are that track's.
    assert not store.part(SqlPlays).add(_play(5, 30, artist="Björk", title="Jóga"), apart_s=100)
    assert _stored(store) == [(audio_id(5), unknown.at)]


def test_plays_name_a_present_file_of_their_audio(store: Store) -> None:
    put_track(store, 1, is_missing=True)
    copy = put_track(store, 1, path="/copy.mp3")
    assert store.part(SqlPlays).add(_play(1, 0))
    assert [play.path for play in store.part(SqlPlays).page(limit=1).plays] == [copy]
    assert [track.path for track in store.part(SqlPlays).tally(since=None, limit=1).most] == [copy]


def test_plays_are_separate_per_account(store: Store) -> None:
    accounts = [store.part(SqlAccounts).add(name, "user", None, NOW) for name in ("Anna", "Bob")]
    anna, bob = (store.acting_as(account.actor()) for account in accounts)
    for number, person in enumerate((anna, bob, store)):
        assert person.part(SqlPlays).add(_play(7, 0))  # the same for each
        assert person.part(SqlPlays).add(_play(number, 500))
        assert person.part(SqlPlays).add(_play(None, 900, title=f"Alone {number}"))
    for number, person in enumerate((anna, bob, store)):
        assert _stored(person) == [
            (None, _play(1, 900).at), (audio_id(number), _play(1, 500).at), (audio_id(7), _play(1, 0).at)
        ]  # fmt: skip
    assert store.part(SqlPeople).erase(accounts[0]).plays == 3
    assert [len(_stored(person)) for person in (anna, bob, store)] == [0, 3, 3]
    assert store.part(SqlPeople).take_local(accounts[1]).plays == 2  # Bob has told one of them himself
    assert [len(_stored(person)) for person in (bob, store)] == [5, 0]


LENGTH_S = 200
"""Of each track; what counts is heard for half of it, so that no two plays of it begin nearer."""


@st.composite
def evenings(draw: st.DrawFn) -> tuple[dict[int, list[int]], list[tuple[int, int]]]:
    """When each of some tracks was played, and what of it is told: some twice, late, in any order, by a clock that
    differs by a little."""
    plays: dict[int, list[int]] = {}
    reports: list[tuple[int, int]] = []
    for track in range(draw(st.integers(1, 3))):
        gaps = draw(st.lists(st.integers(LENGTH_S, 4 * LENGTH_S), max_size=5))
        plays[track] = [sum(gaps[: n + 1]) for n in range(len(gaps))]
        for began in plays[track]:
            clocks = draw(st.lists(st.integers(-LENGTH_S // 8, LENGTH_S // 8), min_size=1, max_size=3))
            reports += [(track, began + slip) for slip in clocks]
    return plays, draw(st.permutations(reports))


@settings(max_examples=60, deadline=None)
@given(evenings())
def test_repeated_scrobble_is_one_play(evening: tuple[dict[int, list[int]], list[tuple[int, int]]]) -> None:
    plays, reports = evening
    store = SqliteStore(":memory:")
    kept = [store.part(SqlPlays).add(_play(track, at), apart_s=Play.counts_after_s(LENGTH_S)) for track, at in reports]
    found = _stored(store)
    assert sum(kept) == len(found) == sum(map(len, plays.values()))
    for track, began in plays.items():
        times = sorted(at for audio, at in found if audio == audio_id(track))
        assert len(times) == len(began)
    store.close()
