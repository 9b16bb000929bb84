"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library

NOT_CALLED = {"quarantine.replace", "quarantine.replace_events"}


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    away = tmp_path / "away"
    return {
        "quarantine.move": lambda library: library.quarantine.move(library.duplicates.find(), away, dry_run=True),
        "quarantine.move_events": lambda library: list(library.quarantine.move_events([], away, dry_run=True)),
    }
