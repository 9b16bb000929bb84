"""Waiting for what another thread or process does meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_until(condition: Callable[[], Value | None], limit_s: float = 60.0) -> Value:
    """The first true value of a condition; fails if there is none within the limit."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"{value!r} after {limit_s} s"
        time.sleep(0.005)
    return value
