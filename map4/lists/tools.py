"""Tools for assistants: make, judge, order, show and store lists."""

from __future__ import annotations

from map4.base.text import clean, counted
from map4.errors import UsageError
from map4.lists.options import CheckOptions, GenerateOptions, OrderOptions
from map4.lists.playlist.request import find_preset
from map4.lists.routes.list_records import record_of
from map4.music.lists.stored import StoredPlaylists
from map4.search import ResolvedPlaylist
from map4.search.routes.names import tracks_named
from map4.server.bodies import shape
from map4.server.tools.arguments import LISTED, NAME, REPLACE, SOME, TRACKS, known_track, many, pages, takes
from map4.server.tools.tool import Tool, ToolCall, ToolResult

_UNSAVED = "unsaved"


def playlist(ask: ToolCall) -> ToolResult:
    given = ask.options("seeds")
    if given.get("preset") is not None:
        given["preset"] = find_preset(given["preset"], ask.settings.presets)
    playlist = ask.library.playlist(ask.given.get("seeds") or (), **given)
    head = counted(len(playlist.picks), "track")
    if playlist.relaxed:
        head += "; not every limit is kept, see relaxed"
    if playlist.missing is not None:
        head += "; shorter than requested: no other track keeps the limits"
    return ToolResult(record=playlist.to_record(), head=head, tracks=[pick.track for pick in playlist.picks])


def check(ask: ToolCall) -> ToolResult:
    checked = ask.library.lists.check(_listed(ask), **ask.alone("list", "tracks"))
    record = checked.to_record()
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
    tracks = [known_track(ask.library, item) for item in many(ask.given["tracks"])]
    replaces = ask.given.get("replace", False)
    lists.save(name, lists.in_order(name if replaces else None, tracks), force=replaces)
    [stored] = lists.stored(name=name.strip())
    return ToolResult(record=stored.document(), head=f"stored as '{clean(stored.name)}'")


def _listed(ask: ToolCall) -> ResolvedPlaylist:
    """The named list, or a list of the given tracks."""
    name, tracks = ask.given.get("list"), ask.given.get("tracks")
    if name is not None and tracks is None:
        return ask.library.lists.read_stored(name)
    if tracks is None or name is not None:
        raise UsageError("name a stored list ('list'), or its tracks in their order ('tracks')")
    return ask.library.lists.of_tracks(tracks_named(ask.library, tracks), _UNSAVED)


TOOLS = (
    Tool("playlist", "read", "Make a playlist that mixes: from a seed, from one track to another, or from the "
         "results of a query. Nothing is stored. Each page makes the list again.", playlist,
         shape(GenerateOptions, "playlist", more={"seeds": (TRACKS, ()), **pages(SOME)}, make=dict),
         "playlist", ("picks",), SOME),
    Tool("check", "read", "Judge a list, stored or given: how well it mixes, where it is weak, and what would help.",
         check, shape(CheckOptions, "check", more={**LISTED, **pages(SOME)}, make=dict),
         "playlist-check", ("entries", "transitions"), SOME),
    Tool("order", "read", "Put the tracks of a list, stored or given, in the order that mixes best. Nothing is stored.",
         order, shape(OrderOptions, "order", more={**LISTED, **pages(SOME)}, make=dict),
         "playlist", ("picks", "ids"), SOME),
    Tool("lists", "read", "Name the playlists stored in the library.",
         lists, takes("lists", **pages(SOME)), "stored-lists", ("lists",), SOME),
    Tool("show_list", "read", "Show the tracks of a stored playlist.", show_list,
         takes("show_list", name=NAME, **pages(SOME)), "playlist", ("picks", "ids"), SOME),
    Tool("save_list", "own", "Store a playlist in the library under a name.", save_list,
         takes("save_list", name=NAME, tracks=(TRACKS, ...), replace=(REPLACE, False)), "stored-list"),
)  # fmt: skip
