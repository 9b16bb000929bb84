"""The Redis shared by several servers, while it is available."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from map4.errors import UsageError

log = logging.getLogger("map4.server")

T = TypeVar("T")

PATIENCE_S = 0.5
"""Timeout; Redis usually answers within a millisecond. Only one request per outage waits for it."""
LOOK_S = 1.0
"""Interval of checks whether it is back."""
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
