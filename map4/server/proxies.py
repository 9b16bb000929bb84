"""What a trusted proxy in front says of a connection; nobody else is believed."""

from __future__ import annotations

from starlette.requests import HTTPConnection


def client_address(connection: HTTPConnection) -> str:
    """Where a request comes from."""
    return connection.client.host if connection.client else ""


def is_https(connection: HTTPConnection) -> bool:
    """Whether nobody can listen to the client's connection."""
    return connection.url.scheme in ("https", "wss")


def user_of_proxy(connection: HTTPConnection) -> str | None:
    """Who asks, as the trusted proxy says."""
    return None
