"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library

NOT_CALLED = {"voice.detect", "voice.detect_events"}


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {"voice.set": lambda library: library.voice.set(list(library.tracks.all()), "none")}
