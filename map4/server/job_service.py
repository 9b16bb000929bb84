"""The jobs of a server: their runner, which tells all who follow them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from map4.app.jobs.runner import RunnerOptions
from map4.server.changes import changes_of


@asynccontextmanager
async def jobs_of(app: Starlette, *, command: Sequence[str] | None = None) -> AsyncIterator[None]:
    """Do the jobs of a server's library as long as the server runs; `command` is what does one."""
    context = app.state.context
    settings = context.settings
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
                    on_said=context.metrics.heard,
                    command=command,
                )
            )
        runner.start()
        try:
            yield
        finally:
            # Joins a thread, which ends within a moment; the lock of the server belongs to this one.
            runner.stop()
