"""`map4 jobs`."""

from __future__ import annotations

from typing import Any

import click

from map4.cli.exits import NO_LIBRARY, Ending, exit_codes
from map4.cli.output import local_time, printable
from map4.cli.session import Map4Group, Session, current_session
from map4.cli.track_output import Output, output_options
from map4.cli.value_types import Name, WholeNumber
from map4.errors import NothingFoundError, UsageError
from map4.jobs.records import JOB_KINDS, JOB_STATUSES, Job

_NO_JOB = (NothingFoundError, "no such job")


@Map4Group.of(_NO_JOB, NO_LIBRARY)
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


@command.command(
    "list",
    headings={"Which jobs": "--status --kind --count --after"},
    epilog=exit_codes((NothingFoundError, "no such jobs"), NO_LIBRARY),
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
@output_options("json", "jsonl")
def list_(output: Output, **given: Any) -> None:
    """List jobs, newest first.

    \b
    map4 jobs list
    map4 jobs list --status pending --status waiting --json
    """
    session = current_session()
    with session.open_library(create=False) as library:
        page = library.jobs.page(**given)
    if not output.write(page, (job.to_record() for job in page.jobs)):
        for job in page.jobs:
            click.echo(printable(_line(job)))
    if not page.jobs:
        raise NothingFoundError("there are no such jobs" if any((*given["status"], *given["kind"])) else "no jobs yet")
    if page.next:
        session.info(f"there are more: {session.command('jobs', 'list', '--after', str(page.next))}")
    if not page.has_server and any(not job.is_final for job in page.jobs):
        _print_no_server(session)


def _of_one_job(name: str, call: str, help_text: str, *endings: Ending, done: str = "done") -> None:
    """Add a sub-command that makes one call for a job and shows the result."""
    codes = exit_codes(*endings, _NO_JOB, NO_LIBRARY, done=done)

    @command.command(name, epilog=codes, help=help_text)
    @click.argument("job")
    @output_options("json", "jsonl")
    def run(job: str, output: Output) -> None:
        session = current_session()
        with session.open_library(create=False) as library:
            had_ended = name == "cancel" and library.jobs.get(job).is_final
            result: Job = getattr(library.jobs, call)(job)
            has_server = library.jobs.has_server()
        if not output.write(result):
            for line in _lines(result, is_ending=name == "cancel" and not result.is_final):
                click.echo(printable(line))
        if had_ended:
            session.info(f"{result.id} had already ended; it stays {result.status}")
        if not result.is_final and not has_server:
            _print_no_server(session)


_of_one_job("show", "get", "Show a job.\n\n\b\nmap4 jobs show job-12\nmap4 jobs show 12 --json")  # fmt: skip
_of_one_job("cancel", "cancel",
            "Cancel a job.\n\nA running job ends within a second; finished work is kept.\n\n"
            "\b\nmap4 jobs cancel job-12", done="done, or the job had ended")  # fmt: skip
_of_one_job("retry", "retry",
            "Retry a job that failed, was cancelled, or waits for its next attempt.\n\n"
            "\b\nmap4 jobs retry job-12", (UsageError, "the job is completed"))  # fmt: skip


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
