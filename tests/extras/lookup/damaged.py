"""Calls of a damaged library: see `tests/torture/damage.py`."""

import json
from collections.abc import Callable
from pathlib import Path

from map4 import Library

COMMANDS = ("lookup --providers",)
NOT_CALLED = {f"lookups.{name}" for name in ("providers", "run", "run_events", "decide", "reopen")}
SETTINGS = {"musicbrainz": {"contact": "me@example.org"}}


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "lookups.prepare": lambda library: library.lookups.prepare(providers=["musicbrainz"], settings=SETTINGS).plan,
        "lookups.forget": lambda library: library.lookups.forget(list(library.tracks.all())),
        "lookups.in_doubt": lambda library: json.dumps(library.lookups.in_doubt(limit=5).to_record(), allow_nan=False),
        "lookups.plan": lambda library: library.lookups.plan(),
    }
