"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from pathlib import Path

from map4 import Library
from map4.extras.classify.part import LabelsPart

COMMANDS = ("classify --provider keywords",)
MODELS = ("openai:a@http://127.0.0.1:9/v1", "openai:b@http://127.0.0.1:9/v1")


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "labels.prepare": lambda library: library.part(LabelsPart).prepare().plan,
        "labels.plan": lambda library: library.part(LabelsPart).plan(provider="keywords"),
        "labels.compare": lambda library: library.part(LabelsPart).compare(MODELS).plans,
        "labels.run": lambda library: library.part(LabelsPart).run(provider="keywords"),
        "labels.run_events": lambda library: list(library.part(LabelsPart).run_events(provider="keywords")),
    }
