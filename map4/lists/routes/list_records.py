"""Lists as the server returns them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

from map4.core.music.lists.tracklist import Tracklist
from map4.errors import NothingFoundError
from map4.library import Library
from map4.lists.choices import command_of
from map4.lists.edits import ListEdit
from map4.lists.live import LiveListError

_SHARED = ("owner", "sharing", "may_edit", "marks")
NAMED = ("ids", "name", "description")
STORED = ("id", *NAMED, *_SHARED, "rows", "locked", "version", "entries")
"""Additional members in the answer for a stored list."""


def record_of(library: Library, content: Tracklist) -> dict[str, Any]:
    """The `map4/playlist/1` record as commands write it, with the ids of its tracks."""
    out = io.BytesIO()
    library.lists.write_to(content, out, format_name="json")
    return {**json.loads(out.getvalue()), "ids": [library.tracks.address_of(track) for track in content.tracks]}


def whole_list(
    library: Library, list_id: str, edit: ListEdit | None = None, *, starts: str | None = None
) -> dict[str, Any]:
    """A stored list with all its entries, including missing ones; or its content after an edit.

    starts: as in `Playlists.content`
    """
    [shared] = [stored_list.to_record() for stored_list in library.lists.stored(name=list_id, is_counted=False)]
    try:
        resolved = library.lists.read_stored(list_id, starts=starts) if edit is None else edit.resolved
    except LiveListError as error:  # the list can still be shown, and its query changed
        shared["problem"] = str(error)
        resolved = library.lists.of_tracks((), shared["name"])
        resolved = replace(resolved, name=shared["name"], description=shared["description"], id=list_id)
    rows = library.tracks.rows([entry.track for entry in resolved.entries if entry.track is not None])
    row_of = iter(rows)
    entries = [
        {
            **entry.to_record(),
            "id": None if entry.track is None else entry.track.audio_id,
            "row": None if entry.track is None else next(row_of),
        }
        for entry in resolved.entries
    ]
    try:
        is_judged = edit is not None and edit.content.tracks and resolved.is_whole
        content = edit.content if edit and is_judged else library.lists.content(resolved).on_the_clock(starts)
        record = record_of(library, content)
    except NothingFoundError:  # no track is present, but the list exists
        content = Tracklist(
            tracks=(), name=resolved.name, description=resolved.description, id=list_id, header=resolved.header
        )
        record = record_of(library, content)
    made_with = resolved.header.made_with
    record.pop("made_with", None)
    if edit is not None:  # may not be stored yet
        shared["live"] = None if (live := edit.content.header.live) is None else live.to_record()
    return {
        **record,
        **{name: shared[name] for name in _SHARED},
        **({} if made_with is None else {"made_with": made_with, "command": command_of(made_with)}),
        **{name: shared[name] for name in ("live", "problem") if shared[name] is not None},
        "version": library.lists.versions(list_id).versions[0].version,
        "entries": entries,
        "rows": [entry["row"] for entry in entries if entry["status"] == "found"],
        "locked": [place for place, entry in enumerate(resolved.entries, start=1) if entry.pick.locked],
    }
