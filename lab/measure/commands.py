"""What the whole command costs, in a process of its own as a user runs it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from material import Material
from measure import interleaved, map4_command, median, run_program

CANNED = Path(__file__).resolve().parents[1] / "music" / "canned.py"


def startup(repeat: int) -> dict[str, float]:
    """Wall seconds of `map4 --help` and of a Python that does nothing, in turn; medians."""
    help_s, nothing_s = interleaved(
        repeat,
        lambda: run_program(map4_command("--help"), poll=False).wall_s,
        lambda: run_program([sys.executable, "-c", "pass"], poll=False).wall_s,
    )
    return {
        "help_wall_s": median(help_s),
        "python_wall_s": median(nothing_s),
        "help_above_python_s": round(median(help_s) - median(nothing_s), 4),
    }


def one_file(material: Material, repeat: int) -> dict[str, float]:
    """`map4 analyze` of one file, from the Return key to the prompt."""
    track = material.track("mp3")
    runs = [run_program(map4_command("analyze", "--no-store", "--json", track), poll=False) for _ in range(repeat)]
    return {"wall_s": median([run.wall_s for run in runs]), "cpu_s": median([run.cpu_s for run in runs])}


def throughput(material: Material, count: int, jobs: Sequence[int], repeat: int) -> dict[str, float]:
    """Scan a folder of tracks with different numbers of workers, in turn, into a new library each time.

    CPU covers the command and all its workers, start-up included.
    """
    folder = material.copies(count)
    rounds = [[_scan_all(folder, workers) for workers in jobs] for _ in range(repeat)]
    result: dict[str, float] = {"tracks": count}
    for index, workers in enumerate(jobs):
        runs = [each[index] for each in rounds]
        result[f"tracks_per_minute_{workers}"] = round(60 * count / median([wall for wall, _ in runs]), 1)
        result[f"cpu_s_per_track_{workers}"] = round(median([cpu for _, cpu in runs]) / count, 4)
    ratio = median([each[1][1] / each[0][1] for each in rounds])
    result[f"cpu_{jobs[1]}_by_{jobs[0]}"] = round(ratio, 3)
    return result


def memory(files: dict[str, Path]) -> dict[str, dict[str, float | None]]:
    """Peak resident memory of the command and of its worker for each named file, in MB (10^6 bytes)."""
    result: dict[str, dict[str, float | None]] = {}
    for name, path in files.items():
        with TemporaryDirectory() as folder:
            library = Path(folder) / "library.map4"
            run = run_program(map4_command("--library", library, "scan", "-j", "1", path))
        result[name] = {
            "parent_mb": run.parent_mb,
            "worker_mb": run.worker_mb,
            "worker_above_libraries_mb": run.worker_above_libraries_mb,
            "wall_s": round(run.wall_s, 2),
            "cpu_s": round(run.cpu_s, 2),
        }
    return result


def rescan(material: Material, count: int, repeat: int) -> dict[str, float | None]:
    """Fill a library with `count` files that cost nothing to analyse, then scan them again, unchanged."""
    folder = material.collection(count)
    with TemporaryDirectory() as place:
        library = Path(place) / "library.map4"
        first = run_program([sys.executable, str(CANNED), str(folder), str(library)])
        canned = json.loads(first.stdout)
        command = map4_command("--library", library, "scan", "--json", folder)
        runs = [run_program(command, poll=False) for _ in range(repeat)]
        watched = run_program(command)
        library_mb = library.stat().st_size / 1e6
    for run in (*runs, watched):
        summary = json.loads(run.stdout)
        if summary["unchanged"] != count:
            raise RuntimeError(f"not an unchanged rescan: {summary}")
    return {
        "files": count,
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": watched.parent_mb,
        "first_scan_parent_mb": first.parent_mb,
        "first_scan_parent_cpu_ms_per_file": round(1000 * canned["cpu_s"] / count, 3),
        "first_scan_parent_wall_ms_per_file": round(1000 * canned["wall_s"] / count, 3),
        "library_mb": round(library_mb, 1),
    }


def _scan_all(folder: Path, workers: int) -> tuple[float, float]:
    """Wall and CPU seconds of a scan of everything."""
    with TemporaryDirectory() as place:
        library = Path(place) / "library.map4"
        run = run_program(map4_command("--library", library, "scan", "-j", str(workers), folder), poll=False)
    return run.wall_s, run.cpu_s
