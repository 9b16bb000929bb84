"""What `map4 export` costs in each format, for 1,000 and for 100,000 tracks: time, memory, size of the file.

The libraries are those of `synthetic_library.py`, made once and kept in the work folder. Each run is the whole command
in a process of its own, from the Return key to the prompt; figures are medians. CPU seconds stand beside those of the
wall, since on a busy machine these say little. The sheets of 100,000 tracks take minutes, and are measured once.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from library import DEFAULT_WORK, synthetic
from measure import MB, machine, map4_command, median, run_program

from map4.infra.exporters.plugins import exporting_formats

SCHEMA = "map4/benchmark-export/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "export.json"
SMALL, LARGE = 1_000, 100_000
ONCE = ("pdf", "xlsx")
"""Take so long for many tracks that one run has to do."""
# Format, tracks, what is limited, how much of it.
TARGETS: tuple[tuple[str, int, str, float], ...] = (
    ("csv", SMALL, "wall_s", 1.0),
    ("json", SMALL, "wall_s", 1.0),
    ("m3u8", SMALL, "wall_s", 1.0),
    ("xlsx", SMALL, "wall_s", 3.0),
    ("pdf", SMALL, "wall_s", 3.0),
    ("csv", LARGE, "wall_s", 15.0),
    ("jsonl", LARGE, "wall_s", 15.0),
    ("csv", LARGE, "parent_mb", 250.0),
    ("jsonl", LARGE, "parent_mb", 250.0),
)


def export(library: Path, kind: str, repeat: int) -> dict[str, Any]:
    """Export every track of a library to one format, `repeat` times."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / f"export.{kind}"
        command = map4_command("--library", library, "export", "--query", "is:any", "-o", target, "--json")
        runs = [run_program(command) for _ in range(repeat)]
        size = target.stat().st_size
    return {
        "tracks": json.loads(runs[0].stdout)["tracks"],
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": max((run.parent_mb for run in runs if run.parent_mb is not None), default=None),
        "file_mb": round(size / MB, 2),
    }


def check_targets(results: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each target whose figure was measured, and whether it was met."""
    checked = []
    for kind, tracks, what, limit in TARGETS:
        value = results.get(str(tracks), {}).get(kind, {}).get(what)
        if value is not None:
            name = f"{kind}, {tracks:,} tracks, {what}"
            checked.append({"name": name, "value": value, "limit": limit, "met": value <= limit})
    return checked


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the libraries are kept")
    parser.add_argument("--only", action="append", choices=sorted(exporting_formats()), metavar="FORMAT")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="repetitions (default 5)")
    parser.add_argument("--tracks", type=int, action="append", metavar="N", help="sizes (default 1,000 and 100,000)")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    for tracks in options.tracks or (SMALL, LARGE):
        library = synthetic(options.work, tracks)
        print(f"\n{tracks:,} tracks\n{'format':<8}{'wall s':>9}{'CPU s':>9}{'MB':>8}{'file MB':>9}")
        for kind in options.only or sorted(exporting_formats()):
            found = export(library, kind, 1 if tracks > SMALL and kind in ONCE else options.repeat)
            results.setdefault(str(tracks), {})[kind] = found
            memory = "?" if found["parent_mb"] is None else f"{found['parent_mb']:.0f}"
            print(
                f"{kind:<8}{found['wall_s']:>9.2f}{found['cpu_s']:>9.2f}{memory:>8}{found['file_mb']:>9.2f}", flush=True
            )
    targets = check_targets(results)
    for target in targets:
        print(f"{'met ' if target['met'] else 'MISSED'} {target['name']}: {target['value']:.4g} <= {target['limit']}")
    document = {
        "schema": SCHEMA,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        "results": results,
        "targets": targets,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
