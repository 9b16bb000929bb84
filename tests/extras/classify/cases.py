"""Rows of classify in tables of other tests."""

from typing import Any
from zlib import crc32

from map4.extras.classify.store import Questions, model_questions
from map4.store.sql_store import Store

NEEDS = {("POST", "/plans/classify"): "scan"}
CALLS_OF_ROLES = {"admin": {"labels": "compare plan prepare run run_events"}}
SELECTING = ("classify --provider keywords", "classify --provider keywords --dry-run")
COMMANDS = {"admin": ("classify --dry-run",)}


def asked(store: Store) -> list[tuple[int, int, int]]:
    def ask(row: tuple[Any, ...]) -> tuple[int, int]:
        return crc32(repr(row[1:8]).encode()), row[0]

    found: list[tuple[int, int, int]] = model_questions(store, None, ask, "1").tolist()
    return found


PRINTED = {
    "docs/classify.md": [
        r"^9 to label, 0 requests$",
        r"^9 labelled by rules, \d+ unknown$",
        r"Hall 9\.mp3 \{'genre': 'Electronic'",
    ],
}
KEPT_ROWS = {"questions": (Questions, "compute", asked, 0)}
