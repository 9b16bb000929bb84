"""A Lyrion server that answers what map4 asks of it, after its `JSONRPC.pm` and `titlesQuery`."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from extras.connect.music_server_double import LOGIN, PASSWORD, library_of_songs
from servers import client_of
from service_double import Turn, serving

from map4 import Library
from map4.errors import Map4Error
from map4.extras.connect.music_server import ServerAddress
from map4.extras.connect.other_servers import LyrionServer

pytestmark = pytest.mark.contract


@dataclass
class LyrionDouble:
    """Songs from 101 on; `changed` are members of all songs, `result` of all results."""

    urls: tuple[str, ...] = ("file:///music/1.flac", "file:///D:/music/2.flac", "file:///music/3.flac")
    is_protected: bool = False
    changed: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    def answer(self, turn: Turn) -> tuple[int, Any]:
        basic = b"Basic " + base64.b64encode(f"{LOGIN}:{PASSWORD}".encode())
        if self.is_protected and turn.headers["Authorization"] != basic.decode():
            return 401, b"<html>401 Authorization is required"
        if turn.path != "/jsonrpc.js":
            return 404, b"<html>404 Not Found"
        asked = json.loads(turn.body)
        assert (asked["method"], asked["params"][0]) == ("slim.request", "")
        command = asked["params"][1]
        result = {"_version": "9.0.2"} if command == ["version", "?"] else self._titles(*command)
        return 200, {**asked, "result": {**result, **self.result}}

    def _titles(self, name: str, first: int, count: int, *tagged: str) -> dict[str, Any]:
        assert (name, tagged) == ("titles", ("tags:aslduRfO", "sort:sql=tracks.id"))
        rows = [
            {"id": 100 + number, "title": f"Title {number}", "artist": "Ann", "artist_id": "7", "album": "Blue",
             "duration": "200.4", "url": url, "filesize": "1000", **self.changed}
            for number, url in enumerate(self.urls, 1)
        ][first : first + count]  # fmt: skip
        return {"count": len(self.urls), **({"titles_loop": rows} if rows else {})}


def act(turn: Turn) -> None:
    is_audio = turn.path == "/music/101/download"
    turn.send(200, b"fLaC", content_type="audio/flac") if is_audio else turn.good()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return library_of_songs(tmp_path, monkeypatch, 1, 2, 3)


@pytest.mark.parametrize(("login", "is_protected"), [("", False), (LOGIN, True), (LOGIN, False)])
def test_songs_of_lyrion_have_their_ids_in_audiomuses_routes(path: Path, login: str, is_protected: bool) -> None:
    double = LyrionDouble(is_protected=is_protected, changed={"rating": "80", "playcount": 4})
    with serving(double, act) as server, Library.open(path) as library:
        made = library.connections.add("home", server.url, login=login, secret=login and PASSWORD)
        assert (made.server.type, made.server.version, made.sign_in) == ("lyrion", "9.0.2", "password")
        assert library.connections.map().matches == {"path": 3}
        assert library.connections.pull().ratings == 3
        with pytest.raises(Map4Error, match="can't write lists to Lyrion"):
            library.connections.push(["Friday"])
        assert any("Basic" in turn.headers.get("Authorization", "") for turn in server.turns) == is_protected
    with client_of(path) as client:
        song = client.get("/connect/home/api/track?item_id=102").json()
        assert (song["item_id"], song["title"]) == ("102", "Title 2")
        for question in ("search_tracks?artist=Ann", "artist_tracks?artist_id=7"):
            songs = client.get(f"/connect/home/api/{question}").json()
            assert [song["item_id"] for song in songs] == ["101", "102", "103"]


PATHS: dict[Any, str | None] = {
    "file:///mnt/M%C3%BCsic/100%25%20%231%3F.flac": "/mnt/Müsic/100% #1?.flac",
    "file:///C:/Music/a.flac": "/C:/Music/a.flac",
    "file://nas/share/a.flac": "nas/share/a.flac",
    "file:///music/album.flac#0-215.3": None,
    "spotify:track:6rqhFgbbKwnb9MLmUQDhG6": None,
    "qobuz://[1].flc": None,
    None: None,
}


def test_songs_are_read_in_pages_with_the_paths_of_whole_files(tmp_path: Path) -> None:
    with serving(LyrionDouble(urls=(*PATHS,)), act) as server:
        client = LyrionServer(ServerAddress(url=server.url, secret=""))
        songs = [*client.songs(0, 4), *client.songs(4, 4), *client.songs(len(PATHS), 4)]
        first = songs[0]
        assert [song.path for song in songs] == [*PATHS.values()]
        assert [song.id for song in songs][::6] == ["101", "107"]
        assert (first.duration_s, first.size_bytes, first.plays, first.suffix) == (200.4, 1000, None, "flac")
        client.save_song("101", str(tmp_path / "song"), most_bytes=1000)
        client.close()


@pytest.mark.parametrize(
    ("login", "changes", "message"),
    [
        ("", {"is_protected": True}, "rejects these credentials"),
        (LOGIN, {"is_protected": True}, "rejects these credentials"),
        ("", {"result": {"_version": None}}, "needs a password or an API key"),
        (LOGIN, {"result": {"_version": None}}, "is it a music server"),
        ("", {"changed": {"id": None}}, "without an id"),
        ("", {"changed": {"duration": "long"}}, "invalid song"),
        ("", {"result": {"titles_loop": "x"}}, "not a list"),
        ("", {"result": {"rescan": 1}}, "is scanning its music"),
    ],
)
def test_wrong_answers_passwords_and_scans_are_reported(
    path: Path, login: str, changes: dict[str, Any], message: str
) -> None:
    def connect(library: Library, url: str) -> None:
        library.connections.wait = lambda seconds: None
        library.connections.add("home", url, login=login, secret=login and "other")
        library.connections.map()

    opened = Library.open(path)
    with serving(LyrionDouble(**changes), act) as server, opened as library, pytest.raises(Map4Error, match=message):
        connect(library, server.url)
