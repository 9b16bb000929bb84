"""Scans by a Dask cluster on this machine: two workers beside the pool of one's own, and 64 that answer at once.

    python benchmarks/cluster.py                 both, with figures as JSON
    python benchmarks/cluster.py --only canned --tracks 4000

The first tells what the cluster costs: the same files, two at once, in both ways, in turns. The second tells what the
parent can take: 64 workers (in one process, each with a connection of its own over TCP) answer with an analysis of full
size, made once of a real file, and the parent stores them in SQLite.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        _write_track(music / f"{number}.wav", number)
    with _scheduler() as address, _workers(address, 2):
        ways: dict[str, dict[str, Any]] = {"own": {"jobs": 2}, "cluster": {"executor": "dask", "scheduler": address}}
        walls: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(repeat + 1):  # the first one starts what is slow to start
            for way, options in ways.items():
                with Library.open(folder / f"{way}-{turn}.map4") as library:
                    began = time.perf_counter()
                    assert library.scan([music], **options).analysed == files
                    walls[way].append(time.perf_counter() - began)
    best = {way: min(times[1:]) for way, times in walls.items()}
    return {"files": files, "seconds": walls, "overhead": round(best["cluster"] / best["own"] - 1, 3)}


def _canned(folder: Path, tracks: int) -> dict[str, Any]:
    music = folder / "canned"
    music.mkdir()
    for number in range(tracks):
        (music / f"{number}.wav").write_bytes(b"x" * 100)
    with _scheduler() as address:
        command = [sys.executable, __file__, "--serve-canned", address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as workers:
            try:
                assert workers.stdout is not None
                workers.stdout.readline()
                with Library.open(folder / "canned.map4") as library:
                    began, cpu = time.perf_counter(), time.process_time()
                    summary = library.scan([music], executor="dask", scheduler=address)
                    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
                    assert summary.analysed == tracks
            finally:
                workers.kill()
    return {
        "tracks": tracks,
        "workers": CANNED_WORKERS,
        "tracks_a_minute": round(60 * tracks / wall_s),
        "parent_cores": round(cpu_s / wall_s, 2),
        "parent_ms_a_track": round(1000 * cpu_s / tracks, 2),
        "bytes_a_track": round((folder / "canned.map4").stat().st_size / tracks),
    }


def _serve_canned(address: str) -> None:
    """Be 64 workers, which answer at once."""
    import asyncio

    from distributed import Worker

    import map4.infra.workers.dask_lanes as lanes
    from map4.infra.workers.job import file_stamp, run_job
    from map4.ports.scanning import Analysed, AnalyseJob

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.wav"
        _write_track(path, 1, seconds=240)
        decoder = "map4.infra.audio.decode:open_audio"
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


@contextmanager
def _scheduler() -> Iterator[str]:
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if "Scheduler at:" in line)
            yield line.split()[-1]
        finally:
            process.kill()


@contextmanager
def _workers(address: str, count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "dask", "worker", address, "--nworkers", str(count), "--nthreads", "1",
               "--host", "127.0.0.1", "--no-dashboard"]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for _ in range(count):
                next(line for line in process.stderr if "Registered to:" in line)
            yield
        finally:
            process.terminate()


def _write_track(path: Path, number: int, seconds: int = SECONDS) -> None:
    t = np.arange(RATE_HZ * seconds) / RATE_HZ
    since_beat = t % (60.0 / (90 + number % 60))
    sound = 0.1 * np.sin(2 * np.pi * (200 + number) * t) + 0.5 * np.exp(-since_beat * 80) * np.sin(6283 * since_beat)
    soundfile.write(path, sound.astype(np.float32), RATE_HZ, subtype="PCM_16")


if __name__ == "__main__":
    main()
