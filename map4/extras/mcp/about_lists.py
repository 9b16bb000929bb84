"""Tools about lists: made, judged, put in order, shown and stored."""

from __future__ import annotations

from map4.base.text import clean, counted
from map4.errors import UsageError
from map4.extras.mcp.about_tracks import known, many
from map4.extras.mcp.tool import ToolCall, ToolResult
from map4.lists.playlist.request import find_preset
from map4.lists.routes.list_records import record_of
from map4.music.lists.stored import StoredPlaylists
from map4.search.matching.resolved_playlist import ResolvedPlaylist
from map4.search.routes.names import tracks_named

_UNSAVED = "unsaved"


def playlist(ask: ToolCall) -> ToolResult:
    given = ask.options("seeds")
    if given.get("preset") is not None:
        given["preset"] = find_preset(given["preset"], ask.settings.presets)
    made = ask.library.playlist(ask.given.get("seeds") or (), **given)
    head = counted(len(made.picks), "track")
    if made.relaxed:
        head += "; not every limit is kept, see relaxed"
    if made.missing is not None:
        head += "; shorter than asked, as no other track keeps the limits"
    return ToolResult(record=made.to_record(), head=head, tracks=[pick.track for pick in made.picks])


def check(ask: ToolCall) -> ToolResult:
    found = ask.library.lists.check(_listed(ask), **ask.alone("list", "tracks"))
    record = found.to_record()
    overall = "" if record["quality"] is None else f", quality {record['quality']['overall']} of 100"
    return ToolResult(record=record, head=f"{'it passes' if record['passes'] else 'it does not pass'}{overall}")


def order(ask: ToolCall) -> ToolResult:
    content = ask.library.lists.order(_listed(ask), **ask.alone("list", "tracks")).content
    head = f"{counted(len(content.tracks), 'track')} in the order that mixes best; nothing is stored"
    return ToolResult(record=record_of(ask.library, content), head=head, tracks=content.tracks)


def lists(ask: ToolCall) -> ToolResult:
    stored = ask.library.lists.stored()
    return ToolResult(record=StoredPlaylists(lists=tuple(stored)).to_record(), head=counted(len(stored), "stored list"))


def show_list(ask: ToolCall) -> ToolResult:
    content = ask.library.lists.content(ask.library.lists.read_stored(ask.given["name"]))
    return ToolResult(
        record=record_of(ask.library, content), head=counted(len(content.tracks), "track"), tracks=content.tracks
    )


def save_list(ask: ToolCall) -> ToolResult:
    lists, name = ask.library.lists, ask.given["name"]
    tracks = [known(ask.library, one) for one in many(ask.given["tracks"])]
    replaces = ask.given.get("replace", False)
    lists.save(name, lists.in_order(name if replaces else None, tracks), force=replaces)
    [stored] = lists.stored(name=name.strip())
    return ToolResult(record=stored.document(), head=f"stored as '{clean(stored.name)}'")


def _listed(ask: ToolCall) -> ResolvedPlaylist:
    """The list that is named, or whose tracks are."""
    name, tracks = ask.given.get("list"), ask.given.get("tracks")
    if name is not None and tracks is None:
        return ask.library.lists.read_stored(name)
    if tracks is None or name is not None:
        raise UsageError("name a stored list ('list'), or its tracks in their order ('tracks')")
    return ask.library.lists.of_tracks(tracks_named(ask.library, tracks), _UNSAVED)
