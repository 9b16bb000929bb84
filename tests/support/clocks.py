"""The clock of the machine, for tests of what tells times: all tests begin in UTC."""

import os
import time
from collections.abc import Callable, Iterator

import pytest


def _turn(name: str) -> None:
    os.environ["TZ"] = name
    if hasattr(time, "tzset"):
        time.tzset()


_turn("UTC")


@pytest.fixture
def zone() -> Iterator[Callable[[str], None]]:
    """Have the clock of the machine show the time of another zone."""
    yield _turn
    _turn("UTC")
