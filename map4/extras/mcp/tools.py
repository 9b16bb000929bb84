"""The tools of an assistant: each queries the library once and returns the command's JSON record and a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from map4.core.base.actor import LOCAL
from map4.core.base.declaration import load
from map4.core.base.declarations import in_order
from map4.core.base.stability import reported_to
from map4.core.base.tool import Tool, ToolCall
from map4.core.store.place import Progress
from map4.errors import NotAllowedError
from map4.extras.mcp.answers import Answer, McpSettings, in_page, place_of
from map4.extras.mcp.arguments import PAGED, READERS
from map4.library import Library

TOOLS: tuple[Tool, ...] = tuple(
    tool for declared in in_order(lambda each: each.tools) for tool in load(declared.target)
)
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
    account = library.acting_as(LOCAL).accounts.find(actor.id)
    if account is None:
        raise NotAllowedError(f"the account {actor.name} was removed; restart 'map4 mcp' with another account")
    return library.acting_as(account.actor(actor.scopes))
