"""Lanes: single-worker `ProcessPoolExecutor`s that survive hangs, crashes and kills, and one inline lane.

Other processes of map4's own are children (`core/base/child_process.py`) with an open library. Workers open no library;
they are forked from a process that has loaded all they need, which takes a twentieth of the time.
"""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import signal
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

from map4.core.audio.jobs import AnalyseJob, ConvertJob, DecodeJob, Lane, LaneJob, Outcome, Stamp
from map4.core.base.child_process import Child
from map4.core.base.machine import deferred_signals, is_limited
from map4.core.base.regular_files import OnDisk
from map4.core.base.text import size_text
from map4.core.music.track.track_parts import Failure
from map4.errors import WorkerStartError, WorkerTimeoutError
from map4.scan.workers import job as worker

_NO_WORKER = "no worker process can be started"
_STATUS_FIELD, _USER_FIELD, _SYSTEM_FIELD = 49, 11, 12
"""Fields of /proc/PID/stat behind the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedStart:
    """How the process that forks the workers ended.

    wall_s: since the first try
    cpu_s: CPU time of the last try; None if unknown
    ended: by which signal, or with which exit code; None if unknown (known only on Linux, before the process is reaped)
    """

    wall_s: float
    cpu_s: float | None
    ended: str | None

    @classmethod
    def now(cls, wall_s: float) -> FailedStart:
        try:
            from multiprocessing import forkserver

            pid = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
            fields = OnDisk(f"/proc/{pid}/stat").read(most_bytes=4096).rpartition(b")")[2].split()
            cpu_s = (int(fields[_USER_FIELD]) + int(fields[_SYSTEM_FIELD])) / os.sysconf("SC_CLK_TCK")
            exit_code = os.waitstatus_to_exitcode(int(fields[_STATUS_FIELD]))
        except (ImportError, OSError, ValueError, IndexError, AttributeError):
            return cls(wall_s=wall_s, cpu_s=None, ended=None)
        return cls(wall_s=wall_s, cpu_s=cpu_s, ended=Child.exit_name(exit_code) if exit_code else None)

    @property
    def would_repeat(self) -> bool:
        """Whether another try would end in the same way: without memory, or after endless work."""
        return self._lacks_memory or self.ended == "SIGPROF"

    @property
    def _lacks_memory(self) -> bool:
        return self.ended == Child.exit_name(errno.ENOMEM) or (is_limited() and self.ended != "SIGALRM")

    def error(self) -> WorkerStartError:
        """The error for the user, with what was measured."""
        if self._lacks_memory:
            return no_memory_to_start(self._measured())
        if self.ended == "SIGKILL":
            return WorkerStartError(
                f"{_NO_WORKER}: it was killed ({self._measured()}), most likely because memory ran out; "
                "close other programs, or raise the memory limit of the container"
            )
        if self.ended == "SIGALRM":
            return WorkerTimeoutError(
                f"no worker process started in time ({self._measured()}); most likely the machine or its disk "
                "is busy: try again later"
            )
        return WorkerStartError(
            f"{_NO_WORKER}: it ended ({self._measured()}); 'ulimit -v' shows whether memory is limited, and a "
            "worker needs about 0.5 GB"
        )

    def _measured(self) -> str:
        parts = [*([self.ended] if self.ended else []), f"{self.wall_s:.1f} s"]
        if self.cpu_s is not None:
            parts.append(f"{self.cpu_s:.1f} s of CPU time in the last try")
        if (free := _free_bytes()) is not None:
            parts.append(f"{size_text(free)} of memory free")
        return ", ".join(parts)


def no_memory_to_start(measured: str = "") -> WorkerStartError:
    """The error if there is too little memory for a worker."""
    return WorkerStartError(
        f"{_NO_WORKER}: there is too little memory{measured and f' ({measured})'}; 'ulimit -v' shows whether it is "
        "limited, and a worker needs about 0.5 GB"
    )


def _free_bytes() -> int | None:
    """The memory that is free on the machine, or in the container if that is less; None if unknown."""
    free: list[int] = []
    with suppress(OSError, ValueError, IndexError):
        available = OnDisk("/proc/meminfo").read(most_bytes=1 << 16).split(b"MemAvailable:")[1]
        free.append(1024 * int(available.split()[0]))
    with suppress(OSError, ValueError):
        most, used = (int(OnDisk(f"/sys/fs/cgroup/memory.{of}").read(most_bytes=100)) for of in ("max", "current"))
        free.append(max(0, most - used))
    return min(free, default=None)


# A worker is replaced after this many jobs, so that a leak in a native decoder can't add up over a large library.
JOBS_PER_WORKER = 512
# How long to wait for the end of a process that was killed or is known to be dead.
JOIN_S = 5.0
# For workers beside interactive requests: less than a tenth of a contended core.
NICENESS = 10
START_TRIES = 3  # the process that forks workers may have been killed
START_AGAIN_S = 0.1
LONGEST_START_S = 500.0  # no try begins later
_FILES_OF_A_START = 20
"""Pipes and sockets to a worker and to the process that forks it, plus some reserve."""
PRELOADED = ["map4.scan.workers.preload"]
_ENVIRONMENT = threading.Lock()
"""The environment is global: threads must start workers one at a time."""


def process_lanes(count: int) -> Sequence[Lane]:
    """`count` lanes with a worker process each."""
    return [ProcessLane() for _ in range(count)]


def niced_lanes(count: int) -> Sequence[Lane]:
    """`count` lanes with a worker process each, all at low priority."""
    return [ProcessLane(niceness=NICENESS) for _ in range(count)]


def inline_lanes(count: int) -> Sequence[Lane]:
    """One lane that works in the caller's thread, for any count: for tests and debuggers."""
    return [ExecutorLane(InlineExecutor())]


class InlineExecutor(Executor):
    """An executor that runs each call immediately in `submit`."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # around one job
            future.set_exception(error)
        return future


class ExecutorLane:
    """A lane over any shared `concurrent.futures.Executor`; it can't end a running job."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._future: Future[Outcome] | None = None

    @property
    def start_up_s(self) -> float:
        """0: the start-up time of the executor's workers is unknown."""
        return 0.0

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        self._future = self._executor.submit(worker.run_job, job)
        return self._future

    def kill(self) -> None:
        """Cancel the job if it has not begun."""
        if self._future is not None:
            self._future.cancel()

    def close(self) -> None:
        self.kill()


class ProcessLane:
    """A lane with a `ProcessPoolExecutor` of one worker.

    With one worker per pool, a crash affects exactly the job that caused it: no other job must run again or loses its
    result. The process objects are kept, so that a hang can be ended (even in native code) and a death reported with
    its signal.

    jobs_per_worker: the worker is replaced after this many jobs
    niceness: added to this process's niceness
    """

    def __init__(self, jobs_per_worker: int = JOBS_PER_WORKER, *, niceness: int = 0) -> None:
        self._jobs_per_worker = jobs_per_worker
        self._niceness = niceness
        self._worker: _Worker | None = None

    @property
    def start_up_s(self) -> float:
        """Return more seconds than a worker needs to start, if a worker must be started first."""
        return START_UP_S if self._worker is None or self._is_worn(self._worker) else 0.0

    @property
    def queued_s(self) -> float:
        """The time that the worker has waited for a core since its start; 0 if unknown (only Linux counts it)."""
        return 0.0 if self._worker is None else self._worker.queued_s()

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        """Start the job in the worker, which is started or replaced first if needed.

        raises WorkerStartError: if no process can be started
        """
        if self._worker is not None and self._is_worn(self._worker):
            self._worker.pool.shutdown(wait=True)
            self._worker = None
        try:
            current, inner = self._start(job, timeout_s)
        except OSError as error:
            raise WorkerStartError(
                f"no worker process can be started ({error}); check the limits of open files and processes, that "
                "TMPDIR is a short path, and that the current folder still exists"
            ) from error
        except (MemoryError, RuntimeError) as error:  # not even a thread can be started
            raise no_memory_to_start() from error
        outer: Future[Outcome] = Future()
        outer.set_running_or_notify_cancel()
        inner.add_done_callback(lambda done: self._settle(current, done, outer))
        return outer

    def _start(self, job: LaneJob, timeout_s: float) -> tuple[_Worker, Future[Outcome]]:
        began = time.monotonic()
        for tries_left in reversed(range(START_TRIES)):
            try:
                with _worker_environment(), _signals_deferred():
                    if self._worker is None:
                        _require_open_files()
                        self._worker = _Worker(self._niceness)
                    self._worker.jobs += 1
                    return self._worker, self._worker.pool.submit(worker.run_job, job, timeout_s)
            except (EOFError, BrokenProcessPool, ConnectionError) as error:
                # The worker, or the process that forks workers, was killed while waiting for a job, or did not start.
                end = FailedStart.now(time.monotonic() - began)
                self.kill()
                if not tries_left or end.would_repeat or end.wall_s > LONGEST_START_S:
                    raise end.error() from error
            time.sleep(START_AGAIN_S)
        raise AssertionError("the last try returns or raises")

    def kill(self) -> None:
        if self._worker is not None:
            self._worker.kill()
        self._worker = None

    def close(self) -> None:
        """End the worker now and wait until it is gone."""
        if self._worker is not None:
            self._worker.close()
        self._worker = None

    def _is_worn(self, current: _Worker) -> bool:
        return current.jobs >= self._jobs_per_worker

    def _settle(self, current: _Worker, inner: Future[Outcome], outer: Future[Outcome]) -> None:
        # Runs in the pool's own thread. `outer` of a killed lane is not read any more.
        try:
            outer.set_result(inner.result())
        except (BrokenProcessPool, CancelledError):
            if self._worker is current:  # a killed lane may have another worker by now
                self._worker = None
            outer.set_result(_death(current.exit_code()))
        except Exception as error:  # such as a result that can't be pickled
            outer.set_result(
                Failure(kind="crashed", message=f"was analysed, but the worker's answer was lost ({error})")
            )


class _Worker:
    """One pool with one worker process."""

    def __init__(self, niceness: int) -> None:
        self._context = _WorkerContext()
        self.pool = ProcessPoolExecutor(
            1, mp_context=self._context, initializer=worker.start_worker, initargs=(niceness,)
        )
        self.jobs = 0

    def kill(self) -> None:
        self._kill_processes()
        self.pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        self._kill_processes()
        self.join()
        is_over = not any(process.is_alive() for process in self._started())
        # The pool's thread must end before Python does, which wakes it through a pipe that it would close.
        # A signal may have left the pool half built, without a thread to wait for.
        with contextlib.suppress(AttributeError, RuntimeError):
            self.pool.shutdown(wait=is_over, cancel_futures=True)

    def _kill_processes(self) -> None:
        for process in self._started():
            if process.is_alive():
                process.kill()

    def join(self) -> None:
        for process in self._started():
            process.join(JOIN_S)

    def queued_s(self) -> float:
        with contextlib.suppress(OSError, ValueError, IndexError):
            statistics = OnDisk(f"/proc/{self._started()[-1].pid}/schedstat").read(most_bytes=100)
            return int(statistics.split()[1]) / 1e9
        return 0.0

    def exit_code(self) -> int | None:
        self.join()
        return next((process.exitcode for process in self._started() if process.exitcode), None)

    def _started(self) -> list[BaseProcess]:
        # Ctrl-C may come while a process starts; then it is registered but not running.
        return [process for process in self._context.processes if process.pid is not None]


_LOST_EXIT_CODE = 255
"""Message of multiprocessing if the process that forked the worker was killed together with the worker."""


def _death(exit_code: int | None) -> Failure:
    if exit_code in (-signal.SIGKILL, _LOST_EXIT_CODE):
        return Failure(
            kind="no_memory",
            message="had its worker killed, most likely because memory ran out; "
            "try 'map4 scan --retry-failed --jobs 1'",
        )
    reason = "" if exit_code is None else f" ({Child.exit_name(exit_code)})"
    return Failure(kind="crashed", message=f"crashed its worker{reason}; the file is probably damaged")


def _require_open_files() -> None:
    """Raise OSError if a worker would run out of open files while starting, which it would report by a traceback."""
    taken: list[int] = []
    try:
        taken.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(_FILES_OF_A_START))
    finally:
        for number in taken:
            os.close(number)


_START_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
START_UP_S = 30.0 if _START_METHOD == "forkserver" else 300.0
"""Start-up of a worker on a busy machine, not part of the file's timeout; a spawned worker loads all libraries."""


class _WorkerContext(type(multiprocessing.get_context(_START_METHOD))):  # type: ignore[misc]
    """A multiprocessing context that keeps the processes it makes."""

    def __init__(self) -> None:
        self.processes: list[BaseProcess] = []
        if _START_METHOD == "forkserver":
            self.set_forkserver_preload(PRELOADED)

    def Process(self, *args: Any, **kwargs: Any) -> BaseProcess:  # noqa: N802
        process: BaseProcess = super().Process(*args, **kwargs)
        self.processes.append(process)
        return process


@contextmanager
def _signals_deferred() -> Iterator[None]:
    """Defer signals; processes started meanwhile never get a Ctrl-C of the terminal, which goes to all processes.

    The parent ends them.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        with deferred_signals():
            yield
        return
    # It would lift our block of SIGINT when it starts.
    resource_tracker.ensure_running()
    launched: list[int] = []

    def end_loading() -> None:  # which may take minutes
        for pid in launched:
            os.kill(pid, signal.SIGKILL)

    with deferred_signals(end_loading):
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            if _START_METHOD == "forkserver":
                launched.extend(_launched_starter())
                signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # workers are forked with the mask of the starter
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _launched_starter() -> list[int]:
    """Launch the process that forks workers unless it runs, and return its number if it is new."""
    _WorkerContext()  # names the modules to preload
    starter: Any = forkserver._forkserver
    before = starter._forkserver_pid
    starter.ensure_running()
    return [] if starter._forkserver_pid == before else [starter._forkserver_pid]


@contextmanager
def _worker_environment() -> Iterator[None]:
    """Start processes with one BLAS thread, a path without the current folder, and without the caller's main module.

    Otherwise multiprocessing would run the main script again in each worker: a script without the `__main__` guard
    would start workers of workers, and the `map4` command would import its whole terminal code for nothing.
    """
    with _ENVIRONMENT:
        before = {name: os.environ.get(name) for name in Child.ENVIRONMENT}
        main = sys.modules["__main__"]
        os.environ.update(Child.ENVIRONMENT)
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


# Timeouts grow with the file: a worker on a slow, busy machine still reads 500 kB of encoded audio per second.
TIMEOUT_BASE_S = 60.0
TIMEOUT_PER_MB_S = 2.0
# Silence takes hardly any bytes: an hour is decoded and measured within a minute. Headers may claim centuries.
TIMEOUT_PER_HOUR_S = 60.0
LONGEST_HOURS = 48.0


# A file with holes claims terabytes, all of which a worker would read.
LONGEST_BY_SIZE_S = 2 * 3600.0
# Where a file system doesn't count blocks, a file may be one hole.
_MOST_UNCOUNTED_BYTES = 300_000_000


def default_timeout_s(job: LaneJob) -> float:
    """Return a job's timeout: 60 s, plus 2 s per megabyte on the disk, at most two hours, or 60 s per hour of audio."""
    hours = (
        min((job.length_s or 0.0) / 3600.0, LONGEST_HOURS)
        if isinstance(job, AnalyseJob | DecodeJob | ConvertJob)
        else 0.0
    )
    by_size_s = min(TIMEOUT_PER_MB_S * _disk_bytes(job.stamp) / 1e6, LONGEST_BY_SIZE_S)
    return TIMEOUT_BASE_S + max(by_size_s, TIMEOUT_PER_HOUR_S * hours)


def _disk_bytes(stamp: Stamp) -> int:
    if stamp.disk_bytes is None:
        return stamp.size_bytes
    return min(stamp.size_bytes, stamp.disk_bytes or _MOST_UNCOUNTED_BYTES)  # a sparse file may claim any size


@dataclass(slots=True)
class _Running:
    """A job in a lane.

    deadline: by `time.monotonic`
    queued_s: until the deadline was set, the time that the worker had waited for a core
    """

    job: LaneJob
    lane: Lane
    deadline: float
    queued_s: float

    def is_late(self) -> bool:
        """Whether the deadline is over; time in which the worker waited for a core moves it."""
        if self.deadline > time.monotonic():
            return False
        queued_s = _queued_s(self.lane)
        self.deadline += queued_s - self.queued_s
        self.queued_s = queued_s
        return self.deadline <= time.monotonic()


def _queued_s(lane: Lane) -> float:
    return float(getattr(lane, "queued_s", 0.0))  # lanes of plug-ins need not have it


class Dispatcher:
    """Keeps every lane busy with one job and yields outcomes as they come.

    Jobs are submitted only to free lanes. So a submitted job has started and can be timed, and a scan of a million
    files holds at most one job per lane. Follow-up jobs (`add`) run before new ones, which bounds the number of
    half-done files. A job that ran out of memory is tried a second time.

    lanes: where the jobs run; `run` closes them however it ends
    source: new jobs, pulled one at a time
    timeout_s: the seconds that each job may take; None is by its file
    """

    def __init__(self, lanes: Sequence[Lane], source: Iterator[LaneJob], timeout_s: float | None = None) -> None:
        self._lanes = lanes
        self._source = source
        self._timeout_s = timeout_s
        self._follow_ups: deque[LaneJob] = deque()
        self.worker: str | None = None
        """The worker of the last job, if it is on another machine."""

    def add(self, job: LaneJob) -> None:
        self._follow_ups.append(job)

    def run(self) -> Iterator[tuple[LaneJob, Outcome]]:
        """Yield each job with its outcome, in the order of completion, until no job is left."""
        running: dict[Future[Outcome], _Running] = {}
        free = list(self._lanes)
        again: set[LaneJob] = set()
        try:
            while True:
                while free and (job := self._next_job()) is not None:
                    lane, limit_s = free.pop(), self._limit_s(job)
                    start_up_s = lane.start_up_s  # before `submit`, which starts the worker
                    future = lane.submit(job, limit_s)
                    running[future] = _Running(job, lane, time.monotonic() + limit_s + start_up_s, _queued_s(lane))
                if not running:
                    return
                nearest = min(each.deadline for each in running.values())
                done, _ = wait(running, timeout=max(0.0, nearest - time.monotonic()), return_when=FIRST_COMPLETED)
                for future in done:
                    ended = running.pop(future)
                    job, lane = ended.job, ended.lane
                    free.append(lane)
                    outcome = future.result()
                    if isinstance(outcome, Failure) and outcome.kind == "no_memory" and job not in again:
                        again.add(job)  # another process may have used the memory, or the worker was killed
                        self._follow_ups.append(job)
                    else:
                        self.worker = getattr(lane, "worker", None)
                        yield job, outcome
                for future, each in list(running.items()):
                    if not future.done() and each.is_late():  # it may have ended since the wait
                        each.lane.kill()
                        del running[future]
                        free.append(each.lane)
                        self.worker = None
                        limit_s = round(self._limit_s(each.job), 1)
                        message = f"took longer than {limit_s:g} s and was ended; --timeout allows more"
                        yield each.job, Failure(kind="timeout", message=message)
        finally:
            for lane in self._lanes:
                lane.close()

    def _limit_s(self, job: LaneJob) -> float:
        return default_timeout_s(job) if self._timeout_s is None else self._timeout_s

    def _next_job(self) -> LaneJob | None:
        if self._follow_ups:
            return self._follow_ups.popleft()
        return next(self._source, None)
