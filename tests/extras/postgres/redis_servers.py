"""A Redis of a test's own, which can be killed and started again."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(PROGRAM is None, reason="needs redis-server, which is not installed")
PASSWORD = "a-password-of-redis"


class RedisServer:
    """Listens on a socket in a folder, and keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "redis.sock"
        self.address = f"unix://{self._path}?password={PASSWORD}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert PROGRAM is not None
        options = ["--port", "0", "--unixsocket", str(self._path), "--requirepass", PASSWORD, "--save", ""]
        self._process = subprocess.Popen([PROGRAM, *options], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 10
        with socket.socket(socket.AF_UNIX) as asking:
            while time.monotonic() < until:
                with suppress(OSError):
                    asking.connect(str(self._path))
                    return
                time.sleep(0.005)
        raise RuntimeError("redis-server does not answer")

    def signal(self, number: int) -> None:
        """Send it a signal; one that ends it is waited for."""
        self._process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self._process.wait()
            self._path.unlink(missing_ok=True)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A Redis that runs; at the end it is gone."""
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.signal(signal.SIGKILL)
