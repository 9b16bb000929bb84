"""Who is let in: every route with real credentials, right ones, wrong ones, and those of somebody else."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgi import AsgiAnswer, ask
from extra_cases import rows_of_extras
from people import Headers, People, add_people
from servers import client_of
from starlette.testclient import TestClient

from map4.server.declared_routes import ROUTES
from map4.server.route import Route

API = "/api/v1"
EVERYBODY = (200,) * 4
READ = (401, 200, 200, 200)
# What nobody gets, a viewer, a user and an admin, who send a body that can't be read to what is not there.
CODES: dict[tuple[str, str], tuple[int, int, int, int]] = {
    **rows_of_extras("CODES"),
    ("GET", "/health"): EVERYBODY,
    ("GET", "/ready"): EVERYBODY,
    ("GET", "/api/"): EVERYBODY,
    ("GET", "/"): EVERYBODY,
    ("GET", "/{view:view}"): EVERYBODY,
    ("GET", "/{view:view}/{id}"): EVERYBODY,
    ("GET", "/page/{version}/{file:path}"): (404, 404, 404, 404),
    ("GET", "/openapi.json"): EVERYBODY,
    ("POST", "/auth/login"): (400, 400, 400, 400),
    ("POST", "/auth/refresh"): (400, 400, 400, 400),
    ("POST", "/auth/session"): (400, 400, 400, 400),
    ("GET", "/auth/session"): READ,
    ("DELETE", "/auth/session"): (401, 204, 204, 204),
    ("GET", "/users"): (401, 403, 403, 200),
    ("POST", "/users"): (401, 403, 403, 400),
    ("GET", "/users/{user}"): (401, 404, 404, 404),
    ("PATCH", "/users/{user}"): (401, 403, 403, 400),
    ("PUT", "/users/{user}/password"): (401, 400, 400, 400),
    ("DELETE", "/users/{user}"): (401, 403, 403, 400),
    ("GET", "/users/{user}/export"): (401, 404, 404, 404),
    ("GET", "/audit"): (401, 403, 403, 200),
    ("GET", "/tokens"): READ,
    ("POST", "/tokens"): (401, 400, 400, 400),
    ("DELETE", "/tokens/{token}"): (401, 400, 400, 400),
    ("POST", "/tokens/{token}/rotate"): (401, 400, 400, 400),
    ("GET", "/marks"): READ,
    ("PATCH", "/marks"): (401, 403, 400, 400),
    ("DELETE", "/marks"): (401, 403, 400, 400),
    ("GET", "/plays"): READ,
    ("POST", "/plays"): (401, 403, 400, 400),
    ("GET", "/changes"): READ,
    ("POST", "/changes/{step}/undo"): (401, 403, 400, 400),
    ("GET", "/map"): READ,
    ("GET", "/map/values"): READ,
    ("GET", "/tracks"): READ,
    ("GET", "/tracks/{id}"): (401, 404, 404, 404),
    ("PUT", "/tracks/{id}"): (401, 403, 400, 400),
    ("PUT", "/tracks"): (401, 403, 400, 400),
    ("GET", "/tracks/{id}/cover"): (401, 404, 404, 404),
    ("DELETE", "/tracks/{id}"): (401, 403, 403, 400),
    ("POST", "/tracks/analyze"): (401, 403, 400, 400),
    ("GET", "/tracks/{id}/audio"): (401, 404, 404, 404),
    ("GET", "/tracks/{id}/tags"): (401, 404, 404, 404),
    ("GET", "/sources"): READ,
    ("GET", "/sources/{field}"): (401, 400, 400, 400),
    ("PUT", "/sources/{field}"): (401, 403, 403, 400),
    ("GET", "/tracks/{id}/overview"): (401, 404, 404, 404),
    ("GET", "/tracks/{id}/strip"): (401, 404, 404, 404),
    ("GET", "/ignored"): READ,
    ("DELETE", "/ignored"): (401, 403, 403, 400),
    ("GET", "/search"): READ,
    ("GET", "/columns"): READ,
    ("POST", "/columns"): (401, 400, 400, 400),
    ("GET", "/columns/place"): (401, 400, 400, 400),
    ("GET", "/about"): READ,
    ("GET", "/facets"): (401, 400, 400, 400),
    ("GET", "/completions"): (401, 400, 400, 400),
    ("POST", "/search/advanced"): (401, 400, 400, 400),
    ("GET", "/stats/library"): READ,
    ("GET", "/stats/accuracy"): READ,
    ("GET", "/stats/genres"): READ,
    ("GET", "/stats/timeline"): READ,
    ("GET", "/stats/mixes"): (401, 404, 404, 404),
    ("GET", "/stats/plays"): READ,
    ("GET", "/doctor"): READ,
    ("GET", "/duplicates"): READ,
    ("GET", "/library"): READ,
    ("GET", "/imports"): READ,
    ("POST", "/audio/find-similar"): (401, 400, 400, 400),
    ("POST", "/compare"): (401, 400, 400, 400),
    ("GET", "/compatibility/{a}/{b}"): (401, 404, 404, 404),
    ("GET", "/mix/{a}/{b}"): (401, 404, 404, 404),
    ("GET", "/playlists/choices"): READ,
    ("POST", "/playlists/generate"): (401, 400, 400, 400),
    ("POST", "/playlists/check"): (401, 400, 400, 400),
    ("POST", "/playlists/order"): (401, 400, 400, 400),
    ("POST", "/playlists/refresh"): (401, 400, 400, 400),
    ("POST", "/playlists/fill"): (401, 400, 400, 400),
    ("GET", "/lists"): READ,
    ("GET", "/lists/live"): READ,
    ("GET", "/lists/{list}"): (401, 404, 404, 404),
    ("POST", "/lists"): (401, 403, 400, 400),
    ("PATCH", "/lists/{list}"): (401, 403, 400, 400),
    ("POST", "/lists/{list}/ops"): (401, 403, 400, 400),
    ("GET", "/lists/{list}/versions"): (401, 404, 404, 404),
    ("GET", "/lists/{list}/slots"): (401, 404, 404, 404),
    ("GET", "/lists/{list}/file"): (401, 404, 404, 404),
    ("DELETE", "/lists/{list}"): (401, 403, 400, 400),
    ("POST", "/scan"): (401, 403, 403, 400),
    ("POST", "/batch/analyze"): (401, 403, 403, 400),
    ("POST", "/audio/batch-analyze"): (401, 403, 403, 400),
    ("POST", "/duplicates"): (401, 403, 400, 400),
    ("POST", "/exports"): (401, 403, 400, 400),
    ("GET", "/batch/{job}"): (401, 400, 400, 400),
    ("DELETE", "/batch/{job}"): (401, 403, 400, 400),
    ("GET", "/exports/{job}"): (401, 400, 400, 400),
    ("GET", "/exports/{job}/file"): (401, 400, 400, 400),
    ("GET", "/exports"): READ,
    ("GET", "/jobs"): READ,
    ("GET", "/jobs/{job}"): (401, 400, 400, 400),
    ("POST", "/jobs/{job}/cancel"): (401, 403, 400, 400),
    ("POST", "/jobs/{job}/retry"): (401, 403, 400, 400),
    ("GET", "/backup"): (401, 403, 403, 200),
    ("POST", "/backup"): (401, 403, 403, 400),
    ("POST", "/plans/restore"): (401, 403, 403, 400),
    ("GET", "/folders"): (401, 403, 403, 200),
    ("POST", "/plans/tags"): (401, 403, 403, 400),
    ("POST", "/plans/tags-undo"): (401, 403, 403, 400),
    ("POST", "/plans/quarantine"): (401, 403, 403, 400),
    ("POST", "/plans/return"): (401, 403, 403, 400),
    ("GET", "/duplicates/journals"): (401, 403, 403, 200),
    ("POST", "/plans/import"): (401, 403, 403, 400),
    ("POST", "/plans/classify"): (401, 403, 403, 400),
    ("POST", "/plans/forget"): (401, 403, 403, 400),
    ("GET", "/plans/{plan}"): (401, 403, 404, 404),
    ("POST", "/plans/{plan}"): (401, 403, 400, 400),
    ("GET", "/tags/journals"): READ,
    ("GET", "/events"): READ,
    ("WS", "/ws/progress/{job}"): (401, 101, 101, 101),
}
# What another user gets of what is one person's own, and then the owner, with a body that can be read.
OF_OTHERS: dict[tuple[str, str], tuple[int, int, Any]] = {
    **rows_of_extras("OF_OTHERS"),
    ("GET", "/lists/{list}"): (404, 200, None),
    ("PATCH", "/lists/{list}"): (404, 200, {"description": "late"}),
    ("GET", "/lists/{list}/versions"): (404, 200, None),
    ("GET", "/lists/{list}/file"): (404, 200, None),
    ("GET", "/lists/{list}/slots"): (404, 400, None),  # which place it does not say
    ("POST", "/lists/{list}/ops"): (404, 200, {"op": "lock", "places": [1]}),
    ("DELETE", "/lists/{list}"): (404, 204, None),
    ("GET", "/exports/{job}"): (404, 200, None),
    ("GET", "/exports/{job}/file"): (404, 404, None),  # it is not written yet
    ("GET", "/batch/{job}"): (404, 404, None),  # it is no batch
    ("DELETE", "/batch/{job}"): (404, 404, None),
    ("GET", "/jobs/{job}"): (404, 200, None),
    ("POST", "/jobs/{job}/cancel"): (404, 200, {}),
    ("WS", "/ws/progress/{job}"): (404, 101, None),
    ("POST", "/jobs/{job}/retry"): (404, 200, {}),
    ("POST", "/changes/{step}/undo"): (404, 200, {}),
    ("GET", "/users/{user}"): (403, 200, None),
    ("GET", "/users/{user}/export"): (403, 200, None),
    ("PATCH", "/users/{user}"): (403, 403, {"name": "Ann"}),  # an admin does
    ("DELETE", "/users/{user}"): (403, 403, None),
    ("PUT", "/users/{user}/password"): (403, 400, {"password": "correct horse"}),  # the one before has to be told
    ("POST", "/tokens/{token}/rotate"): (404, 200, {}),
    ("DELETE", "/tokens/{token}"): (404, 204, None),
}
# What each route is tried with; what else is wrong, in some of them.
WRONG = ("expired token", "revoked token", "token of another library", "alg none", "a public key as secret",
         "alg of a public key", "past its end", "app password")  # fmt: skip
TRIED_WITH_ALL = {("GET", "/tracks"), ("GET", "/events"), ("GET", "/tracks/{id}/audio"), ("WS", "/ws/progress/{job}"),
                  ("PUT", "/tracks/{id}")}  # fmt: skip
LOG_OUT = ("DELETE", "/auth/session")
ROLES = ("viewer", "user", "admin")


@pytest.fixture(scope="module")
def shared(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, People]:
    """A library with accounts."""
    folder = tmp_path_factory.mktemp("shared")
    library = folder / "made.map4"
    library.write_bytes(made_once.read_bytes())
    return library, add_people(library, folder / "other.map4")


@pytest.fixture(scope="module")
def client(shared: tuple[Path, People]) -> Iterator[TestClient]:
    with client_of(shared[0], requests_per_minute=0) as found:
        found.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        yield found


@pytest.fixture(scope="module")
def people(shared: tuple[Path, People]) -> People:
    return shared[1]


def _address(route: Route, **names: str) -> str:
    path = route.path if route.is_root else API + route.path
    return re.sub(
        r"{(\w+)(:path|:view)?}", lambda name: names.get(name[1], "you" if name[2] == ":view" else "none"), path
    )


def shown_by(people: People, *, is_all: bool) -> dict[str, Headers]:
    """What is shown, by who shows it."""
    several = ("neighbour", "viewer, ", "user, ")  # as another role shows it
    right = {who: one for who, one in people.right.items() if not who.startswith(several)}
    return {"nobody": {}, **right, **(people.wrong if is_all else {name: people.wrong[name] for name in WRONG})}


def _wanted(route: Route, people: People) -> dict[str, int]:
    """The code that each gets, by what the table says of nobody and the roles."""
    nobody, *of_roles = CODES[route.method, route.path]
    by_role = dict(zip(ROLES, of_roles, strict=True))
    wanted = dict.fromkeys(shown_by(people, is_all=(route.method, route.path) in TRIED_WITH_ALL), nobody)
    for who in wanted.keys() & people.right.keys():
        name, _, how = who.partition(", ")
        code = by_role[name]
        if how == "token to read":  # no more than a viewer
            code = by_role["viewer"]
        if how.startswith("token") and (route.needs_log_in or (route.method, route.path) == LOG_OUT):
            code = 403
        if how == "cookie alone" and route.needs and route.method not in ("GET", "WS"):
            code = 403
        wanted[who] = code
    return wanted


def test_every_route_answers_whom_it_should(client: TestClient, people: People) -> None:
    assert set(CODES) == {(route.method, route.path) for route in ROUTES}

    async def answered(route: Route) -> dict[str, int]:
        shown = shown_by(people, is_all=(route.method, route.path) in TRIED_WITH_ALL)
        body = b"" if route.method in ("GET", "WS") else b"{"
        told = {"content-type": "application/json"}
        asked = {who: await ask(client.app, route.method, _address(route), {**one, **told}, body)
                 for who, one in shown.items()}  # fmt: skip
        for answer in asked.values():
            if answer.status in (401, 403):
                assert answer.headers["content-type"] == "application/problem+json"
                assert (answer.status == 401) == (answer.headers.get("www-authenticate") == 'Bearer realm="map4"')
        return {who: answer.status for who, answer in asked.items()}

    # Who has logged out asks no more.
    for route in sorted(ROUTES, key=lambda one: (one.method, one.path) == LOG_OUT):
        got = client.portal.call(answered, route)  # type: ignore[union-attr]
        assert got == _wanted(route, people), (route.method, route.path)


def test_what_is_somebody_elses_is_not_there(made: Path, tmp_path: Path) -> None:
    assert set(OF_OTHERS) == {
        (one.method, one.path) for one in ROUTES if re.search(r"{(list|job|step|token|user)", one.path)
    }
    people = add_people(made, tmp_path / "other.map4")
    with client_of(made, requests_per_minute=0) as client:

        async def asked(who: str, method: str, address: str, body: Any = None) -> AsgiAnswer:
            sent = b"" if body is None else json.dumps(body).encode()
            shown = {**people.right[who], "content-type": "application/json"}
            async with asyncio.timeout(20):
                return await ask(client.app, method, API + address, shown, sent)

        call = client.portal.call  # type: ignore[union-attr]
        [track] = call(asked, "user", "GET", "/tracks?limit=1").json()["ids"]
        assert call(asked, "user", "PUT", f"/tracks/{track}", {"rating": 5}).status == 200
        names = {
            "user": str(people.numbers["user"]),
            "list": call(asked, "user", "POST", "/lists", {"name": "Friday", "tracks": [track]}).json()["id"],
            "job": call(asked, "user", "POST", "/exports", {"to": "csv"}).json()["id"],
            "token": call(asked, "user", "POST", "/tokens", {"name": "cron"}).json()["id"],
            "step": str(call(asked, "user", "GET", "/changes").json()["steps"][0]["step"]),
        }
        # What is done to a thing comes in the order of the table.
        for (method, path), (of_others, of_owner, body) in OF_OTHERS.items():
            address = path.format(**names)
            codes = [_told(call(asked, who, method, address, body)) for who in ("neighbour", "user")]
            assert codes == [of_others, of_owner], (method, path)


def _told(answer: AsgiAnswer) -> int:
    """The status; 404 of a WebSocket that was closed without a word."""
    return 404 if answer.status == 101 and not answer.body else answer.status
