"""Records of jobs."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, get_args

from map4.core.base.actor import Actor
from map4.core.base.declaration import JobType
from map4.core.base.declarations import in_order
from map4.core.base.paths import display_path
from map4.core.base.records import Absent, Count, Fraction4, Json, Moment, Record
from map4.errors import Map4Error, ProviderSilentError, UsageError, kind_of

JOB_TYPES: Mapping[str, JobType] = {job.name: job for job in in_order(lambda each: each.jobs)}
"""Every declared kind of job, by name."""
JobKind = Annotated[str, Json(enum=list(JOB_TYPES))]
JobStatus = Literal["pending", "waiting", "processing", "completed", "failed", "cancelled"]
"""pending: queued; waiting: see `waiting_for`; processing: running; the others are final."""
EventName = Literal["changed", "progress", "line", "notice"]
"""changed: made, or changed status; progress; line: a line as printed by the command's --jsonl; notice: a message for
people."""

JOB_KINDS: tuple[JobKind, ...] = tuple(JOB_TYPES)
JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)
FINAL: tuple[JobStatus, ...] = ("completed", "failed", "cancelled")
FILES_SHOWN = 20
"""Maximum number of requested files listed in a job's record; the others are counted."""
LEAST_URGENT, USUAL_PRIORITY, MOST_URGENT = 0, 5, 9


class JobError(Record):
    """Why a job failed.

    kind: such as nothing-found, usage, library-write, provider-silent, crashed
    code: exit code of the equivalent command
    failures: of a lookup: the failures, as in map4/lookup-summary/1
    retry_after_s: of a lookup: waiting time requested by a provider, in seconds
    answered: of a lookup: number of files looked up in this attempt
    """

    kind: str
    code: int
    message: str
    failures: tuple[Mapping[str, Any], ...] | Absent = ...
    retry_after_s: float | Absent = ...
    answered: Count | Absent = ...


JobId = Annotated[str, Json(pattern="^job-[1-9][0-9]*$")]


class Job(
    Record, kind="job", members="id * -number options=shown_options asked_by.id=asked_by.id asked_by.name=asked_by.name"
):
    """A job of 'map4 serve' ('map4 jobs show JOB --json').

    number: counted from 1 in each library
    priority: 9 is the most urgent
    waiting_for: what it waits for, as a sentence; only while `waiting`
    attempts: number of attempts, including the current one
    not_before: earliest start
    created_at, started_at, finished_at, not_before: UTC, ISO 8601; `started_at` is the start of the last attempt
    progress: 0-1
    eta_s: estimated seconds left, if known
    error: why the job, or its last attempt, failed
    result: of a completed job: the record that the command prints with --json
    asked_by: the account that requested it, with whose rights it runs
    """

    MOST_OPEN: ClassVar[int] = 100_000
    """Far more than a queue holds."""
    OPEN: ClassVar[tuple[JobStatus, ...]] = ("pending", "waiting", "processing")

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
        """The requested options; of more than 20 files only the first 20, with the rest counted in more_files."""
        options: dict[str, Any] = _shown(self.options)
        files = options.get("files")
        if not isinstance(files, list) or len(files) <= FILES_SHOWN:
            return options
        return {**options, "files": files[:FILES_SHOWN], "more_files": len(files) - FILES_SHOWN}

    @property
    def is_final(self) -> bool:
        """Whether its status is final."""
        return self.status in FINAL

    @property
    def sent(self) -> str | None:
        """The id of its uploaded file, which is deleted when the job ends."""
        return self.options.get("sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """An event of a job; published as `map4.core.base.events.Event`.

    number: consecutive across all jobs
    """

    number: int
    job: int
    at: Moment
    event: EventName
    record: Mapping[str, Any]


class JobPage(Record, kind="jobs", members="server=has_server jobs next"):
    """Jobs of 'map4 serve', newest first ('map4 jobs list --json').

    next: the value of `after` for the next page; null on the last page
    has_server: whether a 'map4 serve' of this library is running, which runs waiting jobs
    """

    jobs: tuple[Job, ...]
    next: str | None
    has_server: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How to retry a kind of failure: total attempts, and the first pause, doubled each time."""

    attempts: int
    first_s: float

    def pause_s(self, attempt: int) -> float | None:
        """Seconds until the next attempt; None if there is none."""
        return None if attempt >= self.attempts else self.first_s * 2 ** (attempt - 1)


ONCE = Retry(attempts=1, first_s=0.0)
# Temporary failures. Others, such as a wrong query or a damaged library, would fail again.
RETRIES: Mapping[str, Retry] = {
    "crashed": Retry(attempts=3, first_s=5.0),
    "worker-start": Retry(attempts=4, first_s=30.0),
    "library-write": Retry(attempts=6, first_s=30.0),
    "library-busy": Retry(attempts=6, first_s=30.0),
    "provider-silent": Retry(attempts=6, first_s=60.0),
}


def error_record(error: Exception) -> dict[str, Any]:
    """The error record of a failed job."""
    if isinstance(error, MemoryError):
        return {"kind": "crashed", "code": 1, "message": "out of memory"}
    if not isinstance(error, Map4Error):
        if os.environ.get("MAP4_DEBUG"):
            traceback.print_exception(error, file=sys.stderr)
        return {"kind": "internal", "code": 1, "message": f"{type(error).__name__}: {error}"}
    record = {"kind": kind_of(error), "code": error.exit_code, "message": error.for_callers()}
    if isinstance(error, ProviderSilentError):
        record |= {name: getattr(error, name) for name in ("failures", "retry_after_s", "answered")}
    return record


def job_number(name: str) -> int:
    """The number of a job by its name: `job-12`, or `12`."""
    match = re.fullmatch(r"(?:job-)?([1-9][0-9]{0,17})", name)
    if match is None:
        raise UsageError(f"'{name}' is not a job; write it as job-12 ('map4 jobs list' shows all)")
    return int(match[1])


def checked_priority(priority: int) -> int:
    """Check that a priority is 0-9 (9 is the most urgent); raises UsageError."""
    if not LEAST_URGENT <= priority <= MOST_URGENT:
        raise UsageError(f"a priority is from {LEAST_URGENT} to {MOST_URGENT} (the most urgent), not {priority}")
    return priority


def _shown(value: Any) -> Any:
    """JSON values, with undecodable paths in display form."""
    if isinstance(value, str):
        try:
            return display_path(value)
        except UnicodeEncodeError:  # a lone surrogate, valid in JSON but not in a path
            return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, (list, tuple)) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """Numbers of jobs and their waiting time.

    counts: by kind and status
    due: number of jobs that could start now
    oldest_s: seconds since the oldest due job could start; 0 without any
    """

    counts: Mapping[tuple[JobKind, JobStatus], int]
    due: int
    oldest_s: float


NO_JOBS = JobFigures(counts={}, due=0, oldest_s=0.0)
