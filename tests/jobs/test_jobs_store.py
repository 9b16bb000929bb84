"""The queue of jobs: who gets which, what is remembered, and that nobody is sent away."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from schemas import validate
from stored import OpenStore

from map4.core.base.actor import Actor
from map4.errors import LibraryBusyError
from map4.jobs.records import JOB_KINDS, RETRIES
from map4.jobs.store.queue import LEASE_S, MOST_EVENTS, PLAN_LASTS_S, SqlJobs

OWNER = "this server"


@pytest.fixture
def clock() -> SimpleNamespace:
    """Its `now` passes when told."""
    return SimpleNamespace(now=1_800_000_000.0)


@pytest.fixture
def store(open_store: OpenStore, tmp_path: Path, clock: SimpleNamespace) -> Iterator[SqlJobs]:
    with closing(open_store(tmp_path, now=lambda: clock.now)) as opened:
        yield opened.part(SqlJobs)


def add(store: SqlJobs, **values: object) -> int:
    given = {"kind": "scan", "options": {}, "priority": 5} | values
    return store.add(**given).number  # type: ignore[arg-type]


def claimed(store: SqlJobs, *kinds: str) -> int | None:
    job = store.claim(OWNER, kinds or JOB_KINDS)  # type: ignore[arg-type]
    return None if job is None else job.number


def test_most_urgent_job_is_claimed_first_and_among_equals_the_oldest(store: SqlJobs) -> None:
    for priority in (5, 9, 0, 9, 5):
        add(store, priority=priority)
    assert [claimed(store) for _ in range(6)] == [2, 4, 1, 5, 3, None]


def test_job_waits_for_its_time_and_for_other_jobs_of_its_kind(store: SqlJobs, clock: SimpleNamespace) -> None:
    late, export = add(store, run_after=clock.now + 60, priority=9), add(store, kind="export")
    assert store.get(late).not_before == "2027-01-15T08:01:00Z"  # type: ignore[union-attr]
    assert claimed(store, "scan") is None
    assert claimed(store, "export") == export
    clock.now += 60
    assert claimed(store, "scan") == late


def test_job_of_a_silent_server_is_pending_and_recovered(store: SqlJobs, clock: SimpleNamespace) -> None:
    number = add(store)
    assert claimed(store) == number
    store.beat(OWNER)
    assert store.has_server()
    clock.now += LEASE_S + 1
    assert not store.has_server()
    shown = store.get(number)
    assert (shown.status, shown.attempts) == ("pending", 0)
    assert [job.number for job in store.page(statuses=["pending"], limit=10)] == [number]
    assert store.recover("the next server") == 1
    assert claimed(store) == number
    assert store.get(number).attempts == 1  # type: ignore[union-attr]


def test_queued_job_is_cancelled_at_once_and_running_job_by_its_server(store: SqlJobs) -> None:
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


def test_cancelled_job_of_a_dead_server_is_not_restarted(store: SqlJobs, clock: SimpleNamespace) -> None:
    number = add(store)
    claimed(store)
    store.cancel(number)
    clock.now += LEASE_S + 1
    store.recover("the next server")
    assert store.get(number).status == "cancelled"  # type: ignore[union-attr]
    other = add(store)
    claimed(store)
    clock.now += LEASE_S + 1
    assert store.cancel(other).status == "cancelled"  # type: ignore[union-attr]


def test_only_the_owner_finishes_a_job_and_cancelled_ones_end(store: SqlJobs) -> None:
    number = add(store)
    claimed(store)
    store.cancel(number)
    store.put_back(OWNER, number, pause_s=30, waiting_for="another try", error={"code": "x", "message": "y"})
    assert store.get(number).status == "cancelled"  # type: ignore[union-attr]
    number = add(store)
    claimed(store)
    store.finish("another server", number, "completed", result={})
    assert store.get(number).status == "processing"  # type: ignore[union-attr]
    store.finish(OWNER, number, "completed", result={"found": 1})
    job = store.get(number)
    assert (job.status, job.result, job.progress) == ("completed", {"found": 1}, 1.0)
    validate(job.to_record())


def test_failed_attempt_is_repeated_after_a_pause(store: SqlJobs, clock: SimpleNamespace) -> None:
    number = add(store)
    claimed(store)
    store.put_back(OWNER, number, pause_s=30, waiting_for="another try", error={"code": "x", "message": "y"})
    job = store.get(number)
    assert (job.status, job.attempts, job.waiting_for) == ("waiting", 1, "another try")
    assert claimed(store) is None
    clock.now += 30
    assert claimed(store) == number
    assert store.get(number).attempts == 2  # type: ignore[union-attr]
    assert [RETRIES["crashed"].pause_s(attempt) for attempt in (1, 2, 3)] == [5.0, 10.0, None]


def test_clock_set_back_delays_no_jobs(store: SqlJobs, clock: SimpleNamespace) -> None:
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


def test_events_are_numbered_without_gaps_and_old_events_are_dropped(store: SqlJobs) -> None:
    start = store.event_range()[1]
    number = add(store)
    claimed(store)
    for _ in range(MOST_EVENTS // 500 + 1):
        store.note(OWNER, number, [("notice", {"message": "hello"})] * 500)
    first, last = store.event_range()
    assert (first - start, last - start) == (503, MOST_EVENTS + 502)
    shown = store.events(after=start + 600, limit=3)
    assert [job.number - start for job in shown] == [601, 602, 603]
    assert store.events(after=start + 600, job=number + 1, limit=3) == []


def test_reading_creates_no_file_and_records_count_files(store: SqlJobs, open_store: OpenStore, tmp_path: Path) -> None:
    number = add(store, options={"files": [f"/{number}" for number in range(25)] + ["/half \ud800"]})
    options = store.get(number).to_record()["options"]  # type: ignore[union-attr]
    assert (options["files"], options["more_files"]) == ([f"/{number}" for number in range(20)], 6)
    odd = add(store, options={"query": "half \ud800"})
    assert store.get(odd).to_record()["options"] == {"query": "half ?"}  # type: ignore[union-attr]
    before = store.version()
    with closing(store.again()) as again:
        add(again)  # type: ignore[arg-type]
    assert store.version() != before
    assert claimed(store) == 1
    (tmp_path / "new").mkdir()
    with closing(open_store(tmp_path / "new")) as other:
        assert not SqlJobs.are_in(other)
        assert other.part(SqlJobs).page(limit=1) == []
        add(other.part(SqlJobs))
        assert SqlJobs.are_in(other)


def test_jobs_of_an_account_can_be_reassigned_or_forgotten(store: SqlJobs) -> None:
    ann = Actor(id=7, name="Ann", scopes=frozenset({"read", "own", "scan"}))
    bob = Actor(id=8, name="Bob", scopes=frozenset({"read", "own"}))
    first, second, kept = (add(store, asked_by=who) for who in (ann, ann, bob))
    assert claimed(store) == first
    assert store.reassign(ann.id, replace(bob, id=9, name="Cleo")) == 2
    job = store.get(second)
    assert (job.asked_by.id, job.asked_by.name, job.asked_by.scopes) == (9, "Cleo", {"read", "own"})
    assert store.events(asked_by=9, limit=9)
    assert store.erase(9) == ([first, second], [])
    assert [job.number for job in store.page(limit=9)] == [kept]
    assert {event.job for event in store.events(limit=9)} == {kept}
    assert first not in store.claimed(OWNER)  # so that whoever does it ends it
    store.finish(OWNER, first, "completed")
    assert add(store) > kept  # no number is given twice


def test_figures_have_counts_and_the_oldest_due_job(store: SqlJobs, clock: SimpleNamespace) -> None:
    assert (store.figures().due, store.figures().oldest_s) == (0, 0.0)
    store.add("scan", {}, priority=5)
    store.add("scan", {}, priority=5)
    store.add("export", {}, priority=5, run_after=clock.now + 600)
    clock.now += 60
    job = store.claim(OWNER, ["scan"])
    assert job is not None
    figures = store.figures()
    assert figures.counts == {("scan", "processing"): 1, ("scan", "pending"): 1, ("export", "pending"): 1}
    assert (figures.due, figures.oldest_s) == (1, 60.0)
    clock.now += 600
    assert store.figures().counts[("scan", "pending")] == 2  # its server is gone
    assert (store.figures().due, store.figures().oldest_s) == (2, 660.0)


def test_plan_is_started_once_by_its_account_and_expires(store: SqlJobs, clock: SimpleNamespace) -> None:
    kind = "tags"
    assert store.put_plan("p-1", {"plan": 1}, made_by=0, upload=None) == []
    assert store.get_plan("p-1", made_by=7) is None
    job = store.begin_plan("p-1", kind, {"plan": "p-1"}, priority=5, asked_by=Actor.LOCAL)
    assert store.begin_plan("p-1", kind, {}, priority=5, asked_by=Actor.LOCAL) is None
    assert store.get_plan("p-1", made_by=0) == ({"plan": 1}, None, job.number)
    store.put_plan("p-2", {}, made_by=0, upload="s-2")
    assert store.plan_uploads() == ["s-2"]
    clock.now += PLAN_LASTS_S + 1
    assert store.get_plan("p-2", made_by=0) is None
    assert store.put_plan("p-3", {}, made_by=7, upload="s-3") == ["s-2"]
    assert store.get_plan("p-1", made_by=0) is not None  # its job may be tried again
    assert store.erase(7) == ([], ["s-3"])


def test_plan_is_kept_if_the_queue_is_full(store: SqlJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put_plan("p-1", {}, made_by=0, upload=None)
    with monkeypatch.context() as patched:
        patched.setattr("map4.jobs.store.queue.MOST_WAITING", 1)
        add(store)
        with pytest.raises(LibraryBusyError, match="1 jobs are waiting already"):
            store.begin_plan("p-1", "tags", {}, priority=5, asked_by=Actor.LOCAL)
    assert store.begin_plan("p-1", "tags", {}, priority=5, asked_by=Actor.LOCAL) is not None
