"""What several servers share in a Redis: counts of limits, and answers of a library in Postgres."""

import asyncio
import logging
import shutil
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from redis import Redis
from server.test_limits import API, WHO, status_of, who_asks
from servers import client_of
from starlette.testclient import TestClient
from waiting import wait_until

from map4.core.store.library_ref import SharedState
from map4.errors import UsageError
from map4.extras.postgres.redis import shared_answers
from map4.extras.postgres.redis.shared_answers import AnswerPlace, RedisSharing, SharedAnswers
from map4.library import Library
from map4.server.limits import LOG_INS, Counts, LogInLimits, RateLimit

pytestmark = pytest.mark.world

PASSWORD = "a-password-of-redis"
LIMIT = RateLimit("tried", 100, 60)
QUESTIONS = ("/search?q=bpm:1..", "/facets?fields=key", "/stats/library", "/stats/genres", "/stats/timeline", "/doctor",
             "/duplicates", "/map", "/map/values?name=bpm")  # fmt: skip


class RedisServer:
    """A Redis of a test's own that keeps nothing; it can be killed and started again."""

    def __init__(self, folder: str) -> None:
        self._path = Path(folder, "redis.sock")
        self.address = f"unix://{self._path}?password={PASSWORD}"

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self._path), "--requirepass", PASSWORD, "--save", ""]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        with Redis.from_url(self.address) as client:
            wait_until(lambda: self._path.exists() and client.ping(), limit_s=10)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)
        if number == signal.SIGKILL:
            self._process.wait()
            self._path.unlink(missing_ok=True)


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    if not shutil.which("redis-server"):
        pytest.skip("needs redis-server, which is not installed")
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(folder)
        server.start()
        yield server
        server.signal(signal.SIGKILL)


def _share(address: str, number: int, use: Callable[..., Awaitable[None]]) -> None:
    """Call a function with what servers have of one Redis."""

    async def run() -> None:
        servers = [RedisSharing(address) for _ in range(number)]
        await use(*servers)
        await asyncio.gather(*(server.close() for server in servers))

    asyncio.run(run())


def _answers(server: RedisSharing, library: str = "a1", state: str = "s1", alike: str = "1.0") -> SharedAnswers:
    async def current() -> SharedState:
        return SharedState(library, state)

    return server.answers(current, alike)


async def _place(answers: SharedAnswers, question: object = "bpm:1..", subject: Any = "search") -> AnswerPlace:
    place = await answers.place(subject, question)
    assert place is not None
    return place


async def _put(answers: SharedAnswers, place: AnswerPlace, answer: bytes) -> None:
    """Store an answer, and wait until it is there or refused."""
    place.put(answer)
    await asyncio.gather(*answers._begun)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is there answers, also on a machine that has much else to do."""
    monkeypatch.setattr(shared_answers, "PATIENCE_S", 20.0)


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(running: RedisServer) -> Iterator[Redis]:
    """A client of it; nothing is there when a test begins."""
    with Redis.from_url(running.address) as client:
        client.flushall()
        yield client


# ---- counts --------------------------------------------------------------------------------------


def test_servers_count_together(running: RedisServer) -> None:
    async def use(*sharing: RedisSharing) -> None:
        servers = [Counts(redis) for redis in sharing]

        async def allowed(server: Counts) -> int:
            return sum([(await server.add(LIMIT, "t-1")).count <= LIMIT.amount for _ in range(60)])

        began = time.monotonic()
        assert sum(await asyncio.gather(*map(allowed, servers))) == LIMIT.amount
        windows = [await server.look(LIMIT, "t-1") for server in servers]
        took_s = time.monotonic() - began
        assert [59 - took_s < window.left_s <= 60 for window in windows] == [True] * 3
        assert not any(server.is_single for server in servers)
        assert (await servers[0].look(LIMIT, "t-2")).count == 0
        await servers[0].add(LIMIT, "t-2", 80)
        await servers[1].add(LIMIT, "t-2", -30)
        assert (await servers[2].add(LIMIT, "t-2", 40)).count == 90
        await servers[2].forget(LIMIT, "t-2")
        assert (await servers[0].look(LIMIT, "t-2")).count == 0

    _share(running.address, 3, use)


def test_two_servers_with_one_redis_allow_as_much_as_one(made: Path, tmp_path: Path, running: RedisServer) -> None:
    other = Path(shutil.copy(made, tmp_path / "other.map4"))
    options = {"actor_of": who_asks, "requests_per_minute": 5, "config": {"serve.redis": running.address}}
    with client_of(made, **options) as first, client_of(other, **options) as second:
        assert [status_of(client, "Bob") for client in (first, second) * 3] == [200] * 5 + [429]
        assert second.get(f"{API}/lists", headers={WHO: "Bob"}).headers["ratelimit"].startswith('"requests";r=0;t=')


# ---- answers -------------------------------------------------------------------------------------


def test_answers_are_shared_for_one_question_version_and_state(
    running: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_answers, "SWEPT_EVERY_S", 0.0)

    async def use(first: RedisSharing, second: RedisSharing) -> None:
        own, other = _answers(first), _answers(second)
        places = {subject: await _place(own, subject=subject) for subject in shared_answers.EXPIRY_S}
        for subject, place in places.items():
            await _put(own, place, f'"{subject}"'.encode())
        lasts_s = {subject: round(redis.ttl(place.key), -2) for subject, place in places.items()}
        assert lasts_s == {"search": 3600, "filter": 3600, "stats": 300}
        assert [await (await _place(other, subject=subject)).get() for subject in places] == [
            f'"{subject}"'.encode() for subject in places
        ]
        elsewhere, newer = _answers(second, library="b1"), _answers(second, state="s2")
        misses = [(other, "bpm:2.."), (_answers(second, alike="1.1"), "bpm:1.."), (elsewhere, "bpm:1..")]
        assert [await (await _place(*miss)).get() for miss in misses] == [None] * 3
        await _put(elsewhere, foreign := await _place(elsewhere), b"1")
        redis.set("of:another:program", 1)
        place = await _place(newer)
        assert await place.get() is None
        await _put(newer, place, b"2")  # what is of the state before is removed, and nothing of others
        assert {*redis.scan_iter()} == {b"of:another:program", foreign.key.encode(), place.key.encode()}

    _share(running.address, 2, use)


def test_foreign_damaged_or_long_answers_are_misses(
    running: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(server: RedisSharing) -> None:
        answers = _answers(server)
        place = await _place(answers)
        await _put(answers, place, b'{"a":1}')
        lying = redis.get(place.key)
        assert isinstance(lying, bytes)
        junk = [b"", b"\xff\xfe", b"junk", b"[]", b"{}", b"null", lying[:-9], lying + b"x", b"\x80\x04\x95K\x05.",
                lying.replace(b"search", b"filter", 1), lying.replace(b"answer", b"other")]  # fmt: skip
        for value in junk:
            redis.set(place.key, value)
            assert await place.get() is None, value
        redis.delete(place.key)
        redis.lpush(place.key, 1)
        assert await place.get() is None
        redis.delete(place.key)
        redis.config_set("maxmemory", 1)  # it is full
        try:
            await _put(answers, place, b'{"a":1}')
        finally:
            redis.config_set("maxmemory", 0)
        monkeypatch.setattr(shared_answers, "MOST_BYTES", 6)
        await _put(answers, place, b'{"a":1}')
        assert (await place.get(), redis.dbsize(), server.is_away) == (None, 0, False)
        await _put(answers, place, b'{"a":')
        assert redis.dbsize() == 1

    _share(running.address, 1, use)


def _get(client: TestClient, question: str, who: str = "Ann") -> tuple[str, Any]:
    """Where an answer came from, and what it is."""

    def sources() -> dict[str, str]:
        lines = client.get("/metrics").text.splitlines()
        return dict(line.split() for line in lines if line.startswith("map4_answers_total{"))

    before = sources()
    answer = client.get(API + question, headers={WHO: who})
    assert answer.status_code == 200, answer.text
    [source] = [name.split('"')[1] for name, count in sources().items() if count != before[name]]
    return source, answer.json()


@needs_postgres
def test_servers_share_answers_per_account_until_the_library_changes(
    made_once: Path, postgres: PostgresServer, running: RedisServer, redis: Redis
) -> None:
    made = postgres.database()
    options = {"config": {"serve.redis": running.address}, "actor_of": who_asks, "requests_per_minute": 0}
    Library.care.copy(made_once, made)
    with client_of(made) as client:  # some write what they worked out
        assert [client.get(API + question).status_code for question in QUESTIONS] == [200] * len(QUESTIONS)
    with client_of(made, **options) as first, client_of(made, **options) as second:
        for number, question in enumerate(QUESTIONS, 1):
            source, answer = _get(first, question)
            assert source == "made"
            wait_until(lambda number=number: redis.dbsize() == number)
            assert [_get(second, question) for _ in range(2)] == [("shared", answer), ("kept", answer)]
        assert [_get(second, question, "Bob")[0] for question in QUESTIONS] == ["made"] * len(QUESTIONS)
        [track] = first.get(f"{API}/tracks?limit=1").json()["ids"]
        assert first.put(f"{API}/tracks/{track}", json={"year": 1901}).status_code == 200
        source, answer = _get(second, "/search?q=year:1901")
        assert (source, len(answer["tracks"])) == ("made", 1)
        assert [_get(second, question)[0] for question in QUESTIONS[:3]] == ["made"] * 3
        with Library.open(made) as library:  # by no server
            library.set([next(iter(library.search("is:ok"))).path], year=1902)
        assert [_get(client, "/search?q=year:1902")[1]["ids"] for client in (first, second)] == [[track]] * 2
        assert _get(first, "/search?q=year:1901")[1]["ids"] == []


# ---- a Redis that fails --------------------------------------------------------------------------


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_servers_count_and_cache_separately_until_redis_is_back(
    end: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_answers, "LOOK_S", 0.02)
    caplog.set_level(logging.DEBUG, "map4.server")

    async def back(server: Counts) -> None:
        async with asyncio.timeout(20):
            while server.is_single:
                await asyncio.sleep(0.01)

    async def use(sharing: RedisSharing, other_sharing: RedisSharing) -> None:
        server, other, answers = Counts(sharing), Counts(other_sharing), _answers(sharing)
        place = await _place(answers)
        await _put(answers, place, b"1")
        log_ins = LogInLimits(server)
        for _ in range(LOG_INS - 1):
            await log_ins.failed("Ann", "192.0.2.7")
        await server.add(LIMIT, "t-1", 90)
        await other.add(LIMIT, "t-1", 5)
        await server.add(LIMIT, "t-1")
        assert await log_ins.left("Ann", "192.0.2.7") == 0
        redis.signal(end)
        monkeypatch.setattr(shared_answers, "PATIENCE_S", 0.2)
        began = time.monotonic()
        after = await asyncio.gather(*(server.add(LIMIT, "t-1") for _ in range(5)))
        # It goes on from what it knows; all who asked then waited at once, and no other.
        assert sorted(window.count for window in after) == [97, 98, 99, 100, 101]
        others = [await server.add(LIMIT, f"of another {n}") for n in range(1_000)]
        assert (await place.get(), await answers.place("search", "bpm:1..")) == (None, None)
        assert time.monotonic() - began < 100 * shared_answers.PATIENCE_S  # not each of a thousand
        assert (server.is_single, {window.count for window in others}) == (True, {1})
        assert await log_ins.left("Ann", "192.0.2.7") > 0
        may = [await log_ins.left("Bob", "192.0.2.8") == 0]
        for _ in range(LOG_INS // 3):
            await log_ins.failed("Bob", "192.0.2.8")
            may.append(await log_ins.left("Bob", "192.0.2.8") == 0)
        assert may == [True, True, True, False]
        assert [record.levelno for record in caplog.records] == [logging.WARNING]
        redis.start() if end == signal.SIGKILL else redis.signal(signal.SIGCONT)
        monkeypatch.setattr(shared_answers, "PATIENCE_S", 20.0)
        await back(server)
        assert caplog.records[1].getMessage().startswith("Redis answers again")
        assert await log_ins.left("Bob", "192.0.2.8") == 0
        await _put(answers, place, b"2")
        assert await (await _place(answers)).get() == b"2"
        await server.add(LIMIT, "t-3", 7)
        await other.add(LIMIT, "t-4")
        await back(other)
        assert (await other.add(LIMIT, "t-3")).count == 8

    with running_redis() as redis:
        _share(redis.address, 2, use)
    assert caplog.records[0].getMessage().startswith("Redis does not answer (")
    assert PASSWORD not in caplog.text


def test_redis_that_refuses_the_password_is_not_used(running: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async def use(sharing: RedisSharing) -> None:
        server = Counts(sharing)
        assert ((await server.add(LIMIT, "t-9")).count, server.is_single) == (1, True)

    _share(running.address.replace(PASSWORD, "wrong-password"), 1, use)
    assert "(AuthenticationError)" in caplog.text
    assert "wrong-password" not in caplog.text


@pytest.mark.parametrize("address", ["localhost:6379", "http://:secret-word@localhost", "redis://:secret-word@h:port"])
def test_invalid_redis_address_is_refused_and_not_printed(address: str) -> None:
    with pytest.raises(UsageError, match="use redis://localhost:6379") as refused:
        RedisSharing(address)
    assert "secret-word" not in str(refused.value)
