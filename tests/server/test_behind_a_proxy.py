"""A server behind a proxy, and one that others reach: whose pages are its own, under which name, below which path."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from libraries import file_id
from servers import client_of
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from map4.core.base.actor import Actor
from map4.library import Library

API = "/api/v1"
PROXY = "10.0.0.2"
OUTSIDE = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost:8443"}
OWN = "https://localhost:8443"


async def _local(connection: HTTPConnection) -> Actor:
    return Actor.LOCAL


@pytest.fixture
def behind(made: Path) -> Iterator[TestClient]:
    """A client by way of a proxy that takes nothing off the path."""
    with client_of(
        made, actor_of=_local, proxies=(PROXY,), base_path="/map4", client=(PROXY, 4000), base_url="http://inside:8000"
    ) as client:
        client.headers.update(OUTSIDE)
        yield client


@pytest.mark.parametrize("left", ["/map4", ""], ids=["left there", "taken off"])
def test_addresses_in_answers_have_the_base_path(behind: TestClient, left: str) -> None:
    asked = partial(behind.request, follow_redirects=False)
    assert asked("GET", "/map4").headers["location"] == "/map4/"
    assert asked("GET", "/map4?x=1").headers["location"] == "/map4/?x=1"
    assert asked("GET", f"{left}/api/search?q=x").headers["location"] == "/map4/api/v1/search?q=x"
    made = asked("POST", f"{left}{API}/lists", json={"name": "One", "tracks": [file_id(1)]})
    assert re.fullmatch(r"/map4/api/v1/lists/l-\w+", made.headers["location"])
    assert asked("GET", made.headers["location"]).status_code == 200
    assert asked("GET", f"{left}{API}/openapi.json").json()["servers"] == [{"url": "/map4"}]
    assert asked("GET", f"{left}/rest/ping", params={"f": "json"}).json()["subsonic-response"]["status"] == "ok"
    page = asked("GET", f"{left}/").text
    links = [link.replace("&amp;", "&") for link in re.findall(r'(?:href|src)="([^"#]+)"', page)]
    assert len(links) > 2
    for link in links:
        address = urljoin("http://inside:8000/map4/", link)
        assert (address[:24], asked("GET", address).status_code) == ("http://inside:8000/map4/", 200), link


def test_own_origin_has_the_scheme_and_host_of_the_proxy(behind: TestClient) -> None:
    lists = f"/map4{API}/lists"
    for origin, status in ((OWN, 201), ("http://localhost:8443", 403), ("https://localhost", 403),
                           ("http://inside:8000", 403)):  # fmt: skip
        made = behind.post(lists, json={"name": f"of {status}", "tracks": []}, headers={"Origin": origin})
        assert made.status_code == status
    assert "X-Forwarded-Proto" in made.json()["hint"]
    star = partial(behind.get, "/map4/rest/star", params={"id": file_id(1), "f": "json"})
    assert star(headers={"Referer": f"{OWN}/map4/"}).json()["subsonic-response"]["status"] == "ok"
    assert star(headers={"Referer": "https://localhost/map4/"}).status_code == 403
    audio = behind.get(f"/map4{API}/tracks/{file_id(1)}/audio", headers={"Origin": "https://evil.example"})
    assert audio.status_code == 403


def test_websocket_works_below_the_base_path_for_its_own_origin(behind: TestClient) -> None:
    address = f"ws://inside:8000/map4{API}/ws/progress/j-0"
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        behind.websocket_connect(address, headers={**OUTSIDE, "Origin": "https://evil.example"}),
    ):
        pass
    assert refused.value.reason == "refused"
    with behind.websocket_connect(address, headers={**OUTSIDE, "Origin": OWN}) as socket:
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert "j-0" in ended.value.reason


def _outside(library: Path, **changes: Any) -> AbstractContextManager[TestClient]:
    return client_of(library, base_url="http://music.example", client=("192.0.2.1", 4000), **changes)


def test_any_host_name_is_answered_only_with_accounts(made: Path) -> None:
    with Library.open(made) as library, _outside(made, host="0.0.0.0", plain_http=True) as client:
        assert client.get("/health").status_code == 421
        ann = library.accounts.add("ann", password="correct horse")
        assert client.get("/health").status_code == 200
        assert client.get(f"{API}/lists").status_code == 401
        for host in ("", "music.example/x", "a@music.example", "music.example:x", "music example", "[::1", "müsic"):
            assert client.get("/health", headers={"Host": host.encode()}).status_code == 421, host
        assert client.get("/health", headers={"Origin": "https://music.example"}).status_code == 403
        # Nobody is let in again by it that the last account goes.
        library.accounts.remove(ann.number)
        assert client.get("/health").status_code == 421
        assert client.get("/health", headers={"Host": "localhost"}).status_code == 200
        assert client.get(f"{API}/lists", headers={"Host": "localhost"}).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP"])
def test_server_without_accounts_refuses_requests_through_an_unknown_proxy(made: Path, header: str) -> None:
    """One that rewrites `Host` would else let everybody be the owner of this machine."""
    with Library.open(made) as library, client_of(made, client=("127.0.0.1", 4000)) as client:
        refused = client.get(f"{API}/lists", headers={header: "203.0.113.9"})
        assert (refused.status_code, refused.json()["hint"][:15]) == (403, "make an account")
        assert client.get(f"{API}/lists").status_code == 200
        library.accounts.add("ann")
        assert client.get("/health", headers={header: "203.0.113.9"}).status_code == 200


def test_requests_that_bypass_the_proxy_are_refused(made: Path) -> None:
    with _outside(made, proxies=(PROXY,)) as client:
        gone = client.get("/health", headers={"Host": "localhost"})
        assert (gone.status_code, gone.json()["hint"]) == (403, "use the proxy, or start the server with --plain-http")
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"ws://localhost{API}/ws/progress/j-0"):
            pass
    with client_of(made, proxies=(PROXY,), client=("127.0.0.1", 4000)) as client:
        assert client.get("/health").status_code == 200
        assert client.get(f"{API}/lists").status_code == 401  # with a proxy, this machine is not trusted blindly
