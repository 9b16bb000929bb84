"""How much anybody may ask in a time, counted by several servers together in a Redis."""

import asyncio
import logging
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from extras.postgres.redis_servers import PASSWORD, RedisServer, needs_redis, running_redis
from server.test_limits import API, WHO, status_of, who_asks
from servers import client_of

from map4.errors import UsageError
from map4.extras.postgres.redis import shared_redis
from map4.extras.postgres.redis.shared_redis import SharedRedis
from map4.server.counts import Counts, RateLimit
from map4.server.limits import LOG_INS, LogInLimits

pytestmark = pytest.mark.world

LIMIT = RateLimit("tried", 100, 60)


@asynccontextmanager
async def _servers(address: str, number: int) -> AsyncIterator[list[Counts]]:
    shared = [SharedRedis(address) for _ in range(number)]
    try:
        yield [Counts(one) for one in shared]
    finally:
        for one in shared:
            await one.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is there answers, also on a machine that has much else to do."""
    monkeypatch.setattr(shared_redis, "PATIENCE_S", 20.0)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@needs_redis
def test_servers_count_together_in_redis(redis: RedisServer) -> None:
    async def use_limits() -> None:
        async with _servers(redis.address, 3) as servers:

            async def allowed(server: Counts) -> int:
                return sum([(await server.add(LIMIT, "t-1")).count <= LIMIT.amount for _ in range(60)])

            began = time.monotonic()
            assert sum(await asyncio.gather(*map(allowed, servers))) == LIMIT.amount
            windows = [await one.look(LIMIT, "t-1") for one in servers]
            took_s = time.monotonic() - began
            assert [59 - took_s < one.left_s <= 60 for one in windows] == [True] * 3
            assert not any(one.is_single for one in servers)
            assert (await servers[0].look(LIMIT, "t-2")).count == 0
            await servers[0].add(LIMIT, "t-2", 80)
            await servers[1].add(LIMIT, "t-2", -30)
            assert (await servers[2].add(LIMIT, "t-2", 40)).count == 90
            await servers[2].forget(LIMIT, "t-2")
            assert (await servers[0].look(LIMIT, "t-2")).count == 0

    asyncio.run(use_limits())


@needs_redis
def test_two_servers_with_one_redis_allow_as_much_as_one(made: Path, tmp_path: Path, redis: RedisServer) -> None:
    other = Path(shutil.copy(made, tmp_path / "other.map4"))
    told = {"actor_of": who_asks, "requests_per_minute": 5, "config": {"serve.redis": redis.address}}
    with client_of(made, **told) as first, client_of(other, **told) as second:
        assert [status_of(one, "Bob") for one in (first, second) * 3] == [200] * 5 + [429]
        assert second.get(f"{API}/lists", headers={WHO: "Bob"}).headers["ratelimit"].startswith('"requests";r=0;t=')


@needs_redis
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_limits_without_redis(end: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(shared_redis, "LOOK_S", 0.02)
    caplog.set_level(logging.DEBUG, "map4.server")

    async def back(server: Counts) -> None:
        async with asyncio.timeout(20):
            while server.is_single:
                await asyncio.sleep(0.01)

    async def use_limits(redis: RedisServer) -> None:
        async with _servers(redis.address, 2) as (server, other):
            log_ins = LogInLimits(server)
            for _ in range(LOG_INS - 1):
                await log_ins.failed("Ann", "192.0.2.7")
            await server.add(LIMIT, "t-1", 90)
            await other.add(LIMIT, "t-1", 5)
            await server.add(LIMIT, "t-1")
            assert await log_ins.left("Ann", "192.0.2.7") == 0
            redis.signal(end)
            monkeypatch.setattr(shared_redis, "PATIENCE_S", 0.2)
            began = time.monotonic()
            after = await asyncio.gather(*(server.add(LIMIT, "t-1") for _ in range(5)))
            # It goes on from what it knows; all who asked then waited at once, and no other.
            assert sorted(one.count for one in after) == [97, 98, 99, 100, 101]
            others = [await server.add(LIMIT, f"of another {n}") for n in range(1_000)]
            assert time.monotonic() - began < 100 * shared_redis.PATIENCE_S  # not each of a thousand
            assert (server.is_single, {one.count for one in others}) == (True, {1})
            assert await log_ins.left("Ann", "192.0.2.7") > 0
            may = [await log_ins.left("Bob", "192.0.2.8") == 0]
            for _ in range(LOG_INS // 3):
                await log_ins.failed("Bob", "192.0.2.8")
                may.append(await log_ins.left("Bob", "192.0.2.8") == 0)
            assert may == [True, True, True, False]
            assert [one.levelno for one in caplog.records] == [logging.WARNING]
            redis.start() if end == signal.SIGKILL else redis.signal(signal.SIGCONT)
            monkeypatch.setattr(shared_redis, "PATIENCE_S", 20.0)
            await back(server)
            assert await log_ins.left("Bob", "192.0.2.8") == 0
            await server.add(LIMIT, "t-3", 7)
            await other.add(LIMIT, "t-4")
            await back(other)
            assert (await other.add(LIMIT, "t-3")).count == 8

    with running_redis() as redis:
        asyncio.run(use_limits(redis))
    assert caplog.records[0].getMessage().startswith("Redis does not answer (")
    assert PASSWORD not in caplog.text


@needs_redis
def test_redis_that_refuses_the_password_is_not_used(redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async def use_limits() -> Mapping[str, Any]:
        async with _servers(redis.address.replace(PASSWORD, "wrong-password"), 1) as [server]:
            return {"count": (await server.add(LIMIT, "t-9")).count, "is_single": server.is_single}

    assert asyncio.run(use_limits()) == {"count": 1, "is_single": True}
    assert "(AuthenticationError)" in caplog.text
    assert "wrong-password" not in caplog.text


@pytest.mark.parametrize("address", ["localhost:6379", "http://:secret-word@localhost", "redis://:secret-word@h:port"])
def test_invalid_redis_address_is_refused_and_not_printed(address: str) -> None:
    with pytest.raises(UsageError, match="use redis://localhost:6379") as refused:
        SharedRedis(address)
    assert "secret-word" not in str(refused.value)
