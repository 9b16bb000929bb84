"""Routes for plays, separate for each account, and for statistics of DJ sets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from map4.core.music.plays import PlayAnswer
from map4.library import Library
from map4.search.routes.names import track_named
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _add(library: Library, request: RequestInput) -> dict[str, Any]:
    body = request.body
    track = track_named(library, body.track)
    is_new = library.plays.add(track, heard_s=body.heard_s, at=body.at, source="page")
    return PlayAnswer(kept=is_new).to_record()


ROUTES = (
    Route("POST", "/plays", "own",
          "Report that you heard a track; it counts as a play from half of its length or four minutes.", _add,
          body=plain_shape("Heard", track=(str, ...), heard_s=(float, ...), at=(datetime | None, None)),
          answer="play", queue="write", example={"track": "{a}", "heard_s": 100.0}),
)  # fmt: skip
