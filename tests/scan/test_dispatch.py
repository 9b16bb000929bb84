"""The dispatcher with lanes of the test's own: bounded, timed, follow-ups first, lanes always closed."""

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from map4.core.audio.jobs import AnalyseJob, IdentifyJob, LaneJob, Outcome, Stamp, TagsJob
from map4.core.music.track.track_parts import Failure
from map4.scan.workers.lanes import Dispatcher, default_timeout_s

DONE = Failure(kind="corrupt", message="done")
FULL = Failure(kind="no_memory", message="full")


def job(name: str, size: int = 0) -> IdentifyJob:
    return IdentifyJob(path=name, stamp=Stamp(size, 0, 0))


class FakeLane:
    """Finishes a job at once, or never if its name says so."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.kills = 0
        self.closed = False
        self.start_up_s = 0.0

    def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
        self.started.append(job.path)
        future: Future[Outcome] = Future()
        if "never" not in job.path:
            future.set_result(DONE)
        return future

    def kill(self) -> None:
        self.kills += 1

    def close(self) -> None:
        self.closed = True


def test_every_job_gets_its_outcome_when_a_lane_is_free() -> None:
    lanes = [FakeLane(), FakeLane()]
    jobs = [job(str(i)) for i in range(7)]
    outcomes = dict(Dispatcher(lanes, iter(jobs)).run())
    assert outcomes == dict.fromkeys(jobs, DONE)
    assert all(lane.closed for lane in lanes)
    taken: list[str] = []

    def source() -> Iterator[LaneJob]:
        for i in range(100):
            taken.append(str(i))
            yield job(str(i))

    run = Dispatcher([FakeLane(), FakeLane()], source()).run()
    for done, _ in enumerate(run, start=1):
        assert len(taken) <= done + 2
        if done == 5:
            break


def test_follow_ups_go_first_and_an_abandoned_run_closes_its_lanes() -> None:
    lane = FakeLane()
    dispatcher = Dispatcher([lane], iter([job("a"), job("b")]))
    for current, _ in dispatcher.run():
        if current.path == "a":
            dispatcher.add(TagsJob(path="after a", stamp=Stamp(0, 0, 0)))
    assert lane.started == ["a", "after a", "b"]
    lane = FakeLane()
    run = Dispatcher([lane], iter([job("a"), job("b")])).run()
    next(run)
    run.close()  # type: ignore[attr-defined]
    assert lane.closed


def test_endless_job_is_killed_and_the_lane_continues() -> None:
    lane = FakeLane()
    outcomes = {
        done.path: outcome for done, outcome in Dispatcher([lane], iter([job("never"), job("next")]), 0.05).run()
    }
    assert isinstance(outcomes["never"], Failure)
    assert (outcomes["never"].kind, outcomes["next"], lane.kills) == ("timeout", DONE, 1)


def test_time_in_which_a_worker_waits_for_a_core_does_not_count() -> None:
    class Starved(FakeLane):
        """Gets a core when it is late."""

        looks = 0

        @property
        def queued_s(self) -> float:
            self.looks += 1
            if self.looks == 2:
                self.future.set_result(DONE)
            return 1000.0 * self.looks

        def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
            self.future = super().submit(job, timeout_s)
            return self.future

    lane = Starved()
    assert [outcome for _, outcome in Dispatcher([lane], iter([job("never")]), 0.05).run()] == [DONE]
    assert (lane.looks, lane.kills) == (2, 0)


def test_job_without_memory_is_retried_once() -> None:
    class Full(FakeLane):
        def submit(self, job: LaneJob, timeout_s: float) -> Future[Outcome]:
            super().submit(job, timeout_s)
            future: Future[Outcome] = Future()
            is_full = "always" in job.path or self.started.count(job.path) == 1
            future.set_result(FULL if is_full else DONE)
            return future

    lane = Full()
    outcomes = {done.path: outcome for done, outcome in Dispatcher([lane], iter([job("once"), job("always")])).run()}
    assert outcomes == {"once": DONE, "always": FULL}
    assert lane.started == ["once", "once", "always", "always"]


def test_timeout_grows_with_blocks_and_stated_length(tmp_path: Path) -> None:
    cases = [(0, 60), (10, 80), (400, 860)]
    assert [(megabytes, default_timeout_s(job("x", megabytes * 1_000_000))) for megabytes, _ in cases] == cases
    tb = 10**12
    cases = [
        ((tb, 4096), 60.01), ((tb, 0), 660), ((4000, 0), 60.01), ((tb, None), 7260), ((tb, 2 * tb), 7260),
        ((10_000_000, 10_002_432), 80), ((10_000_000, 5_000_000), 70),
    ]  # fmt: skip
    for (size, on_disk), seconds in cases:
        stamp = Stamp(size, 0, 0, disk_bytes=on_disk)
        assert default_timeout_s(IdentifyJob(path="x", stamp=stamp)) == pytest.approx(seconds, abs=0.01)
    cases = [(None, 6, 72), (240.0, 6, 72), (36_000.0, 6, 660), (36_000.0, 400, 860), (1e12, 6, 60 + 48 * 60)]
    for length_s, megabytes, seconds in cases:
        stamp = Stamp(megabytes * 1_000_000, 0, 0)
        assert default_timeout_s(AnalyseJob(path="x", stamp=stamp, decoder="", length_s=length_s)) == seconds
    path = tmp_path / "sparse.mp3"
    path.write_bytes(b"x" * 3000)
    os.truncate(path, 10**9)
    stamp = Stamp.of(path.stat())
    assert (stamp.size_bytes, stamp.disk_bytes is not None and 0 < stamp.disk_bytes < 100_000) == (10**9, True)
