"""What lists of map4's own say of themselves in formats of others, where players pass over it.

A note is JSON on one line: of the list `{"options": …}` with the limits it was made with, of a track `{"relaxed": […],
"energy_target": …}` with those that were relaxed for it and the energy that was wanted, as in a `map4/playlist/1`
record. By these a list is judged, and refreshed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.domain.playlist.limits import ListLimits
from map4.domain.tracklist import Tracklist, is_energy


def list_note(content: Tracklist) -> str | None:
    """The note of a list; None where nothing is known of how it was made."""
    options = content.header.get("options")
    return json.dumps({"options": ListLimits.of_record(options).limits_record()}) if options else None


def track_note(content: Tracklist, index: int) -> str | None:
    """The note of a track of a list; None where no limit was relaxed for it, and any energy would do."""
    detail = content.detail(index)
    relaxed = [{name: one[name] for name in one if name != "position"} for one in detail["relaxed"]]
    told = {"relaxed": relaxed or None, "energy_target": detail["energy_target"]}
    return json.dumps(known) if (known := {name: told[name] for name in told if told[name] is not None}) else None


def read_header(note: str) -> dict[str, Any]:
    """The part of a list's header that its note holds; nothing of a note that makes no sense."""
    options = _read(note).get("options")
    return {"options": options} if isinstance(options, dict) else {}


def read_detail(note: str) -> dict[str, Any]:
    """The part of a track's detail that its note holds; nothing of a note that makes no sense."""
    told = _read(note)
    relaxed, wanted = told.get("relaxed"), told.get("energy_target")
    known = {"relaxed": relaxed} if isinstance(relaxed, list) else {}
    return known | ({"energy_target": wanted} if is_energy(wanted) else {})


def _read(note: str) -> Mapping[str, Any]:
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
