"""Tests in several processes, which are forks of the one that collected them: collecting takes a third of a minute.

`-n 3` forks three. Each has a share of the files; when it is done it takes some of the longest share that is left.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

LONGEST_RUN = 25
"""Tests of a file that are handed out together: fixtures of files are made once, workers end together."""
_SHARED = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    # Plug-ins can't have small letters otherwise.
    parser.getgroup("forks")._addoption(  # type: ignore[attr-defined]
        "-n", type=int, default=0, dest="forks", help="in how many forks the tests run (0: in none)"
    )


@pytest.fixture(scope="session")
def shared_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of these tests share."""
    return pytestconfig.stash.get(_SHARED, tmp_path_factory.getbasetemp())


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    option = session.config.option
    if not option.forks or option.collectonly or session.testsfailed:
        return None  # pytest goes through them itself
    session.config.stash[_SHARED] = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    _Forks(session).run(option.forks)
    return True


def _runs(items: list[pytest.Item]) -> Iterator[list[int]]:
    for _, group in groupby(range(len(items)), key=lambda number: items[number].path):
        numbers = [*group]
        for start in range(0, len(numbers), LONGEST_RUN):
            yield numbers[start : start + LONGEST_RUN]


class _Worker:
    """A fork, as its parent sees it."""

    def __init__(self, pid: int, number: int) -> None:
        self.pid, self.number = pid, number
        self.left: list[int] = []  # what it was given and has not begun
        self.at = 0
        self.error: str | None = ""  # why it ended; None: there is nothing left


class _Forks:
    """What the process that collected the tests does: it hands them out, and reports what became of them."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._hook = session, session.config.hook
        self._workers: dict[Connection, _Worker] = {}
        self._shares: list[deque[list[int]]] = []

    def run(self, count: int) -> None:
        runs = [*_runs(self._session.items)]
        self._shares = [deque(runs[len(runs) * n // count : len(runs) * (n + 1) // count]) for n in range(count)]
        for number in range(count):
            self._start(number)
        try:
            while self._workers:
                for wire in wait([*self._workers]):
                    self._hear(wire)  # type: ignore[arg-type]
                    if self._session.shouldfail:
                        raise self._session.Failed(self._session.shouldfail)
                    if self._session.shouldstop:
                        raise self._session.Interrupted(self._session.shouldstop)
        finally:
            for wire, worker in self._workers.items():
                wire.close()  # it ends after the test that it runs
                os.waitpid(worker.pid, 0)

    def _start(self, number: int) -> None:
        here, there = Pipe()
        sys.stdout.flush()
        if pid := os.fork():
            there.close()
            self._workers[here] = _Worker(pid, number)
            return
        try:
            for wire in (*self._workers, here):
                wire.close()
            _work(self._session, there, number)
            there.send(("ends", None))
        except BaseException:
            with suppress(OSError):  # nobody listens any more
                there.send(("ends", traceback.format_exc()))
        finally:
            os._exit(0)

    def _hear(self, wire: Connection) -> None:
        worker = self._workers[wire]
        try:
            told, what = wire.recv()
        except (EOFError, ConnectionResetError):
            self._bury(self._workers.pop(wire))
            return
        match told:
            case "wants":
                own, longest = self._shares[worker.number], max(self._shares, key=len)
                given = own.popleft() if own else longest.pop() if longest else []
                worker.left += given
                wire.send(given)
            case "begins":
                worker.at = what
                worker.left.remove(what)
            case "reports":
                report = self._hook.pytest_report_from_serializable(config=self._session.config, data=what)
                # As pytest-xdist marks its reports: else each of another file would begin a line.
                report.node = SimpleNamespace(gateway=SimpleNamespace(id=worker.number), _workerinfocache="")
                self._hook.pytest_runtest_logreport(report=report)
            case "warns":
                self._hook.pytest_warning_recorded.call_historic(kwargs=what)
            case "ends":
                worker.error = what

    def _bury(self, worker: _Worker) -> None:
        """What ended in the middle of a test failed it; another does what it had left."""
        _, status = os.waitpid(worker.pid, 0)
        if worker.error is None:
            return
        item = self._session.items[worker.at]
        said = worker.error or f"the process of this test ended with status {os.waitstatus_to_exitcode(status)}"
        self._hook.pytest_runtest_logreport(
            report=pytest.TestReport(item.nodeid, item.location, {}, "failed", said, "call")
        )
        if worker.left:
            self._shares[worker.number].appendleft(worker.left)
        if any(self._shares):
            self._start(worker.number)


class _Teller:
    """In a fork, in the place of what shows reports."""

    def __init__(self, config: pytest.Config, wire: Connection) -> None:
        self._config, self._wire = config, wire
        self._is_told_of_old = True
        config.pluginmanager.register(self)  # which gives it all warnings of the parent
        self._is_told_of_old = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._wire.send(("reports", data))

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str, location: Any) -> None:
        if self._is_told_of_old:
            return
        shown = SimpleNamespace(**{**vars(warning_message), "source": None})
        what = {"warning_message": shown, "when": when, "nodeid": nodeid, "location": location}
        self._wire.send(("warns", what))


def _work(session: pytest.Session, wire: Connection, number: int) -> None:
    """Run what is handed out, until there is nothing left."""
    config = session.config
    plugins, temporary = config.pluginmanager, config._tmp_path_factory  # type: ignore[attr-defined]
    # What is captured is in files, and those of the parent have one position for all.
    capture = plugins.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    plugins.unregister(name="terminalreporter")
    _Teller(config, wire)
    temporary._basetemp = Path(temporary.getbasetemp(), f"worker-{number}-{os.getpid()}")
    temporary._basetemp.mkdir()

    def another() -> list[int]:
        wire.send(("wants", None))
        given: list[int] = wire.recv()
        return given

    run = another()
    while run:
        current = run.pop(0)
        # The next one says which fixtures stay.
        run = run or another()
        following = session.items[run[0]] if run else None
        wire.send(("begins", current))
        config.hook.pytest_runtest_protocol(item=session.items[current], nextitem=following)
