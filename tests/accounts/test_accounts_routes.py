"""Accounts over HTTP: what each role may, and the same records as the commands print."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from asgi import ask
from click.testing import CliRunner
from people import add_people
from schemas import validate
from servers import WHO, client_of
from starlette.requests import Request
from starlette.testclient import TestClient

from map4 import Library
from map4.accounts import hashes as passwords
from map4.accounts.routes import log_in
from map4.cli.main import cli
from map4.core.base.actor import Actor, Role

pytestmark = pytest.mark.usefixtures("quick_hashes")

ROLES: dict[str, Role] = {"Ada": "admin", "Uta": "user", "Vic": "viewer"}
SECRET = "correct horse battery"


@pytest.fixture
def people(made: Path) -> dict[str, Actor]:
    with Library.open(made) as library:
        accounts = {name: library.accounts.add(name, role, password=SECRET) for name, role in ROLES.items()}
    return {"local": Actor.LOCAL, **{name: account.actor() for name, account in accounts.items()}}


@pytest.fixture
def client(made: Path, people: dict[str, Actor]) -> Iterator[TestClient]:
    with client_of(made, actor_of=people) as found:
        yield found


def _request(client: TestClient, who: str, method: str, path: str, body: Any = None) -> Any:
    answer = client.request(method, f"/api/v1{path}", json=body, headers={WHO: who})
    return validate(answer.json()) if answer.status_code < 300 else (answer.status_code, answer.json()["detail"])


def test_routes_return_the_records_that_commands_print(client: TestClient, made: Path) -> None:
    for command, route in (("", "/users"), ("audit", "/audit"), ("export Uta", "/users/{Uta}/export")):
        arguments = ["accounts", *command.split(), *(["--json"] if command != "export Uta" else [])]
        printed = json.loads(CliRunner().invoke(cli, arguments, env={"MAP4_LIBRARY": str(made)}).stdout)
        uta = next(
            account["id"]
            for account in _request(client, "Ada", "GET", "/users")["accounts"]
            if account["name"] == "Uta"
        )
        assert _request(client, "Ada", "GET", route.replace("{Uta}", str(uta))) == printed


def test_account_is_created_changed_and_erased(client: TestClient) -> None:
    made = _request(client, "Ada", "POST", "/users", {"name": "Bob", "password": SECRET})
    assert (made["role"], made["has_password"]) == ("user", True)
    user = f"/users/{made['id']}"
    changed = _request(client, "Ada", "PATCH", user, {"role": "viewer", "name": "Bobby"})
    assert (changed["role"], changed["name"], changed["id"]) == ("viewer", "Bobby", made["id"])
    assert _request(client, "Ada", "GET", user) == changed
    erased = _request(client, "Ada", "DELETE", user)
    assert (erased["name"], erased["id"]) == ("Bobby", made["id"])
    assert _request(client, "Ada", "GET", user)[0] == 404
    actions = [entry["action"] for entry in _request(client, "Ada", "GET", f"/audit?user={made['id']}")["entries"]]
    assert actions == ["account-removed", "account-changed", "account-added"]


def test_invalid_requests_are_refused_with_a_reason(client: TestClient, people: dict[str, Actor]) -> None:
    ada = f"/users/{people['Ada'].id}"
    for method, path, body, status, message in (
        ("POST", "/users", {"name": "x", "password": SECRET, "hash": "$2b$"}, 400, "not both"),
        ("POST", "/users", {"name": "UTA"}, 409, "already exists"),
        ("PATCH", ada, {"name": "Uta"}, 409, "already exists"),
        ("PATCH", ada, {}, 400, "nothing to change"),
        ("DELETE", ada, None, 400, "the only admin"),
        ("GET", "/users/Ada", None, 404, "is not the number of an account"),
        ("GET", "/audit?limit=0", None, 400, "1 to 1000"),
    ):
        got, detail = _request(client, "Ada", method, path, body)
        assert (got, message in detail) == (status, True), (method, path, body, detail)
    # Nothing of it was half done.
    assert [account["name"] for account in _request(client, "Ada", "GET", "/users")["accounts"]] == [*ROLES]


def test_routes_of_missing_extras_are_left_out(client: TestClient, people: dict[str, Actor], made: Path) -> None:
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("INSERT INTO extras VALUES ('gone', '[\"CREATE TABLE gone (id INTEGER)\"]')")
        connection.execute("CREATE TABLE gone (id INTEGER)")
    path = f"/users/{people['Uta'].id}"
    for method, of in (("GET", f"{path}/export"), ("DELETE", path)):
        status, problem = _request(client, "Ada", method, of)
        assert (status, "tables of the extra 'gone'" in problem, "with 'without' gone" in problem) == (400, True, True)
        assert "Uta" in str(_request(client, "Ada", method, f"{of}?without=gone"))


def test_own_password_change_needs_the_current_one(client: TestClient, people: dict[str, Actor], made: Path) -> None:
    for body, status in (({"password": "another secret"}, 400),
                         ({"password": "another secret", "current": "wrong"}, 403),
                         ({"password": "short", "current": SECRET}, 400)):  # fmt: skip
        assert _request(client, "Vic", "PUT", "/users/me/password", body)[0] == status
    body = {"password": "another secret", "current": SECRET}
    assert _request(client, "Vic", "PUT", "/users/me/password", body)["name"] == "Vic"
    assert (
        _request(client, "Ada", "PUT", f"/users/{people['Uta'].id}/password", {"password": "hers now"})["name"] == "Uta"
    )
    with Library.open(made) as library:
        for name, password in (("Vic", "another secret"), ("Uta", "hers now"), ("Ada", SECRET)):
            hashed = library.accounts.password_hash(people[name].id)
            assert passwords.check_password(hashed, password).is_right


def test_guessing_the_current_password_is_throttled(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_in, "FAILED_AFTER_S", 0.0)
    body = {"password": "another secret", "current": "guessed"}
    codes = [_request(client, "Vic", "PUT", "/users/me/password", body)[0] for _ in range(11)]
    assert codes == [403] * 10 + [429]
    # Not even with the right one, nor by a log-in.
    body["current"] = SECRET
    assert _request(client, "Vic", "PUT", "/users/me/password", body)[0] == 429
    assert _request(client, "Ada", "POST", "/auth/login", {"username": "Vic", "password": SECRET})[0] == 429


def test_removal_or_change_of_an_account_takes_effect_at_once(made: Path) -> None:
    with Library.open(made) as library, client_of(made) as client:
        for name in ("Ada", "Bob"):
            library.accounts.add(name, "admin")
        secret = library.credentials.add("cron", scopes=["read", "admin"], account="Bob").secret
        shows = {"authorization": f"Bearer {secret}"}

        def status(path: str) -> int:
            return client.get(f"/api/v1{path}", headers=shows).status_code

        assert (status("/users/me"), status("/users")) == (200, 200)
        accounts = client.get("/api/v1/users", headers=shows).json()["accounts"]
        here = {account["name"]: account["last_used_at"] for account in accounts}
        assert (here["Ada"], here["Bob"] is None) == (None, False)
        assert client.get("/api/v1/users/me", headers=shows).json()["last_used_at"] >= here["Bob"]
        assert library.accounts.get("Bob").last_used_at is None  # it is written seldom
        library.accounts.change("Bob", role="viewer")
        assert (status("/users/me"), status("/users")) == (200, 403)
        library.accounts.remove("Bob")
        assert (status("/users/me"), status("/tracks")) == (401, 401)


@pytest.mark.parametrize("path", ["/tracks/{track}", "/users/{neighbour}/password"])
def test_demoted_account_is_refused(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    people = add_people(made, tmp_path / "other.map4")
    with Library.open(made) as library, client_of(made) as client:
        library.accounts.change(people.numbers["user"], role="admin")
        who = people.right["user"]
        [track] = client.get("/api/v1/tracks?limit=1", headers=who).json()["ids"]
        address = path.format(track=track, **people.numbers)

        async def late(request: Request) -> bytes:
            with Library.open(made) as another:
                another.accounts.change(people.numbers["user"], role="viewer")
            return b'{"password": "correct horse"}' if "users" in address else b'{"year": 1951}'

        monkeypatch.setattr(Request, "body", late)
        assert client.put(f"/api/v1{address}", headers=who, json={}).status_code == 401
        assert not list(library.search("year:1951"))
        assert not library.accounts.get("neighbour").has_password


def test_removed_account_is_refused_at_once(client: TestClient, people: dict[str, Actor], made: Path) -> None:
    [track] = _request(client, "Uta", "GET", "/tracks?limit=1")["ids"]
    with Library.open(made) as library:
        library.accounts.remove("Uta")
        # She was let in before: here she always is.
        assert _request(client, "Uta", "PUT", f"/tracks/{track}", {"rating": 5}) == (401, "this account was removed")
        assert library.acting_as(people["Uta"]).count("has:rating") == 0


def test_only_one_of_concurrent_first_accounts_is_created(made: Path) -> None:
    async def all_at_once(app: Any) -> list[int]:
        bodies = [json.dumps({"name": name, "role": "admin", "password": SECRET}).encode() for name in ROLES]
        kind = {"content-type": "application/json"}
        asking = [ask(app, "POST", "/api/v1/users", kind, body) for body in bodies]
        return sorted(answer.status for answer in await asyncio.gather(*asking))

    with client_of(made) as client:
        assert client.portal.call(all_at_once, client.app) == [201, 401, 401]  # type: ignore[union-attr]
    with Library.open(made) as library:
        assert len(library.accounts.all()) == 1


def test_first_account_is_created_locally_without_login(made: Path) -> None:
    with client_of(made) as client:
        track = client.get("/api/v1/tracks?limit=1").json()["ids"][0]
        assert client.put(f"/api/v1/tracks/{track}", json={"rating": 4}).status_code == 200
        body = {"name": "Ada", "password": SECRET, "take_local": True}
        made_now = client.post("/api/v1/users", json=body)
        assert (made_now.status_code, made_now.json()["role"]) == (201, "admin")
        assert client.get("/api/v1/users").status_code == 401  # from now on it asks who one is
    with Library.open(made) as library:
        [rated] = library.acting_as(library.accounts.get("Ada").actor()).search("rating:4")
        assert rated.audio_id == track
