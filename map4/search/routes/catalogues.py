"""The catalogue of artists and albums, shared by all music player protocols."""

from __future__ import annotations

import time
from typing import Any

from map4.core.base.actor import Actor
from map4.core.music.query.parser import Query
from map4.search.catalogue import Catalogue
from map4.server.caches import SingleFlight
from map4.server.context import ServerParts
from map4.server.libraries import Libraries

_REST, _LONGEST_REST_S = 20, 30.0
"""A catalogue is reused for this multiple of its build time: during a scan, the library changes all the time."""
_OF_CATALOGUE = Query.parse("sort:year")  # a query on every settable value that a catalogue contains


async def prepare(context: Any) -> None:
    """Build the catalogue, which takes seconds for 100,000 tracks."""
    await Catalogues.of(context).made()


class Catalogues:
    """The catalogue of a server's library, rebuilt shortly after the library changes, without blocking a thread.

    It contains no personal data, so all accounts share it. For use in a single event loop.
    """

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries
        self._cached: Catalogue | None = None
        self._state, self._until = "", 0.0
        self._once = SingleFlight()

    @classmethod
    def of(cls, context: ServerParts) -> Catalogues:
        """The catalogue that the routes of a server share."""
        return context.of(Catalogues, lambda: cls(context.libraries))

    async def cached(self) -> Catalogue | None:
        """The cached catalogue, current or slightly old; None if there is none."""
        is_true = time.monotonic() < self._until or self._state == await self._word()
        return self._cached if is_true else None

    async def made(self) -> Catalogue:
        """Return the cached catalogue or build it; concurrent callers share a build."""
        cached = await self.cached()
        return await self._once.get(None, self._make) if cached is None else cached

    async def _word(self) -> str:
        """A word that changes with the catalogue's content; ratings don't change it."""
        return await self._libraries.with_timeout(lambda: self._libraries.changes.word_for(_OF_CATALOGUE))

    async def _make(self) -> Catalogue:
        began, state = time.monotonic(), await self._word()
        is_first = not self._state  # the cache of later ones would soon be out of date
        self._cached = None  # no longer current; two large ones need twice the memory
        catalogue: Catalogue = await self._libraries.ask(
            lambda library: library.tracks.catalogue(cached=is_first), Actor.LOCAL, queue="long"
        )
        now = time.monotonic()
        self._cached, self._state, self._until = catalogue, state, now + min(_LONGEST_REST_S, _REST * (now - began))
        return catalogue
