"""Tools for assistants: make, judge, order, show and store lists."""

from __future__ import annotations

from dataclasses import replace

from map4.core.base.text import clean, counted
from map4.core.base.tool import KNOWN, SOME, TRACKS, Argument, ToolCall, ToolResult, tool
from map4.errors import UsageError
from map4.library import Library
from map4.lists.options import CheckOptions, GenerateOptions, OrderOptions
from map4.lists.playlist.request import find_preset, presets_of
from map4.lists.routes.list_records import record_of
from map4.lists.stored import StoredPlaylists
from map4.search import ResolvedPlaylist
from map4.server.names import tracks_named

_UNSAVED = "unsaved"
_LISTED = {
    "list": Argument(str | None, "the name of a stored list", None),
    "tracks": Argument(
        list[str] | str | None, "instead of a stored list: tracks in order, each an audio id, a path, or words", None
    ),
}


@tool("read", "Make a playlist that mixes: from a seed, from one track to another, or from the results of a query. "
      "Nothing is stored. Each page makes the list again.",
      "playlist", {"seeds": replace(TRACKS, default=())}, GenerateOptions, ("picks",), SOME)  # fmt: skip
def playlist(library: Library, call: ToolCall) -> ToolResult:
    given = {**call.options, **call.workers}
    if given.get("preset") is not None:
        given["preset"] = find_preset(given["preset"], presets_of(call.config.get("playlist.presets", {})))
    playlist = library.playlist(call.given.get("seeds") or (), **given)
    head = counted(len(playlist.picks), "track")
    if playlist.relaxed:
        head += "; not every limit is kept, see relaxed"
    if playlist.missing is not None:
        head += "; shorter than requested: no other track keeps the limits"
    return ToolResult(record=playlist.to_record(), head=head, tracks=[pick.track for pick in playlist.picks])


@tool("read", "Judge a list, stored or given: how well it mixes, where it is weak, and what would help.",
      "playlist-check", _LISTED, CheckOptions, ("entries", "transitions"), SOME)  # fmt: skip
def check(library: Library, call: ToolCall) -> ToolResult:
    checked = library.lists.check(_listed(library, call), **call.options)
    record = checked.to_record()
    overall = "" if record["quality"] is None else f", quality {record['quality']['overall']} of 100"
    return ToolResult(record=record, head=f"{'it passes' if record['passes'] else 'it does not pass'}{overall}")


@tool("read", "Put the tracks of a list, stored or given, in the order that mixes best. Nothing is stored.",
      "playlist", _LISTED, OrderOptions, ("picks", "ids"), SOME)  # fmt: skip
def order(library: Library, call: ToolCall) -> ToolResult:
    draft = library.lists.order(_listed(library, call), **call.options)
    content, already = draft.content, "" if draft.is_changed else "already "
    head = f"{counted(len(content.tracks), 'track')} {already}in the order that mixes best; nothing is stored"
    return ToolResult(record=record_of(library, content), head=head, tracks=content.tracks)


@tool("read", "Name the playlists stored in the library.", "stored-lists", pages=("lists",), usual=SOME)
def lists(library: Library, call: ToolCall) -> ToolResult:
    stored = library.lists.stored()
    return ToolResult(record=StoredPlaylists(lists=tuple(stored)).to_record(), head=counted(len(stored), "stored list"))


@tool("read", "Show the tracks of a stored playlist.", "playlist",
      {"name": Argument(str), "starts": Argument(str | None, "when it begins: 14:00", None)},
      pages=("picks", "ids"), usual=SOME)  # fmt: skip
def show_list(library: Library, call: ToolCall) -> ToolResult:
    starts = call.given.get("starts")
    content = library.lists.content(library.lists.read_stored(call.given["name"], starts=starts)).on_the_clock(starts)
    return ToolResult(
        record=record_of(library, content), head=counted(len(content.tracks), "track"), tracks=content.tracks
    )


@tool("own", "Store a playlist in the library under a name.", "stored-list",
      {"name": Argument(str), "tracks": KNOWN,
       "replace": Argument(bool, "replace a stored list of this name", False)})  # fmt: skip
def save_list(library: Library, call: ToolCall) -> ToolResult:
    lists, name = library.lists, call.given["name"]
    replaces = call.given.get("replace", False)
    lists.save(name, lists.in_order(name if replaces else None, call.given["tracks"]), force=replaces)
    [stored] = lists.stored(name=name.strip())
    return ToolResult(record=stored.document(), head=f"stored as '{clean(stored.name)}'")


def _listed(library: Library, call: ToolCall) -> ResolvedPlaylist:
    """The named list, or a list of the given tracks."""
    name, tracks = call.given.get("list"), call.given.get("tracks")
    if name is not None and tracks is None:
        return library.lists.read_stored(name)
    if tracks is None or name is not None:
        raise UsageError("name a stored list ('list'), or its tracks in their order ('tracks')")
    return library.lists.of_tracks(tracks_named(library, tracks), _UNSAVED)
