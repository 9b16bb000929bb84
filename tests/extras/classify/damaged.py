"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library
from map4.extras.classify.part import LabelsPart
from map4.labels import SqlLabels

COMMANDS = ("classify --provider keywords",)


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "labels.prepare": lambda library: library.part(LabelsPart).prepare().plan,
        "labels.plan": lambda library: library.part(LabelsPart).plan(provider="keywords"),
        "labels.run": lambda library: library.part(LabelsPart).run(provider="keywords"),
        "labels.undo": lambda library: [
            library.part(LabelsPart).undo(step) for step, _ in library._store.part(SqlLabels).steps()
        ],
        "labels.run_events": lambda library: list(library.part(LabelsPart).run_events(provider="keywords")),
    }
