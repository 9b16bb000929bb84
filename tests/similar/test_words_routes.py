"""What is wrong is told in the words of a request, not in those of the command line."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from libraries import file_id
from servers import client_of
from starlette.testclient import TestClient

from map4.server.declared_routes import ROUTES

API = "/api/v1"
A = "a1-" + "4".zfill(32)
WRONG: tuple[Any, ...] = ("x y", -1, 10**9, ["", "nowhere"], {"a": 1})
# What each route would take, so that only the member that is tried is wrong.
GOOD: dict[str, dict[str, Any]] = {
    "/playlists/generate": {"seeds": [A], "n": 2},
    "/playlists/check": {"tracks": [A]},
    "/playlists/order": {"tracks": [A]},
    "/playlists/refresh": {"tracks": [A]},
    "/playlists/fill": {"tracks": [A], "n": 3},
    "/audio/find-similar": {"files": [A]},
    "/batch/analyze": {"files": ["/music"]},
    "/audio/batch-analyze": {"files": ["/music"]},
    "/exports": {"to": "csv"},
    "/users": {"hash": "none"},  # else there were accounts from then on
    "/lists": {"name": "One", "tracks": [A], "force": True},
}
BOTH = (
    ("PUT", f"/tracks/{A}", {}),
    ("PUT", f"/tracks/{A}", {"bpm": 87, "factor": 2}),
    ("PUT", f"/tracks/{A}", {"title": ""}),
    ("PUT", f"/tracks/{A}", {"genre": "x", "unset": ["genre"]}),
    ("POST", "/playlists/generate", {"to": A}),
    ("POST", "/playlists/generate", {"seeds": [A], "to": A, "n": 3}),
    ("POST", "/playlists/generate", {"seeds": [A], "n": 1, "include": [file_id(number) for number in (1, 4, 7)]}),
    ("POST", "/playlists/generate", {"query": "bpm:1", "n": 3}),
    ("POST", "/playlists/generate", {"seeds": [A], "n": 3, "minutes": 9}),
    ("POST", "/playlists/order", {"tracks": [A], "save": "a/b"}),
    ("POST", "/lists", {"name": "a/b", "tracks": []}),
    ("POST", "/exports", {"to": "csv", "columns": ["nothing"]}),
    ("POST", "/exports", {"to": "csv", "with_cues": "all", "cue_kind": "hot", "template": "set"}),
    ("POST", "/exports", {"to": "virtualdj", "path_map": ["x"]}),
    ("POST", "/exports", {"to": "nothing"}),
)


@pytest.fixture(scope="module")
def client(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    library = tmp_path_factory.mktemp("words") / "made.map4"
    library.write_bytes(made_once.read_bytes())
    with client_of(library) as found:
        yield found


def _mentions_no_option(answer: Any) -> bool:
    text = f"{answer.json().get('detail')} {answer.json().get('hint')}" if answer.status_code >= 400 else ""
    assert answer.status_code != 500, answer.request
    return not re.search(r"(?<![\w'])--?[a-z]", re.sub("'[^']*'", "", text))


def test_invalid_member_of_a_body_is_explained(client: TestClient) -> None:
    for route in [route for route in ROUTES if route.body is not None]:
        path = re.sub(r"{name.*}", "none", route.path).replace("{format}", "csv").replace("{id}", A)
        good = GOOD.get(path, {})
        for number, name in enumerate(route.body.struct.__struct_fields__, start=len(path)):  # each with one in turn
            wrong = WRONG[number % len(WRONG)]
            answer = client.request(route.method, API + path, json={**good, name: wrong})
            assert _mentions_no_option(answer), (name, wrong, answer.text)


@pytest.mark.parametrize(("method", "path", "body"), BOTH, ids=lambda request: str(request))
def test_conflicting_members_are_reported(client: TestClient, method: str, path: str, body: dict[str, Any]) -> None:
    answer = client.request(method, API + path, json=body)
    assert answer.status_code >= 400
    assert _mentions_no_option(answer), answer.text


@pytest.mark.parametrize(("method", "path", "body", "hint"), [
    ("GET", f"/tracks/{file_id(999)}", None, "'GET /api/v1/search' finds tracks"),
    ("GET", "/jobs/job-99999", None, "'GET /api/v1/jobs' shows all"),
    ("GET", "/lists/l-0000000000000000", None, "'GET /api/v1/lists' shows the stored lists"),
    ("DELETE", "/ignored?path=/x", None, "see 'GET /api/v1/ignored'"),
    ("POST", "/playlists/generate", {"query": "bpm:1", "n": 3},
     "'POST /api/v1/scan' adds tracks, 'GET /api/v1/search' shows what a query finds"),
    ("POST", "/scan", {}, "set one with 'map4 serve --music FOLDER'"),  # there is no other way
])  # fmt: skip
def test_hint_names_route(client: TestClient, method: str, path: str, body: dict[str, Any] | None, hint: str) -> None:
    answer = client.request(method, API + path, json=body).json()
    assert answer.get("hint") == hint, answer
