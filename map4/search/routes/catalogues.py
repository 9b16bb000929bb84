"""The catalogue of artists and albums, shared by all music player protocols."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from map4.core.base.actor import Actor
from map4.core.music.plays import Play
from map4.library import Library
from map4.search.catalogue import Catalogue
from map4.server.caches import SingleFlight
from map4.server.context import ServerParts
from map4.server.libraries import Libraries

_REST, _LONGEST_REST_S = 20, 30.0
"""A catalogue is reused for this multiple of its build time: during a scan, the library changes all the time."""
_APART = Play.FIELDS | {"bpm", "comment", "cues", "energy", "grid", "key", "label", "mark", "marked", "rated", "rating"}
"""Values, and events, that change no catalogue."""
_State = tuple[str, str, str]  # the library's state, a word without such values, and the last event


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
        self._made_at, self._until = ("", "", "0"), 0.0  # when made, or last found to be current
        self._once = SingleFlight()

    @classmethod
    def of(cls, context: ServerParts) -> Catalogues:
        """The catalogue that the routes of a server share."""
        return context.of(Catalogues, lambda: cls(context.libraries))

    async def cached(self) -> Catalogue | None:
        """The cached catalogue, current or slightly old; None if there is none."""
        is_true = time.monotonic() < self._until or (self._cached is not None and await self._is_current())
        return self._cached if is_true else None

    async def made(self) -> Catalogue:
        """Return the cached catalogue or build it; concurrent callers share a build."""
        cached = await self.cached()
        return await self._once.get(None, self._make) if cached is None else cached

    async def _is_current(self) -> bool:
        if await self._libraries.with_timeout(self._libraries.state) != self._made_at[0]:
            now, is_current = await self._libraries.ask_for_itself(partial(self._look, self._made_at))
            self._made_at = now if is_current else self._made_at
            return is_current
        return True

    def _look(self, then: _State, library: Library) -> tuple[_State, bool]:
        """The state now, and whether nothing that a catalogue contains has changed since; lists and stars don't."""
        word = partial(self._libraries.changes.word_without, _APART)
        state, now = self._libraries.state(), word()
        since = library.events.since(then[2], types=("tracks", "values"))
        is_apart = since.is_whole and all(event.what in _APART for event in since.events)
        return (state, now, since.through), is_apart or word() == then[1]

    async def _make(self) -> Catalogue:
        began, is_first = time.monotonic(), not self._made_at[0]  # the cache of later ones would soon be out of date
        made_at, _ = await self._libraries.ask_for_itself(partial(self._look, self._made_at))
        self._cached = None  # no longer current; two large ones need twice the memory
        catalogue: Catalogue = await self._libraries.ask(
            lambda library: library.tracks.catalogue(cached=is_first), Actor.LOCAL, queue="long"
        )
        now = time.monotonic()
        self._cached, self._made_at, self._until = catalogue, made_at, now + min(_LONGEST_REST_S, _REST * (now - began))
        return catalogue
