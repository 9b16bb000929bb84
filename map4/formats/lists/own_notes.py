"""What lists of map4's own say of themselves in formats of others, where players pass over it.

A note is JSON on one line: of the list `{"options": …}` with the limits it was made with, of a track `{"relaxed": […],
"energy_target": …}` with those that were relaxed for it and the energy that was wanted, as in a `map4/playlist/1`
record. By these a list is judged, and refreshed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.music.lists.listed import ListedPick, ListHeader


def list_note(header: ListHeader) -> str | None:
    return json.dumps({"options": header.limits.limits_record()}) if header.options else None


def track_note(pick: ListedPick) -> str | None:
    """The note of a track of a list; None where no limit was relaxed for it, and any energy would do."""
    told = {"relaxed": [one.to_record() for one in pick.relaxed] or None, "energy_target": pick.energy_target}
    return json.dumps(known) if (known := {name: told[name] for name in told if told[name] is not None}) else None


def read_header(note: str) -> ListHeader:
    """The part of a list's header that its note holds; nothing of a note that makes no sense."""
    return ListHeader(options=ListHeader.of_record(_read(note)).options)


def read_pick(note: str) -> ListedPick:
    """What of a track its note holds; nothing of a note that makes no sense."""
    told = ListedPick.of_record(_read(note))
    return ListedPick(relaxed=told.relaxed, energy_target=told.energy_target)


def _read(note: str) -> Mapping[str, Any]:
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
