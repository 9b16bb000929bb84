"""The file of jobs: its index, its damage, its end, and four who claim at once."""

import multiprocessing
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from libraries import execute

from map4.errors import LibraryDamagedError
from map4.jobs.records import JOB_KINDS
from map4.jobs.store.file import SqliteJobs, jobs_file
from map4.jobs.store.queue import DUE


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteJobs]:
    with closing(SqliteJobs(str(tmp_path / "library.map4"))) as found:
        yield found


def add(store: SqliteJobs, **values: object) -> int:
    given = {"kind": "scan", "options": {}, "priority": 5} | values
    return store.add(**given).number  # type: ignore[arg-type]


def test_due_jobs_are_found_by_an_index(store: SqliteJobs) -> None:
    with closing(sqlite3.connect(store.file)) as connection:
        plan = " ".join(
            row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {DUE}", {"now": 0, "kinds": '["scan"]'})
        )
    assert "jobs USING INDEX jobs_due" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    "change",
    ["jobs SET options = '{'", "jobs SET run_after = 1e300", "events SET record = x'00'", "events SET record = x'78'"],
)
def test_invalid_values_in_the_jobs_file_are_damage(store: SqliteJobs, change: str) -> None:
    add(store)
    execute(store.file, f"UPDATE {change}")
    read = store.page if "jobs" in change else store.events
    with pytest.raises(LibraryDamagedError, match="move this file away"):
        read(limit=9)


def _claim_all(library: str, name: str) -> list[int]:
    with closing(SqliteJobs(library)) as store:
        mine = []
        while (job := store.claim(name, JOB_KINDS)) is not None:
            store.note(name, job.number, [("notice", {})])
            store.finish(name, job.number, "completed")
            mine.append(job.number)
        return mine


@pytest.mark.contract
def test_concurrent_claimers_get_each_job_once(tmp_path: Path) -> None:
    library, jobs = str(tmp_path / "library.map4"), 120
    with closing(SqliteJobs(library)) as store:
        for _ in range(jobs):
            add(store)
    with ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as claimers:
        taken = Counter(number for mine in claimers.map(_claim_all, [library] * 4, "abcd") for number in mine)
    assert taken == dict.fromkeys(range(1, jobs + 1), 1)
    with closing(SqliteJobs(library)) as store:
        assert store.page(statuses=["pending", "processing"], limit=1) == []


def test_jobs_file_of_another_program_or_version_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "library.map4"
    with closing(sqlite3.connect(jobs_file(str(library)))) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.execute("PRAGMA user_version = 1")
    with pytest.raises(LibraryDamagedError, match="move it away"):
        SqliteJobs(str(library))
    Path(jobs_file(str(library))).unlink()
    SqliteJobs(str(library)).close()
    execute(jobs_file(str(library)), "PRAGMA user_version = 1")
    with pytest.raises(LibraryDamagedError, match="another version of map4; move it away"):
        SqliteJobs(str(library))
    Path(jobs_file(str(library))).write_bytes(b"no database, but long enough to be one" * 100)
    with pytest.raises(LibraryDamagedError, match="jobs"):
        SqliteJobs(str(library))
