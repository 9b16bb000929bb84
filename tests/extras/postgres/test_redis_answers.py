"""Answers that several servers of a library in Postgres share in a Redis."""

import json
import logging
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres
from extras.postgres.redis_servers import PASSWORD, RedisServer, needs_redis, running_redis
from people import add_people
from redis import Redis
from servers import client_of
from starlette.testclient import TestClient
from waiting import wait_until

from map4.extras.postgres.redis import shared_answers, shared_redis
from map4.library import Library

API = "/api/v1"
QUESTIONS = ("/search?q=bpm:1..", "/facets?fields=key", "/stats/library", "/stats/genres", "/stats/timeline", "/doctor",
             "/duplicates", "/map", "/map/values?name=bpm")  # fmt: skip

pytestmark = [pytest.mark.world, needs_redis, needs_postgres]


@pytest.fixture(scope="module")
def running() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def made(made_once: Path, postgres: PostgresServer) -> str:
    """The address of a library of made-up tracks, for this test alone."""
    address = postgres.database()
    Library.care.copy(made_once, address)
    return address


@pytest.fixture
def redis(running: RedisServer) -> Iterator[Redis]:
    """A client of it; nothing is there when a test begins."""
    with Redis.from_url(running.address) as client:
        for key in client.scan_iter():
            client.delete(key)
        yield client


def _get(client: TestClient, question: str, right: dict[str, str] | None = None) -> tuple[str, Any]:
    """Where an answer came from, and what it is."""
    before = _sources(client)
    answer = client.get(API + question, headers=right)
    assert answer.status_code == 200, answer.text
    [source] = [name for name, count in _sources(client).items() if count > before[name]]
    return source, answer.json()


def _sources(client: TestClient) -> dict[str, float]:
    lines = client.get("/metrics").text.splitlines()
    told = [line.split() for line in lines if line.startswith("map4_answers_total{")]
    return {name.split('"')[1]: float(count) for name, count in told}


def test_servers_share_answers(made: str, running: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "SWEPT_EVERY_S", 0.0)
    with client_of(made) as client:  # some write what they worked out
        assert [client.get(API + question).status_code for question in QUESTIONS] == [200] * len(QUESTIONS)
    with (
        client_of(made, config={"serve.redis": running.address}) as first,
        client_of(made, config={"serve.redis": running.address}) as second,
    ):
        for number, question in enumerate(QUESTIONS, 1):
            source, told = _get(first, question)
            assert source == "made"
            wait_until(lambda number=number: redis.dbsize() == number)
            assert _get(second, question) == ("shared", told)
            assert _get(second, question) == ("kept", told)
        lasts = {key.split(b":")[1]: redis.ttl(key) for key in redis.scan_iter("map4:*")}
        assert {name: round(seconds, -2) for name, seconds in lasts.items()} == {
            b"search": 3600, b"filter": 3600, b"stats": 300,
        }  # fmt: skip
        before = set(redis.scan_iter())
        redis.set("of:another:program", 1)
        [track] = first.get(f"{API}/tracks?limit=1").json()["ids"]
        assert first.put(f"{API}/tracks/{track}", json={"year": 1901}).status_code == 200
        source, told = _get(second, "/search?q=year:1901")
        assert (source, len(told["tracks"])) == ("made", 1)
        for question in QUESTIONS[:3]:
            source, told = _get(second, question)
            assert source == "made"
            wait_until(lambda question=question: redis.dbsize() > 1)
        # What is of the state before is removed, and nothing of others.
        wait_until(lambda: not before & set(redis.scan_iter()))
        assert redis.get("of:another:program") == b"1"
        with Library.open(made) as library:  # by no server
            library.set([next(iter(library.search("is:ok"))).path], year=1902)
        assert [_get(one, "/search?q=year:1902")[1]["ids"] for one in (first, second)] == [[track]] * 2
        assert _get(first, "/search?q=year:1901")[1]["ids"] == []


def test_cached_answers_are_separate_per_account(
    made_once: Path, tmp_path: Path, postgres: PostgresServer, running: RedisServer, redis: Redis
) -> None:
    file, made = tmp_path / "made.map4", postgres.database()
    shutil.copy(made_once, file)
    people = add_people(file, tmp_path / "other.map4")
    Library.care.copy(file, made)
    with Library.open(made) as library:
        [track] = library.tracks.by_id(library.tracks.page(limit=1).files)
        for who, stars in (("user", 5), ("neighbour", 3)):
            library.acting_as(library.accounts.get(who).actor()).set(track.path, rating=stars)
    told: dict[str, list[Any]] = {}
    monitors = {"metrics_from": ("0.0.0.0/0",)}
    for _ in range(2):  # what the first leaves the second finds
        with client_of(made, config={"serve.redis": running.address}, requests_per_minute=0, **monitors) as client:
            for number, who in enumerate(("user", "neighbour", "viewer"), 1):
                answer = client.get(f"{API}/search?q=rating:3..", headers=people.right[who])
                told.setdefault(who, []).append({*re.findall(r'"rating":([0-9.]+)', answer.text)})
                wait_until(lambda number=number: redis.dbsize() >= number)
        assert redis.dbsize() == 3
    assert told == {"user": [{"5.0"}] * 2, "neighbour": [{"3.0"}] * 2, "viewer": [set()] * 2}


def test_foreign_or_damaged_cache_entries_are_misses(made: str, running: RedisServer, redis: Redis) -> None:
    question = "/search?q=bpm:1.."
    with client_of(made, config={"serve.redis": running.address}) as first:
        _, told = _get(first, question)
    [key] = redis.scan_iter()
    lying = redis.get(key)
    of_another = lying.replace(b"search", b"filter", 1)
    junk = [b"", b"\xff\xfe", b"junk", b"[]", b"{}", b"null", lying[:-9], lying + b"x", of_another,
            json.dumps({"key": key.decode()}).encode(), b"\x80\x04\x95K\x05."]  # fmt: skip
    for value in junk:
        redis.set(key, value)
        with client_of(made, config={"serve.redis": running.address}) as second:
            assert _get(second, question) == ("made", told), value
        assert redis.get(key) == lying
    redis.delete(key)
    redis.lpush(key, 1)
    with client_of(made, config={"serve.redis": running.address}) as second:
        assert _get(second, question) == ("made", told)
        redis.delete(key)
        redis.config_set("maxmemory", 1)  # it is full
        try:
            assert _get(second, "/stats/library")[0] == "made"
        finally:
            redis.config_set("maxmemory", 0)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["dies", "hangs"])
def test_servers_cache_separately_until_redis_is_back(
    made: str, end: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shared_redis, "LOOK_S", 0.05)
    monkeypatch.setattr(shared_redis, "PATIENCE_S", 0.5)
    caplog.set_level(logging.WARNING, "map4.server")

    def warnings() -> list[str]:
        return [one.getMessage().partition(" (")[0].partition(":")[0] for one in caplog.records]

    with running_redis() as server, client_of(made, config={"serve.redis": server.address}) as client:
        assert _get(client, "/search?q=bpm:1..")[0] == "made"
        server.signal(end)
        began = time.monotonic()
        for number in range(20):
            assert _get(client, f"/search?q=bpm:{number}..400")[0] == "made"
        assert time.monotonic() - began < 20 * shared_redis.PATIENCE_S  # not each waits
        assert warnings() == ["Redis does not answer"]
        server.start() if end == signal.SIGKILL else server.signal(signal.SIGCONT)
        wait_until(lambda: len(caplog.records) > 1)
        assert warnings() == ["Redis does not answer", "Redis answers again"]
        with client_of(made, config={"serve.redis": server.address}) as other:
            assert _get(client, "/stats/library")[0] == "made"
            with Redis.from_url(server.address) as found:
                wait_until(lambda: any(key.startswith(b"map4:stats:") for key in found.scan_iter()))
            assert _get(other, "/stats/library")[0] == "shared"
    assert PASSWORD not in caplog.text


def test_long_answer_is_omitted(made: str, running: RedisServer, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_answers, "MOST_BYTES", 1000)
    with client_of(made, config={"serve.redis": running.address}) as first:
        assert len(first.get(f"{API}/search?q=bpm:1..").content) > 1000
        assert len(first.get(f"{API}/search?q=year:1905").content) < 1000
        wait_until(lambda: redis.dbsize() > 0)
    assert redis.dbsize() == 1
