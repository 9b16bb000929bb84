"""Counts for rate limits, in this process or in storage shared with other servers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from map4.server.sharing import Sharing

T = TypeVar("T")

MOST_WINDOWS = 100_000
"""Maximum number of windows per limit, about 30 MB; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most an amount in each time window.

    name: names it in responses; limits of different names count apart
    """

    name: str
    amount: int
    lasts_s: int

    def key_for(self, who: str) -> str:
        """The key of a caller's count."""
        return f"{self.name}/{who}/{self.amount}/{self.lasts_s}"


@dataclass(slots=True)
class Window:
    """The count in a time window that began with its first event.

    until: its end, by `time.monotonic`
    """

    count: int
    until: float

    @property
    def left_s(self) -> float:
        """Seconds until its end."""
        return max(0.0, self.until - time.monotonic())


class BoundedMemory:
    """A bounded number of windows by key.

    The memory storage of `limits` is unbounded, and its thread scans all keys up to a hundred times a second.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def window(self, key: str) -> Window | None:
        """The current window; None if there is none."""
        window = self._windows.get(key)
        return window if window is not None and window.until > time.monotonic() else None

    def put(self, key: str, window: Window) -> Window:
        """Store a window, replacing the previous one."""
        self._windows[key] = window
        self._windows.move_to_end(key)
        while len(self._windows) > MOST_WINDOWS:
            self._windows.popitem(last=False)
        return window

    def add(self, key: str, lasts_s: float, amount: int) -> Window:
        """Count in the current window, or start a new one."""
        window = self.window(key) or self.put(key, Window(0, time.monotonic() + lasts_s))
        window.count += amount
        return window

    def forget(self, key: str) -> None:
        """Reset the count."""
        self._windows.pop(key, None)


class Counts:
    """Counts of limits. For one event loop.

    sharing: shared storage of several servers; while it is unavailable, each server counts on its own
    """

    def __init__(self, sharing: Sharing | None = None) -> None:
        self._here: dict[str, BoundedMemory] = {}
        self._sharing = sharing
        self._shared = None if sharing is None else sharing.counting

    @property
    def is_single(self) -> bool:
        """Whether this server counts on its own because the shared storage is unavailable."""
        return self._sharing is not None and self._sharing.is_away

    async def add(self, limit: RateLimit, who: str, amount: int = 1) -> Window:
        """Count and return the window with the new count; a negative amount gives back."""
        key, here, expiry = limit.key_for(who), self._memory(limit), limit.lasts_s
        if self._shared is not None:
            known = here.window(key)
            if known is not None and known.count >= limit.amount and amount > 0:
                return Window(known.count + amount, known.until)  # no need to ask the shared storage
            count = await self._shared_answer(partial(self._shared.incr, key, expiry, amount))
            if count is not None:
                return await self._noted(here, key, count, begins_s=expiry if count == amount else None)
        window = here.add(key, expiry, amount)
        return Window(window.count, window.until)

    async def look(self, limit: RateLimit, who: str) -> Window:
        """The current window, without counting."""
        key, here = limit.key_for(who), self._memory(limit)
        if self._shared is not None:
            count = await self._shared_answer(partial(self._shared.get, key))
            if count:
                return await self._noted(here, key, count)
            if count == 0:
                return Window(0, 0.0)
        return here.window(key) or Window(0, 0.0)

    async def forget(self, limit: RateLimit, who: str) -> None:
        """Reset the count."""
        key = limit.key_for(who)
        self._memory(limit).forget(key)
        if self._shared is not None:
            await self._shared_answer(partial(self._shared.clear, key))

    def _memory(self, limit: RateLimit) -> BoundedMemory:
        """The memory of a limit; each has its own, so that one can't displace another."""
        return self._here.get(limit.name) or self._here.setdefault(limit.name, BoundedMemory())

    async def _noted(self, here: BoundedMemory, key: str, count: int, begins_s: float | None = None) -> Window:
        """Mirror a shared count here, to query its expiry only once and to continue if the storage fails.

        begins_s: the length in seconds of a window that has just begun
        """
        known = here.window(key)
        if begins_s is None and known is not None and count >= known.count:
            known.count = count
            return Window(count, known.until)
        left_s = begins_s
        if left_s is None:
            assert self._shared is not None
            expiry = await self._shared_answer(partial(self._shared.get_expiry, key))
            left_s = 0.0 if expiry is None else expiry - time.time()
        until = time.monotonic() + left_s
        here.put(key, Window(count, until))
        return Window(count, until)

    async def _shared_answer(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The answer of the shared storage; None while it is unavailable."""
        return None if self._sharing is None else await self._sharing.ask(ask)
