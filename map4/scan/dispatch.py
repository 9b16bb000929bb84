"""Run jobs over lanes: bounded, timed, and isolated, so that a bad file affects no other file."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from map4.core.audio.jobs import AnalyseJob, ConvertJob, DecodeJob, Lane, LaneJob, Outcome, Stamp
from map4.core.music.track.track_parts import Failure

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
