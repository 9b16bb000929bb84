"""What an extra can observe of a running server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from map4.jobs import Job
from map4.server.route import Route


class Observer:
    """Hears of requests, answers and jobs; each method does nothing here. For one event loop, but for `heard`."""

    def count(self, route: Route, status: int, seconds: float, parts: Mapping[str, Any]) -> None:
        """A request was answered.

        parts: the parts of the address that are named in the route's path
        """

    def answer(self, source: str) -> None:
        """An answer that can be kept was "made", "kept", "shared" by another server, or "known" to the client."""

    def seen(self, account: int | None) -> None:
        """An account made a request; 0 is the user of this machine, None an unknown caller."""

    def heard(self, job: Job, what: str, value: Any) -> None:
        """A job reported something, or reached another state. From any thread."""


class Observers(Observer):
    """Hands everything on to each observer."""

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

    def heard(self, job: Job, what: str, value: Any) -> None:
        for observer in self.all:
            observer.heard(job, what, value)
