"""Connected music servers, as any store keeps them."""

from dataclasses import replace

import pytest
from libraries import audio_id
from stored import put_track

from map4.core.base.actor import Actor
from map4.core.store.sql_store import Store
from map4.errors import UsageError
from map4.extras.connect.connected import ConnectedSong, Opinion, PushedList, RemoteSong, ServerInfo, SongPlace
from map4.extras.connect.store.connections import NewConnection, SqlConnections
from map4.values.store.values import SqlValues

NEW = NewConnection(
    name="home", url="https://music.example.org", login="ann", sign_in="token", sealed=b"\x00sealed\xff",
    server=ServerInfo(type="navidrome", version="0.58", by_form=False), open_to=("192.0.2.1",),
    added_at="2026-01-01T00:00:00Z",
)  # fmt: skip
SONG = ConnectedSong(
    song=RemoteSong(
        id="1", title="Sky", artist="Ann & Bob", artist_id="x", path="a/b.flac", duration_s=200.5,
        opinion=Opinion(starred=True, rating=4), starred_at="2026-01-02T00:00:00Z", plays=3,
    ),
    place=SongPlace(audio_id="a2-1", match="path", certainty=0.98),
    settled=Opinion(rating=2), beside=("rating",), played_at="2026-01-03T00:00:00Z",
)  # fmt: skip


def test_connection_is_stored_with_its_owner(store: Store) -> None:
    ann = store.acting_as(Actor(id=7, name="Ann", scopes=Actor.LOCAL.scopes))
    made = ann.part(SqlConnections).add(NEW)
    assert (made.owner, made.name, made.server, made.open_to) == (7, "home", NEW.server, NEW.open_to)
    assert store.part(SqlConnections).all() == [made]
    assert store.part(SqlConnections).sealed(made.number) == NEW.sealed
    with pytest.raises(UsageError, match="'home' already"):
        store.part(SqlConnections).add(NEW)
    store.part(SqlConnections).note(made.number, read_at="2026-01-04T00:00:00Z")
    store.part(SqlConnections).note(made.number, pulled_at="2026-01-05T00:00:00Z")
    [noted] = store.part(SqlConnections).all()
    assert (noted.read_at, noted.pulled_at) == ("2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z")


def test_songs_are_read_back_as_stored_without_own_ratings(store: Store) -> None:
    number, other = (
        store.part(SqlConnections).add(NEW).number,
        store.part(SqlConnections).add(replace(NEW, name="barn")).number,
    )
    none = ConnectedSong(song=RemoteSong(id="2"), place=SongPlace(why="it is not here"))
    copy = replace(SONG, song=replace(SONG.song, id="3"), place=replace(SONG.place, certainty=1.0))
    store.part(SqlConnections).put_songs(number, [SONG, none, copy])
    store.part(SqlConnections).put_songs(other, [SONG])
    store.part(SqlConnections).put_songs(number, [replace(SONG, beside=())])
    assert list(store.part(SqlConnections).songs(number)) == [replace(SONG, beside=()), none, copy]
    assert store.part(SqlConnections).song(number, "2") == none
    assert store.part(SqlConnections).song(number, "9") is None
    assert store.part(SqlConnections).songs_of(number, ["a2-1", "a2-2"]) == {"a2-1": "3"}  # the surest
    for artist in ("x", "ann bob", "ANN & BOB"):
        assert [song.song.id for song in store.part(SqlConnections).songs_of_artist(number, artist)] == ["1", "3"]
    assert store.part(SqlConnections).songs_of_artist(number, "") == []
    store.part(SqlConnections).remove_songs(number, ["1", "2"])
    assert [song.song.id for song in store.part(SqlConnections).songs(number)] == ["3"]
    assert [song.song.id for song in store.part(SqlConnections).songs(other)] == ["1"]
    assert store.part(SqlValues).ratings() == {}


def test_pushed_lists_are_stored_and_removed_with_the_connection(store: Store) -> None:
    number = store.part(SqlConnections).add(NEW).number
    begun = PushedList(list="l-1", remote=None, name="Friday", songs=("1", "2"), before=("9",))
    store.part(SqlConnections).put_list(number, begun)
    done = replace(begun, remote="r", before=(), done_at="2026-01-04T00:00:00Z")
    store.part(SqlConnections).put_list(number, done)
    assert store.part(SqlConnections).lists(number) == [done]
    store.part(SqlConnections).put_songs(number, [SONG])
    store.part(SqlConnections).remove(number)
    assert store.part(SqlConnections).all() == []
    again = store.part(SqlConnections).add(NEW).number
    assert (list(store.part(SqlConnections).songs(again)), store.part(SqlConnections).lists(again)) == ([], [])


def test_songs_are_counted_by_the_way_they_were_matched(store: Store) -> None:
    number = store.part(SqlConnections).add(NEW).number
    tags = replace(SONG, song=replace(SONG.song, id="2"), place=replace(SONG.place, match="tags"), beside=())
    none = [ConnectedSong(song=RemoteSong(id=str(n)), place=SongPlace(why=f"why {n % 2}")) for n in (3, 4, 5)]
    store.part(SqlConnections).put_songs(number, [SONG, tags, *none])
    counts = store.part(SqlConnections).counts(number)
    assert (counts.matches, counts.why_not) == ({"path": 1, "tags": 1}, {"why 1": 2, "why 0": 1})
    assert (counts.tracks, counts.tracks_mapped) == (0, 0)
    put_track(store, 1)
    store.part(SqlConnections).put_songs(number, [replace(tags, place=replace(tags.place, audio_id=audio_id(1)))])
    counts = store.part(SqlConnections).counts(number)
    assert (counts.tracks, counts.tracks_mapped) == (1, 1)
    assert list(store.part(SqlConnections).unmapped(number, 2)) == none[:2]
    assert list(store.part(SqlConnections).beside(number)) == [SONG]
