"""Runs the application on a socket until it is stopped."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import logging
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Set
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from map4.core.base.declaration import load
from map4.core.base.declarations import declarations
from map4.errors import Map4Error, UsageError
from map4.page.routes import make_ready, read_ahead
from map4.server.app import make_app
from map4.server.check import is_map4
from map4.server.connections.exposure import require_accounts, require_private_way
from map4.server.connections.open_connections import (
    AcceptedConnection,
    Connections,
    Listener,
    Stage,
    connections_within,
    log_accept_error,
    raise_file_limit,
)
from map4.server.log_lines import log_to
from map4.server.settings import ServerSettings
from map4.server.systemd import NO_SYSTEMD, Systemd
from map4.version import __version__

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
                head = waiting[: end.end()]
                names = {line.partition(b":")[0].strip().lower() for line in head.splitlines()[1:]}
                if _FORGIVEN.search(head) or {b"content-length", b"transfer-encoding"} <= names:
                    raise h11.RemoteProtocolError("ambiguous request head")
        event = super().next_event()
        # h11 has no public access to the chunk length.
        if getattr(getattr(self, "_reader", None), "_bytes_in_chunk", 0) > MOST_CHUNK_BYTES:
            raise h11.RemoteProtocolError("chunk too large")
        return event


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


log = logging.getLogger("map4.server")

GRACE_S = 10
"""Seconds for running requests to finish after a stop signal."""
END_S = 2.0
"""Seconds after `GRACE_S` to end the rest; then the process exits."""
_LATE_S = 0.05  # delay in seconds before closing connections accepted during shutdown
AHEAD_S = 3.0
"""Maximum seconds before the first request is accepted, to read what routes share; the rest is read while it serves."""
KEEP_ALIVE_S = 60
"""Seconds; clients that send a request every few seconds keep their connection."""
SWITCH_S = 0.001
_BACKLOG = 2048
_M_ARENA_MAX = -8  # of glibc's malloc.h
_EXIT_SIGNAL = 128
_MOST_HEADER_BYTES = 32_768
_MOST_MESSAGE_BYTES = 65_536


def serve(
    settings: ServerSettings, *, on_start: Callable[[str], object], systemd: Systemd = NO_SYSTEMD, debug: bool = False
) -> None:
    """Serve until SIGINT or SIGTERM; running requests then get `GRACE_S` seconds.

    on_start: called with the address once the server answers
    systemd: receives notifications
    debug: log tracebacks
    """
    most_connections = min(settings.most_connections, connections_within(raise_file_limit()))
    settings = replace(settings, most_connections=most_connections)
    require_private_way(settings)
    require_accounts(settings)
    try:
        listening = listen(settings)  # before making a library
    except Map4Error:
        # A running server of this library is the more precise error.
        if settings.library and os.path.exists(f"{settings.library}.jobs"):
            _require_no_server(settings)
        raise
    # Shorten the switch interval, so that a 1 ms response does not wait 5 ms for a computing thread.
    sys.setswitchinterval(SWITCH_S)
    _share_free_memory()
    logging.getLogger("uvicorn.error").addFilter(_is_a_mistake)
    for logger in ("asyncio", "uvicorn.error", "map4.server.connections.open_connections"):
        logging.getLogger(logger).addFilter(SeldomWarned())
    with listening, log_to(settings.log, settings.log_days, debug=debug), ExitStack() as around:
        for enter in (target for declaration in declarations() for target in declaration.around_server):
            around.enter_context(load(enter)(settings))
        _require_no_server(settings)
        app = make_app(settings)
        app.state.systemd = systemd
        host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
        place = f"{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
        address = f"{'https' if settings.tls else 'http'}://{place}{settings.base_path}"

        def started() -> None:
            log.info("map4 %s started", __version__)
            systemd.notify("READY=1", f"STATUS=answers at {address}")
            on_start(address)

        _Server(app, _config(app, settings, listening.connections), started).run(sockets=[listening])


def _is_a_mistake(record: logging.LogRecord) -> bool:
    """Filter out requests cancelled by a second Ctrl-C or the end of the grace period, and refused WebSockets."""
    is_cancelled = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not is_cancelled and record.msg != "ASGI callable returned without completing handshake."


def listen(settings: ServerSettings) -> Listener:
    """Open the listening socket; done first, to report a port in use early."""
    host = "127.0.0.1" if settings.host == "localhost" else settings.host
    is_ipv6 = ":" in host
    try:
        listening = socket.create_server(
            (host, settings.port),
            family=socket.AF_INET6 if is_ipv6 else socket.AF_INET,
            backlog=_BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OverflowError:
        raise UsageError(f"there is no port {settings.port}; choose one up to 65535") from None
    except OSError as error:
        raise Map4Error(_why_not(error, host, settings.port)) from None
    # Otherwise the second packet waits 40 ms for the client's ACK (Nagle); asyncio sets this only on its own sockets.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Listener(listening, Connections(settings.most_connections, settings.proxies))


def _why_not(error: OSError, host: str, port: int) -> str:
    problem = f"can't be listened on ({os.strerror(error.errno or 0)})"
    if error.errno == errno.EACCES:
        return f"port {port} {problem}; ports below 1024 need root: choose a higher port with --port"
    if error.errno != errno.EADDRINUSE:
        return f"the address {host} {problem}; give --host an address of this machine, or 0.0.0.0 or :: for all"
    who = "map4 serve uses" if is_map4(host, port) else "server may use"
    return f"port {port} {problem}; another {who} it: choose a port with --port, or 0 for any"


def _share_free_memory() -> None:
    """Let all threads allocate in one place: with one for each, glibc keeps 100 MB that are free but fragmented.

    Other C libraries have no such option.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _require_no_server(settings: ServerSettings) -> None:
    with settings.open_library() as library:
        library.jobs.require_no_server()


def _config(app: Starlette, settings: ServerSettings, connections: Connections) -> uvicorn.Config:
    protocol = {"header_timeout_s": settings.header_timeout_s, "bounded": connections}
    config = uvicorn.Config(
        app,
        http=type("Protocol", (PatientProtocol,), protocol),
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        ws_max_size=_MOST_MESSAGE_BYTES,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        backlog=_BACKLOG,
        # Proxy headers are handled only in `map4.server.proxies`.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
    )
    config.load()
    config.ssl = settings.tls.context() if settings.tls else None
    return config


class _Server(uvicorn.Server):
    """A uvicorn server that reports when it has started."""

    def __init__(self, app: Starlette, config: uvicorn.Config, on_start: Callable[[], object]) -> None:
        super().__init__(config)
        self._app, self._on_start, self._is_stopping = app, on_start, False
        self._header_timeout_s = app.state.context.settings.header_timeout_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal, cancel running requests."""
        # Signals may arrive twice at once, or during this function.
        is_again, self._is_stopping = self._is_stopping, True
        last = threading.Timer(END_S if is_again else GRACE_S + END_S, os._exit, (_EXIT_SIGNAL + sig,))
        last.daemon = True  # don't wait for it at exit
        last.start()
        if not is_again:
            super().handle_exit(sig, frame)
            return
        for task in self.server_state.tasks:
            task.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_accept_error)
        if self.config.ssl:  # uvicorn has no option for the TLS handshake timeout
            patient = partial(loop.create_server, ssl_handshake_timeout=self._header_timeout_s)
            loop.create_server = patient  # type: ignore[method-assign]
        # A large library's albums are cached; without that, the first answers wait for them with everything else.
        self._reading_ahead = asyncio.create_task(read_ahead(self._app.state.context))
        await asyncio.wait((self._reading_ahead,), timeout=AHEAD_S)
        await super().startup(sockets)
        if self.started:
            self._making_ready = asyncio.create_task(make_ready(self._app.state.context))
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, and finish the other requests."""
        log.info("map4 stops")
        self._app.state.systemd.notify("STOPPING=1")
        self._app.state.changes.end()
        connections = set(self.server_state.connections)
        # A connection being accepted now is not in this set and would delay the shutdown.
        asyncio.get_running_loop().call_later(_LATE_S, lambda: self._end_others(connections))
        await super().shutdown(sockets)

    def _end_others(self, connections: Set[object]) -> None:
        for connection in self.server_state.connections - connections:
            connection.shutdown()
