"""The browser of the page's tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from browser import Tab


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    """An empty page of the browser, which the tests of a file share."""
    from browser import browser  # few files need it, and it takes half a second

    with browser() as tab:
        yield tab
