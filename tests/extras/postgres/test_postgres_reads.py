"""Reading a library in Postgres: nothing is written, and sounds equal those of a file."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from core.store.test_sounds import require_same, sounds_of
from every_command import fill_for_every_command
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from query_cases import fill
from reads import answer_reading_routes, named_examples, run_reading_commands
from servers import client_of
from stored import OpenStore, put_own

from map4 import Library
from map4.core.store.sqlite_store import SqliteStore

pytestmark = pytest.mark.world


@needs_postgres
def test_sound_tables_are_equal_in_sqlite_and_postgres(open_in_postgres: OpenStore, tmp_path: Path) -> None:
    with ExitStack() as stack:
        stores = SqliteStore(str(tmp_path / "library.map4")), open_in_postgres(tmp_path)
        for store in stores:
            stack.callback(store.close)
            fill(store)  # type: ignore[arg-type]
        require_same(stores[0].sounds.table(), stores[1].sounds.table())


@needs_postgres
def test_machines_have_independent_mirrors(
    open_in_postgres: OpenStore, tmp_path: Path, new_home: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    with ExitStack() as stack:
        for _ in range(2):
            monkeypatch.setenv("XDG_CACHE_HOME", str(new_home()))
            store = stack.enter_context(closing(open_in_postgres(tmp_path)))
            if not made:
                fill(store)
            sounds = sounds_of(store)
            assert sounds.warm_mirror()
            made.append(sounds)
            put_own(store, 1, bpm=140.0 + len(made))
        assert made[0].mirror_path != made[1].mirror_path
        tables = [sounds.at_hand() for sounds in made]
        assert None not in tables
        require_same(*tables)
        assert 142.0 in tables[0].column("bpm")
        before = [Path(sounds.mirror_path).stat().st_mtime_ns for sounds in made]
        assert made[0].build_mirror()
        assert made[1].at_hand() is not None
        assert Path(made[1].mirror_path).stat().st_mtime_ns == before[1]


# A read reads in Postgres, too: it writes nothing, and waits for no writer.
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
