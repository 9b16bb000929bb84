"""Routes for plays, separate for each account, and for statistics of DJ sets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from map4.core.music.plays import PlayAnswer
from map4.library import Library
from map4.plays.part.plays import PLAYS_AT_ONCE
from map4.search.routes.names import track_named
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route


def _add(library: Library, request: RequestInput) -> dict[str, Any]:
    body = request.body
    track = track_named(library, body.track)
    is_new = library.plays.add(track, heard_s=body.heard_s, at=body.at, source="page")
    return PlayAnswer(kept=is_new).to_record()


ROUTES = (
    Route("GET", "/plays", "read", "Your plays, newest first.",
          lambda library, request: library.plays.page(
              before=request.query.before, limit=request.query.limit
          ).to_record(),
          query=plain_shape("PlaysQuery", before=(str | None, None), limit=(int, PLAYS_AT_ONCE)), answer="plays",
          example={"limit": 2}),
    Route("GET", "/stats/plays", "read", "Statistics of your plays, as `map4 stats plays`.",
          lambda library, request: library.plays.stats(request.query.since).to_record(),
          query=plain_shape("PlayStatsQuery", since=(str | None, None)), answer="play-stats", queue="long",
          example={"since": "30d"}),
    Route("GET", "/stats/mixes", "read", "Analysis of your DJ sets, compared with chance, as `map4 stats mixes`.",
          lambda library, request: library.plays.mixes(request.query.since).to_record(),
          query=plain_shape("MixStatsQuery", since=(str | None, None)), answer="mix-stats", queue="long",
          example={"since": "30d"}),
    Route("POST", "/plays", "own",
          "Report that you heard a track; it counts as a play from half of its length or four minutes.", _add,
          body=plain_shape("Heard", track=(str, ...), heard_s=(float, ...), at=(datetime | None, None)),
          answer="play", queue="write", example={"track": "{a}", "heard_s": 100.0}),
)  # fmt: skip
