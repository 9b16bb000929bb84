"""Records as answers, and whether a client knows one already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response


def json_response(record: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A record as an answer."""
    return Response(msgspec.json.encode(record), status, headers=dict(headers or {}), media_type="application/json")


def etag_of(data: bytes) -> str:
    """The ETag of what these bytes say."""
    return f'"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'


def knows(request: Request, etag: str) -> bool:
    """Whether the client has the answer of this ETag."""
    return etag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
