"""Health checks in a line, and what systemd hears."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from certificates import certificate_in
from click.testing import CliRunner
from conftest import Run
from service_double import serving
from started import Start

from map4.cli.main import cli
from map4.server.check import check
from map4.server.systemd import Systemd

pytestmark = pytest.mark.contract


@pytest.mark.world
def test_check_reports_whether_the_server_is_healthy(start: Start, map4: Run, tmp_path: Path) -> None:
    _, port = start()
    done = map4("serve", "--check", "--port", str(port))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"map4 serve answers on port {port} of 127.0.0.1, and its library can be read\n"
    (tmp_path / "library.map4").write_bytes(b"no library at all" * 999)
    done = map4("serve", "--check", "--host", "0.0.0.0", "--port", str(port))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == f"map4 serve answers on port {port} of 127.0.0.1, but its library can't be read\n"


@pytest.mark.world
def test_check_reports_a_tls_server_as_healthy(start: Start, tmp_path: Path) -> None:
    cert, key = certificate_in(tmp_path)
    _, port = start("--cert", cert, "--key", key)
    assert check("127.0.0.1", port).is_well


def test_silent_missing_or_foreign_server_is_unhealthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        silent = check("127.0.0.1", port, timeout_s=0.1)
    assert not silent.is_well
    assert silent.message == f"no map4 serve answers on port {port} of 127.0.0.1: no answer in time"
    done = CliRunner().invoke(cli, ["serve", "--check", "--port", str(port)])
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout == f"no map4 serve answers on port {port} of 127.0.0.1: Connection refused\n"
    with serving(None, lambda turn: turn.send(200, b'{"status": "UP", "groups": []}')) as other:
        found = check("127.0.0.1", int(other.url.rpartition(":")[2]))
    assert not found.is_well
    assert found.message.endswith(": no map4 answers there")


needs_datagrams = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there is no systemd here")


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind("\0" + address[1:] if address.startswith("@") else address)
        found.settimeout(20)
        yield found


@pytest.mark.world
@needs_datagrams
def test_systemd_is_notified_of_start_life_and_stop(start: Start, tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with listening(address) as systemd:
        process, port = start(env={"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "300000"})
        messages = [systemd.recv(1000).decode() for _ in range(5)]
        assert f"READY=1\nSTATUS=answers at http://localhost:{port}" in messages
        assert messages.count("WATCHDOG=1") == 4
        process.send_signal(signal.SIGSTOP)  # it hangs
        time.sleep(0.1)
        systemd.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                systemd.recv(1000)
        time.sleep(0.4)
        with pytest.raises(BlockingIOError):
            systemd.recv(1000)
        systemd.settimeout(20)
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        while systemd.recv(1000) != b"STOPPING=1":
            pass
        assert process.wait(20) == 143


@needs_datagrams
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such names are Linux's")
def test_abstract_notify_socket_is_notified() -> None:
    environment = {
        "NOTIFY_SOCKET": f"@map4-{os.getpid()}",
        "WATCHDOG_USEC": "5000000",
        "WATCHDOG_PID": str(os.getpid()),
    }
    with listening(environment["NOTIFY_SOCKET"]) as heard:
        systemd = Systemd.of(environment)
        systemd.notify("READY=1", "STATUS=x")
        assert heard.recv(100) == b"READY=1\nSTATUS=x"
    assert (systemd.watchdog_s, environment) == (5.0, {})
    systemd.notify("READY=1")  # nobody is there any more


@pytest.mark.parametrize("message", [{}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "0"},
                                  {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "1"}])  # fmt: skip
def test_missing_systemd_disables_notifications(message: dict[str, str]) -> None:
    systemd = Systemd.of(message)
    assert systemd == Systemd()
    systemd.notify("READY=1")
