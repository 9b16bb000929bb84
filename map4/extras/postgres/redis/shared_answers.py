"""A Redis cache of expensive answers, shared by all servers of a library."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from operator import methodcaller
from typing import Any, TypeVar

import msgspec
from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from map4.core.store.library_ref import SharedState
from map4.errors import UsageError
from map4.server.sharing import Shared

log = logging.getLogger("map4.server")

T = TypeVar("T")

PATIENCE_S = 0.5  # Timeout; Redis usually answers within a millisecond. Only one request per outage waits for it.
LOOK_S = 1.0  # interval of checks whether it is back
_CONNECTIONS = 16
_FAILURES = (RedisError, OSError, TimeoutError)


class SharedRedis:
    """A Redis that may become unavailable and return; for one event loop.

    address: its password never appears in output
    """

    def __init__(self, address: str) -> None:
        self.pool = _pool_of(address)
        self.client: Redis = Redis(connection_pool=self.pool)
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """True after a failure, until it answers again; no requests are sent meanwhile."""
        return self._looking is not None

    @property
    def counting(self) -> RedisStorage:
        """Storage for counters in this Redis."""
        # created without the address, which its errors would repeat with the password
        options: dict[str, Any] = {"connection_pool": self.pool}
        return RedisStorage("async+redis://", implementation="redispy", key_prefix="map4", **options)

    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Run a call; None while Redis is unavailable."""
        if self.is_away:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await ask()
        except _FAILURES as error:
            if self._looking is None:
                # the message may contain the address with the password
                log.warning("Redis does not answer (%s): until it does, this server counts and caches on its own, "
                            "and allows a third of the wrong log-ins",
                            type(error.__cause__ or error).__name__)  # fmt: skip
                self._looking = asyncio.ensure_future(self._look())
            return None

    async def _look(self) -> None:
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                with suppress(*_FAILURES):
                    async with asyncio.timeout(PATIENCE_S):
                        await self.client.ping()
                        break
        finally:  # after an unforeseen error, the next request tries again
            self._looking = None
        log.warning("Redis answers again: the servers share counters and answers")

    async def close(self) -> None:
        """Close the connections."""
        if self._looking is not None:
            self._looking.cancel()
        await self.pool.aclose()


def _pool_of(address: str) -> BlockingConnectionPool:
    """A pool for a Redis address, with no connection opened yet."""
    try:
        return BlockingConnectionPool.from_url(
            address,
            max_connections=_CONNECTIONS,
            timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            socket_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 1),  # reconnect if Redis closed an idle connection
        )
    except ValueError:
        raise UsageError(
            "serve.redis is not a valid Redis address; use redis://localhost:6379, with a password "
            "redis://:PASSWORD@localhost:6379, or unix:///run/redis.sock"
        ) from None


EXPIRY_S: dict[Shared, int] = {"search": 3600, "filter": 3600, "stats": 300}
MOST_BYTES = 1_000_000  # size limit of an answer; longer ones would delay counters
SWEPT_EVERY_S = 60.0
_AT_ONCE = 1000


class _Lying(msgspec.Struct, forbid_unknown_fields=True):
    """A cached answer with its key, which guards against values from elsewhere."""

    key: str
    answer: msgspec.Raw


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Place of an answer for a state of the library."""

    answers: SharedAnswers
    key: str
    lasts_s: int

    async def get(self) -> bytes | None:
        """The answer; None if it is missing or invalid."""
        content = await self.answers.call(lambda redis: redis.get(self.key))
        try:
            lying = msgspec.json.decode(content or b"", type=_Lying)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None
        return bytes(lying.answer) if lying.key == self.key else None

    def put(self, answer: bytes) -> None:
        """Store the answer in the background, unless it is too long."""
        if len(answer) <= MOST_BYTES:
            lying = msgspec.json.encode(_Lying(self.key, msgspec.Raw(answer)))
            self.answers.begin(self.answers.call(lambda redis: redis.set(self.key, lying, ex=self.lasts_s)))


class SharedAnswers:
    """Answers of a library; for one event loop.

    state: returns the library and its state
    alike: other inputs of answers: versions and settings of the server
    """

    def __init__(self, redis: SharedRedis, state: Callable[[], Awaitable[SharedState | None]], alike: object) -> None:
        self._redis, self._state, self._alike = redis, state, alike
        self._begun = set[asyncio.Task[Any]]()
        self._swept: tuple[SharedState | None, float] = None, -SWEPT_EVERY_S

    async def place(self, subject: Shared, question: object) -> AnswerPlace | None:
        """Return the place of an answer to a caller's question; None while there is none."""
        if self._redis.is_away or (state := await self._state()) is None:
            return None
        swept, at = self._swept
        if state != swept and time.monotonic() - at >= SWEPT_EVERY_S:
            self._swept = state, time.monotonic()
            self.begin(self._sweep(state))
        digest = hashlib.blake2b(repr((self._alike, question)).encode(errors="replace"), digest_size=16).hexdigest()
        return AnswerPlace(self, f"map4:{subject}:{digest}:{state.library}:{state.state}", EXPIRY_S[subject])

    async def call(self, call: Callable[[Any], Any]) -> Any:
        """Run a Redis call; None if Redis refuses or is away."""

        async def guarded() -> Any:
            with suppress(ResponseError):  # Redis is full, or the key has another type
                return await call(self._redis.client)

        return await self._redis.ask(guarded)

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run work in the background."""
        task = asyncio.ensure_future(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def close(self) -> None:
        """Cancel background work."""
        for task in list(self._begun):
            task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)

    async def _sweep(self, state: SharedState) -> None:
        cursor: Any = None
        while cursor != 0:
            scan = methodcaller("scan", cursor or 0, match=f"map4:*:{state.library}:*", count=_AT_ONCE)
            if (scanned := await self.call(scan)) is None:
                return
            cursor, keys = scanned
            if gone := [key for key in keys if not key.endswith(f":{state.state}".encode())]:
                await self.call(methodcaller("unlink", *gone))


class RedisSharing(SharedRedis):
    """A Redis for shared counters and answers."""

    def answers(self, state: Callable[[], Awaitable[SharedState | None]], alike: object) -> SharedAnswers:
        """Answers in this Redis; see `SharedAnswers`."""
        return SharedAnswers(self, state, alike)
