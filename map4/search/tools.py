"""Tools for assistants: find tracks, and show a track."""

from __future__ import annotations

import itertools

from map4.errors import NothingFoundError
from map4.music.query.parser import parse_query
from map4.music.track.track import display_path
from map4.server.tools.arguments import FEW, OF_QUERY, TRACK, pages, takes, told_tracks
from map4.server.tools.texts import track_line
from map4.server.tools.tool import Tool, ToolCall, ToolResult
from map4.store.query_context import nothing_found


def search(ask: ToolCall) -> ToolResult:
    query = parse_query(ask.given.get("query") or "")
    matches = itertools.islice(ask.library.search(query), ask.start, ask.start + ask.limit)
    tracks, count = list(matches), ask.library.count(query)
    head = f"{len(tracks)} of {count:,} tracks" if count else nothing_found(query, ask.library.tracks.near(query))
    return told_tracks(tracks, head, first=ask.start, has_more=count > ask.start + len(tracks))


def track(ask: ToolCall) -> ToolResult:
    [named] = ask.library.tracks.named(ask.given["track"])
    track = ask.library.track(named.path, beats=True)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; use the tool analyze to measure it")
    return ToolResult(record=track.to_record(cues=True), head=track_line(track))


TOOLS = (
    Tool("search", "read", "Find tracks by text, tempo, key, energy, genre, year and more. A line per track; the tool "
         "track shows the rest.", search, takes("search", **OF_QUERY, **pages(FEW)),
         "tracks", ("tracks",), FEW),
    Tool("track", "read", "Show all data of a track: tempo, key, energy, tags, cue points.",
         track, takes("track", track=(TRACK, ...)), "track"),
)  # fmt: skip
