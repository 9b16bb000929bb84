"""Real Dask clusters: a scheduler and its workers, each a process, over TCP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SUPPORT = Path(__file__).parents[2] / "support"
_ADDRESS = re.compile(r"Scheduler at:\s+((?:tcp|tls)://\S+)")


@dataclass
class Cluster:
    address: str
    scheduler: subprocess.Popen[str]
    workers: list[subprocess.Popen[str]]


@dataclass(frozen=True)
class Host:
    """Where a process of Dask runs.

    before: what its command begins with
    environment: more of it
    """

    name: str = "127.0.0.1"
    before: Sequence[str] = ()
    environment: Mapping[str, str] | None = None


HERE = Host()


@contextmanager
def cluster_in(
    folder: Path, hosts: Sequence[Host] = (HERE, HERE), *, of_scheduler: Host | None = None, protocol: str = "tcp"
) -> Iterator[Cluster]:
    """A cluster with a worker on each host, called "one", "two" …; the scheduler is on the first one, or its own."""
    with ExitStack() as running:
        options = ("--port", "0", "--protocol", protocol)
        scheduler = running.enter_context(_process("scheduler", *options, host=of_scheduler or hosts[0], log=folder))
        found = _ADDRESS.search(_line_with(scheduler.stderr, "Scheduler at:"))
        named = zip(("one", "two", "three", "four"), hosts, strict=False)
        workers = [running.enter_context(_worker(found[1], name, host, folder)) for name, host in named]
        for worker in workers:
            _line_with(worker.stderr, "Registered to:")
        yield Cluster(found[1], scheduler, workers)


@contextmanager
def worker_of(cluster: Cluster, folder: Path) -> Iterator[None]:
    """One more worker, within this block."""
    with _worker(cluster.address, "another", HERE, folder) as worker:
        _line_with(worker.stderr, "Registered to:")
        yield


def _worker(scheduler: str, name: str, host: Host, log: Path) -> AbstractContextManager[subprocess.Popen[str]]:
    return _process("worker", scheduler, "--nthreads", "1", "--no-nanny", "--name", name, host=host, log=log)


def _line_with(stream: IO[str] | None, words: str) -> str:
    """What a process says, up to the line with these words."""
    return next(line for line in stream if words in line)


@contextmanager
def _process(*arguments: str, host: Host, log: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {"PYTHONPATH": str(SUPPORT), "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "info"}
    here = ("--host", host.name, "--no-dashboard", "--dashboard-address", f"{host.name}:0")
    command = [*host.before, sys.executable, "-m", "dask", *arguments, *here]
    environment = {**os.environ, **environment, **(host.environment or {})}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, cwd=log
    ) as process:
        try:
            yield process
        finally:
            process.kill()
