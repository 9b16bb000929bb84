"""Clients of servers without OpenSubsonic, whose songs then have ids for AudioMuse's plug-ins.

Source for Lyrion: `Slim/Web/JSONRPC.pm` and `Slim/Control/Queries.pm` of LMS-Community/slimserver. Lyrion closes the
connection at a request that it can't serve.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from map4.extras.connect.connected import RemoteList, RemoteSong, ServerInfo, SignIn
from map4.extras.connect.music_server import SubsonicServer
from map4.extras.connect.server import MusicServerError, NotThereError
from map4.extras.shared.http_answers import MOST_DOCUMENT_BYTES, HttpAnswer, document_of
from map4.extras.shared.service import Fault
from map4.version import __version__

_TICKS = 10_000_000  # of Jellyfin, per second
_TAGS = "tags:aslduRfO"  # Lyrion's letters for artist, its id, album, duration, address, rating, size, plays
_RATING_OF_A_STAR = 20  # in Lyrion
_FILE = "file://"


class JellyfinServer(SubsonicServer):
    """A Jellyfin server (10.9 or newer) with a user's name and password, which are sent only encrypted or on this
    machine."""

    _token, _user = "", ""

    def hello(self) -> tuple[SignIn, ServerInfo]:
        about = self._document("GET", "System/Info/Public")
        if "jellyfin" not in str(about.get("productName", "")).lower():
            raise self._wrong("is not a Jellyfin server")
        self._sign_in()
        return "password", ServerInfo(type="jellyfin", version=str(about.get("version", "")))

    def _sign_in(self) -> None:
        self._address = replace(self._address, sign_in="password")
        self._signed()  # refuses to send a password unencrypted
        body = {"Username": self._address.login, "Pw": self._address.secret}
        answer = self._document("POST", "Users/AuthenticateByName", body=body)
        self._token, self._user = str(answer.get("accessToken", "")), self._id(answer.get("user"))

    # ---- songs

    def songs(self, first: int, count: int) -> Sequence[RemoteSong]:
        page = self._items("Audio", startIndex=first, limit=count, fields="Path,MediaSources", sortBy="DateCreated")
        try:
            return [self._song(_as_child(song)) for song in page]
        except (AttributeError, LookupError, TypeError):
            raise self._wrong("returned an invalid song") from None

    def save_song(self, song: str, path: str, *, most_bytes: int) -> None:
        limits = {"timeout_s": 10 * self._timeout_s, "silence_s": self._timeout_s, "most_bytes": most_bytes}
        if not self._call("GET", f"Items/{song}/Download", limits={**limits, "save_to": path}).is_saved:
            raise self._wrong("returned no audio")

    # ---- lists

    def lists(self) -> Sequence[RemoteList]:
        return [self._listed(playlist) for playlist in self._items("Playlist")]

    def list_of(self, remote: str) -> RemoteList:
        songs = self._list(self._document("GET", f"Playlists/{remote}/Items", userId=self._known_user), "items")
        return RemoteList(id=remote, name="", owner=None, songs=tuple(map(self._id, songs)))

    def make_list(self, name: str, songs: Sequence[str]) -> str | None:
        body = {"Name": name, "Ids": list(songs), "UserId": self._known_user, "MediaType": "Audio"}
        return self._id(self._document("POST", "Playlists", body=body))

    def write_list(self, remote: str, songs: Sequence[str]) -> None:
        self._call("POST", f"Playlists/{remote}", body={"Ids": list(songs)})

    def add_to_list(self, remote: str, songs: Sequence[str]) -> None:
        self._call("POST", f"Playlists/{remote}/Items", ids=",".join(songs), userId=self._known_user)

    # ---- requests

    @property
    def _known_user(self) -> str:
        if not self._user:
            self._sign_in()
        return self._user

    def _items(self, kind: str, **parameters: Any) -> list[Any]:
        user = {"userId": self._known_user, "recursive": "true", "includeItemTypes": kind}
        return self._list(self._document("GET", "Items", **user, **parameters), "items")

    def _document(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """The answer, with names that begin with a small letter, as in OpenSubsonic."""
        try:
            document = _small(document_of(self._call(method, path, **content).body.decode("utf-8")))
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._wrong("did not return Jellyfin's JSON")
        return document

    def _call(self, method: str, path: str, *, body: Any = None, limits: Any = None, **parameters: Any) -> HttpAnswer:
        client = f'Client="map4", Device="map4", DeviceId="map4", Version="{__version__}", Token="{self._token}"'
        headers = {"Authorization": f"MediaBrowser {client}", "Content-Type": "application/json"}
        answer = self._answer(
            method, f"{self._address.url}/{path}", params=parameters, headers=headers,
            content=None if body is None else json.dumps(body),
            **(limits or {"timeout_s": self._timeout_s, "most_bytes": MOST_DOCUMENT_BYTES}),
        )  # fmt: skip
        if answer.status == 404 and self._token:
            raise NotThereError(self._wrong("no longer has this item").fault)
        self._require_ok(answer)
        return answer


def _small(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: _small(member) for name, member in value.items()}
    return [_small(item) for item in value] if isinstance(value, list) else value


def _as_child(song: Any) -> Any:
    """A song in the form of OpenSubsonic."""
    artist, source = ((song.get(name) or [{}])[0] for name in ("artistItems", "mediaSources"))
    own = song.get("userData") or {}
    ticks = song.get("runTimeTicks")
    return {
        **song, "title": song.get("name"), "artist": artist.get("name") or song.get("albumArtist"),
        "artistId": artist.get("id"), "duration": ticks / _TICKS if isinstance(ticks, int) else None,
        "size": source.get("size"), "suffix": source.get("container"), "starred": own.get("isFavorite"),
        "playCount": own.get("playCount"), "played": own.get("lastPlayedDate"),
    }  # fmt: skip


class LyrionServer(SubsonicServer):
    """A Lyrion server. A user's name and password are sent if it requires them, only encrypted or on this machine."""

    _auth: tuple[str, str] | None = None

    def hello(self) -> tuple[SignIn, ServerInfo]:
        self._address = replace(self._address, sign_in="password")
        version = self._result("version", "?").get("_version")
        if not isinstance(version, str):
            raise self._wrong("is not a Lyrion server")
        return "password", ServerInfo(type="lyrion", version=version)

    # ---- songs

    def songs(self, first: int, count: int) -> Sequence[RemoteSong]:
        page = self._result("titles", first, count, _TAGS, "sort:sql=tracks.id")
        if page.get("rescan"):  # some songs may be missing until it ends
            raise MusicServerError(Fault(kind="server", message=f"{self._host} is scanning its music"))
        try:
            return [self._song(_of_lyrion(song)) for song in self._list(page, "titles_loop")]
        except (AttributeError, TypeError, ValueError):
            raise self._wrong("returned an invalid song") from None

    def save_song(self, song: str, path: str, *, most_bytes: int) -> None:
        limits = {"timeout_s": 10 * self._timeout_s, "silence_s": self._timeout_s, "most_bytes": most_bytes}
        if not self._call("GET", f"music/{song}/download", save_to=path, **limits).is_saved:
            raise self._wrong("returned no audio")

    # ---- lists

    def lists(self) -> Sequence[RemoteList]:
        raise MusicServerError(Fault(kind="request", message="map4 can't write lists to Lyrion"))

    # ---- requests

    def _result(self, *command: Any) -> dict[str, Any]:
        body = json.dumps({"id": 1, "method": "slim.request", "params": ["", command]})
        limits = {"timeout_s": self._timeout_s, "most_bytes": MOST_DOCUMENT_BYTES}
        answer = self._call("POST", "jsonrpc.js", content=body, headers={"Content-Type": "application/json"}, **limits)
        try:
            result = document_of(answer.body.decode("utf-8"))["result"]
        except (ValueError, TypeError, LookupError):
            result = None
        if not isinstance(result, dict):
            raise self._wrong("did not return Lyrion's JSON")
        return result

    def _call(self, method: str, path: str, **content: Any) -> HttpAnswer:
        address, url = self._address, f"{self._address.url}/{path}"
        answer = self._answer(method, url, auth=self._auth, **content)
        if answer.status == 401 and self._auth is None and address.secret:
            self._signed()  # refuses to send a password unencrypted
            self._auth = address.login, address.secret
            answer = self._answer(method, url, auth=self._auth, **content)
        self._require_ok(answer)
        return answer


def _of_lyrion(song: Any) -> Any:
    """A song in the form of OpenSubsonic. Lyrion sends some numbers as text."""
    url = str(song.get("url"))
    is_file = url.startswith(_FILE) and "#" not in url  # after # is the part of a file that a cue sheet names
    path = unquote(url.removeprefix(_FILE)) if is_file else None
    duration, size, rating, plays = (
        None if (value := song.get(name)) is None else float(value)
        for name in ("duration", "filesize", "rating", "playcount")
    )
    return {
        **song, "artistId": str(song.get("artist_id") or ""), "duration": duration, "size": size, "path": path,
        "suffix": path and path.rpartition(".")[2], "userRating": rating and round(rating / _RATING_OF_A_STAR),
        "playCount": plays,
    }  # fmt: skip
