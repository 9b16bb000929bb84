"""A Jellyfin server that answers what map4 asks of it, after Jellyfin's controllers (10.9 and newer)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from extras.connect.music_server_double import LOGIN, PASSWORD, library_of_songs
from servers import client_of
from service_double import Server, Turn, serving

from map4 import Library
from map4.extras.connect.server import MusicServerError

pytestmark = pytest.mark.contract

TOKEN, USER = "0123abcd", "u" * 32


@dataclass
class JellyfinDouble:
    """Songs 1 to 3 with ids of 32 digits, and the lists that were made."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    product: str = "Jellyfin Server"
    changed: dict[str, Any] = field(default_factory=dict)

    def answer(self, turn: Turn) -> tuple[int, Any]:
        path, body = turn.path, json.loads(turn.body) if turn.body.startswith("{") else {}
        if path == "/System/Info/Public":
            return 200, {"ProductName": self.product, "Version": "10.11.1"}
        if path == "/Users/AuthenticateByName":
            if (body["Username"], body["Pw"]) != (LOGIN, PASSWORD):
                return 401, {}
            return 200, {"AccessToken": TOKEN, "User": {"Id": USER}}
        if path.startswith(("/rest/", "/jsonrpc")):
            return 404, {}
        if f'Token="{TOKEN}"' not in turn.headers["Authorization"]:
            return 401, {}
        return self._known(path.strip("/").split("/"), turn.query, body)

    def _known(self, path: list[str], query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        if path == ["Items"]:
            assert (query["userId"], query["recursive"]) == (USER, "true")
            if query["includeItemTypes"] == "Playlist":
                return 200, {"Items": [{"Id": name, "Name": name} for name in self.lists]}
            first, count = int(query["startIndex"]), int(query["limit"])
            return 200, {"Items": [self._song(number) for number in range(1, 4)][first : first + count]}
        if path == ["Playlists"]:
            self.lists[body["Name"]] = body["Ids"]
            return 200, {"Id": body["Name"]}
        if path[1] not in self.lists:
            return 404, {}
        if body or "ids" in query:
            self.lists[path[1]] = body.get("Ids") or self.lists[path[1]] + query["ids"].split(",")
            return 204, b""
        return 200, {"Items": [{"Id": song} for song in self.lists[path[1]]]}

    def _song(self, number: int) -> dict[str, Any]:
        return {
            "Id": f"{number:032x}", "Name": f"Title {number}", "Album": "Blue", "AlbumArtist": "Ann",
            "ArtistItems": [{"Name": "Ann", "Id": "a" * 32}], "Path": f"/media/{number}.flac",
            "RunTimeTicks": 2_000_000_000, "MediaSources": [{"Size": 1000, "Container": "flac"}],
            "UserData": {"PlayCount": 4, "IsFavorite": number == 2, "LastPlayedDate": "2026-02-03T04:05:06.789Z"},
            **self.changed,
        }  # fmt: skip


@pytest.fixture
def double() -> JellyfinDouble:
    return JellyfinDouble()


@pytest.fixture
def server(double: JellyfinDouble) -> Iterator[Server]:
    with serving(double, Turn.good) as found:
        yield found


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return library_of_songs(tmp_path, monkeypatch, 1, 2, 3)


def test_songs_stars_plays_and_lists_of_jellyfin_are_exchanged(
    path: Path, server: Server, double: JellyfinDouble
) -> None:
    with Library.open(path) as library:
        made = library.connections.add("home", server.url, login=LOGIN, secret=PASSWORD)
        assert (made.server.type, made.server.version, made.sign_in) == ("jellyfin", "10.11.1", "password")
        assert library.connections.map().mapped == 3
        taken = library.connections.pull()
        assert taken.stars == 1
        assert [track.title() for track in library.lists.read_stored("Starred").tracks()] == ["Title 2"]
        [pushed] = library.connections.push(["Friday"])
        assert (pushed.status, double.lists) == ("made", {"Friday": [f"{number:032x}" for number in (1, 2, 3)]})
        double.lists["Friday"].pop()
        [again] = library.connections.push(["Friday"], force=True)
        assert (again.status, len(double.lists["Friday"])) == ("written", 3)
        del double.lists["Friday"]
        [third] = library.connections.push(["Friday"])
        assert third.status == "made"
    with client_of(path) as client:  # Jellyfin's plug-in asks the root, with ids in the form "N"
        song = client.get(f"/api/track?item_id={1:032x}").json()
        assert (song["item_id"], song["title"]) == (f"{1:032x}", "Title 1")
        assert client.get("/api/servers").json()["servers"][0]["server_type"] == "jellyfin"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"product": "Emby"}, "is it a music server"),
        ({"changed": {"Id": None}}, "without an id"),
        ({"changed": {"MediaSources": {}, "ArtistItems": "x"}}, "invalid song"),
    ],
)
def test_other_programs_and_wrong_songs_are_reported(
    path: Path, server: Server, double: JellyfinDouble, changes: dict[str, Any], message: str
) -> None:
    vars(double).update(changes)

    def connect(library: Library) -> None:
        library.connections.add("home", server.url, login=LOGIN, secret=PASSWORD)
        library.connections.map()

    with Library.open(path) as library, pytest.raises(MusicServerError, match=message):
        connect(library)


def test_wrong_password_is_refused_and_none_is_sent_unencrypted(path: Path, server: Server) -> None:
    with Library.open(path) as library:
        with pytest.raises(MusicServerError, match="rejects these credentials"):
            library.connections.add("home", server.url, login=LOGIN, secret="other")
        assert library.connections.all() == []
