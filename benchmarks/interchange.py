"""What it costs to go between map4 and DJ programs with 100,000 tracks: export, import, again, joining, searching.

The library is that of `synthetic_library.py`, made once and kept in the work folder; it is a little larger, as only the
96 % that are analysed and there are exported. A copy of it has imported values for seven tracks of ten, and fifty
lists. That copy is written for rekordbox and Traktor, and what was written is imported into libraries that know nothing
yet: one that has all files, and one where each twentieth is not there. Whole commands run in processes of their own;
figures are medians. CPU seconds stand beside those of the wall, since on a busy machine these say little.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from library import DEFAULT_WORK, show, synthetic, timed
from measure import MB, Run, check_targets, map4_command, median, run_program, write_results
from synthetic_library import SEED

from map4 import Library
from map4.music.lists.tracklist import Tracklist
from map4.music.track.cues import CuePoint, GridMark
from map4.music.track.imported import ImportedValues

SCHEMA = "map4/benchmark-interchange/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "interchange.json"
FORMATS = ("rekordbox", "traktor")
TRACKS = 104_200
"""Of the library; 100,000 of them are exported."""
MARKED_SHARE = 0.7
LISTS, LIST_TRACKS = 50, 200
ABSENT_EACH = 20
"""One track of so many has no file in the second library that is imported into."""
WORDS = ("opener", "warm up", "peak time", "closing", "vocal", "check the intro", "x", "bootleg", "dub", "classic")
QUERIES = ("rating:4.. played:..-6m has:cues limit:100", "comment:x limit:100", "rating:4.. sort:played limit:100")
JOIN = "import sys; from map4 import Library; print(Library.open(sys.argv[1]).imports.match().tracks)"
TARGETS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("export to rekordbox, s", ("export", "rekordbox", "wall_s"), 15.0),
    ("export to rekordbox, MB", ("export", "rekordbox", "parent_mb"), 250.0),
    ("import from rekordbox, s", ("import", "rekordbox", "wall_s"), 30.0),
    ("search, slowest of the queries, s", ("search", "slowest_wall_s"), 0.05),
)


def marked(library: Path, tracks: int) -> Path:
    """The library with imported values for most tracks, and with lists; made once, beside it."""
    target = library.with_name(f"{library.stem}-imported{library.suffix}")
    if target.exists():
        return target
    made = target.with_suffix(".part")
    shutil.copyfile(library, made)
    rng = random.Random(SEED)
    with closing(sqlite3.connect(made)) as connection, connection:
        audio_ids = [
            audio_id for (audio_id,) in connection.execute("SELECT DISTINCT audio_id FROM analyses ORDER BY 1")
        ]
        connection.executemany(
            "INSERT INTO imported (audio_id, data, comment) VALUES (?1, ?2, json_extract(?2, '$.comment'))",
            ((audio_id, json.dumps(_values(rng).to_data())) for audio_id in audio_ids if rng.random() < MARKED_SHARE),
        )
    with closing(Library.open(made)) as opened:
        found = list(opened.search(f"limit:{min(tracks, LISTS * LIST_TRACKS)}"))
        for number in range(LISTS):
            opened.lists.save(f"List {number}", Tracklist(tracks=rng.choices(found, k=min(LIST_TRACKS, len(found)))))
    with closing(sqlite3.connect(made)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    made.replace(target)
    return target


def _values(rng: random.Random) -> ImportedValues:
    """Made up: four cue points in the middle, a grid of one mark, half of the tracks rated, a third with a comment."""
    bpm = round(rng.uniform(70.0, 180.0), 2)
    played = date(2026, 11, 1) - timedelta(days=rng.randrange(1500))
    cues = [
        CuePoint(position_s=round(16 * 60 / bpm * n + 0.25, 3), number=n, name=f"Cue {n}", color="#3ceb50")
        for n in range(rng.randrange(9))
    ]
    return ImportedValues(
        bpm=bpm,
        rating=rng.choice((None, None, None, 1.0, 2.0, 3.0, 4.0, 5.0)),
        play_count=rng.randrange(30),
        last_played=played.isoformat() if rng.random() < 0.8 else None,
        comment=" ".join(rng.sample(WORDS, 2)) if rng.random() < 1 / 3 else None,
        cues=tuple(cues),
        grid=(GridMark(position_s=0.25, bpm=bpm, metre=4, beat=1),),
    )


def exports(source: Path, folder: Path, repeat: int) -> dict[str, Any]:
    """The whole library with grids and lists, to a file of each program in the folder."""
    found = {}
    for kind in FORMATS:
        command = map4_command("--library", source, "export", "--query", "", "-o", _file(folder, kind), "--to", kind)
        runs = [run_program([*command, "--with-grid", "--json"]) for _ in range(repeat)]
        tracks = json.loads(runs[0].stdout)["tracks"]
        found[kind] = {**_figures(runs), "tracks": tracks, "file_mb": round(_file(folder, kind).stat().st_size / MB, 1)}
    return found


def imports(plain: Path, folder: Path, repeat: int) -> dict[str, Any]:
    """Each file into a library that knows nothing yet and has all files, and once more into the same."""
    found: dict[str, Any] = {}
    for kind in FORMATS:
        runs: list[tuple[Run, Run]] = []
        for _ in range(repeat):
            target = Path(shutil.copyfile(plain, folder / "all.map4"))
            runs.append((_import(target, _file(folder, kind)), _import(target, _file(folder, kind))))
            grown_mb = (target.stat().st_size - plain.stat().st_size) / MB
        first, again = ([pair[which] for pair in runs] for which in (0, 1))
        found[kind] = {**_figures(first), **_summary(first[0]), "library_grows_mb": round(grown_mb, 1)}
        found[f"{kind} again"] = {**_figures(again), **_summary(again[0])}
    return found


def absent(plain: Path, folder: Path, repeat: int) -> dict[str, Any]:
    """Into a library where some files are not there; then what a scan does at its end, without and with these files."""
    target, each = folder / "some.map4", (ABSENT_EACH,)
    first, vain, joining = [], [], []
    for _ in range(repeat):
        shutil.copyfile(plain, target)
        with closing(sqlite3.connect(target)) as connection, connection:
            connection.execute(
                "DELETE FROM analyses WHERE audio_id IN (SELECT audio_id FROM files WHERE id % ? = 0)", each
            )
            connection.execute("DELETE FROM files WHERE id % ? = 0", each)
        first.append(_import(target, _file(folder, "rekordbox")))
        vain.append(run_program([sys.executable, "-c", JOIN, str(target)]))
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("ATTACH ? AS plain", (str(plain),))
            names = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(files)"))
            with connection:
                connection.execute(
                    f"INSERT INTO files ({names}) SELECT {names} FROM plain.files WHERE id % ? = 0 ORDER BY id", each
                )
        joining.append(run_program([sys.executable, "-c", JOIN, str(target)]))
    return {
        "import": {**_figures(first), **_summary(first[0])},
        "join in vain": {**_figures(vain), "joined": int(vain[0].stdout)},
        "join": {**_figures(joining), "joined": int(joining[0].stdout)},
    }


def searches(source: Path, repeat: int) -> dict[str, Any]:
    """What came in, asked for in a program that has asked before; every track that is found is read."""
    found: dict[str, Any] = {}
    with closing(Library.open(source)) as library:
        for query in QUERIES:
            tracks = sum(1 for _ in library.search(query))
            wall_s, cpu_s = timed(_reading(library, query), max(5, repeat))
            found[query] = {"tracks": tracks, "wall_s": wall_s, "cpu_s": cpu_s}
    return found | {"slowest_wall_s": max(found[query]["wall_s"] for query in QUERIES)}


def _reading(library: Library, query: str) -> Callable[[], int]:
    return lambda: sum(1 for _ in library.search(query))


def _file(folder: Path, kind: str) -> Path:
    return folder / f"library.{kind}"


def _import(library: Path, file: Path) -> Run:
    return run_program(map4_command("--library", library, "import", file, "--from", file.suffix[1:], "--json"))


def _summary(run: Run) -> dict[str, int]:
    told = json.loads(run.stdout)
    return {name: told[name] for name in ("tracks", "matched", "changed", "changed_lists")}


def _figures(runs: list[Run]) -> dict[str, Any]:
    return {
        "wall_s": median([run.wall_s for run in runs]),
        "cpu_s": median([run.cpu_s for run in runs]),
        "parent_mb": max((run.parent_mb for run in runs if run.parent_mb is not None), default=None),
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the libraries are kept")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="repetitions (default 3)")
    parser.add_argument("--tracks", type=int, default=TRACKS, metavar="N", help="size (default 104,200)")
    options = parser.parse_args()
    plain = synthetic(options.work, options.tracks)
    source = marked(plain, options.tracks)
    results: dict[str, Any] = {}
    with TemporaryDirectory(dir=options.work) as name:
        folder = Path(name)
        sections: dict[str, Callable[[], dict[str, Any]]] = {
            "export": lambda: exports(source, folder, options.repeat),
            "import": lambda: imports(plain, folder, options.repeat),
            "absent": lambda: absent(plain, folder, options.repeat),
            "search": lambda: searches(source, options.repeat),
        }
        for section, measure in sections.items():
            results[section] = measure()
            show(section, results[section])
    # Limits hold for the full size only.
    targets = check_targets(results, TARGETS) if options.tracks == TRACKS else []
    write_results(options.json, SCHEMA, results, targets, tracks=options.tracks, seed=SEED)


if __name__ == "__main__":
    main()
