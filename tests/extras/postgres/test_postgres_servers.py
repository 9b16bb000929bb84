"""Several real `map4 serve` on one library in Postgres, each as on a machine of its own."""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from extras.postgres.postgres_server import PostgresServer
from libraries import audio_id
from started import Start, starting
from stored import put_own, put_track
from waiting import wait_until

from map4 import Library
from map4.jobs.store.queue import LEASE_S

pytestmark = pytest.mark.world

Servers = list[tuple[Any, int]]


@pytest.fixture(scope="module")
def address(postgres: PostgresServer) -> str:
    return postgres.filled()


@pytest.fixture(scope="module")
def servers(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two, with a home each and a folder that both have."""
    tmp_path = tmp_path_factory.mktemp("servers")
    (tmp_path / "shared").mkdir()
    with starting(tmp_path) as start:
        yield [_begun(start, tmp_path, name, address) for name in ("one", "other")]


def _begun(start: Start, folder: Path, name: str, address: str) -> tuple[Any, int]:
    home = folder / name
    home.mkdir()
    homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home))
    return start("--shared", folder / "shared", env={**homes, "MAP4_LIBRARY": address})


def asked(
    port: int,
    path: str,
    body: dict[str, Any] | None = None,
    method: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json", **headers}
    request = Request(f"http://localhost:{port}{path}", data=data, method=method, headers=given)
    with urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def finished(port: int, job: str, limit_s: float = 30.0) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = json.loads(asked(port, f"/api/v1/jobs/{job}"))
        return found if found["status"] in ("completed", "failed", "cancelled") else None

    return wait_until(over, limit_s)


def test_servers_see_writes_of_each_other_at_once(servers: Servers, address: str) -> None:
    from map4.extras.postgres.store import PostgresStore

    ports = [port for _, port in servers]
    before = [asked(port, "/api/v1/search?q=bpm:140") for port in ports]
    assert before[0] == before[1]
    [track] = json.loads(asked(ports[0], "/api/v1/search?q=bjork"))["tracks"]
    for port, other in (ports, reversed(ports)):
        bpm = 140.0 + port % 2
        asked(port, f"/api/v1/tracks/{track['audio_id']}", {"bpm": bpm}, "PUT")
        answers = [asked(port_number, f"/api/v1/search?q=bpm:{bpm:.0f}") for port_number in (port, other)]
        assert answers[0] == answers[1]
        assert [track["audio_id"] for track in json.loads(answers[0])["tracks"]] == [track["audio_id"]]
    with closing(PostgresStore(address)) as store:
        put_own(store, 1, bpm=151.0)  # type: ignore[arg-type]
    for port in ports:
        assert len(json.loads(asked(port, "/api/v1/search?q=bpm:151"))["tracks"]) == 1


def test_session_is_valid_on_all_servers_until_logout(servers: Servers, address: str) -> None:
    (_, first_port), (_, other) = servers
    with Library.open(address) as library:
        library.accounts.add("Ann", "admin", password="a long pass phrase")
        try:
            log_in = {"username": "Ann", "password": "a long pass phrase"}
            access = json.loads(asked(first_port, "/api/v1/auth/login", log_in))
            known = {"authorization": f"Bearer {access['access_token']}"}
            for port in (first_port, other):
                assert b'"Ann"' in asked(port, "/api/v1/auth/session", headers=known)
            assert asked(other, "/api/v1/auth/session", method="DELETE", headers=known) == b""
            for port in (first_port, other):
                with pytest.raises(HTTPError, match="401"):
                    asked(port, "/api/v1/auth/session", headers=known)
        finally:
            library.accounts.remove("Ann")


class _Load:
    """What several do at once at some servers: set a tempo, search, and ask for exports.

    set, tried: the last tempo of each track that a server said it had set, and the last one it was asked for
    jobs: those that were taken on
    answers: how many questions were answered, by server
    wrong: what a server did not answer that was there
    """

    def __init__(self, ports: list[int]) -> None:
        self.ports, self.is_over = ports, False
        self.gone: int | None = None
        self.set: dict[int, float] = {}
        self.tried: dict[int, float] = {}
        self.jobs: list[str] = []
        self.answers = Counter[int]()
        self.wrong: list[str] = []

    def work(self, number: int) -> None:
        """Until all is over; each has a track of its own."""
        draw, count = Random(number), 0
        while not self.is_over:
            port, count = draw.choice(self.ports), count + 1
            try:
                self._ask(port, number, count)
                self.answers[port] += 1
            except (OSError, HTTPException) as error:
                if port != self.gone:
                    self.wrong.append(f"{port} {self.gone}: {error!r}")

    def _ask(self, port: int, number: int, count: int) -> None:
        bpm = self.tried[number] = 100.0 + count % 80
        asked(port, f"/api/v1/tracks/{audio_id(number)}", {"bpm": bpm}, "PUT")
        self.set[number] = bpm
        asked(port, f"/api/v1/search?q=bpm:{bpm:.0f}")
        if count % 4 == 0 and len(self.jobs) < 18:
            self.jobs.append(json.loads(asked(port, "/api/v1/exports", {"to": "csv"}))["id"])


@pytest.mark.timeout(300)
def test_killed_server_under_load_loses_no_job(postgres: PostgresServer, tmp_path: Path) -> None:
    from map4.extras.postgres.store import PostgresStore

    address = postgres.database()
    with closing(PostgresStore(address)) as store:
        for number in range(1, 41):
            put_track(store, number, bpm=120.0)  # type: ignore[arg-type]
    (tmp_path / "shared").mkdir()
    with starting(tmp_path) as start:
        servers = [_begun(start, tmp_path, name, address) for name in ("one", "two", "three")]
        load = _Load([port for _, port in servers])
        threads = [threading.Thread(target=load.work, args=(number,)) for number in range(1, 7)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(load.jobs) >= 6 and len(load.set) == len(threads), 60.0)
        killed, load.gone = servers[0]
        killed.kill()
        before = load.answers.copy()
        wait_until(lambda: all(load.answers[port] > before[port] + 20 for _, port in servers[1:]), 60.0)
        load.is_over = True
        for thread in threads:
            thread.join()
        assert load.wrong == []
        _, port = servers[1]
        for number, bpm in load.set.items():  # what was answered is there; what was not may be
            track = json.loads(asked(port, f"/api/v1/tracks/{audio_id(number)}"))
            assert track["tempo"]["bpm"] in (bpm, load.tried[number])
        assert {finished(port, job, LEASE_S + 60)["status"] for job in load.jobs} == {"completed"}
        files = [asked(other, f"/api/v1/exports/{load.jobs[0]}/file") for _, other in servers[1:]]
        assert files[0] == files[1] != b""
    with closing(PostgresStore(address)) as store, store.database.reading() as connection:
        ends = connection.execute("SELECT kind, status FROM jobs").fetchall()
        assert ends == [("export", "completed")] * len(load.jobs)
        assert connection.execute("SELECT count(*) FROM map4_views.export_history").fetchall() == [(len(load.jobs),)]
