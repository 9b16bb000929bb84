"""The route of the metrics, and the counters of a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from map4.errors import Map4Error
from map4.extras.monitoring.metrics import Metrics
from map4.extras.monitoring.reports import handling_errors
from map4.extras.monitoring.seen import Looking
from map4.server.context import ServerParts
from map4.server.route import Route


async def _metrics(request: Request) -> Response:
    monitoring = Monitoring.of(request.app.state.context)
    try:
        seen = await monitoring.look()
    except Map4Error:  # the counters show the problem
        seen = None
    return Response(monitoring.metrics.text(seen), media_type=monitoring.metrics.media_type)


ROUTES = (
    Route("GET", "/metrics", "metrics", "Metrics in Prometheus' text format.",
          is_root=True, is_logged=False, endpoint=_metrics, media_type="text/plain"),
)  # fmt: skip


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
