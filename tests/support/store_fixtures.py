"""Every store there is, each put through the same: another one is a line more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from extra_cases import of_extras
from stored import OpenStore

from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore

STORES = ("sqlite", *of_extras("STORE"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks a store for a part that it does not have."""
    kept, without = [], []
    for item in items:
        is_asked = (
            any(f"[{store}" in item.name for store in STORES[1:]) and item.get_closest_marker("file_alone") is not None
        )
        (without if is_asked else kept).append(item)
    config.hook.pytest_deselected(items=without)
    items[:] = kept


@pytest.fixture(scope="session", params=STORES)
def open_store(request: pytest.FixtureRequest) -> OpenStore:
    """Opens a store; once more, and two are open."""
    if request.param != "sqlite":
        return cast(OpenStore, request.getfixturevalue(f"open_in_{request.param}"))
    return lambda folder, **options: SqliteStore(str(folder / "library.map4"), **options)


@pytest.fixture
def store(open_store: OpenStore, tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(tmp_path)) as store:
        yield store


@pytest.fixture
def other(store: Store, open_store: OpenStore, tmp_path: Path) -> Iterator[Any]:
    """The same library, open once more."""
    with closing(open_store(tmp_path)) as other:
        yield other
