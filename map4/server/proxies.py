"""Client address, scheme and user from trusted proxies; headers of others are ignored."""

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
_FROM_UNKNOWN = "map4.unknown_proxy"
_PORT_AT_END = re.compile(r"(\[[^\]]*\]|[\d.]+)(?::\d+)?")
"""An address with an optional port; IPv6 addresses with a port are in brackets."""
_HIDDEN = re.compile(r"unknown|_[\w.-]+", re.IGNORECASE)  # a client that its proxy does not name (RFC 7239, 6)
_MOST_READ = 256  # cache size of parsed addresses
_THROUGH_PROXY = "this server only answers through its proxy; use the proxy, or start the server with --plain-http"
_TWO_USERS = "the user header occurs twice; the proxy must replace the header sent by clients"


def user_of_proxy(connection: HTTPConnection) -> str | None:
    """The user name sent by a trusted proxy, or None."""
    user: str | None = connection.scope.get(_USER)
    return user


def came_through_unknown_proxy(scope: Scope) -> bool:
    """Whether the request came through an unknown proxy."""
    return bool(scope.get(_FROM_UNKNOWN))


def is_within(text: str, networks: Iterable[str]) -> bool:
    """Whether an address is in one of these networks."""
    address = parsed_address(text)
    return address is not None and any(address in ip_network(network) for network in networks)


class Proxies:
    """The trusted proxies of a server, and its base path."""

    def __init__(self, settings: ServerSettings) -> None:
        self._networks = [ip_network(proxy) for proxy in settings.proxies]
        self._user = (settings.user_header or "").lower().encode()
        self._base = settings.base_path
        self._only_proxied = bool(self._networks) and settings.tls is None and not settings.plain_http

    def as_client_sees(self, scope: Scope) -> Scope:
        """The request with the client's address, scheme and host, and its path without the base path.

        Proxy headers are removed, whoever sent them.
        """
        peer = parsed_address(scope["client"][0]) if scope.get("client") else None
        headers = Headers(scope=scope)
        if not self._trusts(peer):
            if self._only_proxied and not (peer is not None and peer.is_loopback):
                raise HTTPException(403, _THROUGH_PROXY)
            seen = self._made(scope, peer)
            seen[_FROM_UNKNOWN] = len(seen["headers"]) < len(scope["headers"])
            return seen
        users = headers.getlist(self._user.decode()) if self._user else []
        if len(users) > 1:
            raise HTTPException(400, _TWO_USERS)
        seen = self._made(scope, self._client(peer, headers), _last(headers, "x-forwarded-host"))
        scheme = _last(headers, "x-forwarded-proto").lower()
        if scheme in _SCHEMES:
            plain = "http" if scope["type"] == "http" else "ws"
            seen["scheme"] = f"{plain}s" if scheme in _SECURE else plain
        seen[_USER] = (_decoded(users[0]).strip() or None) if users else None
        return seen

    def _made(self, scope: Scope, client: Address | None, host: str = "") -> Scope:
        headers = [(name, value) for name, value in scope["headers"] if not self._is_proxy_header(name)]
        if host:
            headers = [(name, host.encode("latin-1") if name == b"host" else value) for name, value in headers]
        seen: dict[str, Any] = {**scope, "scheme": scope.get("scheme", "http"), "headers": headers, _USER: None}
        if client is not None:
            seen["client"] = (str(client), scope["client"][1])
        base = self._base
        raw = seen.get("raw_path") or seen["path"].encode()
        if base and _is_below(seen["path"], base) and _is_below(raw.decode("latin-1"), base):
            seen |= {"path": seen["path"][len(base) :], "raw_path": raw[len(base) :]}
        return seen

    def _is_proxy_header(self, name: bytes) -> bool:
        return name.startswith(b"x-forwarded-") or name in (b"forwarded", b"x-real-ip", self._user)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def _client(self, peer: Address | None, headers: Headers) -> Address | None:
        """The last address that is not a trusted proxy; clients can forge the ones before it."""
        client = peer
        for part in reversed(_listed(headers, "x-forwarded-for")):
            address = parsed_address(part)
            client = address or client
            if (address and not self._trusts(address)) or _HIDDEN.fullmatch(part.strip().strip('"')):
                return client
        return client

    @staticmethod
    def client_address(connection: HTTPConnection) -> str:
        """The address of the client; empty if the connection has none."""
        return connection.client.host if connection.client else ""

    @staticmethod
    def is_https(connection: HTTPConnection) -> bool:
        """Whether the client's connection is encrypted, as far as known."""
        return connection.scope["scheme"] in _SECURE

    @staticmethod
    def address_of(request: HTTPConnection) -> str:
        """The address of this server, as the client knows it."""
        base: str = request.app.state.context.settings.base_path
        return origin_of(request.scope["scheme"], request.headers["host"]) + base


@lru_cache(_MOST_READ)
def parsed_address(text: str) -> Address | None:
    """Parse an address without its port; IPv4-mapped IPv6 becomes IPv4."""
    stripped = text.strip().strip('"')
    parts = _PORT_AT_END.fullmatch(stripped)
    plain = (parts[1].strip("[]") if parts else stripped).partition("%")[0]
    try:
        ip = ip_address(plain)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _decoded(header: str) -> str:
    """Decode a header as UTF-8, or else as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeDecodeError:
        return header


def _listed(headers: Headers, name: str) -> list[str]:
    """The comma-separated items of a header, including repeated headers."""
    return [part for line in headers.getlist(name) for part in line.split(",")]


def _last(headers: Headers, name: str) -> str:
    """The last item of a header, which comes from the nearest proxy."""
    return next(reversed(_listed(headers, name)), "").strip()


def _is_below(path: str, base: str) -> bool:
    return path == base or path.startswith(f"{base}/")


def origin_of(scheme: str, host: str) -> str:
    """The origin of this server's own pages, as browsers send it."""
    scheme, usual_port = ("https", ":443") if scheme in _SECURE else ("http", ":80")
    return f"{scheme}://{host.lower().removesuffix(usual_port)}"
