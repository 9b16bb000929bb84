"""The queue of jobs: who gets which, what is remembered, and that nobody is sent away."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from schemas import validate

from map4 import Library
from map4.app.jobs.requests import JobRequest
from map4.app.scan.options import ScanOptions
from map4.domain.jobs import JOB_KINDS, RETRIES, JobEvents
from map4.errors import LibraryBusyError, LibraryDamagedError, NothingFoundError, UsageError
from map4.infra.sqlite.jobs import DUE, EVENTS_KEPT, LEASE_S, MOST_WAITING, SqliteJobs, jobs_file

OWNER = "this server"


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> SqliteJobs:
    with closing(SqliteJobs(str(tmp_path / "library.map4"), now=clock)) as found:
        yield found  # type: ignore[misc]


def add(store: SqliteJobs, **values: object) -> int:
    given = {"kind": "scan", "options": {}, "priority": 5} | values
    return store.add(**given).number  # type: ignore[arg-type]


def claimed(store: SqliteJobs, *kinds: str) -> int | None:
    job = store.claim(OWNER, kinds or JOB_KINDS)  # type: ignore[arg-type]
    return None if job is None else job.number


def test_the_most_urgent_is_taken_first_and_of_equals_the_oldest(store: SqliteJobs) -> None:
    for priority in (5, 9, 0, 9, 5):
        add(store, priority=priority)
    assert [claimed(store) for _ in range(6)] == [2, 4, 1, 5, 3, None]


def test_a_job_waits_for_its_time_and_for_its_kind(store: SqliteJobs, clock: Clock) -> None:
    late, export = add(store, run_after=clock.now + 60, priority=9), add(store, kind="export")
    assert store.get(late).not_before == "2027-01-15T08:01:00Z"  # type: ignore[union-attr]
    assert claimed(store, "scan") is None
    assert claimed(store, "export") == export
    clock.now += 60
    assert claimed(store, "scan") == late


def test_what_is_due_is_found_by_its_index(store: SqliteJobs) -> None:
    with closing(sqlite3.connect(store.file)) as connection:
        plan = " ".join(
            row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {DUE}", {"now": 0, "kinds": '["scan"]'})
        )
    assert "jobs USING INDEX jobs_due" in plan
    assert "TEMP B-TREE" not in plan


def test_a_job_of_a_server_that_says_nothing_is_pending_and_put_back_by_the_next(
    store: SqliteJobs, clock: Clock
) -> None:
    number = add(store)
    assert claimed(store) == number
    store.beat(OWNER)
    assert store.has_server()
    clock.now += LEASE_S + 1
    assert not store.has_server()
    shown = store.get(number)
    assert shown is not None
    assert (shown.status, shown.attempts) == ("pending", 0)
    assert [job.number for job in store.page(statuses=["pending"], limit=10)] == [number]
    assert store.recover() == 1
    assert claimed(store) == number
    assert store.get(number).attempts == 1  # type: ignore[union-attr]


def test_only_who_has_a_job_says_what_became_of_it(store: SqliteJobs) -> None:
    number = add(store)
    claimed(store)
    store.finish("another server", number, "completed", result={})
    assert store.get(number).status == "processing"  # type: ignore[union-attr]
    store.finish(OWNER, number, "completed", result={"found": 1})
    job = store.get(number)
    assert job is not None
    assert (job.status, job.result, job.progress) == ("completed", {"found": 1}, 1.0)
    validate(job.to_record())


def test_a_job_on_the_queue_is_cancelled_at_once_and_one_under_way_by_its_server(store: SqliteJobs) -> None:
    first, second = add(store), add(store)
    claimed(store)
    assert store.cancel(second).status == "cancelled"  # type: ignore[union-attr]
    assert store.claimed(OWNER) == {first: 0}
    assert store.cancel(first).status == "processing"  # type: ignore[union-attr]
    assert store.claimed(OWNER) == {first: 1}
    store.finish(OWNER, first, "cancelled")
    assert claimed(store) is None
    assert store.retry(first).status == "pending"  # type: ignore[union-attr]
    assert claimed(store) == first


def test_a_job_whose_server_died_before_it_was_cancelled_is_not_begun_again(store: SqliteJobs, clock: Clock) -> None:
    number = add(store)
    claimed(store)
    store.cancel(number)
    store.recover()
    assert store.get(number).status == "cancelled"  # type: ignore[union-attr]
    other = add(store)
    claimed(store)
    clock.now += LEASE_S + 1
    assert store.cancel(other).status == "cancelled"  # type: ignore[union-attr]


def test_a_try_that_failed_is_made_again_after_a_pause(store: SqliteJobs, clock: Clock) -> None:
    number = add(store)
    claimed(store)
    store.put_back(OWNER, number, pause_s=30, waiting_for="another try", error={"code": "x", "message": "y"})
    job = store.get(number)
    assert job is not None
    assert (job.status, job.attempts, job.waiting_for) == ("waiting", 1, "another try")
    assert claimed(store) is None
    clock.now += 30
    assert claimed(store) == number
    assert store.get(number).attempts == 2  # type: ignore[union-attr]
    assert [RETRIES["crashed"].pause_s(attempt) for attempt in (1, 2, 3)] == [5.0, 10.0, None]


def test_a_clock_that_is_put_back_keeps_nothing_waiting(store: SqliteJobs, clock: Clock) -> None:
    tried, planned = add(store), add(store, run_after=clock.now + 7200)
    claimed(store)
    store.put_back(OWNER, tried, pause_s=60.0)
    store.beat(OWNER)
    clock.now -= 86_400
    assert not store.has_server()  # until it says so by the new clock
    assert claimed(store) == tried
    assert claimed(store) is None
    store.beat(OWNER)
    assert store.has_server()
    assert store.get(planned).status == "pending"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    ["jobs SET options = '{'", "jobs SET run_after = 1e300", "events SET record = x'00'", "events SET record = x'78'"],
)
def test_values_that_nobody_wrote_are_damage(store: SqliteJobs, change: str) -> None:
    add(store)
    with closing(sqlite3.connect(store.file, isolation_level=None)) as connection:
        connection.execute(f"UPDATE {change}")
    read = store.page if "jobs" in change else store.events
    with pytest.raises(LibraryDamagedError, match="move this file away"):
        read(limit=9)


def test_events_are_numbered_without_a_gap_and_the_last_ones_are_kept(store: SqliteJobs) -> None:
    number = add(store)
    claimed(store)
    for _ in range(EVENTS_KEPT // 500 + 1):
        store.note(OWNER, number, [("notice", {"message": "hello"})] * 500)
    first, last = store.event_range()
    assert (first, last) == (503, EVENTS_KEPT + 502)
    shown = store.events(after=600, limit=3)
    assert [one.number for one in shown] == [601, 602, 603]
    validate(shown[0].to_record())
    assert store.events(after=600, job=number + 1, limit=3) == []


def _claim_all(library: str, name: str, found: multiprocessing.Queue[list[int]]) -> None:
    with closing(SqliteJobs(library)) as store:
        mine = []
        while (job := store.claim(name, JOB_KINDS)) is not None:
            store.note(name, job.number, [("notice", {})])
            store.finish(name, job.number, "completed")
            mine.append(job.number)
        found.put(mine)


def test_four_who_claim_at_once_get_each_job_once_and_none_is_sent_away(tmp_path: Path) -> None:
    library, jobs = str(tmp_path / "library.map4"), 120
    with closing(SqliteJobs(library)) as store:
        for _ in range(jobs):
            add(store)
    context = multiprocessing.get_context("fork")
    found: multiprocessing.Queue[list[int]] = context.Queue()
    claimers = [context.Process(target=_claim_all, args=(library, str(name), found)) for name in range(4)]
    for one in claimers:
        one.start()
    taken = Counter(number for _ in claimers for number in found.get(timeout=60))
    for one in claimers:
        one.join()
    assert [one.exitcode for one in claimers] == [0] * 4
    assert taken == dict.fromkeys(range(1, jobs + 1), 1)
    with closing(SqliteJobs(library)) as store:
        assert store.page(statuses=["pending", "processing"], limit=1) == []


def test_the_file_of_another_program_or_another_map4_is_left_alone(tmp_path: Path) -> None:
    library = tmp_path / "library.map4"
    with closing(sqlite3.connect(jobs_file(str(library)))) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.execute("PRAGMA user_version = 1")
    with pytest.raises(LibraryDamagedError, match="move it away"):
        SqliteJobs(str(library))
    Path(jobs_file(str(library))).unlink()
    SqliteJobs(str(library)).close()
    with closing(sqlite3.connect(jobs_file(str(library)))) as older:
        older.execute("PRAGMA user_version = 1")
    with pytest.raises(LibraryDamagedError, match="another map4; move it away"):
        SqliteJobs(str(library))
    Path(jobs_file(str(library))).write_bytes(b"no database, but long enough to be one" * 100)
    with pytest.raises(LibraryDamagedError, match="jobs"):
        SqliteJobs(str(library))


def test_a_library_without_jobs_gets_no_file_by_looking(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        assert library.jobs().to_record() == {"schema": "map4/jobs/1", "server": False, "jobs": [], "next": None}
        assert library.job_events() == JobEvents(events=(), through=0, is_whole=True)
        with pytest.raises(NothingFoundError, match="no job 'job-3'"):
            library.job("job-3")
        assert not Path(jobs_file(library.path)).exists()


def test_a_record_names_some_files_and_counts_the_others(store: SqliteJobs) -> None:
    number = add(store, options={"files": [f"/{number}" for number in range(25)] + ["/half \ud800"]})
    options = store.get(number).to_record()["options"]  # type: ignore[union-attr]
    assert (options["files"], options["more_files"]) == ([f"/{number}" for number in range(20)], 6)
    odd = add(store, options={"query": "half \ud800"})
    assert store.get(odd).to_record()["options"] == {"query": "half ?"}  # type: ignore[union-attr]


def test_the_queue_has_an_end(store: SqliteJobs) -> None:
    with closing(sqlite3.connect(store.file)) as connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO jobs (kind, "
            "priority, status, run_after, created_at, options, asked_by) "
            "SELECT 'scan', 5, 'pending', 0, '', '{}', '{}' FROM n",
            (MOST_WAITING,),
        )
        connection.commit()
    add(store)
    with pytest.raises(LibraryBusyError, match="1,000 jobs wait already"):
        add(store)


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
