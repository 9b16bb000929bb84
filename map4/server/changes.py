"""Word that something changed, in the library or of its jobs, for all in a server who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette

from map4.errors import Map4Error

_LOOK_S = 0.1
"""How long what another process stored may lie unseen."""


class Changes:
    """Wakes who waits for a change. For one event loop; `tell` is for any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._asked: dict[Any, asyncio.Future[Any]] = {}
        self.is_over = False
        self.known_end: str | None = None
        """Where events end, until the next change."""

    def tell(self) -> None:
        with suppress(RuntimeError):  # the loop may have ended first
            self._loop.call_soon_threadsafe(self._wake)

    def end(self) -> None:
        """Say that nothing will change any more: the server ends."""
        self.is_over = True
        self.tell()

    def mark(self) -> asyncio.Event:
        """What is set at the next change; to be taken before one looks at how things are."""
        return self._event

    async def once(self, question: Any, ask: Callable[[], Any]) -> Any:
        """An answer that is the same for all who ask until the next change; an error is that of this time alone."""
        asked = self._asked.get(question)
        if asked is None or (asked.done() and (asked.cancelled() or asked.exception())):
            asked = self._asked[question] = asyncio.ensure_future(ask())
        return await asyncio.shield(asked)

    async def look(self, state: Callable[[], str]) -> None:
        """Tell whenever the library's state is another, by whomever it was changed."""
        known = ""
        while True:
            with suppress(Map4Error):  # its drive may come back
                if (word := state()) != known:
                    known = word
                    self._wake()
            await asyncio.sleep(_LOOK_S)

    def _wake(self) -> None:
        self._event.set()
        self._event, self._asked, self.known_end = asyncio.Event(), {}, None


async def wait(mark: asyncio.Event, timeout_s: float) -> bool:
    """Wait for a change; gives whether there was one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await mark.wait()
    return mark.is_set()


@asynccontextmanager
async def changes_of(app: Starlette) -> AsyncIterator[Changes]:
    """Let those who follow what happens wait for changes, as long as the server runs."""
    changes = app.state.changes = Changes()
    looking = asyncio.ensure_future(changes.look(app.state.context.libraries.state))
    try:
        yield changes
    finally:
        looking.cancel()
        changes.end()
