"""A server that answers the part of OpenSubsonic that map4 asks as Navidrome does, written after that one's sources.

(extras/subsonic/{middlewares,searching,playlists,media_annotation,helpers}.go and responses/responses.go: the order of
checks, the codes, which members are left out, paths made of tags, lists replaced as a whole by createPlaylist.)
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

import pytest
from service_double import Act, Server, Turn, serving
from stored import put_track

from map4 import Library
from map4.accounts.sealing import KEY_FILE_VARIABLE

LOGIN, PASSWORD = "ann", "s3cret ✓ words"
NO_SUCH, WRONG, MISSING = 70, 40, 10


@dataclass
class HeldList:
    name: str
    songs: list[str]
    owner: str = LOGIN


@dataclass
class MusicServerDouble:
    """What the server knows, and what it was asked.

    songs: as `Child`
    needs_query: whether an empty search is refused, as it was before 0.50
    finds_all: whether a search for nothing or for '""' finds anything
    """

    songs: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: dict[str, HeldList] = field(default_factory=dict)
    needs_query: bool = False
    finds_all: bool = True
    takes_tokens: bool = True
    api_key: str | None = None
    password: str = PASSWORD
    asked: list[str] = field(default_factory=list)
    # Of an act that fails only after it was done.
    made: int = 0

    @classmethod
    def of_songs(cls, count: int) -> Self:
        found = cls()
        for number in range(1, count + 1):
            found.put(number)
        return found

    def put(self, number: int, *, artist: str = "Ann", album: str = "Blue", **more: Any) -> str:
        song = f"nd{number:020}"
        title = more.pop("title", f"Title {number}")
        self.songs[song] = {
            "id": song, "parent": "al", "isDir": False, "title": title, "album": album, "artist": artist,
            "track": number, "size": 1000, "suffix": "flac", "contentType": "audio/flac", "duration": 200,
            "path": f"{artist}/{album}/{number:02} - {title}.flac", "created": "2026-01-02T03:04:05.123456789Z",
            "albumId": "al", "artistId": f"nda-{artist}", "type": "music", "mediaType": "song", "isVideo": False,
            "musicBrainzId": "", "genres": [], **more,
        }  # fmt: skip
        return song

    def answer(self, turn: Turn) -> tuple[int, Any]:
        given = parse_qs(turn.body, keep_blank_values=True) | parse_qs(
            turn.handler.path.partition("?")[2], keep_blank_values=True
        )
        method = turn.path.rpartition("/")[2].removesuffix(".view")
        self.asked.append(method)
        query = {name: values[0] for name, values in given.items()}
        if (error := self._refused(query)) is not None:
            return 200, _response(error=error)
        if method == "download":
            return 200, b"fLaC" + b"\0" * 100
        found = getattr(self, f"_{method}")(query, given)
        return 200, _response(error=found) if "code" in found else _response(**found)

    def _refused(self, query: dict[str, str]) -> dict[str, Any] | None:
        for name in ("v", "c") if "apiKey" in query else ("u", "v", "c"):
            if not query.get(name):
                return _error(MISSING, f"missing parameter: '{name}'")
        if "apiKey" in query:
            return None if query["apiKey"] == self.api_key else _error(44, "Invalid API key")
        if "t" in query and not self.takes_tokens:
            return _error(41, "Token authentication not supported")
        wanted = hashlib.md5((self.password + query.get("s", "")).encode()).hexdigest()
        is_right = query.get("t") == wanted or query.get("p") == f"enc:{self.password.encode().hex()}"
        return None if query["u"] == LOGIN and is_right else _error(WRONG, "Wrong username or password")

    def _ping(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:
        return {}

    def _search3(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:
        if self.needs_query and not query.get("query"):
            return _error(MISSING, "missing parameter: 'query'")
        if query.get("query", "") not in ("", '""') or not self.finds_all:
            return {"searchResult3": {}}
        start = int(query.get("songOffset", 0))
        page = list(self.songs.values())[start : start + min(int(query.get("songCount", 20)), 500)]
        return {"searchResult3": {"song": page} if page else {}}

    def _getAlbumList2(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        start, size = int(query.get("offset", 0)), min(int(query.get("size", 10)), 500)
        names = sorted({song["album"] for song in self.songs.values()})[start : start + size]
        page = [{"id": f"al-{name}", "name": name, "artist": "Ann"} for name in names]
        return {"albumList2": {"album": page} if page else {}}

    def _getAlbum(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        found = [song for song in self.songs.values() if f"al-{song['album']}" == query["id"]]
        return {"album": {"id": query["id"], "song": found}} if found else _error(NO_SUCH, "Album not found")

    def _getPlaylists(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        return {"playlists": {"playlist": [self._list(key) for key in self.lists]} if self.lists else {}}

    def _getPlaylist(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        if query["id"] not in self.lists:
            return _error(NO_SUCH, "playlist not found")
        entries = [self.songs[song] for song in self.lists[query["id"]].songs if song in self.songs]
        return {"playlist": {**self._list(query["id"]), **({"entry": entries} if entries else {})}}

    def _createPlaylist(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        songs, key = given.get("songId", []), query.get("playlistId", "")
        if key:
            if key not in self.lists:
                return _error(NO_SUCH, "playlist not found")
            self.lists[key].songs = songs
        else:
            self.made += 1
            key = f"ndp-{self.made}"
            self.lists[key] = HeldList(query["name"], songs)
        return self._getPlaylist({"id": key}, {})

    def _updatePlaylist(self, query: dict[str, str], given: dict[str, list[str]]) -> dict[str, Any]:  # noqa: N802
        self.lists[query["playlistId"]].songs += given.get("songIdToAdd", [])
        return {}

    def _list(self, key: str) -> dict[str, Any]:
        playlist = self.lists[key]
        return {
            "id": key, "name": playlist.name, "songCount": len(playlist.songs), "duration": 1, "public": False,
            "owner": playlist.owner, "created": "2026-01-02T03:04:05Z", "changed": "2026-01-02T03:04:05Z",
        }  # fmt: skip


def _error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


def _response(**payload: Any) -> dict[str, Any]:
    status = "failed" if "error" in payload else "ok"
    return {
        "subsonic-response": {
            "status": status, "version": "1.16.1", "type": "navidrome", "serverVersion": "0.58.0 (abcdef)",
            "openSubsonic": True, **payload,
        }
    }  # fmt: skip


@contextmanager
def music_server(double: MusicServerDouble, act: Act = Turn.good) -> Iterator[Server]:
    with serving(double, act) as server:
        yield server


def once(method: str, fault: Act, *, times: int = 1, does_it: bool = False) -> Act:
    """Fail so often at a method; with `does_it` only after it was done."""
    left = [times]

    def act(turn: Turn) -> None:
        if left[0] and f"/{method}." in turn.path:
            left[0] -= 1
            if does_it:
                turn.server.catalogue.answer(turn)
            fault(turn)
        else:
            turn.good()

    return act


def sends(payload: Callable[[], dict[str, Any]] | dict[str, Any]) -> Act:
    """Answer with something that need not be true."""
    return lambda turn: turn.send(200, json.dumps(_response(**(payload() if callable(payload) else payload))).encode())


def library_of_songs(folder: Path, monkeypatch: pytest.MonkeyPatch, *numbers: int) -> Path:
    """A library with these songs of `of_songs`, also as the list Friday, and the file of its key beside it."""
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(folder / "secret.key"))
    with Library.open(folder / "library.map4") as library:
        for number in numbers:
            put_track(library._store, number, path=f"/music/{number}.flac", title=f"Title {number}", artist="Ann",
                      album="Blue", duration_s=200.0)  # fmt: skip
        library.lists.save("Friday", library.lists.in_order(None, list(library.search(""))))
    return folder / "library.map4"
