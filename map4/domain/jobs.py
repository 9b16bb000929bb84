"""Jobs: work that `map4 serve` does one after the other, and what is told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from map4.domain.actor import Actor
from map4.domain.track.track import display_path
from map4.errors import UsageError

JOB_SCHEMA = "map4/job/1"
JOBS_SCHEMA = "map4/jobs/1"
EVENT_SCHEMA = "map4/job-event/1"

JobKind = Literal["scan", "analyze", "export", "duplicates", "lookup"]
JobStatus = Literal["pending", "waiting", "processing", "completed", "failed", "cancelled"]
"""pending: as soon as there is room; waiting: `waiting_for` says what for; processing; the others are final."""
EventName = Literal["job", "progress", "line", "notice"]
"""job: it was made, or its status changed; progress: how far it is; line: what the command's --jsonl prints; notice: a
sentence for a person."""

JOB_KINDS: tuple[JobKind, ...] = get_args(JobKind)
JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)
FINAL: tuple[JobStatus, ...] = ("completed", "failed", "cancelled")
OPEN: tuple[JobStatus, ...] = ("pending", "waiting", "processing")
FILES_SHOWN = 20
"""So many of the files that a job was asked for stand in its record; the others are counted."""
LEAST_URGENT, USUAL_PRIORITY, MOST_URGENT = 0, 5, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job.

    number: counted from 1 in each library
    options: what was asked for, JSON values only
    waiting_for: what it waits for, a sentence for a person; only while it is `waiting`
    attempts: how often it was begun, the present time included
    not_before: it is not begun before this time
    created_at, started_at, finished_at, not_before: UTC, ISO 8601; `started_at` is of the last attempt
    progress: 0-1
    eta_s: seconds that are left, as far as can be told
    error: why a failed one failed, or why the last attempt did: `kind`, `code` (the exit code of the command) and
        `message`; of providers that are silent also `failures` and `retry_after_s`
    result: of a completed one: the record that the command prints with --json
    asked_by: who asked for it, and as whom it is done
    """

    number: int
    kind: JobKind
    priority: int
    status: JobStatus
    waiting_for: str | None = None
    attempts: int = 0
    not_before: str | None = None
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    progress: float = 0.0
    current_file: str | None = None
    eta_s: float | None = None
    error: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    asked_by: Actor

    @property
    def id(self) -> str:
        """Its name: `job-12`."""
        return f"job-{self.number}"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in FINAL

    def to_record(self) -> dict[str, Any]:
        """The `map4/job/1` record."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "number"}
        return {
            "schema": JOB_SCHEMA,
            "id": self.id,
            **values,
            "progress": round(self.progress, 4),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "options": _shortened(_shown(self.options)),
            "asked_by": {"id": self.asked_by.id, "name": self.asked_by.name},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """Something that happened to a job; events are numbered as they happen, whichever job they are of."""

    number: int
    job: int
    at: str
    event: EventName
    record: Mapping[str, Any]

    def to_record(self) -> dict[str, Any]:
        """The `map4/job-event/1` record."""
        return {
            "schema": EVENT_SCHEMA,
            "id": self.number,
            "job": f"job-{self.job}",
            "at": self.at,
            "event": self.event,
            "record": dict(self.record),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, the newest first; `next` is what to give as `after` for the next page, None on the last one."""

    jobs: tuple[Job, ...]
    next: str | None
    has_server: bool

    def to_record(self) -> dict[str, Any]:
        """The `map4/jobs/1` document."""
        jobs = [job.to_record() for job in self.jobs]
        return {"schema": JOBS_SCHEMA, "server": self.has_server, "jobs": jobs, "next": self.next}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvents:
    """Events, the first ones first, through the last number that was looked at; not whole where some are gone."""

    events: tuple[JobEvent, ...]
    through: int
    is_whole: bool


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
