"""Several real `map4 serve` on one library in Postgres, each as on a machine of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from postgres_server import ABSENT, PostgresServer, running_postgres
from query_cases import fill
from started import starting
from stored import put_own

from map4 import Library
from map4.ports.store.jobs import LEASE_S

Servers = list[tuple[Any, int]]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    if ABSENT is not None:
        pytest.skip(ABSENT)
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def address(postgres: PostgresServer) -> str:
    from map4.infra.postgres.store import PostgresStore

    address = postgres.database()
    with closing(PostgresStore(address)) as store:
        fill(store)  # type: ignore[arg-type]
    return address


@pytest.fixture(scope="module")
def servers(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two, with a home each and a folder that both have."""
    tmp_path = tmp_path_factory.mktemp("servers")
    (tmp_path / "shared").mkdir()
    with starting(tmp_path) as start:
        found = []
        for name in ("one", "other"):
            home = tmp_path / name
            home.mkdir()
            homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home))
            found.append(start("--shared", tmp_path / "shared", env={**homes, "MAP4_LIBRARY": address}))
        yield found


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
    until = time.monotonic() + limit_s
    while True:
        found: dict[str, Any] = json.loads(asked(port, f"/api/v1/jobs/{job}"))
        if found["status"] in ("completed", "failed", "cancelled") or time.monotonic() > until:
            return found
        time.sleep(0.1)


def test_each_answers_at_once_of_what_anybody_wrote(servers: Servers, address: str) -> None:
    from map4.infra.postgres.store import PostgresStore

    ports = [port for _, port in servers]
    before = [asked(port, "/api/v1/search?q=bpm:140") for port in ports]
    assert before[0] == before[1]
    [track] = json.loads(asked(ports[0], "/api/v1/search?q=bjork"))["tracks"]
    for port, other in (ports, reversed(ports)):
        bpm = 140.0 + port % 2
        asked(port, f"/api/v1/tracks/{track['audio_id']}", {"bpm": bpm}, "PUT")
        answers = [asked(one, f"/api/v1/search?q=bpm:{bpm:.0f}") for one in (port, other)]
        assert answers[0] == answers[1]
        assert [one["audio_id"] for one in json.loads(answers[0])["tracks"]] == [track["audio_id"]]
    with closing(PostgresStore(address)) as store:
        put_own(store, 1, bpm=151.0)  # type: ignore[arg-type]
    for port in ports:
        assert len(json.loads(asked(port, "/api/v1/search?q=bpm:151"))["tracks"]) == 1


def test_an_export_that_one_made_is_had_of_the_other(servers: Servers) -> None:
    ports = [port for _, port in servers]
    job = json.loads(asked(ports[0], "/api/v1/exports", {"to": "csv"}))["id"]
    assert finished(ports[1], job)["status"] == "completed"
    files = [asked(port, f"/api/v1/exports/{job}/file") for port in ports]
    assert files[0] == files[1]
    assert "Björk" in files[0].decode()


def test_who_logged_in_at_one_is_known_to_the_other_until_they_log_out(servers: Servers, address: str) -> None:
    (_, one), (_, other) = servers
    with Library.open(address) as library:
        library.accounts.add("Ann", "admin", password="a long pass phrase")
        try:
            said = {"username": "Ann", "password": "a long pass phrase"}
            access = json.loads(asked(one, "/api/v1/auth/login", said))
            known = {"authorization": f"Bearer {access['access_token']}"}
            for port in (one, other):
                assert b'"Ann"' in asked(port, "/api/v1/auth/session", headers=known)
            assert asked(other, "/api/v1/auth/session", method="DELETE", headers=known) == b""
            for port in (one, other):
                with pytest.raises(HTTPError, match="401"):
                    asked(port, "/api/v1/auth/session", headers=known)
        finally:
            library.accounts.remove("Ann")


@pytest.mark.slow
def test_both_go_on_when_the_database_was_restarted(servers: Servers, postgres: PostgresServer) -> None:
    ports = [port for _, port in servers]
    before = [asked(port, "/api/v1/search?q=genre:house") for port in ports]
    postgres.restart()
    assert [asked(port, "/api/v1/search?q=genre:house") for port in ports] == before
    job = json.loads(asked(ports[0], "/api/v1/exports", {"to": "csv"}))["id"]
    assert finished(ports[1], job)["status"] == "completed"


@pytest.mark.slow
def test_what_a_server_had_that_was_killed_another_does(servers: Servers, address: str) -> None:
    from map4.infra.postgres.store import PostgresStore

    (killed, _), (_, port) = servers
    with closing(PostgresStore(address)) as store:
        job = store.jobs.add("export", {"to": "csv"}, priority=5)
        until = time.monotonic() + 30
        # Whoever took it: it is given to the one that will be gone.
        while store.jobs.get(job.number).status != "completed" and time.monotonic() < until:  # type: ignore[union-attr]
            time.sleep(0.05)
        with store.database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET status = 'processing', finished_at = NULL, lease_until = ?, owner = 'gone' "
                "WHERE id = ?",
                (time.time() + LEASE_S, job.number),
            )
        killed.kill()
        assert json.loads(asked(port, f"/api/v1/jobs/job-{job.number}"))["status"] == "processing"
        time.sleep(LEASE_S)
        assert finished(port, f"job-{job.number}")["status"] == "completed"
        assert store.jobs.has_server()
