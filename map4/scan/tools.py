"""The tool for assistants that analyses files."""

from __future__ import annotations

from map4.music.track.track import Track
from map4.scan.scanner import in_order
from map4.server.tools.arguments import FEW, FILES, files_named, pages, takes, told_tracks
from map4.server.tools.tool import Tool, ToolCall, ToolResult


def analyze(ask: ToolCall) -> ToolResult:
    files = files_named(ask)
    wanted = files[ask.start : ask.start + ask.limit]
    tracks: list[Track] = []
    for event in ask.library.analyze_events(wanted, store=False, **ask.settings.workers) if wanted else ():
        tracks.append(event)
        ask.progress(len(tracks), len(wanted))
    tracks = in_order(tracks, wanted)
    good = [track for track in tracks if track.failure is None]
    has_more = len(files) > ask.start + len(wanted)
    head = f"{len(good)} of {len(tracks)} analysed" + (f"; there are {len(files):,} files" if has_more else "")
    return told_tracks(tracks, head, first=ask.start, has_more=has_more, is_error=bool(tracks) and not good)


TOOLS = (
    Tool("analyze", "read", "Measure audio files on this machine (tempo, key, loudness and more), in the library or "
         "not; about 1 s per file. Nothing is stored.", analyze,
         takes("analyze", **FILES, **pages(FEW)), "tracks", ("tracks",), FEW),
)  # fmt: skip
