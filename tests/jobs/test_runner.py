"""Who does the jobs: what runs beside what, what becomes of it, and that no process is left."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from jobs import DONE, STUB, require_gone
from libraries import execute
from waiting import wait_until

from map4 import Library
from map4.core.base.actor import Actor
from map4.errors import LibraryBusyError
from map4.jobs.files import LIFETIME_S, JobFiles, SentFiles
from map4.jobs.records import Job, JobKind
from map4.jobs.runner import Runner, RunnerOptions
from map4.jobs.store.file import SqliteJobs
from map4.jobs.store.queue import SqlJobs

pytestmark = pytest.mark.contract


class Bench:
    """A library with a runner, whose jobs are stubs."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.folder, self.path = path, path / "library.map4"
        self.library = Library.open(self.path)
        self.store = SqliteJobs(str(self.path))
        self.start(**options)

    def start(self, **options: Any) -> None:
        self.runner = self.library.jobs.runner(RunnerOptions(**{"command": STUB, **options}))
        self.runner.start()

    def add(self, kind: JobKind = "scan", *, priority: int = 5, run_after: float = 0.0, **options: Any) -> int:
        return self.store.add(kind, options, priority=priority, run_after=run_after).number

    def until(self, number: int, is_so: Callable[[Job], bool]) -> Job:
        return wait_until(lambda: job if (job := self.store.get(number)) and is_so(job) else None)

    def over(self, number: int) -> Job:
        return self.until(number, lambda job: job.is_final)

    def close(self) -> None:
        self.runner.stop()
        self.store.close()
        self.library.close()

    def began(self) -> list[int]:
        """The jobs in the order in which they were begun."""
        events = self.store.events(limit=1000)
        return [event.job for event in events if event.event == "changed" and event.record["status"] == "processing"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = Bench(tmp_path)
    yield found
    found.close()


def pids_in(path: Path) -> list[int]:
    wait_until(path.exists)
    return [int(word) for word in path.read_text().split()]


def test_scans_run_one_by_one_by_priority_with_exports_in_parallel(bench: Bench) -> None:
    gate = bench.folder / "gate"
    first = bench.add(gate=str(gate), then=[DONE])
    bench.until(first, lambda job: job.status == "processing")
    usual, urgent = bench.add(then=[DONE]), bench.add(then=[DONE], priority=9)
    late = bench.add(then=[DONE], priority=9, run_after=time.time() + 1000)
    export = bench.over(bench.add("export", then=[DONE]))
    assert (export.status, export.result, export.progress) == ("completed", {"ok": True}, 1.0)
    assert bench.store.get(urgent).status == "pending"  # type: ignore[union-attr]
    gate.touch()
    assert bench.over(usual).status == "completed"
    assert [job for job in bench.began() if job != export.number] == [first, urgent, usual]
    assert bench.store.get(late).status == "pending"  # type: ignore[union-attr]


def test_jobs_of_a_library_that_replaces_another_are_run(bench: Bench) -> None:
    gate, away = bench.folder / "gate", bench.folder / "away"
    former = bench.add(gate=str(gate), then=[DONE])
    bench.until(former, lambda job: job.status == "processing")
    away.mkdir()
    for file in [*bench.folder.glob("library.map4*")]:
        if not file.name.endswith(".lock"):
            file.rename(away / file.name)
    with closing(SqliteJobs(str(away / "library.map4"))) as jobs:  # it goes on where the library is served next
        wait_until(lambda: (job := jobs.get(former)) and job.status == "pending")
    assert not [*bench.folder.glob("library.map4.jobs*")]
    with Library.open(bench.path), closing(SqliteJobs(str(bench.path))) as jobs:
        number = jobs.add("scan", {"then": [DONE]}, priority=5).number
        assert wait_until(lambda: (job := jobs.get(number)) and job.is_final and job).status == "completed"
        assert jobs.has_server()


def test_events_of_a_job_are_stored_in_order(bench: Bench) -> None:
    progress = {"percentage": 50.0, "current_file": "/a", "eta_s": 2.0}
    messages = [{"progress": progress}, {"line": {"a": 1}}, {"notice": {"message": "!"}}, {"waiting": "for you"}]
    gate = bench.folder / "gate"
    start = bench.store.event_range()[1]
    number = bench.add(say=messages, gate=str(gate), then=[{"waiting": None}, {"line": {"b": 2}}, DONE])
    waiting = bench.until(number, lambda job: job.status == "waiting" and job.current_file is not None)
    assert (waiting.waiting_for, waiting.progress, waiting.eta_s) == ("for you", 0.5, 2.0)
    gate.touch()
    bench.over(number)
    events = bench.store.events(job=number, limit=100)
    statuses = [event.record["status"] for event in events if event.event == "changed"]
    assert statuses == ["pending", "processing", "waiting", "processing", "completed"]
    assert [event.record for event in events if event.event == "line"] == [{"a": 1}, {"b": 2}]
    assert [event.number - start for event in events] == list(range(1, len(events) + 1))


def test_interrupted_forced_scan_continues(bench: Bench) -> None:
    result = bench.over(bench.add(echo=True, force=True)).result
    # Since it was asked for, not since it was begun: what an earlier try analysed is younger.
    assert (0.0 <= result["max_age"] < 20.0, result["retry_failed"], "force" in result) == (True, True, False)
    batch = bench.over(bench.add("analyze", echo=True, force=True)).result
    assert batch == {"echo": True, "force": True}


def test_cancelled_job_leaves_no_process(bench: Bench) -> None:
    pids = bench.folder / "pids"
    number = bench.add(helper=True, pids=str(pids), gate="/never")
    group = pids_in(pids)
    with Library.open(bench.path) as other:  # as another process would
        other.jobs.cancel(f"job-{number}")
    assert bench.over(number).status == "cancelled"
    require_gone(group)
    last = bench.store.events(limit=1000)[-1]
    assert (last.event, last.record["status"]) == ("changed", "cancelled")


def test_cancelled_export_leaves_no_file(bench: Bench) -> None:
    pids = bench.folder / "pids"
    number = bench.add("export", helper=True, pids=str(pids), gate="/never")
    pids_in(pids)
    assert JobFiles(str(bench.path)).jobs() == [number]
    assert bench.library.jobs.cancel(f"job-{number}").status == "processing"
    assert bench.over(number).status == "cancelled"
    assert JobFiles(str(bench.path)).jobs() == []


def test_only_temporary_failures_are_retried(bench: Bench) -> None:
    passing = {"kind": "library-write", "code": 1, "message": "no space left"}
    for_ever = {"kind": "usage", "code": 2, "message": "no such folder"}
    first, second = bench.add(then=[{"failed": passing}]), bench.add("analyze", then=[{"failed": for_ever}])
    later = bench.until(first, lambda job: job.error is not None)
    assert (later.status, later.attempts, later.error) == ("waiting", 1, passing)
    assert later.waiting_for == "retry after: no space left"
    assert later.not_before is not None
    failed = bench.over(second)
    assert (failed.status, failed.error) == ("failed", for_ever)
    assert bench.store.retry(first).not_before is None  # type: ignore[union-attr]
    bench.until(first, lambda job: job.status == "waiting")


@pytest.mark.world
@pytest.mark.parametrize(("answered", "attempts"), [(0, 4), (3, 1)])
def test_job_sleeps_as_requested_between_tries(bench: Bench, answered: int, attempts: int) -> None:
    silent = {"kind": "provider-silent", "code": 1, "message": "m", "retry_after_s": 1800.0, "answered": answered}
    number = bench.store.add("export", {"then": [{"failed": silent}]}, priority=5, run_after=time.time() + 999.0).number
    execute(bench.store.file, "UPDATE jobs SET attempts = 3, run_after = 0")
    asleep = bench.until(number, lambda job: job.error is not None)
    assert (asleep.status, asleep.attempts, asleep.waiting_for) == ("waiting", attempts, "retry after: m")
    lasts_s = datetime.fromisoformat(asleep.not_before or "") - datetime.fromisoformat(asleep.created_at)
    assert 1790.0 < lasts_s.total_seconds() < 1830.0


def test_crashed_job_ends_its_children_and_is_retried(bench: Bench) -> None:
    pids = bench.folder / "pids"
    number = bench.add(helper=True, pids=str(pids), die=int(signal.SIGSEGV))
    later = bench.until(number, lambda job: job.error is not None)
    assert later.error == {"kind": "crashed", "code": 1, "message": "its process ended (SIGSEGV)"}
    assert (later.status, later.attempts) == ("waiting", 1)
    require_gone(pids_in(pids))


def test_stopped_runner_returns_its_job_to_the_queue(bench: Bench) -> None:
    pids = bench.folder / "pids"
    number = bench.add(helper=True, pids=str(pids), gate="/never")
    group = pids_in(pids)
    assert bench.library.jobs.has_server()
    with pytest.raises(LibraryBusyError, match="already runs"):
        bench.library.jobs.runner(RunnerOptions(command=STUB)).start()
    with pytest.raises(LibraryBusyError, match="already runs"):
        bench.library.jobs.require_no_server()
    bench.runner.stop()
    require_gone(group)
    left = bench.store.get(number)
    assert (left.status, left.attempts, bench.library.jobs.has_server()) == ("pending", 0, False)
    bench.store.cancel(number)
    bench.start()


def test_plan_whose_result_comes_at_the_stop_is_completed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (bench.folder / "lists.m3u8").touch()
    uploads = SentFiles(str(bench.path))
    upload = uploads.take(str(bench.folder / "lists.m3u8"))
    bench.store.put_plan("p-1", {}, made_by=0, upload=upload)
    gate = bench.folder / "gate"
    options = {"plan": "p-1", "gate": str(gate), "then": [DONE]}

    def stop(runner: Runner, store: SqlJobs) -> None:
        if runner._running:
            gate.touch()
            wait_until(lambda: not any(running.child.is_running for running in runner._running.values()))
            runner._is_stopping.set()

    monkeypatch.setattr(Runner, "_keep_house", stop)
    number = bench.store.begin_plan("p-1", "import", options, priority=5, asked_by=Actor.LOCAL).number  # type: ignore[union-attr]
    assert bench.over(number).result == {"ok": True}
    wait_until(lambda: uploads.file(upload) is None)


def test_old_files_are_removed_with_their_jobs_and_orphans_too(bench: Bench) -> None:
    done = bench.over(bench.add("export", then=[DONE])).number
    bench.runner.stop()
    files = JobFiles(str(bench.path))
    old = Path(files.make(done)) / "old.csv"
    old.touch()
    os.utime(old, (0, time.time() - LIFETIME_S - 60))
    files.make(99)
    bench.start()
    wait_until(lambda: not files.jobs())
    assert bench.store.get(done) is None


def test_running_job_of_a_dead_server_is_restarted(tmp_path: Path) -> None:
    with closing(SqliteJobs(str(tmp_path / "library.map4"))) as store:
        store.add("scan", {"then": [DONE]}, priority=5)
        store.claim("a server that is gone", ["scan"])
    bench = Bench(tmp_path)
    assert bench.over(1).attempts == 1
    bench.close()


def test_errors_are_logged_without_paths(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="map4"):
        bench = Bench(tmp_path, command=[str(tmp_path / "secret program")])
        bench.add()
        wait_until(lambda: caplog.records)
        bench.close()
    assert caplog.messages[0] == "jobs: No such file or directory"
    assert "secret" not in caplog.text


def _fail(*given: Any) -> None:
    raise KeyError("secret")


NO_SUCH_MODULE = (sys.executable, "-c", "print('cnosuch\\nthing\\n.')")
"""A process whose message can't be read."""


@pytest.mark.parametrize(
    ("options", "job", "kind"),
    [
        ({"usual": {"timeout_s": _fail.__get__(Event())}}, {}, "TypeError"),  # can't be sent to its process
        ({}, {"say": [{"progress": 5}], "gate": "/none"}, "TypeError"),
        ({}, {"say": [{"progress": 5}], "then": [DONE]}, "TypeError"),
        ({"command": NO_SUCH_MODULE}, {}, "ModuleNotFoundError"),
    ],
)
def test_unexpected_error_fails_only_its_job(
    tmp_path: Path, options: dict[str, Any], job: dict[str, Any], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path, **options)
    numbers = [bench.add(**job), bench.add(**job)]
    for number in numbers:
        over = bench.over(number)
        assert (over.status, over.error["kind"]) == ("failed", "internal")  # type: ignore[index]
    bench.close()
    assert caplog.messages == 2 * [f"jobs: {kind}"]


def test_runner_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    errors = iter([KeyError("secret")])

    def kept_house(runner: Runner, store: Any, real: Any = Runner._keep_house) -> None:
        for error in errors:
            raise error
        real(runner, store)

    monkeypatch.setattr(Runner, "_keep_house", kept_house)
    bench = Bench(tmp_path, on_event=_fail)
    assert bench.over(bench.add(then=[DONE])).status == "completed"
    bench.close()
    assert caplog.messages == ["jobs: KeyError", "jobs: KeyError", "jobs: KeyError"]  # its own, begun, completed
    assert "secret" not in caplog.text
