"""How often something happened, by whom: counted in this process, or in Redis together with other servers."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from limits import RateLimitItem

from map4.server.sharing import Sharing

T = TypeVar("T")

MOST_WINDOWS = 100_000
"""Of one limit in memory, some 30 MB; beyond it the oldest are forgotten."""


@dataclass(slots=True)
class Window:
    """What was counted in a span of time, which began with the first of it.

    until: its end, as `time.monotonic` tells
    """

    count: int
    until: float

    @property
    def left_s(self) -> float:
        """Seconds to its end."""
        return max(0.0, self.until - time.monotonic())


class BoundedMemory:
    """Windows by key, whose number has an end.

    The memory of `limits` has none, and a thread of it looks through all keys up to a hundred times a second.
    """

    def __init__(self) -> None:
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def window(self, key: str) -> Window | None:
        """The window that runs; None where none does."""
        found = self._windows.get(key)
        return found if found is not None and found.until > time.monotonic() else None

    def put(self, key: str, window: Window) -> Window:
        """Keep a window in the place of another."""
        self._windows[key] = window
        self._windows.move_to_end(key)
        while len(self._windows) > MOST_WINDOWS:
            self._windows.popitem(last=False)
        return window

    def add(self, key: str, lasts_s: float, amount: int) -> Window:
        """Count in the window that runs, or in one that begins now."""
        found = self.window(key) or self.put(key, Window(0, time.monotonic() + lasts_s))
        found.count += amount
        return found

    def forget(self, key: str) -> None:
        """Count from nothing again."""
        self._windows.pop(key, None)


class Counts:
    """Counts of limits. For one event loop.

    redis: where servers count together; while it does not answer, each counts for itself
    """

    def __init__(self, redis: Sharing | None = None) -> None:
        self._here: dict[str, BoundedMemory] = {}
        self._redis = redis
        self._shared = None if redis is None else redis.counting

    @property
    def is_alone(self) -> bool:
        """Whether this server counts for itself though it was to count with others."""
        return self._redis is not None and self._redis.is_away

    async def add(self, item: RateLimitItem, who: str, amount: int = 1) -> Window:
        """Count; gives what was counted by then, this included. Less than nothing gives back."""
        key, here, expiry = item.key_for(who), self._memory(item), item.get_expiry()
        if self._shared is not None:
            known = here.window(key)
            if known is not None and known.count >= item.amount and amount > 0:
                return Window(known.count + amount, known.until)  # it need not be asked
            count = await self._asked(partial(self._shared.incr, key, expiry, amount))
            if count is not None:
                return await self._noted(here, key, count, begins_s=expiry if count == amount else None)
        window = here.add(key, expiry, amount)
        return Window(window.count, window.until)

    async def look(self, item: RateLimitItem, who: str) -> Window:
        """What was counted."""
        key, here = item.key_for(who), self._memory(item)
        if self._shared is not None:
            count = await self._asked(partial(self._shared.get, key))
            if count:
                return await self._noted(here, key, count)
            if count == 0:
                return Window(0, 0.0)
        return here.window(key) or Window(0, 0.0)

    async def forget(self, item: RateLimitItem, who: str) -> None:
        """Count from nothing again."""
        key = item.key_for(who)
        self._memory(item).forget(key)
        if self._shared is not None:
            await self._asked(partial(self._shared.clear, key))

    def _memory(self, item: RateLimitItem) -> BoundedMemory:
        """Of each limit one: who fills that of another makes it forget nothing."""
        return self._here.get(item.namespace) or self._here.setdefault(item.namespace, BoundedMemory())

    async def _noted(self, here: BoundedMemory, key: str, count: int, begins_s: float | None = None) -> Window:
        """What Redis counted, kept here too: until when is asked once, and where Redis dies, it goes on from there.

        begins_s: the length of a window that has just begun
        """
        known = here.window(key)
        if begins_s is None and known is not None and count >= known.count:
            known.count = count
            return Window(count, known.until)
        left_s = begins_s
        if left_s is None:
            assert self._shared is not None
            expiry = await self._asked(partial(self._shared.get_expiry, key))
            left_s = 0.0 if expiry is None else expiry - time.time()
        until = time.monotonic() + left_s
        here.put(key, Window(count, until))
        return Window(count, until)

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What Redis says; None as long as it does not answer."""
        return None if self._redis is None else await self._redis.ask(ask)
