"""A server of Postgres, and libraries kept in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from extras.postgres.postgres_server import ABSENT, PostgresServer, running_postgres
from stored import OpenStore

from map4.store.sql_store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if ABSENT is not None:
        pytest.skip(ABSENT)
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def open_in_postgres(postgres: PostgresServer) -> OpenStore:
    """Opens a store in a database of the folder, which is like one that was made once."""
    from map4.extras.postgres.store import PostgresStore

    made = postgres.database()
    PostgresStore(made).close()
    addresses: defaultdict[Path, str] = defaultdict(lambda: postgres.database(template=made))
    return lambda folder, **options: cast(Store, PostgresStore(addresses[folder], **options))
