"""The route of the metrics."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from map4.errors import Map4Error
from map4.extras.monitoring.service import Monitoring
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
