"""Shared arguments of tools for assistants, and their parsing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from msgspec import Meta

from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.music.track.track import Track, display_path
from map4.music.track.tracks import Tracks
from map4.scan import expand_files
from map4.server.bodies import BodyShape, plain_shape
from map4.server.tools.tool import PAGED, ToolCall, ToolResult

TRACKS = Annotated[
    list[str] | str, Meta(description="tracks, each an audio id, a path, or words of its artist and title")
]
TRACK = Annotated[str, Meta(description="an audio id, a path, or words of artist and title")]
LIST = Annotated[str | None, Meta(description="the name of a stored list")]
ENTRIES = Annotated[
    list[str] | str | None,
    Meta(description="instead of a stored list: tracks in order, each an audio id, a path, or words"),
]
QUERY = Annotated[
    str,
    Meta(
        description="tracks in map4's query language, such as 'genre:house bpm:120..126 key:~8A rating:4..'; "
        "empty means all"
    ),
]
REPLACE = Annotated[bool, Meta(description="replace a stored list of this name")]
DRY_RUN = Annotated[bool, Meta(description="only report what would change")]


def takes(name: str, /, **members: tuple[Any, Any]) -> BodyShape:
    return plain_shape(name, dict, **members)


def pages(usual: int) -> dict[str, tuple[Any, Any]]:
    return {**PAGED, "limit": (PAGED["limit"][0], usual)}


NAME = (str, ...)
FILES = {"files": (TRACKS, ...)}
OF_QUERY = {"query": (QUERY, "")}
LISTED: dict[str, tuple[Any, Any]] = {"list": (LIST, None), "tracks": (ENTRIES, None)}
FEW, SOME = 20, 100


def files_named(ask: ToolCall) -> Sequence[str]:
    """The given files; folders and playlists are expanded."""
    named = [track.path for track in ask.library.tracks.named(ask.given["files"])]
    files = list(dict.fromkeys(file for path in named for file in expand_files(path, ask.library.lists.read)))
    if not files:
        raise NothingFoundError(f"no audio files found in {', '.join(map(display_path, named))}")
    return files


def many(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def known_track(library: Library, name: str) -> Track:
    """A track to change or to store in a list; words are refused, since they may match another track."""
    [named] = library.tracks.named(name)
    if named.by == "words":
        raise UsageError(f"'{name}' is not an audio id or path; use the audio id or the path, here {named.path}")
    track = library.track(named.path)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; 'map4 scan' adds it")
    return track


def told_tracks(
    tracks: Iterable[Track], head: str, *, first: int, has_more: bool, is_error: bool = False
) -> ToolResult:
    shown = tuple(tracks)
    return ToolResult(
        record=Tracks(tracks=shown).to_record(), head=head, tracks=shown, first=first, has_more=has_more,
        is_error=is_error,
    )  # fmt: skip
