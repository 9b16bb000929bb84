"""HTTP/1.1 with timeouts, and stricter than h11."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextlib import suppress
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from map4.server.connections.open_connections import AcceptedConnection, Connections, Stage

MOST_CHUNK_BYTES = 2**31 - 1
"""Larger chunk lengths overflow in some programs, which then read another length (request smuggling)."""
WARNED_EVERY_S = 60.0

_END_OF_HEAD = re.compile(rb"\n\r?\n")
_FORGIVEN = re.compile(rb"(?<!\r)\n|\r\n[ \t]")  # a line without carriage return, or a folded line


class StrictConnection(h11.Connection):
    """Refuses requests that a proxy and this server may parse differently (request smuggling).

    RFC 9112 allows refusing each: 2.2 (bare line feeds), 5.2 (folded lines), 6.1 (two lengths of one body), 7.1
    (overflowing chunk lengths).
    """

    def next_event(self) -> Any:
        if self.their_state is h11.IDLE:
            waiting = self.trailing_data[0]
            if end := _END_OF_HEAD.search(waiting):
                _require_plain(waiting[: end.end()])
        event = super().next_event()
        # h11 has no public access to the chunk length.
        if getattr(getattr(self, "_reader", None), "_bytes_in_chunk", 0) > MOST_CHUNK_BYTES:
            raise h11.RemoteProtocolError("chunk too large")
        return event


def _require_plain(head: bytes) -> None:
    names = {line.partition(b":")[0].strip().lower() for line in head.splitlines()[1:]}
    if _FORGIVEN.search(head) or {b"content-length", b"transfer-encoding"} <= names:
        raise h11.RemoteProtocolError("ambiguous request head")


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a timeout for headers, against slow clients."""

    header_timeout_s = 10.0
    bounded = Connections()
    _connection: AcceptedConnection | None = None
    _too_slow: asyncio.TimerHandle | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = StrictConnection(h11.SERVER, self.config.h11_max_incomplete_event_size or 0)

    def connection_made(self, transport: Any) -> None:
        """Start waiting for the first request."""
        self.app_state = {**self.app_state, "abort": transport.abort}  # for endless responses: request.state.abort
        super().connection_made(transport)
        self._connection = self.bounded.of(transport)
        self._expect_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        is_between = self.cycle is None or self.cycle.response_complete
        if not (is_between and self.conn.trailing_data[0]):
            self._forget()
        elif self._too_slow is None:
            self._expect_headers()
        self._note_stage()

    def on_response_complete(self) -> None:
        """Continue with the next request after a response is sent."""
        super().on_response_complete()
        self._note_stage()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse the request unless a response has begun, and close the connection."""
        if self.cycle is not None:  # cancel the response in progress
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        with suppress(h11.LocalProtocolError):  # if a response has begun, or for HEAD
            super().send_400_response(msg)
        self.transport.close()

    def _note_stage(self) -> None:
        if self._connection is not None:
            self.bounded.enter(self._connection, self._stage())

    def _stage(self) -> Stage:
        if self.transport.get_protocol() is not self:  # upgraded to a WebSocket
            return Stage.BUSY
        if self.cycle is None or self.cycle.response_complete:
            return Stage.HEAD if self.cycle is None or self.conn.trailing_data[0] else Stage.IDLE
        return Stage.BODY if self.conn.their_state is h11.SEND_BODY else Stage.BUSY

    def _expect_headers(self) -> None:
        self._too_slow = self.loop.call_later(self.header_timeout_s, self.transport.close)

    def _forget(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None


class SeldomWarned(logging.Filter):
    """Limits each warning to one a minute, with a count, since any client can cause them."""

    def __init__(self) -> None:
        super().__init__()
        self._warnings: dict[str, tuple[float, int]] = {}  # per warning: muted until, and count

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno != logging.WARNING:
            return True
        now = time.monotonic()
        until, count = self._warnings.get(record.msg, (0.0, 0))
        if now < until:
            self._warnings[record.msg] = until, count + 1
            return False
        self._warnings[record.msg] = now + WARNED_EVERY_S, 0
        if count:
            record.msg, record.args = f"{record.getMessage()} ({count:,} more of these before it)", ()
        return True
