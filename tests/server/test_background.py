"""Loops in the background of a server: an unforeseen error ends none of them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from itertools import chain, count
from pathlib import Path
from typing import Any, cast

import pytest
from asgi import ask
from extra_cases import of_extras
from libraries import file_id
from people import account
from servers import client_of
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from map4.core.base.loops import repeat, repeat_async
from map4.server import settings, uses
from map4.server.admission import KEY_HEADER
from map4.server.app import Service
from map4.server.changes import changes_of
from map4.server.connections.guards import JSON
from map4.server.libraries import Libraries, LibraryThreads
from map4.server.settings import API
from map4.server.systemd import Systemd, watchdog_of


def watchdog(app: Starlette) -> AbstractAsyncContextManager[None]:
    app.state.systemd = Systemd(watchdog_s=0.03)
    return watchdog_of(app)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for loop in (repeat, repeat_async):
        monkeypatch.setitem(loop.__kwdefaults__, "pause_s", 0.0)
    monkeypatch.setattr(uses, "WRITTEN_EVERY_S", 0.001)


@pytest.mark.parametrize(
    ("service", "called"), [(changes_of, "wait"), (uses.uses_of, "ask"), (watchdog, "ask_for_itself")]
)
def test_loop_continues_after_an_error(
    made: Path, service: Service, called: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls, is_called_again, real = list[str](), threading.Event(), getattr(Libraries, called)

    def broken(libraries: Libraries, *given: Any, **how: Any) -> Any:
        calls.append(called)
        if len(calls) == 1:
            raise OSError(5, "Input/output error")
        is_called_again.set()
        return real(libraries, *given, **how)

    monkeypatch.setattr(Libraries, called, broken)
    with client_of(made, services=(service,)):
        assert is_called_again.wait(20)
    assert [message.partition(": ")[2] for message in caplog.messages] == ["Input/output error"]


def test_thread_of_a_queue_continues_if_its_library_cannot_be_closed(caplog: pytest.LogCaptureFixture) -> None:
    file, numbers = ["first"], count()

    class Unclosable:
        def __init__(self) -> None:
            self.number = next(numbers)

        def identity(self) -> str:
            return file[0]

        def stop(self) -> None:
            pass

        def close(self) -> None:
            raise OSError(5, "Input/output error")

    threads = LibraryThreads("read", 1, cast(Any, Unclosable))

    def used() -> int:
        return threads.put(lambda library: library.number).future.result(10)

    assert [used(), used()] == [0, 0]
    file[0] = "another"
    assert [used(), used()] == [1, 1]
    threads.close()
    assert caplog.messages == 2 * ["server: Input/output error"]


@contextmanager
def ended_by(event: threading.Event) -> Iterator[None]:
    try:
        yield
    finally:
        event.set()


@pytest.fixture
def is_over() -> Iterator[threading.Event]:
    """What hanging calls wait for; set after half a minute, so that a test fails and does not hang."""
    is_over = threading.Event()
    patience = threading.Timer(30, is_over.set)
    patience.start()
    yield is_over
    patience.cancel()
    is_over.set()


def test_hanging_calls_do_not_delay_logins_large_answers_or_uploads(made: Path, is_over: threading.Event) -> None:
    account(made, "Ann", "admin", "one two three four")
    calls = list[asyncio.Future[Any]]()

    async def hang() -> None:
        for _ in range(60):  # more than there are threads to share
            calls.extend(asyncio.ensure_future(run(is_over.wait)) for run in (asyncio.to_thread, run_in_threadpool))
        await asyncio.sleep(0)

    with client_of(made) as client, ended_by(is_over):
        client.portal.call(hang)
        login = client.post(f"{API}/auth/login", json={"username": "Ann", "password": "one two three four"})
        client.headers["authorization"] = f"Bearer {login.json()['access_token']}"
        document = client.get(f"{API}/openapi.json")
        upload = client.post(f"{API}/tracks/analyze", files={"file": b"x" * 50_000})
        is_on_time = not is_over.is_set()
    assert is_on_time
    assert [answer.status_code for answer in (login, document, upload)] == [200, 200, 422]
    assert (document.headers["content-encoding"], len(document.content) > 20_000) == ("gzip", True)


def test_hanging_drive_delays_no_search(made: Path, is_over: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "inside", lambda path, folders: is_over.wait() and path)
    files = [
        ("GET", f"{API}/tracks/{file_id(1)}/audio", b""),
        ("POST", f"{API}/batch/analyze", b'{"files": ["/music/one.wav"]}'),
        *chain.from_iterable(of_extras("OF_MUSIC_FILES")),
    ]
    calls = list[asyncio.Future[Any]]()

    async def hang() -> None:
        headers = {KEY_HEADER: client.headers[KEY_HEADER], "content-type": JSON}
        for method, address, body in 6 * files:
            calls.append(asyncio.ensure_future(ask(client.app, method, address, headers, body)))
        await asyncio.sleep(0.1)

    with client_of(made) as client, ended_by(is_over):
        client.portal.call(hang)
        answers = [
            client.get(f"{API}/{address}") for address in ("search?q=bpm:1..", f"tracks/{file_id(1)}", "stats/library")
        ]
        assert not is_over.is_set()
        assert not any(call.done() for call in calls)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
