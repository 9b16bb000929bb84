"""What players keep with the server: stars of albums and artists, places in songs, what is queued, and what plays."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from libraries import audio_id
from playlist_library import make_playlist_library
from servers import client_of
from starlette.testclient import TestClient
from stored import put_track
from subsonic_asking import good, ids
from waiting import wait_until

from map4.extras.subsonic.now_playing import NowPlaying
from map4.library import Library
from map4.search.part import TracksPart

A, B, C = (audio_id(number) for number in (1, 2, 3))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_playlist_library(tmp_path / "library.map4", tracks=6)


@pytest.fixture
def client(library: Path) -> Iterator[TestClient]:
    with client_of(library) as found:
        yield found


def test_albums_and_artists_can_be_starred(client: TestClient) -> None:
    song = good(client, "getSong", id=A)["song"]
    album, artist = song["albumId"], song["artistId"]
    good(client, "star", albumId=album, artistId=artist, id=B)
    for method, member in (("getStarred2", "starred2"), ("getStarred", "starred")):
        found = good(client, method)[member]
        assert [[item["id"] for item in found[kind]] for kind in ("artist", "album", "song")] == [
            [artist],
            [album],
            [B],
        ]
    listed = good(client, "getAlbumList2", type="starred")["albumList2"]["album"]
    assert [(item["id"], bool(item["starred"])) for item in listed] == [(album, True)]
    of_folders = good(client, "getAlbumList", type="starred")["albumList"]["album"]
    assert [(folder["id"], folder["isDir"], folder["parent"]) for folder in of_folders] == [(album, True, artist)]
    assert good(client, "getArtist", id=artist)["artist"]["starred"]
    good(client, "unstar", id=album, artistId=artist)  # some players say "id" of albums, too
    found = good(client, "getStarred2")["starred2"]
    assert [len(found[kind]) for kind in ("artist", "album", "song")] == [0, 0, 1]


@pytest.mark.contract
@pytest.mark.parametrize(("method", "member"), [("getArtists", "artists"), ("getIndexes", "indexes")])
def test_artists_are_cached_until_they_change(client: TestClient, library: Path, method: str, member: str) -> None:
    def artists() -> dict[str, dict[str, Any]]:
        index = good(client, method)[member]["index"]
        return {artist["id"]: artist for letter in index for artist in letter["artist"]}

    asked = {"u": "me", "f": "json"}
    first = client.get(f"/rest/{method}", params=asked)
    known = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"/rest/{method}", params=asked, headers=known).status_code == 304
    assert client.get(f"/rest/{method}", params={**asked, "f": "xml"}, headers=known).status_code == 200
    before, artist = [artist["name"] for artist in artists().values()], next(iter(artists()))
    good(client, "star", artistId=artist)
    assert "starred" in artists()[artist]
    assert client.get(f"/rest/{method}", params=asked, headers=known).status_code == 200
    good(client, "unstar", artistId=artist)
    assert "starred" not in artists()[artist]
    with Library.open(library) as opened:
        put_track(opened._store, 90, artist="Somebody New", title="x")
    wait_until(lambda: {artist["name"] for artist in artists().values()} == {*before, "Somebody New"})


def test_catalogue_is_built_again_only_after_a_change_of_what_it_contains(
    client: TestClient, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[str]()
    catalogue = TracksPart.catalogue
    monkeypatch.setattr(TracksPart, "catalogue", lambda part, **how: made.append("x") or catalogue(part, **how))
    monkeypatch.setattr("map4.search.routes.catalogues._REST", 0)  # it holds no longer than it is true
    album = good(client, "getSong", id=A)["song"]["albumId"]
    own: list[dict[str, Any]] = [{"rating": 3}, {"unset": ["rating"]}, {"bpm": 99}, {"key": "8A"}, {"mark": ["x"]}]
    writes: list[Callable[[], object]] = [
        lambda: good(client, "scrobble", id=A),
        lambda: client.post("/api/v1/plays", json={"track": B, "heard_s": 300}).raise_for_status(),
        lambda: good(client, "star", id=A, albumId=album),
        lambda: good(client, "createBookmark", id=A, position=1000),
        lambda: good(client, "createPlaylist", name="New", songId=A),
        lambda: good(client, "setRating", id=A, rating=5),
        *(partial(client.put, f"/api/v1/tracks/{B}", json=values) for values in own),
    ]
    with Library.open(library) as elsewhere:
        track = elsewhere.tracks.addressed(C).track
        writes += [lambda: elsewhere.plays.add(track), lambda: elsewhere.set([track], rating=1)]
        for number, write in enumerate([lambda: None, *writes]):
            write()
            good(client, "getGenres")
            assert (number, len(made)) == (number, 1)
    assert client.put(f"/api/v1/tracks/{B}", json={"genre": "Dub"}).status_code == 200
    assert "Dub" in {genre["value"] for genre in good(client, "getGenres")["genres"]["genre"]}
    assert client.put(f"/api/v1/tracks/{B}", json={"year": 1999}).status_code == 200
    album = good(client, "getSong", id=B)["song"]["albumId"]
    assert good(client, "getAlbum", id=album)["album"]["year"] == 1999
    assert len(made) == 3


def test_bookmarks_are_stored_changed_and_deleted(client: TestClient, library: Path) -> None:
    for track, position in ((A, 1000), (B, 2000), (A, 3000)):
        good(client, "createBookmark", id=track, position=position, comment=f"at {position}")
    bookmarks = good(client, "getBookmarks")["bookmarks"]["bookmark"]
    assert {bookmark["entry"]["id"]: (bookmark["position"], bookmark["comment"]) for bookmark in bookmarks} == {
        A: (3000, "at 3000"), B: (2000, "at 2000")
    }  # fmt: skip
    assert all(bookmark["created"] <= bookmark["changed"] and bookmark["username"] == "me" for bookmark in bookmarks)
    with Library.open(library) as opened:
        opened.files.forget([opened.tracks.addressed(B).track])
    good(client, "deleteBookmark", id=A)
    assert good(client, "getBookmarks")["bookmarks"]["bookmark"] == []  # B's place waits for its file


def test_play_queue_is_stored_with_its_position(client: TestClient, library: Path) -> None:
    empty = good(client, "getPlayQueue")["playQueue"]
    assert (empty["entry"], "current" in empty) == ([], False)
    good(client, "savePlayQueue", id=[A, B, A, C], current=B, position=1234, c="phone")
    found = good(client, "getPlayQueue")["playQueue"]
    assert (ids(found["entry"]), found["current"], found["position"]) == ([A, B, A, C], B, 1234)
    assert found["changedBy"] == "phone"
    good(client, "savePlayQueueByIndex", id=[A, B, A, C], currentIndex=2, position=5)
    found = good(client, "getPlayQueueByIndex")["playQueueByIndex"]
    assert (ids(found["entry"]), found["currentIndex"], found["position"]) == ([A, B, A, C], 2, 5)
    with Library.open(library) as opened:
        opened.files.forget([opened.tracks.addressed(B).track])
    found = good(client, "getPlayQueueByIndex")["playQueueByIndex"]
    assert (ids(found["entry"]), found["currentIndex"]) == ([A, A, C], 1)
    good(client, "savePlayQueue")  # nothing named empties it
    assert good(client, "getPlayQueue")["playQueue"]["entry"] == []


def test_now_playing_is_listed_but_not_counted_as_a_play(client: TestClient, library: Path) -> None:
    good(client, "scrobble", id=A, submission="false", c="phone")
    good(client, "scrobble", id=B, submission="false", c="desk")
    found = good(client, "getNowPlaying")["nowPlaying"]["entry"]
    assert [(entry["id"], entry["playerName"], entry["minutesAgo"]) for entry in found] == [
        (B, "desk", 0),
        (A, "phone", 0),
    ]
    with Library.open(library) as opened:
        assert opened.plays.page().plays == ()


def test_silent_player_leaves_now_playing_after_a_while() -> None:
    now = [0.0]
    playing = NowPlaying(clock=lambda: now[0])

    def of(person: int) -> list[Any]:
        return [(player, play.track, play.since_s) for player, play in playing.of(person)]

    playing.report(1, "phone", "a")
    now[0] = 600.0
    playing.report(1, "desk", "b")
    playing.report(2, "phone", "c")
    assert (of(1), of(2)) == ([("desk", "b", 0.0), ("phone", "a", 600.0)], [("phone", "c", 0.0)])
    now[0] = 1_800.0
    assert of(1) == [("desk", "b", 1_200.0)]
    playing.report(1, "desk", None)
    assert of(1) == []
    for number in range(30):
        playing.report(1, f"player {number}", "a")
    assert len(of(1)) == 20


def test_rated_songs_come_first_and_the_first_search_finds_by_fields(client: TestClient, library: Path) -> None:
    artist = good(client, "getSong", id=A)["song"]["artist"]
    assert good(client, "getTopSongs", artist=artist)["topSongs"]["song"] == []  # nothing is known of them
    good(client, "setRating", id=A, rating=3)
    assert ids(good(client, "getTopSongs", artist=artist.upper())["topSongs"]["song"]) == [A]
    assert good(client, "getTopSongs", artist="nobody")["topSongs"]["song"] == []
    title = good(client, "getSong", id=A)["song"]["title"]
    found = good(client, "search", title=title)["searchResult"]
    assert (ids(found["match"]), found["totalHits"], found["offset"]) == ([A], 1, 0)
    everything = good(client, "search", count=2, offset=1)["searchResult"]
    assert (len(everything["match"]), everything["totalHits"]) == (2, 6)


def test_unchanged_index_is_not_sent_again(client: TestClient, library: Path) -> None:
    indexes = good(client, "getIndexes")["indexes"]
    assert indexes["index"]
    assert good(client, "getIndexes", ifModifiedSince=indexes["lastModified"])["indexes"]["index"] == []
    assert good(client, "getIndexes", ifModifiedSince=indexes["lastModified"] - 1)["indexes"]["index"]
