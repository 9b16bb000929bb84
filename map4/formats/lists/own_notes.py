"""map4's notes in lists of other formats, in places that players ignore.

A note is JSON on one line: for the list `{"options": …}` with the limits it was made with, for a track `{"relaxed":
[…], "energy_target": …}` with its relaxed limits and its energy target, as in a `map4/playlist/1` record. They are
needed to judge and refresh a list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.core.base.text import json_values
from map4.core.music.lists.listed import ListedPick, ListHeader


def list_note(header: ListHeader) -> str | None:
    return json.dumps({"options": header.limits.limits_record()}) if header.options else None


def track_note(pick: ListedPick) -> str | None:
    """Return the note for a track of a list; None if it has none."""
    relaxed = [limit.to_record() for limit in pick.relaxed] or None
    note = {"relaxed": relaxed, "energy_target": pick.energy_target, "starts_at": pick.starts_at}
    return json.dumps(known) if (known := {name: note[name] for name in note if note[name] is not None}) else None


def read_header(note: str) -> ListHeader:
    """Parse a list's note into its header; empty for an invalid note."""
    return ListHeader(options=ListHeader.of_record(_read(note)).options)


def read_pick(note: str) -> ListedPick:
    """Parse a track's note; empty for an invalid note."""
    pick = ListedPick.of_record(_read(note))
    return ListedPick(relaxed=pick.relaxed, energy_target=pick.energy_target)


def _read(note: str) -> Mapping[str, Any]:
    try:
        data = json_values(note)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
