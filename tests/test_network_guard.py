"""The guard that keeps every test off the network is there, in each process, and lets loopback through."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from conftest import Run
from network_guard import LOG

pytestmark = pytest.mark.contract

# Of a block that belongs to nobody (RFC 5737).
ELSEWHERE = "192.0.2.1"

DECODER = f"""
import socket
from map4.core.audio.decode import open_audio as real

def open_audio(path):
    try:
        socket.create_connection(("{ELSEWHERE}", 9), timeout=1)
    except OSError:
        pass  # as a program does that goes on without a network
    return real(path)
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the guard wrote down here; the test itself is not to fail for it."""
    path = tmp_path / "network.log"
    monkeypatch.setenv(LOG, str(path))
    return path


@pytest.mark.parametrize("host", [ELSEWHERE, "2001:db8::1", "example.invalid", "0.0.0.0"])
def test_connections_to_other_machines_are_refused_and_logged(log: Path, host: str) -> None:
    with pytest.raises(PermissionError, match="no test uses a network"):
        socket.create_connection((host, 9), timeout=1)
    assert host in log.read_text()


def test_datagrams_and_public_servers_are_refused(log: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
        with pytest.raises(PermissionError):
            sender.sendto(b"x", (ELSEWHERE, 9))
        with pytest.raises(PermissionError):
            sender.bind(("0.0.0.0", 0))
    assert len(log.read_text().splitlines()) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_and_unix_sockets_are_allowed(log: Path, host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()
    if hasattr(socket, "AF_UNIX"):
        reader, other = socket.socketpair(socket.AF_UNIX)
        reader.close()
        other.close()
    assert not log.exists()


def test_processes_are_guarded_too(log: Path) -> None:
    call = f"import socket; socket.create_connection(('{ELSEWHERE}', 9), 1)"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert (done.returncode, "no test uses a network" in done.stderr, ELSEWHERE in log.read_text()) == (1, True, True)


@pytest.mark.world
def test_workers_are_guarded_too(log: Path, map4: Run, music: Path, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "calling.py").write_text(DECODER)
    path = os.pathsep.join([str(tmp_path / "plugins"), os.environ["PYTHONPATH"]])
    done = map4("scan", music, env={"PYTHONPATH": path, "MAP4_DECODER": "calling:open_audio"})
    assert (done.returncode, ELSEWHERE in log.read_text()) == (0, True)


@pytest.mark.world
def test_test_that_catches_the_refusal_still_fails(tmp_path: Path) -> None:
    swallowed = f"try:\n        socket.create_connection(('{ELSEWHERE}', 9), 1)\n    except OSError:\n        pass\n"
    (tmp_path / "test_calling.py").write_text(f"import socket\n\ndef test_calls():\n    {swallowed}")
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*pytest_here, f"--rootdir={tmp_path}", f"--basetemp={tmp_path / 'base'}", "-c", os.devnull, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, f"used the network: socket.getaddrinfo '{ELSEWHERE}'" in done.stdout) == (1, True)
