"""`kill -9` of the server or of a job at any moment: nothing is lost, nothing done twice, nothing stuck."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import write_clicks
from jobs import job_processes, kill_server, start_server

from map4 import Library
from map4.exports.options import ExportRequest
from map4.jobs.records import FINAL, Job
from map4.jobs.requests import JobRequest

pytestmark = pytest.mark.world

FILES_EACH = 3
"""New files before each kill."""
MOST_LEFT = 6
"""With more jobs on the queue none is added, so that there is an end."""
STUCK_AFTER_S = 60.0


@dataclass
class Run:
    """A library, the server of its jobs, and what was counted."""

    folder: Path
    library: Library
    log: Path
    server: subprocess.Popen[str] | None = None
    stored: dict[str, int] = field(default_factory=dict)
    """File that was analysed -> how long the log of decoded files was when that was seen."""
    jobs: list[str] = field(default_factory=list)
    files: int = 0
    killed_servers: int = 0
    killed_jobs: int = 0

    def start(self) -> None:
        self.server = start_server(self.library.path, DOUBLES_LOG=str(self.log))

    def add(self) -> None:
        for _ in range(FILES_EACH):
            self.files += 1
            write_clicks(self.folder / "music" / f"{self.files:03}.wav", 60 + self.files, seconds=2)
        if len(self.left()) > MOST_LEFT:
            return
        scan = JobRequest(kind="scan", files=[self.folder / "music"])
        export = JobRequest(kind="export", options=ExportRequest(to="csv", query="is:any"))
        self.jobs += [self.library.jobs.submit(each).id for each in (scan, export)]

    def left(self) -> list[Job]:
        """The jobs that are not over. Those whose process was killed need not wait for their next try: else one that is
        killed three times would have failed."""
        left = [job for job in map(self.library.jobs.get, self.jobs) if job.status not in FINAL]
        for job in left:
            if job.error is not None and job.status == "waiting":
                self.library.jobs.retry(job.id)
        return left

    def look(self) -> None:
        """See what is stored; the log was so long before, so that what is decoded later is decoded twice."""
        decoded = len(self.log.read_text().splitlines()) if self.log.exists() else 0
        for track in self.library.search("is:ok"):
            self.stored.setdefault(Path(track.path).name, decoded)

    def decoded_twice(self) -> list[str]:
        """Files that were decoded though their analysis was stored."""
        log = self.log.read_text().splitlines()
        return [name for name, length in self.stored.items() if name in log[length:]]

    def kill(self, rng: random.Random) -> None:
        assert self.server is not None
        leaders = sorted(set(job_processes(self.server.pid).values()))
        if leaders and rng.random() < 0.5:
            os.kill(rng.choice(leaders), signal.SIGKILL)
            self.killed_jobs += 1
            return
        kill_server(self.server)
        self.killed_servers += 1
        self.look()  # nobody works now: what is stored must never be decoded again
        self.start()

    def finish(self) -> None:
        """Wait until all jobs are over."""
        before, until = 0, 0.0
        while left := self.left():
            if len(left) != before:
                before, until = len(left), time.monotonic() + STUCK_AFTER_S
            assert time.monotonic() < until, f"stuck: {left}"
            time.sleep(0.05)

    def end(self) -> None:
        assert self.server is not None
        self.server.communicate("", timeout=20)


@pytest.mark.parametrize("kills", [3, 50])
def test_nothing_is_lost_doubled_or_stuck(kills: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(21)
    (tmp_path / "music").mkdir()
    with Library.open(tmp_path / "library.map4") as library:
        run = Run(tmp_path, library, tmp_path / "decoded.log")
        run.start()
        try:
            for _ in range(kills):
                run.add()
                time.sleep(rng.uniform(0.0, 2.0))  # any moment will do; this is what is tried
                run.kill(rng)
            run.finish()  # what was killed last
            run.add()
            run.finish()
            run.end()
        finally:
            if run.server is not None and run.server.poll() is None:
                run.server.kill()
                run.server.wait()
        jobs = [library.jobs.get(name) for name in run.jobs]
        analysed = {Path(track.path).name for track in library.search("is:ok")}
        lost = [job.id for job in jobs if job.kind == "scan" and job.status != "completed"]
        lost += [f"{number:03}.wav" for number in range(1, run.files + 1) if f"{number:03}.wav" not in analysed]
        # An export that came before the first scan had nothing to write, and says so.
        bad = [job for job in jobs if job.kind == "export" and job.status == "failed"]
        assert [job.error for job in bad if job.error and job.error["kind"] != "nothing-found"] == []
        assert all(
            Path(library.jobs.file(job.id)).stat().st_size for job in jobs if job.result and job.kind == "export"
        )
        with capsys.disabled():
            sys.stdout.write(
                f"\nservers killed {run.killed_servers}, jobs killed {run.killed_jobs}; {len(jobs)} jobs, "
                f"{run.files} files: lost {len(lost)}, decoded twice {len(run.decoded_twice())}, stuck 0\n"
            )
        assert (lost, run.decoded_twice()) == ([], [])
