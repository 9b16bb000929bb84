"""Limits open connections by the limit of open files, and closes idle connections first."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from enum import IntEnum
from typing import Any

from map4.server.limits import LogInLimits
from map4.server.proxies import is_within
from map4.server.settings import MOST_CONNECTIONS

log = logging.getLogger("map4.server.connections.open_connections")

_OTHER_FILES = 96  # open files not used by requests: library, processes, workers and logs (35 measured without a job)
_FILES_PER_CONNECTION = 2  # the socket and the file being sent
_FEWEST_CONNECTIONS, _FEWEST_OF_ADDRESS = 16, 8
_ACCEPTED_AT_ONCE, _SHARE_AT_ONCE = 16, 16
"""Per turn of the event loop, accept at most a sixteenth of all; their data is read three turns later."""
_NO_FILES_S = 0.5
_OPEN_MAX = 10_240  # macOS refuses a higher soft limit, though its hard limit is infinite
_OUT_OF_FILES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def raise_file_limit() -> int | None:
    """Raise the soft limit of open files to the hard limit; return the new limit, or None if unlimited."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        for limit in (hard, max(soft, _OPEN_MAX)):
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
                break
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def connections_within(file_limit: int | None) -> int:
    """Return how many connections fit into a limit of open files."""
    if file_limit is None:
        return MOST_CONNECTIONS
    fitting = (file_limit - _OTHER_FILES) // _FILES_PER_CONNECTION
    return max(_FEWEST_CONNECTIONS, min(MOST_CONNECTIONS, fitting))


class Stage(IntEnum):
    """What a connection waits for. If there are too many, the longest waiting is closed, stage by stage."""

    HEAD = 0  # the client, to send a whole request head
    IDLE = 1  # the client, to send another request
    BODY = 2  # the client, to send the body
    BUSY = 3  # the server: these stay open


class AcceptedConnection(socket.socket):
    """An accepted connection, counted until its socket is closed."""

    def __init__(self, connections: Connections, accepted: socket.socket, address: str) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self._connections = connections
        self.address, self.number, self.stage, self.is_read = address, self.fileno(), Stage.HEAD, False
        self.transport: Any = None

    def waits(self) -> bool:
        """Whether there is no unread data from its client."""
        if self.is_read:
            return True
        try:
            return not self.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return True

    def close(self) -> None:
        """Close the socket and free its place."""
        self._connections.remove(self)
        super().close()

    def abort(self) -> None:
        """Close it immediately, discarding unsent data."""
        if self.transport is not None:
            self.transport.abort()
        else:  # in a TLS handshake, or just accepted
            with suppress(OSError):
                self.shutdown(socket.SHUT_RDWR)


class Connections:
    """The open connections of a server. For one event loop.

    most: maximum number; an address gets at most a quarter, and the last eighth is for addresses without connections
    proxies: addresses and networks without a limit of their own
    """

    def __init__(self, most: int = MOST_CONNECTIONS, proxies: Iterable[str] = ()) -> None:
        self._most, self._most_of_address = most, max(_FEWEST_OF_ADDRESS, most // 4)
        self._most_of_known = most - most // 8
        self.at_once = min(_ACCEPTED_AT_ONCE, max(1, most // _SHARE_AT_ONCE))
        self._proxies = tuple(proxies)
        self._open: dict[int, AcceptedConnection] = {}
        self._closing: set[AcceptedConnection] = set()
        self._of_address: Counter[str] = Counter()
        self._stages: dict[Stage, dict[AcceptedConnection, None]] = {stage: {} for stage in Stage}

    def add(self, accepted: socket.socket, host: str) -> AcceptedConnection | None:
        """Count an accepted socket; if there are too many, close one that waits for its client.

        returns: None if none waits; the socket is then closed
        """
        address = LogInLimits.network_of(host)
        if self._of_address[address] >= self._most_of_address and not is_within(host, self._proxies):
            has_room = self.close_longest_waiting(address)
        else:
            most = self._most_of_known if address in self._of_address else self._most
            has_room = len(self._open) - len(self._closing) < most or self.close_longest_waiting()
        if not has_room:
            accepted.close()
            self._warn()
            return None
        connection = AcceptedConnection(self, accepted, address)
        self._open[connection.number] = connection
        self._of_address[address] += 1
        self._stages[connection.stage][connection] = None
        return connection

    def close_longest_waiting(self, address: str | None = None) -> bool:
        """Close the connection (of an address) that waited longest for its client; return False if none waits."""
        for stage in (Stage.HEAD, Stage.IDLE, Stage.BODY):
            for connection in self._stages[stage]:
                if address in (None, connection.address) and connection.waits():
                    self._forget(connection)
                    self._closing.add(connection)
                    connection.abort()
                    self._warn()
                    return True
        return False

    def remove(self, connection: AcceptedConnection) -> None:
        """Free the place of a connection whose socket closes."""
        if self._open.get(connection.number) is connection:
            del self._open[connection.number]
            if connection in self._closing:
                self._closing.remove(connection)
            else:
                self._forget(connection)

    def of(self, transport: Any) -> AcceptedConnection | None:
        """Attach a transport to its connection and return it; None if it was not accepted here."""
        bare = transport.get_extra_info("socket")
        connection = None if bare is None else self._open.get(bare.fileno())
        if connection is not None:
            connection.transport = transport
        return connection

    def enter(self, connection: AcceptedConnection, stage: Stage) -> None:
        """Record the stage of a connection after its data was read."""
        connection.is_read = True
        if connection.stage is not stage and connection not in self._closing:
            del self._stages[connection.stage][connection]
            connection.stage = stage
            self._stages[stage][connection] = None

    def _forget(self, connection: AcceptedConnection) -> None:
        del self._stages[connection.stage][connection]
        self._of_address[connection.address] -= 1
        if not self._of_address[connection.address]:
            del self._of_address[connection.address]

    def _warn(self) -> None:
        log.warning(
            "more than %d connections, or %d from one address: closed those that waited longest for their client; "
            "raise the limit of open files (ulimit -n, LimitNOFILE=) to allow up to %d",
            self._most,
            self._most_of_address,
            MOST_CONNECTIONS,
        )


class Listener(socket.socket):
    """A listening socket that accepts connections within the limits."""

    def __init__(self, bound: socket.socket, connections: Connections) -> None:
        super().__init__(bound.family, bound.type, bound.proto, fileno=bound.detach())
        self.connections = connections
        self._left, self._waits_until = connections.at_once, 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection within the limits."""
        while self._left and time.monotonic() >= self._waits_until:
            if self._left == self.connections.at_once:
                asyncio.get_running_loop().call_soon(self._begin_turn)
            self._left -= 1
            try:
                accepted, peer = super().accept()
            except OSError as error:
                if error.errno in _OUT_OF_FILES:  # asyncio retries in a tight loop before it waits a second
                    self._waits_until = time.monotonic() + _NO_FILES_S
                    self.connections.close_longest_waiting()
                raise
            if (connection := self.connections.add(accepted, peer[0])) is not None:
                return connection, peer
        raise BlockingIOError(errno.EAGAIN, "nothing to accept now")

    def _begin_turn(self) -> None:
        self._left = self.connections.at_once


def log_accept_error(loop: Any, context: dict[str, Any]) -> None:
    """Exception handler of the event loop: logs one line if there are too many open files."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in _OUT_OF_FILES and "accept" in context.get("message", ""):
        log.warning("no connection can be accepted (%s); raise the limit of open files (ulimit -n, LimitNOFILE=)",
                    error.strerror)  # fmt: skip
    else:
        loop.default_exception_handler(context)
