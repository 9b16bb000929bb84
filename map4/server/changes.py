"""Word that something changed, in the library or of its jobs, for all in a server who wait for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from map4.errors import Map4Error

if TYPE_CHECKING:
    from map4.server.libraries import Libraries

_LOOK_S = 0.1
"""How long what another process stored may lie unseen."""
_END_S = 5.0


class Changes:
    """Wakes who waits for a change. For one event loop; `tell` is for any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._asked: dict[Any, asyncio.Future[Any]] = {}
        self.is_over = False
        self.on_told: Callable[[], object] = bool
        """Called when anybody has written, also to the jobs, where that is told; in a thread of its own."""
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

    def look(self, libraries: Libraries, is_ended: threading.Event, known: str) -> None:
        """Tell whenever the library's state is another, by whomever it was changed; in a thread of its own.

        known: the state before anything was asked
        """
        while not is_ended.is_set():
            try:
                if libraries.wait(_LOOK_S):
                    if (word := libraries.state()) != known:
                        known = word
                        self.tell()
                    self.on_told()
            except Map4Error:  # its drive, or its server, may come back
                time.sleep(_LOOK_S)

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
    is_ended, known = threading.Event(), ""
    with suppress(Map4Error):
        known = await app.state.context.libraries.looked(app.state.context.libraries.state)
    way = (app.state.context.libraries, is_ended, known)
    looking = threading.Thread(target=changes.look, args=way, name="map4-changes", daemon=True)
    looking.start()
    try:
        yield changes
    finally:
        is_ended.set()
        changes.end()
        await asyncio.to_thread(looking.join, _END_S)  # before the library is closed that it looks at
