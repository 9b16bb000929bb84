"""Client of OpenSubsonic servers.

Credentials appear in addresses only as a salted hash, and are never sent where others could read them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from map4.core.base.text import clean, utc_text
from map4.core.music.plays import PlayTime
from map4.core.music.track.garbled import with_symbols
from map4.errors import UsageError
from map4.extras.connect.connected import Opinion, RemoteList, RemoteSong, ServerInfo, SignIn
from map4.extras.connect.server import MusicServerError, NotThereError
from map4.extras.shared import http_answers
from map4.extras.shared.service import Fault, FaultKind
from map4.version import __version__

ALBUMS_AT_ONCE = 500  # limit of the OpenSubsonic protocol


class AlbumWalk:
    """Lazily reads and caches songs; after a failure, the next call repeats only the failed request.

    albums: returns album ids from an offset on; fewer than requested means the end
    songs_of: returns the songs of an album
    """

    def __init__(
        self, *, albums: Callable[[int, int], Sequence[str]], songs_of: Callable[[str], Sequence[RemoteSong]]
    ) -> None:
        self._albums_of, self._songs_of = albums, songs_of
        self._songs: list[RemoteSong] = []
        self._left: list[str] = []
        self._seen: set[str] = set()
        self._offset = 0
        self._songs_before = -1
        self._is_over = False

    def page(self, first: int, count: int) -> Sequence[RemoteSong]:
        """Return songs from a position on."""
        while len(self._songs) < first + count and not self._is_over:
            self._go_on()
        return self._songs[first : first + count]

    def _go_on(self) -> None:
        if not self._left:
            page = self._albums_of(self._offset, ALBUMS_AT_ONCE)
            self._offset += len(page)
            self._left = [album_id for album_id in dict.fromkeys(page) if album_id not in self._seen][::-1]
            # A server that repeats albums, or has a whole page of them without a song, has no others.
            self._is_over = not self._left or len(self._songs) == self._songs_before
            self._songs_before = len(self._songs)
            return
        self._songs += self._songs_of(self._left[-1])
        self._seen.add(self._left.pop())


TIMEOUT_S = 60.0
_MOST_BYTES: Mapping[str, int] = {
    **dict.fromkeys(("search3", "getAlbumList2", "getAlbum", "getPlaylists"), http_answers.MOST_DOCUMENT_BYTES),
    **dict.fromkeys(("getPlaylist", "createPlaylist"), http_answers.MOST_PAGE_BYTES),
}
"""Maximum sizes of answers that are more than a message, by method: 500 songs have 1 MB."""
_VERSION = "1.16.1"
_MISSING, _NO_TOKENS, _NO_SIGN_IN, _NOT_FOUND = 10, 41, 42, 70
_KINDS: Mapping[int, FaultKind] = {
    **dict.fromkeys((20, 30, _NO_TOKENS, _NO_SIGN_IN), "request"),
    **dict.fromkeys((40, 43, 44, 50, 60), "authentication"),
}
"""Meaning of the protocol's error codes; all other codes concern only the request itself."""
_NO_SUCH_SEARCH = (_MISSING, 30, _NOT_FOUND)
"""Codes with which servers reject a search without words, or an unknown search."""
_ALL_QUOTED = '""'  # query for all songs on servers that reject an empty search, as Navidrome once did
_MOST_ID, _MOST_TEXT = 300, 2_000


def checked_address(url: str) -> str:
    """Return the address of a server without a trailing slash or /rest."""
    parts = http_answers.parts_of(url)
    if parts is None or parts.username or parts.password:
        raise UsageError("the server's address must be like https://music.example.org, without a user name")
    return url.rstrip("/").removesuffix("/rest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Address and credentials of a server.

    sign_in: how to sign in; None detects it
    """

    url: str
    login: str = ""
    secret: str = field(repr=False)
    sign_in: SignIn | None = None
    by_form: bool = True

    @property
    def is_private(self) -> bool:
        """True if the connection is encrypted or local."""
        parts = http_answers.parts_of(self.url)
        return parts is not None and (parts.scheme == "https" or http_answers.is_this_machine(parts.hostname))


class SubsonicServer:
    """An OpenSubsonic or Subsonic server with a user's credentials: Navidrome, gonic, LMS, Ampache, supysonic, map4.

    Any failure raises MusicServerError, and no request is repeated.
    """

    def __init__(self, address: ServerAddress, *, timeout_s: float = TIMEOUT_S) -> None:
        self._address, self._timeout_s, self._all = address, timeout_s, ""
        self._walk: AlbumWalk | None = None
        parts = http_answers.parts_of(address.url)
        self._host = address.url if parts is None else parts.netloc
        agent = {"User-Agent": f"map4/{__version__}", "Accept": "application/json"}
        self._client = http_answers.HttpClient(self._host, agent, trust_env=False)

    def close(self) -> None:
        self._client.close()

    # ---- signing in

    def hello(self) -> tuple[SignIn, ServerInfo]:
        """Sign in; return the way of signing in and what the server reports about itself."""
        if self._address.sign_in is not None:
            return self._address.sign_in, self._greeted()
        if not self._address.login:
            self._address = replace(self._address, sign_in="api-key")
            return "api-key", self._greeted()
        self._address = replace(self._address, sign_in="token")
        try:
            return "token", self._greeted()
        except MusicServerError as error:
            # Servers that store only a hash of the password can't check another hash.
            if error.code not in (_MISSING, _NO_TOKENS, _NO_SIGN_IN):
                raise
        self._address = replace(self._address, sign_in="password", by_form=True)
        return "password", self._greeted()

    def _greeted(self) -> ServerInfo:
        """Ping with a form, or with parameters in the address if the server does not read forms."""
        try:
            answer = self._ask("ping")
        except MusicServerError as error:
            # A server that does not read forms reports missing parameters.
            is_unread = error.code == _MISSING or (not error.code and error.fault.kind in ("answer", "server"))
            if self._address.sign_in != "token" or not is_unread:
                raise
            self._address = replace(self._address, by_form=False)
            answer = self._ask("ping")
        return ServerInfo(
            type=_text(answer.get("type")) or "", version=_text(answer.get("serverVersion")) or "",
            by_form=self._address.by_form,
        )  # fmt: skip

    def _signed(self) -> dict[str, str]:
        address, login = self._address, {"u": self._address.login}
        if address.sign_in == "token":
            salt = secrets.token_hex(8)
            hashed = hashlib.md5((address.secret + salt).encode(), usedforsecurity=False).hexdigest()
            return {**login, "t": hashed, "s": salt}
        if not address.is_private:
            what = "this key"
            if address.sign_in != "api-key":
                what = "the plain password, because this server accepts no hash"
            message = f"{self._host} would get {what} unencrypted; use an https address"
            raise MusicServerError(Fault(kind="request", message=message))
        return {"apiKey": address.secret} if address.sign_in == "api-key" else {**login, "p": _as_hex(address.secret)}

    # ---- songs

    def songs(self, first: int, count: int) -> Sequence[RemoteSong]:
        """Return a page of all songs; an empty page means the end."""
        if self._walk is not None:
            return self._walk.page(first, count)
        songs = self._found(self._all, first, count)
        if not songs and not first and self._all != _ALL_QUOTED:
            songs = self._found(_ALL_QUOTED, first, count)
            self._all = _ALL_QUOTED if songs else self._all
        if not songs and not first:
            self._walk = AlbumWalk(albums=self._albums, songs_of=self._songs_of_album)
            return self._walk.page(first, count)
        if len(songs) > count:
            raise self._wrong(f"returned {len(songs)} songs instead of at most {count}")
        return [self._song(song) for song in songs]

    def _albums(self, first: int, count: int) -> list[str]:
        answer = self._ask("getAlbumList2", type="alphabeticalByName", size=count, offset=first)
        return [self._id(album) for album in self._list(self._member(answer, "albumList2"), "album")]

    def _songs_of_album(self, album: str) -> list[RemoteSong]:
        try:
            songs = self._list(self._member(self._ask("getAlbum", id=album), "album"), "song")
            return [self._song(song) for song in songs]
        except NotThereError:  # the album was deleted in the meantime
            return []

    def _found(self, query: str, first: int, count: int) -> list[Any]:
        """Search results; empty if the server rejects a search without words."""
        try:
            answer = self._ask("search3", query=query, artistCount=0, albumCount=0, songCount=count, songOffset=first)
        except MusicServerError as error:
            if error.code not in _NO_SUCH_SEARCH:
                raise
            return []
        return self._list(self._member(answer, "searchResult3"), "song")

    def save_song(self, song: str, path: str, *, most_bytes: int) -> None:
        answer = self._sent(
            "download", {"id": song}, timeout_s=10 * self._timeout_s, silence_s=self._timeout_s,
            most_bytes=most_bytes, save_to=path,
        )  # fmt: skip
        if not answer.is_saved:
            self._read(answer.body)
            raise self._wrong("returned no audio")

    def _song(self, data: Any) -> RemoteSong:
        if not isinstance(data, dict):
            raise self._wrong("returned an invalid song")
        duration: Any = data.get("duration") or None  # 0 means unknown
        rating, plays, size = _whole(data.get("userRating")), _whole(data.get("playCount")), _whole(data.get("size"))
        starred_at = _moment(data.get("starred"))
        return RemoteSong(
            id=self._id(data),
            title=_text(data.get("title")),
            artist=_text(data.get("artist")),
            artist_id=_text(data.get("artistId")),
            album=_text(data.get("album")),
            path=_text(data.get("path")),
            duration_s=float(duration) if _is_number(duration) else None,
            size_bytes=size or None,
            suffix=_text(data.get("suffix")),
            opinion=Opinion(starred=bool(data.get("starred")), rating=rating if rating in range(1, 6) else None),
            starred_at=starred_at,
            plays=plays,
            played_at=_moment(data.get("played")),
        )

    # ---- lists

    def lists(self) -> Sequence[RemoteList]:
        return [
            self._listed(playlist)
            for playlist in self._list(self._member(self._ask("getPlaylists"), "playlists"), "playlist")
        ]

    def list_of(self, remote: str) -> RemoteList:
        """Return a playlist with its songs; raises NotThereError if it does not exist."""
        answer = self._member(self._ask("getPlaylist", id=remote), "playlist")
        listed = self._listed(answer)
        if listed.id != remote:
            raise self._wrong("returned another list than requested")
        return replace(listed, songs=tuple(self._id(entry) for entry in self._list(answer, "entry")))

    def make_list(self, name: str, songs: Sequence[str]) -> str | None:
        """Create a playlist; return its id, or None if the server does not return it."""
        playlist = self._ask("createPlaylist", name=name, songId=list(songs)).get("playlist")
        return _text(playlist.get("id")) if isinstance(playlist, dict) else None

    def write_list(self, remote: str, songs: Sequence[str]) -> None:
        self._ask("createPlaylist", playlistId=remote, songId=list(songs))

    def add_to_list(self, remote: str, songs: Sequence[str]) -> None:
        self._ask("updatePlaylist", playlistId=remote, songIdToAdd=list(songs))

    def _listed(self, data: Any) -> RemoteList:
        if not isinstance(data, dict):
            raise self._wrong("returned an invalid list")
        return RemoteList(id=self._id(data), name=_text(data.get("name")) or "", owner=_text(data.get("owner")))

    # ---- requests

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        most_bytes = _MOST_BYTES.get(method, http_answers.MOST_MESSAGE_BYTES)
        return self._read(self._sent(method, parameters, timeout_s=self._timeout_s, most_bytes=most_bytes).body)

    def _sent(self, method: str, parameters: Mapping[str, Any], **limits: Any) -> http_answers.HttpAnswer:
        sent = {**self._signed(), "v": _VERSION, "c": "map4", "f": "json", **parameters}
        url, by_form = f"{self._address.url}/rest/{method}.view", self._address.by_form
        where: dict[str, Any] = {"data": sent} if by_form else {"params": sent}
        answer = self._answer("POST" if by_form else "GET", url, **where, **limits)
        self._require_ok(answer)
        return answer

    def _answer(self, method: str, url: str, **content: Any) -> http_answers.HttpAnswer:
        try:
            return self._client.ask(method, url, **content)
        except http_answers.HttpError as error:
            raise MusicServerError(Fault(kind=error.kind, message=str(error))) from None

    def _require_ok(self, answer: http_answers.HttpAnswer) -> None:
        status, host, retry_s = answer.status, self._host, http_answers.retry_after_s(answer.headers)
        if status in (200, 204):
            return
        again = "" if retry_s is None else f"; retry in {retry_s:.0f} s"
        if status == 429:
            fault = Fault(
                kind="rate_limit", message=f"{host} received too many requests (429){again}", retry_after_s=retry_s
            )
        elif status in (401, 403):
            fault = Fault(kind="authentication", message=f"{host} rejects these credentials ({status})")
        elif status >= 500 or status == 408:
            fault = Fault(kind="server", message=f"{host} has a problem ({status}){again}", retry_after_s=retry_s)
        elif 300 <= status < 400:
            there = http_answers.one_line(answer.headers.get("location", ""))
            message = f"{host} redirects to {there or 'another address'} ({status}); if that is right, use that address"
            fault = Fault(kind="request", message=message)
        else:
            fault = Fault(kind="answer", message=f"{host} rejects this request ({status}); is it a music server?")
        raise MusicServerError(fault)

    def _read(self, body: bytes) -> dict[str, Any]:
        try:
            document = http_answers.document_of(body.decode("utf-8"))["subsonic-response"]
            status = document["status"]
        except (ValueError, TypeError, LookupError):  # HTML, a truncated document, another program
            raise self._wrong("did not return OpenSubsonic JSON; is it a music server?") from None
        if status == "ok":
            answer: dict[str, Any] = document
            return answer
        error = document.get("error") if isinstance(document.get("error"), dict) else {}
        code, words = _whole(error.get("code")) or 0, http_answers.one_line(error.get("message", "no reason given"))
        for secret in (self._address.secret, _as_hex(self._address.secret)):
            words = words.replace(secret, "…")
        fault = Fault(kind=_KINDS.get(code, "answer"), message=f"{self._host} reports: {words} (error {code})")
        raise (NotThereError if code == _NOT_FOUND else MusicServerError)(fault, code)

    def _member(self, answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        member = answer.get(name)
        if not isinstance(member, dict):
            raise self._wrong(f"returned no '{name}'")
        return member

    def _list(self, answer: Mapping[str, Any], name: str) -> list[Any]:
        """The list under a name; the protocol omits empty lists."""
        member = answer.get(name, [])
        if not isinstance(member, list):
            raise self._wrong(f"returned a '{name}' that is not a list")
        return member

    def _id(self, data: Any) -> str:
        own_id = data.get("id") if isinstance(data, dict) else None
        if isinstance(own_id, int) and not isinstance(own_id, bool):
            own_id = str(own_id)
        if not isinstance(own_id, str) or not 0 < len(own_id) <= _MOST_ID:
            raise self._wrong("returned a song or a list without an id")
        return own_id

    def _wrong(self, what: str) -> MusicServerError:
        return MusicServerError(Fault(kind="answer", message=f"{self._host} {what}"))


def _as_hex(secret: str) -> str:
    """Hex form of a password in the protocol, which allows any character."""
    return f"enc:{secret.encode().hex()}"


def _text(value: Any) -> str | None:
    return clean(with_symbols(value[:_MOST_TEXT])) or None if isinstance(value, str) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9


def _whole(value: Any) -> int | None:
    return int(value) if _is_number(value) and value >= 0 else None


def _moment(value: Any) -> str | None:
    """Parse a time to UTC with seconds; None if invalid, before 1990 or in the future."""
    with suppress(ValueError, TypeError, OverflowError):
        moment = datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return utc_text(moment) if PlayTime.is_plausible(moment) else None
    return None
