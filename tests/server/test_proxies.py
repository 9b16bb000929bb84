"""Who asks behind proxies: those that were named are believed, and of everybody else nothing is."""

from functools import partial
from typing import Any

import pytest
from servers import settings_of
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from map4.server.proxies import Proxies, user_of_proxy
from map4.server.tls import Tls

PROXY, CADDY, STRANGER = "10.0.0.2", "fd00::2", "203.0.113.9"
settings = partial(settings_of, "/nowhere.map4", proxies=(PROXY, CADDY, "172.16.0.0/12"), user_header="Remote-User")  # type: ignore[arg-type]


def seen(
    peer: str | None, *headers: tuple[str, str], path: str = "/x", kind: str = "http", **changes: Any
) -> HTTPConnection:
    """What is made of a request with these headers from an address."""
    scope = {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "scheme": {"http": "http", "websocket": "ws"}[kind],
        "client": peer and (peer, 4000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (("host", "inside:8000"), *headers)],
    }
    return HTTPConnection(Proxies(settings(plain_http=True, **changes)).as_client_sees(scope))


FOR = "X-Forwarded-For"
ADDRESSES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (PROXY, ("192.0.2.1",), "192.0.2.1"),
    (PROXY, ("192.0.2.1:5123",), "192.0.2.1"),
    (PROXY, ("2001:db8::1",), "2001:db8::1"),
    (PROXY, ("[2001:db8::1]",), "2001:db8::1"),
    (PROXY, ('"[2001:DB8::1]:443"',), "2001:db8::1"),
    (PROXY, ("::ffff:192.0.2.1",), "192.0.2.1"),
    (CADDY, ("192.0.2.1",), "192.0.2.1"),
    (f"::ffff:{PROXY}", ("192.0.2.1",), "192.0.2.1"),  # as a socket for both kinds of addresses tells it
    # What stands before the last word is the client's own.
    (PROXY, ("127.0.0.1, 192.0.2.1",), "192.0.2.1"),
    (PROXY, ("127.0.0.1", "192.0.2.1"), "192.0.2.1"),
    (PROXY, ("10.0.0.2, 192.0.2.1",), "192.0.2.1"),
    (PROXY, ("unknown, 192.0.2.1",), "192.0.2.1"),
    # Through several proxies that are trusted.
    (PROXY, ("198.51.100.7, 192.0.2.1, 172.20.0.3",), "192.0.2.1"),
    (PROXY, ("198.51.100.7, 192.0.2.1", "172.20.0.3, fd00::2"), "192.0.2.1"),
    (PROXY, ("172.20.0.3, 172.20.0.4",), "172.20.0.3"),
    # No address: what is known is the proxy that says so.
    (PROXY, (), PROXY),
    (PROXY, ("",), PROXY),
    (PROXY, ("unknown",), PROXY),
    (PROXY, ("192.0.2.1, unknown, 172.20.0.3",), "172.20.0.3"),
    (PROXY, ("192.0.2.1, _hidden",), PROXY),
    (PROXY, ("192.0.2.1.5",), PROXY),
    (PROXY, ("192.0.2.1,",), "192.0.2.1"),
    (PROXY, ("192.0.2.1, junk; --",), "192.0.2.1"),
    (PROXY, ("192.0.2.1, 192.0.2.1.5, 172.20.0.3",), "192.0.2.1"),
    (PROXY, ("192.0.2.1", "unix:"), "192.0.2.1"),
    # Nobody else's word counts.
    (STRANGER, ("127.0.0.1",), STRANGER),
    (STRANGER, (PROXY,), STRANGER),
    ("127.0.0.1", ("192.0.2.1",), "127.0.0.1"),
    (f"::ffff:{STRANGER}", ("127.0.0.1",), STRANGER),
)


def test_client_scheme_host_and_user_come_from_trusted_proxies() -> None:
    for peer, addresses, address in ADDRESSES:
        assert Proxies.client_address(seen(peer, *((FOR, address) for address in addresses))) == address
    headers = (("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "music.example"), ("Remote-User", "ann"))
    found = seen(PROXY, *headers)
    assert (Proxies.is_https(found), found.headers["host"], user_of_proxy(found)) == (True, "music.example", "ann")
    found = seen(PROXY, *headers, kind="websocket")
    assert (found.scope["scheme"], found.headers["host"]) == ("wss", "music.example")
    for stranger in (STRANGER, "127.0.0.1", "testclient", None):
        found = seen(stranger, *headers)
        assert (Proxies.is_https(found), found.headers["host"], user_of_proxy(found)) == (False, "inside:8000", None)
    found = seen(PROXY, ("X-Forwarded-Proto", "http"), ("X-Forwarded-Proto", "gopher, https"),
                 ("X-Forwarded-Host", "evil.example, music.example"))  # fmt: skip
    assert (found.scope["scheme"], found.headers["host"]) == ("https", "music.example")
    assert seen(PROXY, ("X-Forwarded-Proto", "gopher")).scope["scheme"] == "http"


def test_user_header_is_decoded_and_proxy_headers_removed() -> None:
    assert user_of_proxy(seen(PROXY, ("Remote-User", "Zoë"))) == "Zoë"  # in UTF-8
    raw = {"type": "http", "path": "/", "client": (PROXY, 1), "headers": [(b"remote-user", "Zoë".encode("latin-1"))]}
    assert user_of_proxy(HTTPConnection(Proxies(settings(plain_http=True)).as_client_sees(raw))) == "Zoë"
    with pytest.raises(HTTPException, match="the user header occurs twice") as refused:
        seen(PROXY, ("Remote-User", "root"), ("remote-user", "ann"))
    assert refused.value.status_code == 400
    assert user_of_proxy(seen(STRANGER, ("Remote-User", "root"), ("Remote-User", "ann"))) is None
    assert user_of_proxy(seen(PROXY, ("Remote-User", "  "))) is None
    assert user_of_proxy(seen(PROXY, ("Remote-User", "ann"), user_header=None)) is None
    headers = [("Forwarded", "for=1.2.3.4"), ("X-Real-IP", "1.2.3.4"), (FOR, "1.2.3.4"), ("X-Forwarded-Prefix", "/x"),
            ("X-Forwarded-User", "root"), ("Remote-User", "ann"), ("Accept", "*/*")]  # fmt: skip
    for peer in (PROXY, STRANGER):
        assert seen(peer, *headers).headers.keys() == ["host", "accept"]


def test_proxy_can_be_bypassed_only_with_tls_or_plain_http() -> None:
    def send(peer: str, **changes: Any) -> None:
        scope = {"type": "http", "path": "/x", "client": (peer, 4000), "headers": []}
        Proxies(settings(**changes)).as_client_sees(scope)

    with pytest.raises(HTTPException, match="only answers through its proxy"):
        send(STRANGER)
    for peer, changes in ((PROXY, {}), ("127.0.0.1", {}), ("::1", {}), (STRANGER, {"tls": Tls("", "")}),
                          (STRANGER, {"plain_http": True})):  # fmt: skip
        send(peer, **changes)


@pytest.mark.parametrize(
    ("path", "found"),
    [("/map4/api/v1/tracks", "/api/v1/tracks"), ("/map4/", "/"), ("/map4", ""), ("/api/v1/tracks", "/api/v1/tracks"),
     ("/", "/"), ("/map4x", "/map4x"), ("/map4/map4/x", "/map4/x")],
)  # fmt: skip
def test_base_path_is_optional_in_requests(path: str, found: str) -> None:
    scope = seen(PROXY, path=path, base_path="/map4").scope
    assert (scope["path"], scope["raw_path"]) == (found, found.encode())
