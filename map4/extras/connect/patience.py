"""Ask a music server as often as helps: again after faults that pass, never the same write blindly twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from map4.base.asking.retry import Patience, wait_s
from map4.base.asking.service import Fault, FaultKind
from map4.extras.connect.connected import RemoteSong
from map4.extras.connect.server import MOST_SONGS_AT_ONCE, MusicServer, MusicServerError

T = TypeVar("T")

MOST_SONGS = 3_000_000
MOST_WAIT_S = 300.0
"""That faults of a server may cost one call in all."""


class PatientServer:
    """A music server, and how long it is waited for.

    wait: for so many seconds
    on_wait: is told of a fault, and how long it is waited
    """

    def __init__(
        self,
        server: MusicServer,
        *,
        wait: Callable[[float], object],
        on_wait: Callable[[Fault, float], object] = lambda fault, seconds: None,
    ) -> None:
        self.server, self._wait, self._on_wait = server, wait, on_wait
        self._lost_s, self._patience = 0.0, Patience(MOST_WAIT_S)

    def read(self, ask: Callable[[], T]) -> T:
        """Ask what changes nothing, again where that helps."""
        tries: dict[FaultKind, int] = {}
        while True:
            try:
                return ask()
            except MusicServerError as error:
                self.wait_after(error, tries)

    def wait_after(self, error: MusicServerError, tries: dict[FaultKind, int]) -> None:
        """Wait after a fault, of which `tries` counts how often each kind came; raises it where that does not help."""
        kind = error.fault.kind
        tries[kind] = tries.get(kind, 0) + 1
        seconds = wait_s(error.fault, tries[kind], random.random())
        if seconds is None or not self._patience.can_lose(self._lost_s, self._lost_s + seconds):
            raise error
        self._patience.lose(self._lost_s, self._lost_s + seconds)
        self._lost_s += seconds
        self._on_wait(error.fault, seconds)
        self._wait(seconds)

    def all_songs(self, on_read: Callable[[int], object]) -> Mapping[str, RemoteSong]:
        """All its songs, by id; a server that gives the same ones again and again is found out."""
        found: dict[str, RemoteSong] = {}
        first = 0
        while True:
            page = self.read(lambda start=first: self.server.songs(start, MOST_SONGS_AT_ONCE))  # type: ignore[misc]
            if not page:
                return found
            before = len(found)
            found.update((song.id, song) for song in page)
            if len(found) == before:
                raise _lie("gives the same songs again and again, so that its songs can't be read to their end")
            if len(found) > MOST_SONGS:
                raise _lie(f"gives more than {MOST_SONGS:,} songs, and no end of them")
            first += len(page)
            on_read(len(found))


def _lie(what: str) -> MusicServerError:
    return MusicServerError(Fault(kind="answer", message=f"the server {what}"))
