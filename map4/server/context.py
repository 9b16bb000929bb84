"""State that routes and extras share in a running server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from map4.server.auth.callers import Callers
from map4.server.libraries import Libraries
from map4.server.limits import ServerLimits
from map4.server.route import Route
from map4.server.settings import ServerSettings

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ServerParts:
    """The settings and library of a server, and the authentication and limits of callers.

    made: objects of subjects, by class; see `of`
    """

    settings: ServerSettings
    callers: Callers
    limits: ServerLimits
    libraries: Libraries
    routes: tuple[Route, ...]
    made: dict[type, Any] = field(default_factory=dict)

    def of(self, kind: type[T], make: Callable[[], T]) -> T:
        """The single object of a class, made on first use and shared while the server runs."""
        if kind not in self.made:
            self.made[kind] = make()
        state: T = self.made[kind]
        return state
