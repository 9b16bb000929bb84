"""Three lanes of tests: *unit*, *contract* and *world* (CONTRIBUTING.md, "Tests").

A unit test that starts a process, opens a connection or sleeps fails. `contract` marks what needs a process, a server,
Postgres or a browser; `world` what only `make test-all` runs. The nearest mark counts, so a file of `world` may have a
story of `contract`.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from extra_cases import of_extras

LANES = ("unit", "contract", "world")
LONGEST_SLEEP_S = 0.02
_STORES_ELSEWHERE = of_extras("STORE")
"""Parameters of tests that run on every store."""
_PROCESSES = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec")
_CONNECTIONS = ("socket.bind", "socket.connect")
_noted: list[str] | None = None
"""What a unit test did that it must not; None while none runs."""


def lane_of(item: pytest.Item) -> str:
    for holder in reversed(item.listchain()):
        marks = [mark.name for mark in holder.own_markers if mark.name in LANES]
        if marks:
            return marks[-1]  # of a parameter, before that of its function
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "contract" if any(value in _STORES_ELSEWHERE for value in parameters if isinstance(value, str)) else "unit"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--lanes", default="unit,contract", help="which lanes run: unit,contract,world")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    lanes = config.getoption("--lanes").split(",")
    if unknown := [lane for lane in lanes if lane not in LANES]:
        raise pytest.UsageError(f"--lanes takes {', '.join(LANES)}, not {unknown[0]!r}")
    named = [argument for argument in config.args if "::" in argument]
    if named:  # a test that is named runs, whatever its lane
        return
    left_out = [item for item in items if lane_of(item) not in lanes]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if lane_of(item) in lanes]


def _note(event: str, args: tuple[Any, ...]) -> None:
    if _noted is None:
        return
    if event in _PROCESSES:
        _noted.append(f"a process: {args[:1]!r:.100}")
    elif event in _CONNECTIONS and args[0].family in (socket.AF_INET, socket.AF_INET6):
        _noted.append(f"a connection: {args[1]!r}")


def _noting(act: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*given: Any, **named: Any) -> Any:
        if _noted is not None and (act != "a sleep" or _is_slept(*given)):
            _noted.append(f"{act}: {given!r:.100}")
        return real(*given, **named)

    return noting


def _is_slept(seconds: float) -> bool:
    return seconds > LONGEST_SLEEP_S and threading.current_thread() is threading.main_thread()


def pytest_configure() -> None:
    sys.addaudithook(_note)
    # Neither is audited before Python 3.13.
    time.sleep = _noting("a sleep", time.sleep)
    BaseProcess.start = _noting("a process", BaseProcess.start)  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _stays_in_its_lane(request: pytest.FixtureRequest) -> Iterator[None]:
    global _noted
    is_unit = lane_of(request.node) == "unit"
    _noted = [] if is_unit else None
    yield
    noted, _noted = _noted, None
    if noted:
        pytest.fail(f"a unit test has {noted[0]}; mark it with @pytest.mark.contract", pytrace=False)
