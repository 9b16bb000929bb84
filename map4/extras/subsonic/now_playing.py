"""What players say that they play at this moment; it is in the memory of the server alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_HOLDS_S = 1_800.0
"""A player that says nothing for so long plays no more; the protocol waits so long for word, too."""
_MOST_PLAYERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """track: its address; since_s: seconds since the player told."""

    track: str
    since_s: float


class NowPlaying:
    """By person and player; for any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._told: dict[int, dict[str, tuple[str, float]]] = {}

    def tell(self, person: int, player: str, track: str | None) -> None:
        """Note what a player plays; None where it has stopped."""
        with self._lock:
            told = self._told.setdefault(person, {})
            told.pop(player, None)
            if track is not None:
                told[player] = (track, self._clock())
            for old in [*told][:-_MOST_PLAYERS]:
                del told[old]
            if not told:
                del self._told[person]

    def of(self, person: int) -> Sequence[tuple[str, Playing]]:
        """What each of a person's players plays, that which told last first."""
        with self._lock:
            told = [*self._told.get(person, {}).items()]
        now = self._clock()
        return [
            (player, Playing(track=track, since_s=now - at))
            for player, (track, at) in reversed(told)
            if now - at < _HOLDS_S
        ]
