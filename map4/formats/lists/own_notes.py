"""What lists of map4's own say of themselves in formats of others, where players pass over it.

A note is JSON on one line: of the list `{"options": …}` with the limits it was made with, of a track `{"relaxed": […]}`
with those that were relaxed for it, both as in a `map4/playlist/1` record. By these a list is judged, and refreshed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from map4.domain.playlist.list_limits import ListLimits
from map4.domain.tracklist import Tracklist


def list_note(content: Tracklist) -> str | None:
    """The note of a list; None where nothing is known of how it was made."""
    options = content.header.get("options")
    return json.dumps({"options": ListLimits.of_record(options).to_record()}) if options else None


def track_note(content: Tracklist, index: int) -> str | None:
    """The note of a track of a list; None where no limit was relaxed for it."""
    relaxed = content.detail(index)["relaxed"]
    told = [{name: one[name] for name in one if name != "position"} for one in relaxed]
    return json.dumps({"relaxed": told}) if told else None


def read_header(note: str) -> dict[str, Any]:
    """The part of a list's header that its note holds; nothing of a note that makes no sense."""
    options = _read(note).get("options")
    return {"options": options} if isinstance(options, dict) else {}


def read_detail(note: str) -> dict[str, Any]:
    """The part of a track's detail that its note holds; nothing of a note that makes no sense."""
    relaxed = _read(note).get("relaxed")
    return {"relaxed": relaxed} if isinstance(relaxed, list) else {}


def _read(note: str) -> Mapping[str, Any]:
    try:
        found = json.loads(note)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
