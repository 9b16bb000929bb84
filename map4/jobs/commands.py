"""`map4 jobs`."""

from __future__ import annotations

from typing import Any

import click

from map4.cli.exits import Exit
from map4.cli.output import local_time
from map4.cli.session import Map4Command, Map4Group, Session
from map4.cli.track_output import Output
from map4.cli.value_types import Name, WholeNumber
from map4.errors import NothingFoundError, UsageError
from map4.jobs.records import JOB_KINDS, JOB_STATUSES, Job

_NO_JOB = (NothingFoundError, "no such job")


@Map4Group.of(_NO_JOB, Exit.NO_LIBRARY, name="jobs")
def command() -> None:
    """Show, cancel and retry jobs of 'map4 serve'.

    Jobs are scans, batches, exports and duplicate searches that 'map4 serve' runs. They are stored beside the library;
    without a running server they wait for the next one.

    \b
    map4 jobs list
    map4 jobs list --status failed
    map4 jobs show job-12
    map4 jobs cancel job-12
    map4 jobs retry job-12
    """


@Map4Command.of(
    (NothingFoundError, "no such jobs"), Exit.NO_LIBRARY, headings={"Which jobs": "--status --kind --count --after"}
)
@click.option("--status", type=Name(JOB_STATUSES), multiple=True, help="Only jobs with this status; repeatable.")
@click.option(
    "--kind",
    type=Name(JOB_KINDS),
    metavar="KIND",
    multiple=True,
    help="Only jobs of this kind, such as scan or export; repeatable.",
)
@click.option("-n", "--count", "limit", type=WholeNumber(min=1, max=1000), metavar="N", default=50, show_default=True,
              help="At most N jobs.")  # fmt: skip
@click.option("--after", metavar="JOB", help="Only jobs older than JOB (the next page).")
@Output.options("json", "jsonl")
def list_(output: Output, **given: Any) -> None:
    """List jobs, newest first.

    \b
    map4 jobs list
    map4 jobs list --status pending --status waiting --json
    """
    session = Session.current()
    with session.open_library(create=False) as library:
        page = library.jobs.page(**given)
    if not output.write(page, (job.to_record() for job in page.jobs)):
        for job in page.jobs:
            session.echo(_line(job))
    if not page.jobs:
        raise NothingFoundError("there are no such jobs" if any((*given["status"], *given["kind"])) else "no jobs yet")
    if page.next:
        session.info(f"there are more: {session.command('jobs', 'list', '--after', str(page.next))}")
    if not page.has_server and any(not job.is_final for job in page.jobs):
        _print_no_server(session)


@Map4Command.of(_NO_JOB, Exit.NO_LIBRARY)
@click.argument("job")
@Output.options("json", "jsonl")
def show(job: str, output: Output) -> None:
    """Show a job.

    \b
    map4 jobs show job-12
    map4 jobs show 12 --json
    """
    _show_result("get", job, output)


@Map4Command.of(_NO_JOB, Exit.NO_LIBRARY, done="done, or the job had ended")
@click.argument("job")
@Output.options("json", "jsonl")
def cancel(job: str, output: Output) -> None:
    """Cancel a job.

    A running job ends within a second; finished work is kept.

    \b
    map4 jobs cancel job-12
    """
    _show_result("cancel", job, output)


@Map4Command.of((UsageError, "the job is completed"), _NO_JOB, Exit.NO_LIBRARY)
@click.argument("job")
@Output.options("json", "jsonl")
def retry(job: str, output: Output) -> None:
    """Retry a job that failed, was cancelled, or waits for its next attempt.

    \b
    map4 jobs retry job-12
    """
    _show_result("retry", job, output)


def _show_result(call: str, job: str, output: Output) -> None:
    """Make a call for a job, and show the result."""
    session = Session.current()
    with session.open_library(create=False) as library:
        had_ended = call == "cancel" and library.jobs.get(job).is_final
        result: Job = getattr(library.jobs, call)(job)
        has_server = library.jobs.has_server()
    if not output.write(result):
        for line in _lines(result, is_ending=call == "cancel" and not result.is_final):
            session.echo(line)
    if had_ended:
        session.info(f"{result.id} had already ended; it stays {result.status}")
    if not result.is_final and not has_server:
        _print_no_server(session)


def _line(job: Job) -> str:
    """A job on one line."""
    detail = {
        "waiting": f"for {local_time(job.not_before)}: {job.waiting_for}" if job.not_before else job.waiting_for,
        "pending": f"not before {local_time(job.not_before)}" if job.not_before else "",
        "processing": _progress(job),
        "failed": job.error and job.error["message"],
    }.get(job.status)
    return f"{job.id:<8} {job.kind:<10} {job.status:<10} {local_time(job.created_at)}  {detail or ''}".rstrip()


def _lines(job: Job, *, is_ending: bool = False) -> list[str]:
    """The details of a job, one per line."""
    status = f"{job.status}{f', {_progress(job)}' if job.status == 'processing' else ''}"
    details = {
        "status": f"being cancelled ({status})" if is_ending else status,
        "waiting for": job.waiting_for,
        "error": job.error and job.error["message"],
        "priority": str(job.priority),
        "attempts": str(job.attempts),
        "not before": job.not_before and local_time(job.not_before, "seconds"),
        "created": local_time(job.created_at, "seconds"),
        "started": job.started_at and local_time(job.started_at, "seconds"),
        "finished": job.finished_at and local_time(job.finished_at, "seconds"),
        "file": job.current_file,
        "asked for": _shown(job.to_record()["options"]),
        "result": _shown(job.result),
    }
    return [f"{job.id}: {job.kind}", *(f"  {name:<12} {value}" for name, value in details.items() if value)]


def _progress(job: Job) -> str:
    left = "" if job.eta_s is None else f", {job.eta_s:.0f} s left"
    return f"{job.progress:.0%}{left}"


def _shown(values: Any) -> str:
    """Counts and options that are not 0 or empty; a true value as `--option`."""
    shown = ((name, value) for name, value in (values or {}).items() if value and name not in ("schema", "beta"))
    return ", ".join(
        f"--{name.replace('_', '-')}" if value is True
        else f"{name} {' '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in shown
    )  # fmt: skip


def _print_no_server(session: Session) -> None:
    session.info("no server is running; start 'map4 serve' to run waiting jobs")
