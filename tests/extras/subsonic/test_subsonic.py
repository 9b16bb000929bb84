"""The OpenSubsonic API: the protocol's forms and required fields, the commands' answers, a client of others."""

import itertools
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from away_files import leave, stored_ids
from command_runs import run_inside
from lanes import sampled
from libraries import audio_id, execute
from live_server import serving
from made_library import mark_missing
from playlist_library import make_playlist_library, song
from servers import HERE, client_of
from split_albums import SECOND, TITLES, put_split_albums
from starlette.testclient import TestClient
from subsonic_asking import good, ids, refused
from waiting import wait_until

from map4.extras.subsonic.routes.methods import METHODS
from map4.jobs.requests import JobRequest
from map4.library import Library
from map4.search.catalogue import Album, Artist

A, B, C = audio_id(1), audio_id(2), audio_id(3)
TRACKS = 24


def made_library(folder: Path) -> Path:
    more = [
        {"number": 101, "bpm": 120.0, "artist": "Ann", "title": "One", "album": "Both", "genre": "House; Dub",
         "path": "/music/both/CD1/01.mp3", "track": 1, "year": 1999, "added_at": "2026-03-01T00:00:00Z"},
        {"number": 102, "bpm": 121.0, "artist": "Bob", "title": "Two", "album": "Both", "genre": "Dub",
         "path": "/music/both/CD2/01.mp3", "track": 1, "year": 1999},
        {"number": 103, "bpm": 122.0, "artist": "ANN", "title": "Three", "album": "Solo", "genre": 'Dub "7\\""',
         "path": "/music/solo/02.mp3", "track": 2, "year": 2005},
        {"number": 104, "bpm": 123.0, "artist": "Ánn", "title": "Four", "album": "Solo",
         "path": "/music/solo/01.mp3", "track": 10, "year": 2005},
    ]  # fmt: skip
    return make_playlist_library(folder / "library.map4", tracks=TRACKS, more=more)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is asked, and not changed."""
    return made_library(tmp_path_factory.mktemp("subsonic"))


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    with client_of(library) as found:
        yield found


@pytest.fixture
def own_library(tmp_path: Path) -> Path:
    """For one test, which changes it."""
    return made_library(tmp_path)


@pytest.fixture
def own_client(own_library: Path) -> Iterator[TestClient]:
    with client_of(own_library) as found:
        yield found


def lines(library: Path, *command: str) -> list[dict[str, Any]]:
    printed = run_inside(*command, "--jsonl", library=library)
    return [json.loads(line) for line in printed.stdout.splitlines()]


# ---- the protocol --------------------------------------------------------------------------------


def test_characters_outside_xml_are_replaced(tmp_path: Path) -> None:
    path = make_playlist_library(
        tmp_path / "odd.map4", tracks=1, more=[{"number": 9, "title": "a\x01b & <c>", "bpm": 120.0}]
    )
    with client_of(path) as client:
        found = ElementTree.fromstring(client.get("/rest/getSong", params={"id": audio_id(9)}).text)
    assert found[0].get("title") == "a\ufffdb & <c>"


@pytest.mark.parametrize(
    ("method", "parameters", "code", "message"),
    [
        ("getSong", {}, 10, "the parameter 'id' is missing"),
        ("getSong", {"id": "a1-00"}, 70, "the library has no track"),
        ("getAlbum", {"id": A}, 70, "there is no album"),
        ("getAlbumList2", {"type": "best"}, 0, "there is no list of albums 'best'"),
        ("createPlaylist", {}, 10, "'name' is missing"),
        ("star", {}, 10, "'id' is missing"),
        ("star", {"artistId": "ar-0", "id": A}, 70, "there is no artist"),
        ("savePlayQueue", {"id": A, "current": B}, 0, "a song of the queue"),
        ("savePlayQueueByIndex", {"id": A, "currentIndex": 1}, 10, "0 to 0"),
        ("getRandomSongs", {"musicFolderId": "9"}, 70, "no music folder 9"),
        ("getArtists", {"musicFolderId": "all"}, 0, "a number from 0"),
        ("startScan", {}, 0, "no folder has been scanned yet"),
        ("createShare", {"id": A}, 0, "shares only lists"),
        ("getAvatar", {"username": "me"}, 70, "pictures of people"),
        ("setRating", {"id": A, "rating": 6}, 0, "must be 1 to 5"),
        ("scrobble", {"id": A, "time": "9" * 5000}, 0, "from 1990 until now"),
        ("scrobble", {"id": A, "time": "\u00b2"}, 0, "from 1990 until now"),
        ("getCoverArt", {"id": A}, 50, "outside the music folders"),
        ("ping", {"f": "jsonp"}, 10, "'callback' is missing"),
        ("ping", {"f": "jsonp", "callback": "alert(1)//"}, 0, "the name of a function"),
        ("scrobble", {"id": A, "submission": "no"}, 0, "must be true or false"),
    ],
)  # fmt: skip
def test_errors_have_the_code_of_the_protocol(
    client: TestClient, method: str, parameters: dict[str, Any], code: int, message: str
) -> None:
    found, problem = refused(client, method, **parameters)
    assert found == code
    assert message in problem


@pytest.mark.parametrize("method", ["ping", "getPlaylists", "getSong", "stream", "unknownMethod"])
def test_jsonp_is_the_json_as_a_call_of_the_function(client: TestClient, method: str) -> None:
    plain = client.get(f"/rest/{method}", params={"f": "json"})
    sent = client.get(f"/rest/{method}", params={"f": "jsonp", "callback": "jQuery1_2.on$"})
    assert sent.text == f"/**/jQuery1_2.on$({plain.text});"
    assert (sent.status_code, sent.headers["content-type"]) == (plain.status_code, "text/javascript; charset=utf-8")


def test_list_named_with_slashes_and_ten_thousand_parameters_are_taken(own_client: TestClient) -> None:
    made = good(own_client, "createPlaylist", name="Rock/Pop", songId=[A])["playlist"]
    good(own_client, "updatePlaylist", playlistId=made["id"], name="Rock/Pop", public="False")
    good(own_client, "updatePlaylist", playlistId=made["id"], songIdToAdd=B)
    [stored] = good(own_client, "getPlaylists")["playlists"]["playlist"]
    assert (made["name"], stored["name"], stored["songCount"]) == ("Rock-Pop", "Rock-Pop", 2)
    good(own_client, "updatePlaylist", playlistId=made["id"], name="A\\B")
    assert good(own_client, "getPlaylist", id=made["id"])["playlist"]["name"] == "A-B"
    made = good(own_client, "createPlaylist", name="Set", songId=[A, B, C])["playlist"]["id"]
    form = {"f": "json", "playlistId": made, "songIndexToRemove": [str(place) for place in range(1, 10_002)]}
    assert own_client.post("/rest/updatePlaylist", data=form).json()["subsonic-response"]["status"] == "ok"
    assert ids(good(own_client, "getPlaylist", id=made)["playlist"]["entry"]) == [A]


@pytest.mark.parametrize(
    "content",
    ["id=a&" * 100_000, "f=json&id=%ff%fe%00", "f=json&songIndexToRemove=" + "9" * 5000, "id=" + "\u0660", "&&&=&;",
     "f=json&id=a" + "\u0301" * 9000],
)  # fmt: skip
def test_malformed_form_gets_an_error_of_the_protocol(client: TestClient, content: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for method in ("getSong", "updatePlaylist", "search3", "star"):
        found = client.post(f"/rest/{method}", content=content.encode(), headers=headers)
        assert (found.status_code, "subsonic-response" in found.text) == (200, True)


def test_server_without_accounts_accepts_any_login_also_by_form(client: TestClient) -> None:
    assert (
        client.get("/rest/ping", params={"u": "a", "t": "0", "s": "1", "f": "json"}).json()["subsonic-response"][
            "status"
        ]
        == "ok"
    )
    found = client.post("/rest/getSong.view", data={"id": A, "f": "json", "u": "b", "p": "enc:00"})
    assert found.json()["subsonic-response"]["song"]["id"] == A
    assert client.get("/rest/nonsense", params={"f": "json"}).status_code == 404
    assert client.put("/rest/ping").status_code == 405


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.queue == "write"])
def test_requests_of_pages_of_other_hosts_are_refused(client: TestClient, library: Path, method: str) -> None:
    before = library.read_bytes()
    parameters = {"id": A, "name": "L", "songId": A, "rating": 5, "playlistId": "pl-0"}
    # A picture or a link of a page has no Origin.
    evil = "https://evil.example"
    for headers in ({"Origin": evil}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": evil}, {"Referer": f"{evil}/page"}):
        assert client.get(f"/rest/{method}", params=parameters, headers=headers).status_code == 403
    assert library.read_bytes() == before
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200  # a link to the page
    assert client.get("/rest/ping", headers={"Origin": HERE}).status_code == 200
    assert client.get("/rest/ping", headers={"Referer": f"{HERE}/"}).status_code == 200


# ---- the same as the commands --------------------------------------------------------------------


def test_similar_songs_equal_the_command_also_of_an_artist(client: TestClient, library: Path) -> None:
    expected = lines(library, "similar", "-n", "7", A)
    matches = good(client, "getSonicSimilarTracks", id=A, count=7)["sonicMatch"]
    assert ids([neighbour["entry"] for neighbour in matches]) == [
        neighbour["track"]["audio_id"] for neighbour in expected
    ]
    assert [neighbour["similarity"] for neighbour in matches] == [
        max(0.0, neighbour["similarity"]) for neighbour in expected
    ]
    found = good(client, "getSimilarSongs2", id=A, count=7)["similarSongs2"]["song"]
    assert ids(found) == ids([neighbour["entry"] for neighbour in matches])
    artist = good(client, "getSong", id=B)["song"]["artistId"]
    expected = lines(library, "similar", "-n", "5", song(2), song(3))
    found = good(client, "getSimilarSongs2", id=artist, count=5)["similarSongs2"]["song"]
    assert ids(found) == [neighbour["track"]["audio_id"] for neighbour in expected]


def test_sonic_path_and_its_similarities_equal_the_command(client: TestClient, library: Path) -> None:
    expected = lines(library, "playlist", "--from", A, "--to", C, "-n", "6")[:-1]
    matches = good(client, "findSonicPath", startSongId=A, endSongId=C, count=6)["sonicMatch"]
    assert ids([neighbour["entry"] for neighbour in matches]) == [
        neighbour["track"]["audio_id"] for neighbour in expected
    ]
    assert (matches[0]["entry"]["id"], matches[-1]["entry"]["id"]) == (A, C)
    assert matches[0]["similarity"] == 1.0
    assert all(0.0 <= neighbour["similarity"] <= 1.0 for neighbour in matches)
    matches = good(client, "findSonicPath", startSongId=A, endSongId=C, count=4)["sonicMatch"]
    for before, after in itertools.pairwise(matches):
        of_all = lines(library, "similar", "-n", "50", before["entry"]["id"])
        [alike] = [
            neighbour["similarity"] for neighbour in of_all if neighbour["track"]["audio_id"] == after["entry"]["id"]
        ]
        assert after["similarity"] == pytest.approx(max(0.0, alike), abs=1e-3)


@pytest.mark.parametrize("text", sampled(["title 1", "artist", "bpm:119..121 key:8A", "house sort:bpm"], every=2))
def test_search_equals_the_command_with_whole_words_first(client: TestClient, library: Path, text: str) -> None:
    whole = '"title" "1"' if text == "title 1" else '"artist"' if text == "artist" else text
    exact, found = ([line["audio_id"] for line in lines(library, "search", query)] for query in (whole, text))
    expected = [*exact, *(audio_id for audio_id in found if audio_id not in exact)]
    assert expected
    assert ids(good(client, "search3", query=text, songCount=500)["searchResult3"]["song"]) == expected
    paged = [
        song
        for start in (0, 3)
        for song in good(client, "search3", query=text, songCount=3, songOffset=start)["searchResult3"]["song"]
    ]
    assert ids(paged) == expected[:6]


# ---- browse --------------------------------------------------------------------------------------


def test_albums_follow_their_tracks_in_artist_and_advisory(own_library: Path) -> None:
    with Library.open(own_library) as library:
        library.set(list(library.search("album:=Both")), album_artist="Ann")
    with client_of(own_library) as client:
        song = good(client, "getSong", id=audio_id(102))["song"]
        ann = {"id": Artist.id_of("Ann"), "name": "Ann"}
        assert (song["displayAlbumArtist"], song["albumArtists"]) == ("Ann", [ann])
        both = good(client, "getAlbum", id=song["albumId"])["album"]
        assert (both["artist"], both["artistId"], both["isCompilation"]) == ("Ann", ann["id"], False)
    execute(own_library, "UPDATE files SET advisory = CASE title WHEN 'Two' THEN 'explicit' ELSE 'none' END")
    with client_of(own_library) as client:
        both, solo = (
            good(client, "search3", query=name)["searchResult3"]["album"][0]["explicitStatus"]
            for name in ("Both", "Solo")
        )
        assert (both, solo) == ("explicit", "")


def test_guest_artist_is_not_listed_as_album_artist(own_library: Path) -> None:
    with Library.open(own_library) as library:
        library.set(list(library.search("album:=Solo")), artist="Ann feat. Guest")
    with client_of(own_library) as client:
        index = good(client, "getArtists")["artists"]["index"]
        assert "Guest" not in [artist["name"] for letter in index for artist in letter["artist"]]
        [found] = good(client, "search3", query="guest")["searchResult3"]["artist"]
        guest = good(client, "getArtist", id=found["id"])["artist"]
        [solo] = guest["album"]
        assert (guest["albumCount"], guest["roles"]) == (1, ["artist"])
        assert solo["artists"] == [{"id": Artist.id_of("Ann"), "name": "Ann"}]
        song = good(client, "getAlbum", id=solo["id"])["album"]["song"][0]
        assert [artist["name"] for artist in song["artists"]] == ["Ann", "Guest"]
        assert (song["artistId"], song["displayArtist"]) == (Artist.id_of("Ann"), "Ann feat. Guest")


def test_artists_albums_and_songs_lead_to_each_other(client: TestClient) -> None:
    index = good(client, "getArtists")["artists"]["index"]
    [ann] = [artist for letter in index for artist in letter["artist"] if artist["name"] == "Ann"]
    assert ann["albumCount"] == 2
    albums = good(client, "getArtist", id=ann["id"])["artist"]["album"]
    assert [album["name"] for album in albums] == ["Solo", "Both"]  # her own first
    solo, both = (good(client, "getAlbum", id=album["id"])["album"] for album in albums)
    assert ids(both["song"]) == [audio_id(101), audio_id(102)]  # the folders of discs are one album
    assert (both["artist"], both["songCount"], both["isCompilation"]) == ("Various Artists", 2, True)
    assert (both["created"], both["year"], both["genre"]) == ("2026-03-01T00:00:00Z", 1999, "Dub")
    assert ids(solo["song"]) == [audio_id(103), audio_id(104)]  # by track number, not by name
    assert (solo["artist"], solo["artistId"]) == ("Ann", ann["id"])  # case and accents do not part them
    assert all(song["albumId"] == solo["id"] for song in solo["song"])
    folder = good(client, "getMusicDirectory", id=ann["id"])["directory"]["child"]
    assert [(child["title"], child["isDir"]) for child in folder] == [("Both", True), ("Solo", True)]
    assert ids(good(client, "getMusicDirectory", id=solo["id"])["directory"]["child"]) == ids(solo["song"])


def test_folders_of_one_album_are_one_album(own_library: Path) -> None:
    put_split_albums(own_library)
    part = Album.id_of(SECOND, "Hits")
    with Library.open(own_library) as library:
        library.player_notes.put("star", part)  # of a player that knew the folder
    with client_of(own_library) as client:
        listed = good(client, "getAlbumList2", type="alphabeticalByName", size=50)["albumList2"]["album"]
        assert sorted(playlist["name"] for playlist in listed if playlist["name"] in TITLES) == ["Hits", "Hits", "Mix"]
        for name, titles in TITLES.items():
            [album] = [
                playlist for playlist in listed if (playlist["name"], playlist["songCount"]) == (name, len(titles))
            ]
            songs = good(client, "getAlbum", id=album["id"])["album"]["song"]
            assert [song["title"] for song in songs] == titles
            assert songs[-1]["discNumber"] == 2
            assert {song["albumId"] for song in songs} == {album["id"]}
            assert good(client, "getMusicDirectory", id=album["id"])["directory"]["child"] == songs
            [singer] = good(client, "getArtist", id=songs[-1]["artistId"])["artist"]["album"]
            assert singer["id"] == album["id"]
            assert ids(good(client, "search3", query=name, songCount=0)["searchResult3"]["album"])[0] in ids(listed)
        [hits] = good(client, "getStarred2")["starred2"]["album"]
        assert (hits["songCount"], hits["id"] == part) == (4, False)
        assert good(client, "getAlbum", id=part)["album"]["id"] == hits["id"]
        good(client, "unstar", albumId=hits["id"])
        assert good(client, "getStarred2")["starred2"]["album"] == []
        good(client, "star", albumId=part)
        assert ids(good(client, "getAlbumList2", type="starred")["albumList2"]["album"]) == [hits["id"]]


def test_album_lists_are_sorted_and_filtered(own_client: TestClient, own_library: Path) -> None:
    def names(**asked: Any) -> list[str]:
        return [album["name"] for album in good(own_client, "getAlbumList2", **asked)["albumList2"]["album"]]

    every = {"Both", "Solo", "[Unknown album]"}
    assert names(type="newest")[0] == "Both"
    assert names(type="alphabeticalByName") == sorted(every, key=lambda name: name.strip("["))
    assert {*names(type="random")} == {*names(type="alphabeticalByArtist")} == every
    assert names(type="byYear", fromYear=2000, toYear=2010) == ["Solo"]
    assert names(type="byYear", fromYear=2010, toYear=1990) == ["Solo", "Both"]
    assert names(type="byGenre", genre="Dub") == ["Both"]
    assert names(type="highest") == names(type="frequent") == names(type="recent") == names(type="starred") == []
    assert names(type="alphabeticalByName", size=1, offset=1) == ["Solo"]
    good(own_client, "setRating", id=audio_id(103), rating=5)
    assert names(type="highest") == ["Solo"]
    good(own_client, "scrobble", id=audio_id(103))
    assert names(type="frequent") == names(type="recent") == ["Solo"]


def test_songs_have_measured_values_and_genres_counts(client: TestClient) -> None:
    found = good(client, "getSong", id=audio_id(101))["song"]
    assert (found["bpm"], found["duration"], found["path"]) == (120, 200, "music/both/CD1/01.mp3")
    assert found["replayGain"] == {"trackGain": -9.0, "trackPeak": 0.9441, "albumGain": -9.0, "albumPeak": 0.9441}
    assert [genre["name"] for genre in found["genres"]] == ["House", "Dub"]
    genres = {genre["value"]: genre for genre in good(client, "getGenres")["genres"]["genre"]}
    assert (genres["Dub"]["songCount"], genres["Dub"]["albumCount"]) == (2, 1)
    assert (genres["House"]["songCount"], genres["House"]["albumCount"]) == (TRACKS + 1, 2)
    found = good(client, "getSongsByGenre", genre="Dub", count=50)["songsByGenre"]["song"]
    assert {*ids(found)} == {audio_id(101), audio_id(102)}
    assert good(client, "getSongsByGenre", genre='Dub "7\\""')["songsByGenre"]["song"]
    found = good(client, "getRandomSongs", genre="Dub", toYear=2000, size=9)["randomSongs"]["song"]
    assert {*ids(found)} == {audio_id(101), audio_id(102)}
    assert len(good(client, "getRandomSongs", size=5)["randomSongs"]["song"]) == 5
    found = good(client, "search3", query="ann: one*")["searchResult3"]
    assert ids(found["song"]) == [audio_id(101)]
    found = good(client, "search3", query="ann")["searchResult3"]
    assert ([artist["name"] for artist in found["artist"]], found["album"]) == (["Ann"], [])
    assert [album["name"] for album in good(client, "search3", query="bot")["searchResult3"]["album"]] == ["Both"]
    assert len(good(client, "search3", query='""', songCount=500)["searchResult3"]["song"]) == TRACKS + 4


def test_catalogue_follows_changes_and_a_running_scan_is_reported(own_client: TestClient, own_library: Path) -> None:
    before = good(own_client, "getScanStatus")["scanStatus"]["count"]
    mark_missing(own_library, "/music/solo/01.mp3", "/music/solo/02.mp3")
    assert good(own_client, "getScanStatus")["scanStatus"]["count"] == before - 2
    # It is kept for a moment.
    wait_until(lambda: not good(own_client, "search3", query="solo")["searchResult3"]["album"])
    assert good(own_client, "getScanStatus")["scanStatus"]["scanning"] is False
    with Library.open(own_library) as opened:
        opened.jobs.submit(JobRequest(kind="scan", not_before=datetime(2100, 1, 1, tzinfo=UTC)))
    assert good(own_client, "getScanStatus")["scanStatus"]["scanning"] is True


def test_building_the_catalogue_blocks_no_other_request(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, made = threading.Event(), threading.Event(), []
    catalogue = Library.tracks.catalogue

    def slow(self: Any, **how: Any) -> Any:
        made.append(1)
        begun.set()
        assert go_on.wait(20)
        return catalogue(self, **how)

    monkeypatch.setattr(Library.tracks, "catalogue", slow)
    with client_of(library, readers=1) as client, ThreadPoolExecutor(3) as pool:
        browsing = [pool.submit(good, client, "getArtists") for _ in range(3)]
        assert begun.wait(20)
        assert good(client, "getSong", id=A)["song"]["id"] == A
        assert not any(future.done() for future in browsing)
        go_on.set()
        assert all(future.result(20)["artists"]["index"] for future in browsing)
    assert len(made) == 1


# ---- lists, stars, ratings -----------------------------------------------------------------------


def test_lists_written_by_a_player_keep_the_entry_of_a_file_that_is_away(
    own_client: TestClient, own_library: Path
) -> None:
    made = good(own_client, "createPlaylist", name="Set", songId=[A, B, C])["playlist"]["id"]
    leave(own_library, song(2), song(9))
    assert ids(good(own_client, "getPlaylist", id=made)["playlist"]["entry"]) == [A, audio_id(9), C]

    good(own_client, "updatePlaylist", playlistId=made, songIndexToRemove=[0], songIdToAdd=[A])
    assert stored_ids(own_library, "Set") == [B, C, A]
    good(own_client, "createPlaylist", playlistId=made, songId=[C, audio_id(9)])
    assert stored_ids(own_library, "Set") == [C, B]


def test_a_list_is_made_changed_renamed_and_deleted(own_client: TestClient, own_library: Path) -> None:
    made = good(own_client, "createPlaylist", name="Set", songId=[A, B, C])["playlist"]
    assert (made["songCount"], made["duration"], made["owner"]) == (3, 600, "me")
    assert refused(own_client, "createPlaylist", name="Set", songId=A)[1].startswith(
        "the stored list 'Set' already exists"
    )
    good(
        own_client,
        "updatePlaylist",
        playlistId=made["id"],
        songIndexToRemove=[0, 2],
        songIdToAdd=[A, A],
        comment="mine",
    )
    found = good(own_client, "getPlaylist", id=made["id"])["playlist"]
    assert (ids(found["entry"]), found["comment"]) == ([B, A, A], "mine")
    good(own_client, "createPlaylist", playlistId=made["id"], songId=[C])
    good(own_client, "updatePlaylist", playlistId=made["id"], name="Other")
    [kept] = good(own_client, "getPlaylists")["playlists"]["playlist"]
    assert (kept["name"], kept["songCount"], kept["comment"]) == ("Other", 1, "mine")
    assert [line["name"] for line in lines(own_library, "playlist", "list")] == ["Other"]
    assert kept["id"] == made["id"]
    good(own_client, "deletePlaylist", id=kept["id"])
    assert refused(own_client, "deletePlaylist", id=kept["id"])[0] == 70
    deleted = own_client.get("/api/v1/lists", params={"deleted": True}).json()["lists"]
    assert kept["id"] in [playlist["id"] for playlist in deleted]
    assert good(own_client, "getPlaylists")["playlists"]["playlist"] == []


def test_a_live_list_can_only_be_read(own_client: TestClient, own_library: Path) -> None:
    with Library.open(own_library) as opened:
        opened.lists.make_live("Fresh", "limit:2")
        opened.lists.make_live("Mixed", "", curve="wave", n=2)
    shown = {playlist["name"]: playlist for playlist in good(own_client, "getPlaylists")["playlists"]["playlist"]}
    assert [(playlist["songCount"], playlist["readonly"], playlist["comment"]) for playlist in shown.values()] == [
        (2, True, "limit:2"), (2, True, "limit:2, energy wave")]  # fmt: skip
    key = shown["Fresh"]["id"]
    found = good(own_client, "getPlaylist", id=key)["playlist"]
    assert (ids(found["entry"])[0], found["songCount"]) == (A, 2)
    for method, given in (("updatePlaylist", {"songIdToAdd": [C]}), ("createPlaylist", {"songId": [C]})):
        assert "is a live list" in refused(own_client, method, playlistId=key, **given)[1]
    good(own_client, "updatePlaylist", playlistId=key, name="New")
    good(own_client, "deletePlaylist", id=key)


def test_missing_song_is_kept_when_its_list_changes(own_client: TestClient, own_library: Path) -> None:
    made = good(own_client, "createPlaylist", name="Set", songId=[A, B, C])["playlist"]
    mark_missing(own_library, song(1))
    assert ids(good(own_client, "getPlaylist", id=made["id"])["playlist"]["entry"]) == [B, C]
    good(own_client, "updatePlaylist", playlistId=made["id"], songIndexToRemove=0)
    with Library.open(own_library) as opened:
        assert [entry.track and entry.track.audio_id for entry in opened.lists.read("Set").entries] == [A, C]


def test_starred_songs_are_a_stored_list(own_client: TestClient, own_library: Path) -> None:
    good(own_client, "star", id=[B, A])
    execute(own_library, "UPDATE playlist_tracks SET detail = json_set(detail, '$.starred_at', '2020-02-02T00:00:00Z')")
    good(own_client, "star", id=[A, C])
    found = good(own_client, "getStarred2")["starred2"]["song"]
    assert ids(found) == [B, A, C]
    assert [song["starred"][:4] for song in found[:2]] == ["2020", "2020"]
    assert found[2]["starred"] > "2026"
    assert good(own_client, "getSong", id=C)["song"]["starred"] == found[2]["starred"]
    assert [
        pick["track"]["audio_id"]
        for pick in json.loads(run_inside("playlist", "show", "Starred", "--json", library=own_library).stdout)["picks"]
    ] == [B, A, C]
    assert {line["audio_id"] for line in lines(own_library, "search", "is:starred")} == {A, B, C}
    good(own_client, "unstar", id=[B])
    assert {line["audio_id"] for line in lines(own_library, "search", "is:starred")} == {A, C}
    assert ids(good(own_client, "getStarred2")["starred2"]["song"]) == [A, C]
    assert "starred" not in good(own_client, "getSong", id=B)["song"]


def test_missing_song_keeps_its_star(own_client: TestClient, own_library: Path) -> None:
    good(own_client, "star", id=[A, B])
    mark_missing(own_library, song(1))
    good(own_client, "star", id=C)
    assert ids(good(own_client, "getStarred2")["starred2"]["song"]) == [B, C]
    with Library.open(own_library) as opened:
        assert [entry.track and entry.track.audio_id for entry in opened.lists.read("Starred").entries] == [A, B, C]


def test_rating_is_stored_like_a_rating_set_by_command(own_client: TestClient, own_library: Path) -> None:
    good(own_client, "setRating", id=A, rating=4)
    assert good(own_client, "getSong", id=A)["song"]["userRating"] == 4
    [printed] = lines(own_library, "search", "rating:4")
    assert (printed["audio_id"], printed["user"]["rating"]) == (A, 4.0)
    good(own_client, "setRating", id=A, rating=0)
    assert "userRating" not in good(own_client, "getSong", id=A)["song"]
    good(own_client, "scrobble", id=A)


# ---- files, and a client of others ---------------------------------------------------------------

JPEG = b"\xff\xd8\xff\xe0" + bytes(500)


def test_file_is_sent_in_ranges_and_its_cover_cached(listener: TestClient, scanned_music: Path, tmp_path: Path) -> None:
    [found] = good(listener, "search3", query="two.wav")["searchResult3"]["song"]
    data = (scanned_music / "two.wav").read_bytes()
    assert (found["path"], found["contentType"], found["size"]) == ("two.wav", "audio/wav", len(data))
    for method in ("stream", "download.view"):
        part = listener.get(f"/rest/{method}", params={"id": found["id"]}, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, data[100:200])
        assert part.headers["cross-origin-resource-policy"] == "same-origin"
    whole = listener.post("/rest/stream", data={"id": found["id"]})
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "audio/wav")
    assert (
        listener.get("/rest/stream", params={"id": found["id"]}, headers={"Range": "bytes=999999999-"}).status_code
        == 416
    )
    assert refused(listener, "getCoverArt", id=found["coverArt"]) == (70, "it has no picture")
    (scanned_music / "cover.jpg").write_bytes(JPEG)
    try:
        for key in (found["coverArt"], found["albumId"]):
            cover = listener.get("/rest/getCoverArt", params={"id": key, "size": 300})
            assert (cover.content, cover.headers["content-type"]) == (JPEG, "image/jpeg")
            again = listener.get(
                "/rest/getCoverArt", params={"id": key}, headers={"If-None-Match": cover.headers["etag"]}
            )
            assert (again.status_code, again.content) == (304, b"")
    finally:
        (scanned_music / "cover.jpg").unlink()


@pytest.mark.parametrize(
    ("asked", "media_type"),
    [
        ({"maxBitRate": 0}, "audio/wav"),
        ({"maxBitRate": 320, "format": "flv"}, "audio/ogg"),
        ({"maxBitRate": 96, "format": "raw"}, "audio/wav"),
        ({"format": "wav"}, "audio/wav"),
    ],
)
def test_stream_has_the_requested_format(listener: TestClient, asked: dict[str, Any], media_type: str) -> None:
    [found] = good(listener, "search3", query="two.wav")["searchResult3"]["song"]
    part = listener.get("/rest/stream", params={"id": found["id"], **asked}, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-type"], len(part.content)) == (206, media_type, 10)
    whole = listener.get("/rest/download", params={"id": found["id"], **asked})
    assert whole.headers["content-type"] == "audio/wav"


@pytest.mark.world
def test_client_library_searches_and_plays(own_library: Path, sound_library: Path, scanned_music: Path) -> None:
    libopensonic = pytest.importorskip("libopensonic")
    with serving(own_library) as port:
        connection = libopensonic.Connection("http://127.0.0.1", "anyone", "any", port=port)
        try:
            assert connection.ping()
            extensions = {extension.name for extension in connection.get_open_subsonic_extensions()}
            assert extensions >= {"formPost", "apiKeyAuthentication", "sonicSimilarity"}
            assert connection.get_user("anyone").admin_role
            [found] = connection.search3("title 23").song
            assert found.title == "Title 23"
            alike = connection.get_sonic_similar_tracks(found.id, 3)
            assert [match.entry.id for match in alike] == [
                line["track"]["audio_id"] for line in lines(own_library, "similar", "-n", "3", found.id)
            ]
            path = connection.find_sonic_path(A, found.id, 5)
            assert (path[0].entry.id, path[-1].entry.id, len(path)) == (A, found.id, 5)
            assert connection.create_playlist(name="From the phone", song_ids=[A, found.id])
            [made] = connection.get_playlists()
            assert [song.id for song in connection.get_playlist(made.id).entry] == [A, found.id]
            connection.star([A])
            assert [song.id for song in connection.get_starred2().song] == [A]
            assert connection.set_rating(A, 3)
            assert connection.get_song(A).user_rating == 3
            with pytest.raises(libopensonic.errors.DataNotFoundError, match="no track"):
                connection.get_song("a1-00")
        finally:
            connection.cleanup()
    with serving(sound_library, scanned_music) as port:
        connection = libopensonic.AsyncConnection("http://127.0.0.1", "anyone", "any", port=port)
        assert _played(connection) == (scanned_music / "two.wav").read_bytes()[:1000]


def _played(connection: Any) -> bytes:
    import asyncio

    async def play() -> bytes:
        [found] = (await connection.search3("two.wav")).song
        response = await connection.stream(found.id, byte_range="bytes=0-999")
        assert response.status == 206
        data: bytes = await response.read()
        await connection.cleanup()
        return data

    return asyncio.run(play())


def test_players_get_each_song_once(tmp_path: Path) -> None:
    titles = ("Sky", "Sky (Live)", "Sky - 2019 Remaster", "Rain", "Rain (Radio Edit)", "Rain (Hollis Remix)")
    more = [{"number": 200 + at, "artist": "Ann", "title": title, "bpm": 120.0} for at, title in enumerate(titles)]
    with client_of(make_playlist_library(tmp_path / "library.map4", tracks=24, more=more)) as client:
        asked = {"id": audio_id(200), "count": 40}
        answers = [good(client, f"getSimilarSongs{n}", **asked)[f"similarSongs{n}"]["song"] for n in ("", "2")]
        matches = good(client, "getSonicSimilarTracks", **asked)["sonicMatch"]
        for songs in (*answers, [match["entry"] for match in matches]):
            [version] = {song["title"] for song in songs} & {*titles}
            assert version.startswith("Rain")
            assert len(songs) == 25
        songs = good(client, "getRandomSongs", size=100)["randomSongs"]["song"]
        assert len(songs) == 26


def test_one_of_five_random_songs_was_not_played_for_a_year(own_client: TestClient, own_library: Path) -> None:
    every = ids(good(own_client, "getRandomSongs", size=100)["randomSongs"]["song"])
    month_ago = datetime.now(UTC) - timedelta(days=30)
    with Library.open(own_library) as library:
        for number, track in enumerate(library.tracks.all()):
            library.plays.add(track, at=month_ago - timedelta(days=400 if number < 2 else 0))
        unheard = {track.audio_id for track in library.search("^played:-1y")}
    assert len(unheard) == 2
    for size, least in ((5, 1), (10, 2), (9, 1)):
        assert len(unheard & {*ids(good(own_client, "getRandomSongs", size=size)["randomSongs"]["song"])}) >= least
    assert {*ids(good(own_client, "getRandomSongs", size=100)["randomSongs"]["song"])} == {*every}


def test_similar_and_random_songs_leave_out_recent_plays(client: TestClient) -> None:
    every = ids(good(client, "getRandomSongs", size=100)["randomSongs"]["song"])
    first = ids(good(client, "getSimilarSongs2", id=A, count=5)["similarSongs2"]["song"])
    for song_id in first:
        good(client, "scrobble", id=song_id)
    second = ids(good(client, "getSimilarSongs2", id=A, count=5)["similarSongs2"]["song"])
    assert len(second) == 5
    assert not {*first} & {*second}
    assert {*ids(good(client, "getRandomSongs", size=100)["randomSongs"]["song"])} == {*every}
    drawn = ids(good(client, "getRandomSongs", size=len(every) - 5)["randomSongs"]["song"])
    assert not {*first} & {*drawn}
    for song_id in every:
        good(client, "scrobble", id=song_id)
    assert ids(good(client, "getSimilarSongs2", id=A, count=5)["similarSongs2"]["song"]) == first
