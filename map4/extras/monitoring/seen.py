"""The current state of a server (library, jobs, queues and machine) and its Prometheus metrics.

The load of the machine is from Linux' /proc; other systems report only disks.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from map4.care import LibraryFigures
from map4.core.base.actor import Actor
from map4.extras.shared.http_answers import in_thread
from map4.jobs import JobFigures
from map4.library import Library
from map4.server.libraries import Libraries

Family = TypeVar("Family", GaugeMetricFamily, CounterMetricFamily)

LEAST_CACHE_S = 15.0
PATIENCE_S = 2.0  # seconds to wait for the disks
_TIMES_TAKEN = 20.0  # figures of a library are cached for this multiple of the time needed to read them
_FILES_OF_ACCOUNTS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
PROC = "/proc"
_CPU_MODES = {"user": (0, 1), "system": (2, 5, 6), "idle": (3,), "iowait": (4,), "stolen": (7,)}
"""Columns of `cpu` in /proc/stat (proc_stat(5)), in clock ticks."""
_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """State of a server at a moment.

    waiting, connections: waiting requests, and open store connections, by thread queue
    active_accounts: accounts active in the last 24 hours
    """

    library: LibraryFigures
    jobs: JobFigures
    accounts: int
    active_accounts: int
    waiting: Mapping[str, float]
    connections: Mapping[str, int]
    machine: Machine


class Looking:
    """Reads the state of a server; for one event loop.

    path: the library file; None for a library in a database
    active: returns the number of accounts active in a day, given the library's last-use times
    """

    def __init__(self, libraries: Libraries, path: str | None, active: Callable[[Mapping[int, float]], int]) -> None:
        self._libraries, self._path, self._active = libraries, path, active
        self._figures: LibraryFigures | None = None
        self._state, self._until = "", 0.0
        self._machine = Machine()
        self._look: Future[Machine] | None = None

    async def __call__(self) -> Seen:
        """Return the current state; raises Map4Error if the library is unreadable."""
        ask = partial(self._libraries.ask, actor=Actor.LOCAL)
        figures = await self._library_figures()
        jobs, uses, accounts = await ask(_count_jobs_and_accounts, queue="quick")
        machine = await self._machine_now()
        return Seen(
            library=figures,
            jobs=jobs,
            accounts=accounts,
            active_accounts=self._active(uses),
            waiting=self._libraries.waiting(),
            connections=self._libraries.opened(),
            machine=machine,
        )

    async def _machine_now(self) -> Machine:
        """The machine; its last known state while a disk does not respond, such as a lost network drive."""
        if self._look is None or self._look.done():
            self._look = in_thread("map4-machine", partial(look_at_machine, self._path))
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                self._machine = await asyncio.wrap_future(self._look)
        return self._machine

    async def _library_figures(self) -> LibraryFigures:
        """Cached figures of the library, read again only after changes, and rarely if it changes all the time."""
        state = await self._libraries.with_timeout(self._libraries.state)
        figures = self._figures
        if figures is None or (state != self._state and time.monotonic() >= self._until):
            began = time.monotonic()
            figures = await self._libraries.ask(_library_figures, Actor.LOCAL)
            self._figures = figures
            took = time.monotonic() - began
            self._state, self._until = state, time.monotonic() + max(LEAST_CACHE_S, _TIMES_TAKEN * took)
        return figures


def _library_figures(library: Library) -> LibraryFigures:
    return library.care.figures()


def _count_jobs_and_accounts(library: Library) -> tuple[JobFigures, dict[int, float], int]:
    uses: dict[int, float] = {}
    for credential in library.credentials.all(everybody=True):
        if credential.last_used_at is not None and credential.scopes != {"metrics"}:  # reading metrics is not activity
            at = datetime.fromisoformat(credential.last_used_at).timestamp()
            uses[credential.account.number] = max(at, uses.get(credential.account.number, 0.0))
    return library.jobs.figures(), uses, len(library.accounts.all())


class SeenCollector(Collector):
    """Exports a state to Prometheus."""

    def __init__(self, seen: Seen | None) -> None:
        self._seen = seen

    def collect(self) -> Iterator[Any]:
        """Yield the metric families."""
        yield GaugeMetricFamily("map4_ready", "Whether the library can be read.", self._seen is not None)
        if self._seen is None:
            return
        yield from _library_families(self._seen)
        yield from _job_families(self._seen.jobs)
        yield _gauge("map4_waiting", "Requests waiting for a thread.", "queue", self._seen.waiting)
        yield _gauge("map4_store_connections", "Open connections to the store.", "queue", self._seen.connections)
        yield from _machine_families(self._seen.machine)


def _library_families(seen: Seen) -> Iterator[Any]:
    library = seen.library
    yield _gauge("map4_files", "Files of the library.", "state", library.states)
    yield _gauge("map4_failed_files", "Files that failed to analyse.", "kind", library.failures)
    yield GaugeMetricFamily("map4_analyses", "Analyses in the library.", library.analyses)
    yield GaugeMetricFamily("map4_lists", "Stored lists.", library.lists)
    sizes = {"library": library.size_bytes, "mirror": library.mirror_bytes}
    yield _gauge("map4_library_bytes", "Size of the files of the library.", "part", sizes)
    yield GaugeMetricFamily("map4_accounts", "Accounts.", seen.accounts)
    yield GaugeMetricFamily("map4_active_accounts", "Accounts active in the last 24 hours.", seen.active_accounts)
    yield _distribution(
        "map4_files_per_account", "Analysed files per account, including the local user.", library.added
    )


def _distribution(name: str, about: str, counts: Mapping[int, int]) -> HistogramMetricFamily:
    values = list(counts.values())
    bounds = [(str(bound), float(sum(value <= bound for value in values))) for bound in _FILES_OF_ACCOUNTS]
    return HistogramMetricFamily(name, about, [*bounds, ("+Inf", float(len(values)))], float(sum(values)))


def _job_families(jobs: JobFigures) -> Iterator[Any]:
    family = GaugeMetricFamily("map4_jobs", "Stored jobs.", labels=("kind", "status"))
    for (kind, status), count in sorted(jobs.counts.items()):
        family.add_metric((kind, status), count)
    yield family
    yield GaugeMetricFamily("map4_jobs_due", "Jobs that are ready to run but waiting.", jobs.due)
    yield GaugeMetricFamily("map4_oldest_job_seconds", "Waiting time of the oldest of these jobs.", jobs.oldest_s)
    open_jobs = jobs.due + sum(count for (_, status), count in jobs.counts.items() if status == "processing")
    yield GaugeMetricFamily("map4_jobs_open", "Jobs that are waiting or running.", open_jobs)


def _machine_families(machine: Machine) -> Iterator[Any]:
    if machine.cpu_s:
        yield _counter("map4_machine_cpu_seconds", "Time of all cores of the machine.", "mode", machine.cpu_s)
    if machine.memory_bytes:
        yield _gauge("map4_machine_memory_bytes", "Memory of the machine.", "kind", machine.memory_bytes)
    if machine.network_bytes:
        yield _counter("map4_machine_network_bytes", "Network traffic of the machine.", "way", machine.network_bytes)
    disks = machine.disks
    sizes, free = ({name: getattr(room, what) for name, room in disks.items()} for what in ("size_bytes", "free_bytes"))
    yield _gauge("map4_disk_size_bytes", "Size of the disk.", "disk", sizes)
    yield _gauge("map4_disk_free_bytes", "Free space of the disk.", "disk", free)
    if machine.workers is not None:
        count, resident = machine.workers
        yield GaugeMetricFamily("map4_worker_processes", "Processes started by the server.", count)
        yield GaugeMetricFamily(
            "map4_worker_memory_bytes", "Memory of these processes; shared memory is counted in each.", resident
        )


def _gauge(name: str, about: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    return _filled(GaugeMetricFamily(name, about, labels=(label,)), values)


def _counter(name: str, about: str, label: str, values: Mapping[str, float]) -> CounterMetricFamily:
    return _filled(CounterMetricFamily(name, about, labels=(label,)), values)


def _filled(family: Family, values: Mapping[str, float]) -> Family:
    for name, value in values.items():
        family.add_metric((name,), value)
    return family


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """Size of a disk in bytes, and the bytes available to users other than root."""

    size_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """State of the machine; unknown parts are empty.

    cpu_s: seconds of all cores since boot, by mode
    memory_bytes: "total", and "available" without swapping
    network_bytes: "received" and "sent" since boot, over all interfaces except loopback
    disks: by content: "library", and "temporary" files
    workers: number of descendant processes, and their memory in bytes; shared memory is counted in each
    """

    cpu_s: Mapping[str, float] = field(default_factory=dict)
    memory_bytes: Mapping[str, int] = field(default_factory=dict)
    network_bytes: Mapping[str, int] = field(default_factory=dict)
    disks: Mapping[str, DiskRoom] = field(default_factory=dict)
    workers: tuple[int, int] | None = None


def look_at_machine(library: str | None, proc: str = PROC) -> Machine:
    """Return the current state of the machine; a library in a database has no file."""
    disks = dict(disks_of(library))
    if not sys.platform.startswith("linux"):
        return Machine(disks=disks)
    return Machine(
        cpu_s=_cpu(proc), memory_bytes=_memory(proc), network_bytes=_network(proc), disks=disks, workers=_workers(proc)
    )


def disks_of(library: str | None) -> Iterator[tuple[str, DiskRoom]]:
    """Disks of the library file, if any, and of temporary files."""
    own = [] if library is None else [("library", os.path.dirname(os.path.realpath(library)))]
    for what, folder in (*own, ("temporary", tempfile.gettempdir())):
        with suppress(OSError):
            usage = shutil.disk_usage(folder)
            yield what, DiskRoom(size_bytes=usage.used + usage.free, free_bytes=usage.free)


def _cpu(proc: str) -> dict[str, float]:
    with suppress(OSError, ValueError, IndexError):
        ticks = [int(text) for text in _lines(f"{proc}/stat")[0].split()[1:]]
        a_second = os.sysconf("SC_CLK_TCK")
        return {mode: sum(ticks[column] for column in columns) / a_second for mode, columns in _CPU_MODES.items()}
    return {}


def _memory(proc: str) -> dict[str, int]:
    with suppress(OSError, ValueError, IndexError):
        parts = (line.partition(":") for line in _lines(f"{proc}/meminfo"))
        sizes = {name: int(rest.split()[0]) * _KIB for name, _, rest in parts}
        names = (("total", "MemTotal"), ("available", "MemAvailable"))
        return {name: sizes[kernel] for name, kernel in names if kernel in sizes}
    return {}


def _network(proc: str) -> dict[str, int]:
    with suppress(OSError, ValueError, IndexError):
        parts = (line.partition(":") for line in _lines(f"{proc}/net/dev")[2:])
        interfaces = [(name.strip(), rest.split()) for name, _, rest in parts]
        columns = {"received": 0, "sent": 8}
        return {
            way: sum(int(counters[at]) for name, counters in interfaces if name != "lo") for way, at in columns.items()
        }
    return {}


def _workers(proc: str) -> tuple[int, int] | None:
    with suppress(OSError):
        pids = list(_descendants(proc, os.getpid()))
        return len(pids), sum(_resident(proc, pid) for pid in pids)
    return None


def _descendants(proc: str, pid: int) -> Iterator[int]:
    for task in os.listdir(f"{proc}/{pid}/task"):
        with suppress(OSError):  # it has ended in the meantime
            for child in map(int, "".join(_lines(f"{proc}/{pid}/task/{task}/children")).split()):
                yield child
                yield from _descendants(proc, child)


def _resident(proc: str, pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int(_lines(f"{proc}/{pid}/statm")[0].split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _lines(path: str) -> list[str]:
    # kernel files report no length and are not regular files
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read().splitlines()
