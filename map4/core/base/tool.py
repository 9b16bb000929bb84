"""Tools for assistants, as subjects and extras declare them; an extra offers and runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Literal

from map4.core.base.actor import Scope
from map4.core.base.declaration import load
from map4.core.base.declarations import in_order

FEW, SOME = 20, 100
"""Usual numbers of items per answer: of long items, and of short ones."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool.

    hint: its type in JSON
    about: its description
    default: `...` makes it required
    reads: what the given names become: "files" are paths of audio files, with folders and playlists expanded; "known"
        are tracks of the library, without words, which may match another track
    """

    hint: Any
    about: str = ""
    default: Any = ...
    reads: Literal["", "files", "known"] = ""


_QUERY = "tracks in map4's query language, such as 'genre:house bpm:120..126 key:~8A rating:4..'; empty means all"
QUERY = Argument(str, _QUERY, "")
TRACK = Argument(str, "an audio id, a path, or words of artist and title")
TRACKS = Argument(list[str] | str, "tracks, each an audio id, a path, or words of its artist and title")
FILES, KNOWN = replace(TRACKS, reads="files"), replace(TRACKS, reads="known")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool.

    given, options: the given arguments of the tool, and those of its record of options
    workers: options of calls that analyse files
    config: settings by name
    progress: called with the number of finished steps and the total
    start, limit: the requested items of its answer
    """

    given: Mapping[str, Any]
    options: Mapping[str, Any]
    workers: Mapping[str, Any]
    config: Mapping[str, Any]
    progress: Callable[[int, int], object]
    start: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The result of a tool.

    record: the record of the command
    head: the first line of its text; "" is the lines of its tracks
    tracks: each `Track` in the record, shown on one line
    first: number of items skipped before those in the record
    has_more: whether more items follow
    counts_from: number of the first item, if the record refers to items by number
    """

    record: Mapping[str, Any]
    head: str = ""
    tracks: Iterable[Any] = ()
    first: int = 0
    has_more: bool = False
    counts_from: int = 1
    is_error: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """A tool for assistants.

    about: its description
    answer: makes the call of the `Library`
    kind: kind of its record
    arguments: its own arguments, by name
    options: the record whose options are arguments, too
    pages: the member of the record that is paged, and members parallel to it
    usual: default number of items per answer
    """

    name: str
    needs: Scope
    about: str
    answer: Callable[[Any, ToolCall], ToolResult]
    kind: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    options: type | None = None
    pages: Sequence[str] = ()
    usual: int = FEW

    @property
    def writes(self) -> bool:
        return self.needs != "read"

    @staticmethod
    def declared() -> tuple[Tool, ...]:
        """All tools of subjects and extras."""
        return tuple(
            tool
            for each in in_order(lambda declaration: declaration.tools)
            for tool in (load(each.target) if ":" in each.target else vars(import_module(each.target)).values())
            if isinstance(tool, Tool)
        )


def tool(
    needs: Scope, about: str, kind: str, *more: Any, **by_name: Any
) -> Callable[[Callable[..., ToolResult]], Tool]:
    """Make a function the tool of its name; `more` is as of `Tool`, from its arguments on."""
    return lambda answer: Tool(answer.__name__, needs, about, answer, kind, *more, **by_name)
