"""The jobs of a server: their runner, and the word to all who follow them that something changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.applications import Starlette

from map4.app.jobs.runner import RunnerOptions


class JobChanges:
    """Wakes who waits for a change of any job. For one event loop; `tell` is for any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._asked: dict[Any, asyncio.Future[Any]] = {}
        self.is_over = False

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
        """An answer that is the same for all who ask until the next change."""
        if question not in self._asked:
            self._asked[question] = asyncio.ensure_future(ask())
        return await asyncio.shield(self._asked[question])

    def _wake(self) -> None:
        self._event.set()
        self._event, self._asked = asyncio.Event(), {}


async def wait(mark: asyncio.Event, timeout_s: float) -> bool:
    """Wait for a change; gives whether there was one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await mark.wait()
    return mark.is_set()


@asynccontextmanager
async def changes_of(app: Starlette) -> AsyncIterator[JobChanges]:
    """Let those who follow jobs wait for changes, as long as the server runs."""
    changes = app.state.job_changes = JobChanges()
    try:
        yield changes
    finally:
        changes.end()


@asynccontextmanager
async def jobs_of(app: Starlette, *, command: Sequence[str] | None = None) -> AsyncIterator[None]:
    """Do the jobs of a server's library as long as the server runs; `command` is what does one."""
    settings = app.state.context.settings
    async with changes_of(app) as changes:
        with settings.open_library() as library:
            runner = library.jobs.runner(
                RunnerOptions(
                    usual={"jobs": settings.jobs, "timeout_s": settings.timeout_s},
                    exclude=settings.exclude,
                    music=settings.music,
                    rescan_s=settings.rescan_s,
                    providers=settings.providers,
                    on_change=changes.tell,
                    command=command,
                )
            )
        runner.start()
        try:
            yield
        finally:
            # Joins a thread, which ends within a moment; the lock of the server belongs to this one.
            runner.stop()
