"""Notifies waiting requests of changes in the library or its jobs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette

from map4.core.base.loops import repeat
from map4.errors import Map4Error
from map4.server.caches import SingleFlight

if TYPE_CHECKING:
    from map4.server.libraries import Libraries

_LOOK_S = 0.1  # maximum delay in seconds before a change by another process is noticed
_END_S = 5.0
_MOST_ANSWERS = 100  # maximum number of answers that are cached until the next change; callers choose the questions


class Changes:
    """Wakes requests that wait for a change. For one event loop; `notify` works from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._answers: dict[Any, Any] = {}
        self._once = SingleFlight()
        self.is_over = False
        self.on_write: Callable[[], object] = bool
        """Called after any write, including to the jobs, if the store reports writes; in its own thread."""
        self.known_end: str | None = None
        """The end of the event log, until the next change."""

    def notify(self) -> None:
        with suppress(RuntimeError):  # the loop may already be closed
            self._loop.call_soon_threadsafe(self._wake)

    def end(self) -> None:
        """Wake all waiting requests for good, since the server is stopping."""
        self.is_over = True
        self.notify()

    def mark(self) -> asyncio.Event:
        """An event that is set at the next change; get it before reading the state."""
        return self._event

    async def once(self, question: Any, ask: Callable[[], Any]) -> Any:
        """Call `ask` once per question and change, and share its result; errors are not cached."""
        if len(self._answers) >= _MOST_ANSWERS:
            self._answers = {}
        answers = self._answers
        if question not in answers:
            answers[question] = await self._once.get((self._event, question), ask)
        return answers[question]

    def look(self, libraries: Libraries, is_ended: threading.Event, known: str) -> None:
        """Watch the library's state and report changes by any process; in its own thread.

        known: the state before the first request
        """

        def turn() -> None:
            nonlocal known
            if libraries.wait(_LOOK_S):
                if (word := libraries.state()) != known:
                    known = word
                    self.notify()
                self.on_write()

        repeat("changes", turn, is_ended, pause_s=_LOOK_S)

    @staticmethod
    async def wait(mark: asyncio.Event, timeout_s: float) -> bool:
        """Wait for a change; return whether there was one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await mark.wait()
        return mark.is_set()

    def _wake(self) -> None:
        self._event.set()
        self._event, self._answers, self.known_end = asyncio.Event(), {}, None


@asynccontextmanager
async def changes_of(app: Starlette) -> AsyncIterator[Changes]:
    """Provide `app.state.changes` while the server runs."""
    changes = app.state.changes = Changes()
    is_ended, known = threading.Event(), ""
    with suppress(Map4Error):
        known = await app.state.context.libraries.with_timeout(app.state.context.libraries.state)
    way = (app.state.context.libraries, is_ended, known)
    looking = threading.Thread(target=changes.look, args=way, name="map4-changes", daemon=True)
    looking.start()
    try:
        yield changes
    finally:
        is_ended.set()
        changes.end()
        await asyncio.to_thread(looking.join, _END_S)  # before its library is closed
