"""Every method of OpenSubsonic, in JSON and in XML: each answer as the protocol's document says, and both the same."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from extras.subsonic.opensubsonic import ANSWERS, BYTES, answer_of, faults, read, without_empty
from libraries import audio_id
from playlist_library import make_playlist_library
from reads import locked, noted_writes
from servers import client_of
from starlette.testclient import TestClient
from subsonic_asking import good

from map4.extras.subsonic.routes.methods import METHODS

A, B, C, WORDS = audio_id(1), audio_id(2), audio_id(3), audio_id(103)
SIGNED = {"u": "me", "p": "x", "v": "1.16.1", "c": "t"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that has something to say to every question."""
    folder = tmp_path_factory.mktemp("document")
    music = folder / "music"
    music.mkdir()
    (music / "words.lrc").write_text("[la:eng]\n[00:01.50]One\n", encoding="utf-8")
    (music / "words.mp3").write_bytes(b"")
    more = [
        {"number": 101, "bpm": 120.0, "artist": "Ann", "title": "One & <two>", "album": "Both", "genre": "House; Dub",
         "path": "/music/both/CD1/01.mp3", "track": 1, "year": 1999, "added_at": "2026-03-01T00:00:00Z"},
        {"number": 102, "bpm": 121.0, "artist": "Bob", "title": "Two", "album": "Both",
         "path": "/music/both/CD2/01.mp3"},
        {"number": 103, "bpm": 122.0, "artist": "Björk", "title": "Jóga", "album": "Höme",
         "path": f"{music}/words.mp3"},
    ]  # fmt: skip
    with client_of(make_playlist_library(folder / "library.map4", tracks=24, more=more), music) as found:
        song = good(found, "getSong", id=A)["song"]
        good(found, "star", id=A, albumId=song["albumId"], artistId=song["artistId"])
        good(found, "setRating", id=A, rating=5)
        good(found, "scrobble", id=B)
        good(found, "scrobble", id=A, submission="false")
        good(found, "createPlaylist", name="Friday", songId=[A, B])
        good(found, "createBookmark", id=A, position=1000, comment="here")
        good(found, "savePlayQueue", id=[A, B], current=B, position=5)
        yield found


def test_reading_methods_write_nothing(tmp_path: Path) -> None:
    path = make_playlist_library(tmp_path / "library.map4", tracks=12)
    reading = [name for name, method in METHODS.items() if method.queue != "write"]

    def answers(client: TestClient) -> dict[str, tuple[int, bytes]]:
        asked = ((name, parameters) for name in reading for parameters in GOOD.get(name, [{}]))
        sent = {
            f"{name} {parameters}": client.get(f"/rest/{name}", params={**SIGNED, **parameters, "f": "json"})
            for name, parameters in asked
        }
        return {name: (answer.status_code, answer.content) for name, answer in sent.items() if CHANCE[0] not in name}

    with noted_writes(path) as written, client_of(path) as client:
        with locked(path):
            written.clear()
            meanwhile = answers(client)
            assert written == []
        assert meanwhile == answers(client)
    assert len(reading) > 30


@pytest.fixture(scope="module")
def known(client: TestClient) -> dict[str, str]:
    """Ids that questions name."""
    song = good(client, "getSong", id=audio_id(101))["song"]
    [friday] = [
        playlist for playlist in good(client, "getPlaylists")["playlists"]["playlist"] if playlist["name"] == "Friday"
    ]
    return {"album": song["albumId"], "artist": song["artistId"], "list": friday["id"]}


# What is asked, where a method needs more than its name; words in <> are ids of `known`.
GOOD: dict[str, list[dict[str, Any]]] = {
    "getUser": [{"username": "me"}],
    "getMusicDirectory": [{"id": "<artist>"}, {"id": "<album>"}],
    "getArtist": [{"id": "<artist>"}],
    "getArtistInfo": [{"id": A}],
    "getArtistInfo2": [{"id": A}],
    "getAlbum": [{"id": "<album>"}],
    "getAlbumInfo": [{"id": "<album>"}],
    "getAlbumInfo2": [{"id": "<album>"}],
    "getAlbumList": [{"type": "newest"}, {"type": "starred"}],
    "getAlbumList2": [{"type": "newest", "size": 500}, {"type": "starred"}, {"type": "byYear", "fromYear": 1},
                      {"type": "frequent"}, {"type": "highest"}],
    "getSong": [{"id": A}, {"id": audio_id(101)}],
    "getSongsByGenre": [{"genre": "House"}],
    "getTopSongs": [{"artist": "Artist 0"}],
    "search": [{"any": "title"}],
    "search2": [{"query": ""}],
    "search3": [{"query": ""}, {"query": "no such thing"}, {"query": "jóga"}],
    "getSimilarSongs": [{"id": A}],
    "getSimilarSongs2": [{"id": A}, {"id": "<artist>"}],
    "getSonicSimilarTracks": [{"id": A}],
    "findSonicPath": [{"startSongId": A, "endSongId": B, "count": 4}],
    "getLyrics": [{}, {"artist": "Björk", "title": "Jóga"}],
    "getLyricsBySongId": [{"id": WORDS}],
    "getPlaylist": [{"id": "<list>"}],
    "createPlaylist": [{"playlistId": "<list>", "songId": [B, A]}],
    "updatePlaylist": [{"playlistId": "<list>", "comment": "x"}],
    "star": [{"id": B}],
    "unstar": [{"id": B}],
    "setRating": [{"id": B, "rating": 3}],
    "scrobble": [{"id": C, "submission": "false"}],
    "createBookmark": [{"id": C, "position": 1}],
    "deleteBookmark": [{"id": C}],
    "savePlayQueue": [{"id": A, "current": A, "position": 5}],
    "savePlayQueueByIndex": [{"id": [A, B], "currentIndex": 1}],
}  # fmt: skip
NOT_HERE = ("startScan",)
"""No folder was scanned, so that it fails."""
CHANCE = ("getRandomSongs",)


def both(client: TestClient, method: str, parameters: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a method answers in JSON, and in XML as JSON would have it."""
    in_json = client.get(f"/rest/{method}", params={**SIGNED, **parameters, "f": "json"})
    in_xml = client.get(f"/rest/{method}.view", params={**SIGNED, **parameters})
    assert in_json.headers["content-type"] == "application/json"
    assert in_xml.headers["content-type"].startswith("text/xml")
    answer = in_json.json()["subsonic-response"]
    kind = answer_of(method, failed=answer["status"] == "failed")
    root = ElementTree.fromstring(in_xml.content)
    assert root.tag == "{http://subsonic.org/restapi}subsonic-response"
    found = read(root, kind)
    assert faults(answer, kind) == []
    assert faults(found, kind, lacks_empty=True) == []
    return answer, found


def test_answers_in_json_and_xml_follow_the_document(client: TestClient, known: dict[str, str]) -> None:
    refused = {name for name, method in METHODS.items() if name not in ANSWERS and name not in GOOD and name != "ping"}
    asked = [name for name in METHODS if name not in refused and name not in (*BYTES, *NOT_HERE)]
    for method, parameters in ((name, parameters) for name in asked for parameters in GOOD.get(name, [{}])):
        named = {name: known.get(str(value).strip("<>"), value) for name, value in parameters.items()}
        in_json, in_xml = both(client, method, named)
        assert in_json["status"] == "ok"
        for name, kind in ((word.split("!")[0], word) for word in ANSWERS.get(method, "").split()):
            assert in_json[name] or kind.endswith(":Nothing") or method.startswith("getAlbumInfo")
        # Of a change the second answer may be a second later.
        assert method in CHANCE or timeless(in_xml) == timeless(without_empty(in_json))


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "…" if name == "changed" else timeless(item) for name, item in value.items()}
    return [timeless(item) for item in value] if isinstance(value, list) else value


WRONG: tuple[dict[str, Any], ...] = ({}, {"id": "a2-00", "playlistId": "none", "query": "x", "rating": 9, "type": "x"})


NOT_A_MISTAKE = ("getLyrics", "search", "search2", "search3", "savePlayQueue", "savePlayQueueByIndex", "deleteBookmark",
                 "getTopSongs", "getSongsByGenre")  # fmt: skip
"""Methods to which neither is wrong."""


def test_errors_in_json_and_xml_follow_the_document(client: TestClient) -> None:
    for method in METHODS:
        answers = [both(client, method, parameters) for parameters in WRONG]
        failed = [in_json for in_json, _ in answers if in_json["status"] == "failed"]
        is_given = method in ANSWERS and method not in GOOD
        assert failed or is_given or method == "ping" or method in NOT_A_MISTAKE
        for in_json, in_xml in answers:
            assert in_json["status"] == in_xml["status"]
            assert method in CHANCE or timeless(in_xml) == timeless(without_empty(in_json))
