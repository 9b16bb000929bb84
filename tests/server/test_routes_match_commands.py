"""Every route answers its example, and gives the record of its command."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from made_library import path_of
from route_examples import NOT_FOUND, Call, calls
from servers import client_of
from starlette.testclient import TestClient

from map4.cli.main import cli
from map4.exports.options import ExportRequest
from map4.jobs.requests import JobRequest
from map4.library import Library
from map4.server.connections.guards import JSON
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi, operation_id
from map4.server.settings import API


def test_every_route_answers_its_example(sound_library: Path, scanned_music: Path) -> None:
    document = openapi(ROUTES)
    names = {"music": str(scanned_music)}
    with client_of(sound_library, scanned_music) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        for name, file in (("a", "two"), ("b", "one")):
            [names[name]] = client.get(f"{API}/search", params={"q": file, "limit": 1}).json()["ids"]
        wrong = []
        for call in calls():
            answer = _answer(client, call, names)
            if answer.status_code != call.status:
                wrong.append((operation_id(call.route), call.status, answer.status_code, answer.text))
            if answer.headers.get("content-type") == JSON and answer.is_success:
                _require_promised(document, call, answer.json())
            if call.makes:
                names[call.makes] = answer.json()["id"]
    assert wrong == []
    assert {*NOT_FOUND} <= {(route.method, route.path) for route in ROUTES}


def _answer(client: TestClient, call: Call, names: dict[str, str]) -> Any:
    parts, query, body = call.named(names)
    path = call.route.path.format(**parts)
    address = path if call.route.is_root else API + path
    return client.request(call.route.method, address, params=query, json=body)


def _require_promised(document: dict[str, Any], call: Call, answer: Any) -> None:
    path = call.route.path if call.route.is_root else API + call.route.path
    described = document["paths"][path][call.route.method.lower()]["responses"][str(call.route.status)]
    schema = {**described["content"][JSON]["schema"], "components": document["components"]}
    Draft202012Validator(schema).validate(answer)


# What a route answers is what its command prints with --json.
SHARED = ("owner", "sharing", "may_edit", "marks", "rows", "locked", "version")
"""Of a stored list, which its tracks alone need not be."""
TRUTH = Path(__file__).with_name("truth.csv")
A, B, C = (f"a1-{number:032x}" for number in (4, 7, 10))


@pytest.fixture(scope="module")
def asked_twice(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, TestClient]]:
    """A library with a stored list, and a client of its server."""
    path = Path(shutil.copy(made_once, tmp_path_factory.mktemp("both") / "made.map4"))
    with Library.open(path) as library:
        library.lists.save("Friday", library.playlist([path_of(4)], n=6, relax=True).to_tracklist(name="Friday"))
        library.set(list(library.search("bpm:110..")), genre="Dub")
        library.jobs.submit(JobRequest(kind="export", options=ExportRequest(to="csv", query="bpm:110..")))
        source = path.with_name("imported.m3u8")
        source.write_text(path_of(4))
        library.imports.read(source)
        for minute, number in enumerate((4, 5, 6)):
            at = datetime(2026, 3, 4, 20, 4 * minute, tzinfo=UTC)
            track = library.track(path_of(number))
            assert track is not None
            library.plays.add(track, at=at, source="unmix")
    with client_of(path) as client:
        yield path, client


# A command as it is typed, then its route, and its body or None.
TABLE: tuple[tuple[str, str, str, dict[str, Any] | None], ...] = (
    ("search bpm:104..112 sort:bpm-", "GET", "/search?q=bpm:104..112+sort:bpm-", None),
    ("search nothing-is-called-so", "GET", "/search?q=nothing-is-called-so", None),
    ("search bpm:104..112 sort:bpm-", "POST", "/search/advanced",
     {"filters": {"bpm": {"operator": "range", "min": 104, "max": 112}}, "sort": ["bpm-"]}),
    (f"similar {A} -n 5", "POST", "/audio/find-similar", {"files": [A], "n": 5}),
    (f"similar {A} --less {B} -n 5", "POST", "/audio/find-similar", {"files": [A], "less": [B], "n": 5}),
    (f"similar {A} {B} --by mix -n 4", "POST", "/audio/find-similar", {"files": [A, B], "by": "mix", "n": 4}),
    (f"compare {A} {B} {C}", "POST", "/compare", {"files": [A, B, C]}),
    (f"compare --truth {TRUTH}", "POST", "/compare/truth", {"table": TRUTH.read_text()}),
    (f"mix {A} {B}", "GET", f"/mix/{A}/{B}", None),
    ("stats", "GET", "/stats/library", None),
    ("stats plays", "GET", "/stats/plays", None),
    ("stats mixes", "GET", "/stats/mixes", None),
    ("stats --query bpm:110..", "GET", "/stats/library?q=bpm:110..", None),
    ("doctor", "GET", "/doctor", None),
    ("doctor --only tags", "GET", "/doctor?only=tags", None),
    ("duplicates", "GET", "/duplicates", None),
    ("tags prefer", "GET", "/sources", None),
    ("tags prefer genre imported --dry-run", "GET", "/sources/genre?first=imported&limit=20", None),
    ("library info", "GET", "/library", None),
    ("library forget --list", "GET", "/ignored", None),
    (f"playlist --seed {A} -n 5", "POST", "/playlists/generate", {"seeds": [A], "n": 5}),
    (f"playlist --from {A} --to {C} -n 5 --relax --preset warm_up", "POST", "/playlists/generate",
     {"seeds": A, "to": C, "n": 5, "relax": True, "preset": "warm_up"}),
    ("playlist check Friday", "POST", "/playlists/check", {"list": "Friday"}),
    ("playlist order Friday --pin 1 --pin 3", "POST", "/playlists/order", {"list": "Friday", "pin": [1, 3]}),
    ("playlist fill Friday --refresh --policy strict", "POST", "/playlists/refresh",
     {"list": "Friday", "policy": "strict"}),
    ("playlist fill Friday -n 9 --vary 2", "POST", "/playlists/fill", {"list": "Friday", "n": 9, "vary": 2}),
    ("playlist show Friday", "GET", "/lists/{list}", None),
    ("playlist list", "GET", "/lists", None),
    ("playlist live Few bpm:100.. limit:3", "GET", "/lists/live?query=bpm:100..&n=3", None),
    ("playlist versions Friday", "GET", "/lists/{list}/versions", None),
    ("export history", "GET", "/exports", None),
    ("import history", "GET", "/imports", None),
    ("jobs list", "GET", "/jobs", None),
    ("jobs show job-1", "GET", "/jobs/job-1", None),
    ("set history", "GET", "/changes", None),
    ("undo", "GET", "/undo", None),
    ("set undo 1 --dry-run", "POST", "/changes/1/undo", {"dry_run": True}),
    (f"set {A} --unset bpm --dry-run", "PUT", f"/tracks/{A}", {"unset": ["bpm"]}),
)  # fmt: skip


@pytest.mark.parametrize(("command", "method", "route", "body"), TABLE, ids=[row[0] for row in TABLE])
def test_route_and_command_give_the_same_record(
    asked_twice: tuple[Path, TestClient], command: str, method: str, route: str, body: dict[str, Any] | None
) -> None:
    path, client = asked_twice
    record, document = _both(path, client, command, method, route, body)
    if method == "PUT":
        record["dry_run"] = False
    assert {name: document[name] for name in record} == record
    added = {"id", "ids", "next", "query", "total", "entries", "short_by", "changed", "checks", "unread"}
    assert set(document) - set(record) <= {*added, *SHARED}


def _both(path: Path, client: TestClient, command: str, method: str, route: str, body: Any) -> tuple[Any, Any]:
    printed = CliRunner().invoke(cli, [*command.split(), "--json"], env={"MAP4_LIBRARY": str(path)})
    [friday] = [playlist["id"] for playlist in client.get("/api/v1/lists?name=Friday").json()["lists"]] or [""]
    answer = client.request(method, f"/api/v1{route}".replace("{list}", friday), json=body)
    assert answer.status_code == 200, answer.text
    return json.loads(printed.stdout), answer.json()


def test_file_route_equals_its_command(listener: TestClient, sound_library: Path, scanned_music: Path) -> None:
    file = str(scanned_music / "three.wav")
    [address] = listener.get("/api/v1/search", params={"q": "three"}).json()["ids"]
    shown, document = _both(sound_library, listener, f"tags show {file}", "GET", f"/tracks/{address}/tags", None)
    assert shown["tracks"] == [document]
    shown, document = _both(
        sound_library, listener, f"analyze {file} --cues", "POST", "/tracks/analyze", {"path": file, "cues": True}
    )
    assert document == shown
    shown, document = _both(
        sound_library, listener, f"analyze {file} --cues", "GET", f"/tracks/{address}?cues=true", None
    )
    assert {name: document[name] for name in shown} == shown
