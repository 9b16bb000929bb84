"""What accounts and limits cost `map4 serve`, and whether they hold.

    python benchmarks/accounts.py [--tracks 20000] [--seconds 60] [--only PART] [--json FILE]

`reads`: three servers of the same library, two without accounts, which show what is chance, and one with 100, of which
each client has its own token; each of 100 clients asks every server the same once a second, at random moments.
`log-in`: how long a wrong password and an unknown name take. `limiter`: what counting a request costs. `together`: how
many requests three processes allow that count in one Redis, which this starts (redis-server).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from urllib.parse import quote

import numpy as np
import soundfile
from limits import RateLimitItemPerSecond
from measure import machine
from serve import API, CLIENTS, SEARCHES, Client, cpu_s, search_text, serving, tell
from starlette.requests import Request
from synthetic_library import make_library
from tables import Grid

from map4.base.actor import Actor, Role
from map4.extras.postgres.redis.shared_redis import SharedRedis
from map4.library import Library
from map4.server.admission import Caller
from map4.server.counts import Counts
from map4.server.limits import ServerLimits, headers_of
from map4.server.settings import ServerSettings

SCHEMA = "map4/benchmark-accounts/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "accounts.json"
PARTS = ("reads", "log-in", "limiter", "together")
SEED = 20261122
MIX = (("search", 0.3), ("track", 0.3), ("lists", 0.15), ("audio", 0.15), ("events", 0.1))
COLD_S, SLICE_S = 15.0, 10
WANTED_RATIO = 1.10
AUDIO_S, RANGE_BYTES = 60, 65_536
PASSWORD = "a long password"
LOG_INS = 30
COUNTED, COUNTED_IN_REDIS = 20_000, 3_000
PROCESSES, ALLOWED, TRIED = 3, 12_000, 6_000


# ---- reads ---------------------------------------------------------------------------------------


async def load(ports: dict[str, int], tokens: Sequence[str], ids: Sequence[str], audio: str, seconds: float) -> Any:
    """Every client asks each server the same once a second; times by server and kind, with the second in which."""
    times: dict[str, dict[str, list[tuple[int, float]]]] = {name: defaultdict(list) for name in ports}
    errors: list[str] = []

    async def client(number: int) -> None:
        rng, begin = random.Random(SEED * CLIENTS + number), time.monotonic()
        known = {name: f"Authorization: Bearer {tokens[number]}\r\n" if name == "accounts" else "" for name in ports}
        plain = {name: Client(port, known[name]) for name, port in ports.items()}
        ranged = {
            name: Client(port, f"{known[name]}Range: bytes=0-{RANGE_BYTES - 1}\r\n") for name, port in ports.items()
        }
        for turn in range(round(seconds)):
            [kind] = rng.choices([kind for kind, _ in MIX], [share for _, share in MIX])
            address = "" if kind == "events" else _address(kind, ids, audio, rng)
            moments = sorted(rng.random() for _ in ports)
            for name, moment in zip(rng.sample(list(ports), len(ports)), moments, strict=True):
                await asyncio.sleep(max(0.0, begin + turn + moment - time.monotonic()))
                began = time.perf_counter()
                if kind == "events":
                    status = await _first_of_events(ports[name], known[name])
                else:
                    status, _ = await (ranged if kind == "audio" else plain)[name].ask("GET", address, None)
                times[name][kind].append((turn, time.perf_counter() - began))
                if status not in (200, 206):
                    errors.append(f"{name}: {kind}: {status}")
        for one in (*plain.values(), *ranged.values()):
            one.close()

    await asyncio.gather(*map(client, range(CLIENTS)))
    return {"times": times, "errors": errors}


def _address(kind: str, ids: Sequence[str], audio: str, rng: random.Random) -> str:
    if kind == "search":
        [number] = rng.choices(range(SEARCHES), [1 / (rank + 1) for rank in range(SEARCHES)])
        return f"{API}/search?q={quote(search_text(random.Random(number)))}&limit=50"
    places = {"track": f"/tracks/{rng.choice(ids)}", "lists": "/lists", "audio": f"/tracks/{audio}/audio"}
    return API + places[kind]


async def _first_of_events(port: int, headers: str) -> int:
    """Follow what happens until the first word of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {API}/events?type=lists HTTP/1.1\r\nHost: localhost:{port}\r\n{headers}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readuntil(b"retry: 2000")
    writer.close()
    return int(head.split(None, 2)[1])


@contextmanager
def libraries(work: Path, tracks: int) -> Iterator[tuple[Path, Path, Path, list[str]]]:
    """Three of the same music, of which the last has accounts; the token of each."""
    music = work / "music"
    music.mkdir()
    noise = np.random.default_rng(SEED).standard_normal(AUDIO_S * 44_100)
    soundfile.write(music / "noise.wav", 0.1 * noise, 44_100)
    without = make_library(work / "without.map4", tracks)
    with Library.open(without) as library:
        library.scan([str(music)], jobs=1)
    again, with_accounts = (Path(shutil.copy(without, work / name)) for name in ("again.map4", "with.map4"))
    tokens = []
    with Library.open(with_accounts) as library:
        for number in range(CLIENTS):
            role: Role = "user" if number else "admin"
            account = library.accounts.add(f"person {number}", role, password=None if number else PASSWORD)
            tokens.append(library.credentials.add("benchmark", scopes=("read",), account=account.number).secret)
    yield without, again, with_accounts, tokens


def reads(servers: dict[str, tuple[int, int]], tokens: list[str], seconds: float) -> dict[str, Any]:
    """All servers, each a port and a process, are asked the same in the same seconds."""
    ids, audio = asyncio.run(_known(servers["none"][0]))
    asked = {"ports": {name: port for name, (port, _) in servers.items()}, "tokens": tokens, "ids": ids, "audio": audio}
    _generated({**asked, "seconds": COLD_S})
    before = {name: cpu_s(pid) for name, (_, pid) in servers.items()}
    told = _generated({**asked, "seconds": seconds})
    cpu = {name: cpu_s(pid) - before[name] for name, (_, pid) in servers.items()}
    kinds: dict[str, Any] = {}
    for kind in (*(kind for kind, _ in MIX), "all"):
        times = {
            name: [s for some, of_kind in found.items() if kind in (some, "all") for _, s in of_kind]
            for name, found in told["times"].items()
        }
        kinds[kind] = {name: [float(np.percentile(some, share)) for share in (50, 95)] for name, some in times.items()}
    count = len(times["none"])
    return {
        "kinds": kinds,
        "cpu_ms": {name: 1000 * one / count for name, one in cpu.items()},
        "ratios": {name: _ratios(told["times"], name, seconds) for name in servers if name != "none"},
        "errors": told["errors"],
    }


def _ratios(times: dict[str, dict[str, list[tuple[int, float]]]], name: str, seconds: float) -> list[float]:
    """Of the 95 % of a server to those of the one without accounts, in each ten seconds."""
    found = []
    for start in range(0, round(seconds), SLICE_S):
        pair = [
            np.percentile(
                [s for some in times[one].values() for turn, s in some if start <= turn < start + SLICE_S], 95
            )
            for one in (name, "none")
        ]
        found.append(float(pair[0] / pair[1]))
    return found


def _generated(asked: dict[str, Any]) -> Any:
    done = subprocess.run([sys.executable, __file__, "--generate"], input=json.dumps(asked), capture_output=True,
                          text=True, check=True)  # fmt: skip
    return json.loads(done.stdout)


async def _known(port: int) -> tuple[list[str], str]:
    client = Client(port)
    page = json.loads((await client.ask("GET", f"{API}/tracks?limit=500", None))[1])
    found = json.loads((await client.ask("GET", f"{API}/search?q={quote('file:noise.wav')}", None))[1])
    client.close()
    return [track["id"] for track in page["tracks"] if track["state"] == "ok"], found["ids"][0]


# ---- log-in --------------------------------------------------------------------------------------


def log_in(port: int) -> dict[str, Any]:
    """A wrong password and an unknown name in turn, each from an address of its own, so that none is refused."""
    times: dict[str, list[float]] = {"wrong password": [], "unknown name": []}
    for number in range(2 * LOG_INS):
        kind = list(times)[number % 2]
        name = "person 0" if kind == "wrong password" else f"nobody {number}"
        began = time.perf_counter()
        status = asyncio.run(_logged_in(port, f"127.0.2.{number + 1}", name))
        times[kind].append(time.perf_counter() - began)
        if status != 401:
            raise RuntimeError(f"a {kind} was answered with {status}")
    halves = [times["wrong password"][half::2] for half in (0, 1)]
    medians = {kind: float(np.median(some)) for kind, some in times.items()}
    return {
        "median_s": medians,
        "difference_s": abs(medians["wrong password"] - medians["unknown name"]),
        "noise_s": abs(float(np.median(halves[0])) - float(np.median(halves[1]))),
    }


async def _logged_in(port: int, address: str, name: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    body = json.dumps({"username": name, "password": "a wrong password"})
    head = f"POST {API}/auth/login HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    told = await reader.readuntil(b"\r\n")
    writer.close()
    return int(told.split(None, 2)[1])


# ---- limits --------------------------------------------------------------------------------------


async def limiter(redis: str | None, number: int) -> dict[str, float]:
    """CPU and wall time of counting a request and telling what is left, in µs."""
    settings = ServerSettings(library="", open_library=cast(Any, None), requests_per_minute=10**9)
    shared = SharedRedis(redis) if redis else None
    limits = ServerLimits(settings, shared)
    actor = Actor(id=1, name="person", scopes=frozenset(["read"]))
    callers = [Caller(actor=actor, credential=cast(Any, SimpleNamespace(id=f"t-{one}"))) for one in range(CLIENTS)]
    requests = [Request({"type": "http", "headers": []}) for _ in range(number)]
    await limits.count(requests[0], callers[0])
    began, cpu = time.perf_counter(), time.process_time()
    for turn, request in enumerate(requests):
        await limits.count(request, callers[turn % CLIENTS])
        headers_of(request)
    found = {"wall_us": time.perf_counter() - began, "cpu_us": time.process_time() - cpu}
    if shared is not None:
        await shared.close()
    return {name: one / number * 1e6 for name, one in found.items()}


def together(redis: str) -> dict[str, Any]:
    """How many requests of one token some processes allow that ask at once, of which each tries more than its share."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        allowed = pool.map(_allowed, [redis] * PROCESSES, chunksize=1)
    return {"limit": ALLOWED, "tried": PROCESSES * TRIED, "allowed": allowed, "off": sum(allowed) / ALLOWED - 1}


def _allowed(redis: str) -> int:
    async def asked() -> int:
        shared = SharedRedis(redis)
        server, item = Counts(shared), RateLimitItemPerSecond(ALLOWED, 60, namespace="together")
        count = sum([(await server.add(item, "t-1")).count <= ALLOWED for _ in range(TRIED)])
        await shared.close()
        return count

    return asyncio.run(asked())


@contextmanager
def redis_server(work: Path) -> Iterator[str]:
    """A Redis of its own, which keeps nothing."""
    path = work / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(work)]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    while not path.exists():
        time.sleep(0.01)
    try:
        yield f"unix://{path}"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


# ---- the report ----------------------------------------------------------------------------------


def measured(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """What was asked for."""
    report: dict[str, Any] = {"schema": SCHEMA, "machine": machine(), "tracks": arguments.tracks, "clients": CLIENTS}
    only = arguments.only or PARTS
    if {"reads", "log-in"} & set(only):
        with (
            libraries(work, arguments.tracks) as (without, again, with_accounts, tokens),
            serving(without) as none,
            serving(again) as again_none,
            serving(with_accounts) as accounts,
        ):
            if "reads" in only:
                servers = {"none": none, "none again": again_none, "accounts": accounts}
                report["reads"] = reads(servers, tokens, arguments.seconds)
            if "log-in" in only:
                report["log-in"] = log_in(accounts[0])
    if {"limiter", "together"} & set(only):
        with redis_server(work) as redis:
            if "limiter" in only:
                report["limiter"] = {
                    "memory": asyncio.run(limiter(None, COUNTED)),
                    "Redis": asyncio.run(limiter(redis, COUNTED_IN_REDIS)),
                }
            if "together" in only:
                report["together"] = together(redis)
    return {**report, "load": os.getloadavg()[0]}


def grids(report: dict[str, Any]) -> list[Grid]:
    """The tables."""
    made = []
    if found := report.get("reads"):
        rows = tuple(
            (kind, *(f"{1000 * p50:.1f} / {1000 * p95:.1f}" for p50, p95 in one.values()),
             *(f"{one[name][1] / one['none'][1]:.2f}" for name in ("none again", "accounts")))
            for kind, one in found["kinds"].items()
        )  # fmt: skip
        again, with_accounts = (float(np.median(found["ratios"][name])) for name in ("none again", "accounts"))
        made.append(Grid(
            title=f"{report['tracks']:,} tracks, {report['clients']} clients: 50 % / 95 % within (ms)",
            headings=("asked", "no accounts", "again", f"{report['clients']} accounts", "ratio", "ratio"),
            rows=rows,
            note=f"medians of each {SLICE_S} s: {again:.2f}, {with_accounts:.2f} (wanted {WANTED_RATIO:.2f}); CPU "
            f"{' / '.join(f'{one:.2f}' for one in found['cpu_ms'].values())} ms; {len(found['errors'])} errors",
        ))  # fmt: skip
    rows_of_limits: list[tuple[str, str]] = []
    if found := report.get("log-in"):
        rows_of_limits += [(f"{kind}: median", f"{1000 * one:.0f} ms") for kind, one in found["median_s"].items()]
        rows_of_limits += [("difference; of two halves of one kind",
                            f"{1000 * found['difference_s']:.1f}; {1000 * found['noise_s']:.1f} ms")]  # fmt: skip
    for name, one in report.get("limiter", {}).items():
        rows_of_limits += [(f"counting a request, {name}: CPU; wall", f"{one['cpu_us']:.0f}; {one['wall_us']:.0f} µs")]
    if found := report.get("together"):
        rows_of_limits += [(f"{PROCESSES} processes, {found['tried']:,} tried of {found['limit']:,}: allowed",
                            f"{sum(found['allowed']):,} ({100 * found['off']:+.2f} %)")]  # fmt: skip
    if rows_of_limits:
        made.append(Grid(title="Log-ins and limits", headings=("", ""), rows=tuple(rows_of_limits)))
    return made


def main() -> int:
    arguments = _arguments()
    if arguments.generate:
        print(json.dumps(asyncio.run(load(**json.load(sys.stdin)))))
        return 0
    with TemporaryDirectory(prefix="map4-accounts-") as work:
        report = measured(arguments, Path(work))
    tell(report, grids(report), report.get("reads", {}).get("errors", [])[:5], arguments)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of reads")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--generate", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
