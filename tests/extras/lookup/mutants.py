"""Answers of services and their dumps, for mutants."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from extras.lookup.musicbrainz_server import mbid
from extras.lookup.provider_doubles import DOUBLES
from mutant_readers import Doors, RefusedError, read_json
from servers import HERE
from service_double import Turn

from map4.extras.lookup.identifying.albums import identify_album
from map4.extras.lookup.known_providers import import_dump
from map4.extras.lookup.lookup import LookupQuery
from map4.extras.lookup.provider import ServiceRequest
from map4.extras.lookup.providers.canonical_dump import CanonicalDump
from map4.extras.lookup.providers.discogs_dump import DiscogsDump
from map4.extras.lookup.providers.registry import provider_of
from map4.music.track.observations import sound_values as provided_values

DISCOGS = b"""<releases><release id="1" status="Accepted"><artists><artist><name>Ann (2)</name><join>,</join></artist>
</artists><title>A</title><labels><label name="Warp" catno="W 1"/></labels><formats><format name="CD"><descriptions>
<description>LP</description></descriptions></format></formats><styles><style>House</style></styles><released>1999-05-00
</released><tracklist><track><position>1-2</position><title>One</title><duration>3:20</duration></track></tracklist>
</release></releases>"""
DUMP = (
    b"id,artist_credit_id,artist_mbids,artist_credit_name,release_mbid,release_name,recording_mbid,recording_name,"
    b"combined_lookup,score,year\n1,2,x,Ann,b,Album,a,One,annone,3,1999\n2,2,x,Bob,b,Album,c,Two,bobtwo,4,\n"
)
WISH = LookupQuery(
    artist="Aurora Field", title="Northern Lights", album="Polar", duration_s=201.0, acoustid=mbid("acoustid"), track=1
)


def seeds() -> dict[str, list[bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        (source := Path(folder, "a.csv")).write_bytes(DUMP)
        import_dump(str(source), str(target := Path(folder, "dump.sqlite")))
        found = {"dump/sqlite": [target.read_bytes()], "dump/csv": [DUMP], "dump/xml": [DISCOGS]}
    return {**found, **{f"provider/{name}": [conversation(name)] for name in DOUBLES}}


@cache
def provider(name: str) -> Any:
    """A provider that is set up, and asks nobody."""
    double = DOUBLES[name]
    double.prepare(pytest.MonkeyPatch())
    os.environ.update(double.keys)
    return provider_of(name, {name: {**double.said, "url": HERE}})


def looked_up(asked: Any, read: Callable[[ServiceRequest], Any]) -> tuple[list[Any], Mapping[str, Any]]:
    """What a provider makes of answers; one that joins questions gets one at a time."""

    def one(request: ServiceRequest) -> Any:
        return asked.parted([request], read(asked.joined([request])))[0]

    read_one = one if hasattr(asked, "joined") else read
    found = list(asked.search(WISH, read_one))
    release = found[0].appearances[0].release_id if found and found[0].appearances else None
    return found, (asked.fetch(found[0].id, release, read_one) or {}) if found else {}


def conversation(name: str) -> bytes:
    """All that a service answers to one look-up, in order: a list in JSON."""
    asked, catalogue, answers = provider(name), DOUBLES[name].catalogue(), list[Any]()
    access = getattr(asked, "access", None)

    def read(request: ServiceRequest) -> Any:
        parameters = urlencode({**dict(request.parameters), **(access.parameters if access else {})})
        body = (request.body or parameters).encode() if request.method == "POST" else b""
        path = urlsplit(request.url).path + ("" if body else f"?{parameters}")
        headers = {
            "Content-Length": str(len(body)),
            "Authorization": "Bearer a-token",
            **(access.headers if access else {}),
        }
        handler: Any = SimpleNamespace(path=path, headers=headers, rfile=BytesIO(body), command=request.method)
        answers.append(catalogue.answer(Turn(handler, None, len(answers)))[1])  # type: ignore[arg-type]
        return answers[-1]

    assert any(looked_up(asked, read)), name
    return json.dumps(answers).encode()


def answered(doors: Doors, name: str, data: bytes) -> None:
    """Take answers as `lookup` does: what can't be understood is one failure of the provider."""
    answers, asked = read_json(data), provider(name)
    if not isinstance(answers, list):
        raise RefusedError

    def read(request: ServiceRequest) -> Any:
        answer = answers.pop(0) if answers else None
        if asked.fault_in(request, answer) is not None:
            raise RefusedError
        return answer

    try:
        found, values = looked_up(asked, read)
    except Exception as error:  # as it is taken around one provider
        raise RefusedError from error
    for one in identify_album([WISH], [found]):
        json.dumps([each.to_record() for each in one.candidates], allow_nan=False)
    json.dumps(provided_values(values), allow_nan=False)


def dump(doors: Doors, name: str, data: bytes) -> None:
    path = doors.put("dump.sqlite", data)
    if name != "sqlite":
        import_dump(doors.put("dump.csv", data), path)
    (DiscogsDump if name == "xml" else CanonicalDump)(path).search(
        LookupQuery(artist="Ann", title="One"), lambda request: None
    )


READERS = {"provider": answered, "dump": dump}
