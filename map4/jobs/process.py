"""The process of a job: makes its `Library` call and reports to the server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from map4.core.audio.jobs import LaneFactory
from map4.core.base.child_process import Parent, Send
from map4.core.base.declaration import load
from map4.core.base.paths import display_path
from map4.errors import Map4Error
from map4.jobs.records import JOB_TYPES, error_record
from map4.jobs.requests import JobOptions, JobRequest
from map4.scan import niced_lanes

PROGRESS_S = 0.5
"""Minimum seconds between progress reports."""


class Reporter:
    """Reports to the server: `line`, `notice`, `progress` or `waiting`, each with a value."""

    def __init__(self, report: Send, monotonic: Callable[[], float]) -> None:
        self._report, self._monotonic = report, monotonic
        self._began = self._reported = monotonic()

    def __call__(self, what: str, value: Any) -> None:
        self._report(what, value)

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        """Report progress and the current file."""
        now = self._monotonic()
        if now - self._reported < PROGRESS_S:
            return
        self._reported = now
        done = min(done, total)
        self(
            "progress",
            {
                "percentage": round(100 * done / total, 1) if total else 0.0,
                "current_file": None if path is None else display_path(path),
                "eta_s": round((now - self._began) * (total - done) / done, 1) if done else None,
            },
        )


Work = Callable[[Any, Sequence[str], JobOptions, Reporter, Mapping[str, Any]], dict[str, Any]]
"""Runs a job with an open library, files, options, reporter and task; returns the job's result."""


def main() -> None:
    """Run the job that the server sends."""
    Parent().answer(run_job, error_record)


def run_job(
    task: Mapping[str, Any],
    report: Send,
    *,
    lanes: LaneFactory = niced_lanes,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Run a task and return its result.

    task: `open_arguments`: how to open the library, including the actor; `kind` and `options` of the job; `folder` for
        its files; `settings`: values of the settings that its kind declares
    lanes: makes the worker lanes of the job
    """
    files, options = JobRequest.restored(task["kind"], task["options"])
    where = task["open_arguments"]
    try:
        with load("map4.library:Library").open(**where, create=False, lanes=lanes) as library:
            work: Work = load(JOB_TYPES[task["kind"]].work)
            return work(library, files, options, Reporter(report, monotonic), task)
    except Map4Error as error:
        error.library = error.library or os.fspath(where["path"])
        raise
