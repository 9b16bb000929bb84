"""The queue of jobs of one library."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from map4.domain.actor import LOCAL, Actor
from map4.domain.jobs import EventName, Job, JobEvent, JobKind, JobStatus

LEASE_S = 15.0
"""A job whose server says nothing for so long counts as not begun."""

LONGEST_PAUSE_S = 3600.0
"""Before another try. One that is further away was planned before the clock was put back."""

Note = tuple[EventName, Mapping[str, Any]]
"""Something that a job under way tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """How many jobs there are, and how long they wait.

    counts: by kind and status
    due: that could begin now
    oldest_s: since the oldest of these could begin; 0 without any
    """

    counts: Mapping[tuple[JobKind, JobStatus], int]
    due: int
    oldest_s: float


NO_JOBS = JobFigures(counts={}, due=0, oldest_s=0.0)


class JobStore(Protocol):
    """The jobs of one library. It belongs to one thread, as the library does; where it can't be read, a
    LibraryDamagedError says what to do.

    Anybody may add jobs and ask for the end of one. Only who has claimed a job (the server) says what became of it.
    """

    look_s: float
    """So long one may leave unseen what others ask for: longer where they tell of it (`LibraryChanges.is_told`)."""

    def again(self) -> JobStore:
        """The same jobs for another thread, which closes it."""

    def close(self) -> None:
        """Let go of them."""

    def add(
        self,
        kind: JobKind,
        options: Mapping[str, Any],
        *,
        priority: int,
        run_after: float = 0.0,
        asked_by: Actor = LOCAL,
    ) -> Job:
        """A new job; raises LibraryBusyError where too many wait already."""

    def get(self, number: int) -> Job | None:
        """One job."""

    def page(
        self,
        *,
        statuses: Collection[JobStatus] = (),
        kinds: Collection[JobKind] = (),
        asked_by: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[Job]:
        """Jobs, the newest first: those with a smaller number than `before`, of an actor or (None) of all."""

    def cancel(self, number: int) -> Job | None:
        """Take a job off the queue, or ask who has it to end it; one that is over stays as it is."""

    def retry(self, number: int) -> Job | None:
        """Put a job that failed, was cancelled or waits for a later try back on the queue, as if it were new."""

    def reassign(self, was: int, now: Actor) -> int:
        """Let the jobs of an account be another's, or its own under another name or role; they may do no more than
        both. How many there were."""

    def erase(self, asked_by: int) -> Sequence[int]:
        """Forget the jobs of an account, with all that was told of them; one under way is ended. Their numbers."""

    def events(
        self, *, after: int = 0, job: int | None = None, asked_by: int | None = None, limit: int
    ) -> list[JobEvent]:
        """Events with a greater number than `after`, the first ones first; of an actor's jobs, or (None) of all."""

    def event_range(self) -> tuple[int, int]:
        """Numbers of the first event that is still kept, and of the last one; 1 and 0 where there are none."""

    def has_server(self) -> bool:
        """Whether a server does these jobs."""

    def figures(self) -> JobFigures:
        """How many there are of which kind, and how long they wait."""

    def version(self) -> int:
        """Another number after every change that another connection made."""

    def claim(self, owner: str, kinds: Collection[JobKind]) -> Job | None:
        """Take the most urgent job of these kinds that may begin now; of equals, the oldest."""

    def beat(self, owner: str) -> None:
        """Say that a server is there, and has what it claimed."""

    def sign_off(self, owner: str) -> None:
        """Say that the server ends."""

    def claimed(self, owner: str) -> dict[int, int]:
        """The jobs that a server has, each with 1 where it is to be ended."""

    def note(self, owner: str, job: int, notes: Sequence[Note]) -> None:
        """Keep what a job under way told; the last progress is the job's own."""

    def wait(self, owner: str, job: int, waiting_for: str | None) -> None:
        """A job under way waits for something, or (None) no more."""

    def finish(
        self, owner: str, job: int, status: JobStatus, *, result: Any = None, error: Mapping[str, Any] | None = None
    ) -> None:
        """Say what became of a job."""

    def put_back(
        self,
        owner: str,
        job: int,
        *,
        attempt: int | None = None,
        pause_s: float = 0.0,
        waiting_for: str | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Put a job back on the queue: to be tried again after a pause, or as it was (`attempt`: how often begun)."""

    def recover(self, owner: str) -> int:
        """Put back every job that another server had which is gone; gives how many."""

    def tidy(self, also: Collection[int] = ()) -> None:
        """Forget jobs that are over, where they are so for long, have very many newer ones, or stand in `also`."""
