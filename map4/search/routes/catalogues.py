"""The catalogue of artists and albums that music players browse, shared by all protocols that speak to them."""

from __future__ import annotations

import time

from map4.base.actor import LOCAL
from map4.music.query.parser import parse_query
from map4.search.catalogue import Catalogue
from map4.server.kept import Once
from map4.server.libraries import Libraries

_REST, _LONGEST_REST_S = 20, 30.0
"""A catalogue holds for so many times as long as it took to make: in a scan, the library changes all the time."""


_OF_CATALOGUE = parse_query("sort:year")
"""Asks for what can be set that a catalogue tells."""


class Catalogues:
    """The catalogue of a server's library, made anew a little after that has changed; no thread waits for it.

    It holds nothing that is a person's, and so is the same for all. For one event loop.
    """

    def __init__(self, libraries: Libraries) -> None:
        self._libraries = libraries
        self._kept: Catalogue | None = None
        self._state, self._until = "", 0.0
        self._once = Once()

    async def kept(self) -> Catalogue | None:
        """The catalogue of the library as it is, or was a moment ago; None where there is none yet."""
        is_true = time.monotonic() < self._until or self._state == await self._word()
        return self._kept if is_true else None

    async def made(self) -> Catalogue:
        """The same, made where there is none; once for all who ask meanwhile."""
        if (kept := await self.kept()) is not None:
            return kept
        return await self._once.get(None, self._make)

    async def _word(self) -> str:
        """Changes with what stands in a catalogue: ratings do not."""
        return await self._libraries.looked(lambda: self._libraries.changes.word_for(_OF_CATALOGUE))

    async def _make(self) -> Catalogue:
        began, state = time.monotonic(), await self._word()
        found: Catalogue = await self._libraries.ask(lambda library: library.tracks.catalogue(), LOCAL, queue="long")
        now = time.monotonic()
        self._kept, self._state, self._until = found, state, now + min(_LONGEST_REST_S, _REST * (now - began))
        return found
