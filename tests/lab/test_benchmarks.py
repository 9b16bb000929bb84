"""The benchmarks run, and say what they promise; how fast map4 is, they say themselves."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import write_clicks
from stages import STAGES

REPOSITORY = Path(__file__).resolve().parent.parent.parent

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def unmeasured() -> dict[str, str]:
    """The environment without what has coverage measure new processes: their times are the figures here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def run(program: str, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, REPOSITORY / "lab/measure" / program, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**unmeasured(), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def printed_and_written(work: Path) -> tuple[str, dict[str, Any]]:
    figures = work / "results" / "speed.json"
    printed = run("speed.py", "--quick", "--alone", "--work", work, "--json", figures)
    return printed, json.loads(figures.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(printed_and_written: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return printed_and_written[1]["results"]


@pytest.mark.world
def test_every_section_is_printed_and_written(printed_and_written: tuple[str, dict[str, Any]]) -> None:
    printed, document = printed_and_written
    assert document["schema"] == "map4/benchmark-speed/1"
    assert document["quick"] is True
    assert document["targets"] == []  # limits hold for the full sizes only
    sections = ["startup", "stages", "ratio", "versus", "throughput", "rates", "memory", "rescan"]
    assert list(document["results"]) == sections
    assert all(name in printed for name in document["results"])


@pytest.mark.world
def test_stages_add_up(results: dict[str, Any]) -> None:
    for seconds in (seconds for suffix in ("mp3", "wav") for seconds in results["stages"][suffix].values()):
        assert {*seconds} == {*STAGES, "total"}
        parts = sum(value for stage, value in seconds.items() if stage != "total")
        assert seconds["total"] == pytest.approx(parts, rel=0.01, abs=1e-4)


@pytest.mark.world
def test_the_whole_costs_more_than_its_decoding(results: dict[str, Any]) -> None:
    for figures in results["ratio"].values():
        assert figures["whole_by_decode"] > 1.0
        assert figures["whole_cpu_s"] > figures["decode_cpu_s"] > 0.0


@needs_linux
@pytest.mark.world
def test_cpu_of_the_workers_is_counted(results: dict[str, Any]) -> None:
    # Decoding alone is less than the analysis: were the workers left out, the parent's share would be below even that.
    assert results["throughput"]["tracks"] == 3
    for workers in (1, 2):
        assert results["throughput"][f"cpu_s_per_track_{workers}"] > results["ratio"]["mp3"]["decode_cpu_s"]
        assert results["throughput"][f"tracks_per_minute_{workers}"] > 0.0


@pytest.mark.world
def test_rates_tell_what_is_projected(results: dict[str, Any]) -> None:
    one, four = (next(each for title, each in results["rates"].items() if word in title) for word in ("one", "four"))
    assert (one["wanted"], one["basis"]) == (60.0, "measured")
    assert one["reached"] == results["throughput"]["tracks_per_minute_1"]
    most = max(int(name.rpartition("_")[2]) for name in results["throughput"] if name.startswith("tracks_per_minute_"))
    assert four["basis"] == ("measured" if most >= 4 else f"projected from {most} workers")


@needs_linux
@pytest.mark.world
def test_memory_of_parent_and_worker_is_told_apart(results: dict[str, Any]) -> None:
    for figures in results["memory"].values():
        # The worker has numpy, scipy and two decoders loaded, the parent none of them.
        assert 0.0 < figures["parent_mb"] < figures["worker_mb"]


@pytest.mark.world
def test_an_unchanged_rescan_found_everything_unchanged(results: dict[str, Any]) -> None:
    assert results["rescan"]["200"]["files"] == 200
    assert results["rescan"]["200"]["first_scan_parent_cpu_ms_per_file"] > 0.0


@pytest.mark.contract
def test_the_profile_shows_stages_and_functions(tmp_path: Path) -> None:
    track = write_clicks(tmp_path / "track.wav", seconds=12.0)
    printed = run("profile_analysis.py", track, "--repeat", "1", "--lines", "3", "--output", tmp_path / "kept.prof")
    assert "loudness" in printed
    assert "tottime" in printed
    assert (tmp_path / "kept.prof").stat().st_size > 0


@pytest.mark.contract
def test_the_same_seed_makes_the_same_library(work: Path) -> None:
    contents = []
    for name in ("one.map4", "two.map4"):
        run("../music/synthetic_library.py", work / name, "--tracks", "50")
        with contextlib.closing(sqlite3.connect(work / name)) as connection:
            contents.append([connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("files", "facts")])
    assert contents[0] == contents[1]
    assert len(contents[0][0]) == 50


@needs_linux
@pytest.mark.world
def test_growth_and_digests_of_commands(work: Path) -> None:
    common = ("--work", work, "--only", "library info", "search, limit")
    figures, kept = work / "scale.json", work / "digests.json"
    run("scale.py", *common, "--sizes", "100", "--repeat", "1", "--json", figures)
    measured = json.loads(figures.read_text())
    assert measured["schema"] == "map4/benchmark-scale/1"
    assert measured["commands"]["library info"]["sizes"]["100"]["cpu_s"] > 0
    run("scale.py", *common, "--tracks", "100", "--record", kept)
    assert "2 of 2 print the same" in run("scale.py", *common, "--tracks", "100", "--compare", kept)
