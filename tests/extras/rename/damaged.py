"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library
from map4.extras.rename.part import Renames

NOT_CALLED = {f"rename.{name}" for name in ("run", "run_events")}


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "rename.plan": lambda library: library.part(Renames).plan("{artist|title}/{file}", list(library.tracks.all()))
    }
