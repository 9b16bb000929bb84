"""What shows that one is somebody: tokens of programs, passwords of devices, sessions and log-ins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from map4.app.accounts.accounts import utc_now
from map4.domain.actor import Actor, needing
from map4.ports.store.store import Store


@needing({"admin": "library_id"})
class Credentials:
    """What shows that one is somebody."""

    def __init__(self, store: Store, *, now: Callable[[], datetime] = utc_now) -> None:
        self._store, self._now = store, now

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._store.actor

    def library_id(self) -> str:
        """What is the library's own, in the tokens and cookies that are for it alone."""
        return self._store.accounts.library_id()
