"""Doubles of the services that `map4 lookup` asks: one entry here, and a provider is put through all their tests.

Each knows the album of `lookup_runs.ALBUM`, in the true form of its service.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from extras.lookup import acoustid_server, listenbrainz_server, musicbrainz_server
from extras.lookup.platform_servers import DeezerCatalogue, DiscogsCatalogue, LastFmCatalogue, TidalCatalogue
from service_double import Act, Answers

KEY = "k3y-of-nobody-4711"


@dataclass(frozen=True, kw_only=True)
class Double:
    """A service on this machine.

    Parameters
    ----------
    catalogue : makes what it knows
    known : fields of the track "Northern Lights", as they are once it was looked up
    faults : ways of this service to fail, beside those of `service_faults.FAULTS`
    config : settings of the provider; `url` and `interval_s` come by themselves
    keys : variables of the environment that hold keys, each with `KEY` in it
    prepare : makes the machine ready, such as for programs that it has not
    """

    catalogue: Callable[[], Answers]
    known: Mapping[str, Any]
    faults: Mapping[str, Act]
    config: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Any], object] = bool


def _json(status: int, document: object) -> Act:
    return lambda turn: turn.send(status, json.dumps(document).encode())


MUSICBRAINZ = Double(
    catalogue=musicbrainz_server.polar,
    known={
        "label": "Warp", "catalog_number": "WARP 12", "release_date": "1999-05-17", "genre": "Deep House; House",
        "artists": "Aurora Field", "artist_ids": musicbrainz_server.mbid("Aurora Field"),
    },
    config={"contact": "me@example.org"},
    faults={
        "error in a success": lambda turn: turn.error(200, "Your requests are exceeding the allowable rate limit."),
        "another error in a success": lambda turn: turn.error(200, "Something else"),
        "another form": lambda turn: turn.send(200, b'{"recordings": {"a": 1}, "count": "x"}'),
        "strange records": lambda turn: turn.send(200, b'{"recordings": [{"title": 5, "releases": 7}]}'),
    },
)  # fmt: skip
LISTENBRAINZ = Double(
    catalogue=listenbrainz_server.ListenBrainz,
    known={"title": "Northern Lights", "album": "Polar", "release_date": "1999", "genre": "Deep House; House"},
    config={"contact": "me@example.org"},
    faults={
        "error in a success": lambda turn: turn.send(200, b'{"code": 429, "error": "Too many requests"}'),
        "another form": lambda turn: turn.send(200, b'[1, "x"]'),
        "too few": lambda turn: turn.send(200, b"[]"),
        "strange records": lambda turn: turn.send(200, b'[{"index": 0, "recording_mbid": 7}]'),
    },
)
ACOUSTID = Double(
    catalogue=lambda: acoustid_server.AcoustID(KEY),
    known={"title": "Northern Lights", "artist": "Aurora Field"},
    keys={"ACOUSTID_KEY": KEY},
    faults={
        "wrong key": lambda turn: turn.send(400, _of_acoustid(4, "invalid API key")),
        "too many": lambda turn: turn.send(429, _of_acoustid(14, "rate limit (3 requests per second) exceeded")),
        "error in a success": lambda turn: turn.send(200, _of_acoustid(5, "internal error")),
        "another form": lambda turn: turn.send(200, b'{"status": "ok", "results": {}}'),
        "strange records": lambda turn: turn.send(
            200, b'{"status": "ok", "results": [{"id": 1, "score": "x", "recordings": [{"title": "x"}]}]}'
        ),
    },
    prepare=acoustid_server.play,
)


def _of_acoustid(code: int, message: str) -> bytes:
    return json.dumps({"status": "error", "error": {"code": code, "message": message}}).encode()


DISCOGS = Double(
    catalogue=DiscogsCatalogue,
    known={
        "label": "Warp", "catalog_number": "WARP 12", "release_date": "2002-05", "original_year": 1999,
        "genre": "Deep House; Ambient", "remixer": "Rao", "album": "Polar",
    },
    keys={"DISCOGS_TOKEN": KEY},
    faults={
        "a message in a success": _json(200, {"message": "You are making requests too quickly."}),
        "no token": _json(401, {"message": "You must authenticate to access this resource."}),
        "strange records": _json(200, {"results": [{"title": 5}], "tracklist": [1]}),
    },
)  # fmt: skip
LASTFM = Double(
    catalogue=LastFmCatalogue,
    known={"genre": "Deep House; House"},
    keys={"LASTFM_API_KEY": KEY},
    faults={
        "a limit in a success": _json(200, {"error": 29, "message": "Rate limit exceeded"}),
        "offline in a success": _json(200, {"error": 11, "message": "Service Offline"}),
        "a moment in a success": _json(200, {"error": 16, "message": "Try again later"}),
        "a wrong key": _json(403, {"error": 10, "message": "Invalid API key"}),
        "strange records": _json(200, {"track": {"listeners": "many"}, "toptags": {}}),
    },
)
TIDAL = Double(
    catalogue=TidalCatalogue,
    known={"bpm": 61.5, "key": "11A", "isrc": "GBAYE9900001", "release_date": "2002-05-13"},
    keys={"TIDAL_CLIENT_ID": KEY, "TIDAL_CLIENT_SECRET": KEY},
    faults={
        "errors in a success": _json(200, {"errors": [{"status": "429", "detail": "too many"}]}),
        "errors": _json(400, {"errors": [{"status": "400", "code": "INVALID", "detail": "no such filter"}]}),
        "strange errors": _json(200, {"errors": [7]}),
        "strange records": _json(200, {"data": [{"id": 5}], "included": 7}),
    },
)
DEEZER = Double(
    catalogue=DeezerCatalogue,
    known={"bpm": 123.0, "isrc": "GBAYE9900001", "label": "Warp", "genre": "Dance", "release_date": "2002-05-13"},
    faults={
        "a quota in a success": _json(
            200, {"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}}
        ),
        "busy in a success": _json(200, {"error": {"type": "Exception", "message": "Service busy", "code": 700}}),
        "strange records": _json(200, {"data": [{"id": 5}], "id": 5}),
    },
)
DOUBLES = {
    "musicbrainz": MUSICBRAINZ,
    "listenbrainz": LISTENBRAINZ,
    "acoustid": ACOUSTID,
    "discogs": DISCOGS,
    "lastfm": LASTFM,
    "tidal": TIDAL,
    "deezer": DEEZER,
}
