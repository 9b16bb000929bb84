"""What Prometheus reads: how often and how long was answered, and the library's files by state. No name is in it."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.process_collector import ProcessCollector

from map4.version import __version__

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one server."""

    media_type = "text/plain; version=0.0.4"

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter(
            "map4_requests", "Requests that were answered.", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "map4_request_seconds", "How long answers took.", labels, buckets=_SECONDS, registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        Info("map4", "The version of map4.", registry=self._registry).info({"version": __version__})
        self._files = Gauge("map4_files", "Files of the library.", ("state",), registry=self._registry)
        self._waiting = Gauge("map4_waiting", "Requests that wait for a thread.", ("queue",), registry=self._registry)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; `route` as it stands in the table, so that there are no more of them than routes."""
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, states: Mapping[str, float], waiting: Mapping[str, float]) -> bytes:
        """All of it, in Prometheus' text format, with the files by state, and what waits by queue."""
        for gauge, values in ((self._files, states), (self._waiting, waiting)):
            gauge.clear()
            for name, value in values.items():
                gauge.labels(name).set(value)
        return generate_latest(self._registry)
