"""Answers that take long come from a process apart: the same ones, whatever becomes of that process."""

import asyncio
import os
import platform
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
from jobs import require_gone
from lanes import sampled
from made_library import path_of
from servers import client_of, settings_of
from starlette.testclient import TestClient
from waiting import wait_until

from map4.core.base.actor import Actor
from map4.core.base.child_process import Child
from map4.core.music.query.context import Preferences
from map4.errors import Map4Error, NotAllowedError
from map4.library import Library
from map4.server.declared_routes import answered_apart
from map4.server.libraries import LibraryThreads
from map4.server.library_process import LibraryProcess
from map4.server.route import RequestInput

pytestmark = pytest.mark.contract

API = "/api/v1"


@pytest.fixture(scope="module")
def ask_process(made_once: Path) -> Iterator[TestClient]:
    """A client of a server with a process apart, which changes nothing."""
    with client_of(made_once, apart=1) as found:
        yield found


@pytest.fixture(scope="module")
def other(made_once: Path) -> Iterator[TestClient]:
    """A client of a server without one."""
    with client_of(made_once) as found:
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


@pytest.mark.parametrize(
    ("method", "address", "body"),
    sampled(ASKED, every=3),
    ids=[f"{question[1]} {question[2] or ''}" for question in ASKED],
)
def test_the_answer_is_the_same(
    ask_process: TestClient, other: TestClient, method: str, address: str, body: object
) -> None:
    found, wanted = (client.request(method, API + address, json=body) for client in (ask_process, other))
    assert (found.status_code, found.json()) == (wanted.status_code, wanted.json())
    assert found.headers["content-type"] == wanted.headers["content-type"]


@pytest.mark.world
def test_process_leaves_no_journal(made: Path) -> None:
    with client_of(made, apart=1) as client:
        assert client.get(f"{API}/stats/library").status_code == 200
        assert Path(f"{made}-wal").exists()
    assert not Path(f"{made}-wal").exists()


@pytest.mark.world
def test_process_sees_new_values_with_the_preferences(made: Path) -> None:
    opened = partial(Library.open, made, preferences=Preferences(sources=("tag", "measured")))
    with client_of(made, open_library=opened, apart=1) as client, client_of(made, open_library=opened) as other:
        before = client.get(f"{API}/stats/library").json()
        [track] = client.get(f"{API}/search?limit=1").json()["ids"]
        client.put(f"{API}/tracks/{track}", json={"year": 1931})
        after = client.get(f"{API}/stats/library").json()
        assert before != after == other.get(f"{API}/stats/library").json()
        made_list = client.post(f"{API}/playlists/generate", json={"seeds": [track], "n": 5, "save": "Friday"}).json()
        assert len(made_list["ids"]) == 5
        assert other.get(f"{API}/lists/{made_list['id']}").json()["ids"] == made_list["ids"]


@pytest.fixture
def process(made: Path) -> Iterator[LibraryProcess]:
    found = LibraryProcess(partial(Library.open, made), settings_of(made), answered_apart)
    yield found
    found.close()


ASKED_APART = ("GET", "/library"), RequestInput(actor=Actor.LOCAL, path={}, settings=None, libraries=None)  # type: ignore[arg-type]


@pytest.mark.world
def test_killed_process_is_restarted(process: LibraryProcess) -> None:
    ask = process.acting_as(Actor.LOCAL)
    first = ask(ASKED_APART).body
    os.kill(process.start().pid, signal.SIGKILL)
    assert ask(ASKED_APART).body == first
    with pytest.raises(Map4Error, match="was ended; try again"):
        ask(_Breaking())
    assert ask(ASKED_APART).body == first


@pytest.mark.world
def test_hung_process_is_replaced_in_advance(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, start = list[Child](), LibraryProcess.start

    def noted(process: LibraryProcess) -> Child:
        begun.append(start(process))
        return begun[-1]

    monkeypatch.setattr(LibraryProcess, "start", noted)
    opened = partial(LibraryProcess.begun, partial(Library.open, made), settings_of(made), answered_apart)
    threads = LibraryThreads("apart", 1, opened)
    asked = asyncio.run(_given_up(threads, tmp_path / "began"))
    wait_until(lambda: len({child.pid for child in begun}) == 2)
    assert asked
    assert len({child.pid for child in begun}) == 2
    threads.close()


async def _given_up(threads: LibraryThreads, began: Path) -> bool:
    """Ask for what never ends, until it has begun."""
    hanging = asyncio.ensure_future(threads.ask(lambda ask: ask.acting_as(Actor.LOCAL)(_Hanging(str(began)))))
    while not began.exists():
        await asyncio.sleep(0.005)
    return hanging.cancel()


def test_process_stopped_before_its_start_ends(process: LibraryProcess, tmp_path: Path) -> None:
    process.stop()
    with pytest.raises(Map4Error, match="was ended"):
        process.acting_as(Actor.LOCAL)(_Hanging(str(tmp_path / "began")))


def test_process_answers_with_the_rights_of_the_actor(process: LibraryProcess) -> None:
    for actor in (Actor.LOCAL, replace(Actor.LOCAL, id=1, name="Ann")):
        assert process.acting_as(actor)(ASKED_APART).status_code == 200
    with pytest.raises(NotAllowedError, match="Ann may not do this"):
        process.acting_as(Actor(id=1, name="Ann", scopes=frozenset(["own"])))(ASKED_APART)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is returned by glibc's malloc_trim")
def test_process_returns_the_memory_of_an_answer(made: Path) -> None:
    process = LibraryProcess(partial(Library.open, made), settings_of(made), _wasteful)
    before, after = (process.acting_as(Actor.LOCAL)(None) for _ in range(2))
    process.close()
    assert after < before + 50


_KEPT: list[bytes] = []


def _wasteful(settings: object, library: Library, question: None) -> int:
    """The process's memory in MB, before it takes 100 MB; the last block is kept, so that the rest is no end."""
    used = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    _KEPT.append([bytes(100_000) for _ in range(1_000)][-1])
    return used


class _Breaking:
    """Ends the process that reads it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


class _Hanging:
    """Holds the process up that reads it."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return _hang, (self._path,)


def _hang(path: str) -> None:
    Path(path).touch()
    time.sleep(1000)


_SERVER = """
import sys, time
from functools import partial
from servers import settings_of
from map4.library import Library
from map4.server.library_process import LibraryProcess
from map4.server.declared_routes import answered_apart
from pathlib import Path
path = Path(sys.argv[1])
process = LibraryProcess(partial(Library.open, path), settings_of(path), answered_apart)
print(process.start().pid, flush=True)
time.sleep(60)
"""


@pytest.mark.world
def test_process_ends_when_the_server_is_killed(made: Path) -> None:
    path = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-c", _SERVER, str(made)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}) as server:
        number = int(server.stdout.readline())
        server.kill()
    require_gone([number])
