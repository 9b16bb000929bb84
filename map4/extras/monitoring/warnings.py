"""Checks the state of a server periodically, and warns in the log, over HTTP, and to an address."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from starlette.applications import Starlette

from map4.base.loops import repeat_async
from map4.base.records import Moment, Record
from map4.base.text import utc_text
from map4.extras.monitoring.metrics import Metrics
from map4.extras.monitoring.notify import Notify, notifier
from map4.extras.monitoring.reports import handling_errors
from map4.extras.monitoring.seen import Looking, open_jobs
from map4.extras.monitoring.warning_rules import WARNING_NAMES, Condition, Warned, WarningName, WarningRules
from map4.server.context import ServerParts

log = logging.getLogger("map4.warnings")

LOOK_S = 15.0


class ServerWarning(Record):
    """An active warning.

    since: when it began
    message: for people
    """

    name: WarningName
    since: Moment
    message: str


class ServerWarnings(Record, kind="warnings"):
    """Active warnings of a server (`GET /api/v1/warnings`); empty if there are none."""

    warnings: tuple[ServerWarning, ...]


class Warnings:
    """Warnings of a server; for one event loop.

    notify: sends a warning to the configured address; None if there is none
    clock: returns monotonic seconds; now: returns seconds since 1970
    """

    def __init__(
        self,
        metrics: Metrics,
        condition: Callable[[], Awaitable[Condition]],
        *,
        notify: Notify | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._metrics, self._condition, self._notify, self._now = metrics, condition, notify, now
        self._rules = WarningRules(clock)
        self._current: dict[WarningName, ServerWarning] = {}
        self._sending: set[asyncio.Future[None]] = set()
        for name in WARNING_NAMES:
            metrics.warning(name, False)

    async def look(self) -> Sequence[Warned]:
        """Check the server, and report warnings that begin or end."""
        warned = self._rules.look(await self._condition())
        for warning in warned:
            self._metrics.warning(warning.name, warning.is_on)
            log.warning(
                "%s: %s", "warning" if warning.is_on else "over", warning.message, extra={"warning": warning.name}
            )
            if warning.is_on:
                since = utc_text(datetime.fromtimestamp(self._now(), UTC))
                self._current[warning.name] = ServerWarning(name=warning.name, since=since, message=warning.message)
            else:
                del self._current[warning.name]
            if self._notify is not None:
                sending = asyncio.ensure_future(self._notify(warning))
                self._sending.add(sending)
                sending.add_done_callback(self._sending.discard)
        return warned

    def current(self) -> ServerWarnings:
        """The active warnings."""
        return ServerWarnings(warnings=tuple(self._current.values()))

    async def watch(self) -> None:
        """Check periodically."""

        async def turn() -> None:
            await asyncio.sleep(LOOK_S)  # sleep first: whoever starts the server sees its state anyway
            await self.look()

        await repeat_async("warnings", turn)


async def condition_of(looking: Looking, metrics: Metrics) -> Condition:
    """The current state of a server."""
    jobs, waiting, disks = await looking.for_warnings()
    return Condition(
        totals=metrics.totals(),
        quiet_s=metrics.quiet_s(),
        jobs_due=jobs.due,
        requests_waiting=sum(waiting.values()),
        jobs_open=open_jobs(jobs),
        disk_used=max((disk.used for disk in disks.values()), default=0.0),
    )


class Monitoring:
    """Counters, state and warnings of a server."""

    def __init__(self, parts: ServerParts) -> None:
        settings = parts.settings
        self.metrics = Metrics(parts.routes)
        self.look = Looking(parts.libraries, settings.library, self.metrics.active_accounts)
        address = settings.config.get("serve.notify")
        notify = notifier(address) if address else None
        self.warnings = Warnings(self.metrics, partial(condition_of, self.look, self.metrics), notify=notify)

    @classmethod
    def of(cls, parts: ServerParts) -> Monitoring:
        """The server's instance."""
        return parts.of(Monitoring, lambda: cls(parts))


def observer_of(parts: ServerParts) -> Metrics:
    """The counters of a server."""
    return Monitoring.of(parts).metrics


@asynccontextmanager
async def warnings_of(app: Starlette) -> AsyncIterator[None]:
    """Check for warnings and count logged errors while a server runs."""
    monitoring = Monitoring.of(app.state.context)
    with handling_errors(lambda record: monitoring.metrics.error(record.name)):
        watching = asyncio.ensure_future(monitoring.warnings.watch())
        try:
            yield
        finally:
            watching.cancel()
