"""Every store there is, each put through the same: another one is a line more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from postgres_server import ABSENT, PostgresServer, running_postgres
from stored import OpenStore

from map4.infra.sqlite.store import SqliteStore
from map4.ports.store.store import Store

STORES: dict[str, OpenStore] = {
    "sqlite": lambda folder, **options: SqliteStore(str(folder / "library.map4"), **options),
}


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    if ABSENT is not None:
        pytest.skip(ABSENT)
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=STORES)
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    """Opens a store; once more, and two are open."""
    return STORES[request.param]


@pytest.fixture
def store(open_store: OpenStore, tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path)) as store:
        yield store


@pytest.fixture
def other(store: Store, open_store: OpenStore, tmp_path: Path) -> Iterator[Any]:
    """The same library, open once more."""
    with closing(open_store(tmp_path)) as other:
        yield other
