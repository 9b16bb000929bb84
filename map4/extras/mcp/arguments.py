"""Arguments of tools: their shapes, and what their values name in the library."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from map4.core.base.paths import display_path
from map4.core.base.tool import Tool
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.scan import expand_files
from map4.server.bodies import BodyShape, plain_shape, shape

PAGED: dict[str, tuple[Any, Any]] = {
    "limit": (Annotated[int, Meta(description="maximum number of items in this answer", ge=1, le=200)], ...),
    "after": (Annotated[str | None, Meta(description="for the next page: `next` of the previous answer")], None),
}
"""Arguments of tools with paged answers."""


@cache
def shape_of(tool: Tool) -> BodyShape:
    """The shape of a tool's arguments, parsed to a dict of the given ones."""
    members = {
        name: (Annotated[own.hint, Meta(description=own.about)] if own.about else own.hint, own.default)
        for name, own in tool.arguments.items()
    }
    if tool.pages:
        members |= PAGED | {"limit": (PAGED["limit"][0], tool.usual)}
    if tool.options is None:
        return plain_shape(tool.name, dict, **members)
    return shape(tool.options, tool.name, more=members, make=dict)


def input_schema(tool: Tool) -> dict[str, Any]:
    whole: dict[str, Any] = msgspec.json.schema(shape_of(tool).struct)["$defs"][tool.name]
    for schema in whole["properties"].values():
        if schema.get("default", ...) is None:
            del schema["default"]
    return whole


def _files(library: Library, names: str | Sequence[str]) -> Sequence[str]:
    """The named files; folders and playlists are expanded."""
    named = [track.path for track in library.tracks.named(names)]
    files = list(dict.fromkeys(file for path in named for file in expand_files(path, library.lists.read)))
    if not files:
        raise NothingFoundError(f"no audio files found in {', '.join(map(display_path, named))}")
    return files


def _known(library: Library, names: str | Sequence[str]) -> Sequence[Track]:
    return [_known_track(library, name) for name in ([names] if isinstance(names, str) else names)]


def _known_track(library: Library, name: str) -> Track:
    """A track to change or to store in a list; words are refused, since they may match another track."""
    [named] = library.tracks.named(name)
    if named.by == "words":
        raise UsageError(f"'{name}' is not an audio id or path; use the audio id or the path, here {named.path}")
    track = library.track(named.path)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; 'map4 scan' adds it")
    return track


READERS = {"": lambda library, value: value, "files": _files, "known": _known}
"""What reads the given names, by `reads` of the argument."""
