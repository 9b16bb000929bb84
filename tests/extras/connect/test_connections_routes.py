"""Connected music servers over HTTP: told, and their jobs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from extras.connect.music_server_double import LOGIN, PASSWORD, MusicServerDouble, library_of_songs, music_server
from schemas import validate
from servers import client_of
from starlette.testclient import TestClient

from map4 import Library
from map4.jobs.routes.job_service import jobs_of
from map4.server.changes import changes_of

pytestmark = pytest.mark.contract

API = "/api/v1"


@pytest.fixture
def double() -> MusicServerDouble:
    return MusicServerDouble.of_songs(3)


@pytest.fixture
def client(double: MusicServerDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    path = library_of_songs(tmp_path, monkeypatch, 1, 2)
    with music_server(double) as server:
        with Library.open(path) as library:
            library.connections.add("home", server.url, login=LOGIN, secret=PASSWORD)
        with client_of(path, services=(changes_of, jobs_of)) as found:
            yield found


def done(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    asked = client.post(API + path, json=body)
    assert asked.status_code == 202, asked.text
    until, job = time.monotonic() + 60, asked.json()
    while job["status"] not in ("completed", "failed") and time.monotonic() < until:
        job = client.get(f"{API}/jobs/{job['id']}?wait=5").json()
    return job  # type: ignore[no-any-return]


@pytest.mark.world
def test_connection_is_listed_mapped_pulled_and_pushed(client: TestClient, double: MusicServerDouble) -> None:
    double.songs[f"nd{1:020}"]["userRating"] = 4
    mapped = done(client, "/connections/map", {"listen": 1})
    assert (mapped["status"], mapped["result"]["mapped"], mapped["result"]["songs"]) == ("completed", 2, 3)
    pulled = done(client, "/connections/pull", {})
    assert (pulled["status"], pulled["result"]["ratings"], pulled["result"]["mapped"]) == ("completed", 1, 2)
    document = client.get(f"{API}/connections").json()
    validate(document)
    assert [
        (connection["connection"]["name"], connection["mapped"], connection["songs"])
        for connection in document["connections"]
    ] == [("home", 2, 3)]
    assert PASSWORD not in client.get(f"{API}/connections").text
    pushed = done(client, "/connections/push", {"lists": ["Friday"], "connection": "home"})
    assert [playlist["status"] for playlist in pushed["result"]["lists"]] == ["made"]
    assert [len(playlist.songs) for playlist in double.lists.values()] == [2]


def test_invalid_requests_make_no_job(client: TestClient) -> None:
    for path, body, status in (
        ("/connections/pull", {"connection": "none"}, 400),
        ("/connections/map", {"listen": 0}, 400),
        ("/connections/push", {}, 400),
        ("/connections/push", {"lists": ["No such list"]}, 404),
        ("/connections/push", {"lists": ["Friday"], "url": "http://127.0.0.1"}, 400),
    ):
        assert client.post(API + path, json=body).status_code == status, (path, body)
    assert client.get(f"{API}/jobs").json()["jobs"] == []
