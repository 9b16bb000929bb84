"""Answers that take long come from a process apart: the same ones, whatever becomes of that process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_library import path_of
from servers import client_of, settings_of
from starlette.testclient import TestClient

from map4.domain.actor import LOCAL, Actor
from map4.domain.preferences import Preferences
from map4.errors import Map4Error, NotAllowedError
from map4.library import Library
from map4.server.apart import ApartReader
from map4.server.route import RequestInput
from map4.server.routes import ROUTES

API = "/api/v1"


@pytest.fixture(scope="module")
def one(made_once: Path) -> Iterator[TestClient]:
    """A client of a server with a process apart, which changes nothing."""
    with client_of(made_once, apart=1) as found:
        yield found


ASKED = (
    ("GET", "/stats/library?q=bpm:100..120", None),
    ("GET", "/doctor", None),
    ("GET", "/doctor?q=bmp:1", None),  # with the place of the mistake
    ("GET", "/library", None),
    ("POST", "/playlists/generate", {"seeds": [path_of(3)], "n": 5}),
    ("POST", "/playlists/generate", {"seeds": ["track"], "n": 5}),  # may be several
    ("POST", "/playlists/generate", {"seeds": ["none at all"], "n": 5}),
    ("POST", "/playlists/check", {"tracks": [path_of(3), path_of(4)]}),
    ("POST", "/playlists/generate", {"preset": "none"}),
)


@pytest.mark.parametrize(("method", "address", "body"), ASKED, ids=[f"{one[1]} {one[2] or ''}" for one in ASKED])
def test_the_answer_is_the_same(one: TestClient, made_once: Path, method: str, address: str, body: object) -> None:
    with client_of(made_once) as other:
        found, wanted = (client.request(method, API + address, json=body) for client in (one, other))
    assert (found.status_code, found.json()) == (wanted.status_code, wanted.json())
    assert found.headers["content-type"] == wanted.headers["content-type"]


def test_it_leaves_no_journal_beside_the_library(made: Path) -> None:
    with client_of(made, apart=1) as client:
        assert client.get(f"{API}/stats/library").status_code == 200
        assert Path(f"{made}-wal").exists()
    assert not Path(f"{made}-wal").exists()


def test_it_sees_what_was_just_set_by_the_same_preferences(made: Path) -> None:
    opened = partial(Library.open, made, preferences=Preferences(sources=("tag", "measured")))
    with client_of(made, open_library=opened, apart=1) as client, client_of(made, open_library=opened) as other:
        before = client.get(f"{API}/stats/library").json()
        [track] = client.get(f"{API}/search?limit=1").json()["ids"]
        client.put(f"{API}/tracks/{track}", json={"year": 1931})
        after = client.get(f"{API}/stats/library").json()
        assert before != after == other.get(f"{API}/stats/library").json()
        made_list = client.post(f"{API}/playlists/generate", json={"seeds": [track], "n": 5, "save": "Friday"}).json()
        assert len(made_list["ids"]) == 5
        assert other.get(f"{API}/lists/Friday").json()["ids"] == made_list["ids"]


def _until_gone(number: int) -> None:
    for _ in range(500):
        if not Path(f"/proc/{number}").exists() or ") Z " in Path(f"/proc/{number}/stat").read_text():
            return
        time.sleep(0.01)
    os.kill(number, signal.SIGKILL)
    pytest.fail("it is still there")


def test_one_that_was_ended_is_started_again(made: Path) -> None:
    reader = ApartReader(settings_of(made))
    route = next(route for route in ROUTES if route.path == "/library")
    asked = RequestInput(actor=LOCAL, path={}, settings=settings_of(made), libraries=None)  # type: ignore[arg-type]
    try:
        first = reader.answer(route, asked).body
        number = reader.process_id
        assert number is not None
        os.kill(number, signal.SIGKILL)
        assert reader.answer(route, asked).body == first
        broken = replace(asked, path={"": _Breaking()})
        with pytest.raises(Map4Error, match="was ended; ask again"):
            reader.answer(route, broken)
        assert reader.process_id is None
    finally:
        reader.close()


def test_it_answers_as_who_asks(made: Path) -> None:
    reader = ApartReader(settings_of(made))
    route = next(route for route in ROUTES if route.path == "/library")
    asked = RequestInput(actor=LOCAL, path={}, settings=settings_of(made), libraries=None)  # type: ignore[arg-type]
    try:
        for actor in (LOCAL, replace(LOCAL, id=1, name="Ann")):
            assert reader.answer(route, replace(asked, actor=actor)).status_code == 200  # type: ignore[union-attr]
        with pytest.raises(NotAllowedError, match="Ann may not do this"):
            reader.answer(route, replace(asked, actor=Actor(id=1, name="Ann", scopes=frozenset(["own"]))))
    finally:
        reader.close()


class _Breaking:
    """Ends the process that reads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


_SERVER = """
import sys, time
from servers import settings_of
from map4.server.apart import ApartReader
from pathlib import Path
reader = ApartReader(settings_of(Path(sys.argv[1])))
reader.start()
print(reader.process_id, flush=True)
time.sleep(60)
"""


def test_it_ends_when_the_server_is_killed(made: Path) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-c", _SERVER, str(made)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}) as server:
        assert server.stdout is not None
        number = int(server.stdout.readline())
        server.kill()
    _until_gone(number)
