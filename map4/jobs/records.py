"""Jobs: work that `map4 serve` does one after the other, and what is told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

from map4.base.actor import Actor
from map4.base.declaration import JobType
from map4.base.declarations import declarations
from map4.base.records import Absent, Count, Fraction4, Json, Moment, Record
from map4.errors import UsageError
from map4.music.track.track import display_path

JOB_TYPES: Mapping[str, JobType] = {
    job.name: job for job in sorted((job for each in declarations() for job in each.jobs), key=lambda job: job.order)
}
"""Every declared kind of job, by name."""
JobKind = Annotated[str, Json(enum=list(JOB_TYPES))]
JobStatus = Literal["pending", "waiting", "processing", "completed", "failed", "cancelled"]
"""pending: as soon as there is room; waiting: `waiting_for` says what for; processing; the others are final."""
EventName = Literal["changed", "progress", "line", "notice"]
"""changed: it was made, or its status changed; progress: how far it is; line: what the command's --jsonl prints;
notice: a sentence for a person."""

JOB_KINDS: tuple[JobKind, ...] = tuple(JOB_TYPES)
JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)
FINAL: tuple[JobStatus, ...] = ("completed", "failed", "cancelled")
OPEN: tuple[JobStatus, ...] = ("pending", "waiting", "processing")
MOST_OPEN = 100_000
"""Far more than a queue takes."""
FILES_SHOWN = 20
"""So many of the files that a job was asked for stand in its record; the others are counted."""
LEAST_URGENT, USUAL_PRIORITY, MOST_URGENT = 0, 5, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError(Record):
    """Why a job failed.

    kind: such as nothing-found, usage, library-write, provider-silent, crashed
    code: the exit code that the command ends with
    failures: of a lookup: each failure, as in map4/lookup-summary/1
    retry_after_s: of a lookup: so long a provider asks to be left alone
    answered: of a lookup: files that were looked up in this try
    """

    kind: str
    code: int
    message: str
    failures: tuple[Mapping[str, Any], ...] | Absent = ...
    retry_after_s: float | Absent = ...
    answered: Count | Absent = ...


JobId = Annotated[str, Json(pattern="^job-[1-9][0-9]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(
    Record,
    kind="job",
    members="id kind priority status waiting_for attempts not_before created_at started_at finished_at progress"
    " current_file eta_s error result options=shown_options asked_by.id=asked_by.id"
    " asked_by.name=asked_by.name",
):
    """A job of 'map4 serve' ('map4 jobs show JOB --json').

    number: counted from 1 in each library
    priority: the most urgent is 9
    waiting_for: what it waits for, a sentence for a person; only while it is `waiting`
    attempts: how often it was begun, the present time included
    not_before: it is not begun before this time
    created_at, started_at, finished_at, not_before: UTC, ISO 8601; `started_at` is of the last attempt
    progress: 0-1
    eta_s: seconds that are left, as far as is known
    error: why a failed one failed, or why the last attempt did
    result: of a completed one: the record that the command prints with --json
    asked_by: who asked for it, and as whom it is done
    """

    number: int
    kind: JobKind
    priority: Annotated[int, Json(minimum=LEAST_URGENT, maximum=MOST_URGENT)]
    status: JobStatus
    waiting_for: str | None = None
    attempts: Count = 0
    not_before: Moment | None = None
    created_at: Moment
    started_at: Moment | None = None
    finished_at: Moment | None = None
    progress: Fraction4 = 0.0
    current_file: str | None = None
    eta_s: Annotated[float, Json(1, minimum=0)] | None = None
    error: Annotated[Mapping[str, Any], Json(like=JobError)] | None = None
    result: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    asked_by: Actor

    @property
    def id(self) -> JobId:
        """Its name: `job-12`."""
        return f"job-{self.number}"

    @property
    def shown_options(self) -> Mapping[str, Any]:
        """What was asked for; of more than 20 files the first, and more_files counts the others."""
        return _shortened(_shown(self.options))

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in FINAL

    @property
    def sent(self) -> str | None:
        """The name of the file that was sent for it, which is deleted when it is over."""
        return self.options.get("sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """Something that happened to a job; `map4.base.events.Event` tells it.

    number: events are numbered as they happen, whichever job they are of
    """

    number: int
    job: int
    at: Moment
    event: EventName
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage(Record, kind="jobs", members="server=has_server jobs next"):
    """Jobs of 'map4 serve', the newest first ('map4 jobs list --json').

    next: what to give as `after` for the next page; None on the last one
    has_server: whether a 'map4 serve' of this library runs, which does what waits
    """

    jobs: tuple[Job, ...]
    next: str | None
    has_server: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a kind of failure is tried again: so many attempts in all, the first pause, doubled each time."""

    attempts: int
    first_s: float

    def pause_s(self, attempt: int) -> float | None:
        """Seconds until the next attempt; None where there is none."""
        return None if attempt >= self.attempts else self.first_s * 2 ** (attempt - 1)


ONCE = Retry(attempts=1, first_s=0.0)
# What may pass by itself. Everything else fails the same way again: a wrong query, a library that is damaged.
RETRIES: Mapping[str, Retry] = {
    "crashed": Retry(attempts=3, first_s=5.0),
    "worker-start": Retry(attempts=4, first_s=30.0),
    "library-write": Retry(attempts=6, first_s=30.0),
    "library-busy": Retry(attempts=6, first_s=30.0),
    "provider-silent": Retry(attempts=6, first_s=60.0),
}


def job_number(name: str) -> int:
    """The number of a job by its name: `job-12`, or `12`."""
    found = re.fullmatch(r"(?:job-)?([1-9][0-9]{0,17})", name)
    if found is None:
        raise UsageError(f"'{name}' names no job; jobs are called job-12 ('map4 jobs list' shows them)")
    return int(found[1])


def checked_priority(priority: int) -> int:
    """A priority, 0-9, the most urgent 9; any other is refused."""
    if not LEAST_URGENT <= priority <= MOST_URGENT:
        raise UsageError(f"a priority is from {LEAST_URGENT} to {MOST_URGENT}, the most urgent, not {priority}")
    return priority


def _shortened(options: dict[str, Any]) -> dict[str, Any]:
    """The same without the names of thousands of files."""
    files = options.get("files")
    if not isinstance(files, list) or len(files) <= FILES_SHOWN:
        return options
    return {**options, "files": files[:FILES_SHOWN], "more_files": len(files) - FILES_SHOWN}


def _shown(value: Any) -> Any:
    """JSON values, with paths that are no text as they are displayed."""
    if isinstance(value, str):
        try:
            return display_path(value)
        except UnicodeEncodeError:  # half a letter, which JSON can say and no path can
            return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, (list, tuple)) else value


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
