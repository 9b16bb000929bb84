"""Counts and cached responses shared by several servers of a library; an extra provides the storage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeVar

from map4.core.store.library_ref import SharedState

T = TypeVar("T")

Shared = Literal["search", "filter", "stats"]
"""Categories of shared responses: searches, filter values, library statistics."""


class Counting(Protocol):
    """Counts per time window, by key; see `limits.aio.storage.Storage`."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int: ...
    async def get(self, key: str) -> int: ...
    async def get_expiry(self, key: str) -> float: ...
    async def clear(self, key: str) -> None: ...


class AnswerSlot(Protocol):
    """The place of one response for one library state."""

    async def get(self) -> bytes | None: ...
    def put(self, answer: bytes) -> None: ...


class AnswerPool(Protocol):
    """Responses made by any server of the library."""

    async def place(self, subject: Shared, question: object) -> AnswerSlot | None: ...
    async def close(self) -> None: ...


class Sharing(Protocol):
    """A storage shared by several servers; may be temporarily unavailable."""

    @property
    def is_away(self) -> bool: ...
    @property
    def counting(self) -> Counting: ...
    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The result of `ask`; None while the storage is unavailable."""

    def answers(self, state: Callable[[], Awaitable[SharedState | None]], alike: Any) -> AnswerPool:
        """The responses for a state of the library.

        alike: everything else they depend on: versions and settings of the server
        """

    async def close(self) -> None: ...
