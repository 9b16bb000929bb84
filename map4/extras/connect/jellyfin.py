"""Client of Jellyfin servers, whose songs then have ids for AudioMuse's plug-in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from map4.extras.connect.connected import RemoteList, RemoteSong, ServerInfo, SignIn
from map4.extras.connect.music_server import SubsonicServer
from map4.extras.connect.server import NotThereError
from map4.extras.shared.http_answers import MOST_DOCUMENT_BYTES, HttpAnswer, document_of
from map4.version import __version__

_TICKS = 10_000_000  # per second


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
