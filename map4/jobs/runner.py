"""The job runner of a library: claims jobs, runs each in its own process, and records the outcome.

Ending a job ends all processes that it started (`core/base/child_process.py`).
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, Full, Queue
from typing import Any

from map4.core.base.child_process import Child, Message
from map4.core.base.declaration import load
from map4.core.base.loops import log_failure, repeat
from map4.core.store.library_ref import LibraryRef, Locks
from map4.errors import LibraryBusyError, LibraryWriteError, Map4Error
from map4.jobs.files import JobFiles, SentFiles
from map4.jobs.records import JOB_TYPES, ONCE, RETRIES, Job, JobKind, JobStatus, error_record
from map4.jobs.requests import JobRequest
from map4.jobs.store.queue import LEASE_S, LONGEST_PAUSE_S, Note, SqlJobs

LANES: Mapping[str, tuple[tuple[JobKind, ...], int]] = {
    lane: (tuple(job.name for job in JOB_TYPES.values() if job.lane == lane), room)
    for lane, room in {job.lane: job.room for job in JOB_TYPES.values()}.items()
}
"""Kinds of jobs per lane, and how many of them run in parallel, so that a long scan does not block exports."""
RESCAN_PRIORITY = 2
_LOOK_S = 0.1
"""Maximum delay in seconds before a request of another process, such as a cancel, is noticed."""
_BEAT_S = LEASE_S / 3
_TIDY_S = 3600.0
_HOUR_S = 3600.0
_MOST_NOTES = 200
"""Maximum number of events per transaction, which takes a few ms."""
_MOST_UNHEARD = 1_000
"""Maximum number of unread messages; then processes wait."""
_NOT_STARTED_S = 5.0


@dataclass(slots=True)
class _Running:
    job: Job
    child: Child
    notes: list[Note] = field(default_factory=list)
    outcome: tuple[str, Any] | None = None
    is_over: bool = False
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """The settings of a job runner.

    usual: default options of scans and analyses: `jobs`, `timeout_s`
    exclude: patterns of files that scans skip
    music: folders to rescan; empty means the folders scanned before
    scans_new: scan the folders of `music` at start if the library was never scanned
    rescan_s: interval of rescans in seconds; None for none
    config: settings by name; a job gets those that its kind declares
    on_change: called when something about a job has changed, in the runner's thread
    on_event: called in the same thread with a job, a word and a value: "begun", reports ("line", "progress" …), and the
        outcome ("completed" with the result, "failed" with the error, "cancelled" …)
    command: command of a job's process, instead of map4's own
    """

    usual: Mapping[str, Any] = field(default_factory=dict)
    exclude: Sequence[str] = ()
    music: Sequence[str] = ()
    scans_new: bool = False
    rescan_s: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    on_change: Callable[[], object] = bool
    on_event: Callable[[Job, str, Any], object] = lambda job, what, value: None
    command: Sequence[str] | None = None


class Runner:
    """Runs the jobs of a library, in its own thread.

    place: place of the library
    jobs: opens the job store, in the calling thread
    open_arguments: arguments of `Library.open` for its jobs, without the actor
    folders: returns the scanned folders
    command: command of a job's process
    """

    def __init__(
        self,
        place: LibraryRef,
        *,
        jobs: Callable[[], SqlJobs],
        locks: Locks,
        open_arguments: Mapping[str, Any],
        folders: Callable[[], Sequence[str]],
        command: Sequence[str],
        options: RunnerOptions,
    ) -> None:
        self._jobs, self._locks, self._open_arguments, self._folders = jobs, locks, open_arguments, folders
        self._options, self._command = options, options.command or command
        self._owner = uuid.uuid4().hex
        self._files, self._sent = JobFiles(place.beside), SentFiles(place.beside)
        self._messages: Queue[tuple[int, Message | None]] = Queue(_MOST_UNHEARD)
        self._running: dict[int, _Running] = {}
        self._is_stopping = threading.Event()
        self._resources = ExitStack()
        self._thread = threading.Thread(target=self._run, name="map4-jobs", daemon=True)
        self._next: dict[str, float] = {}
        self._store: SqlJobs | None = None
        self._version = -1

    def start(self) -> None:
        """Start the thread; raises LibraryBusyError if another server of this library is running."""
        with ExitStack() as stack:
            stack.enter_context(self._locks.serve())
            with closing(self._jobs()) as store:
                store.recover(self._owner)
                store.beat(self._owner)
            self._thread.start()
            self._resources = stack.pop_all()

    def stop(self) -> None:
        """End running jobs, requeue them, and wait for that. Call from the thread that started it."""
        self._is_stopping.set()
        self.wake()
        self._thread.join()
        self._resources.close()

    def wake(self) -> None:
        """Make it check for work now; from any thread."""
        with suppress(Full):
            self._messages.put_nowait((0, None))

    # ---- the thread -----------------------------------------------------------------------------

    def _run(self) -> None:
        repeat("jobs", self._turn, self._is_stopping)
        self._end()

    def _turn(self) -> None:
        if self._store is not None and not self._store.is_current():
            self._end()
            self._running.clear()
            self._store, self._version = None, -1
        if self._store is None:
            self._store = self._jobs()
            self._next.pop("beat", None)
            self._tidy(self._store)
        store = self._store
        is_news = self._listen(store)
        self._keep_house(store)
        is_news |= self._settle(store) | self._begin(store)
        if is_news or store.version() != self._version:
            self._version = store.version()
            claimed = store.claimed(self._owner)
            for number, running in self._running.items():
                if claimed.get(number, 1):  # if it is no longer ours, it was cancelled while our lease had expired
                    running.is_cancelled = True
                    running.child.kill()
            self._options.on_change()

    @contextmanager
    def _mistakes_of(self, running: _Running) -> Iterator[None]:
        """Around the work for one job: an unforeseen error ends this job, and no other."""
        try:
            yield
        except (LibraryBusyError, LibraryWriteError, OSError):  # may be temporary: a full disk, a process limit
            raise
        except Exception as error:
            log_failure("jobs", error)
            running.outcome, running.notes = ("failed", error_record(error)), []
            running.child.kill()

    def _listen(self, store: SqlJobs) -> bool:
        """Handle messages of processes; return whether something was stored."""
        is_news = False
        with suppress(Empty):
            number, message = self._messages.get(timeout=_LOOK_S if self._running else store.look_s)
            for _ in range(_MOST_UNHEARD):
                running = self._running.get(number)
                if running is not None:
                    with self._mistakes_of(running):
                        is_news |= self._take_in(store, running, message)
                number, message = self._messages.get_nowait()
        return self._flush(store, at_once=any(running.is_over for running in self._running.values())) or is_news

    def _take_in(self, store: SqlJobs, running: _Running, message: Message | None) -> bool:
        if message is None:
            running.is_over = True
            return False
        what, value = message
        if what == "waiting":
            store.wait(self._owner, running.job.number, value)
            return True
        if what in ("done", "failed"):
            running.outcome = running.outcome or (what, value)
        else:
            self._report(running.job, what, value)
            running.notes.append((what, value))  # type: ignore[arg-type]
            if len(running.notes) >= _MOST_NOTES:
                self._put(store, running)
                return True
        return False

    def _flush(self, store: SqlJobs, *, at_once: bool = False) -> bool:
        """Store reports, at most every `_LOOK_S`."""
        if not (at_once or self._is_time("flush", _LOOK_S)):
            return False
        with_notes = [running for running in self._running.values() if running.notes]
        for running in with_notes:
            with self._mistakes_of(running):
                self._put(store, running)
        return bool(with_notes)

    def _put(self, store: SqlJobs, running: _Running) -> None:
        store.note(self._owner, running.job.number, running.notes)
        running.notes = []

    def _settle(self, store: SqlJobs) -> bool:
        """Record the outcome of jobs whose process has ended; return whether there were any."""
        over = [running for running in self._running.values() if running.is_over]
        for running in over:
            with self._mistakes_of(running):
                self._conclude(store, running, ended=running.child.end())
                del self._running[running.job.number]
        return bool(over)

    def _conclude(self, store: SqlJobs, running: _Running, *, ended: str) -> None:
        job = running.job
        what, value = running.outcome or ("failed", None)
        if what == "done":
            self._finish(store, job, "completed", result=value)
            return
        if _writes(job):
            self._files.remove(job.number)
        if running.is_cancelled:
            self._finish(store, job, "cancelled")
            return
        error = value or {"kind": "crashed", "code": 1, "message": f"its process ended ({ended})"}
        # After progress, count attempts from the start again, since a lookup may take days.
        attempts = 1 if error.get("answered") else job.attempts
        pause_s = RETRIES.get(error["kind"], ONCE).pause_s(attempts)
        if pause_s is None:
            self._finish(store, job, "failed", error=error)
        else:
            pause_s = max(pause_s, min(error.get("retry_after_s") or 0.0, LONGEST_PAUSE_S))
            reason = f"retry after: {error['message']}"
            store.put_back(self._owner, job.number, attempt=attempts, pause_s=pause_s, waiting_for=reason, error=error)
            self._report(job, "retried", error)

    def _finish(self, store: SqlJobs, job: Job, status: JobStatus, *, result: Any = None, error: Any = None) -> None:
        store.finish(self._owner, job.number, status, result=result, error=error)
        # The upload of a plan is needed until it is carried out, since it can be retried.
        plan = store.get_plan(job.options["plan"], made_by=job.asked_by.id) if "plan" in job.options else None
        upload = job.sent if plan is None else plan.upload if status == "completed" else None
        if upload is not None:
            self._sent.remove(upload)
        self._report(job, status, error or result)

    def _report(self, job: Job, what: str, value: Any) -> None:
        try:
            self._options.on_event(job, what, value)
        except Exception as error:  # a mistake in an observer, such as an extra
            log_failure("jobs", error)

    def _begin(self, store: SqlJobs) -> bool:
        """Start jobs in free lanes; return whether there were any."""
        has_begun = False
        for kinds, most in LANES.values():
            while sum(running.job.kind in kinds for running in self._running.values()) < most:
                job = store.claim(self._owner, kinds)
                if job is None:
                    break
                has_begun = True
                self._report(job, "begun", None)
                try:
                    self._running[job.number] = _Running(job=job, child=self._started(job))
                except (Map4Error, OSError):
                    store.put_back(self._owner, job.number, attempt=job.attempts - 1, pause_s=_NOT_STARTED_S)
                    raise
                except Exception as error:
                    log_failure("jobs", error)
                    self._finish(store, job, "failed", error=error_record(error))
        return has_begun

    def _started(self, job: Job) -> Child:
        options = dict(job.options)
        if job.kind in ("scan", "analyze"):
            options = {name: value for name, value in self._options.usual.items() if value is not None} | options
        if job.kind == "scan" and options.pop("force", False):
            # "Everything" means files not analysed since the request, so that an interrupted scan continues.
            age_s = max(0.0, time.time() - datetime.fromisoformat(job.created_at).timestamp())
            options |= {"max_age": age_s, "retry_failed": True}
        if job.kind == "scan" and self._options.exclude:
            options["exclude"] = [*self._options.exclude, *options.get("exclude", ())]
        folder = self._files.make(job.number) if _writes(job) else None
        child = Child(self._command)
        child.send(
            {
                "open_arguments": {**self._open_arguments, "actor": job.asked_by},
                "settings": {name: self._options.config.get(name) for name in JOB_TYPES[job.kind].settings},
                "kind": job.kind,
                "options": options,
                "folder": folder,
            }
        )
        threading.Thread(target=self._read, args=(job.number, child), name=f"map4-{job.id}", daemon=True).start()
        return child

    def _read(self, number: int, child: Child) -> None:
        """Queue the messages of a process, and finally its end."""
        try:
            while True:
                self._messages.put((number, child.receive()))
        except (*Child.ENDED, ValueError):  # ValueError: the runner has ended
            pass
        except Exception as error:  # an unreadable message
            log_failure("jobs", error)
            self._messages.put((number, ("failed", error_record(error))))
        self._messages.put((number, None))

    def _keep_house(self, store: SqlJobs) -> None:
        if self._is_time("beat", _BEAT_S):
            store.beat(self._owner)
            store.recover(self._owner)
        if self._is_time("tidy", _TIDY_S):
            self._tidy(store)
        is_due = self._options.rescan_s is not None and self._is_time("rescan", self._options.rescan_s)
        is_new = self._options.scans_new and self._is_time("first scan", math.inf) and not self._folders()
        if (is_due or is_new) and (self._options.music or self._folders()):
            self._ask_for(store, JobRequest(kind="scan", files=self._options.music))
        for job in JOB_TYPES.values():
            if job.hourly and self._is_time(job.name, _HOUR_S):
                options = load(job.hourly)(self._options.config)
                if options is not None:
                    self._ask_for(store, JobRequest(kind=job.name, options=options))

    def _ask_for(self, store: SqlJobs, wanted: JobRequest) -> None:
        """Queue a job, unless one of its kind is queued."""
        if not store.page(statuses=Job.OPEN, kinds=[wanted.kind], limit=1):
            store.add(wanted.kind, wanted.stored(), priority=RESCAN_PRIORITY)

    def _tidy(self, store: SqlJobs) -> None:
        """Delete old jobs, files that are too old or exceed the total size, and files of deleted jobs."""
        store.tidy(self._files.excess(time.time()))
        for number in self._files.jobs():
            if store.get(number) is None:
                self._files.remove(number)
        jobs = store.page(statuses=Job.OPEN, limit=Job.MOST_OPEN)
        self._sent.tidy({*store.plan_uploads(), *(job.sent for job in jobs if job.sent is not None)}, time.time())

    def _is_time(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + every_s
        return True

    def _end(self) -> None:
        """End running jobs and requeue them; finished jobs stay finished."""
        for running in self._running.values():
            running.child.kill()
        if (store := self._store) is None:
            return
        try:
            while not all(running.is_over for running in self._running.values()):
                self._listen(store)  # results may be on their way
            for running in self._running.values():
                ended = running.child.end()
                if running.outcome is not None and running.outcome[0] == "done":
                    self._conclude(store, running, ended=ended)
                else:
                    store.put_back(self._owner, running.job.number, attempt=running.job.attempts - 1)
            store.sign_off(self._owner)
        except Exception as error:  # the next server requeues them
            log_failure("jobs", error)
        finally:
            store.close()


def _writes(job: Job) -> bool:
    """Whether a job writes a file that can be downloaded."""
    writes = JOB_TYPES[job.kind].writes if job.kind in JOB_TYPES else ""
    return writes == "always" or bool(writes and job.options.get(writes))
