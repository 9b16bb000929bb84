"""A Postgres of the tests' own: one server a session, and a database of its own for each test."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from query_cases import fill

try:
    import psycopg
except ImportError:  # pragma: no cover
    psycopg = None  # type: ignore[assignment]

_DEBIANS = Path("/usr/lib/postgresql")
_IN_MEMORY = Path("/dev/shm")
# It refuses to run as root.
_USER = "postgres"
# Nothing of it outlives the tests, so that it need not survive a power cut.
_SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
    "autovacuum=off", "shared_buffers=32MB", "listen_addresses=",
)  # fmt: skip
# Ends the server, and removes its folder, when the pipe to whoever began it closes, which a killed one does too.
_WATCHED = """
"$@" > "$FOLDER/log" 2>&1 < /dev/null & server=$!
while read -r again; do kill -INT $server; wait $server; "$@" >> "$FOLDER/log" 2>&1 < /dev/null & server=$!; done
kill -INT $server; wait $server; rm -rf "$FOLDER"
"""


def _program(name: str) -> str | None:
    """The newest one where Debian has it, which is on no path; else that of the path."""
    found = sorted(_DEBIANS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return str(found[-1]) if found else shutil.which(name)


def _absent() -> str | None:
    """Why there is no server here; None where there is one."""
    if psycopg is None:
        return "needs psycopg, which is not installed"
    if _program("postgres") is None or _program("initdb") is None:
        return "needs a Postgres server, which is not installed"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "needs setpriv, which is not installed: Postgres does not run as root"
    return None


ABSENT = _absent()
needs_postgres = pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")


class PostgresServer:
    """One that runs; it listens on a socket in its folder."""

    def __init__(self, folder: Path, restart: Callable[[], None]) -> None:
        self._folder, self.restart = folder, restart
        self._names = (f"map4_{number}" for number in count(1))
        self._copied_as_files = ""

    def address(self, name: str) -> str:
        return f"postgresql://{_USER}@/{name}?host={self._folder}"

    def database(self, template: str | None = None) -> str:
        """Make a database, like that of another address, to which nobody is connected; gives its address."""
        name, like = next(self._names), "template1" if template is None else _name(template)
        self._do(f'CREATE DATABASE "{name}" TEMPLATE "{like}"' + self._copied_as_files)
        return self.address(name)

    def filled(self) -> str:
        """Make a database with the tracks of `query_cases`; gives its address."""
        from map4.extras.postgres.store import PostgresStore

        address = self.database()
        with closing(PostgresStore(address)) as store:
            fill(store)  # type: ignore[arg-type]
        return address

    def drop(self, address: str) -> None:
        """Also where somebody is connected to it."""
        self._do(f'DROP DATABASE "{_name(address)}" WITH (FORCE)')

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """It takes what is sent to it, and answers nothing, within this block."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        _to_each(postmaster, signal.SIGSTOP)
        try:
            yield
        finally:
            _to_each(postmaster, signal.SIGCONT)

    def is_there(self) -> None:
        """Raise where it does not answer yet."""
        with psycopg.connect(self.address("postgres")) as connection:
            # From 15 on each block of the copy would else be written to the log first: three times the work.
            self._copied_as_files = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def _to_each(postmaster: int, sent_signal: signal.Signals) -> None:
    """Its own process first, so that it begins no other one meanwhile."""
    os.kill(postmaster, sent_signal)
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        os.kill(int(child), sent_signal)


def _name(address: str) -> object:
    return psycopg.conninfo.conninfo_to_dict(address)["dbname"]


@contextmanager
def running_postgres(within: Path | None = None, **more: str) -> Iterator[PostgresServer]:
    """A server that ends, and is gone without a trace, with this block, and with this process, even if it is killed.

    within: the folder in which its own lies
    more: settings of its own
    """
    memory = within or (_IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None)
    folder = Path(tempfile.mkdtemp(prefix="map4-postgres-", dir=memory))
    how = []
    if os.geteuid() == 0:
        shutil.chown(folder, _USER, _USER)
        how = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"]
    data = str(folder / "data")
    initdb, postgres = _program("initdb"), _program("postgres")
    assert initdb is not None
    assert postgres is not None
    made = [*how, initdb, "-D", data, "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    every = (*_SETTINGS, *(f"{name}={value}" for name, value in more.items()))
    settings = [part for setting in every for part in ("-c", setting)]
    watched = subprocess.Popen(
        [*how, "sh", "-c", _WATCHED, "sh", postgres, "-D", data, "-k", str(folder), *settings],
        stdin=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "FOLDER": str(folder)},
    )
    try:
        server = PostgresServer(folder, lambda: _restart(server, watched, folder))
        _wait_for(server, folder / "log")
        yield server
    finally:
        watched.stdin.close()
        watched.wait()
        shutil.rmtree(folder, ignore_errors=True)  # what its user may not remove in a folder of root's


def _restart(server: PostgresServer, watched: subprocess.Popen[bytes], folder: Path) -> None:
    """End it at once, with all connections to it, and begin it again."""
    before = (folder / "data" / "postmaster.pid").read_text()
    watched.stdin.write(b"again\n")
    watched.stdin.flush()
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with suppress(FileNotFoundError):
            if (folder / "data" / "postmaster.pid").read_text().split()[0] != before.split()[0]:
                break
        time.sleep(0.02)
    _wait_for(server, folder / "log")


def _wait_for(server: PostgresServer, log: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            server.is_there()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > until:
                raise RuntimeError(f"Postgres does not answer: {log.read_text()}") from error
            time.sleep(0.02)
