"""Requests put straight to an application, without a client between: thousands in a second."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope

HOST = "localhost:8000"


@dataclass(frozen=True, slots=True)
class AsgiAnswer:
    """What came back: of a WebSocket 101 once it was accepted, and all that was sent until it closed."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    app: ASGIApp,
    method: str,
    address: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    client: str = "127.0.0.1",
    stays: bool = True,
) -> AsgiAnswer:
    """The whole answer to a request; `WS` begins a WebSocket, which only listens.

    stays: whether the client waits for the answer
    """
    path, _, query = address.partition("?")
    is_socket = method == "WS"
    given = {"host": HOST, **({"content-length": str(len(body))} if body else {}), **(headers or {})}
    scope: Scope = {
        "type": "websocket" if is_socket else "http", "asgi": {"version": "3.0"}, "http_version": "1.1",
        "scheme": "ws" if is_socket else "http", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "client": (client, 50000), "server": ("127.0.0.1", 8000),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in given.items()],
        "state": {},
        **({"subprotocols": [], "extensions": {"websocket.http.response": {}}} if is_socket else {"method": method}),
    }  # fmt: skip
    first: list[Message] = [{"type": "websocket.connect"} if is_socket else {"type": "http.request", "body": body}]
    sent: list[Message] = []

    async def receive() -> Message:
        if first:
            return first.pop()
        if stays:
            await asyncio.Event().wait()  # it says nothing more
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = sent[0]
    if start["type"] in ("websocket.accept", "websocket.close"):
        text = b"".join(message.get("text", "").encode() for message in sent[1:])
        return AsgiAnswer(101 if start["type"] == "websocket.accept" else 403, Headers(), text)
    parts = b"".join(message.get("body", b"") for message in sent[1:])
    return AsgiAnswer(start["status"], Headers(raw=start.get("headers", [])), parts)
