"""Hooks for extras to observe a running server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from map4.server.route import Route


class Observer:
    """Callbacks for requests, responses and jobs, which do nothing here. For one event loop, except `on_event`."""

    def count(self, route: Route, status: int, seconds: float, parts: Mapping[str, Any]) -> None:
        """A request was answered.

        parts: the path parameters of the route
        """

    def answer(self, source: str) -> None:
        """A cacheable response was "made", "kept" (cached), "shared" by another server, or "known" to the client."""

    def seen(self, account: int | None) -> None:
        """An account made a request; 0 is local use, None an unknown caller."""

    def on_event(self, job: Any, what: str, value: Any) -> None:
        """A `map4.jobs.Job` reported something or changed its state. From any thread."""


class Observers(Observer):
    """Forwards all calls to each observer."""

    def __init__(self) -> None:
        self.all: list[Observer] = []

    def count(self, route: Route, status: int, seconds: float, parts: Mapping[str, Any]) -> None:
        for observer in self.all:
            observer.count(route, status, seconds, parts)

    def answer(self, source: str) -> None:
        for observer in self.all:
            observer.answer(source)

    def seen(self, account: int | None) -> None:
        for observer in self.all:
            observer.seen(account)

    def on_event(self, job: Any, what: str, value: Any) -> None:
        for observer in self.all:
            observer.on_event(job, what, value)
