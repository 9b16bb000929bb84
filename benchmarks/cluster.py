"""Scans by a Dask cluster on this machine: two workers beside the pool of one's own, and 64 that answer at once.

    python benchmarks/cluster.py                 both, with figures as JSON
    python benchmarks/cluster.py --only canned --tracks 4000

The first tells what the cluster costs: the same files, two at once, in both ways, in turns; CPU is that of all
processes. The second tells what the parent can take: 64 workers (in one process, each with a connection of its own over
TCP) answer with an analysis of full size, made once of a real file, and the parent stores them in SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from canned import answer_with

from map4 import Library

RATE_HZ, SECONDS = 22_050, 120
CANNED_WORKERS = 64


def main() -> None:
    """Measure, and print one JSON document."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", choices=("pool", "canned"))
    arguments.add_argument("--files", type=int, default=40)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--tracks", type=int, default=2_000)
    arguments.add_argument("--serve-canned", metavar="ADDRESS", help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.serve_canned:
        _serve_canned(asked.serve_canned)
        return
    found: dict[str, Any] = {"schema": "map4/benchmark-cluster/1"}
    with tempfile.TemporaryDirectory(prefix="map4-cluster-") as name:
        if asked.only != "canned":
            found["pool"] = _beside_the_pool(Path(name), asked.files, asked.repeat)
        if asked.only != "pool":
            found["canned"] = _canned(Path(name), asked.tracks)
    print(json.dumps(found, indent=2))


def _beside_the_pool(folder: Path, files: int, repeat: int) -> dict[str, Any]:
    music = folder / "music"
    music.mkdir()
    for number in range(files):
        _write_track(music / f"{number}.wav", number, seconds=240)
    with _scheduler() as (address, scheduler), _workers(address, 2) as workers:
        ways: dict[str, dict[str, Any]] = {"own": {"jobs": 2}, "cluster": {"executor": "dask", "scheduler": address}}
        walls: dict[str, list[float]] = {way: [] for way in ways}
        cpus: dict[str, list[float]] = {way: [] for way in ways}
        idle_cores: list[float] = []
        for turn in range(repeat + 1):  # the first one starts what is slow to start
            for way, options in ways.items():
                with Library.open(folder / f"{way}-{turn}.map4") as library:
                    began, cpu = time.perf_counter(), _cpu_s(os.getpid())
                    theirs = _cpu_s(scheduler) + _cpu_s(workers)
                    assert library.scan([music], **options).analysed == files
                    walls[way].append(time.perf_counter() - began)
                theirs = _cpu_s(scheduler) + _cpu_s(workers) - theirs
                if way == "own":  # what the cluster does then is not for these files
                    idle_cores.append(theirs / walls[way][-1])
                    cpu += theirs
                cpus[way].append(_cpu_s(os.getpid()) - cpu)

    idle = sum(idle_cores) / len(idle_cores)
    # A cluster that waits takes some hundredths of a core, which a busy machine lets it do for longer.
    at_work = {way: [cpu - (way == "cluster") * idle * wall for cpu, wall in zip(cpus[way], walls[way], strict=True)]
               for way in ways}  # fmt: skip

    def overhead(of: dict[str, list[float]]) -> float:
        return round(min(of["cluster"][1:]) / min(of["own"][1:]) - 1, 3)

    return {
        "files": files,
        "wall_s": walls, "wall_overhead": overhead(walls),
        "cpu_s": cpus, "cpu_overhead": overhead(cpus),
        "idle_cluster_cores": round(idle, 3), "cpu_overhead_without_idling": overhead(at_work),
    }  # fmt: skip


def _canned(folder: Path, tracks: int) -> dict[str, Any]:
    music = folder / "canned"
    music.mkdir()
    for number in range(tracks):
        (music / f"{number}.wav").write_bytes(b"x" * 100)
    with _scheduler() as (address, scheduler):
        command = [sys.executable, __file__, "--serve-canned", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as workers:
            try:
                assert workers.stdout is not None
                workers.stdout.readline()
                with Library.open(folder / "canned.map4") as library:
                    others = {"scheduler": scheduler, "workers": workers.pid}
                    before = {name: _cpu_s(pid) for name, pid in others.items()}
                    began, cpu = time.perf_counter(), time.process_time()
                    summary = library.scan([music], executor="dask", scheduler=address)
                    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
                    their_s = {name: _cpu_s(pid) - before[name] for name, pid in others.items()}
                    assert summary.analysed == tracks
            finally:
                workers.kill()
    return {
        "tracks": tracks,
        "workers": CANNED_WORKERS,
        "tracks_a_minute": round(60 * tracks / wall_s),
        "parent_cores": round(cpu_s / wall_s, 2),
        "parent_ms_a_track": round(1000 * cpu_s / tracks, 2),
        **{f"{name}_ms_a_track": round(1000 * one / tracks, 2) for name, one in their_s.items()},
        "tracks_a_minute_of_a_core_of_its_own": round(60 * tracks / cpu_s),
        "bytes_a_track": round((folder / "canned.map4").stat().st_size / tracks),
    }


def _serve_canned(address: str) -> None:
    """Be 64 workers, which answer at once."""
    import asyncio

    from distributed import Worker

    import map4.extras.cluster.dask_lanes as lanes
    from map4.audio.jobs import Analysed, AnalyseJob
    from map4.scan.workers.job import file_stamp, run_job

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.wav"
        _write_track(path, 1, seconds=240)
        decoder = "map4.audio.decode:open_audio"
        made = run_job(AnalyseJob(path=str(path), stamp=file_stamp(str(path)), decoder=decoder))
        assert isinstance(made, Analysed)
    answer = answer_with(made.analysis)
    lanes.run_here = lambda job, *rest: answer(job)  # what `submit` sends is its name

    async def serve() -> None:
        workers = [Worker(address, nthreads=1, host="127.0.0.1") for _ in range(CANNED_WORKERS)]
        await asyncio.gather(*workers)
        print("ready", flush=True)
        await asyncio.gather(*(worker.finished() for worker in workers))

    asyncio.run(serve())


def _cpu_s(pid: int) -> float:
    """Of a process and all that it started, also of those that have ended."""
    from psutil import NoSuchProcess, Process

    total = 0.0
    for process in (Process(pid), *Process(pid).children(recursive=True)):
        with suppress(NoSuchProcess):
            total += sum(process.cpu_times()[:4])
    return total


@contextmanager
def _scheduler() -> Iterator[tuple[str, int]]:
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "Scheduler at:" in line)
            yield line.split()[-1], process.pid
        finally:
            process.kill()


@contextmanager
def _workers(address: str, count: int) -> Iterator[int]:
    command = [sys.executable, "-m", "dask", "worker", address, "--nworkers", str(count), "--nthreads", "1",
               "--host", "127.0.0.1", "--no-dashboard"]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for _ in range(count):
                next(line for line in process.stderr if "Registered to:" in line)
            yield process.pid
        finally:
            process.terminate()


def _write_track(path: Path, number: int, seconds: int = SECONDS) -> None:
    t = np.arange(RATE_HZ * seconds) / RATE_HZ
    since_beat = t % (60.0 / (90 + number % 60))
    sound = 0.1 * np.sin(2 * np.pi * (200 + number) * t) + 0.5 * np.exp(-since_beat * 80) * np.sin(6283 * since_beat)
    soundfile.write(path, sound.astype(np.float32), RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
