"""Lanes that any thread can stop all at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from map4.errors import Map4Error

if TYPE_CHECKING:  # only needed for analyses
    from concurrent.futures import Future

    from map4.core.audio.jobs import Lane, LaneFactory, LaneJob, Outcome


class StoppableLanes:
    """Makes lanes as `make` does until it is stopped, which is final.

    Callers that wait for a job then get an error and close their lanes as usual, which ends the workers.
    """

    def __init__(self, make: LaneFactory) -> None:
        self._make = make
        self._waited_for: set[Future[Outcome]] = set()
        self._is_stopped = False

    def __call__(self, count: int) -> Sequence[Lane]:
        return [_StoppableLane(lane, self) for lane in self._make(count)]

    def apart(self) -> StoppableLanes:
        """Return lanes of the same kind, which are stopped by themselves."""
        return StoppableLanes(self._make)

    def stop(self) -> None:
        self._is_stopped = True  # first: later submits check it, and earlier ones are in `_waited_for`
        for future in list(self._waited_for):
            _refuse(future)

    def followed(self, job: Future[Outcome]) -> Future[Outcome]:
        """Return the same result, unless this is stopped first."""
        from concurrent.futures import Future

        followed: Future[Outcome] = Future()
        followed.set_running_or_notify_cancel()
        self._waited_for.add(followed)
        followed.add_done_callback(self._waited_for.discard)
        job.add_done_callback(partial(_hand_on, followed))
        if self._is_stopped:
            _refuse(followed)
        return followed


class _StoppableLane:
    """A lane that can be stopped."""

    def __init__(self, lane: Lane, lanes: StoppableLanes) -> None:
        self._lane, self._lanes = lane, lanes

    @property
    def start_up_s(self) -> float:
        return self._lane.start_up_s

    @property
    def queued_s(self) -> float:
        return float(getattr(self._lane, "queued_s", 0.0))

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        return self._lanes.followed(self._lane.submit(job, timeout_s))

    def kill(self) -> None:
        self._lane.kill()

    def close(self) -> None:
        self._lane.close()


def _refuse(future: Future[Outcome]) -> None:
    from concurrent.futures import InvalidStateError

    with suppress(InvalidStateError):  # it finished at this moment
        future.set_exception(Map4Error("the work on it was stopped"))


def _hand_on(followed: Future[Outcome], job: Future[Outcome]) -> None:
    from concurrent.futures import InvalidStateError

    with suppress(InvalidStateError):  # it was stopped
        try:
            followed.set_result(job.result())
        except BaseException as error:  # is that of the job
            followed.set_exception(error)
