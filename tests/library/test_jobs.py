"""Jobs as a library shows them: page by page, and after an event."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from schemas import validate

from map4 import Library
from map4.app.jobs.requests import JobRequest
from map4.app.scan.options import ScanOptions
from map4.domain.jobs import JobEvents
from map4.errors import NothingFoundError, UsageError
from map4.infra.sqlite.jobs import jobs_file


def test_a_library_without_jobs_gets_no_file_by_looking(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        assert library.jobs().to_record() == {"schema": "map4/jobs/1", "server": False, "jobs": [], "next": None}
        assert library.job_events() == JobEvents(events=(), through=0, is_whole=True)
        with pytest.raises(NothingFoundError, match="no job 'job-3'"):
            library.job("job-3")
        assert not Path(jobs_file(library.path)).exists()


def test_pages_follow_each_other(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        for number in range(5):
            library.submit_job(JobRequest(kind="scan", priority=number))
        first = library.jobs(limit=2)
        assert [job.id for job in first.jobs] == ["job-5", "job-4"]
        second = library.jobs(limit=3, after=first.next)
        assert ([job.id for job in second.jobs], second.next) == (["job-3", "job-2", "job-1"], None)
        assert library.jobs(status=["failed"]).jobs == library.jobs(kind=["export"]).jobs == ()
        validate(library.jobs().to_record())
        with pytest.raises(UsageError, match="did you mean pending"):
            library.jobs(status=["pendign"])  # type: ignore[list-item]
        with pytest.raises(UsageError, match="names no job"):
            library.job("12a")


def test_a_resume_after_what_is_no_longer_kept_says_so(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        library.submit_job(JobRequest(kind="scan", options=ScanOptions(force=True)))
        library.cancel_job("job-1")
        kept = library.job_events()
        assert [one.record["status"] for one in kept.events] == ["pending", "cancelled"]
        assert (kept.through, kept.is_whole) == (2, True)
        assert library.job_events(after=1).events == kept.events[1:]
        assert library.job_events(after=2) == library.job_events(after=None) == replace(kept, events=())
        assert library.job_events(after=3) == replace(kept, is_whole=False)  # of a file that is gone
        assert library.job_events(after=0, limit=1).through == 1
