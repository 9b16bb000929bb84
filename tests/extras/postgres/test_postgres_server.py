"""The tests' own Postgres: gone when who began it is, and a database for each test."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres

pytestmark = [pytest.mark.world, needs_postgres]

_STARTED = """
import time
from extras.postgres.postgres_server import running_postgres
with running_postgres() as server:
    print(server.address("postgres"), flush=True)
    time.sleep(600)
"""


def test_each_test_has_a_database_of_its_own(postgres: PostgresServer) -> None:
    import psycopg

    first, second = postgres.database(), postgres.database()
    with psycopg.connect(first) as one, psycopg.connect(second) as other:
        one.execute("CREATE TABLE things ()")
        one.commit()
        assert other.execute("SELECT to_regclass('things')").fetchone() == (None,)
    like_the_first = postgres.database(template=first)
    with psycopg.connect(like_the_first) as one:
        assert one.execute("SELECT to_regclass('things')").fetchone() == ("things",)


def test_a_server_is_gone_when_who_began_it_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", _STARTED], stdout=subprocess.PIPE, text=True) as beginner:
        assert beginner.stdout is not None
        folder = Path(beginner.stdout.readline().strip().partition("host=")[2])
        assert folder.is_dir()
        beginner.send_signal(signal.SIGKILL)
    until = time.monotonic() + 30
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists()


def test_a_database_that_is_dropped_is_gone(postgres: PostgresServer) -> None:
    import psycopg

    address = postgres.database()
    with psycopg.connect(address) as still_there:
        postgres.drop(address)
        with pytest.raises(psycopg.OperationalError):
            still_there.execute("SELECT 1")
