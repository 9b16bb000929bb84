"""Counters and state of a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from map4.extras.monitoring.metrics import Metrics
from map4.extras.monitoring.reports import handling_errors
from map4.extras.monitoring.seen import Looking
from map4.server.context import ServerParts


class Monitoring:
    """Counters and state of a server."""

    def __init__(self, parts: ServerParts) -> None:
        self.metrics = Metrics(parts.routes)
        self.look = Looking(parts.libraries, parts.settings.library, self.metrics.active_accounts)

    @classmethod
    def of(cls, parts: ServerParts) -> Monitoring:
        """The server's instance."""
        return parts.of(Monitoring, lambda: cls(parts))


def observer_of(parts: ServerParts) -> Metrics:
    """The counters of a server."""
    return Monitoring.of(parts).metrics


@asynccontextmanager
async def errors_of(app: Starlette) -> AsyncIterator[None]:
    """Count logged errors while a server runs."""
    monitoring = Monitoring.of(app.state.context)
    with handling_errors(lambda record: monitoring.metrics.error(record.name)):
        yield
