"""Compression of responses."""

from __future__ import annotations

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from map4.core.base.machine import usable_cores
from map4.server.answers import Responses
from map4.server.caches import SizedLru
from map4.server.connections.guards import SAFE_METHODS

_LEAST_BYTES = 1000
"""Smaller bodies fit into a packet uncompressed."""
_QUICK_BYTES = 20_000
"""Larger bodies are compressed in a thread, to not delay other requests."""
_LEVEL = 6
_CACHE_BYTES = 16_000_000
_TYPES = ("application/json", "application/problem+json", "application/manifest+json", "image/svg+xml", "text/")


class Compression:
    """Compresses texts, but no compressed formats or endless streams. For one event loop."""

    def __init__(self) -> None:
        self._cache = SizedLru[str, bytes](_CACHE_BYTES)
        self._threads = ThreadPoolExecutor(usable_cores(), "map4-gzip")  # no other call can use them up

    async def apply(self, request: Request, response: Response) -> None:
        """Compress the body of a response, if it has one and the client accepts gzip."""
        body, headers = getattr(response, "body", b""), response.headers
        # Responses with secrets stay uncompressed: their length could reveal the secret (BREACH).
        is_secret = headers.get("cache-control") == Responses.NO_STORE["Cache-Control"]
        if not headers.get("content-type", "").startswith(_TYPES) or len(body) < _LEAST_BYTES or is_secret:
            return
        headers.add_vary_header("Accept-Encoding")
        if response.status_code != 200 or "content-encoding" in headers or not _takes_gzip(request.headers):
            return
        # The ETag of a change is that of the changed track or list, whose GET has another body.
        etag = headers.get("etag") if request.method in SAFE_METHODS else None
        response.body = await self._compressed(etag, body)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(response.body))

    async def _compressed(self, etag: str | None, body: bytes) -> bytes:
        cached = None if etag is None else self._cache.get(etag)
        if cached is not None:
            return cached
        if len(body) < _QUICK_BYTES:
            compressed = _gzipped(body)
        else:
            compressed = await asyncio.get_running_loop().run_in_executor(self._threads, _gzipped, body)
        if etag is not None:
            self._cache.put(etag, compressed)
        return compressed


def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


def _takes_gzip(headers: Headers) -> bool:
    for coding in ",".join(headers.getlist("accept-encoding")).split(","):
        name, _, how = coding.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            weight = how.replace(" ", "").lower()
            return not (weight.startswith("q=0") and not weight.strip("q=.0"))
    return False
