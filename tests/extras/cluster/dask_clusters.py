"""Real Dask clusters: a scheduler and its workers, each a process, over TCP."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

SUPPORT = Path(__file__).parents[2] / "support"
_ADDRESS = re.compile(r"Scheduler at:\s+((?:tcp|tls)://\S+)")


@dataclass
class Cluster:
    address: str
    scheduler: subprocess.Popen[str]
    workers: list[subprocess.Popen[str]]


@contextmanager
def cluster_in(
    folder: Path, *, workers: int = 2, protocol: str = "tcp", environment: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Cluster]:
    """A cluster with so many workers, called "one", "two" …; its processes have more in their environment."""
    with ExitStack() as running:
        options = ("--port", "0", "--protocol", protocol)
        scheduler = running.enter_context(_process("scheduler", *options, environment=environment, log=folder))
        found = _ADDRESS.search(_line_with(scheduler.stderr, "Scheduler at:"))
        names = ("one", "two", "three", "four")[:workers]
        begun = [running.enter_context(_worker(found[1], name, environment, folder)) for name in names]
        for worker in begun:
            _line_with(worker.stderr, "Registered to:")
        yield Cluster(found[1], scheduler, begun)


@contextmanager
def worker_of(cluster: Cluster, folder: Path) -> Iterator[None]:
    """One more worker, within this block."""
    with _worker(cluster.address, "another", {}, folder) as worker:
        _line_with(worker.stderr, "Registered to:")
        yield


def _worker(
    scheduler: str, name: str, environment: Mapping[str, str], log: Path
) -> AbstractContextManager[subprocess.Popen[str]]:
    options = ("--nthreads", "1", "--no-nanny", "--name", name)
    return _process("worker", scheduler, *options, environment=environment, log=log)


def _line_with(stream: IO[str] | None, words: str) -> str:
    """What a process says, up to the line with these words."""
    return next(line for line in stream if words in line)


@contextmanager
def _process(*arguments: str, environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[str]]:
    here = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
    command = [sys.executable, "-m", "dask", *arguments, *here]
    own = {"PYTHONPATH": str(SUPPORT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "info"}
    env = {**os.environ, **own, **environment}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env, cwd=log
    ) as process:
        try:
            yield process
        finally:
            process.kill()
