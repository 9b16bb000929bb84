"""The browser of the page's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from browser import Tab

COSTLY = ("started", "postgres")
"""What takes seconds in each process: a browser, a server. One worker begins with all tests that have them."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_costliness)


def _costliness(item: pytest.Item) -> int:
    names = getattr(item, "fixturenames", ())
    return min((at for at, name in enumerate(COSTLY) if name in names or f"[{name}" in item.name), default=len(COSTLY))


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    """An empty page of the browser, which the tests of a file share."""
    from browser import browser  # few files need it, and it takes half a second

    with browser() as tab:
        yield tab
