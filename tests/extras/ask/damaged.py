"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library

MIRROR_CALLS = ("ask", "prepare_ask")


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "ask": lambda library: list(library.ask("house tracks at 120 to 130 bpm").tracks),
        "prepare_ask": lambda library: library.prepare_ask("an hour of house").understood,
    }
