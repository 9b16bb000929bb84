"""Labels of models, for mutants."""

from __future__ import annotations

from mutant_readers import Doors, RefusedError

from map4.extras.classify.prompt import read_answer

LABELS = (
    '{"labels": [{"id": 1, "genre": "House", "subgenre": "", "mood": "happy", "era": "1990s", "tags": ["vocal"], '
    '"confidence": 0.5, "notes": "x"}]}'
)


def seeds() -> dict[str, list[bytes]]:
    return {"labels": [LABELS.encode()]}


def labels(doors: Doors, name: str, data: bytes) -> None:
    try:
        read_answer(data.decode("utf-8", "surrogateescape"), [1], source="claude", model="m")
    except ValueError:  # as it announces it
        raise RefusedError from None


READERS = {"labels": labels}
