"""List tracks, and read a track."""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import Response

from map4.core.base.records import in_json
from map4.core.music.addresses import own_fields
from map4.core.music.analysis.inside import OverviewDocument
from map4.core.music.track.track_fields import TrackTags
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.plays.routes.audio_files import file_of
from map4.server.answers import Responses, encoded_tracks, version_of, versioned
from map4.server.bodies import BodyShape
from map4.server.route import RequestInput, Route
from map4.server.settings import OutsideMusicError

MOST_ON_A_PAGE = 500
LEAST_COVER_PX, MOST_COVER_PX = 32, 1024
_COVER_CACHE_S = 3600
USUAL_PAGE = 50

PAGE: dict[str, tuple[Any, Any]] = {"limit": (int, USUAL_PAGE), "after": (str, "")}
"""The parameters of every paged route."""


def page_of(query: Any) -> tuple[int, str]:
    """The page size and the position after which the page starts."""
    if not 1 <= query.limit <= MOST_ON_A_PAGE:
        raise UsageError(f"'limit' is 1 to {MOST_ON_A_PAGE} tracks, not {query.limit}; 'after' leads to the next page")
    return query.limit, query.after


def _tracks(library: Library, request: RequestInput) -> dict[str, Any]:
    limit, after = page_of(request.query)
    page = library.tracks.page(after=after, limit=limit)
    tracks = list(encoded_tracks(library, page.files, request.libraries.encoded))
    return {
        "schema": "map4/tracks/1",
        "tracks": [track.and_also(own_fields(track.id, page.files[file_id])) for file_id, track in tracks],
        "ids": [track.id for _, track in tracks],
        "next": page.next,
    }


def _track(library: Library, request: RequestInput) -> Response:
    query = request.query
    track = library.tracks.addressed(request.path["id"], beats=query.beats or query.cues)
    record = track.to_record(beats=query.beats, cues=query.cues)
    if query.beats:
        record["grid_marks"] = in_json(library.tracks.grid_marks(track.track))
    return versioned(record, version_of(track))


def _cover(library: Library, request: RequestInput) -> Response:
    size = request.query.size
    if not LEAST_COVER_PX <= size <= MOST_COVER_PX:
        raise UsageError(f"size is {LEAST_COVER_PX} to {MOST_COVER_PX} pixels, not {size}")
    library.tracks.addressed(request.path["id"])
    try:
        _, path = file_of(library, request.settings, request.path["id"])
        picture = library.files.cover(path, side_px=size)
    except (NothingFoundError, OutsideMusicError):  # the file is missing, or its folder is no music folder now
        picture = None
    cache_headers = {"Cache-Control": f"private, max-age={_COVER_CACHE_S}"}
    if picture is None:
        return Response(status_code=204, headers=cache_headers)  # browsers log each 404 on the console, so once per row
    headers = {"ETag": Responses.etag(picture.data), **cache_headers}
    return Response(picture.data, media_type=picture.media_type, headers=headers)


def _tags(library: Library, request: RequestInput) -> dict[str, Any]:
    track, _ = file_of(library, request.settings, request.path["id"])
    [tags] = library.tags.read([track])
    return TrackTags(track=tags).to_record()


def _overview(library: Library, request: RequestInput) -> dict[str, Any]:
    track = library.tracks.addressed(request.path["id"], beats=True)
    analysis = track.track.analysis
    if analysis is None or analysis.overview is None:
        raise NothingFoundError(f"{track.address} has no overview: it is silent or not analysed")
    return OverviewDocument(id=track.address, duration_s=analysis.duration_s, overview=analysis.overview).to_record()


def _strip(library: Library, request: RequestInput) -> dict[str, Any]:
    query, address = request.query, request.path["id"]
    track, _ = file_of(library, request.settings, address)
    to_s = math.inf if query.to_s is None else query.to_s
    strip = library.files.strip(
        track, query.from_s, to_s, points=query.points, address=address, timeout_s=request.settings.timeout_s
    )
    return strip.to_record()


ROUTES = (
    Route("GET", "/tracks", "read", "All tracks, in the order they were added.", _tracks,
          query=BodyShape.plain("TracksQuery", **PAGE), answer="tracks", adds=("ids", "next"), queue="quick",
          cache="alike", example={"limit": 2}),
    Route("GET", "/tracks/{id}", "read", "A track.", _track,
          query=BodyShape.plain("TrackQuery", beats=(bool, False), cues=(bool, False)),
          answer="track", adds=("id", "paths"), queue="quick", cache="alike", example={"beats": True}),
    Route("GET", "/tracks/{id}/cover", "read",
          "The cover of a track as JPEG with no side longer than `size`; 204 if it has none.",
          _cover, query=BodyShape.plain("CoverQuery", size=(int, 250)), media_type="image/jpeg",
          may_be_empty=True, queue="worker", example={"size": 64}),
    Route("GET", "/tracks/{id}/tags", "read",
          "A track's values from the file, map4, DJ programs and you, as `map4 tags show`.",
          _tags, answer="tags", queue="worker"),
    Route("GET", "/tracks/{id}/overview", "read", "Loudness and brightness over the length of a track, for drawing.",
          _overview, answer="overview", queue="quick", cache="alike"),
    Route("GET", "/tracks/{id}/strip", "read",
          "The same for a part of a track, at up to 200 points a second; decodes the file once.", _strip,
          query=BodyShape.plain("StripQuery", from_s=(float, 0.0), to_s=(float | None, None), points=(int, 1024)),
          answer="strip", queue="worker", example={"points": 40}),
)  # fmt: skip
