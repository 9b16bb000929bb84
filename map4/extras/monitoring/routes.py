"""The route of the metrics, and the counters of a running server."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.process_collector import ProcessCollector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from map4.errors import Map4Error
from map4.extras.monitoring.reports import handling_errors
from map4.extras.monitoring.seen import Looking, Seen, SeenCollector
from map4.formats import Exporters
from map4.jobs import Job
from map4.server.context import ServerParts
from map4.server.observer import Observer
from map4.server.route import Route
from map4.version import __version__

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOB_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 12 * 3600.0, 24 * 3600.0, 72 * 3600.0)
_COMPONENTS = {"map4.server": "server", "map4.jobs": "jobs", "uvicorn.error": "http"}
_OTHER = "other"  # label for anything unlisted, such as a plug-in's format
_FIRST_VIEW = "browse"  # the view at the root
_DAY_S = 86400.0
_COMMAND = re.compile("as `map4 ([a-z][a-z -]*?)(?: [A-Z-].*)?`")


class Metrics(Observer):
    """Counters of a server since its start. `on_event` and `error` are thread-safe, the rest is for one event loop.

    The label `route` is the path in the route table, so there are no more values than routes.
    """

    media_type = "text/plain; version=0.0.4"

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._registry = registry = CollectorRegistry()
        labels = ("method", "route")
        self._requests = Counter("map4_requests", "Answered requests.", (*labels, "status"), registry=registry)
        self._seconds = Histogram(
            "map4_request_seconds", "Response times.", labels, buckets=_SECONDS, registry=registry
        )
        self._commands = Counter("map4_commands", "Requests by equivalent command.", ("command",), registry=registry)
        self._views = Counter("map4_views", "Opened views of the page.", ("view",), registry=registry)
        self._answers = Counter(
            "map4_answers", "Cacheable answers: made, kept, shared by another server, or known to the client.",
            ("source",), registry=registry,
        )  # fmt: skip
        self._errors = Counter("map4_errors", "Errors in the log.", ("component",), registry=registry)
        self._files = Counter("map4_job_files", "Files processed by jobs.", ("outcome",), registry=registry)
        self._lookups = Counter("map4_lookups", "Files looked up by jobs.", ("outcome",), registry=registry)
        self._jobs = Counter("map4_jobs_finished", "Finished jobs.", ("kind", "status"), registry=registry)
        self._job_seconds = Histogram(
            "map4_job_seconds", "Run times of jobs.", ("kind",), buckets=_JOB_SECONDS, registry=registry
        )
        self._exports = Counter("map4_exports", "Written exports.", ("format",), registry=registry)
        self._progress = Gauge(
            "map4_last_progress_timestamp_seconds", "Time of the last progress of any job.", registry=registry
        )
        ProcessCollector(registry=registry)
        Info("map4", "The version of map4.", registry=registry).info({"version": __version__})
        self._command_of = {(route.method, route.path): command for route in routes if (command := _command_of(route))}
        self._formats = frozenset(Exporters.all())
        self._seen_accounts: dict[int, float] = {}
        for source in ("made", "kept", "shared", "known"):
            self._answers.labels(source)
        for component in (*_COMPONENTS.values(), _OTHER):
            self._errors.labels(component)
        for outcome in ("analysed", "known", "failed"):
            self._files.labels(outcome)
        for outcome in ("answered", "known", "failed"):
            self._lookups.labels(outcome)
        self.got_on()

    # ---- counters -----------------------------------------------------------------------------------

    def count(self, route: Route, status: int, seconds: float, parts: Mapping[str, Any]) -> None:
        """Count a response; `parts` are path parameters by name."""
        named = (route.method, route.path)
        self._requests.labels(*named, f"{status // 100}xx").inc()
        self._seconds.labels(*named).observe(seconds)
        if status >= 400:
            return
        if (command := self._command_of.get(named)) is not None:
            self._commands.labels(command).inc()
        if route.path == "/" or route.path.startswith("/{view"):
            self._views.labels(parts.get("view", _FIRST_VIEW)).inc()

    def answer(self, source: str) -> None:
        """Count a cacheable answer: "made", "kept", "shared" by another server, or "known" to the client."""
        self._answers.labels(source).inc()

    def seen(self, account: int | None) -> None:
        """Record that an account is active now; 0 is the local user."""
        if account:
            self._seen_accounts[account] = time.time()

    def active_accounts(self, others: Mapping[int, float]) -> int:
        """Number of accounts active in the last day; `others` contains the library's last-use times."""
        now = time.time()
        self._seen_accounts = {account: at for account, at in self._seen_accounts.items() if now - at < _DAY_S}
        return len(set(self._seen_accounts) | {account for account, at in others.items() if now - at < _DAY_S})

    def error(self, logger: str) -> None:
        """Count a logged error by logger."""
        self._errors.labels(_COMPONENTS.get(logger, _OTHER)).inc()

    def got_on(self) -> None:
        """Record that work progresses."""
        self._progress.set_to_current_time()

    def on_event(self, job: Job, what: str, value: Any) -> None:
        """Count an event of a job; a `RunnerOptions.on_event` callback."""
        if what in ("line", "progress"):
            self.got_on()
            if what == "line" and job.kind in ("scan", "analyze") and isinstance(value, Mapping):
                self._file(value)
            return
        if what not in ("completed", "failed", "cancelled", "retried"):
            return
        if job.kind == "lookup" and isinstance(value, Mapping):
            self._looked_up(value)
        if what != "retried":
            self.got_on()
            self._jobs.labels(job.kind, what).inc()
            if job.started_at is not None:
                started_s = datetime.fromisoformat(job.started_at).timestamp()
                self._job_seconds.labels(job.kind).observe(max(0.0, time.time() - started_s))
        if what == "completed" and job.kind == "export":
            named = job.options.get("to")
            self._exports.labels(named if named in self._formats else _OTHER).inc()

    def _file(self, line: Mapping[str, Any]) -> None:
        if "state" not in line:  # the summary
            return
        if line.get("error") is not None:
            self._files.labels("known" if line.get("change") == "known_failed" else "failed").inc()
        else:
            is_new = line.get("change", "known" if line.get("cached") else "analysed") == "analysed"
            self._files.labels("analysed" if is_new else "known").inc()

    def _looked_up(self, result: Mapping[str, Any]) -> None:
        """Count the result of a look-up job, or the error of a job whose provider stopped answering."""
        failures = result.get("failures") or ()
        counts = {
            "answered": result.get("answered") or sum(result.get(name, 0) for name in ("accepted", "review", "none")),
            "known": result.get("known", 0),
            "failed": result.get("failed") or len(failures),
        }
        for outcome, count in counts.items():
            self._lookups.labels(outcome).inc(count)

    # ---- output -------------------------------------------------------------------------------------

    def text(self, seen: Seen | None) -> bytes:
        """All metrics in Prometheus' text format, with the current state; None if the library is unreadable."""
        registry = CollectorRegistry()
        registry.register(SeenCollector(seen))
        return generate_latest(self._registry) + generate_latest(registry)


def _command_of(route: Route) -> str | None:
    match = _COMMAND.search(route.summary)
    return match and match[1]


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
