"""Run the application on a socket, until it is told to end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable, Set
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from map4.base.declaration import load
from map4.base.declarations import declarations
from map4.errors import Map4Error, UsageError
from map4.page.routes import make_ready
from map4.server.app import make_app
from map4.server.check import is_map4
from map4.server.connections.exposure import require_accounts, require_private_way
from map4.server.connections.open_connections import (
    Connections,
    Listener,
    connections_within,
    log_accept_error,
    raise_file_limit,
)
from map4.server.connections.protocol import PatientProtocol, SeldomWarned
from map4.server.log_lines import log_to
from map4.server.settings import ServerSettings
from map4.server.systemd import NO_SYSTEMD, Systemd
from map4.version import __version__

log = logging.getLogger("map4.server")

GRACE_S = 10
"""What runs when the server is told to end has so long."""
END_S = 2.0
"""After that it ends what runs and closes the rest; then the process is gone, whatever still runs."""
_LATE_S = 0.05
"""So long after the end began, a connection that was accepted meanwhile is ended too."""
KEEP_ALIVE_S = 60
"""Programs that ask every few seconds keep their connection."""
SWITCH_S = 0.001
_BACKLOG = 2048
_EXIT_SIGNAL = 128
_MOST_HEADER_BYTES = 32_768
_MOST_MESSAGE_BYTES = 65_536


def serve(
    settings: ServerSettings,
    *,
    on_start: Callable[[str], object],
    systemd: Systemd = NO_SYSTEMD,
    debug: bool = False,
) -> None:
    """Answer until SIGINT or SIGTERM; what runs then has `GRACE_S` seconds.

    on_start: called with the address, once it answers
    systemd: who wants to hear that it is ready, and lives
    debug: tell mistakes with where in the program they happened
    """
    most_connections = min(settings.most_connections, connections_within(raise_file_limit()))
    settings = replace(settings, most_connections=most_connections)
    require_private_way(settings)
    require_accounts(settings)
    try:
        listening = listen(settings)  # before anything is made
    except Map4Error:
        if settings.library and os.path.exists(f"{settings.library}.jobs"):  # a server of this very library says more
            _require_no_server(settings)
        raise
    # A thread that computes lets the others on after this time: an answer of 1 ms need not wait for five.
    sys.setswitchinterval(SWITCH_S)
    logging.getLogger("uvicorn.error").addFilter(_is_a_mistake)
    for logger in ("uvicorn.error", "map4.server.connections.open_connections"):
        logging.getLogger(logger).addFilter(SeldomWarned())
    with listening, log_to(settings.log, settings.log_days, debug=debug), ExitStack() as around:
        for enter in (target for declaration in declarations() for target in declaration.around_server):
            around.enter_context(load(enter)(settings))
        _require_no_server(settings)
        app = make_app(settings)
        app.state.systemd = systemd
        address = _address_of(settings, listening.getsockname()[1])

        def started() -> None:
            log.info("map4 %s answers", __version__)
            systemd.tell("READY=1", f"STATUS=answers at {address}")
            on_start(address)

        _Server(app, _config(app, settings, listening.connections), started).run(sockets=[listening])


def _address_of(settings: ServerSettings, port: int) -> str:
    """Where a browser of this machine finds it."""
    host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    return f"http{'s' * bool(settings.tls)}://{f'[{host}]' if ':' in host else host}:{port}{settings.base_path}"


def _is_a_mistake(record: logging.LogRecord) -> bool:
    """Not where a second Ctrl-C, or the end of the grace, cut a request off."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def listen(settings: ServerSettings) -> Listener:
    """The socket, so that a port that is taken is told before anything else is done."""
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
    # Else the second packet of an answer waits for the client's word about the first, which takes 40 ms; asyncio sets
    # this by itself only on sockets that it made.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Listener(listening, Connections(settings.most_connections, settings.proxies))


def _why_not(error: OSError, host: str, port: int) -> str:
    said = f"can't be listened on ({os.strerror(error.errno or 0)})"
    if error.errno == errno.EACCES:
        return f"port {port} {said}; ports below 1024 are for root: choose a higher one with --port"
    if error.errno != errno.EADDRINUSE:
        return f"the address {host} {said}; --host is an address of this machine, or 0.0.0.0 or :: for all of them"
    who = "map4 serve has" if is_map4(host, port) else "server may have"
    return f"port {port} {said}; another {who} it: choose one with --port, or 0 for any"


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
        # Who asks is decided in one place, `map4.server.proxies`.
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
    """Says when it has begun to answer."""

    def __init__(self, app: Starlette, config: uvicorn.Config, on_start: Callable[[], object]) -> None:
        super().__init__(config)
        self._app, self._on_start, self._is_told = app, on_start, False
        self._header_timeout_s = app.state.context.settings.header_timeout_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told again, cut off what still runs, and close the rest as always."""
        # Ctrl-C in a terminal may come twice at once, and again within this very function.
        is_again, self._is_told = self._is_told, True
        last = threading.Timer(END_S if is_again else GRACE_S + END_S, os._exit, (_EXIT_SIGNAL + sig,))
        last.daemon = True  # who ends in time does not wait for it
        last.start()
        if not is_again:
            super().handle_exit(sig, frame)
            return
        for task in self.server_state.tasks:
            task.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_accept_error)
        if self.config.ssl:  # uvicorn has no word for who takes long over a handshake
            patient = partial(loop.create_server, ssl_handshake_timeout=self._header_timeout_s)
            loop.create_server = patient  # type: ignore[method-assign]
        await super().startup(sockets)
        if self.started:
            self._making_ready = asyncio.create_task(make_ready(self._app.state.context.answer))
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let who follows jobs go, and finish the other requests."""
        log.info("map4 ends")
        self._app.state.systemd.tell("STOPPING=1")
        self._app.state.changes.end()
        told = set(self.server_state.connections)
        # One that is being accepted just now is not among those that are told; it would be waited for.
        asyncio.get_running_loop().call_later(_LATE_S, lambda: self._end_others(told))
        await super().shutdown(sockets)

    def _end_others(self, told: Set[object]) -> None:
        for connection in self.server_state.connections - told:
            connection.shutdown()
