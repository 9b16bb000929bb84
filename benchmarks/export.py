"""What `map4 export` costs in each format, for 1,000 and for 100,000 tracks: time, memory, size of the file.

The libraries are those of `synthetic_library.py`, made once and kept in the work folder. Each run is the whole command
in a process of its own, from the Return key to the prompt; figures are medians. CPU seconds stand beside those of the
wall, since on a busy machine these say little. The sheets of 100,000 tracks take minutes, and are measured once.

For DJ programs every track has four cue points, as if they had been imported, and grids are written too; what was
written is read again by the importer of that program.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from library import DEFAULT_WORK, synthetic
from measure import MB, Run, map4_command, median, run_program, write_results

from map4.formats.importer import importers
from map4.formats.plugins import exporting_formats
from map4.music.track.cues import CuePoint
from map4.music.track.imported import ImportedValues

SCHEMA = "map4/benchmark-export/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "export.json"
SMALL, LARGE = 1_000, 100_000
ONCE = ("pdf", "xlsx")
"""Take so long for many tracks that one run has to do."""
READ = (
    "import sys; from map4.formats.importer import ReadNotes, importers; "
    "print(sum(1 for _ in importers()[sys.argv[1]].read(sys.argv[2], ReadNotes())))"
)
"""A program that reads a file of another program, and counts what is in it."""
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
    ("rekordbox", LARGE, "wall_s", 15.0),
    ("rekordbox", LARGE, "parent_mb", 250.0),
    ("read rekordbox", LARGE, "wall_s", 8.0),
    ("read rekordbox", LARGE, "parent_mb", 250.0),
)


def marked(library: Path) -> Path:
    """The library with four cue points on every track; made once, beside it."""
    target = library.with_name(f"{library.stem}-marked{library.suffix}")
    if target.exists():
        return target
    cues = tuple(CuePoint(position_s=15.5 * n, number=n, name=f"Cue {n}", color="#3ceb50") for n in range(4))
    data = json.dumps(ImportedValues(play_count=3, rating=4.0, cues=cues).to_data())
    made = target.with_suffix(".part")
    shutil.copyfile(library, made)
    with closing(sqlite3.connect(made)) as connection, connection:
        connection.execute("INSERT INTO imported (audio_id, data) SELECT DISTINCT audio_id, ? FROM analyses", (data,))
    made.replace(target)
    return target


def measured(library: Path, kind: str, repeat: int) -> dict[str, dict[str, Any]]:
    """Export every track of a library to one format, `repeat` times; what an importer reads is read again."""
    is_of_program = kind in importers()
    options = ("--with-grid",) if is_of_program else ()
    source = marked(library) if is_of_program else library
    with TemporaryDirectory() as folder:
        target = Path(folder) / f"export.{kind}"
        command = map4_command("--library", source, "export", "--query", "is:any", "-o", target, "--to", kind, "--json")
        runs = [run_program([*command, *options]) for _ in range(repeat)]
        file_mb = round(target.stat().st_size / MB, 2)
        found = {kind: _figures(runs, json.loads(runs[0].stdout)["tracks"], file_mb)}
        if is_of_program:
            runs = [run_program([sys.executable, "-c", READ, kind, str(target)]) for _ in range(repeat)]
            found[f"read {kind}"] = _figures(runs, int(runs[0].stdout), file_mb)
    return found


def _figures(runs: list[Run], tracks: int, file_mb: float) -> dict[str, Any]:
    return {
        "tracks": tracks,
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": max((run.parent_mb for run in runs if run.parent_mb is not None), default=None),
        "file_mb": file_mb,
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


def _row(name: str, found: dict[str, Any]) -> str:
    memory = "?" if found["parent_mb"] is None else f"{found['parent_mb']:.0f}"
    return f"{name:<15}{found['wall_s']:>9.2f}{found['cpu_s']:>9.2f}{memory:>8}{found['file_mb']:>9.2f}"


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
        print(f"\n{tracks:,} tracks\n{'format':<15}{'wall s':>9}{'CPU s':>9}{'MB':>8}{'file MB':>9}")
        for kind in options.only or sorted(exporting_formats()):
            for name, found in measured(
                library, kind, 1 if tracks > SMALL and kind in ONCE else options.repeat
            ).items():
                results.setdefault(str(tracks), {})[name] = found
                print(_row(name, found), flush=True)
    targets = check_targets(results)
    write_results(options.json, SCHEMA, results, targets)


if __name__ == "__main__":
    main()
