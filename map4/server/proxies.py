"""Who asks, as far as a connection tells: what trusted proxies say of it counts, and of nobody else a word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Scope

from map4.server.settings import ServerSettings

Address = IPv4Address | IPv6Address

_SECURE = frozenset({"https", "wss"})
_SCHEMES = {"http", "https", "ws", "wss"}
_USER = "map4.user"
_UNTOLD = "map4.untold"
_PORT_AT_END = re.compile(r"(\[[^\]]*\]|[\d.]+)(?::\d+)?")
"""Some proxies add the port, and put an address with colons into brackets for it."""
_MOST_READ = 256
"""Addresses that are read once: most requests come from few."""
_THROUGH_PROXY = "this server answers through its proxy alone; ask there, or start it with --plain-http"
_TWO_USERS = "two headers say who asks; the proxy must replace the one that a client sends"


def client_address(connection: HTTPConnection) -> str:
    """The address of who asks; empty where the connection has none."""
    return connection.client.host if connection.client else ""


def is_https(connection: HTTPConnection) -> bool:
    """Whether who asks reads the answer encrypted, as far as the way here is known."""
    return connection.scope["scheme"] in _SECURE


def user_of_proxy(connection: HTTPConnection) -> str | None:
    """The name that a trusted proxy gives who asks."""
    found: str | None = connection.scope.get(_USER)
    return found


def came_by_untold_proxy(scope: Scope) -> bool:
    """Whether something handed a request on of which the server was not told."""
    return bool(scope.get(_UNTOLD))


def is_within(text: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of these networks."""
    address = _address(text)
    return address is not None and any(address in ip_network(one) for one in networks)


class Proxies:
    """The proxies that a server trusts, and what of an address was put before it for them."""

    def __init__(self, settings: ServerSettings) -> None:
        self._networks = [ip_network(one) for one in settings.proxies]
        self._user = (settings.user_header or "").lower().encode()
        self._base = settings.base_path
        self._is_alone = bool(self._networks) and settings.tls is None and not settings.plain_http

    def as_client_sees(self, scope: Scope) -> Scope:
        """A request with the address, scheme and host as the client knows them, and its path without the base path.

        Headers by which proxies speak are gone, whoever sent them.
        raises HTTPException: where nobody can tell who asks, or it came past the proxy unencrypted
        """
        peer = _address(scope["client"][0]) if scope.get("client") else None
        headers = Headers(scope=scope)
        if not self._trusts(peer):
            if self._is_alone and not (peer is not None and peer.is_loopback):
                raise HTTPException(403, _THROUGH_PROXY)
            made = self._made(scope, peer)
            made[_UNTOLD] = len(made["headers"]) < len(scope["headers"])
            return made
        users = headers.getlist(self._user.decode()) if self._user else []
        if len(users) > 1:
            raise HTTPException(400, _TWO_USERS)
        found = self._made(scope, self._client(peer, headers), _last(headers, "x-forwarded-host"))
        scheme = _last(headers, "x-forwarded-proto").lower()
        if scheme in _SCHEMES:
            plain = "http" if scope["type"] == "http" else "ws"
            found["scheme"] = f"{plain}s" if scheme in _SECURE else plain
        found[_USER] = (_in_letters(users[0]).strip() or None) if users else None
        return found

    def _made(self, scope: Scope, client: Address | None, host: str = "") -> Scope:
        kept = [(name, value) for name, value in scope["headers"] if not self._is_said_by_proxies(name)]
        if host:
            kept = [(name, host.encode("latin-1") if name == b"host" else value) for name, value in kept]
        found: dict[str, Any] = {**scope, "scheme": scope.get("scheme", "http"), "headers": kept, _USER: None}
        if client is not None:
            found["client"] = (str(client), scope["client"][1])
        base = self._base
        raw = found.get("raw_path") or found["path"].encode()
        if base and _is_below(found["path"], base) and _is_below(raw.decode("latin-1"), base):
            found |= {"path": found["path"][len(base) :], "raw_path": raw[len(base) :]}
        return found

    def _is_said_by_proxies(self, name: bytes) -> bool:
        return name.startswith(b"x-forwarded-") or name in (b"forwarded", b"x-real-ip", self._user)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def _client(self, peer: Address | None, headers: Headers) -> Address | None:
        """The last address that no trusted proxy has: what stands before it, whoever asks may have written."""
        client = peer
        for one in reversed(_listed(headers, "x-forwarded-for")):
            found = _address(one)
            if found is None:  # "unknown", or no address: the proxy that said so is all that is known
                return client
            client = found
            if not self._trusts(found):
                return client
        return client


@lru_cache(_MOST_READ)
def _address(text: str) -> Address | None:
    """An address without its port; one of IPv4 in IPv6's clothes is that of IPv4."""
    said = text.strip().strip('"')
    parts = _PORT_AT_END.fullmatch(said)
    plain = (parts[1].strip("[]") if parts else said).partition("%")[0]
    try:
        found = ip_address(plain)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _in_letters(header: str) -> str:
    """A header as its proxy meant it: what is no UTF-8 is Latin-1, as HTTP once had it."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def _listed(headers: Headers, name: str) -> list[str]:
    """What a header lists, also where it comes several times."""
    return [one for line in headers.getlist(name) for one in line.split(",")]


def _last(headers: Headers, name: str) -> str:
    """What the nearest proxy said; what stands before it may come from anybody."""
    return next(reversed(_listed(headers, name)), "").strip()


def _is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")


def origin_of(scheme: str, host: str) -> str:
    """The origin of this server's own pages, as browsers write it."""
    is_secure = scheme in _SECURE
    return f"http{'s' * is_secure}://{host.lower().removesuffix(':443' if is_secure else ':80')}"
