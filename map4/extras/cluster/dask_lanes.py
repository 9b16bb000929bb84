"""Lanes over the workers of a Dask cluster, which others start: `dask scheduler`, `dask worker`.

Dask gives a job to another worker where one is lost, and gives up on one that several workers were lost with.
"""

# Dask is half typed.
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

from map4.audio.jobs import Lane, LaneJob, Outcome
from map4.base.path_maps import PathMap
from map4.base.regular_files import open_regular
from map4.errors import FileError, UsageError, WorkerStartError
from map4.extras.cluster.remote import NotSeen, Versions, run_here, versions
from map4.music.track.track import Failure
from map4.version import how_to_add

CONNECT_S = 10.0
# One job runs and one waits for it to end, at the scheduler; so a worker that comes later has something to do as well.
PER_THREAD = 2
# A worker keeps a file's time itself; that it waits for a worker to come back is no fault of the file.
WAITS_S = 30 * 86400.0
_ADDRESS = re.compile(r".*://")
_GONE = "the scheduler is gone, or ended the work; what is finished is kept, and the next scan goes on from there"


def dask_lanes(scheduler: str | None, maps: Sequence[PathMap], most: int) -> Sequence[Lane]:
    """Lanes for the threads of the workers that a scheduler has now, `most` at the most.

    scheduler: its address, such as tcp://host:8786; TLS is as Dask's own settings say
    maps: folders here, and what they are called there
    raises UsageError: without an address, or where Dask is not installed
    raises WorkerStartError: where there is no scheduler or no worker, or one has another map4
    """
    if scheduler is None:
        raise UsageError("--executor dask needs the address of its scheduler: --scheduler tcp://HOST:8786")
    cluster = _Cluster(scheduler, maps)
    lanes = [_DaskLane(cluster) for _ in range(max(1, min(most, PER_THREAD * cluster.threads)))]
    cluster.open_lanes = len(lanes)
    return lanes


class _Cluster:
    """A connection to a scheduler, which all lanes of a scan share; the last one that is closed closes it."""

    def __init__(self, scheduler: str, maps: Sequence[PathMap]) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise UsageError(f"--executor dask needs Dask: {how_to_add('cluster')}") from None
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
            found: dict[str, tuple[str, Versions]] = self.client.run(versions)
        except Exception as error:  # whatever a foreign machine says
            raise WorkerStartError(
                f"a worker of {scheduler} can't run map4 ({type(error).__name__}: {error}); install {Versions()} there"
            ) from None
        if not found:
            raise WorkerStartError(f"the scheduler {scheduler} has no workers; start some: dask worker {scheduler}")
        for machine, there in found.values():
            if there != Versions():
                raise WorkerStartError(
                    f"{machine} has {there}, and this machine {Versions()}; install the same on all machines"
                )

    def there(self, job: LaneJob) -> LaneJob:
        found = (one.apply(job.path) for one in self.maps)
        return replace(job, path=next((path for path in found if path is not None), job.path))

    def close_one(self) -> None:
        self.open_lanes -= 1
        if self.open_lanes == 0:
            self.client.close()


class _DaskLane:
    """A lane whose job runs in whichever worker has a free thread."""

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
        # In a thread of Dask's own.
        self._running.add_done_callback(lambda done: self._settle(job, timeout_s, done, outer))

    def _settle(self, job: LaneJob, timeout_s: float, done: Any, outer: Future[Outcome]) -> None:
        with suppress(Exception):  # it was closed, and nobody waits
            try:
                outcome = self._outcome(done)
                if isinstance(outcome, NotSeen):
                    self._send(job, timeout_s, self._content(job.path), outer)
                    return
                outer.set_result(outcome)
            except FileError as error:
                outer.set_result(Failure.of(error))
            except (CancelledError, asyncio.CancelledError, OSError):  # it went just as the answer came
                outer.set_exception(WorkerStartError(_GONE))
            except BaseException as error:
                outer.set_exception(error)

    def _outcome(self, done: Any) -> Outcome | NotSeen:
        from distributed import KilledWorker

        if done.status == "error":
            error = done.exception()
            if isinstance(error, KilledWorker):
                return Failure(kind="crashed", message="was given up: every worker that worked on it was lost")
            raise error
        if done.status != "finished":
            raise WorkerStartError(_GONE)
        outcome: Outcome | NotSeen
        self.worker, outcome = done.result()
        return outcome

    def _content(self, path: str) -> Any:
        try:
            with open_regular(path) as file:
                return self._cluster.client.scatter(file.read(), hash=False)
        except OSError as error:
            raise FileError.of_system(error) from None

    def kill(self) -> None:
        if self._running is not None:
            with suppress(Exception):  # the scheduler may be gone
                self._running.cancel()

    def close(self) -> None:
        if sys.is_finalizing():  # Dask's thread is gone, and would be waited for; the scheduler sees that this is over
            return
        self.kill()
        self._cluster.close_one()


def _reach(scheduler: str) -> None:
    """Connect once: a `Client` that fails to would wait for itself as it is given up, and then say so."""
    found: Future[None] = Future()

    async def connected() -> None:
        from distributed.comm.core import connect
        from distributed.security import Security

        made = await connect(scheduler, timeout=CONNECT_S, **Security().get_connection_args("client"))
        await made.close()

    def reach() -> None:
        try:
            found.set_result(asyncio.run(connected()))
        except BaseException as error:
            found.set_exception(error)

    # In this thread a loop may be running; and nobody who gives up need wait for that one.
    Thread(target=reach, daemon=True).start()
    found.result()


def _run_there(
    job: LaneJob, timeout_s: float, wanted: Versions, content: bytes | None
) -> tuple[str, Outcome | NotSeen]:
    """`run_here`, with the name of the worker: what it was given, or else its address."""
    from distributed import get_worker

    return _ADDRESS.sub("", str(get_worker().name)), run_here(job, timeout_s, wanted, content)
