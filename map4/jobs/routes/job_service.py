"""The job runner of a server, and its notifications."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette

from map4.jobs.records import Job
from map4.jobs.runner import RunnerOptions
from map4.server.changes import changes_of
from map4.server.observer import Observer

log = logging.getLogger("map4.jobs")

_MISTAKE = "internal"
"""Error kind of a bug in map4."""
_REPORTED = ("begun", "completed", "failed", "cancelled", "retried")


def _observe(observer: Observer, job: Job, what: str, value: Any) -> None:
    """Pass a job's reports to the observer, and log its status changes without names of files."""
    observer.on_event(job, what, value)
    if what in _REPORTED:
        details = {"job": job.id, "kind": job.kind, "status": what, "account": job.asked_by.id}
        if what in ("failed", "retried") and isinstance(value, Mapping):
            details["error_kind"] = value.get("kind", "")
        level = logging.ERROR if details.get("error_kind") == _MISTAKE else logging.INFO
        log.log(level, "%s %s %s", job.id, job.kind, what, extra=details)


@asynccontextmanager
async def jobs_of(app: Starlette, *, command: Sequence[str] | None = None) -> AsyncIterator[None]:
    """Run the jobs of a server's library while the server runs.

    command: command of a job's process
    """
    context = app.state.context
    settings = context.settings
    async with changes_of(app) as changes:
        with settings.open_library() as library:
            runner = library.jobs.runner(
                RunnerOptions(
                    usual={**settings.machines, "jobs": settings.jobs, "timeout_s": settings.timeout_s},
                    exclude=settings.exclude,
                    music=settings.music,
                    scans_new=settings.scans_new,
                    rescan_s=settings.rescan_s,
                    config=settings.config,
                    on_change=changes.notify,
                    on_event=partial(_observe, context.observers),
                    command=command,
                )
            )
        runner.start()
        if context.libraries.notifies:
            changes.on_write = runner.wake
        try:
            yield
        finally:
            # Joins a thread, which ends quickly; the server's lock belongs to this thread.
            runner.stop()
