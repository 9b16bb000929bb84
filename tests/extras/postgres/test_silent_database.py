"""A server whose library is in a Postgres that takes questions and answers none, until it does again."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from extras.postgres.postgres_server import PostgresServer, needs_postgres, running_postgres
from live_server import serving
from waiting import wait_until

from map4 import Library
from map4.jobs.routes import events
from map4.server import libraries
from map4.server.changes import changes_of

pytestmark = [
    pytest.mark.world,
    needs_postgres,
    pytest.mark.skipif(not Path("/proc/1/task").exists(), reason="needs Linux"),
]

API = "/api/v1"
_SEARCH, _TRACKS = f"{API}/search?q=genre:house", f"{API}/tracks?limit=2"
_WITHOUT_LIBRARY = ("/health", "/api/", f"{API}/openapi.json", "/page/any/map4/page/live.js")
_AT_ONCE_S = 5.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """One of this file's own: it is stopped for whoever uses it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    return postgres.filled()


def _request(port: int, path: str, *, limit_s: float = _AT_ONCE_S, **headers: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(f"http://localhost:{port}{path}", headers=headers), timeout=limit_s) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def _again(port: int, path: str, **headers: str) -> tuple[int, bytes]:
    """The answer of a server that may not have seen yet that its library is there again."""
    return wait_until(lambda: found if (found := _request(port, path, **headers))[0] != 503 else None)


def test_routes_without_library_answer(address: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "PATIENCE_S", 1.0)
    with serving(address, services=(changes_of,)) as port:
        before = {path: _request(port, path) for path in (_SEARCH, _TRACKS, "/ready", "/")}
        assert {status for status, _ in before.values()} == {200}
        with postgres.silenced(), ThreadPoolExecutor() as threads:
            waiting = [threads.submit(_request, port, path) for path in (_SEARCH, _TRACKS)]
            assert [_request(port, path)[0] for path in _WITHOUT_LIBRARY] == [200] * len(_WITHOUT_LIBRARY)
            assert not any(future.done() for future in waiting)  # these wait for the library, which held nobody up
            assert [future.result()[0] for future in waiting] == [503, 503]
            began = time.monotonic()
            status, body = _request(port, _SEARCH)
            assert (status, "does not respond" in json.loads(body)["detail"]) == (503, True)
            assert time.monotonic() - began < 1.0  # it is known by now
            assert _request(port, "/ready")[0] == 503
            assert _request(port, "/metrics")[0] == 503
            assert _request(port, "/")[0] == 200  # the page will be told
        assert {path: _again(port, path) for path in before} == before


def test_health_answers_while_silent(address: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "PATIENCE_S", 1.0)
    host = {"Host": "music.example"}
    with Library.open(address) as library:
        library.accounts.add("Ann", "admin", password="a long pass phrase")
        secret = library.credentials.add("phone", account="Ann").secret
    with serving(address, services=(changes_of,)) as port:
        known = {**host, "Authorization": f"Bearer {secret}"}
        before = _request(port, _TRACKS, **known)
        assert before[0] == 200
        with postgres.silenced():
            assert _request(port, "/health", **host)[0] == 200
            assert _request(port, _TRACKS, **known)[0] == 503
        assert _again(port, _TRACKS, **known) == before


def test_pending_requests_are_answered_when_the_database_responds_again(address: str, postgres: PostgresServer) -> None:
    with serving(address, services=(changes_of,)) as port:
        before = _request(port, _SEARCH)
        with ThreadPoolExecutor() as threads, postgres.silenced():
            asking = threads.submit(_request, port, _SEARCH, limit_s=30)
            time.sleep(0.3)
        assert asking.result() == before


_HALF_SENT = (
    ("PUT", f"{API}/tracks", b'{"query": "genre:house", "set": {"year": 1999}}'),
    ("POST", f"{API}/lists", b'{"name": "Friday", "tracks": []}'),
    ("PATCH", f"{API}/marks", b'{"mark": "club", "key": "c"}'),
    ("POST", f"{API}/auth/login", b'{"username": "Ann", "password": "a long pass phrase"}'),
    ("POST", f"{API}/auth/refresh", b'{"refresh_token": "map4_r"}'),
)


def _half_sent(port: int, method: str, path: str, body: bytes, bearer: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.putrequest(method, path)
    for name, value in (("Authorization", bearer), ("Content-Type", "application/json")):
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:9])
    return connection


def test_late_body_is_answered_503(address: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "PATIENCE_S", 1.0)
    monkeypatch.setattr(events, "RETRY_S", 0.2)
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.5)
    with Library.open(address) as library:
        library.accounts.add("Ann", "admin", password="a long pass phrase")
        secret = library.credentials.add("phone", account="Ann", scopes=("read", "own", "admin")).secret
    bearer = f"Bearer {secret}"
    with serving(address, services=(changes_of,)) as port:
        assert _request(port, _TRACKS, Authorization=bearer)[0] == 200
        request = Request(f"http://localhost:{port}{API}/events", headers={"Authorization": bearer})
        with urlopen(request, timeout=30) as stream:
            halves = [(body, _half_sent(port, method, path, body, bearer)) for method, path, body in _HALF_SENT]
            time.sleep(0.5)  # all are admitted, and wait for the rest
            with postgres.silenced():
                answers = []
                for body, connection in halves:
                    connection.send(body[9:])
                    answers.append(connection.getresponse().status)
                    connection.close()
                while stream.readline() != b": still here\n":  # from when the library is silent
                    pass
            assert answers == [503] * len(_HALF_SENT)
            assert _again(port, _TRACKS, Authorization=bearer)[0] == 200
            with Library.open(address) as library:
                library.set(next(iter(library.search("genre:house"))), genre="Dub")
            while b"values" not in stream.readline():
                pass
