"""The tools of an assistant: each queries the library once and returns the command's JSON record and a text.

Its arguments have a shape, and their values name things in the library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from map4.core.base.actor import Actor
from map4.core.base.paths import display_path
from map4.core.base.stability import reported_to
from map4.core.base.tool import Tool, ToolCall
from map4.core.music.track.track import Track
from map4.core.store.library_ref import Progress
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.extras.mcp.answers import Answer, McpSettings, in_page, place_of
from map4.library import Library
from map4.scan import expand_files
from map4.server.bodies import BodyShape

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
        return BodyShape.plain(tool.name, dict, **members)
    return BodyShape.of(tool.options, tool.name, more=members, make=dict)


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


TOOLS = Tool.declared()
_TOOL_OF = {tool.name: tool for tool in TOOLS}


def answered(
    settings: McpSettings, library: Library, question: tuple[str, Mapping[str, Any]], progress: Progress
) -> Answer:
    """Run a tool, with progress reports."""
    tool, given, library = _TOOL_OF[question[0]], question[1], _as_it_may_now(library)
    own = tool.arguments
    call = ToolCall(
        given={name: READERS[own[name].reads](library, value) for name, value in given.items() if name in own},
        options={name: value for name, value in given.items() if name not in own and name not in PAGED},
        workers={"jobs": settings.jobs, "timeout_s": settings.timeout_s},
        config=settings.config,
        progress=_throttled(progress),
        start=place_of(given.get("after")),
        limit=given.get("limit", tool.usual),
    )
    warnings: list[str] = []
    with reported_to(lambda deprecation, name, _: warnings.append(deprecation.text(name))):
        answer = in_page(tool, tool.answer(library, call), call.start, call.limit)
    return replace(answer, text="\n".join([*warnings, answer.text]))


def _throttled(progress: Progress) -> Progress:
    """Throttle progress to at most a hundred increasing steps, as clients expect."""
    last = last_share = 0

    def report(done: int, total: int) -> None:
        nonlocal last, last_share
        if total and done > last and (share := 100 * done // total) > last_share:
            last, last_share = done, share
            progress(done, total)

    return report


def _as_it_may_now(library: Library) -> Library:
    """The library with the account's current rights: a session may last for days."""
    actor = library.actor
    if not actor.has_account:
        return library
    account = library.acting_as(Actor.LOCAL).accounts.find(actor.id)
    if account is None:
        raise NotAllowedError(f"the account {actor.name} was removed; restart 'map4 mcp' with another account")
    return library.acting_as(account.actor(actor.scopes))
