"""What it costs to import the libraries of programs that map4 only reads, with 50,000 tracks each.

The library of map4 is that of `synthetic_library.py`, which knows every track. Engine's database and rekordbox's stick
are written by the tests' own writers: five cue points, a loop, a grid and a picture of the wave for each track, 100
lists of 200; on the stick 200 beats a track, one tempo in nine of ten and another with each bar in the tenth, and 16
phrases. Apple's library is written by plistlib. Serato's tags are read from one MP3 of each kind of tag, again and
again, with a cover of 300 kB in it. Whole commands run in processes of their own; figures are medians.
"""

from __future__ import annotations

import argparse
import json
import os
import plistlib
import random
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from library import DEFAULT_WORK, show, synthetic, timed
from measure import MB, check_targets, map4_command, median, run_program, write_results

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import engine_libraries as engine
import rekordbox_sticks as sticks
import serato_files as serato
from audio_files import make, noise
from mutagen.id3 import APIC, ID3

from map4.audio.tags.program_fields import read_program_fields
from map4.formats.importer import importers

SCHEMA = "map4/benchmark-readers/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "readers.json"
TRACKS, LISTS, LIST_TRACKS = 50_000, 100, 200
KINDS = ("mp3", "flac", "m4a", "ogg", "aiff", "wav")
WAVE_BYTES, COVER_BYTES = 2_000, 300_000
VARIANTS = 50
BEATS, WANDERING_EACH, PHRASES, CUES = 200, 10, 16, 5
FILES_A_FOLDER = 500
TARGETS = (
    *(
        (f"{name}, {figure}", (name, figure), limit)
        for name in ("engine", "rekordbox-usb", "apple-music")
        for figure, limit in (("wall_s", 30.0), ("parent_mb", 250.0))
    ),
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


def stick(folder: Path, paths: list[str]) -> Path:
    """A stick of rekordbox's with these tracks; those of one variant share their analysis files."""
    rng = random.Random(2)
    blocks = []
    for number in range(VARIANTS):
        made = folder / f"{number}.DAT"
        made.write_bytes(_beats_and_old_cues(rng, is_wandering=number % WANDERING_EACH == 0))
        made.with_suffix(".EXT").write_bytes(_cues_and_phrases(rng))
        blocks.append(made)
    rows = []
    for number, name in enumerate(paths, start=1):
        place = f"/PIONEER/USBANLZ/P{number // FILES_A_FOLDER:03X}/{number:08X}.DAT"
        target = folder / place[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(blocks[number % VARIANTS], target)
        os.link(blocks[number % VARIANTS].with_suffix(".EXT"), target.with_suffix(".EXT"))
        said = {"artist": 1 + number % 5000, "album": 1 + number % 9000, "genre": 1, "key": 1, "tempo": 12_000,
                "rating": number % 6, "duration": 200, "play_count": number % 9}  # fmt: skip
        texts = {"title": f"Track {number}", "file_path": name, "analyze_path": place, "date_added": "2026-01-31"}
        rows.append(sticks.track_row(number, **said, **texts))
    tree = [sticks.tree_row(number, f"List {number}") for number in range(1, LISTS + 1)]
    listed = [rng.sample(range(1, len(paths) + 1), min(LIST_TRACKS, len(paths))) for _ in tree]
    entries = [
        sticks.entry_row(at, track, number)
        for number, tracks in enumerate(listed, start=1)
        for at, track in enumerate(tracks)
    ]
    tables = {
        sticks.TRACKS: rows, sticks.GENRES: [sticks.named(1, "House")], sticks.KEYS: [sticks.key_row(1, "Fm")],
        sticks.ARTISTS: [sticks.artist_row(number, f"Artist {number}") for number in range(1, 5001)],
        sticks.ALBUMS: [sticks.album_row(number, f"Album {number}") for number in range(1, 9001)],
        sticks.TREE: tree, sticks.ENTRIES: entries,
    }  # fmt: skip
    sticks.write_stick(folder, tables)
    return folder


def _beats_and_old_cues(rng: random.Random, *, is_wandering: bool) -> bytes:
    beats = sticks.steady_beats(rng.randrange(800, 1800) / 10, BEATS)
    if is_wandering:
        late_ms = [0] + [rng.randrange(20) for _ in beats]
        beats = [
            (number, bpm, time_ms + sum(late_ms[: at // 4]) + at % 4 * late_ms[at // 4] // 4)
            for at, (number, bpm, time_ms) in enumerate(beats)
        ]
    cues = [(button, rng.randrange(200_000), -1) for button in range(CUES)]
    return sticks.analysis(
        sticks.beats_tag(beats), sticks.tag(b"PWAV", bytes(8), rng.randbytes(400)),
        sticks.old_cues_tag([cue for cue in cues if cue[0]], is_hot=True),
        sticks.old_cues_tag(cues[:1], is_hot=False),
    )  # fmt: skip


def _cues_and_phrases(rng: random.Random) -> bytes:
    cues = [(n + 1, rng.randrange(200_000), -1, f"Cue {n}", rng.randrange(63), (1, 2, 3)) for n in range(CUES)]
    loops = [(0, 10_000, 14_000, "Loop", 1, (0, 0, 0))]
    phrases = [(1 + BEATS * number // PHRASES, rng.choice((1, 2, 3, 5, 6))) for number in range(PHRASES)]
    return sticks.analysis(
        sticks.tag(b"PWV3", bytes(12), rng.randbytes(30_000)), sticks.cues_tag(cues, is_hot=True),
        sticks.cues_tag(loops, is_hot=False), sticks.phrases_tag(1, BEATS, phrases, is_masked=True),
        sticks.tag(b"PWV4", bytes(12), rng.randbytes(7_200)), sticks.tag(b"PWV5", bytes(12), rng.randbytes(60_000)),
    )  # fmt: skip


def apple_library(folder: Path, paths: list[str]) -> Path:
    """Apple's `Library.xml` with these tracks."""
    rng, day = random.Random(3), datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None)
    tracks = {
        str(number): {
            "Track ID": number, "Persistent ID": f"{number:016X}", "Name": f"Track {number}", "Artist": "Ann",
            "Album": f"Album {number // 12}", "Genre": "House", "Kind": "MPEG audio file", "Size": 9_000_000,
            "Total Time": 200_000, "Year": 2020, "BPM": 120, "Bit Rate": 320, "Sample Rate": 44_100,
            "Date Modified": day, "Date Added": day, "Play Count": number % 9, "Play Date UTC": day,
            "Rating": 20 * (number % 6), "Track Type": "File", "Location": Path(name).as_uri(),
        }
        for number, name in enumerate(paths, start=1)
    }  # fmt: skip
    lists = [
        {
            "Name": f"List {number}", "Playlist ID": 100_000 + number, "Playlist Persistent ID": f"F{number:015X}",
            "Playlist Items": [
                {"Track ID": track} for track in rng.sample(range(1, len(paths) + 1), min(LIST_TRACKS, len(paths)))
            ],
        }
        for number in range(LISTS)
    ]  # fmt: skip
    path = folder / "Library.xml"
    said = {"Application Version": "1.4.5.65", "Library Persistent ID": "A1", "Tracks": tracks, "Playlists": lists}
    path.write_bytes(plistlib.dumps(said, sort_keys=False))
    return path


def library_figures(plain: Path, folder: Path, kind: str, tracks: int, repeat: int) -> dict[str, Any]:
    """A program's library, imported by a whole command into a library that knows nothing of it yet."""
    with closing(sqlite3.connect(plain)) as connection:
        names = [
            os.fsdecode(row[0]) for row in connection.execute("SELECT path FROM files ORDER BY id LIMIT ?", (tracks,))
        ]
    folder.mkdir()
    source, file = LIBRARIES[kind](folder, names), folder / FILES[kind]
    # Paths of a stick begin at its root.
    maps = ("--path-map", f"{folder}/music=/music") if kind == "rekordbox-usb" else ()
    runs = []
    for _ in range(repeat):
        target = shutil.copyfile(plain, folder / "known.map4")
        runs.append(run_program(map4_command("--library", target, "import", source, "--json", *maps)))
    told = json.loads(runs[0].stdout)
    return {
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": max((run.parent_mb for run in runs if run.parent_mb is not None), default=None),
        "file_mb": round(file.stat().st_size / MB, 1),
        **{name: told[name] for name in ("tracks", "matched", "cues", "grids")},
    }


LIBRARIES = {"engine": engine_library, "rekordbox-usb": stick, "apple-music": apple_library}
FILES = {
    "engine": "Engine Library/Database2/m.db",
    "rekordbox-usb": "PIONEER/rekordbox/export.pdb",
    "apple-music": "Library.xml",
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
    parser.add_argument("--only", choices=[*LIBRARIES, "serato-tags"], help="one of them alone")
    options = parser.parse_args()
    plain = synthetic(options.work, options.tracks)
    with TemporaryDirectory(dir=options.work) as name:
        results = {
            kind: library_figures(plain, Path(name) / kind, kind, options.tracks, options.repeat)
            for kind in LIBRARIES
            if options.only in (None, kind)
        }
        if options.only in (None, "serato-tags"):
            results["serato-tags"] = tag_figures(Path(name), options.repeat)
    for section, figures in results.items():
        show(section, figures)
    # Limits hold for the full size only.
    is_whole = options.tracks == TRACKS and options.only is None
    targets = check_targets(results, TARGETS) if is_whole else []
    write_results(options.json, SCHEMA, results, targets, tracks=options.tracks)


if __name__ == "__main__":
    main()
