"""Who may ask what: every route, and answers that are of one person alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgi import ask
from rights import NEEDS
from servers import HERE, WHO, client_of
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from map4.core.base.actor import SCOPES, Actor, Scope
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.route import RequestInput, Route

API = "/api/v1"
ACTORS: dict[str, Actor | None] = {
    "nobody": None,
    "local": Actor.LOCAL,
    **{scope: Actor(id=n, name=scope, scopes=frozenset([scope])) for n, scope in enumerate(SCOPES, start=1)},
}
PAIR = {name: Actor(id=n, name=name, scopes=frozenset(SCOPES)) for n, name in enumerate(("Ann", "Bob"), start=31)}
TO_READ = {"Ann, to read": Actor(id=31, name="Ann, to read", scopes=frozenset(["read"]))}
"""With a token that may do less than she may."""


async def _who(connection: HTTPConnection) -> Actor | None:
    return {**ACTORS, **PAIR, **TO_READ}[connection.headers.get(WHO, "local")]


@pytest.fixture(scope="module")
def client(made_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    library = tmp_path_factory.mktemp("actors") / "made.map4"
    library.write_bytes(made_once.read_bytes())
    with client_of(library, actor_of=_who) as found:
        found.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        yield found


def _wanted(needs: Scope | None, who: str) -> int | None:
    if needs is None or who in (needs, "local"):
        return None
    return 401 if who == "nobody" else 403


def test_every_route_answers_only_actors_with_its_scope(client: TestClient) -> None:
    async def send(route: Route) -> dict[str, int]:
        path = re.sub(r"{\w+(:path|:view)?}", "none", route.path if route.is_root else API + route.path)
        body = b"" if route.method in ("GET", "WS") else b"{"  # can't be read: whoever may not ask is not told so
        headers = {**client.headers, "host": HERE.partition("//")[2], "content-type": "application/json"}
        answers = {who: await ask(client.app, route.method, path, {**headers, WHO: who}, body) for who in ACTORS}
        return {who: answer.status for who, answer in answers.items()}

    for route in ROUTES:
        name, got = (route.method, route.path), client.portal.call(send, route)  # type: ignore[union-attr]
        refused = {who: status if status in (401, 403) else None for who, status in got.items()}
        assert (name, refused) == (name, {who: _wanted(NEEDS[name], who) for who in ACTORS})
        assert 500 not in got.values(), name
    assert {(route.method, route.path) for route in ROUTES} == set(NEEDS)
    with pytest.raises(TypeError, match="needs"):
        Route(method="GET", path="/new", summary="New.")  # type: ignore[call-arg]

    def sent(who: str) -> int:
        sending = {"files": {"file": b"no sound"}, "headers": {WHO: who}}
        return client.post(f"{API}/audio/find-similar", **sending).status_code

    assert [sent(who) for who in ("nobody", "own", "read", "local")] == [401, 403, 403, 422]


def test_cached_answers_are_separate_per_actor(made: Path) -> None:
    def who(library: Library, asked: RequestInput) -> dict[str, Any]:
        return {"asks": asked.actor.name, "of the library": library.actor.name}

    routes = [
        Route("GET", f"/{queue}", "read", "Who asks.", who, queue=queue, cache="each") for queue in ("quick", "long")
    ]
    with client_of(made, actor_of=_who, routes=routes) as client:
        for address in ("quick", "long"):
            tags = dict[str, str]()
            for name in ("Ann", "Bob", "Ann, to read", "Ann", "local", "Bob", "Ann, to read", "Bob", "Ann"):
                known = {WHO: name, "if-none-match": ", ".join(tag for who, tag in tags.items() if who != name)}
                answer = client.get(f"{API}/{address}", headers=known)
                assert answer.json() == {"asks": name, "of the library": name}
                assert tags.setdefault(name, answer.headers["etag"]) == answer.headers["etag"]
                known["if-none-match"] = tags[name]
                assert client.get(f"{API}/{address}", headers=known).status_code == 304
            assert len(set(tags.values())) == 4


def test_changes_of_accounts_are_listed_and_undone(made: Path) -> None:
    with client_of(made, actor_of=PAIR) as client:

        def send(who: str, method: str, address: str, body: Any = None) -> Any:
            return client.request(method, API + address, headers={WHO: who}, json=body)

        track, other = send("Ann", "GET", "/tracks?limit=2").json()["ids"]
        send("Bob", "PUT", f"/tracks/{other}", {"year": 1999})
        send("Ann", "PUT", f"/tracks/{track}", {"genre": "Dub", "rating": 4})
        send("Bob", "PUT", f"/tracks/{track}", {"year": 2000})
        [bobs, anns] = send("Ann", "GET", f"/changes?track={track}").json()["steps"]
        by_ann = send("Bob", "GET", f"/changes?by={PAIR['Ann'].id}").json()["steps"]
        assert [change["step"] for change in by_ann] == [anns["step"]]
        undone = send("Bob", "POST", f"/changes/{bobs['step']}/undo", {}).json()
        assert [(change["name"], change["changed"]) for change in undone["changes"]] == [("year", True)]
        assert send("Ann", "GET", f"/tracks/{track}").json()["user"]["year"] is None
        codes = [send("Ann", "POST", f"/changes/{step}/undo", {}).status_code for step in (99, "x", bobs["step"])]
        assert codes == [404, 404, 400]  # it is undone
        assert send("Ann", "GET", "/changes?limit=0").status_code == 400


def test_a_list_is_shared_by_its_owner(made: Path) -> None:
    usual = frozenset[Scope](["read", "own", "subsonic"])
    people = {name: Actor(id=n, name=name, scopes=usual) for n, name in enumerate(("Ann", "Bob"), start=1)}

    with client_of(made, actor_of=people) as client:

        def send(who: str, method: str, address: str, body: Any = None) -> Any:
            return client.request(method, address, headers={WHO: who}, json=body)

        [track] = send("Ann", "GET", f"{API}/tracks?limit=1").json()["ids"]
        made_list = send("Ann", "POST", f"{API}/lists", {"name": "Friday", "tracks": [track]}).json()
        address = f"{API}/lists/{made_list['id']}"
        assert (made_list["owner"]["id"], made_list["sharing"], made_list["may_edit"]) == (1, "private", True)
        assert send("Bob", "GET", address).status_code == 404
        shared = send("Ann", "PATCH", address, {"sharing": "read"})
        assert (shared.status_code, shared.json()["sharing"]) == (200, "read")
        seen = send("Bob", "GET", address).json()
        assert (seen["ids"], seen["owner"]["id"], seen["may_edit"]) == ([track], 1, False)
        refused = [send("Bob", "PATCH", address, body).status_code for body in ({"sharing": "edit"}, {"name": "Mine"})]
        assert refused == [403, 403]
        for more in ({}, {"dry_run": True}):
            locked = send("Bob", "POST", f"{address}/ops", {"op": "lock", "places": [9], **more})
            assert (locked.status_code, "'Friday' is shared for reading only" in locked.text) == (403, True)
        assert send("Bob", "GET", f"{address}/slots?after=1").status_code == 200
        assert send("Ann", "PATCH", address, {"sharing": "all"}).status_code == 400
