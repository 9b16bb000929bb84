"""Routes of the history of set values, and undo."""

from __future__ import annotations

from typing import Any

from map4.errors import NothingFoundError
from map4.library import Library
from map4.server.bodies import plain_shape, whole_number
from map4.server.route import RequestInput, Route
from map4.values.history import STEPS_AT_ONCE


def _history(library: Library, request: RequestInput) -> dict[str, Any]:
    query = request.query
    tracks = [library.tracks.addressed(address).track for address in query.track] or None
    return library.values.history(tracks, by=query.by, after=query.after, limit=query.limit).to_record()


def _undo(library: Library, request: RequestInput) -> dict[str, Any]:
    step = whole_number(request.path["step"])
    if step is None:
        raise NothingFoundError(f"there is no step '{request.path['step']}'; a step is a number")
    return library.values.undo(step, dry_run=request.body.dry_run).to_record()


ROUTES = (
    Route("GET", "/changes", "read", "History of set values, with users and times, as `map4 set history`.", _history,
          query=plain_shape("ChangesQuery", track=(list[str], []), by=(int | None, None), after=(int | None, None),
                            limit=(int, STEPS_AT_ONCE)),
          answer="set-history", queue="quick", kept="each", example={"track": ["{a}"], "limit": 5}),
    Route("POST", "/changes/{step}/undo", "own",
          "Restore the values before a step, as `map4 set undo`; another user's step requires an admin.", _undo,
          body=plain_shape("Undo", dry_run=(bool, False)), answer="set-undo", queue="write", example={"dry_run": True}),
)  # fmt: skip
