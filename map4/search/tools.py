"""Tools for assistants: find tracks, and show a track."""

from __future__ import annotations

import itertools

from map4.core.base.paths import display_path
from map4.core.base.tool import QUERY, TRACK, ToolCall, ToolResult, tool
from map4.core.music.query.context import nothing_found
from map4.core.music.query.parser import Query
from map4.core.music.track.track_fields import Tracks
from map4.errors import NothingFoundError
from map4.library import Library


@tool("read", "Find tracks by text, tempo, key, energy, genre, year and more. A line per track; the tool track shows "
      "the rest.", "tracks", {"query": QUERY}, pages=("tracks",))  # fmt: skip
def search(library: Library, call: ToolCall) -> ToolResult:
    query = Query.parse(call.given.get("query") or "")
    matches = itertools.islice(library.search(query), call.start, call.start + call.limit)
    tracks, count = tuple(matches), library.count(query)
    head = f"{len(tracks)} of {count:,} tracks" if count else nothing_found(query, library.tracks.near(query))
    return ToolResult(
        record=Tracks(tracks=tracks).to_record(), head=head, tracks=tracks, first=call.start,
        has_more=count > call.start + len(tracks),
    )  # fmt: skip


@tool("read", "Show all data of a track: tempo, key, energy, tags, cue points.", "track", {"track": TRACK})
def track(library: Library, call: ToolCall) -> ToolResult:
    [named] = library.tracks.named(call.given["track"])
    track = library.track(named.path, beats=True)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; use the tool analyze to measure it")
    return ToolResult(record=track.to_record(cues=True), tracks=[track])
