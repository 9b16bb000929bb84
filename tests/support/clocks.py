"""The clock of the machine, for tests of what tells times; a module that imports `zone` runs in UTC."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """The clock of the machine shows UTC, or what a test asks for."""

    def turn(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        if hasattr(time, "tzset"):
            time.tzset()

    turn("UTC")
    yield turn
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()
