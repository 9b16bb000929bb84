"""Requests for jobs: a kind, and the options record of the equivalent `Library` call."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from map4.core.base.actor import Scope
from map4.core.base.call_options import default_of
from map4.core.base.declaration import JobType, load
from map4.core.base.paths import PathLike, absolute_path, as_paths
from map4.core.base.records import read
from map4.errors import UsageError
from map4.jobs.records import JOB_KINDS, JOB_TYPES, USUAL_PRIORITY, JobKind, checked_priority


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWork:
    """The options of a job that carries out a plan.

    plan: id of the plan
    """

    plan: str


JobOptions = Any
"""The options record of a kind of job."""


def options_of(kind: JobKind) -> type[JobOptions]:
    """The class of a kind's options."""
    options: type[JobOptions] = load(job_type(kind).options)
    return options


def job_type(kind: JobKind) -> JobType:
    """The declaration of a kind of jobs; raises UsageError for an unknown kind."""
    if kind not in JOB_TYPES:
        raise UsageError.no_such("kind of jobs", kind, JOB_KINDS)
    return JOB_TYPES[kind]


def needs_of(kind: JobKind) -> Scope:
    """The scope needed to request a job of this kind."""
    return job_type(kind).needs


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """A request for a job.

    kind: kind of the job
    files: folders of a scan (empty means the folders scanned before), or files of an analysis
    options: options of the equivalent `Library` call; None means the defaults
    priority: 0-9, 9 is the most urgent
    not_before: earliest start, with a time zone
    """

    kind: JobKind
    files: PathLike | Iterable[PathLike] = ()
    options: JobOptions | None = None
    priority: int = USUAL_PRIORITY
    not_before: datetime | None = None

    def __post_init__(self) -> None:
        needs_of(self.kind)
        checked_priority(self.priority)
        if self.options is not None and not isinstance(self.options, options_of(self.kind)):
            raise UsageError(f"a job of kind {self.kind} needs options of type {options_of(self.kind).__name__}")
        named = list(dict.fromkeys(absolute_path(path) for path in as_paths(self.files)))
        if named and self.kind not in ("scan", "analyze"):
            raise UsageError(f"a job of kind {self.kind} takes its files in the options")
        if self.kind == "analyze" and not named:
            raise UsageError("give the files to analyse")
        object.__setattr__(self, "files", tuple(named))

    def stored(self) -> dict[str, Any]:
        """The request as JSON values: the files, and options that differ from the defaults."""
        files = {"files": list(as_paths(self.files))} if self.files else {}
        return files | ({} if self.options is None else _plain(self.options))

    @staticmethod
    def restored(kind: JobKind, stored: Mapping[str, Any]) -> tuple[list[str], JobOptions]:
        """Files and options of a request from what `stored` returned."""
        given = dict(stored)
        files = given.pop("files", []) if kind in ("scan", "analyze") else []
        return files, read(options_of(kind), given)


def _plain(value: Any) -> Any:
    """A value as JSON; of a record, only fields that differ from the defaults."""
    if is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != default_of(field)
        }
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return [_plain(each) for each in value]
    if isinstance(value, (str, bytes, os.PathLike)):
        return os.fsdecode(value)
    raise UsageError(f"a job can't store a value of type {type(value).__name__}; pass it as text")
