"""What runs in the process of one job: the call of `Library` that it is, with what it tells the server of it."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from map4.audio.jobs import LaneFactory
from map4.base.declaration import load
from map4.errors import Map4Error, ProviderSilentError, kind_of
from map4.jobs.records import JOB_TYPES
from map4.jobs.requests import JobOptions, restored
from map4.library import Library
from map4.music.track.track import display_path
from map4.scan import Parent, Tell, niced_lanes

PROGRESS_S = 0.5
"""Progress is reported no more often than this."""


class Teller:
    """Tells the server what happens: `line`, `notice`, `progress` or `waiting`, each with its value."""

    def __init__(self, tell: Tell, monotonic: Callable[[], float]) -> None:
        self._tell, self._monotonic = tell, monotonic
        self._began = self._told = monotonic()

    def __call__(self, what: str, value: Any) -> None:
        self._tell(what, value)

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        """How much is done, and of which file."""
        now = self._monotonic()
        if now - self._told < PROGRESS_S:
            return
        self._told = now
        done = min(done, total)
        self(
            "progress",
            {
                "percentage": round(100 * done / total, 1) if total else 0.0,
                "current_file": None if path is None else display_path(path),
                "eta_s": round((now - self._began) * (total - done) / done, 1) if done else None,
            },
        )


Work = Callable[[Library, Sequence[str], JobOptions, Teller, Mapping[str, Any]], dict[str, Any]]
"""Does a job: with an open library, files, options, and the task; gives the result of the job."""


def main() -> None:
    """Do the job that the server tells."""
    Parent().answer(run_job, error_record)


def error_record(error: Exception) -> dict[str, Any]:
    """What a job says of why it failed."""
    if isinstance(error, MemoryError):
        return {"kind": "crashed", "code": 1, "message": "there was too little memory"}
    if not isinstance(error, Map4Error):
        if os.environ.get("MAP4_DEBUG"):
            traceback.print_exception(error, file=sys.stderr)
        return {"kind": "internal", "code": 1, "message": f"{type(error).__name__}: {error}"}
    said = {"kind": kind_of(error), "code": error.exit_code, "message": str(error)}
    if isinstance(error, ProviderSilentError):
        said |= {name: getattr(error, name) for name in ("failures", "retry_after_s", "answered")}
    return said


def run_job(
    task: Mapping[str, Any],
    tell: Tell,
    *,
    lanes: LaneFactory = niced_lanes,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, Any]:
    """Do what a task says, and give its result.

    task: `ways`: how the library is opened, and as whom; `kind`, `options`: of the job; `folder`: where what is written
        goes; `settings`: values of those that its kind declares
    lanes: makes the lanes that its own jobs run in
    """
    files, options = restored(task["kind"], task["options"])
    with Library.open(**task["ways"], create=False, lanes=lanes) as library:
        work: Work = load(JOB_TYPES[task["kind"]].work)
        return work(library, files, options, Teller(tell, monotonic), task)
