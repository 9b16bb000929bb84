"""How much anybody may ask in a time, counted by one server."""

import asyncio
import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from python_multipart import multipart
from python_multipart.exceptions import FileError
from servers import HERE, WHO, client_of
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from map4.core.base.actor import SCOPES, Actor
from map4.server import limits
from map4.server.limits import (
    LOG_INS,
    LOG_INS_OF_ADDRESS,
    LOG_INS_S,
    STREAMS,
    STREAMS_OF_LOCAL,
    BoundedMemory,
    Counts,
    LogInLimits,
    RateLimit,
    Streams,
    TooManyRequestsError,
)
from map4.server.settings import MOST_CONNECTIONS

API = "/api/v1"
SOCKET = f"{HERE.replace('http', 'ws')}{API}/ws/progress/none"
PEOPLE: dict[str, Actor | None] = {
    "nobody": None,
    "local": Actor.LOCAL,
    **{name: Actor(id=n, name=name, scopes=frozenset(SCOPES)) for n, name in enumerate(("Ann", "Bob"), start=31)},
}
LIMIT = RateLimit("tried", 100, 60)


async def who_asks(connection: HTTPConnection) -> Actor | None:
    return PEOPLE[connection.headers.get(WHO, "Ann")]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Its `now` stands still until a test moves it."""
    clock = SimpleNamespace(now=1_000_000.0)
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: clock.now, time=time.time))
    return clock


def status_of(client: TestClient, who: str, address: str = f"{API}/lists") -> int:
    return client.get(address, headers={WHO: who}).status_code


# ---- requests ------------------------------------------------------------------------------------


def test_requests_per_minute_are_limited_and_stated_per_actor(made: Path, clock: SimpleNamespace) -> None:
    with client_of(made, actor_of=who_asks, requests_per_minute=5) as client:
        assert [status_of(client, "Ann") for _ in range(7)] == [200] * 5 + [429] * 2
        assert [status_of(client, "Bob") for _ in range(6)] == [200] * 5 + [429]
        assert [status_of(client, "nobody") for _ in range(6)] == [401] * 5 + [429]  # by its address
        clock.now += 59.9
        assert status_of(client, "Ann") == 429
        clock.now += 0.2
        assert [status_of(client, who) for who in ("Ann", "Bob", "nobody")] == [200, 200, 401]
    with client_of(made, actor_of=who_asks, requests_per_minute=2) as client:
        limits = []
        for _ in range(3):
            answer = client.get(f"{API}/lists")
            limits.append([answer.headers[name] for name in ("RateLimit-Policy", "RateLimit")])
            clock.now += 9.5
        policy = '"requests";q=2;w=60'
        assert limits == [[policy, f'"requests";r={left};t={s}'] for left, s in ((1, 60), (0, 51), (0, 41))]
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "41")
        assert answer.headers["content-type"] == "application/problem+json"
        document = answer.json()
        assert (document["type"], document["violated-policies"]) == ("urn:map4:problem:too-many-requests", ["requests"])
        assert document["hint"] == "try again in 41 s"


def test_public_local_and_unlimited_requests_are_not_limited(made: Path) -> None:
    with client_of(made, actor_of=who_asks, requests_per_minute=1) as client:
        for address, who in (("/health", "nobody"), ("/ready", "nobody"), ("/", "nobody"), (f"{API}/lists", "local")):
            answers = [client.get(address, headers={WHO: who}) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200] * 3
            assert "ratelimit" not in answers[0].headers
    with client_of(made, actor_of=who_asks, requests_per_minute=0) as client:
        answers = [client.get(f"{API}/lists") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        assert "ratelimit" not in answers[0].headers


def test_range_or_event_stream_counts_once(sound_library: Path, scanned_music: Path, clock: SimpleNamespace) -> None:
    with client_of(sound_library, scanned_music, actor_of=who_asks, requests_per_minute=100) as client:
        [track, *_] = client.get(f"{API}/search?q=is:ok").json()["ids"]
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        whole = client.get(f"{API}/tracks/{track}/audio")
        part = client.get(f"{API}/tracks/{track}/audio", headers={"range": "bytes=0-99"})
        events = client.get(f"{API}/events?after=0")
        assert [answer.status_code for answer in (whole, part, events)] == [200, 206, 200]
        assert [answer.headers["ratelimit"] for answer in (whole, part, events)] == [
            f'"requests";r={left};t=60' for left in (98, 97, 96)
        ]


def test_heads_of_streams_end_and_hold_no_place(made: Path) -> None:
    with client_of(made, actor_of=who_asks) as client, ExitStack() as followed:
        streams = client.app.state.context.limits.streams  # type: ignore[attr-defined]
        for _ in range(20):
            followed.enter_context(streams.following(PEOPLE["Ann"]))
        head = client.head(f"{API}/events", headers={WHO: "Ann"})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
        assert client.head(f"{API}/jobs/none?wait=60", headers={WHO: "Ann"}).status_code == 400
        assert client.head(f"{API}/events?job=none", headers={WHO: "Ann"}).status_code == 400


def test_concurrent_streams_per_account_are_limited(made: Path) -> None:
    with client_of(made, actor_of=who_asks, most_connections=32) as client, ExitStack() as followed:
        streams = client.app.state.context.limits.streams  # type: ignore[attr-defined]
        for _ in range(4):  # an eighth of the connections
            followed.enter_context(streams.following(PEOPLE["Ann"]))
        for address in ("/events", "/jobs/none?wait=1"):
            refused = client.get(API + address)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "10")
            document = refused.json()
            assert (document["type"], document["violated-policies"]) == (
                "urn:map4:problem:too-many-requests",
                ["streams"],
            )
            assert document["detail"].startswith("this account has 4 open streams")
            assert document["hint"] == "close one, or follow everything with one GET /events"
        with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect(SOCKET):
            pass
        assert denied.value.status_code == 429
        assert [status_of(client, who, f"{API}/jobs/none?wait=1") for who in ("Ann", "Bob")] == [429, 400]
        assert [status_of(client, who, f"{API}/jobs/none") for who in ("Ann", "Bob")] == [400, 400]
        followed.close()
        assert status_of(client, "Ann", f"{API}/jobs/none?wait=1") == 400
        client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
        assert [status_of(client, "Ann", f"{API}/events") for _ in range(9)] == [200] * 9  # one after the other
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(SOCKET) as connected:
            connected.receive_text()


def test_all_streams_together_leave_half_of_the_connections() -> None:
    streams = Streams(MOST_CONNECTIONS)
    with ExitStack() as followed:
        for actor, most in ((Actor.LOCAL, STREAMS_OF_LOCAL), (Actor(id=31, name="x", scopes=frozenset()), STREAMS)):
            for _ in range(most):
                followed.enter_context(streams.following(actor))
            with pytest.raises(TooManyRequestsError, match="this account has"), streams.following(actor):
                pass
        for number in range(MOST_CONNECTIONS // 2 - STREAMS_OF_LOCAL - STREAMS):
            followed.enter_context(streams.following(Actor(id=100 + number, name="x", scopes=frozenset())))
        with (
            pytest.raises(TooManyRequestsError, match="the maximum of this server; try again in 10 s"),
            streams.following(Actor(id=99, name="x", scopes=frozenset())),
        ):
            pass


def test_players_and_sockets_are_refused_in_their_protocol(made: Path, clock: SimpleNamespace) -> None:
    with client_of(made, actor_of=who_asks, requests_per_minute=1) as client:
        assert client.get("/rest/ping?f=json").json()["subsonic-response"]["status"] == "ok"
        refused = client.get("/rest/ping?f=json")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.json()["subsonic-response"]["error"]["message"].startswith("more than 1 requests in a minute")
        assert refused.headers["ratelimit"] == '"requests";r=0;t=60'
        with pytest.raises(WebSocketDenialResponse) as denied, client.websocket_connect(SOCKET):
            pass
        assert (denied.value.status_code, denied.value.headers["retry-after"]) == (429, "60")


def test_addresses_are_counted_by_network_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "no address"),
    ]
    assert [(address, LogInLimits.network_of(address)) for address, _ in cases] == cases
    monkeypatch.setattr(limits, "MOST_WINDOWS", 500)
    memory, sizes = BoundedMemory(), set[int]()
    for address in range(20_000):
        memory.add(LIMIT.key_for(f"10.0.{address >> 8}.{address & 255}"), 60, 1)
        sizes.add(len(memory))
    assert max(sizes) == 500


# ---- wrong log-ins -------------------------------------------------------------------------------


def test_ten_wrong_log_ins_of_a_name_and_forty_of_an_address(clock: SimpleNamespace) -> None:
    async def tried() -> None:
        log_ins = LogInLimits(Counts())

        async def wrong(name: str, address: str, times: int) -> list[bool]:
            """Whether one may try before each wrong one."""
            may = []
            for _ in range(times):
                may.append(await log_ins.left(name, address) == 0)
                await log_ins.failed(name, address)
            return may

        assert await wrong("Ann", "192.0.2.7", LOG_INS + 2) == [True] * LOG_INS + [False] * 2
        assert await log_ins.left("ann", "192.0.2.7") == LOG_INS_S  # the same name
        assert await log_ins.left("Ann", "192.0.2.8") == await log_ins.left("Bob", "192.0.2.7") == 0
        rest = LOG_INS_OF_ADDRESS - LOG_INS - 2
        assert [*await wrong("Bob", "192.0.2.7", 9), *await wrong("Eve", "192.0.2.7", 9)] == [True] * 18
        assert [(await wrong(f"name {n}", "192.0.2.7", 1)) for n in range(rest - 18 + 1)] == [[True]] * (rest - 18) + [
            [False]
        ]
        await log_ins.succeeded("Ann", "192.0.2.7")
        assert await log_ins.left("Ann", "192.0.2.7") == LOG_INS_S  # those of the address are not forgotten
        clock.now += LOG_INS_S
        assert await log_ins.left("Ann", "192.0.2.7") == 0

    asyncio.run(tried())


def test_successful_login_clears_failed_logins(clock: SimpleNamespace) -> None:
    async def tried() -> None:
        log_ins = LogInLimits(Counts())
        for _ in range(LOG_INS):
            await log_ins.failed("Ann", "2001:db8::1")
        assert await log_ins.left("Ann", "2001:db8::2") == LOG_INS_S  # of the same household
        await log_ins.succeeded("Ann", "2001:db8::1")
        assert await log_ins.left("Ann", "2001:db8::1") == 0

    asyncio.run(tried())


# ---- what is sent --------------------------------------------------------------------------------

HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'


def _form(size: int) -> bytes:
    """A form of so many bytes."""
    return HEAD + b"\0" * (size - len(HEAD) - 9) + b"\r\n--x--\r\n"


def _send(client: TestClient, content: Any, who: str = "Ann") -> Any:
    headers = {WHO: who, "content-type": "multipart/form-data; boundary=x"}
    return client.post(f"{API}/tracks/analyze", content=content, headers=headers)


def test_uploaded_bytes_per_day_are_limited(made: Path, clock: SimpleNamespace) -> None:
    with client_of(made, actor_of=who_asks, upload_bytes_per_day=1_000) as client:
        assert len(_form(600)) == 600
        first = _send(client, _form(600))  # 422: it is no sound
        assert (first.status_code, '"uploads";r=400;t=86400' in first.headers["ratelimit"]) == (422, True)
        assert '"uploads";q=1000;qu="content-bytes";w=86400' in first.headers["ratelimit-policy"]
        clock.now += 3_600.0
        unread: Iterator[bytes] = iter([_form(401)])
        answer = client.build_request("POST", f"{API}/tracks/analyze", content=unread, headers={
            "content-type": "multipart/form-data; boundary=x", "content-length": "401"})  # fmt: skip
        refused = client.send(answer)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(23 * 3_600))
        assert refused.json()["hint"] == "try again in 23 h"
        assert refused.json()["violated-policies"] == ["uploads"]
        assert _send(client, _form(400)).status_code == 422  # what was refused does not count
        assert [_send(client, _form(1_000), who).status_code for who in ("Bob", "local", "local")] == [422] * 3
        assert _send(client, _form(1_001)).status_code == 413  # on no day
        clock.now += 23 * 3_600.0
        assert _send(client, _form(1_000)).status_code == 422


def test_form_is_refused_at_its_second_file(made: Path) -> None:
    left, most = 2_000, 0
    files = Path("/proc/self/fd")
    before = len([*files.iterdir()])

    def parts() -> Iterator[bytes]:
        nonlocal left, most
        while left:
            left -= 50
            yield (HEAD + b"x\r\n") * 50
            most = max(most, len([*files.iterdir()]) - before)

    with client_of(made, actor_of=who_asks) as client:
        refused = _send(client, parts())
        assert (refused.status_code, refused.json()["detail"]) == (400, "send one file, in the field 'file'")
        assert most < 20
        assert _send(client, _form(600)).status_code == 422


@pytest.mark.parametrize("is_hidden", [False, True])
def test_upload_without_a_free_descriptor_is_named(
    made: Path, monkeypatch: pytest.MonkeyPatch, is_hidden: bool
) -> None:
    def fail(file: multipart.File) -> None:
        try:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        except OSError:
            if is_hidden:
                raise FileError("Error creating named temporary file")  # noqa: B904  as the parser does
            raise

    monkeypatch.setattr(multipart.File, "_get_disk_file", fail)
    with client_of(made, actor_of=who_asks) as client:
        refused = _send(client, _form(600))
    assert (refused.status_code, refused.json()["detail"]) == (507, "the file can't be stored: Too many open files")


def test_upload_of_unknown_length_is_cut_off_at_the_limit(made: Path, clock: SimpleNamespace) -> None:
    with client_of(made, actor_of=who_asks, upload_bytes_per_day=1_000) as client:

        def pieces(number: int) -> Iterator[bytes]:
            yield HEAD
            for _ in range(number):
                yield b"\0" * 100
            yield b"\r\n--x--\r\n"

        first = _send(client, pieces(5))
        assert (first.status_code, f"r={1_000 - 500 - len(HEAD) - 9};" in first.headers["ratelimit"]) == (422, True)
        cut = _send(client, pieces(5))
        assert (cut.status_code, cut.headers["retry-after"]) == (429, "86400")
        assert _send(client, pieces(0)).status_code == 429  # it was read up to the limit
