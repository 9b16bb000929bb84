"""The Redis that several servers share, as long as it answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from limits.aio.storage import RedisStorage

from map4.errors import UsageError

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool, Redis

log = logging.getLogger("map4.server")

T = TypeVar("T")

PATIENCE_S = 0.5
"""Redis answers within a millisecond; one that takes so long is given up, by a request once."""
LOOK_S = 1.0
"""So often is looked whether it is back."""
_CONNECTIONS = 16


class SharedRedis:
    """A Redis that may go away and come back. For one event loop.

    address: its password is told nowhere
    """

    def __init__(self, address: str) -> None:
        from redis.asyncio import Redis
        from redis.exceptions import RedisError, ResponseError

        self.refused = ResponseError
        """What it says where it answers, but can't."""
        self._failures = (RedisError, OSError, TimeoutError)
        self.pool = _pool_of(address)
        self.client: Redis = Redis(connection_pool=self.pool)
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether it did not answer; nothing is asked of it until it does again."""
        return self._looking is not None

    @property
    def counting(self) -> RedisStorage:
        """Counts in this Redis."""
        # It is told no address: its errors would repeat that, with the password.
        options: dict[str, Any] = {"connection_pool": self.pool}
        return RedisStorage("async+redis://", implementation="redispy", key_prefix="map4", **options)

    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What it says; None as long as it does not answer."""
        if self.is_away:
            return None
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await ask()
        except self._failures as error:
            if self._looking is None:
                # Its words may hold its address, and so its password.
                log.warning("Redis does not answer (%s): this server counts and keeps answers for itself until it "
                            "does, and allows a third of the wrong log-ins",
                            type(error.__cause__ or error).__name__)  # fmt: skip
                self._looking = asyncio.ensure_future(self._look())
            return None

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            with suppress(*self._failures):
                async with asyncio.timeout(PATIENCE_S):
                    await self.client.ping()
                    break
        self._looking = None
        log.warning("Redis answers again: the servers count together, and share answers")

    async def close(self) -> None:
        """Let go of it."""
        if self._looking is not None:
            self._looking.cancel()
        await self.pool.aclose()


def _pool_of(address: str) -> BlockingConnectionPool:
    """Connections to the Redis of an address, none of which is opened yet."""
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    try:
        return BlockingConnectionPool.from_url(
            address,
            max_connections=_CONNECTIONS,
            timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            socket_timeout=PATIENCE_S,
            retry=Retry(NoBackoff(), 1),  # a connection that Redis had closed is opened again
        )
    except ValueError:
        raise UsageError(
            "serve.redis is no address of a Redis; write redis://localhost:6379, with a password "
            "redis://:PASSWORD@localhost:6379, or unix:///run/redis.sock"
        ) from None
