"""What several servers of one library count and keep together; an extra provides the place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol, TypeVar

from map4.store.place import SharedState

T = TypeVar("T")

Shared = Literal["search", "filter", "stats"]
"""What an answer is of: a search, the values that a filter of tracks has, figures of the library."""


class Counting(Protocol):
    """Windows of time in which something is counted, by key; see `limits.aio.storage.Storage`."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int: ...
    async def get(self, key: str) -> int: ...
    async def get_expiry(self, key: str) -> float: ...
    async def clear(self, key: str) -> None: ...


class AnswerSlot(Protocol):
    """Where one answer of one state of the library lies, or may."""

    async def get(self) -> bytes | None: ...
    def put(self, answer: bytes) -> None: ...


class AnswerPool(Protocol):
    """Answers that any server of the library made."""

    async def place(self, subject: Shared, question: object) -> AnswerSlot | None: ...
    async def close(self) -> None: ...


class Sharing(Protocol):
    """A place that several servers share, which may go away and come back."""

    @property
    def is_away(self) -> bool: ...
    @property
    def counting(self) -> Counting: ...
    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What the place says; None while it does not answer."""

    def answers(self, state: Callable[[], Awaitable[SharedState | None]], alike: Any) -> AnswerPool:
        """Answers of the library in a state.

        alike: what else answers follow from: the versions and settings of the server
        """

    async def close(self) -> None: ...
