"""Tokens over HTTP: made, shown, rotated and ended; and when they were last used."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from people import access_token, bearer
from schemas import validate
from servers import WHO, client_of
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from map4 import Library
from map4.accounts import log_ins
from map4.accounts.store.accounts import SqlAccounts
from map4.core.base.account import digest_of
from map4.core.base.actor import Actor, Role
from map4.errors import LibraryBusyError
from map4.server import uses
from map4.server.changes import changes_of
from map4.server.uses import Uses, uses_of

TOKENS = "/api/v1/tokens"
ROLES: dict[str, Role] = {"Ada": "admin", "Uta": "user", "Vic": "viewer"}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def people(made: Path) -> dict[str, Actor]:
    with Library.open(made) as library:
        accounts = {name: library._store.part(SqlAccounts).add(name, role, None, NOW) for name, role in ROLES.items()}
    return {"local": Actor.LOCAL, **{name: account.actor() for name, account in accounts.items()}}


@pytest.fixture
def client(made: Path, people: dict[str, Actor]) -> Iterator[TestClient]:
    with client_of(made, actor_of=people, services=(changes_of, uses_of)) as found:
        yield found


def _request(client: TestClient, who: str, method: str, path: str = "", body: Any = None) -> Any:
    answer = client.request(method, TOKENS + path, json=body, headers={WHO: who})
    if answer.status_code in (200, 201):
        return validate(answer.json())
    return answer.status_code


def test_token_is_created_rotated_removed_and_its_use_invalidates_etags(
    client: TestClient, made: Path, people: dict[str, Actor]
) -> None:
    body = {"name": "cron", "scopes": ["read", "own"], "days": 30}
    first = client.post(TOKENS, json=body, headers={WHO: "Uta"})
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    token = validate(first.json())
    assert (token["kind"], token["name"], token["scopes"]) == ("token", "cron", ["read", "own"])
    [listed] = _request(client, "Uta", "GET")["tokens"]
    assert listed == {name: value for name, value in token.items() if name not in ("schema", "secret")} | {
        "schema": "map4/token/1"
    }
    rotated = _request(client, "Uta", "POST", f"/{token['id']}/rotate", {})
    assert rotated == token | {"secret": rotated["secret"]}
    with Library.open(made) as library:
        known = [library.credentials.known(digest_of(issued["secret"])) is not None for issued in (token, rotated)]
    assert known == [False, True]
    assert _request(client, "Uta", "DELETE", f"/{token['id']}") == 204
    assert _request(client, "Uta", "DELETE", f"/{token['id']}") == 404
    assert _request(client, "Uta", "GET")["tokens"] == []
    found = Uses()
    with Library.open(made) as library:
        theirs = library.acting_as(people["Uta"])
        made_now = theirs.credentials.add("cron").credential
        found.note(made_now.id)
        [read_before] = theirs.credentials.all()
        found.write(library)
        assert read_before.last_used_at is None
        assert found.shown(read_before).last_used_at is not None
        assert len(found) == 0


def test_owner_of_tokens_can_be_named(client: TestClient, people: dict[str, Actor]) -> None:
    utas = _request(client, "Uta", "POST", "", {"name": "cron"})["id"]
    vics = _request(client, "Ada", "POST", "", {"name": "t", "user": people["Vic"].id})
    assert vics["account"] == {"id": people["Vic"].id, "name": "Vic"}
    ids = {question: {token["id"] for token in _request(client, "Ada", "GET", question)["tokens"]}
            for question in ("?user=Uta", f"?user={people['Uta'].id}", "?user=me", "?all=true")}  # fmt: skip
    assert [*ids.values()] == [{utas}, {utas}, set(), {utas, vics["id"]}]
    assert _request(client, "Vic", "GET", "?all=true") == 403
    assert _request(client, "Vic", "POST", "", {"name": "t", "scopes": ["own"]}) == 403
    assert _request(client, "Vic", "POST", "", {"name": "t", "kind": "session"}) == 400
    assert _request(client, "Vic", "POST", f"/{utas}/rotate", {}) == 404


def test_token_use_is_written_rarely(made: Path, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    async def who(connection: HTTPConnection) -> Actor:
        return people["Uta"]

    written, may_write, write = list[int](), threading.Event(), Uses.write

    def gated(self: Uses, library: Library) -> None:
        if not may_write.is_set():
            raise LibraryBusyError("another time")
        written.append(len(self))
        write(self, library)

    monkeypatch.setattr(uses, "WRITTEN_EVERY_S", 0.02)
    monkeypatch.setattr(Uses, "write", gated)
    with client_of(made, actor_of=who, services=(changes_of, uses_of)) as client:
        token = client.post(TOKENS, json={"name": "cron"}).json()["id"]
        libraries: Any = client.app.state.context.libraries  # type: ignore[attr-defined]
        state = libraries.state()
        for _ in range(1000):
            libraries.uses.note(token)
        shown = client.get(TOKENS).json()["tokens"][0]["last_used_at"]
        assert shown is not None
        assert libraries.state() == state  # so that all kept answers hold
        may_write.set()
        while not written:
            assert client.get(TOKENS).json()["tokens"][0]["last_used_at"] == shown
        libraries.uses.note(token)
    assert set(written) == {1}  # what is used again at the end is written then
    assert len(libraries.uses) == 0
    with Library.open(made) as library:
        [found] = library.credentials.all()
        assert found.last_used_at >= shown


def test_failed_write_of_token_uses_is_repeated() -> None:
    known: list[dict[str, datetime]] = []

    class Credentials:
        def touch(self, found: dict[str, datetime]) -> None:
            known.append(found)
            noted.note("t-2")
            if len(known) == 1:
                raise LibraryBusyError("another time")

    class Stub:
        credentials = Credentials()

    moment = iter(range(100, 200))
    noted, stub = Uses(now=lambda: float(next(moment))), Stub()
    noted.note("t-1")
    with pytest.raises(LibraryBusyError):
        noted.write(stub)  # type: ignore[arg-type]
    noted.write(stub)  # type: ignore[arg-type]
    assert [set(found) for found in known] == [{"t-1"}, {"t-1", "t-2"}]
    assert len(noted) == 1  # t-2 was used again while it was written


def _status(client: TestClient, secret: str, method: str = "GET", path: str = "/tracks", **more: Any) -> int:
    status: int = client.request(method, f"/api/v1{path}", headers=bearer(secret), **more).status_code
    return status


def test_token_is_valid_until_removed_and_creates_no_other(made: Path, people: dict[str, Actor]) -> None:
    with client_of(made) as client, Library.open(made) as library:
        login = library.credentials.begin_login("Uta")
        access = access_token(library, login.credential)
        body = {"name": "cron", "scopes": ["read", "own"]}
        token = client.post(TOKENS, json=body, headers=bearer(access)).json()
        assert _status(client, token["secret"]) == 200
        assert _status(client, token["secret"], "POST", "/exports", json={"to": "csv"}) == 202
        assert _status(client, token["secret"], "POST", "/scan", json={}) == 403
        for method, path in (("POST", ""), ("DELETE", f"/{token['id']}"), ("POST", f"/{token['id']}/rotate")):
            refused = client.request(method, TOKENS + path, json={"name": "x"}, headers=bearer(token["secret"]))
            assert (refused.status_code, "log in for this" in refused.json()["detail"]) == (403, True)
        shown = client.get(TOKENS, headers=bearer(token["secret"])).json()["tokens"]
        assert {credential["kind"]: credential["last_used_at"] is not None for credential in shown} == {
            "token": True,
            "login": True,
        }
        new = client.post(f"{TOKENS}/{token['id']}/rotate", json={}, headers=bearer(access)).json()["secret"]
        assert [_status(client, secret) for secret in (token["secret"], new)] == [401, 200]
        library.credentials.remove(token["id"])  # as on the command line, beside the server
        assert _status(client, new) == 401
        assert _status(client, access, "DELETE", f"/tokens/{login.credential.id}") == 204  # as of another machine
        assert _status(client, access) == 401


def test_login_survives_rotated_key(made: Path, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    def renewed(secret: str) -> Any:
        return client.post("/api/v1/auth/refresh", json={"refresh_token": secret})

    with client_of(made) as client, Library.open(made) as library:
        login = library.credentials.begin_login("Vic")
        first = validate(renewed(login.secret).json())
        library.credentials.rotate_key()
        second = validate(renewed(first["refresh_token"]).json())
        both = [first["access_token"], second["access_token"]]
        assert len({jwt.get_unverified_header(token)["kid"] for token in both}) == 2
        assert [_status(client, token) for token in both] == [200, 200]
        raced = renewed(first["refresh_token"])
        assert (raced.status_code, raced.headers["www-authenticate"].split()[0]) == (401, "Bearer")
        assert "was just renewed" in raced.json()["detail"]
        assert _status(client, second["access_token"]) == 200
        monkeypatch.setattr(log_ins, "RACE_S", -1)
        assert "used before" in renewed(first["refresh_token"]).json()["detail"]
        assert [_status(client, token) for token in both] == [401, 401]
        assert renewed(second["refresh_token"]).status_code == 401
