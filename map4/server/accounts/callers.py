"""Who makes a request, where a library has accounts, and where it has none."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

from starlette.requests import HTTPConnection

from map4.domain.actor import LOCAL
from map4.library import Library
from map4.server.admission import Caller
from map4.server.kept import Once
from map4.server.libraries import Libraries
from map4.server.settings import ServerSettings

T = TypeVar("T")

_MOST_KNOWN = 10_000
"""Of answers about credentials, right and wrong ones."""


class Callers:
    """Says who makes a request. For one event loop.

    What the library says of credentials is kept until it changes, so that it is not asked again for each request; and
    what is removed there holds no longer, by whomever it was removed.
    """

    def __init__(self, settings: ServerSettings, libraries: Libraries) -> None:
        self._settings, self._libraries = settings, libraries
        self._state = ""
        self._known: dict[Hashable, object] = {}
        self._once = Once()

    async def __call__(self, connection: HTTPConnection) -> Caller | None:
        """Who asks for a route; None where that can't be told."""
        return None if await self.has_accounts() else self._without_accounts()

    async def of_player(self, connection: HTTPConnection, parameters: Mapping[str, Sequence[str]]) -> Caller | None:
        """Who asks for a method of OpenSubsonic: no cookie shows that."""
        return None if await self.has_accounts() else self._without_accounts()

    async def has_accounts(self) -> bool:
        """Whether there is anybody who could log in."""
        return await self._found("accounts", lambda library: library.accounts.any())

    def _without_accounts(self) -> Caller | None:
        return Caller(actor=LOCAL) if self._settings.is_for_this_machine else None

    async def _found(self, key: Hashable, ask: Callable[[Library], T]) -> T:
        """What the library says of it, or said since it was changed last."""
        state = self._libraries.state()
        if state != self._state or len(self._known) > _MOST_KNOWN:
            self._state, self._known = state, {}
        known = self._known
        if key not in known:
            known[key] = await self._once.get((state, key), lambda: self._libraries.ask(ask, LOCAL, queue="quick"))
        return known[key]  # type: ignore[return-value]
