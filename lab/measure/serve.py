"""How fast `map4 serve` answers many who ask at once.

    python lab/measure/serve.py [--tracks 100000] [--seconds 30] [--library FILE] [--json FILE] [--markdown FILE]

A server of a library of many tracks in a process of its own, and a load generator in another, whose CPU is told apart.
100 clients are connected, and each asks once a second at a random moment; which questions, and how often, says `MIX`.
The first seconds after the start, when nothing is at hand yet, are told apart. Then the same beside 40 music players,
each of which asks a question of OpenSubsonic a second (`REST`), the same with a scan running, 500 clients that ask
every ten seconds, and as much as can be answered by eight that never wait, beside a route that does nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import numpy as np
import soundfile
from measure import machine
from rich.console import Console
from synthetic_library import make_library
from tables import Grid, markdown, show_grids

SCHEMA = "map4/benchmark-serve/1"
DEFAULT_JSON = LAB / "results" / "serve.json"
API = "/api/v1"
CLIENTS, MANY_CLIENTS, MANY_EVERY_S = 100, 500, 10.0
COLD_S = 10.0
"""So long after its start all that a server keeps at hand is there."""
SATURATED_BY = 8
SCANNED_FILES, SCANNED_S = 400, 60
SEED = 20261121

# Kind, share of all questions, and the most that 95 % of them may take (s). Searches are drawn from `SEARCHES` texts,
# the n-th as 1/n, as what a page shows first is asked for by everybody; all else is drawn evenly.
MIX: tuple[tuple[str, float, float], ...] = (
    ("search", 0.25, 0.100),
    ("track", 0.30, 0.200),
    ("tracks", 0.10, 0.200),
    ("similar", 0.10, 0.150),
    ("compatibility", 0.05, 0.200),
    ("lists", 0.10, 0.200),
    ("stats", 0.02, 0.200),
    ("advanced", 0.04, 0.500),
    ("playlist", 0.01, 0.500),
    ("compare", 0.02, 0.500),
    ("set", 0.01, 0.500),
)
# The same for music players, whose targets are all one.
REST_S = 0.150
REST: tuple[tuple[str, float, float], ...] = tuple(
    (f"rest {method}", share, REST_S)
    for method, share in (
        ("search3", 0.35), ("getAlbumList2", 0.20), ("getAlbum", 0.12), ("getArtist", 0.06), ("getArtists", 0.05),
        ("getSong", 0.06), ("getRandomSongs", 0.05), ("getPlaylists", 0.05), ("getGenres", 0.03), ("getStarred2", 0.03),
    )
)  # fmt: skip
PLAYERS = 40
_SIGNED = "u=bench&p=bench&v=1.16.1&c=bench&f=json"
_LISTS_OF_ALBUMS = ("newest", "random", "alphabeticalByName", "alphabeticalByArtist", "frequent", "recent")
SEARCHES = 300
_WORDS = ("house", "gutan", "nava", "robo", "votos", "dub", "wave", "deep", "soul", "tech")

Question = tuple[str, str, str, Any]
"""Kind, method, address, and body."""


def questions(ids: Sequence[str], rng: random.Random) -> Iterator[Question]:
    """What clients ask, one after the other, drawn from `MIX`."""
    kinds, shares = [kind for kind, *_ in MIX], [share for _, share, _ in MIX]
    while True:
        [kind] = rng.choices(kinds, shares)
        yield _question(kind, ids, rng)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What players know of a library: the ids of songs, albums and artists."""

    song: Sequence[str]
    album: Sequence[str]
    artist: Sequence[str]


async def what_players_know(client: Client) -> Known:
    """Five hundred of each."""
    counts = "&".join(f"{one}Count=500" for one in ("song", "album", "artist"))
    said = json.loads((await client.ask("GET", f"/rest/search3?{_SIGNED}&query=&{counts}", None))[1])
    found = said["subsonic-response"]["searchResult3"]
    return Known(**{one: [entry["id"] for entry in found[one]] for one in ("song", "album", "artist")})


def rest_questions(known: Known, rng: random.Random) -> Iterator[Question]:
    """What players ask, drawn from `REST`."""
    kinds, shares = [kind for kind, *_ in REST], [share for _, share, _ in REST]
    while True:
        [kind] = rng.choices(kinds, shares)
        method = kind.removeprefix("rest ")
        word = rng.choice(_WORDS)
        parameters = {
            "search3": f"query={word[: rng.randrange(2, len(word) + 1)]}",
            "getAlbumList2": f"type={rng.choice(_LISTS_OF_ALBUMS)}&size=50&offset={50 * rng.randrange(10)}",
            "getAlbum": f"id={rng.choice(known.album)}",
            "getArtist": f"id={rng.choice(known.artist)}",
            "getSong": f"id={rng.choice(known.song)}",
            "getRandomSongs": "size=50",
        }
        yield kind, "GET", f"/rest/{method}?{_SIGNED}&{parameters.get(method, '')}", None


def _question(kind: str, ids: Sequence[str], rng: random.Random) -> Question:
    one, other = rng.sample(ids, 2)
    bpm = rng.randrange(80, 170)
    if kind == "search":
        [number] = rng.choices(range(SEARCHES), [1 / (rank + 1) for rank in range(SEARCHES)])
        return kind, "GET", f"{API}/search?q={quote(search_text(random.Random(number)))}&limit=50", None
    if kind == "tracks":
        return kind, "GET", f"{API}/tracks?limit=50&after={rng.choice(ids)}", None
    addresses = {
        "track": f"/tracks/{one}",
        "compatibility": f"/compatibility/{one}/{other}",
        "lists": "/lists",
        "stats": f"/stats/library?q=year:{1960 + bpm % 60}",
    }
    if kind in addresses:
        return kind, "GET", API + addresses[kind], None
    bodies: dict[str, tuple[str, str, Any]] = {
        "similar": ("POST", "/audio/find-similar", {"files": [one], "n": 20}),
        "advanced": (
            "POST",
            "/search/advanced",
            {"filters": {"bpm": {"operator": "range", "min": bpm, "max": bpm + 2}}},
        ),
        "playlist": ("POST", "/playlists/generate", {"seeds": [one], "n": 20}),
        "compare": ("POST", "/compare", {"files": [one, other]}),
        "set": ("PUT", f"/tracks/{one}", {"rating": rng.randrange(6)}),
    }
    method, address, body = bodies[kind]
    return kind, method, API + address, body


def search_text(rng: random.Random) -> str:
    """A query as people ask them."""
    bpm, word = rng.randrange(80, 170), rng.choice(_WORDS)
    return rng.choice(
        (
            f"{word} bpm:{bpm}..{bpm + 3}",
            f"key:~{bpm % 12 + 1}A bpm:{bpm}..{bpm + 2}",
            f"{word} {rng.choice(_WORDS)}",
            f"genre:techno bpm:{bpm} sort:energy-",
            f"year:{1960 + bpm % 60} energy:7..",
        )
    )


class Client:
    """One connection that stays; `headers` are lines of each question."""

    def __init__(self, port: int, headers: str = "") -> None:
        self._port, self._headers = port, headers
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, address: str, body: Any) -> tuple[int, bytes]:
        """Status and body of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        reader, writer = self._streams
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {address} HTTP/1.1\r\nHost: localhost:{self._port}\r\n{self._headers}"
        if sent:
            head += f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n"
        writer.write(f"{head}\r\n".encode() + sent)
        told = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(told.partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
        return int(told.split(None, 2)[1]), await reader.readexactly(length)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


async def load(port: int, *, clients: int, every_s: float, seconds: float, players: int = 0) -> dict[str, Any]:
    """So many clients and players, each asking once in `every_s` at a random moment; times and errors by kind."""
    rng = random.Random(SEED)
    first = Client(port)
    page = json.loads((await first.ask("GET", f"{API}/tracks?limit=500", None))[1])
    ids = [track["id"] for track in page["tracks"] if track["state"] == "ok"]
    await first.ask("POST", f"{API}/audio/find-similar", {"files": [ids[0]]})  # what the first question loads is told
    times: dict[str, list[float]] = defaultdict(list)
    errors: list[str] = []

    async def client(asked: Iterator[Question], moments: random.Random) -> None:
        connection = Client(port)
        begin = time.monotonic()
        for turn in range(round(seconds / every_s)):
            await asyncio.sleep(max(0.0, begin + (turn + moments.random()) * every_s - time.monotonic()))
            kind, method, address, body = next(asked)
            started = time.perf_counter()
            try:
                status, answer = await connection.ask(method, address, body)
            except (OSError, asyncio.IncompleteReadError) as error:
                errors.append(f"{kind}: {error!r}")
                connection = Client(port)
                continue
            times[kind].append(time.perf_counter() - started)
            if status != 200:
                errors.append(f"{kind}: {status} {address} {answer[:120]!r}")
        connection.close()

    own = [questions(ids, random.Random(rng.random())) for _ in range(clients)]
    known = await what_players_know(first) if players else None
    own += [rest_questions(known, random.Random(rng.random())) for _ in range(players) if known is not None]
    await asyncio.gather(*(client(one, random.Random(rng.random())) for one in own))
    return {"times": times, "errors": errors}


async def saturate(port: int, address: Callable[[int], str], *, seconds: float) -> float:
    """Answers a second to some who never wait."""
    count = 0
    until = time.monotonic() + seconds

    async def client(number: int) -> None:
        nonlocal count
        connection = Client(port)
        while time.monotonic() < until:
            await connection.ask("GET", address(count), None)
            count += 1
        connection.close()

    await asyncio.gather(*(client(number) for number in range(SATURATED_BY)))
    return count / seconds


def generator(port: int, what: str, seconds: float) -> dict[str, Any]:
    """What the load generator's own process does."""
    began = time.monotonic()
    if what == "saturation":
        ids = json.loads(asyncio.run(Client(port).ask("GET", f"{API}/tracks?limit=500", None))[1])["ids"]
        found: dict[str, Any] = {
            "hello": asyncio.run(saturate(port, lambda number: "/health", seconds=seconds)),
            "kept search": asyncio.run(saturate(port, lambda number: f"{API}/search?q=techno", seconds=seconds)),
            "track": asyncio.run(saturate(port, lambda number: f"{API}/tracks/{ids[number % 500]}", seconds=seconds)),
        }
    elif what == "many":
        found = asyncio.run(load(port, clients=MANY_CLIENTS, every_s=MANY_EVERY_S, seconds=seconds))
    else:
        players = PLAYERS if what == "players" else 0
        found = asyncio.run(load(port, clients=CLIENTS, every_s=1.0, seconds=seconds, players=players))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {**found, "cpu_s": used.ru_utime + used.ru_stime, "wall_s": time.monotonic() - began}


# ---- the processes -------------------------------------------------------------------------------


@contextmanager
def serving(library: Path) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port and its process id."""
    command = [sys.executable, "-m", "map4", "--library", str(library), "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(LAB.parent), "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        yield int(process.stderr.readline().split("localhost:")[1].split()[0].rstrip(";")), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def scanning(library: Path, folder: Path) -> Iterator[None]:
    """A scan of new files meanwhile, nice to all others."""
    rng = np.random.default_rng(SEED)
    for number in range(SCANNED_FILES):
        soundfile.write(folder / f"{number}.flac", 0.1 * rng.standard_normal(SCANNED_S * 22050), 22050)
    command = ["nice", "-n", "19", sys.executable, "-m", "map4", "-q", "--library", str(library), "scan", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(LAB.parent)}
    process = subprocess.Popen(command, env=environment)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError("the scan ended before the clients did; raise SCANNED_FILES")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def family(pid: int) -> list[int]:
    """A process and those that it started, which are still there."""
    started = (int(child) for one in Path(f"/proc/{pid}/task").glob("*/children") for child in one.read_text().split())
    return [pid, *(one for child in started for one in family(child))]


def cpu_s(pid: int) -> float:
    """CPU that a process and those that it started have used so far."""
    ticks = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    """The most memory that a process and those that it started can have had; what several share is counted once."""
    kb = 0
    for one in family(pid):
        status, shared = (Path(f"/proc/{one}/{name}").read_text() for name in ("status", "smaps_rollup"))
        # It has its share now, and had as much more as it has given back since.
        kb += kb_of(shared, "Pss") + kb_of(status, "VmHWM") - kb_of(status, "VmRSS")
    return kb / 1000


def kb_of(text: str, name: str) -> int:
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


def measured(port: int, pid: int, what: str, seconds: float) -> dict[str, Any]:
    """One load, with the CPU of the server and of the generator."""
    before = cpu_s(pid)
    command = [sys.executable, __file__, "--generate", what, "--port", str(port), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    found |= {"server_cpu_s": cpu_s(pid) - before, "server_peak_mb": peak_mb(pid), "load": os.getloadavg()[0]}
    if "times" in found:
        found["kinds"] = {kind: _figures(times) for kind, times in found.pop("times").items()}
    return found


def _figures(times: Sequence[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(times, (50, 95, 99))
    return {"count": len(times), "p50_s": float(p50), "p95_s": float(p95), "p99_s": float(p99), "max_s": max(times)}


def grids(report: dict[str, Any]) -> list[Grid]:
    """The tables."""
    loads = report["loads"]
    named = {
        "cold": "just started",
        "usual": "100 clients",
        "players": f"and {PLAYERS} players",
        "scan": "and a scan",
        "many": "500 clients",
    }
    rows = []
    for kind, share, most in (*MIX, *REST):
        cells = [loads[name]["kinds"].get(kind) for name in named]
        rows.append((f"{kind} ({share:.0%})", f"{1000 * most:.0f}", *(_cell(cell) for cell in cells)))
    used = [
        (named[name], f"{one['server_cpu_s'] / one['wall_s']:.2f}", f"{one['cpu_s'] / one['wall_s']:.2f}",
         f"{one['server_peak_mb']:.0f}", str(len(one["errors"])), f"{one['load']:.1f}")
        for name, one in loads.items()
    ]  # fmt: skip
    saturated = [(name, f"{report['saturation'][name]:.0f}") for name in ("hello", "kept search", "track")]
    return [
        Grid(title=f"{report['tracks']:,} tracks: 50 % / 95 % of answers within (ms)",
             headings=("question", "target", *named.values()), rows=tuple(rows)),
        Grid(title="What it took", headings=("", "server's cores", "generator's cores", "server's MB", "errors",
             "load of the machine"), rows=tuple(used)),
        Grid(title=f"Answers a second to {SATURATED_BY} who never wait", headings=("route", "answers/s"),
             rows=tuple(saturated)),
    ]  # fmt: skip


def _cell(cell: dict[str, float] | None) -> str:
    return "" if cell is None else f"{1000 * cell['p50_s']:.0f} / {1000 * cell['p95_s']:.0f}"


def main() -> int:
    arguments = _arguments()
    if arguments.generate:
        print(json.dumps(generator(arguments.port, arguments.generate, arguments.seconds)))
        return 0
    with TemporaryDirectory(prefix="map4-serve-") as work:
        library = arguments.library or make_library(Path(work) / "library.map4", arguments.tracks)
        report: dict[str, Any] = {"schema": SCHEMA, "machine": machine(), "tracks": arguments.tracks, "loads": {}}
        with serving(library) as (port, pid):
            report["loads"]["cold"] = measured(port, pid, "usual", COLD_S)
            report["loads"]["usual"] = measured(port, pid, "usual", arguments.seconds)
            report["loads"]["players"] = measured(port, pid, "players", arguments.seconds)
            report["loads"]["many"] = measured(port, pid, "many", max(arguments.seconds, 2 * MANY_EVERY_S))
            report["saturation"] = measured(port, pid, "saturation", min(arguments.seconds, 5.0))
            (Path(work) / "new").mkdir()
            with scanning(library, Path(work) / "new"):
                report["loads"]["scan"] = measured(port, pid, "usual", arguments.seconds)
    tell(report, grids(report), [error for one in report["loads"].values() for error in one["errors"][:5]], arguments)
    return 0


def tell(
    report: Mapping[str, Any], tables: Sequence[Grid], errors: Iterable[str], arguments: argparse.Namespace
) -> None:
    """Show what was measured, and write it to the files that are wanted."""
    show_grids(Console(), tables)
    for error in errors:
        print(error)
    arguments.json.parent.mkdir(exist_ok=True)
    arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.markdown:
        arguments.markdown.write_text(markdown(tables))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load")
    parser.add_argument("--library", type=Path, help="one that was made already; it is changed")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--generate", choices=("usual", "players", "many", "saturation"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
