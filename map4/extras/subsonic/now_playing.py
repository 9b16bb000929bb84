"""What players report as playing now, kept only in the server's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_HOLDS_S = 1_800.0  # a report expires after this time, as in the protocol
_MOST_PLAYERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """Address of a track, and the seconds since the player's report."""

    track: str
    since_s: float


class NowPlaying:
    """Reports by person and player; thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._players: dict[int, dict[str, tuple[str, float]]] = {}

    def report(self, person: int, player: str, track: str | None) -> None:
        """Record what a player plays; None means stopped."""
        with self._lock:
            players = self._players.setdefault(person, {})
            players.pop(player, None)
            if track is not None:
                players[player] = (track, self._clock())
            for old in [*players][:-_MOST_PLAYERS]:
                del players[old]
            if not players:
                del self._players[person]

    def of(self, person: int) -> Sequence[tuple[str, Playing]]:
        """Current tracks of a person's players, latest report first."""
        with self._lock:
            players = [*self._players.get(person, {}).items()]
        now = self._clock()
        return [
            (player, Playing(track=track, since_s=now - at))
            for player, (track, at) in reversed(players)
            if now - at < _HOLDS_S
        ]
