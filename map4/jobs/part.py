"""Jobs of `map4 serve`: submit and follow them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from map4 import jobs
from map4.core.base.actor import Actor, checks_needs, needs, served
from map4.errors import NothingFoundError, UsageError
from map4.jobs.records import JOB_KINDS, JOB_STATUSES, NO_JOBS, Job, JobFigures, JobKind, JobPage, JobStatus, job_number
from map4.jobs.requests import JobRequest, needs_of
from map4.jobs.store.queue import SqlJobs
from map4.library.part import LibraryPart, open_store

if TYPE_CHECKING:
    from map4.jobs.runner import Runner, RunnerOptions

JOBS_AT_ONCE = 100


class JobsPart(LibraryPart, scope="read"):
    """Jobs of `map4 serve`: submit and follow them."""

    @property
    def _jobs(self) -> SqlJobs:
        return self._store.part(SqlJobs)

    @checks_needs
    def submit(self, request: JobRequest) -> Job:
        """Queue a job for the `map4 serve` of this library, which runs it now or when started.

        raises UsageError: if an option can't be stored, such as a list without a name
        raises LibraryBusyError: if 1,000 jobs are waiting
        """
        self.actor.require(needs_of(request.kind))
        options = request.stored()
        run_after = request.not_before.timestamp() if request.not_before else 0.0
        return self._jobs.add(
            request.kind, options, priority=request.priority, run_after=run_after, asked_by=self.actor
        )

    @needs("own")
    def room_for_sets(self) -> str:
        """The folder for recordings uploaded for a job.

        raises LibraryWriteError: if the folder can't be made
        raises UsageError: if the library is in memory
        """
        return self._sent().room()

    @needs("own")
    def submit_set(self, request: JobRequest, sent: str) -> Job:
        """Submit a job for a recording in `room_for_sets`, which is deleted with the job.

        request: options with a field `sent`
        sent: path of the recording
        """
        files = self._sent()
        taken = files.take(sent)
        try:
            options: Any = request.options
            return self.submit(replace(request, options=replace(options, sent=taken)))
        except BaseException:
            files.remove(taken)
            raise

    def _sent(self) -> jobs.SentFiles:
        if self._store.is_in_memory:
            raise UsageError("a library in memory can't store uploaded recordings")
        return jobs.SentFiles(self._store.place.beside)

    def page(
        self,
        *,
        status: Collection[JobStatus] = (),
        kind: Collection[JobKind] = (),
        after: str | None = None,
        limit: int = JOBS_AT_ONCE,
    ) -> JobPage:
        """A page of jobs, newest first: the actor's own, or for admins all.

        status, kind: only these; empty means all
        after: the last job of the previous page
        limit: maximum number
        """
        for what, names, known in (("status of jobs", status, JOB_STATUSES), ("kind of jobs", kind, JOB_KINDS)):
            unknown = next((name for name in names if name not in known), None)
            if unknown is not None:
                raise UsageError.no_such(what, unknown, known)
        if limit < 1:
            raise UsageError(f"a page has 1 or more jobs, not {limit}")
        before = None if after is None else job_number(after)
        if not SqlJobs.are_in(self._store):
            return JobPage(jobs=(), next=None, has_server=False)
        jobs = self._jobs.page(statuses=status, kinds=kind, asked_by=self._whose, before=before, limit=limit + 1)
        chosen = tuple(jobs[:limit])
        return JobPage(
            jobs=chosen, next=chosen[-1].id if len(jobs) > limit else None, has_server=self._jobs.has_server()
        )

    def get(self, name: str) -> Job:
        """A job by its name, such as "job-12".

        raises NothingFoundError: if there is none
        """
        number = job_number(name)
        job = self._jobs.get(number) if SqlJobs.are_in(self._store) else None
        if job is None or self._whose not in (None, job.asked_by.id):
            raise NothingFoundError(f"there is no job '{name}'; 'map4 jobs list' shows all")
        return job

    @needs("own")
    @served("POST", "/jobs/{job}/cancel", "Cancel a job, as `map4 jobs cancel`.", answer="job")
    def cancel(self, name: str) -> Job:
        """Cancel a job. A running job ends within a second; a finished job stays as it is."""
        job = self.get(name)
        job = self._jobs.cancel(job.number) or job
        if job.is_final and job.sent is not None:
            self._sent().remove(job.sent)
        return job

    @needs("own")
    @served(
        "POST", "/jobs/{job}/retry", "Retry a job that failed or was cancelled, as `map4 jobs retry`.", answer="job"
    )
    def retry(self, name: str) -> Job:
        """Requeue a job that failed, was cancelled or waits for its next attempt, to start immediately.

        raises UsageError: if it is completed, or its recording was deleted
        """
        job = self.get(name)
        self.actor.require(needs_of(job.kind))
        if job.sent is not None and self._sent().file(job.sent) is None:
            raise UsageError(f"the recording of {job.id} was deleted when the job ended; upload it again")
        job = self._jobs.retry(job.number) or job
        if job.status == "completed":
            raise UsageError(f"{job.id} is completed and can't be retried")
        return job

    def file(self, name: str) -> str:
        """The file written by an export job.

        raises NothingFoundError: if there is no file, or not yet
        """
        job = self.get(name)
        path = jobs.JobFiles(self._store.place.beside).file(job.number) if job.status == "completed" else None
        if path is None:
            raise NothingFoundError(f"{job.id} has no file: it is {job.status}, and of kind {job.kind}")
        return path

    def has_server(self) -> bool:
        """Whether a `map4 serve` of this library is running, which runs waiting jobs."""
        return SqlJobs.are_in(self._store) and self._jobs.has_server()

    @needs("metrics")
    def figures(self) -> JobFigures:
        """Number of jobs by kind and status, and how long due jobs have waited."""
        return self._jobs.figures() if SqlJobs.are_in(self._store) else NO_JOBS

    @needs("admin")
    def require_no_server(self) -> None:
        """Check before start that no other server of this library is running and the jobs are readable.

        raises LibraryBusyError: if a server of this library runs
        raises LibraryDamagedError, LibraryWriteError: if the jobs can't be read or written
        """
        with self._store.locks.serve():
            self._jobs.has_server()

    @needs("admin")
    def runner(self, options: RunnerOptions | None = None) -> Runner:
        """The job runner of this library, for a server: `start` it, and `stop` it at the end."""
        from map4.core.base.child_process import Child
        from map4.jobs.runner import Runner, RunnerOptions

        open_arguments = self._services.open_arguments
        return Runner(
            self._store.place,
            jobs=self._jobs.again,
            locks=self._store.locks,
            open_arguments=open_arguments,
            folders=partial(_folders, open_arguments["path"]),
            command=Child.command_of("map4.jobs.process"),
            options=options or RunnerOptions(),
        )

    @property
    def _whose(self) -> int | None:
        """The account whose jobs are visible; None for all."""
        return None if self.actor.may("admin") else self.actor.id


def _folders(path: str) -> list[str]:
    """The scanned folders of a library that may be open in another thread."""
    with closing(open_store(path, create=False, preferences=None, actor=Actor.LOCAL, writer="server")) as store:
        return list(store.tracks.roots())
