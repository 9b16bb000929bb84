"""What Prometheus reads: how often and how long was answered, and the library's files by state. No name is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector

from map4.version import __version__

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one server; what the library holds is looked up when it is asked for."""

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
        self._now: Mapping[str, Mapping[str, float]] = {}
        self._registry.register(self)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer.

        Parameters
        ----------
        route : as it stands in the table, so that there are no more of them than routes
        """
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self, states: Mapping[str, float], waiting: Mapping[str, float]) -> bytes:
        """All of it, in Prometheus' text format.

        Parameters
        ----------
        states : files of the library by state
        waiting : requests that wait for a thread, by lane
        """
        self._now = {"states": states, "waiting": waiting}
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Any]:
        """What the registry asks for at each look."""
        version = GaugeMetricFamily("map4_info", "The version of map4.", labels=["version"])
        version.add_metric([__version__], 1.0)
        yield version
        for name, label, told in (
            ("states", "state", "Files of the library."),
            ("waiting", "lane", "Requests that wait for a thread."),
        ):
            family = GaugeMetricFamily(f"map4_{'files' if name == 'states' else 'waiting'}", told, labels=[label])
            for value, count in self._now.get(name, {}).items():
                family.add_metric([value], count)
            yield family
