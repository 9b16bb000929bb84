"""More connections than there may be: others are answered all the same, and the log stays short."""

import asyncio
import errno
import logging
import signal
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from certificates import certificate_in, trusting
from started import Start

from map4.server.connections.open_connections import (
    AcceptedConnection,
    Connections,
    Listener,
    Stage,
    connections_within,
    log_accept_error,
)

resource = pytest.importorskip("resource", reason="Windows has no limit of open files")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")

FILES, ATTACKERS = 256, 300
HOST = b"Host: localhost\r\n"
SENT = {
    "nothing": b"",
    "half a head": b"GET /health HTTP/1.1\r\nHost: loc",
    "half a body": b"POST /api/v1/auth/login HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
    + HOST
    + b"\r\n{",
    "a whole request": b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n",
}
MOST_LOGGED, ANSWERED_S = 1_000, 3.0
WAYS = "(ulimit -n, LimitNOFILE=)"


def few_files() -> None:
    """Of the server: its soft limit is below the hard one."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES // 2, FILES))


def attack(port: int, sent: bytes, stack: ExitStack, addresses: int = 1) -> list[socket.socket]:
    """Connections of so many addresses, each of which sends the same."""
    clients = []
    for number in range(ATTACKERS):
        client = stack.enter_context(socket.socket())
        client.settimeout(5)
        client.bind((f"127.0.1.{1 + number % addresses}", 0))
        client.connect(("127.0.0.1", port))
        client.sendall(sent)
        clients.append(client)
    return clients


def health(port: int, source: str, context: ssl.SSLContext | None = None) -> tuple[int, float]:
    """The status for a client of this address, and after how many seconds it came."""
    began = time.monotonic()
    options: dict[str, Any] = {"timeout": 5, "source_address": (source, 0)}
    connection = (
        HTTPConnection("127.0.0.1", port, **options)
        if context is None
        else HTTPSConnection("127.0.0.1", port, context=context, **options)
    )
    with closing(connection):
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status, time.monotonic() - began


def answers(clients: list[socket.socket]) -> Counter[str]:
    """What the clients got by now: a status, or that they were closed."""
    found: Counter[str] = Counter()
    for client in clients:
        client.setblocking(False)
        try:
            found[client.recv(1_000)[9:12].decode() or "closed"] += 1
        except BlockingIOError:
            found["open"] += 1
        except OSError:
            found["closed"] += 1
    return found


def logged(process: Any) -> str:
    """What the server wrote until it ended."""
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    return str(process.stderr.read())


@pytest.mark.contract
@on_linux
@pytest.mark.parametrize(
    ("sent", "addresses"),
    [
        ("half a head", 100),
        pytest.param("half a head", 1, marks=pytest.mark.world),
        *(pytest.param(sent, 100, marks=pytest.mark.world) for sent in SENT),
    ],
)
def test_unfinished_requests_do_not_block_other_clients(start: Start, sent: str, addresses: int) -> None:
    process, port = start(preexec_fn=few_files)
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    [files] = [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open files")]
    assert files == [str(FILES), str(FILES)]
    with ExitStack() as stack:
        clients = attack(port, SENT[sent], stack, addresses)
        for source in ("127.0.0.2", "127.0.1.1", "127.0.0.2"):
            status, took_s = health(port, source)
            assert (status, took_s < ANSWERED_S) == (200, True), took_s
        assert answers(clients)["open"] <= 80
    assert health(port, "127.0.1.1")[0] == 200
    log = logged(process)
    assert "more than 80 connections, or 20 from one address" in log
    assert "Traceback" not in log
    assert len(log) < MOST_LOGGED


@pytest.mark.world
@on_linux
def test_unfinished_handshakes_do_not_block_other_clients(start: Start, tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    process, port = start("--cert", cert, "--key", key, preexec_fn=few_files)
    context = trusting(cert)
    with ExitStack() as stack:
        attack(port, b"\x16\x03\x01", stack)
        for source in ("127.0.0.2", "127.0.1.1"):
            status, took_s = health(port, source, context)
            assert (status, took_s < ANSWERED_S) == (200, True), took_s
    assert len(logged(process)) < MOST_LOGGED


# ---- which is closed first -----------------------------------------------------------------------


class Clients:
    """Connections of made-up addresses; `gone` says which were closed."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.pairs: dict[str, tuple[AcceptedConnection | None, socket.socket]] = {}

    def add(self, name: str, host: str = "192.0.2.1", stage: Stage = Stage.HEAD) -> AcceptedConnection | None:
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        connection = self.connections.add(ours, host)
        self.pairs[name] = connection, theirs
        if connection is not None:
            self.connections.enter(connection, stage)
        return connection

    def gone(self) -> list[str]:
        """Since the last look, whose connections the server closed; the event loop has closed their sockets now."""
        found = []
        for name, (connection, theirs) in list(self.pairs.items()):
            try:
                assert theirs.recv(1) == b""
            except BlockingIOError:
                continue
            except ConnectionResetError:
                pass
            found.append(name)
            del self.pairs[name]
            theirs.close()
            if connection is not None:
                connection.close()
        return found


@pytest.fixture
def clients_of() -> Iterator[Callable[..., Clients]]:
    made: list[Clients] = []

    def clients(most: int, *proxies: str) -> Clients:
        made.append(Clients(Connections(most, proxies)))
        return made[-1]

    yield clients
    for client in made:
        for connection, theirs in client.pairs.values():
            theirs.close()
            if connection is not None:
                connection.close()


def test_longest_idle_connection_is_closed_first_and_active_ones_never(clients_of: Callable[..., Clients]) -> None:
    clients = clients_of(8, "192.0.2.0/24")
    stages = (Stage.BUSY, Stage.BODY, Stage.IDLE, Stage.HEAD, Stage.HEAD, Stage.IDLE, Stage.BODY)
    for number, stage in enumerate(stages):
        clients.add(f"{number}", stage=stage)
    assert clients.gone() == []
    in_turn = []
    for number in range(6):
        clients.add(f"new {number}", stage=Stage.BUSY)
        in_turn += clients.gone()
    assert in_turn == ["3", "4", "2", "5", "1", "6"]
    assert clients.add("one too many") is None
    assert clients.gone() == ["one too many"]
    assert clients.add("of an address with none", "192.0.2.2", Stage.BUSY) is not None
    assert clients.add("of another", "192.0.2.3", Stage.BUSY) is None
    assert clients.gone() == ["of another"]
    waits, _ = clients.pairs["0"]
    assert waits is not None
    clients.connections.enter(waits, Stage.IDLE)
    assert clients.add("in its place", stage=Stage.BUSY) is not None
    assert clients.gone() == ["0"]


def test_address_gets_a_quarter_of_connections_and_a_trusted_proxy_all(clients_of: Callable[..., Clients]) -> None:
    clients = clients_of(40, "198.51.100.0/24")
    for number in range(10):
        clients.add(f"busy {number}", "2001:db8::1", Stage.BUSY)
    assert clients.add("of the same network", "2001:db8::2") is None
    for number in range(25):
        clients.add(f"proxy {number}", "198.51.100.7", Stage.IDLE)
    assert clients.gone() == ["of the same network"]
    clients.add("another", "198.51.100.7")
    assert clients.gone() == ["proxy 0"]


def test_connections_with_unread_data_are_closed_last(clients_of: Callable[..., Clients]) -> None:
    clients = clients_of(8, "192.0.2.0/24")
    for number in range(7):
        clients.add(f"{number}")
    for name in ("0", "2"):
        connection, theirs = clients.pairs[name]
        connection.is_read = False  # accepted a moment ago
        theirs.send(b"GET")
    connection, _ = clients.pairs["2"]
    assert connection is not None
    clients.connections.enter(connection, Stage.HEAD)
    in_turn = []
    for number in range(3):
        clients.add(f"new {number}")
        in_turn += clients.gone()
    assert in_turn == ["1", "2", "3"]


def test_number_of_connections_follows_the_limit_of_files() -> None:
    cases = [(None, 2_000), (1_048_576, 2_000), (1024, 464), (256, 80), (100, 16), (20, 16)]
    assert [(files, connections_within(files)) for files, _ in cases] == cases


@pytest.mark.contract
def test_missing_descriptor_is_logged_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    tried = []

    def refuse(self: socket.socket) -> Any:
        tried.append(self)
        raise OSError(errno.EMFILE, "Too many open files")

    async def serve(listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(log_accept_error)
        server = await loop.create_server(asyncio.Protocol, sock=listener, backlog=2_048)
        with socket.create_connection(listener.getsockname()):
            await asyncio.sleep(0.2)
        loop.call_exception_handler({"message": "another error"})
        server.close()

    with Listener(socket.create_server(("127.0.0.1", 0)), Connections()) as listener:
        monkeypatch.setattr(socket.socket, "accept", refuse)
        asyncio.run(serve(listener))
    assert len(tried) == 1
    assert [(record.name, record.levelno, record.getMessage()) for record in caplog.records] == [
        ("map4.server.connections.open_connections", logging.WARNING,
         f"no connection can be accepted (Too many open files); raise the limit of open files {WAYS}"),
        ("asyncio", logging.ERROR, "another error"),
    ]  # fmt: skip
