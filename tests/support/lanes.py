"""Three lanes of tests: *unit*, *contract* and *world* (CONTRIBUTING.md, "Tests").

A unit test that starts a process, opens a connection or sleeps for longer than a second fails. `contract` marks what
needs a process, a server, Postgres or a browser; `world` what only `make test-all` runs. The nearest mark counts, so a
file of `world` may have a story of `contract`.
"""

import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from extra_cases import of_extras

LANES = ("unit", "contract", "world")
LONGEST_SLEEP_S = 1.0
"""Of one test. A lock that is looked at again after .05 s is no wait worth a lane, and whether it happens is chance."""
_STORES_ELSEWHERE = of_extras("STORE")
"""Parameters of tests that run on every store."""
_PROCESSES = frozenset(("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"))
_CONNECTIONS = frozenset(("socket.bind", "socket.connect"))
_OF_WORLD = re.compile(r"^pytestmark = .*\bmark\.world\b", re.MULTILINE)
_LANE = pytest.StashKey[str]()
_noted: list[str] | None = None
"""What a unit test did that it must not; None while none runs."""
_older: frozenset[threading.Thread] = frozenset()
"""Threads that ran before the test: what a server of an earlier test still does is not the test's."""
_slept_s = 0.0
"""By the main thread, in this test."""


def lane_of(item: pytest.Item) -> str:
    if _LANE not in item.stash:
        item.stash[_LANE] = _marked_lane(item)
    return item.stash[_LANE]


def _marked_lane(item: pytest.Item) -> str:
    for holder in reversed(item.listchain()):
        marks = [mark.name for mark in holder.own_markers if mark.name in LANES]
        if marks:
            return marks[-1]  # of a parameter, before that of its function
    called = getattr(item, "callspec", None)
    if called is None or not any(value in _STORES_ELSEWHERE for value in called.params.values() if type(value) is str):
        return "unit"
    stores = ("open_store", "store")
    others = [place for name, place in called.indices.items() if name not in stores]
    return "world" if sum(others) % 3 else "contract"  # of many cases on another store one in three


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """Cases of a large product: one of so many runs in its lane, the others only in `make test-all`."""
    return [
        case
        if number % every == 0 or hasattr(case, "marks")
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.world)
        for number, case in enumerate(cases)
    ]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lanes", default="unit,contract", help="which lanes run: unit,contract,world")


def _lanes_of(config: pytest.Config) -> tuple[str, ...]:
    lanes = tuple(config.getoption("--lanes").split(","))
    if unknown := [lane for lane in lanes if lane not in LANES]:
        raise pytest.UsageError(f"--lanes takes {', '.join(LANES)}, not {unknown[0]!r}")
    named = any("::" in argument for argument in config.args)
    return LANES if named else lanes  # a test that is named runs, whatever its lane


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A file of which no test runs is not imported."""
    if collection_path.suffix != ".py" or "world" in _lanes_of(config):
        return None
    text = collection_path.read_text(encoding="utf-8")
    return True if _OF_WORLD.search(text) and "mark.contract" not in text else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lanes = _lanes_of(config)
    config.hook.pytest_deselected(items=[item for item in items if lane_of(item) not in lanes])
    items[:] = [item for item in items if lane_of(item) in lanes]


def _note(event: str, args: tuple[Any, ...]) -> None:
    if _noted is None:
        return
    if event in _PROCESSES:
        _note_act(f"a process: {args[:1]!r:.100}")
    elif event in _CONNECTIONS and args[0].family in (socket.AF_INET, socket.AF_INET6):
        _note_act(f"a connection: {args[1]!r}")


def _note_act(act: str) -> None:
    if _noted is not None and threading.current_thread() not in _older:
        _noted.append(act)


def _start(process: BaseProcess, real: Callable[[BaseProcess], None] = BaseProcess.start) -> None:
    _note_act(f"a process: {process!r:.100}")
    real(process)


def _sleep(seconds: float, real: Callable[[float], None] = time.sleep) -> None:
    global _slept_s
    if threading.current_thread() is threading.main_thread():
        _slept_s += seconds
        if _slept_s > LONGEST_SLEEP_S:
            _note_act(f"sleeps of {_slept_s:.2f} s")
    real(seconds)


def pytest_configure(config: pytest.Config) -> None:
    _lanes_of(config)
    # Neither is audited before Python 3.13.
    time.sleep = _sleep
    BaseProcess.start = _start  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    sys.addaudithook(_note)  # from now on: imports have thousands of events


@pytest.fixture(autouse=True)
def _stays_in_its_lane(request: pytest.FixtureRequest) -> Iterator[None]:
    global _noted, _older, _slept_s
    is_unit = lane_of(request.node) == "unit"
    _older = frozenset(threading.enumerate()) - {threading.main_thread()}
    _noted, _slept_s = [] if is_unit else None, 0.0
    yield
    noted, _noted = _noted, None
    if noted:
        pytest.fail(f"a unit test has {noted[0]}; mark it with @pytest.mark.contract", pytrace=False)
