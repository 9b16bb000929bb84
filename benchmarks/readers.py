"""What it costs to import the libraries of programs that map4 only reads, with 50,000 tracks: Engine, Serato's tags.

The library of map4 is that of `synthetic_library.py`, which knows every track. Engine's database is written by the
tests' own writer: five cue points, a loop, a grid and a picture of the wave for each track, 100 lists of 200. Serato's
tags are read from one MP3 of each kind of tag, again and again, with a cover of 300 kB in it. Whole commands run in
processes of their own; figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from library import DEFAULT_WORK, show, synthetic, timed
from measure import MB, check_targets, map4_command, median, run_program, write_results

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import engine_libraries as engine
import serato_files as serato
from audio_files import make, noise
from mutagen.id3 import APIC, ID3

from map4.formats.importers import importers
from map4.infra.audio.tags.program_fields import read_program_fields

SCHEMA = "map4/benchmark-readers/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "readers.json"
TRACKS, LISTS, LIST_TRACKS = 50_000, 100, 200
KINDS = ("mp3", "flac", "m4a", "ogg", "aiff", "wav")
WAVE_BYTES, COVER_BYTES = 2_000, 300_000
VARIANTS = 50
TARGETS = (
    ("engine, wall_s", ("engine", "wall_s"), 30.0),
    ("engine, parent_mb", ("engine", "parent_mb"), 250.0),
    ("serato-tags, slowest_cpu_ms", ("serato-tags", "slowest_cpu_ms"), 2.0),
)


def engine_library(folder: Path, paths: list[str]) -> Path:
    """Engine's folder with these tracks."""
    path = engine.make_library(folder)
    root, rng = path.parent.parent, random.Random(1)
    blocks = [_blocks(rng) for _ in range(VARIANTS)]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO Track (path, title, artist, bpmAnalyzed, key, rating, length, dateAdded, originDatabaseUuid) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (os.path.relpath(name, root), f"Track {number}", "Ann", 120.0, number % 24, number % 6 * 20, 200,
                 engine.PLAYED, engine.UUID)
                for number, name in enumerate(paths)
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT INTO PerformanceData (trackId, trackData, overviewWaveFormData, beatData, quickCues, loops) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            ((number, *blocks[number % VARIANTS]) for number in range(1, len(paths) + 1)),
        )
    for number in range(LISTS):
        engine.put_list(path, f"List {number}", rng.sample(range(1, len(paths) + 1), min(LIST_TRACKS, len(paths))))
    return root


def _blocks(rng: random.Random) -> tuple[bytes, ...]:
    cues = [(f"Cue {number}", rng.uniform(0.0, 200.0), rng.randrange(1 << 24)) for number in range(5)]
    marks = engine.straight(rng.uniform(80.0, 180.0), rng.uniform(0.0, 1.0))
    loops = engine.loops(("Loop", 10.0, 14.0, 1))
    return engine.track_data(), rng.randbytes(WAVE_BYTES), engine.beats(marks, marks), engine.cues(*cues), loops


def engine_figures(plain: Path, folder: Path, tracks: int, repeat: int) -> dict[str, Any]:
    """Engine's library, imported by a whole command into a library that knows nothing of it yet."""
    with closing(sqlite3.connect(plain)) as connection:
        names = [
            os.fsdecode(row[0]) for row in connection.execute("SELECT path FROM files ORDER BY id LIMIT ?", (tracks,))
        ]
    source = engine_library(folder, names)
    runs = []
    for _ in range(repeat):
        target = shutil.copyfile(plain, folder / "known.map4")
        runs.append(run_program(map4_command("--library", target, "import", source, "--json")))
    told = json.loads(runs[0].stdout)
    return {
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": max((run.parent_mb for run in runs if run.parent_mb is not None), default=None),
        "file_mb": round((source / "Database2" / "m.db").stat().st_size / MB, 1),
        **{name: told[name] for name in ("tracks", "matched", "cues", "grids")},
    }


def tag_figures(folder: Path, repeat: int) -> dict[str, Any]:
    """Serato's tags of one file of each kind, per file opened."""
    cues = [(button, 1000 * button, 0xCC0000, f"Cue {button}") for button in range(8)]
    blocks = {
        "Serato Markers2": serato.markers2(serato.entries(cues, [(0, 9000, 13_000, "Loop")])),
        "Serato BeatGrid": serato.grid(last=(0.25, 115.0)),
        "Serato Autotags": serato.autotags("115.00"),
    }
    found: dict[str, Any] = {}
    tags = importers()["serato-tags"].tags
    assert tags is not None
    for kind in KINDS:
        path = serato.put(make(folder / f"a.{kind}", noise(3.0)), blocks)
        if kind == "mp3":
            id3 = ID3(path)
            id3.add(APIC(mime="image/jpeg", type=3, data=bytes(COVER_BYTES)))
            id3.save()

        def read(name: str = str(path)) -> int:
            return len(tags.values(name, read_program_fields(name, tags.word), Counter()).cues)

        assert read() == len(cues) + 1
        wall_s, cpu_s = timed(read, 100 * repeat)
        found[kind] = {"wall_ms": round(1000 * wall_s, 3), "cpu_ms": round(1000 * cpu_s, 3)}
    return found | {"slowest_cpu_ms": max(found[kind]["cpu_ms"] for kind in KINDS)}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the library is kept")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="repetitions (default 3)")
    parser.add_argument("--tracks", type=int, default=TRACKS, metavar="N", help="size (default 50,000)")
    options = parser.parse_args()
    plain = synthetic(options.work, options.tracks)
    with TemporaryDirectory(dir=options.work) as name:
        results = {
            "engine": engine_figures(plain, Path(name), options.tracks, options.repeat),
            "serato-tags": tag_figures(Path(name), options.repeat),
        }
    for section, figures in results.items():
        show(section, figures)
    # Limits hold for the full size only.
    targets = check_targets(results, TARGETS) if options.tracks == TRACKS else []
    write_results(options.json, SCHEMA, results, targets, tracks=options.tracks)


if __name__ == "__main__":
    main()
