"""The preferred source of each field if tags, DJ programs and look-ups contradict each other."""

from __future__ import annotations

from typing import Any

from map4.errors import UsageError
from map4.library import Library
from map4.music.track.sources import MetadataSource
from map4.server.bodies import plain_shape
from map4.server.route import RequestInput, Route
from map4.tags import MOST_TOLD


def _change(library: Library, request: RequestInput) -> dict[str, Any]:
    most = request.query.limit
    if not 0 <= most <= MOST_TOLD:
        raise UsageError(f"limit is 0 to {MOST_TOLD}, not {most}")
    return library.tags.source_change(request.path["field"], request.query.first, most=most).to_record()


ROUTES = (
    Route("GET", "/sources", "read", "The first source of each field, as `map4 tags prefer`.",
          lambda library, request: library.tags.sources().to_record(), answer="sources", queue="long", kept="alike"),
    Route("GET", "/sources/{field}", "read", "The effect of making a source the first, or of the default order.",
          _change, query=plain_shape("SourceQuery", first=(MetadataSource | None, None), limit=(int, 50)),
          answer="source-change", adds=("count", "changes"), queue="long"),
    Route("PUT", "/sources/{field}", "admin",
          "Set the first source of a field, for all users; null is the default order.",
          lambda library, request: library.tags.prefer(request.path["field"], request.body.first).to_record(),
          body=plain_shape("PreferredSource", first=(MetadataSource | None, ...)), answer="source-change",
          queue="write", needs_key=True, example={"first": None}),
)  # fmt: skip
