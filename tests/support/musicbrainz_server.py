"""A server on this machine that answers as MusicBrainz' web service does, and fails in every way asked for.

The form of its answers is that of metabrainz/musicbrainz-server's tests of WS/2/JSON; the records are made up.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Act = Callable[["Turn"], None]


def mbid(name: str) -> str:
    """An id as MusicBrainz has them, always the same of one name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def credit(*names: str) -> list[dict[str, Any]]:
    """An artist credit."""
    return [
        {
            "name": name,
            "joinphrase": " & " if place < len(names) - 1 else "",
            "artist": {"id": mbid(name), "name": name, "sort-name": name, "disambiguation": "", "type": "Group"},
        }
        for place, name in enumerate(names)
    ]


class Catalogue:
    """Recordings on releases."""

    def __init__(self) -> None:
        self.recordings: dict[str, dict[str, Any]] = {}
        self.releases: dict[str, dict[str, Any]] = {}

    def put(
        self, artist: str | Sequence[str], album: str, titles: Sequence[str | dict[str, Any]], *, label: str = "Polar",
        number: str = "POL 1", date: str = "1999-05-17", kinds: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """A release with its recordings; a title may be a dict with what differs from the usual. Gives its id."""
        artists = credit(*([artist] if isinstance(artist, str) else artist))
        release_id = mbid(f"release {album} {number}")
        tracks = []
        for place, said in enumerate(titles, start=1):
            more = {"title": said} if isinstance(said, str) else dict(said)
            recording = {
                "id": mbid(f"recording {more['title']} {album} {place}"),
                "title": "", "disambiguation": "", "length": 200_000 + 1000 * place, "video": False,
                "first-release-date": date, "artist-credit": artists, "isrcs": [],
                "genres": [
                    {"id": mbid("house"), "name": "house", "count": 3, "disambiguation": ""},
                    {"id": mbid("deep house"), "name": "deep house", "count": 5, "disambiguation": ""},
                ],
                "relations": [], **more,
            }  # fmt: skip
            self.recordings[recording["id"]] = recording
            tracks.append(
                {
                    "id": mbid(f"track {recording['id']}"),
                    "number": str(place),
                    "position": place,
                    "title": recording["title"],
                    "length": recording["length"],
                    "recording": recording["id"],
                    "artist-credit": recording["artist-credit"],
                }
            )
        self.releases[release_id] = {
            "id": release_id, "title": album, "status": "Official", "status-id": mbid("Official"), "date": date,
            "country": "XE", "artist-credit": artists, "disambiguation": "", "barcode": None,
            "release-group": {
                "id": mbid(f"group {album}"), "title": album, "primary-type": "Album", "secondary-types": list(kinds),
                "first-release-date": date, "genres": [],
            },
            "label-info": [{"catalog-number": number, "label": {"id": mbid(label), "name": label, "sort-name": label}}],
            "media": [{"position": 1, "format": "CD", "title": "", "track-count": len(tracks), "track-offset": 0,
                       "tracks": tracks}],
        }  # fmt: skip
        return release_id

    def _of_recording(self, recording_id: str, *, is_search: bool = False) -> dict[str, Any]:
        found = dict(self.recordings[recording_id])
        found["releases"] = []
        for release in self.releases.values():
            medium = release["media"][0]
            mine = [track for track in medium["tracks"] if track["recording"] == recording_id]
            if mine:
                track = {name: value for name, value in mine[0].items() if name != "recording"}
                name = "track" if is_search else "tracks"
                place = {**medium, name: [track], "track-offset": mine[0]["position"] - 1}
                if is_search:
                    del place["tracks"]
                short = {key: value for key, value in release.items() if key not in ("media", "label-info")}
                found["releases"].append({**short, "media": [place]})
        if is_search:
            found = {key: value for key, value in found.items() if key not in ("genres", "relations")}
            found |= {"score": 100, "artist-credit-id": mbid("credit")}
        return found

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Status and document."""
        kind, _, found_id = path.removeprefix("/ws/2/").partition("/")
        missing = 404, {"error": "Not Found", "help": "For usage, please see: https://musicbrainz.org/development/mmd"}
        head = {"created": "2026-11-21T18:00:00.000Z", "offset": 0}
        if kind == "isrc":
            named = [one for one, data in self.recordings.items() if found_id in data["isrcs"]]
            return (200, {"isrc": found_id, "recordings": [*map(self._of_recording, named)]}) if named else missing
        if kind == "recording" and found_id:
            return (200, self._of_recording(found_id)) if found_id in self.recordings else missing
        if kind == "release" and found_id:
            if found_id not in self.releases:
                return missing
            release = json.loads(json.dumps(self.releases[found_id]))
            for track in release["media"][0]["tracks"]:
                track["recording"] = self.recordings[track["recording"]]
            return 200, release
        if kind == "release":
            number = re.sub(r"[\W_]", "", query["query"].partition(":")[2]).casefold()
            found = [
                {key: value for key, value in one.items() if key != "media"} | {"score": 100}
                for one in self.releases.values()
                if any(re.sub(r"[\W_]", "", i["catalog-number"] or "").casefold() == number for i in one["label-info"])
            ]
            return 200, {**head, "count": len(found), "releases": found}
        words = set(re.findall(r"\w+", query["query"].partition(" AND ")[0].removeprefix("recording").casefold()))
        ids = [
            one for one, data in self.recordings.items() if words & set(re.findall(r"\w+", data["title"].casefold()))
        ]
        found = [self._of_recording(one, is_search=True) for one in ids][: int(query.get("limit", 25))]
        return 200, {**head, "count": len(found), "recordings": found}


class Turn:
    """One request, and ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, server: Server, number: int) -> None:
        self.handler, self.server, self.number = handler, server, number
        parts = urlsplit(handler.path)
        self.path, self.query = parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.agent = handler.headers.get("User-Agent", "")
        self.at = time.monotonic()

    def good(self) -> None:
        """What the catalogue has."""
        status, document = self.server.catalogue.answer(self.path, self.query)
        self.send(status, json.dumps(document, ensure_ascii=False).encode())

    def error(self, status: int, message: str = "no", **headers: str) -> None:
        """An error as the service sends it."""
        self.send(status, json.dumps({"error": message}).encode(), **headers)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Any answer."""
        self.handler.send_response(status)
        usual = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
        for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def cut(self, body: bytes = b'{"recordings": [{"id": ') -> None:
        """Promise a long answer, and hang up in the middle of it."""
        self.handler.send_response(200)
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        self.handler.wfile.write(body)
        self.handler.close_connection = True

    def hang_up(self) -> None:
        """Close without a word."""
        self.handler.close_connection = True

    def hang(self) -> None:
        """Never answer."""
        self.server.over.wait(60)
        self.handler.close_connection = True

    def trickle(self) -> None:
        """Send a byte now and then, so that no read ever takes long."""
        self.handler.send_response(200)
        self.handler.send_header("content-length", "100000")
        self.handler.end_headers()
        while not self.server.over.wait(0.05):
            try:
                self.handler.wfile.write(b" ")
            except OSError:
                return


class Server:
    """The server: what it was asked, and how it answers."""

    def __init__(self, catalogue: Catalogue, act: Act) -> None:
        self.catalogue = catalogue
        self.turns: list[Turn] = []
        self.over = threading.Event()
        self.act = act
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with lock:
                    turn = Turn(self, server, len(server.turns))
                    server.turns.append(turn)
                try:
                    server.act(turn)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


@contextmanager
def serving(catalogue: Catalogue, act: Act = Turn.good) -> Iterator[Server]:
    """A running server."""
    server = Server(catalogue, act)
    try:
        yield server
    finally:
        server.close()
