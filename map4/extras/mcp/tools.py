"""The tools that an assistant can use: each asks the library once, and gives the command's JSON record and a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta

from map4.base.actor import LOCAL
from map4.doctor.checks.groups import CHECK_NAMES
from map4.duplicates.options import DuplicateOptions
from map4.errors import NotAllowedError
from map4.extras.mcp import about_library, about_lists, about_tracks
from map4.extras.mcp.tool import PAGED, Answer, McpSettings, Tool
from map4.library import Library
from map4.lists.options import CheckOptions, GenerateOptions, OrderOptions
from map4.server.bodies import BodyShape, plain_shape, shape
from map4.server.library_process import Progress
from map4.similar.options import SimilarOptions
from map4.values.use import ValueEdit

_TRACKS = Annotated[
    list[str] | str, Meta(description="tracks, each an audio id, a path, or words of its artist and title")
]
_TRACK = Annotated[str, Meta(description="an audio id, a path, or words of artist and title")]
_LIST = Annotated[str | None, Meta(description="the name of a stored list")]
_ENTRIES = Annotated[
    list[str] | str | None,
    Meta(description="in place of a stored list: its tracks in order, each an audio id, a path, or words"),
]
_QUERY = Annotated[
    str,
    Meta(
        description="which tracks, in map4's query language, such as 'genre:house bpm:120..126 key:~8A rating:4..'; "
        "empty is all"
    ),
]
_REPLACE = Annotated[bool, Meta(description="replace a stored list of this name")]
_DRY_RUN = Annotated[bool, Meta(description="only say what would change")]
_ONLY = Annotated[
    list[Literal[CHECK_NAMES]],  # type: ignore[valid-type]
    Meta(description="only these checks, or all about these subjects"),
]


def _takes(name: str, /, **members: tuple[Any, Any]) -> BodyShape:
    return plain_shape(name, dict, **members)


def _pages(usual: int) -> dict[str, tuple[Any, Any]]:
    return {**PAGED, "limit": (PAGED["limit"][0], usual)}


_NAME = (str, ...)
_FILES = {"files": (_TRACKS, ...)}
_OF_QUERY = {"query": (_QUERY, "")}
_LISTED: dict[str, tuple[Any, Any]] = {"list": (_LIST, None), "tracks": (_ENTRIES, None)}
_FEW, _SOME = 20, 100
TOOLS: tuple[Tool, ...] = (
    Tool("search", "read", "Find tracks by text, tempo, key, energy, genre, year and more. A line a track; the tool "
         "track has the rest.", about_tracks.search, _takes("search", **_OF_QUERY, **_pages(_FEW)),
         "tracks", ("tracks",), _FEW),
    Tool("track", "read", "Say all that the library knows of a track: tempo, key, energy, tags, cue points.",
         about_tracks.track, _takes("track", track=(_TRACK, ...)), "track"),
    Tool("similar", "read", "Find what sounds like a track, or like several. By sound, 1 is the same and about 0 "
         "unrelated. by=mix finds what mixes well, by=hamms compares twelve numbers of harmony and mixing.",
         about_tracks.similar, shape(SimilarOptions, "similar", more={**_FILES, **_pages(_SOME)}, make=dict),
         "similar-list", ("similar",), _SOME),
    Tool("compare", "read", f"Compare 2 to {about_tracks.MOST_COMPARED} tracks: how well each pair mixes, how alike "
         "they are, and the best order.", about_tracks.compare, _takes("compare", **_FILES, **_pages(_SOME)),
         "comparison", ("pairs",), _SOME),
    Tool("mix", "read", "Plan how to get from one track to another: where to leave the first and enter the second, "
         "for how many beats, how fast, and what speaks against it.", about_tracks.mix,
         _takes("mix", a=(_TRACK, ...), b=(_TRACK, ...)), "mix"),
    Tool("analyze", "read", "Measure audio files on this machine (tempo, key, loudness and more), in the library or "
         "not; about a second a file. Nothing is stored.", about_tracks.analyze,
         _takes("analyze", **_FILES, **_pages(_FEW)), "tracks", ("tracks",), _FEW),
    Tool("playlist", "read", "Make a playlist that mixes: from a seed, from one track to another, or of what a query "
         "finds. Nothing is stored. Each page is made anew.", about_lists.playlist,
         shape(GenerateOptions, "playlist", more={"seeds": (_TRACKS, ()), **_pages(_SOME)}, make=dict),
         "playlist", ("picks",), _SOME),
    Tool("check", "read", "Judge a list, stored or given: how well it mixes, where it is weak, and what would help.",
         about_lists.check, shape(CheckOptions, "check", more={**_LISTED, **_pages(_SOME)}, make=dict),
         "playlist-check", ("entries", "transitions"), _SOME),
    Tool("order", "read", "Put the tracks of a list, stored or given, in the order that mixes best. Nothing is stored.",
         about_lists.order, shape(OrderOptions, "order", more={**_LISTED, **_pages(_SOME)}, make=dict),
         "playlist", ("picks", "ids"), _SOME),
    Tool("lists", "read", "Name the playlists stored in the library.",
         about_lists.lists, _takes("lists", **_pages(_SOME)), "stored-lists", ("lists",), _SOME),
    Tool("show_list", "read", "Show the tracks of a stored playlist.", about_lists.show_list,
         _takes("show_list", name=_NAME, **_pages(_SOME)), "playlist", ("picks", "ids"), _SOME),
    Tool("stats", "read", "Count tracks and hours, and how tempo, keys, energy, genres, years and more are spread.",
         about_library.stats, _takes("stats", **_OF_QUERY, **_pages(_SOME)), "stats", ("genres",), _SOME),
    Tool("doctor", "read", "Say what looks wrong with tracks: tempo or key in doubt, damaged or missing files, tags "
         "that contradict each other; with the command that helps, for the person to run.", about_library.doctor,
         _takes("doctor", **_OF_QUERY, only=(_ONLY, []), **_pages(_FEW)), "doctor", ("findings",), _FEW),
    Tool("duplicates", "read", "Find files that hold the same recording, which copy to keep, and why. Nothing is "
         "moved.", about_library.duplicates,
         shape(DuplicateOptions, "duplicates", more=_pages(_FEW), make=dict), "duplicates", ("groups",), _FEW),
    Tool("set_values", "own", "Set tempo, key, energy, rating, comment and names (artist, title, album, genre, "
         "label, year) of tracks in the library, or unset them. Files are not changed.",
         about_tracks.set_values,
         shape(ValueEdit, "set_values", more={"tracks": (_TRACKS, ...), "dry_run": (_DRY_RUN, False)}, make=dict),
         "set"),
    Tool("save_list", "own", "Store a playlist in the library under a name.", about_lists.save_list,
         _takes("save_list", name=_NAME, tracks=(_TRACKS, ...), replace=(_REPLACE, False)), "stored-list"),
)  # fmt: skip
_TOOL_OF = {tool.name: tool for tool in TOOLS}


def answered(
    settings: McpSettings, library: Library, question: tuple[str, Mapping[str, Any]], progress: Progress
) -> Answer:
    """What a tool answers, which tells meanwhile how much of its work is done."""
    name, given = question
    return _TOOL_OF[name].answered(_as_it_may_now(library), given, settings, _in_hundredths(progress))


def _in_hundredths(progress: Progress) -> Progress:
    """Tells a hundred steps at most, each more than the one before, as clients expect."""
    last = last_share = 0

    def tell(done: int, total: int) -> None:
        nonlocal last, last_share
        if total and done > last and (share := 100 * done // total) > last_share:
            last, last_share = done, share
            progress(done, total)

    return tell


def _as_it_may_now(library: Library) -> Library:
    """The library as its account uses it by now: an assistant talks for days."""
    actor = library.actor
    if not actor.has_account:
        return library
    account = library.acting_as(LOCAL).accounts.find(actor.id)
    if account is None:
        raise NotAllowedError(f"the account {actor.name} was removed; start 'map4 mcp' as another")
    return library.acting_as(account.actor(actor.scopes))
