"""Jobs as the command and a library show them."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from schemas import validate, validated

from map4 import Library
from map4.cli.main import cli
from map4.errors import NothingFoundError, UsageError
from map4.jobs.records import JOB_KINDS
from map4.jobs.requests import JobRequest
from map4.jobs.store.file import SqliteJobs, jobs_file
from map4.scan.options import ScanOptions


def test_listing_jobs_creates_no_file_and_pages_follow_each_other(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        assert library.jobs.page().to_record() == {"schema": "map4/jobs/1", "server": False, "jobs": [], "next": None}
        with pytest.raises(NothingFoundError, match="no job 'job-3'"):
            library.jobs.get("job-3")
        assert not Path(jobs_file(library.path)).exists()
    with Library.open(tmp_path / "library.map4") as library:
        for number in range(5):
            library.jobs.submit(JobRequest(kind="scan", priority=number))
        first = library.jobs.page(limit=2)
        assert [job.id for job in first.jobs] == ["job-5", "job-4"]
        second = library.jobs.page(limit=3, after=first.next)
        assert ([job.id for job in second.jobs], second.next) == (["job-3", "job-2", "job-1"], None)
        assert library.jobs.page(status=["failed"]).jobs == library.jobs.page(kind=["export"]).jobs == ()
        validate(library.jobs.page().to_record())
        with pytest.raises(UsageError, match="did you mean pending"):
            library.jobs.page(status=["pendign"])  # type: ignore[list-item]
        with pytest.raises(UsageError, match="is not a job"):
            library.jobs.get("12a")


# `map4 jobs`: the same records as over HTTP, without a server too.
Map4 = Callable[..., Result]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library with a job that failed, one that waits for its next try, one under way, and one that is next."""
    path = tmp_path / "library.map4"
    with Library.open(path) as opened, closing(SqliteJobs(str(path))) as store:
        for kind in ("scan", "export", "analyze"):
            store.add(kind, {"files": ["/music"]} if kind != "export" else {}, priority=5)  # type: ignore[arg-type]
        for _ in JOB_KINDS[:3]:
            store.claim("me", JOB_KINDS)
        error = {"kind": "nothing-found", "code": 4, "message": "no audio files found in /music"}
        store.finish("me", 1, "failed", error=error)
        store.put_back("me", 2, pause_s=1e9, waiting_for="retry after: no space left", error=error)
        opened.jobs.submit(JobRequest(kind="scan", priority=9))
    return path


@pytest.fixture
def run(library: Path) -> Map4:
    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["--library", str(library), "jobs", *arguments], standalone_mode=False)

    return call


def test_jobs_list_prints_the_jobs_and_the_record_of_the_library(run: Map4, library: Path) -> None:
    result = run("list")
    assert [line.split()[:3] for line in result.stdout.splitlines()] == [
        ["job-4", "scan", "pending"],
        ["job-3", "analyze", "processing"],
        ["job-2", "export", "waiting"],
        ["job-1", "scan", "failed"],
    ]
    assert "no space left" in result.stdout
    assert "no server is running; start 'map4 serve' to run waiting jobs" in result.stderr
    with Library.open(library) as opened:
        records = [job.to_record() for job in opened.jobs.page().jobs]
    assert validated(run("list", "--json").stdout, "jobs")["jobs"] == records
    lines = run("list", "--jsonl", "--status", "failed", "--kind", "scan").stdout.splitlines()
    assert [validate(json.loads(line)) for line in lines] == records[3:]
    page = run("list", "-n", "2")
    assert "map4 jobs list --after job-3" in page.stderr
    assert run("list", "-n", "2", "--after", "job-3").stdout.split()[0] == "job-2"
    assert "no such jobs" in str(run("list", "--status", "completed").exception)


def test_text_output_shows_local_times_and_options_as_typed(
    run: Map4, library: Path, zone: Callable[[str], None]
) -> None:
    with Library.open(library) as opened:
        created = datetime.fromisoformat(opened.jobs.get("1").created_at)
    zone("Asia/Kathmandu")
    here = created + timedelta(hours=5, minutes=45)
    assert f" {here:%Y-%m-%d %H:%M}  " in run("list", "--status", "failed").stdout
    assert f"{here:%Y-%m-%d %H:%M:%S}\n" in run("show", "1").stdout
    with Library.open(library) as opened:
        job = opened.jobs.submit(JobRequest(kind="scan", options=ScanOptions(exclude=["*.wav"], force=True)))
    shown = " ".join(run("show", job.id).stdout.split())
    assert "asked for exclude *.wav, --force" in shown


def test_job_is_shown_cancelled_and_retried(run: Map4) -> None:
    shown = run("show", "1").stdout
    for part in ("job-1: scan", "failed", "no audio files found in /music", "files /music"):
        assert part in shown
    assert "no server is running" not in run("show", "1").stderr
    assert validated(run("retry", "job-1", "--json").stdout, "job")["status"] == "pending"
    cancelled = run("cancel", "job-1", "--jsonl")
    assert (json.loads(cancelled.stdout)["status"], cancelled.stderr) == ("cancelled", "")
    again = run("cancel", "job-1")
    assert (again.exit_code, again.stderr) == (0, "job-1 had already ended; it stays cancelled\n")
    assert "status       being cancelled (processing, 0%)\n" in run("cancel", "job-3").stdout
    retried = run("retry", "job-2")
    assert "pending" in retried.stdout
    assert "no server is running" in retried.stderr
    assert "there is no job 'job-9'" in str(run("cancel", "job-9").exception)
    assert "is not a job" in str(run("show", "first").exception)
