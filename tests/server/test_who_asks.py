"""Who is let in: every route with real credentials, right ones, wrong ones, and those of somebody else."""

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
from rights import NEEDS
from servers import client_of
from starlette.testclient import TestClient

from map4.core.base.actor import SCOPES_OF
from map4.server.declared_routes import ROUTES
from map4.server.route import Route

API = "/api/v1"
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
WRONG = ("revoked token", "alg none", "app password")
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


def shown_by(people: People, *, is_all: bool) -> dict[str, Headers]:
    """What is shown, by who shows it."""
    several = ("neighbour", "viewer, ", "user, ")  # as another role shows it
    right = {who: headers for who, headers in people.right.items() if not who.startswith(several)}
    return {
        "nobody": {},
        **right,
        **(people.wrong if is_all else {name: people.wrong[name] for name in WRONG if name in people.wrong}),
    }


def _wanted(route: Route, people: People) -> dict[str, int]:
    """401, 403, or 0 for another answer: what each caller gets."""
    needs = NEEDS[route.method, route.path]
    by_role = {role: 0 if needs is None or needs in SCOPES_OF[role] else 403 for role in ROLES}
    shown = shown_by(people, is_all=(route.method, route.path) in TRIED_WITH_ALL)
    wanted = dict.fromkeys(shown, 401 if needs else 0)
    for who in wanted.keys() & people.right.keys():
        name, _, how = who.partition(", ")
        code = by_role[name]
        if how == "token to read":  # no more than a viewer
            code = by_role["viewer"]
        if how.startswith("token") and (route.needs_log_in or (route.method, route.path) == LOG_OUT):
            code = 403
        if how == "cookie alone" and needs and route.method not in ("GET", "WS"):
            code = 403
        wanted[who] = code
    return wanted


def test_routes_answer_only_the_allowed_callers(client: TestClient, people: People) -> None:
    async def answered(route: Route) -> dict[str, int]:
        shown = shown_by(people, is_all=(route.method, route.path) in TRIED_WITH_ALL)
        path = route.path if route.is_root else API + route.path
        address = re.sub(r"{\w+(:path|:view)?}", lambda name: "you" if name[1] == ":view" else "none", path)
        body = b"" if route.method in ("GET", "WS") else b"{"
        headers = {"content-type": "application/json"}
        asked = {who: await ask(client.app, route.method, address, {**shown_headers, **headers}, body)
                 for who, shown_headers in shown.items()}  # fmt: skip
        for answer in (answer for answer in asked.values() if answer.status in (401, 403)):
            assert answer.headers["content-type"] == "application/problem+json"
            assert (answer.status == 401) == (answer.headers.get("www-authenticate") == 'Bearer realm="map4"')
        # A role that may call it gets past the door: its body can't be read, and what it names is not there.
        return {who: answer.status if answer.status in (401, 403) else 0 for who, answer in asked.items()}

    # Who has logged out asks no more.
    for route in sorted(ROUTES, key=lambda route: (route.method, route.path) == LOG_OUT):
        got = client.portal.call(answered, route)  # type: ignore[union-attr]
        assert got == _wanted(route, people), (route.method, route.path)


def test_data_of_other_accounts_is_not_found(made: Path, tmp_path: Path) -> None:
    assert set(OF_OTHERS) == {
        (route.method, route.path)
        for route in ROUTES
        if re.search(r"{(list|job|step|token|user)|^/unmix/undo", route.path)
    }
    people = add_people(made, tmp_path / "other.map4")
    with client_of(made, requests_per_minute=0) as client:

        async def send(who: str, method: str, address: str, body: Any = None) -> AsgiAnswer:
            sent = b"" if body is None else json.dumps(body).encode()
            shown = {**people.right[who], "content-type": "application/json"}
            async with asyncio.timeout(20):
                return await ask(client.app, method, API + address, shown, sent)

        call = client.portal.call  # type: ignore[union-attr]
        [track] = call(send, "user", "GET", "/tracks?limit=1").json()["ids"]
        assert call(send, "user", "PUT", f"/tracks/{track}", {"rating": 5}).status == 200
        names = {
            "user": str(people.numbers["user"]),
            "list": call(send, "user", "POST", "/lists", {"name": "Friday", "tracks": [track]}).json()["id"],
            "job": call(send, "user", "POST", "/exports", {"to": "csv"}).json()["id"],
            "token": call(send, "user", "POST", "/tokens", {"name": "cron"}).json()["id"],
            "step": str(call(send, "user", "GET", "/changes").json()["steps"][0]["step"]),
        }
        names["form"] = "none"
        # What is done to a thing comes in the order of the table.
        for (method, path), (of_others, of_owner, body) in OF_OTHERS.items():
            address = path.format(**names)
            answers = [call(send, who, method, address, body) for who in ("neighbour", "user")]
            # A WebSocket of what is not there is closed without a word.
            codes = [404 if answer.status == 101 and not answer.body else answer.status for answer in answers]
            assert codes == [of_others, of_owner], (method, path)
