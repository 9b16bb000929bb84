"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library

NOT_CALLED = {"review.choose", "review.undo"}


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {"review.waiting": lambda library: library.review.waiting()}
