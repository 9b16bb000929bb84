"""Measure programs from outside: CPU of all their processes, time, and peak memory process by process."""

from __future__ import annotations

import argparse
import ctypes
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
POLL_S = 0.02
"""How often memory is looked at. The kernel keeps each process's peak, so only what is reached between the last look
and the process's end is lost."""
_PR_SET_CHILD_SUBREAPER = 36
"""From <linux/prctl.h>."""
_HOMES = ("HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
MB = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a program.

    wall_s : from start to end
    cpu_s : user and system time of the program and of every process it started, workers included
    parent_mb : peak resident memory of the program itself; None where the system does not tell (no /proc)
    worker_mb : of the largest process it started; None where it started none
    worker_above_libraries_mb : `worker_mb` less the peak of the process that workers are forked from, which has
        imported everything and analysed nothing
    stdout : what it printed
    """

    wall_s: float
    cpu_s: float
    parent_mb: float | None
    worker_mb: float | None
    worker_above_libraries_mb: float | None
    stdout: bytes = field(repr=False)


def run_program(command: Sequence[str], *, poll: bool = True, ends: Collection[int] = (0,)) -> Run:
    """Run a program to its end and measure it.

    command : program and arguments; runs in this repository
    poll : watch its memory
    ends : exit codes that are no failure

    Raises
    ------
    RuntimeError
        If it ends with another code; says what it wrote to stderr last.
    """
    _adopt_orphans()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAP4_")}
    environment |= dict.fromkeys(_HOMES, _empty_home().name)
    environment |= {"PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"}
    talk = tempfile.TemporaryFile()  # noqa: SIM115 - closed below, after the program and its orphans
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=talk, cwd=REPOSITORY, env=environment)
    watch = _MemoryWatch(process.pid)
    if poll:
        watch.start()
    assert process.stdout is not None
    stdout = process.stdout.read()
    wall_s, cpu_s, exit_code = _reap(process, start)
    watch.stop()
    with talk:
        if exit_code not in ends:
            talk.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {exit_code}: {talk.read()[-500:].decode()}")
    return Run(
        wall_s=wall_s,
        cpu_s=cpu_s,
        parent_mb=watch.parent_mb,
        worker_mb=watch.worker_mb,
        worker_above_libraries_mb=watch.worker_above_libraries_mb,
        stdout=stdout,
    )


def map4_command(*arguments: str | Path) -> list[str]:
    """The command line that runs this repository's map4."""
    return [sys.executable, "-m", "map4", *map(str, arguments)]


def median(values: Sequence[float]) -> float:
    """The median, to the microsecond."""
    return round(statistics.median(values), 6)


def interleaved(repeat: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Call the measures in turn, `repeat` times, so that what else the machine does hits all of them alike."""
    rounds = [[measure() for measure in measures] for _ in range(repeat)]
    return [list(column) for column in zip(*rounds, strict=True)]


def machine() -> dict[str, object]:
    """What kind of machine and Python this is; nothing that names it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cores": cores,
        "python": platform.python_version(),
    }


@functools.cache
def _empty_home() -> tempfile.TemporaryDirectory[str]:
    """A home folder without settings, so that a benchmark neither obeys nor touches anything of the user's."""
    return tempfile.TemporaryDirectory()


def _adopt_orphans() -> None:
    # A worker's own parent (the fork server) outlives the command by a moment. As its foster parent we are told what
    # it and its workers used.
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap(process: subprocess.Popen[bytes], start: float) -> tuple[float, float, int]:
    """Wall time and exit code of the program, and CPU of it and of all it leaves behind."""
    if not hasattr(os, "wait4"):
        exit_code = process.wait()
        return time.perf_counter() - start, float("nan"), exit_code
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s = usage.ru_utime + usage.ru_stime
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return wall_s, cpu_s, process.returncode
        cpu_s += usage.ru_utime + usage.ru_stime


class _MemoryWatch:
    """Keeps the peak resident memory of a process and of everything below it, while they live."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, float] = {}
        self._depths: dict[int, int] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def parent_mb(self) -> float | None:
        return self._peaks.get(self._pid)

    @property
    def worker_mb(self) -> float | None:
        return max((peak for pid, peak in self._peaks.items() if self._depths[pid] > 0), default=None)

    @property
    def worker_above_libraries_mb(self) -> float | None:
        forked = [peak for pid, peak in self._peaks.items() if self._depths[pid] == 2]
        server = [peak for pid, peak in self._peaks.items() if self._depths[pid] == 1]
        return round(max(forked) - max(server), 1) if forked and server else None

    def _watch(self) -> None:
        while not self._stopped.wait(POLL_S):
            self._look(self._pid, 0)

    def _look(self, pid: int, depth: int) -> None:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:  # it has just ended, or this is no Linux
            return
        peak = next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), None)
        if peak is not None:  # a zombie has no memory
            self._peaks[pid] = round(int(peak) * 1024 / MB, 1)
            self._depths[pid] = depth
        for child in children:
            self._look(int(child), depth + 1)


def check_targets(
    results: Mapping[str, Any], targets: Iterable[tuple[str, Sequence[str], float]]
) -> list[dict[str, Any]]:
    """Each target (name, where its figure stands in the results, limit) that was measured, and whether it was met."""
    checked = []
    for name, where, limit in targets:
        value: Any = results
        for key in where:
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            checked.append({"name": name, "value": value, "limit": limit, "met": value <= limit})
    return checked


def add_results(parser: argparse.ArgumentParser, name: str) -> None:
    """The option that says where the figures go."""
    default = REPOSITORY / "lab" / "results" / f"{name}.json"
    parser.add_argument("--json", type=Path, default=default, metavar="FILE", help="where the figures go")


def write_results(path: Path, name: str, **figures: Any) -> None:
    """Write the figures of a benchmark with the time and the machine that they are of."""
    document = {
        "schema": f"map4/benchmark-{name}/1",
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        **figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
