"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library

MIRROR_CALLS = ("prepare_ask",)
NOT_CALLED = ("ask",)  # needs a model; `prepare_ask` reads what it sends


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "prepare_ask": lambda library: library.prepare_ask("house", provider="openai:m@http://localhost:9").question
    }
