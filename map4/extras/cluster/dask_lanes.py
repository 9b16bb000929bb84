"""Lanes on the workers of a running Dask cluster (`dask scheduler`, `dask worker`).

If a worker is lost, Dask gives its job to another worker, and gives up a job after several lost workers.
"""

# Dask is only partly typed.
# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any

from map4.core.audio.jobs import LaneJob, Outcome
from map4.core.base.path_maps import PathMap
from map4.core.base.regular_files import OnDisk
from map4.core.music.track.track import Failure
from map4.errors import FileError, UsageError, WorkerStartError
from map4.extras.cluster.remote import Versions, run_here, versions
from map4.library import hookspecs
from map4.version import Packages

CONNECT_S = 10.0
# One running and one queued job per thread, at the scheduler, so that workers that join later get work, too.
PER_THREAD = 2
# The worker enforces the file's time limit; waiting for a worker must not count against it.
WAITS_S = 30 * 86400.0
_ADDRESS = re.compile(r".*://")
_GONE = "the scheduler is gone or cancelled the work; finished work is kept, and the next scan continues it"


@hookspecs.executor["dask"].implementation
def dask_lanes(scheduler: str | None, maps: Sequence[PathMap], most: int) -> Sequence[_DaskLane]:
    """Return at most `most` lanes for the threads of the scheduler's current workers.

    scheduler: its address, such as tcp://host:8786; TLS is as in Dask's settings
    maps: local folders, and their names on the workers
    """
    if scheduler is None:
        raise UsageError("--executor dask needs the scheduler's address: --scheduler tcp://HOST:8786")
    cluster = _Cluster(scheduler, maps)
    lanes = [_DaskLane(cluster) for _ in range(max(1, min(most, PER_THREAD * cluster.threads)))]
    cluster.open_lanes = len(lanes)
    return lanes


class _Cluster:
    """A connection to a scheduler, shared by all lanes of a scan and closed with the last lane."""

    def __init__(self, scheduler: str, maps: Sequence[PathMap]) -> None:
        with Packages("cluster").needed("--executor dask needs"):
            from distributed import Client
        self.maps, self.open_lanes = maps, 0
        try:
            _reach(scheduler)
            self.client: Any = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise WorkerStartError(f"no scheduler answers at {scheduler} ({error}); is it running?") from None
        try:
            self._require_versions(scheduler)
            self.threads = sum(self.client.nthreads().values())
        except BaseException:
            self.client.close()
            raise

    def _require_versions(self, scheduler: str) -> None:
        try:
            found_versions: dict[str, tuple[str, Versions]] = self.client.run(versions)
        except Exception as error:  # other machines may raise anything
            raise WorkerStartError(
                f"a worker of {scheduler} can't run map4 ({type(error).__name__}: {error}); install {Versions()} there"
            ) from None
        if not found_versions:
            raise WorkerStartError(
                f"the scheduler {scheduler} has no workers; to start a worker, run: dask worker {scheduler}"
            )
        for machine, there in found_versions.values():
            if there != Versions():
                raise WorkerStartError(
                    f"{machine} has {there}, but this machine has {Versions()}; install the same version everywhere"
                )

    def there(self, job: LaneJob) -> LaneJob:
        paths = (path_map.apply(job.path) for path_map in self.maps)
        return replace(job, path=next((path for path in paths if path is not None), job.path))

    def close_one(self) -> None:
        self.open_lanes -= 1
        if self.open_lanes == 0:
            self.client.close()


class _DaskLane:
    """A lane whose jobs run on any worker with a free thread."""

    start_up_s = WAITS_S

    def __init__(self, cluster: _Cluster) -> None:
        self._cluster = cluster
        self._running: Any = None
        self.worker: str | None = None

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        outer: Future[Outcome] = Future()
        outer.set_running_or_notify_cancel()
        self.worker = None
        self._send(job, timeout_s, None, outer)
        return outer

    def _send(self, job: LaneJob, timeout_s: float, content: Any, outer: Future[Outcome]) -> None:
        self._running = self._cluster.client.submit(
            _run_there, self._cluster.there(job), timeout_s, Versions(), content, pure=False
        )
        # runs in a Dask thread
        self._running.add_done_callback(lambda done: self._settle(job, timeout_s, done, outer))

    def _settle(self, job: LaneJob, timeout_s: float, done: Any, outer: Future[Outcome]) -> None:
        with suppress(Exception):  # after close, nothing waits for the result
            try:
                outcome = self._outcome(done)
                if outcome is None:
                    self._send(job, timeout_s, self._content(job.path), outer)
                    return
                outer.set_result(outcome)
            except FileError as error:
                outer.set_result(Failure.of(error))
            except (CancelledError, asyncio.CancelledError, OSError):  # the connection was lost as the result arrived
                outer.set_exception(WorkerStartError(_GONE))
            except BaseException as error:
                outer.set_exception(error)

    def _outcome(self, done: Any) -> Outcome | None:
        from distributed import KilledWorker

        if done.status == "error":
            error = done.exception()
            if isinstance(error, KilledWorker):
                return Failure(kind="crashed", message="was given up: every worker that processed it was lost")
            raise error
        if done.status != "finished":
            raise WorkerStartError(_GONE)
        outcome: Outcome | None
        self.worker, outcome = done.result()
        return outcome

    def _content(self, path: str) -> Any:
        try:
            with OnDisk(path).open() as file:
                return self._cluster.client.scatter(file.read(), hash=False)
        except OSError as error:
            raise FileError.of_system(error) from None

    def kill(self) -> None:
        if self._running is not None:
            with suppress(Exception):  # the scheduler may be gone
                self._running.cancel()

    def close(self) -> None:
        if sys.is_finalizing():  # Dask's thread has ended and close would block; the scheduler notices the end
            return
        self.kill()
        self._cluster.close_one()


def _reach(scheduler: str) -> None:
    """Connect once first: a `Client` that fails to connect blocks while it is closed, and then logs errors."""
    outcome: Future[None] = Future()

    async def connected() -> None:
        from distributed.comm.core import connect
        from distributed.security import Security

        comm = await connect(scheduler, timeout=CONNECT_S, **Security().get_connection_args("client"))
        await comm.close()

    def reach() -> None:
        try:
            outcome.set_result(asyncio.run(connected()))
        except BaseException as error:
            outcome.set_exception(error)

    # this thread may run an event loop, and a failing attempt must not block the exit
    Thread(target=reach, daemon=True).start()
    outcome.result()


def _run_there(job: LaneJob, timeout_s: float, wanted: Versions, content: bytes | None) -> tuple[str, Outcome | None]:
    """`run_here`, with the worker's name, or its address if it has no name."""
    from distributed import get_worker

    return _ADDRESS.sub("", str(get_worker().name)), run_here(job, timeout_s, wanted, content)
