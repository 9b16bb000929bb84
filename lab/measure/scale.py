"""How commands grow with the library: CPU, memory and exponent of each; and whether they still answer the same.

The libraries are those of `synthetic_library.py`, made once and kept in the work folder; that of a million tracks is
ten times that of 100,000 (`multiplied_library.py`). Every command is a process of its own. `--record FILE` writes a
digest of what each prints for 20,000 tracks, `--compare FILE` names those that print something else now: what is
made faster must answer as before, order included.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import math
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

LAB = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(LAB / "music"))

from measure import REPOSITORY, add_results, map4_command, median, run_program, write_results
from multiplied_library import multiply_library
from synthetic_library import make_library

DEFAULT_WORK = Path(tempfile.gettempdir()) / "map4-benchmark"
SIZES = (1_000, 10_000, 100_000)
RECORDED = 20_000
# To make a million tracks one by one takes half an hour.
MULTIPLIED_FROM, TIMES = 1_000_000, 10
START_S = 0.15  # of a command that does nothing; left out of the exponent

# What follows `--library FILE`. Of a {word} the file that `_material` makes.
COMMANDS: dict[str, tuple[str, ...]] = {
    "search, many conditions": ("search", "bpm:120..128 key:8A genre:house"),
    "search, limit": ("search", "limit:20"),
    "search, key and limit": ("search", "key:~8A limit:100"),
    "search, text": ("search", "gutan limit:100"),
    "search, by tempo": ("search", "sort:bpm- limit:100"),
    "search, by artist": ("search", "sort:artist limit:100"),
    "search, by key": ("search", "bpm:120..128 sort:key limit:100"),
    "search, doubtful": ("search", "is:doubtful limit:100"),
    "search, genre": ("search", "genre:=House energy:9.. limit:100"),
    "search, paths of all": ("search", "--paths", "is:any"),
    "similar, sound": ("similar", "{one}"),
    "similar, hamms": ("similar", "--by", "hamms", "{one}"),
    "similar, mix": ("similar", "--by", "mix", "{one}"),
    "playlist of 50": ("playlist", "--seed", "{one}", "-n", "50", "--curve", "wave"),
    "playlist of a query": ("playlist", "--query", "genre:house bpm:118..130"),
    "playlist check, 40": ("playlist", "check", "{forty}"),
    "playlist order, 200": ("playlist", "order", "{hundreds}"),
    "playlist fill --refresh, 40": ("playlist", "fill", "{forty}", "--refresh"),
    "playlist fill, 40 to 60": ("playlist", "fill", "{forty}", "-n", "60"),
    "playlist list": ("playlist", "list"),
    "stats": ("stats",),
    "stats of a query": ("stats", "--query", "genre:house"),
    "cache info": ("cache", "info"),
    "classify --dry-run": ("classify", "--dry-run"),
    "doctor": ("doctor",),
    "import --waiting": ("import", "waiting"),
    "help": ("--help",),
}
# What beets is asked beside "search, paths of all" and "search, many conditions"; `--beets` names its program.
BEETS = {
    "beets, paths of all": ("ls", "-p"),
    "beets, many conditions": ("ls", "bpm:120..128", "initial_key:8A", "genres:house"),
}
# Of the names of the columns of beets, where the values stand here.
_OF_BEETS = {
    "path": "f.path", "title": "f.title", "artist": "f.artist", "album": "f.album", "genres": "f.genre",
    "year": "f.year", "track": "f.track", "length": "x.duration_s", "bpm": "CAST(x.measured_bpm AS INTEGER)",
    "initial_key": "x.measured_key", "format": "upper(x.codec)", "bitrate": "CAST(x.bit_rate_bps AS INTEGER)",
    "samplerate": "x.sample_rate_hz", "channels": "x.channels", "added": "1767225600.0", "mtime": "1767225600.0",
}  # fmt: skip
# These print lines that a person reads, and the others more as JSON.
_PLAIN = ("search, paths of all", "help", "playlist list", "import --waiting")
_SHORT_OF = (0, 4)  # a list that could not be made whole is printed all the same
_ROWS = "&fields=id,title,artist,bpm,key,energy,duration&from=0&to=200"
REQUESTS: dict[str, tuple[str, ...]] = {
    "first rows": (f"/columns?q={_ROWS}",), "letter": (f"/columns?q=g{_ROWS}",),
    "sort": (f"/columns?q=&sort=bpm-{_ROWS}",), "place": ("/columns/place?q=&sort=title&text=m",),
    "a change": ("/tracks/{id}", "-XPUT", "--json", '{"genre": "Changed"}'),
    "albums, changed": ("/albums?from=0&to=100",), "albums": ("/albums?sort=artist&from=0&to=100",),
    "map": ("/map",), "regions": ("/map/regions",), "copies, first": ("/duplicates?limit=20",),
    "getSimilarSongs": ("/../../rest/getSimilarSongs2?id={id}&count=50&f=json&u=a&p=a&c=x&v=1.16.1",),
    "similar": ("/audio/find-similar", "--json", '{"files": ["{id}"], "n": 20}'),
    "playlist of 50": ("/playlists/generate", "--json", '{"seeds": ["{id}"], "n": 50}'), "doctor": ("/doctor?limit=0",),
}  # fmt: skip
_TIMES = re.compile(rb'"[a-z_]*_at": ?"[^"]*"')
_LISTS = {"forty": 'genre:"deep house" key:~8A sort:title limit:40', "hundreds": "genre:techno sort:title limit:200"}


def library(work: Path, tracks: int) -> Path:
    """The library of so many tracks, made where it is not there yet."""
    path = work / f"{tracks}.map4"
    if path.exists():
        return path
    if tracks < MULTIPLIED_FROM:
        return make_library(path, tracks)
    return multiply_library(library(work, tracks // TIMES), path, TIMES)


def growth(
    work: Path, sizes: list[int], names: list[str], repeat: int, beet: str | None
) -> dict[str, dict[str, dict[str, float]]]:
    """Of each command and size the median of CPU (s), and the most memory (MB)."""
    compileall.compile_dir(REPOSITORY / "map4", quiet=1)
    measured: dict[str, dict[str, dict[str, float]]] = {name: {} for name in (*names, *(BEETS if beet else ()))}
    for size in sizes:
        path = library(work, size)
        made = _material(path)
        commands = {name: _command(path, name, made) for name in names}
        if beet is not None:
            folder = beets_library(path, beet)
            commands |= {name: _beet(folder, beet, *words) for name, words in BEETS.items()}
        for name, command in commands.items():
            run_program(command, poll=False, ends=_SHORT_OF)  # which fills the caches
            runs = [run_program(command, ends=_SHORT_OF) for _ in range(repeat)]
            figures = {"cpu_s": median([run.cpu_s for run in runs]), "mb": max(run.parent_mb or 0.0 for run in runs)}
            measured[name][str(size)] = figures
            print(f"{size:>9,}  {name:<26} {figures['cpu_s']:7.2f} s {figures['mb']:7.0f} MB", flush=True)
    return measured


def beets_library(library: Path, beet: str) -> Path:
    """The folder of a library of beets with the same tracks, made where it is not there yet."""
    folder = library.with_suffix(".beets")
    if not folder.exists():
        folder.mkdir()
        (folder / "config.yaml").write_text(f"directory: /music\nlibrary: {folder / 'library.db'}\n")
        subprocess.run(_beet(folder, beet, "ls"), check=True, capture_output=True)
        connection = sqlite3.connect(folder / "library.db")
        with connection:
            connection.execute("ATTACH ? AS m", (str(library),))
            connection.execute(
                f"INSERT INTO items (id, {', '.join(_OF_BEETS)}) SELECT f.id, {', '.join(_OF_BEETS.values())} "
                "FROM m.files AS f JOIN m.facts AS x ON x.file_id = f.id WHERE x.state = 'ok'"
            )
        connection.close()
    return folder


def _beet(folder: Path, beet: str, *words: str) -> list[str]:
    return ["env", f"BEETSDIR={folder}", beet, *words]


def digests(work: Path, names: list[str], tracks: int) -> dict[str, str]:
    """What each command prints, as a digest; times of the day left out."""
    path = library(work, tracks)
    made, found = _material(path), {}
    for name in names:
        words = _command(path, name, made) + ([] if name in _PLAIN else ["--json"])
        printed = run_program(words, poll=False, ends=_SHORT_OF).stdout
        found[name] = hashlib.sha256(_TIMES.sub(b"", printed)).hexdigest()[:16]
    return found


def serve(path: Path, port: int) -> None:
    """Print the wait and bytes of each request to a server of the library, its CPU and its memory."""
    [audio_id] = sqlite3.connect(path).execute("SELECT audio_id FROM facts JOIN files ON id = file_id").fetchone()
    server = subprocess.Popen(map4_command("--library", path, "serve", "--port", str(port)))
    curl = "curl -s --retry 60 --retry-connrefused -w %{time_total}s|%{http_code}|%{size_download} -o".split()  # noqa: SIM905
    try:
        for name, words in {"start": ("/about",), **REQUESTS}.items():
            before, _ = _used(server.pid)
            address, *more = (word.replace("{id}", audio_id) for word in words)
            command = [*curl, os.devnull, *more, f"http://127.0.0.1:{port}/api/v1{address}"]
            said = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
            cpu, mb = _used(server.pid)
            print(f"| {name} | {said} bytes | {cpu - before:.2f} s of CPU | {mb:.0f} MB |", flush=True)
    finally:
        server.terminate()


def _used(pid: int) -> tuple[float, float]:
    """CPU (s) of a process and all below it, also of those that ended, and their memory (MB, shared pages in parts)."""
    folder = Path(f"/proc/{pid}")
    cpu = sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")
    mb = int(re.findall(r"^Pss: +(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)[0]) / 1024
    below = [_used(int(child)) for task in folder.glob("task/*/children") for child in task.read_text().split()]
    return cpu + sum(each for each, _ in below), mb + sum(each for _, each in below)


def exponent(of_size: dict[str, dict[str, float]]) -> float | None:
    """By which power of the size the CPU grows, from the second largest library to the largest."""
    sizes = sorted(of_size, key=int)[-2:]
    if len(sizes) < 2:
        return None
    small, large = (of_size[size]["cpu_s"] - START_S for size in sizes)
    return round(math.log(large / small, int(sizes[1]) / int(sizes[0])), 2) if small > 0.02 and large > 0.02 else 0.0


def _material(path: Path) -> dict[str, str]:
    """A track of the library, and lists of it in files."""
    made = {"one": _printed(path, "search", "--paths", "bpm:124 sort:year limit:1").strip()}
    for name, query in _LISTS.items():
        made[name] = str(path.with_suffix(f".{name}.m3u8"))
        Path(made[name]).write_text(_printed(path, "search", "--paths", query), encoding="utf-8")
    return made


def _printed(path: Path, *words: str) -> str:
    return run_program(map4_command("--library", path, *words), poll=False).stdout.decode()


def _command(path: Path, name: str, made: dict[str, str]) -> list[str]:
    return map4_command("--library", path, *(word.format(**made) for word in COMMANDS[name]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="tracks; 1000000 takes an hour")
    parser.add_argument("--only", nargs="+", metavar="WORD", help="commands with one of these words in their names")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--beets", metavar="PROGRAM", help="also ask beets, by this 'beet'")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    parser.add_argument("--serve", type=int, metavar="PORT", help="only requests to a server; changes a track")
    add_results(parser, "scale")
    parser.add_argument("--record", type=Path, metavar="FILE", help="only write what is printed, as digests")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="only compare with what was recorded")
    parser.add_argument("--tracks", type=int, default=RECORDED, help="of the library that is recorded")
    return parser.parse_args()


def main() -> int:
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.serve:
        serve(library(arguments.work, arguments.sizes[0]), arguments.serve)
        return 0
    names = [name for name in COMMANDS if not arguments.only or any(word in name for word in arguments.only)]
    if arguments.record or arguments.compare:
        found = digests(arguments.work, [name for name in names if name != "help"], arguments.tracks)
        if arguments.record:
            arguments.record.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        if arguments.compare:
            before = json.loads(arguments.compare.read_text(encoding="utf-8"))
            others = [name for name in found if found[name] != before.get(name)]
            print(f"{len(found) - len(others)} of {len(found)} print the same", *others, sep="\n- ")
            return 1 if others else 0
        return 0
    measured = growth(arguments.work, arguments.sizes, names, arguments.repeat, arguments.beets)
    report: dict[str, Any] = {
        "file_bytes": {str(size): library(arguments.work, size).stat().st_size for size in arguments.sizes},
        "commands": {name: {"sizes": sizes, "exponent": exponent(sizes)} for name, sizes in measured.items()},
    }
    write_results(arguments.json, "scale", **report)
    print(_table(report, arguments.sizes))
    return 0


def _table(report: dict[str, Any], sizes: list[int]) -> str:
    lines = [f"| command, CPU s / MB | {' | '.join(f'{size:,}' for size in sizes)} | exponent |"]
    lines.append("|" + "---|" * (len(sizes) + 2))
    for name, figures in report["commands"].items():
        cells = [f"{one['cpu_s']:.2f} / {one['mb']:.0f}" for one in figures["sizes"].values()]
        lines.append(f"| {name} | {' | '.join(cells)} | {'' if figures['exponent'] is None else figures['exponent']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
