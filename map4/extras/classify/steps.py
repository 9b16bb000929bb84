"""The steps of `map4 undo` that labelling adds; it loads only this file of labelling."""

from __future__ import annotations

from collections.abc import Iterator

from map4.core.base.files.undo import UndoStep
from map4.core.base.text import counted
from map4.core.store.sql_store import Store
from map4.labels import SqlLabels


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """Runs of labelling, newest first."""
    for step, count in store.part(SqlLabels).steps():
        undo = ("classify", "--undo", step)
        yield UndoStep(kind="labels", at=step, what=f"labels of {counted(count, 'track')}", count=count, command=undo)
