"""Caches of responses and values."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sized
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Sized)
T = TypeVar("T")

MOST_CACHED_BYTES = 16_000_000
"""Maximum size of cached responses."""
_OF_AN_ENTRY = 64  # overhead of an entry


class SizedLru(Generic[Key, Value]):
    """Thread-safe LRU cache bounded by total size; a value of another state is absent, and then replaced."""

    def __init__(self, most: int) -> None:
        self._most, self._size = most, 0
        self._cached: OrderedDict[Key, tuple[str, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, state: str = "") -> Value | None:
        with self._lock:
            if key in self._cached:
                self._cached.move_to_end(key)
            known, value = self._cached.get(key, (state, None))
            return value if known == state else None

    def put(self, key: Key, value: Value, state: str = "") -> None:
        with self._lock:
            if key in self._cached:
                self._size -= _OF_AN_ENTRY + len(self._cached.pop(key)[1])
            self._cached[key] = state, value
            self._size += _OF_AN_ENTRY + len(value)
            while self._size > self._most:
                self._size -= _OF_AN_ENTRY + len(self._cached.popitem(last=False)[1][1])


class SingleFlight:
    """Coalesces identical concurrent requests. For one event loop."""

    def __init__(self) -> None:
        self._coming: dict[Hashable, asyncio.Future[Any]] = {}
        self._waiting = Counter[asyncio.Future[Any]]()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The result of `make`, shared with concurrent callers of the same key; cancelled if all have gone."""
        if key not in self._coming:
            # A separate task, so that one cancelled caller does not cancel it for the others.
            self._coming[key] = asyncio.ensure_future(make())
        coming = self._coming[key]
        self._waiting[coming] += 1
        try:
            answer: T = await asyncio.shield(coming)
            return answer
        finally:
            self._waiting[coming] -= 1
            if not self._waiting[coming]:
                del self._coming[key], self._waiting[coming]
                coming.cancel()  # does nothing if it is done


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A cached response.

    source: "made" by this server, or "shared" by another
    """

    etag: str
    body: bytes
    source: Literal["made", "shared"] = "made"

    def __len__(self) -> int:
        return len(self.body)


class Answers:
    """Cached responses by library state and request. For one event loop.

    count: called per look-up with "kept" for a hit, or else the source
    """

    def __init__(self, count: Callable[[str], object]) -> None:
        self._count = count
        self._cached = SizedLru[str, CachedAnswer](MOST_CACHED_BYTES)
        self._once = SingleFlight()

    async def get(self, key: str, make: Callable[[], Awaitable[CachedAnswer]]) -> CachedAnswer:
        async def made() -> CachedAnswer:
            self._cached.put(key, answer := await make())
            return answer

        cached = self._cached.get(key)
        answer = await self._once.get(key, made) if cached is None else cached
        self._count(answer.source if cached is None else "kept")
        return answer
