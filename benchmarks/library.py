"""How fast a library of 100,000 tracks answers: in a Python program, and as a whole command.

The library is that of `synthetic_library.py`, made once and kept in the work folder. Each figure is a median; CPU
seconds stand beside those of the wall, since on a busy machine these say little.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from measure import check_targets, map4_command, median, run_program, write_results
from synthetic_library import SEED, TRACKS, make_library

from map4 import Library
from map4.search.matching.wanted_lines import read_wanted
from map4.store.file.schema import newest_version

SCHEMA = "map4/benchmark-library/1"
DEFAULT_WORK = Path(tempfile.gettempdir()) / "map4-benchmark"
DEFAULT_JSON = Path(__file__).parent / "results" / "library.json"
# What users ask, each of another kind; those that match more than a few hundred tracks say how many they want.
QUERIES = (
    "bpm:120..128 key:8A genre:house",
    "bpm:120..128 key:~8A energy:6.. limit:100",
    "bpm:~174 key:~4A",
    "gutan limit:100",
    "genre:house year:1995..2005 limit:100",
    "key:8A sort:bpm limit:100",
    "is:doubtful limit:100",
    "missing:bpm limit:100",
    "is:set limit:100",
    "path:/music/Techno limit:100",
    "added:-2y sort:added- limit:100",
    "^genre:house ^genre:techno bpm:..80 limit:100",
    "is:failed limit:100",
    "genre:=House energy:9.. limit:100",
    "sort:bpm- limit:100",
    "bpm:120..124 sort:artist limit:100",
    "danceability:0.9.. duration:..4m limit:100",
    "limit:100",
)
COMMANDS = (QUERIES[0], "gutan limit:100", "bpm:120..128 key:~8A energy:6.. limit:100")
TARGETS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("search in a program, median of the queries, s", ("search", "median_wall_s"), 0.05),
    ("search as a command, slowest, s", ("command", "slowest_wall_s"), 0.4),
    ("search as a command, MB", ("command", "parent_mb"), 250.0),
    ("numeric columns of all tracks, s", ("columns", "wall_s"), 0.3),
    ("numeric columns of all tracks, MB", ("columns", "parent_mb"), 250.0),
    ("similar in a program, s", ("similar", "sound", "wall_s"), 0.1),
    ("similar as a command, s", ("similar", "command, sound", "wall_s"), 0.8),
    ("similar as a command, MB", ("similar", "parent_mb"), 250.0),
    ("compare 50 tracks in a program, s", ("compare", "50", "wall_s"), 1.0),
    ("stats in a program, s", ("stats", "all", "wall_s"), 1.0),
    ("stats as a command, MB", ("stats", "parent_mb"), 250.0),
)


def search(path: Path, repeat: int) -> dict[str, Any]:
    """Each query, all that it finds read as tracks; and the ids alone."""
    result: dict[str, Any] = {}
    with closing(Library.open(path)) as library:
        for query in QUERIES:
            tracks = sum(1 for _ in library.search(query))
            wall_s, cpu_s = timed(lambda query=query: sum(1 for _ in library.search(query)), repeat)  # type: ignore[misc]
            first_s, _ = timed(lambda query=query: next(iter(library.search(query)), None), repeat)  # type: ignore[misc]
            result[query] = {"tracks": tracks, "wall_s": wall_s, "cpu_s": cpu_s, "first_track_wall_s": first_s}
    result["median_wall_s"] = median([result[query]["wall_s"] for query in QUERIES])
    result["median_cpu_s"] = median([result[query]["cpu_s"] for query in QUERIES])
    result["slowest_wall_s"] = max(result[query]["wall_s"] for query in QUERIES)
    return result


def columns(path: Path, repeat: int) -> dict[str, Any]:
    """All tracks as columns, and the memory of a process that does nothing else."""
    with closing(Library.open(path)) as library:
        wall_s, cpu_s = timed(library.tracks.columns, repeat)
        hamms_wall_s, hamms_cpu_s = timed(lambda: library.tracks.columns(hamms=True), repeat)
    code = f"from map4 import Library; Library.open({str(path)!r}).tracks.columns(hamms=True)"
    alone = run_program([sys.executable, "-c", code])
    return {
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "with_hamms_wall_s": hamms_wall_s,
        "with_hamms_cpu_s": hamms_cpu_s,
        "parent_mb": alone.parent_mb,
    }


def command(path: Path, repeat: int) -> dict[str, Any]:
    """`map4 search` from the Return key to the prompt."""
    result: dict[str, Any] = {}
    memory: list[float] = []
    for query in COMMANDS:
        result[query] = _command_times(("--library", path, "search", query), repeat)
        memory.append(run_program(map4_command("--library", path, "search", query)).parent_mb or 0.0)
    result["slowest_wall_s"] = max(result[query]["wall_s"] for query in COMMANDS)
    result["parent_mb"] = max(memory)
    return result


def own_values(path: Path, repeat: int) -> dict[str, Any]:
    """Set the tempo of one track, and double that of a thousand; then take them back."""
    with closing(Library.open(path)) as library:
        one = list(library.search("bpm:120..121 ^is:set limit:1"))
        many = list(library.search("bpm:100..140 ^is:set limit:1000"))
        one_wall_s, one_cpu_s = timed(lambda: library.set(one, bpm=87.0), repeat)
        many_wall_s, many_cpu_s = timed(lambda: library.set(many, factor=0.5), repeat)
        library.set([*one, *many], unset=["bpm"])
    return {
        "one_wall_s": one_wall_s,
        "one_cpu_s": one_cpu_s,
        "thousand_wall_s": many_wall_s,
        "thousand_cpu_s": many_cpu_s,
    }


def similar(path: Path, repeat: int) -> dict[str, Any]:
    """What is like a track, in each of the three ways, in a program and as a command."""
    result: dict[str, Any] = {}
    with closing(Library.open(path)) as library:
        [one] = library.search("bpm:124 sort:year limit:1")
        for by in ("sound", "hamms", "mix"):
            wall_s, cpu_s = timed(lambda by=by: library.similar(one.path, by=by), repeat)  # type: ignore[misc]
            result[by] = {"wall_s": wall_s, "cpu_s": cpu_s}
    words = ("--library", path, "similar", one.path)
    for by in ("sound", "hamms", "mix"):
        result[f"command, {by}"] = _command_times((*words, "--by", by), repeat)
    result["parent_mb"] = run_program(map4_command(*words)).parent_mb
    return result


def compare(path: Path, repeat: int) -> dict[str, Any]:
    """Fifty and a hundred tracks, every pair and the best order."""
    result: dict[str, Any] = {}
    with closing(Library.open(path)) as library:
        for count in (50, 100):
            tracks = list(library.search(f"bpm:120..128 limit:{count}"))
            wall_s, cpu_s = timed(lambda tracks=tracks: library.compare(tracks), repeat)  # type: ignore[misc]
            result[str(count)] = {"wall_s": wall_s, "cpu_s": cpu_s}
    words = ("--library", path, "compare", "--json", "--query", "bpm:120..128 limit:50")
    return result | {"command, 50": _command_times(words, repeat)}


def stats(path: Path, repeat: int) -> dict[str, Any]:
    """Everything counted; and of one genre."""
    result: dict[str, Any] = {}
    with closing(Library.open(path)) as library:
        for query in ("", "genre:house"):
            wall_s, cpu_s = timed(lambda query=query: library.stats(query), repeat)  # type: ignore[misc]
            result[query or "all"] = {"wall_s": wall_s, "cpu_s": cpu_s}
    result["command, all"] = _command_times(("--library", path, "stats"), repeat)
    result["parent_mb"] = run_program(map4_command("--library", path, "stats")).parent_mb
    return result


def _command_times(words: tuple[object, ...], repeat: int) -> dict[str, float]:
    runs = [run_program(map4_command(*words), poll=False) for _ in range(repeat)]
    return {"wall_s": median([run.wall_s for run in runs]), "cpu_s": median([run.cpu_s for run in runs])}


def wanted(path: Path, repeat: int) -> dict[str, Any]:
    """A list of a hundred lines, half of them of the library, without accents and with the last letters missing."""
    with closing(Library.open(path)) as library:
        known = [f"{t.tags.artist} - {t.tags.title}"[:-1] for t in islice(library.search("sort:year limit:50"), 50)]
        lines = read_wanted("\n".join([*known, *(text[::-1] for text in known)]))
        wall_s, cpu_s = timed(lambda: list(library.tracks.wanted(lines)), max(1, repeat // 3))
        statuses = [line.status for line in library.tracks.wanted(lines)]
    counts = {"found": statuses.count("found"), "uncertain": statuses.count("uncertain")}
    return {"lines": len(lines), "wall_s": wall_s, "cpu_s": cpu_s, **counts, "missing": statuses.count("unknown")}


SECTIONS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "search": search,
    "columns": columns,
    "command": command,
    "similar": similar,
    "compare": compare,
    "stats": stats,
    "set": own_values,
    "list": wanted,
}


def synthetic(work: Path, tracks: int) -> Path:
    """The library of so many tracks, from the work folder where it lies there already."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"library-{tracks}-{SEED}-schema{newest_version()}.map4"
    if not path.exists():
        make_library(work / "unfinished.map4", tracks).rename(path)
    return path


def timed(call: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Median wall and CPU seconds of a call, after one that warms up."""
    call()
    times = list(_times(call, repeat))
    return median([wall_s for wall_s, _ in times]), median([cpu_s for _, cpu_s in times])


def _times(call: Callable[[], object], repeat: int) -> Iterator[tuple[float, float]]:
    for _ in range(repeat):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        call()
        yield time.perf_counter() - wall_s, time.process_time() - cpu_s


def show(name: str, result: dict[str, Any]) -> None:
    """Print one section."""
    print(f"\n{name}")
    for key, value in result.items():
        figures = value if isinstance(value, dict) else {"": value}
        cells = [f"{label} {_short(figure)}".strip() for label, figure in figures.items()]
        print(f"  {key:<48}  {'  '.join(cells)}")


def _short(figure: object) -> str:
    return f"{figure:.4g}" if isinstance(figure, float) else str(figure)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the library is kept")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--repeat", type=int, default=7, metavar="N", help="repetitions (default 7)")
    parser.add_argument("--tracks", type=int, default=TRACKS, metavar="N", help="size (default 100,000)")
    options = parser.parse_args()
    path = synthetic(options.work, options.tracks)
    results: dict[str, Any] = {}
    for name in options.only or SECTIONS:
        results[name] = SECTIONS[name](path, options.repeat)
        show(name, results[name])
    # Limits hold for the full size only.
    targets = check_targets(results, TARGETS) if options.tracks == TRACKS else []
    write_results(options.json, SCHEMA, results, targets, tracks=options.tracks, seed=SEED)


if __name__ == "__main__":
    main()
