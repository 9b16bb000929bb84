"""Retry requests to a music server after transient faults; writes are never repeated blindly."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from map4.extras.connect.connected import RemoteSong
from map4.extras.connect.music_server import SubsonicServer
from map4.extras.connect.server import MOST_SONGS_AT_ONCE, MusicServerError
from map4.extras.shared.retry import Patience, wait_s
from map4.extras.shared.service import Fault, FaultKind

T = TypeVar("T")

MOST_SONGS, MOST_LETTERS = 3_000_000, 500_000_000
MOST_WAIT_S = 300.0  # limit of the total waiting time of a call


class PatientServer:
    """A music server with retries.

    wait: sleeps for a number of seconds
    on_wait: called with the fault and the waiting time
    """

    def __init__(
        self,
        server: SubsonicServer,
        *,
        wait: Callable[[float], object],
        on_wait: Callable[[Fault, float], object] = lambda fault, seconds: None,
    ) -> None:
        self.server, self._wait, self._on_wait = server, wait, on_wait
        self._lost_s, self._patience = 0.0, Patience(MOST_WAIT_S)

    def read(self, ask: Callable[[], T]) -> T:
        """Send a request that changes nothing, and repeat it after transient faults."""
        tries: dict[FaultKind, int] = {}
        while True:
            try:
                return ask()
            except MusicServerError as error:
                self.wait_after(error, tries)

    def wait_after(self, error: MusicServerError, tries: dict[FaultKind, int]) -> None:
        """Wait after a fault, or raise it if waiting does not help; `tries` counts the faults per kind."""
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
        """Return all songs by id; raise an error if the server repeats the same songs."""
        songs: dict[str, RemoteSong] = {}
        first = size = 0
        while True:
            page = self.read(lambda start=first: self.server.songs(start, MOST_SONGS_AT_ONCE))  # type: ignore[misc]
            if not page:
                return songs
            before = len(songs)
            songs.update((song.id, song) for song in page)
            if len(songs) == before:
                raise _lie("keeps returning the same songs, so the list never ends")
            size += sum(len(text or "") for song in page for text in (song.title, song.artist, song.album, song.path))
            if len(songs) > MOST_SONGS or size > MOST_LETTERS:
                raise _lie(f"returns more than {len(songs):,} songs without an end")
            first += len(page)
            on_read(len(songs))


def _lie(what: str) -> MusicServerError:
    return MusicServerError(Fault(kind="answer", message=f"the server {what}"))
