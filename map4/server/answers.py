"""Records as answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response


def json_response(record: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A record as an answer."""
    return Response(msgspec.json.encode(record), status, headers=dict(headers or {}), media_type="application/json")
