"""The protocol's methods; `METHODS` is their table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from starlette.responses import Response

from map4.base.actor import Scope
from map4.extras.jellyfin.routes import browse, lists, play, server
from map4.extras.jellyfin.routes.question import JellyfinCall
from map4.server.libraries import Queue

Payload = Mapping[str, Any] | list[Any] | str | bool | Response | None


@dataclass(frozen=True)
class JellyfinMethod:
    """A method of an address in lower case.

    needs: the scope that the caller needs in addition to "jellyfin"; None is public
    queue: where it runs
    """

    verb: str
    path: str
    needs: Scope | None
    handler: Callable[[JellyfinCall], Payload]
    queue: Queue = "read"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path.replace(".", r"\.")))


LOG_IN = "users/authenticatebyname"
"""Answered in `rest`, before there is a caller."""


def _given(payload: Payload) -> Callable[[JellyfinCall], Payload]:
    return lambda ask: payload


def _nothing(ask: JellyfinCall) -> Payload:
    return browse.paged([], 0)


def _methods() -> Iterator[JellyfinMethod]:
    def get(handler: Callable[[JellyfinCall], Payload], *paths: str, queue: Queue = "read") -> Iterator[JellyfinMethod]:
        return (JellyfinMethod("GET", path, "read", handler, queue) for path in paths)

    def change(verb: str, handler: Callable[[JellyfinCall], Payload], *paths: str) -> Iterator[JellyfinMethod]:
        return (JellyfinMethod(verb, path, "own", handler, "write") for path in paths)

    # ---- the server
    yield JellyfinMethod("GET", "system/info/public", None, server.public_info)
    yield JellyfinMethod("POST", LOG_IN, None, server.authentication)
    public: dict[str, Payload] = {"quickconnect/enabled": False, "users/public": [], "system/ping": "Jellyfin Server",
              "branding/configuration": {"SplashscreenEnabled": False}, "branding/css": None}  # fmt: skip
    for path, payload in public.items():
        yield JellyfinMethod("GET", path, None, _given(payload))
    yield from get(server.info, "system/info")
    yield from get(_given({"IsLocal": False, "IsInNetwork": True}), "system/endpoint")
    yield from get(server.user, "users/me")
    for path in ("sessions/logout", "sessions/capabilities", "sessions/capabilities/full"):
        yield JellyfinMethod("POST", path, "read", _given(None))
    # ---- browse
    yield from get(browse.views, "users/{user}/views", "userviews", "library/mediafolders")
    yield from get(browse.latest, "users/{user}/items/latest", "items/latest")
    yield from get(_nothing, "users/{user}/items/resume", "useritems/resume", "shows/nextup", "items/suggestions",
                   "users/{user}/suggestions")  # fmt: skip
    yield from get(browse.items, "users/{user}/items", "items")
    yield from get(partial(browse.artists, of_albums=True), "artists/albumartists")
    yield from get(browse.artists, "artists")
    yield from get(browse.genres, "genres", "musicgenres")
    yield from get(browse.hints, "search/hints")
    # ---- play
    yield from get(play.file, "items/{id}/file", "items/{id}/download", queue="files")
    yield from get(play.universal, "audio/{id}/universal", queue="files")
    yield from get(play.stream, "audio/{id}/stream", "audio/{id}/stream.{container}", queue="files")
    yield from get(play.segments, "audio/{id}/main.m3u8")
    yield from get(play.playback_info, "items/{id}/playbackinfo", queue="files")
    yield JellyfinMethod("POST", "items/{id}/playbackinfo", "read", play.playback_info, "files")
    yield from get(play.lyrics, "audio/{id}/lyrics", queue="files")
    for path in ("items/{id}/images/primary", "items/{id}/images/primary/{index}"):
        yield JellyfinMethod("GET", path, None, play.picture, "files")
    for path in ("sessions/playing", "sessions/playing/progress"):
        yield JellyfinMethod("POST", path, "read", lists.playing)
    yield JellyfinMethod("POST", "sessions/playing/stopped", "read", lists.stopped, "write")
    yield JellyfinMethod("POST", "sessions/playing/ping", "read", _given(None))
    # ---- similar
    kinds = ("items", "albums", "artists", "songs", "audio", "playlists", "musicgenres")
    yield from get(play.mix, *(f"{kind}/{{id}}/instantmix" for kind in kinds), "artists/instantmix",
                   "musicgenres/instantmix", queue="long")  # fmt: skip
    yield from get(play.similar, *(f"{kind}/{{id}}/similar" for kind in kinds), queue="long")
    # ---- lists and personal values
    yield from change("POST", lists.create, "playlists")
    yield from get(browse.list_songs, "playlists/{id}/items")
    yield from change("POST", lists.add, "playlists/{id}/items")
    yield from change("DELETE", lists.remove, "playlists/{id}/items")
    yield from change("POST", lists.move, "playlists/{id}/items/{entry}/move/{to}")
    yield from get(lists.playlist, "playlists/{id}")
    yield from change("POST", lists.update, "playlists/{id}", "items/{id}")
    yield from change("DELETE", lists.delete, "items/{id}", "items")
    yield from change("POST", partial(lists.favour, is_starred=True), "users/{user}/favoriteitems/{id}",
                      "userfavoriteitems/{id}")  # fmt: skip
    yield from change("DELETE", partial(lists.favour, is_starred=False), "users/{user}/favoriteitems/{id}",
                      "userfavoriteitems/{id}")  # fmt: skip
    for verb in ("POST", "DELETE"):
        yield from change(verb, lists.rate, "users/{user}/items/{id}/rating", "useritems/{id}/rating")
    yield from change("POST", lists.set_data, "useritems/{id}/userdata", "users/{user}/items/{id}/userdata")
    # ---- single items, after the fixed names
    yield from get(browse.item, "users/{user}/items/{id}", "items/{id}", "artists/{id}", "genres/{id}")
    yield from get(server.user, "users/{user}")


METHODS = tuple(_methods())
"""All methods; of two that fit an address, the first answers."""


def method_of(verb: str, path: str) -> tuple[JellyfinMethod, dict[str, str]] | None:
    """The method of an address, and the parameters in it; None if there is none."""
    for method in METHODS:
        if method.verb == verb and (match := method.pattern.fullmatch(path)):
            return method, match.groupdict()
    return None
