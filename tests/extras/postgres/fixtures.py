"""A server of Postgres, and libraries kept in it."""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from unittest import mock

import pytest
from extras.postgres.postgres_server import ABSENT, PostgresServer, running_postgres
from filelock import FileLock
from stored import OpenStore

from map4.core.store.sql_store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if ABSENT is not None:
        pytest.skip(ABSENT)
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def open_in_postgres(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> OpenStore:
    """Opens a store in a database of the folder, which is like one that was made once."""
    from map4.extras.postgres import schema
    from map4.extras.postgres.store import PostgresStore

    # What all letters fold to takes two seconds: once for all processes of the tests.
    kept = tmp_path_factory.getbasetemp().parent / f"letters-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_text(json.dumps([*schema.letters()]))
    letters = [tuple(row) for row in json.loads(kept.read_text())]
    made = postgres.database()
    with mock.patch.object(schema, "letters", return_value=letters):
        PostgresStore(made).close()
    addresses: defaultdict[Path, str] = defaultdict(lambda: postgres.database(template=made))
    return lambda folder, **options: cast(Store, PostgresStore(addresses[folder], **options))
