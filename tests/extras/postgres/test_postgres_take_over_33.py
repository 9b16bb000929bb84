"""A library of schema 33 in a database is taken over into a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from libraries import beside
from store.upkeep.test_take_over_33 import new, old, require_all_of

from map4 import Library
from map4.errors import LibraryVersionError

pytestmark = pytest.mark.world

__all__ = ["new", "old"]


@needs_postgres
def test_one_in_postgres_is_taken_over_into_a_file(
    postgres: PostgresServer, old: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    address, before = postgres.database(), tmp_path / "before.map4"
    Library.care.restore(old, before)
    Library.care.copy(before, address)
    with pytest.raises(
        LibraryVersionError, match=r"only schema 33 can be restored .* 'map4 library copy postgresql://"
    ):
        Library.care.check_backup(address, new)
    with psycopg.connect(address) as connection:  # whose tables were the same
        connection.execute("UPDATE map4.library_schema SET version = 33")
        connection.execute("ALTER TABLE map4.library_schema ADD COLUMN form bigint DEFAULT 2")
    with pytest.raises(
        LibraryVersionError, match=r"library restore postgresql://\S+' copies .* and 'map4 library copy NEW"
    ):
        Library.open(address)
    number = b"SELECT revision FROM map4.library_state"
    with psycopg.connect(address) as connection:
        revision = connection.execute(number).fetchone()
        connection.commit()
        Library.care.check_backup(address, new)
        assert Library.care.restore(address, new).kept_at is None
        assert connection.execute(number).fetchone() == revision
    require_all_of(before, new)
    assert [name for name in beside(new) if name.startswith("new.map4")] == []
