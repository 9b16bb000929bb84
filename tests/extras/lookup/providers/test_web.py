"""How requests are sent: keys, forms, tokens, and what a service says of how much it may be asked."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from service_double import Server, Turn, serving

from map4.errors import UsageError
from map4.extras.lookup.provider import NO_ACCESS, Access, Policy, ServiceRequest
from map4.extras.lookup.providers.service import keys_of
from map4.extras.lookup.providers.web import SharedRate, WebClient, checked_url
from map4.extras.shared.service import Fault, Reply

pytestmark = pytest.mark.contract

KEY, SECRET = "k3y-of-nobody", "s3cret-of-nobody"


class Anything:
    """A service that knows one thing."""

    def answer(self, turn: Turn) -> tuple[int, Any]:
        if turn.path == "/token":
            return 200, {"access_token": f"token-{len(turn.server.turns)}", "expires_in": 3600}
        return 200, {"got": "it"}


class Plain:
    """The least that a provider is."""

    name = "plain"

    def __init__(self, access: Access = NO_ACCESS, **policy: Any) -> None:
        self.headers: dict[str, str] = {}
        self.access, self.policy = access, Policy(host="here", interval_s=0.0, **policy)

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        error = answer.get("error") if isinstance(answer, dict) else None
        if error is None:
            return None
        return Fault(kind="rate_limit" if error == "quota" else "answer", message=f"here says {error}")


Ask = Callable[..., Reply[str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Ask a double some questions, one after the other; gives the last reply."""

    def asked(server: Server, provider: Any, *requests: ServiceRequest) -> Reply[str]:
        with closing(WebClient(provider, SharedRate(str(tmp_path), "here", 0.0))) as client:
            for request in requests:
                reply = client.submit({7: request}, 5.0).result(10.0)
        return reply

    return asked


def test_key_is_sent_as_a_parameter_form_field_or_header(ask: Ask) -> None:
    access = Access(secrets=(KEY,), parameters={"api_key": KEY}, headers={"Authorization": f"Discogs token={KEY}"})
    assert KEY not in repr(access)
    with serving(Anything()) as server:
        url = f"{server.url}/ask"
        requests = [
            ServiceRequest(url, (("q", "a b"),)),
            ServiceRequest(url, (("q", "a b"),), method="POST"),
            ServiceRequest(url, (("q", "a b"),), method="POST", body='{"x": 1}'),
        ]
        assert ask(server, Plain(access), *requests).answers == {7: '{"got": "it"}'}
        get, form, body = server.turns
        assert get.query == form.form == body.query == {"q": "a b", "api_key": KEY}
        assert form.query == {}
        assert (json.loads(body.body), body.headers["Content-Type"]) == ({"x": 1}, "application/json")
        assert {turn.headers["Authorization"] for turn in server.turns} == {f"Discogs token={KEY}"}


def test_token_is_requested_once_and_renewed_when_refused(ask: Ask) -> None:
    with serving(Anything()) as server:
        access = Access(secrets=(KEY, SECRET), token_url=f"{server.url}/token")
        provider, request = Plain(access), ServiceRequest(f"{server.url}/ask")
        ask(server, provider, request, request)
        token, *asked = server.turns
        assert token.form == {"grant_type": "client_credentials"}
        assert token.headers["Authorization"].startswith("Basic ")
        assert [turn.headers["Authorization"] for turn in asked] == ["Bearer token-1"] * 2

        def refuse_the_first(turn: Turn) -> None:
            if turn.headers["Authorization"] == "Bearer token-4":
                turn.error(401, "expired token-4")
            else:
                turn.good()

        server.act = refuse_the_first
        assert ask(server, provider, request).fault.kind == "authentication"
        assert ask(server, provider, request).fault is None
        for status, kind in ((401, "authentication"), (400, "authentication"), (503, "server")):
            server.act = lambda turn, status=status: turn.error(status, f"no such client {KEY}")
            fault = ask(server, provider, request).fault
            assert fault.kind == kind
            assert KEY not in fault.message


def test_error_text_refines_the_kind_of_a_status(ask: Ask) -> None:
    with serving(Anything()) as server:
        request = ServiceRequest(f"{server.url}/ask")
        for status, message, kind in (
            (400, "quota", "rate_limit"),
            (403, "quota", "rate_limit"),
            (400, "no", "answer"),
        ):
            server.act = lambda turn, status=status, message=message: turn.error(status, message)
            assert ask(server, Plain(), request).fault.kind == kind
        server.act = lambda turn: turn.error(403, "no")
        assert ask(server, Plain(), request).fault.kind == "authentication"


def test_keys_are_struck_out_or_not_sent_and_large_tokens_refused(ask: Ask) -> None:
    with serving(Anything()) as server:
        server.act = lambda turn: turn.send(200, json.dumps({"got": f"your {KEY}"}).encode())
        reply = ask(server, Plain(Access(secrets=(KEY,))), ServiceRequest(server.url))
        assert reply.answers == {7: '{"got": "your …"}'}
        server.act = lambda turn: turn.error(200, f"bad {KEY}")
        assert ask(server, Plain(Access(secrets=(KEY,))), ServiceRequest(server.url)).fault.message == "here says bad …"
    with serving(Anything(), lambda turn: turn.send(200, b" " * (1 << 20))) as server:
        access = Access(secrets=(KEY, SECRET), token_url=f"{server.url}/token")
        fault = ask(server, Plain(access), ServiceRequest(f"{server.url}/ask")).fault
    assert (fault.kind, fault.message) == ("answer", "here answered with more than 64 kB")
    assert checked_url("http://127.0.0.1:8000/", "some", has_key=True) == "http://127.0.0.1:8000"
    assert checked_url("http://mirror.lan", "some") == "http://mirror.lan"
    with pytest.raises(UsageError, match="unencrypted; use https"):
        checked_url("http://mirror.lan", "some", has_key=True)


def test_exhausted_rate_limit_delays_requests(ask: Ask) -> None:
    provider = Plain(left_header="X-RateLimit-Remaining", reset_header="X-RateLimit-Reset-In")
    with serving(Anything()) as server:
        left = iter(["5", "0", "5"])
        server.act = lambda turn: turn.send(200, b"{}", X_RateLimit_Remaining=next(left), X_RateLimit_Reset_In="0.3")
        began = time.monotonic()
        ask(server, provider, *[ServiceRequest(server.url)] * 3)
        first, second, third = (turn.at - began for turn in server.turns)
        assert second - first < 0.25
        assert 0.3 <= third - second < 1.0


# ---- keys ----------------------------------------------------------------------------------------


def test_a_key_comes_from_the_environment_or_a_working_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    kept = {("map4", "B_KEY"): f"{SECRET}\n"}
    monkeypatch.setattr(keyring, "get_password", lambda service, name: kept.get((service, name)))
    monkeypatch.setenv("A_KEY", KEY)
    assert keys_of("some", ["A_KEY", "B_KEY"], {}, got_at="some.org") == (KEY, SECRET)
    monkeypatch.setenv("MINE", "m")
    monkeypatch.setenv("OTHER", "o")
    assert keys_of("some", ["A_KEY", "B_KEY"], {"token_env": "MINE, OTHER"}, got_at="some.org") == ("m", "o")
    with pytest.raises(UsageError, match="takes the names of 2 variables, as in A_KEY, B_KEY"):
        keys_of("some", ["A_KEY", "B_KEY"], {"token_env": "MINE"}, got_at="some.org")
    with pytest.raises(UsageError) as missing:
        keys_of("some", ["C_KEY"], {}, got_at="some.org")
    assert str(missing.value) == (
        "some needs your own key, from some.org: set C_KEY in the environment, or keep it in the system's keyring: "
        "'keyring set map4 C_KEY'"
    )
    monkeypatch.setenv("A_KEY", "a key\nof two lines")
    with pytest.raises(UsageError, match="A_KEY contains spaces") as strange:
        keys_of("some", ["A_KEY"], {}, got_at="some.org")
    assert "two lines" not in str(strange.value)
    monkeypatch.setattr(keyring, "get_password", Mock(side_effect=RuntimeError("locked")))
    with pytest.raises(UsageError, match="some needs your own key"):
        keys_of("some", ["C_KEY"], {}, got_at="some.org")
