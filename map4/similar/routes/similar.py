"""Routes for similar tracks, compatibility and mixes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from map4.compare import NamedPair
from map4.errors import UsageError
from map4.library import Library
from map4.lists.routes.playlists import Names
from map4.plays.routes.audio import analysed_upload
from map4.search.routes.names import paths_named, track_named
from map4.server.bodies import plain_shape, shape
from map4.server.route import RequestInput, Route
from map4.similar.options import SimilarOptions


def _similar(library: Library, request: RequestInput) -> dict[str, Any]:
    values = dict(request.body)
    names = values.pop("files", None) or []
    if request.upload is not None and names:
        raise UsageError("send a file, or name tracks ('files'), not both")
    values["less"] = paths_named(library, values.get("less") or ())
    options = SimilarOptions(**values, jobs=1, timeout_s=request.settings.timeout_s)
    if request.upload is not None:
        neighbours = library.similar([analysed_upload(library, request.upload, request.settings)], options)
    elif names:
        neighbours = library.similar(paths_named(library, names), options)
    else:
        raise UsageError('name the tracks to compare with ("files": [id]), or send a file')
    return replace(
        neighbours, ids=tuple(library.tracks.address_of(similar.track) for similar in neighbours.similar)
    ).to_record()


def _compatibility(library: Library, request: RequestInput) -> dict[str, Any]:
    a, b = (track_named(library, request.path[name]) for name in ("a", "b"))
    if a.path == b.path:
        raise UsageError("name two different tracks")
    [pair] = library.compare([a.path, b.path], jobs=1).pairs
    return NamedPair(pair=pair, a=library.tracks.address_of(a), b=library.tracks.address_of(b)).to_record()


def _mix(library: Library, request: RequestInput) -> dict[str, Any]:
    a, b = paths_named(library, request.path.values())
    return library.mix(a, b, jobs=1).to_record()


ROUTES = (
    Route("POST", "/audio/find-similar", "read",
          "Tracks that sound like given tracks, or like an uploaded file, as `map4 similar`.", _similar,
          body=shape(SimilarOptions, "FindSimilar", more={"files": (Names, [])}, make=dict), takes_file=True,
          answer="similar-list", adds=("ids",), queue=lambda request: "read" if request.upload is None else "worker",
          example={"files": ["{a}"], "by": "mix", "n": 2, "less": ["{b}"]}),
    Route("POST", "/compare", "read", "Compare tracks and find the order in which they mix best, as `map4 compare`.",
          lambda library, request: library.compare(paths_named(library, request.body.files), jobs=1).to_record(),
          body=plain_shape("Compare", files=(list[str], ...)), answer="comparison", example={"files": ["{a}", "{b}"]}),
    Route("GET", "/compatibility/{a}/{b}", "read", "How well one track mixes into another, and how similar they are.",
          _compatibility, answer="compatibility", kept="alike"),
    Route("GET", "/mix/{a}/{b}", "read", "How to mix one track into another, as `map4 mix`.",
          _mix, answer="mix", queue="long", kept="alike"),
)  # fmt: skip
