"""A read reads in Postgres, too: it writes nothing, and waits for no writer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from every_command import fill_for_every_command
from extras.postgres.postgres_server import PostgresServer
from reads import answer_reading_routes, named_examples, run_reading_commands
from servers import client_of

from map4 import Library

pytestmark = pytest.mark.world
BESIDE = {"GET /plans/{plan}"}
"""Makes the table of plans where there is none: it belongs to the jobs, which don't take the lock of the library."""


@contextmanager
def read_only(server: PostgresServer, address: str) -> Iterator[None]:
    """A database whose new connections refuse to write, while another program holds the lock for writing."""
    import psycopg

    name = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
    with Library.open(address) as other, other.at_once(), psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        yield
        connection.execute(b"SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())


def test_reading_commands_write_nothing(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    address = postgres.database()
    fill_for_every_command(tmp_path / "library.map4")
    Library.care.copy(tmp_path / "library.map4", address)
    expected = run_reading_commands(address)
    with read_only(postgres, address):
        assert run_reading_commands(address) == expected


def test_reading_routes_write_nothing(postgres: PostgresServer, sound_library: Path, scanned_music: Path) -> None:
    address = postgres.database()
    Library.care.copy(sound_library, address)
    with client_of(address, scanned_music) as client:
        names = named_examples(client, scanned_music)
        expected = answer_reading_routes(client, names)
    with client_of(address, scanned_music) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        with read_only(postgres, address):
            meanwhile = answer_reading_routes(client, names)
    assert {name for name, status in meanwhile.items() if status != expected[name]} == BESIDE
