"""Log-ins over HTTP: what they give, what ends them, and how often and how fast one may try."""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from asgi import AsgiAnswer, ask
from people import account, add_people, bearer, expiring
from servers import client_of
from starlette.testclient import TestClient

from map4.accounts.hashes import Checked
from map4.accounts.routes import log_in
from map4.library import Library

pytestmark = pytest.mark.usefixtures("quick_hashes")

API = "/api/v1"
PASSWORD = "correct horse"

Asked = Callable[..., AsgiAnswer]


@pytest.fixture
def library(made: Path) -> Path:
    """A library with an account that has a password."""
    account(made, "Anna", "user", PASSWORD)
    return made


@pytest.fixture
def asked(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Asks a server of it; what fails is answered at once."""
    monkeypatch.setattr(log_in, "FAILED_AFTER_S", 0.0)
    with client_of(library, requests_per_minute=0) as client:
        yield asking(client)


def asking(client: TestClient) -> Asked:
    async def request(
        method: str, path: str, body: Any = None, shown: Any = None, address: str = "127.0.0.1"
    ) -> AsgiAnswer:
        sent = b"" if body is None else json.dumps(body).encode()
        headers = {**(shown or {}), "content-type": "application/json"}
        return await ask(client.app, method, API + path, headers, sent, client=address)

    return lambda *given, **named: client.portal.call(lambda: request(*given, **named))  # type: ignore[union-attr, no-any-return]


def named(name: str, password: str = PASSWORD) -> dict[str, str]:
    return {"username": name, "password": password}


def actions(library: Path) -> list[tuple[str, int | None, str | None]]:
    """What was noted, the oldest first."""
    with Library.open(library) as opened:
        entries = opened.accounts.audit().entries
    return [(entry.action, entry.account, entry.subject) for entry in reversed(entries)]


def test_a_program_logs_in_renews_and_logs_out(asked: Asked, library: Path) -> None:
    access = asked("POST", "/auth/login", named("ANNA")).json()
    assert (access["token_type"], access["expires_in"]) == ("Bearer", 900)
    me = asked("GET", "/auth/session", shown=bearer(access["access_token"]))
    assert (me.json()["account"]["name"], me.json()["csrf"]) == ("Anna", None)
    assert me.headers["cache-control"] == "no-store"
    again = asked("POST", "/auth/refresh", {"refresh_token": access["refresh_token"]})
    assert again.headers["cache-control"] == "no-store"
    renewed = again.json()
    assert renewed["refresh_token"] != access["refresh_token"]
    # Neither renews anything but the newest, nor is an access token a refresh token.
    for wrong in (access["refresh_token"], access["access_token"], "map4r_" + 43 * "x"):
        assert asked("POST", "/auth/refresh", {"refresh_token": wrong}).status == 401
    both = [bearer(grant["access_token"]) for grant in (access, renewed)]
    assert [asked("GET", "/tracks", shown=token).status for token in both] == [200, 200]
    assert asked("DELETE", "/auth/session", shown=both[1]).status == 204
    assert [asked("GET", "/tracks", shown=token).status for token in both] == [401, 401]
    assert asked("POST", "/auth/refresh", {"refresh_token": renewed["refresh_token"]}).status == 401
    assert [action[0] for action in actions(library)] == ["logged-in", "logged-out"]


def test_login_cookie_is_hidden_from_scripts_and_other_sites(library: Path) -> None:
    with client_of(library, base_path="/map4", base_url="https://localhost:8000/map4") as client:
        answer = client.post(f"{API}/auth/session", json=named("anna"), headers={"user-agent": FIREFOX})
        [cookie] = SimpleCookie(answer.headers["set-cookie"]).values()
        assert cookie.key.startswith("map4_")
        assert cookie["httponly"]
        assert (cookie["secure"], cookie["samesite"].lower(), cookie["path"]) == (True, "strict", "/map4")
        assert cookie.value not in answer.text
        csrf = {"x-csrf-token": answer.json()["csrf"]}
        again = client.get(f"{API}/auth/session")
        assert again.json() == answer.json()
        assert again.headers["set-cookie"] == answer.headers["set-cookie"]  # the browser has it as long as it is good
        body = {"name": "Friday", "tracks": []}
        wrong = {"x-csrf-token": csrf["x-csrf-token"][::-1]}
        made = [client.post(f"{API}/lists", json=body, headers=headers).status_code for headers in ({}, wrong, csrf)]
        assert made == [403, 403, 201]
        with Library.open(library) as opened:
            assert [credential.name for credential in opened.credentials.all()] == ["Firefox on Linux"]
        assert client.delete(f"{API}/auth/session", headers=csrf).status_code == 204
        assert not client.cookies
        assert client.get(f"{API}/auth/session", headers={"cookie": f"{cookie.key}={cookie.value}"}).status_code == 401


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_wrong_token_is_refused_despite_a_valid_cookie(asked: Asked, library: Path, tmp_path: Path) -> None:
    people = add_people(library, tmp_path / "other.map4")
    cookie, wrong = people.right["admin, cookie"], people.wrong["revoked token"]
    assert asked("GET", "/tracks", shown={**cookie, **wrong}).status == 401
    assert asked("GET", "/tracks", shown={**people.wrong["a token as a cookie"], **people.right["user"]}).status == 200


def test_two_authorization_headers_are_refused(library: Path, tmp_path: Path) -> None:
    right = add_people(library, tmp_path / "other.map4").right["user"]["authorization"]
    shown = ("authorization", right)
    with client_of(library) as client:
        codes = [client.get(f"{API}/tracks", headers=[shown] * count).status_code for count in (1, 2)]
    assert codes == [200, 401]


def test_ten_failed_logins_block_a_name_for_an_address(asked: Asked, library: Path) -> None:
    def tried(name: str, password: str, address: str) -> int:
        return asked("POST", "/auth/login", named(name, password), address=address).status

    here, there = "10.0.0.1", "10.0.0.2"
    for name in ("anna", "nobody of this name"):
        assert [tried(name, "wrong", here) for _ in range(11)] == [401] * 10 + [429]
    # Not the right one either, in any case of the name; from elsewhere it is as good as ever.
    refused = asked("POST", "/auth/session", named("ANNA"), address=here)
    assert refused.status == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert tried("anna", "wrong", there) == 401
    assert tried("anna", PASSWORD, there) == 200
    noted = [action for action in actions(library) if action[0] != "logged-in"]
    with Library.open(library) as opened:
        anna = str(opened.accounts.get("anna").number)
    failed = [("login-failed", None, subject) for subject in [anna] * 10 + [None] * 10 + [anna]]
    throttled = [("login-throttled", None, anna), ("login-throttled", None, None)]
    assert noted == [*failed[:10], throttled[0], *failed[10:20], throttled[1], failed[20]]


def test_failed_logins_take_the_same_time_for_all_names(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited, sleep = list[float](), asyncio.sleep

    async def noted(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    with client_of(library, requests_per_minute=0) as client:
        monkeypatch.setattr(log_in, "FAILED_AFTER_S", 3600.0)
        monkeypatch.setattr("map4.accounts.routes.log_in.asyncio.sleep", noted)
        for name, password, status in (("anna", "wrong", 401), ("nobody", "wrong", 401), ("anna", PASSWORD, 200)):
            waited.clear()
            assert asking(client)("POST", "/auth/login", named(name, password)).status == status
            until_an_hour = [wait_s for wait_s in waited if 3000 < wait_s <= 3600]
            assert len(until_an_hour) == (status == 401)


def test_concurrent_failed_logins_are_counted_one_by_one(library: Path) -> None:
    looked_at = list[str]()

    async def main() -> list[int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log_in, "FAILED_AFTER_S", 0.0)
            patch.setattr(log_in, "check_password", counting)
            sent = json.dumps(named("anna", "wrong")).encode()
            kind = {"content-type": "application/json"}
            answers = [ask(client.app, "POST", f"{API}/auth/login", kind, sent) for _ in range(30)]
            return [answer.status for answer in await asyncio.gather(*answers)]

    def counting(hashed: str | None, given: str) -> Checked:
        looked_at.append(given)
        time.sleep(0.01)
        return Checked(False)

    with client_of(library, requests_per_minute=0) as client:
        codes = client.portal.call(main)  # type: ignore[union-attr]
    assert set(codes) == {401, 429}
    assert len(looked_at) == 10  # though two are looked at at a time


def test_log_ins_of_one_network_neither_delay_nor_refuse_others(library: Path) -> None:
    is_open, looked_at = threading.Event(), list[str]()

    def checking(hashed: str | None, given: str) -> Checked:
        looked_at.append(given)
        if given != PASSWORD:
            is_open.wait(20)
        return Checked(given == PASSWORD)

    async def main() -> tuple[list[int], int]:
        def asked(name: str, password: str, address: str) -> Awaitable[AsgiAnswer]:
            sent = json.dumps(named(name, password)).encode()
            kind = {"content-type": "application/json"}
            return ask(client.app, "POST", f"{API}/auth/login", kind, sent, client=address)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log_in, "FAILED_AFTER_S", 0.0)
            patch.setattr(log_in, "check_password", checking)
            strangers = [asyncio.ensure_future(asked(f"x{n}", "wrong", "192.0.2.1")) for n in range(60)]
            while not looked_at:
                await asyncio.sleep(0.01)
            right = await asyncio.wait_for(asked("anna", PASSWORD, "192.0.2.2"), 15)
            is_open.set()
            return [answer.status for answer in await asyncio.gather(*strangers)], right.status

    with client_of(library, requests_per_minute=0) as client:
        refused, right = client.portal.call(main)  # type: ignore[union-attr]
    assert (right, refused.count(503), looked_at[:2]) == (200, 20, ["wrong", PASSWORD])


def test_first_login_replaces_a_bcrypt_hash(asked: Asked, library: Path) -> None:
    with Library.open(library) as opened:
        old = bcrypt.hashpw(b"pass", bcrypt.gensalt(4)).decode()
        number = opened.accounts.add("Bert", "user", hashed=old).number
        for given, status in (("wrong", 401), ("pass", 200), ("pass", 200), ("pass ", 401), ("pa\0ss", 401)):
            assert asked("POST", "/auth/login", named("bert", given)).status == status, given
            is_old = opened.accounts.password_hash(number) == old
            assert is_old == (given == "wrong")
        assert str(opened.accounts.password_hash(number)).startswith("$argon2id$")


@pytest.mark.parametrize("password", ["", "x" * 5000, "ünïcode ☃", "\N{COMBINING ACUTE ACCENT}"])
def test_strange_passwords_are_refused_as_wrong(asked: Asked, password: str) -> None:
    assert asked("POST", "/auth/login", named("anna", password)).status == 401


@pytest.mark.world
def test_token_expires_in_an_unchanged_library(asked: Asked, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.accounts.access_tokens.ACCESS_S", 4)
    with Library.open(library) as opened:
        number = opened.accounts.get("anna").number
    access = bearer(asked("POST", "/auth/login", named("anna")).json()["access_token"])
    token = bearer(expiring(library, number, datetime.now(UTC) + timedelta(seconds=4)))
    assert [asked("GET", "/tracks", shown=secret).status for secret in (access, token)] == [200, 200]
    time.sleep(4.1)
    assert [asked("GET", "/tracks", shown=secret).status for secret in (access, token)] == [401, 401]


def test_credential_is_cached_until_a_change(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = add_people(library, tmp_path / "other.map4")
    with client_of(library, requests_per_minute=0) as client:
        asked, libraries = asking(client), client.app.state.context.libraries  # type: ignore[attr-defined]
        questions, ask_library = list[str](), libraries.ask

        async def counted(work: Any, actor: Any, *, queue: str = "read") -> Any:
            questions.append(queue)
            return await ask_library(work, actor, queue=queue)

        monkeypatch.setattr(type(libraries), "ask", lambda self, *given, **named: counted(*given, **named))
        for who in ("user", "user, token", "user, cookie"):
            for _ in range(3):
                assert asked("GET", "/tracks?limit=1", shown=people.right[who]).status == 200
        in_all = len(questions)
        for _ in range(20):
            assert asked("GET", "/tracks?limit=1", shown=people.right["user"]).status == 200
        assert len(questions) == in_all
        [track] = asked("GET", "/tracks?limit=1", shown=people.right["user"]).json()["ids"]
        assert asked("PUT", f"/tracks/{track}", {"rating": 3}, people.right["user"]).status == 200
        assert asked("GET", "/tracks?limit=1", shown=people.right["user"]).status == 200
        assert len(questions) > in_all


# ---- the header of a proxy -----------------------------------------------------------------------


def test_user_header_counts_only_from_a_trusted_proxy(library: Path) -> None:
    def status_from(client: TestClient, address: str, name: str, **more: str) -> int:
        headers = {"remote-user": name, "content-type": "application/json", **more}
        call = client.portal.call  # type: ignore[union-attr]
        answer: AsgiAnswer = call(lambda: ask(client.app, "GET", f"{API}/auth/session", headers, client=address))
        return answer.status

    proxy, other = "10.1.1.1", "10.1.1.2"
    way = {"proxies": (proxy,), "user_header": "Remote-User", "plain_http": True, "requests_per_minute": 0}
    with client_of(library, **way) as client:
        assert [status_from(client, proxy, "anna"), status_from(client, other, "anna")] == [200, 401]
        assert status_from(client, proxy, "anna", authorization="Bearer wrong") == 401
        assert status_from(client, proxy, "bert") == 403
    with client_of(library, **way, new_accounts="viewer") as client:
        assert [status_from(client, proxy, name) for name in ("bert", "Bert", "a/b")] == [200, 200, 403]
        assert status_from(client, other, "carl") == 401
    with Library.open(library) as opened:
        roles = {account.name: (account.role, account.has_password) for account in opened.accounts.all()}
    assert roles == {"Anna": ("user", True), "bert": ("viewer", False)}
    assert "proxy-account-made" in [action[0] for action in actions(library)]


# ---- how long it takes ---------------------------------------------------------------------------
