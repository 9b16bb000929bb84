"""What a server keeps between requests: answers that are being made, and bounded caches."""

import asyncio
import gc
import json
import re
import weakref
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, get_args, get_type_hints
from urllib.parse import urlencode

import pytest
from asgi import ask
from people import Headers, People, add_people
from route_examples import NAMES
from servers import client_of

from map4.library import Library
from map4.server import caches, libraries, limits
from map4.server.auth import callers
from map4.server.caches import SingleFlight, SizedLru
from map4.server.connections import compression
from map4.server.connections.guards import JSON
from map4.server.declared_routes import ROUTES
from map4.server.route import Route, filled
from map4.server.settings import API


def _held(once: SingleFlight) -> int:
    return sum(map(len, vars(once).values()))


def test_shared_computation_ends_when_all_callers_have_gone() -> None:
    once, ended = SingleFlight(), list[str]()

    async def make() -> str:
        try:
            await asyncio.sleep(0.01 if ended else 60)
        except asyncio.CancelledError:
            ended.append("ended")
            raise
        return "made"

    async def share_calls() -> str:
        first, second = (asyncio.ensure_future(once.get("it", make)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        await asyncio.sleep(0)
        assert ended == []
        second.cancel()
        await asyncio.wait([second])
        await asyncio.sleep(0)
        assert (ended, _held(once)) == (["ended"], 0)
        return await once.get("it", make)

    assert asyncio.run(share_calls()) == "made"


def test_single_flight_keeps_nothing_after_its_callers_end() -> None:
    once, made = SingleFlight(), Counter[str]()

    async def value() -> int:
        made["value"] += 1
        await asyncio.sleep(0)
        return 1

    async def error() -> int:
        made["error"] += 1
        await asyncio.sleep(0)
        raise ValueError

    async def cancelled() -> int:
        made["cancelled"] += 1
        raise asyncio.CancelledError

    async def at_once() -> int:
        made["at once"] += 1
        return 1

    makers: Sequence[Callable[[], Awaitable[int]]] = (value, error, cancelled, at_once)

    async def share_calls() -> list[Any]:
        answers = [once.get((make, number % 50), make) for make in makers for number in range(100)]
        return await asyncio.gather(*answers, return_exceptions=True)

    answers = Counter(getattr(answer, "__class__", answer) for answer in asyncio.run(share_calls()))
    assert answers == {int: 200, ValueError: 100, asyncio.CancelledError: 100}
    assert made == {"value": 50, "error": 50, "cancelled": 50, "at once": 50}
    assert _held(once) == 0


def _address(route: Route, parts: Mapping[str, str], unknown: str, **values: Any) -> str:
    path = re.sub(r"{(\w+)(:\w+)?}", lambda part: parts.get(part[1], unknown), route.path)
    return f"{'' if route.is_root else API}{path}?{urlencode(values, doseq=True)}".rstrip("?")


def _calls(route: Route, names: Mapping[str, str], unknown: str) -> Iterator[tuple[str, bytes]]:
    """Addresses and bodies, right ones and wrong ones; nothing is changed."""
    if route.method != "GET":
        yield from ((_address(route, parts, unknown), json.dumps({unknown: 1}).encode()) for parts in (names, {}))
        return
    query = filled(route.example or {}, names) if route.query else {}
    hints = get_type_hints(route.query.struct) if route.query else {}
    texts = {name: unknown for name, hint in hints.items() if str in (hint, *get_args(hint))}
    if "audio" not in route.media_type:
        yield _address(route, names, unknown, **query), b""
    if "q" in hints:
        yield _address(route, names, unknown, **{**query, "q": f"title:{unknown}"}), b""
    if texts:
        yield _address(route, names, unknown, **{**query, **texts}), b""
    yield _address(route, names, unknown, **{unknown: 1}), b""
    yield _address(route, {}, unknown), b""


LONG = "y" * 500
"""In all values of requests, so that keys of caches would have it."""
Request = tuple[str, str, Headers, bytes, str]
"""Method, address, headers, body, and the client's address."""


def _requests(names: Mapping[str, str], people: People) -> Iterator[Request]:
    """Requests of all routes for ever, each with other values and by callers who are known or not."""
    right, wrong = {**people.right["admin, token"], "content-type": JSON}, cycle(people.wrong.values())
    for number in count():
        unknown, client = f"x{number}{LONG}", f"10.0.{number // 250 % 250}.{number % 250}"
        for route in ROUTES:
            if route.method != "WS":
                for address, body in _calls(route, names, unknown):
                    yield route.method, address, right, body, client
                yield route.method, _address(route, names, unknown), next(wrong), b"", client
        body = json.dumps({"rating": number % 5 + 1}).encode()  # the library changes
        yield "PUT", f"{API}/tracks/{names['a']}", right, body, client


def test_a_value_of_another_state_is_replaced() -> None:
    cache = SizedLru[str, bytes](1_000)
    cache.put("a", b"x1", "1")
    assert (cache.get("a", "1"), cache.get("a", "2")) == (b"x1", None)
    cache.put("a", b"x2", "2")
    assert (cache.get("a", "1"), cache.get("a", "2")) == (None, b"x2")
    for number in range(9):
        cache.put("a", bytes(500), str(number))
    cache.put("b", bytes(300))
    assert (len(cache.get("a", "8") or b""), len(cache.get("b") or b"")) == (500, 300)


def _objects() -> list[Any]:
    """All objects, without the dead references to cursors that each connection of sqlite3 keeps, up to two hundred."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is not weakref.ref]


@pytest.mark.parametrize("size", [1_000, pytest.param(10_000, marks=pytest.mark.world)])
def test_answered_requests_leave_no_memory(
    sound_library: Path, scanned_music: Path, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that all caches are full after few requests.
    for module, name, most in (
        (caches, "MOST_CACHED_BYTES", 20_000), (libraries, "MOST_ENCODED_BYTES", 10_000), (limits, "MOST_WINDOWS", 50),
        (libraries, "MOST_CACHED_IDS", 2_000), (compression, "_CACHE_BYTES", 10_000), (callers, "_MOST_KNOWN", 50),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, most)
    people = add_people(sound_library, tmp_path / "other.map4")
    with Library.open(sound_library) as library:
        a, b = (library.tracks.address_of(track) for track in library.tracks.by_id(library.tracks.page(limit=2).files))
    own = dict.fromkeys(("list", "job", "batch"), "none") | {"a": a, "b": b, "id": a, "music": str(scanned_music)}
    requests = _requests(NAMES | own, people)

    async def answered(size: int) -> Counter[int]:
        statuses = Counter[int]()
        for method, address, headers, body, client_address in islice(requests, size):
            answer = await ask(client.app, method, address, headers, body, client=client_address)
            statuses[answer.status] += 1
        return statuses

    with client_of(sound_library, scanned_music, requests_per_minute=10**6) as client:
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        client.portal.call(answered, 2_000)  # all routes, twice
        before = len(_objects())
        client.portal.call(answered, size)
        between = len(_objects())
        statuses = client.portal.call(answered, size)
        objects = _objects()
        known = client.app.state.context.callers._known  # type: ignore[attr-defined]
    assert {_held(once) for once in objects if isinstance(once, SingleFlight)} == {0}
    full = [vars(thing)["_cached"] for thing in objects if isinstance(thing, SizedLru)]
    assert [key for cache in (*full, known) for key in cache if LONG in repr(key)] == []
    after = len(objects)
    # What requests hold grows in both rounds; what the server prepares in the background, in one.
    assert min(between - before, after - between) < 0.01 * before
    assert {200, 400, 401, 404} <= {*statuses}
    assert max(statuses) < 500
