"""The steps of `map4 undo` that recorded sets add; `map4 undo` loads only this file of un-mixing."""

from __future__ import annotations

import os
from collections.abc import Iterator

from map4.core.base.files.undo import UndoStep
from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.core.store.sql_store import Store
from map4.lists import SqlPlaylists
from map4.plays import SqlPlaySteps


def undo_steps(store: Store) -> Iterator[UndoStep]:
    """The recorded sets that added plays or made a list, newest first."""
    lists = store.part(SqlPlaylists)
    for step in store.part(SqlPlaySteps).all("set"):
        name = step.list_id and lists.name_of(step.list_id)
        made = [counted(step.plays, "play")] if step.plays else []
        made += [f"the list '{name}'"] if name else []
        if made:
            what = f"{display_path(os.path.basename(step.path))}: {' and '.join(made)}"
            yield UndoStep(kind="unmix", at=step.done_at, what=what, command=("unmix", "--undo", str(step.number)))
