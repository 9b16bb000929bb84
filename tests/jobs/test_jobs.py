"""Jobs as a library shows them: page by page, and after an event."""

from pathlib import Path

import pytest
from schemas import validate

from map4 import Library
from map4.errors import NothingFoundError, UsageError
from map4.jobs.requests import JobRequest
from map4.jobs.store.file import jobs_file


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
