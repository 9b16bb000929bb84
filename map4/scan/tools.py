"""The tool for assistants that analyses files."""

from __future__ import annotations

from map4.core.base.tool import FILES, ToolCall, ToolResult, tool
from map4.core.music.track.track import Track
from map4.core.music.track.track_fields import Tracks
from map4.library import Library
from map4.scan.scan import in_order


@tool("read", "Measure audio files on this machine (tempo, key, loudness and more), in the library or not; about 1 s "
      "per file. Nothing is stored.", "tracks", {"files": FILES}, pages=("tracks",))  # fmt: skip
def analyze(library: Library, call: ToolCall) -> ToolResult:
    files = call.given["files"]
    wanted = [named.path for named in library.tracks.named(files[call.start : call.start + call.limit])]
    tracks: list[Track] = []
    for event in library.analyze_events(wanted, store=False, **call.workers) if wanted else ():
        tracks.append(event)
        call.progress(len(tracks), len(wanted))
    shown = tuple(in_order(tracks, wanted))
    good = [track for track in shown if track.failure is None]
    has_more = len(files) > call.start + len(wanted)
    head = f"{len(good)} of {len(shown)} analysed" + (f"; there are {len(files):,} files" if has_more else "")
    return ToolResult(
        record=Tracks(tracks=shown).to_record(), head=head, tracks=shown, first=call.start, has_more=has_more,
        is_error=bool(shown) and not good,
    )  # fmt: skip
