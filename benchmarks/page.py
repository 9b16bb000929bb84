"""What the page of a server waits for: its document with the first rows, orders, places, counts, as a browser asks.

    python benchmarks/page.py                       100,000 tracks
    python benchmarks/page.py --tracks 1000000      a million; making the library takes long

Each question is asked of a server in a process of its own, over one connection, with gzip: the first time, when nothing
is kept for it, then with another place or letter, as a hand goes on. `answer` is from the request to the last byte.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from measure import machine
from serve import API, cpu_s, peak_mb, serving, tell
from synthetic_library import make_library
from tables import Grid

SCHEMA = "map4/benchmark-page/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "page.json"
FIELDS = "title,artist,bpm,key,level,energy,rating,duration,loudness,genre,is,id"
_TIMES = 5
_SORTS = ("title", "artist", "bpm-", "genre", "key", "added-", "album,track")
_QUERIES = ("house", "bpm:120..128", "genre:techno energy:6..", "is:doubtful")


class Page:
    """One browser's connection."""

    def __init__(self, port: int, pid: int) -> None:
        self._connection = http.client.HTTPConnection("localhost", port, timeout=120)
        self._pid = pid
        self.rows: list[dict[str, Any]] = []

    def ask(self, path: str) -> tuple[float, bytes, int]:
        began = time.perf_counter()
        self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        data = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {data[:200]!r}")
        plain = gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data
        return took, plain, len(data)

    def wait_until_ready(self) -> None:
        while True:
            self._connection.request("GET", "/ready")
            answer = self._connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
            time.sleep(0.1)

    def measure(self, name: str, paths: Sequence[str]) -> None:
        """Ask these, one after the other; the table has the first, and the median of all others."""
        before, times, sizes = cpu_s(self._pid), [], []
        for path in paths:
            took, _, size = self.ask(path)
            times.append(took)
            sizes.append(size)
        row = {"question": name, "first_s": times[0], "again_s": median(times[1:]) if times[1:] else None}
        print(f"{name}: {1000 * times[0]:.0f} ms", file=sys.stderr)
        self.rows.append({**row, "sent_kb": max(sizes) / 1000, "cpu_s": (cpu_s(self._pid) - before) / len(paths)})


def columns(start: int, *, count: int = 100, fields: str = FIELDS, **how: str) -> str:
    asked = {**how, "fields": fields, "from": start, "to": start + count}
    return f"{API}/columns?{urlencode(asked)}"


def measured(page: Page, tracks: int) -> None:
    page.measure("document with the first rows, the server just ready", ["/"])
    page.measure("the same again", ["/"] * _TIMES)
    page.measure("document, sorted by tempo", ["/?sort=bpm-"])
    page.measure("500 rows of 12 columns", [columns(0, count=500)])
    page.measure("the same with strips", [columns(0, count=500, fields=f"{FIELDS},strip")])
    for sort in _SORTS:
        page.measure(f"sort by {sort}: first screen", [columns(0, sort=sort)])
        far = [columns(int(tracks * 0.9 * share / _TIMES), sort=sort) for share in range(_TIMES, 0, -1)]
        page.measure(f"sort by {sort}: jump far, then again", far)
    for query in _QUERIES:
        page.measure(f"{query}: first screen", [columns(0, q=query)])
        page.measure(
            f"{query}: behind it, sorted", [columns(place, q=query, sort="title") for place in range(0, 700, 100)]
        )
    letters = [f"{API}/columns/place?{urlencode({'sort': 'title', 'text': letter})}" for letter in "mbtsz"]
    page.measure("to a letter", letters)
    for fields in ("genre", "genre,artist", "genre,artist,album,label,key,year", "is", "folder"):
        page.measure(f"counts of {fields}", [f"{API}/facets?fields={fields}", f"{API}/facets?fields={fields}&q=house"])
    typed = [
        f"{API}/completions?{urlencode({'text': text, 'at': len(text)})}" for text in ("art", "arti", "genre:h", "ho")
    ]
    page.measure("completion while one types", typed)


def grids(report: dict[str, Any]) -> list[Grid]:
    head = ("question", "first (ms)", "then (ms)", "sent (kB)", "server's CPU each (ms)")
    rows = tuple(
        (one["question"], _ms(one["first_s"]), _ms(one["again_s"]), f"{one['sent_kb']:.1f}", _ms(one["cpu_s"]))
        for one in report["rows"]
    )
    title = f"A page of {report['tracks']:,} tracks; most memory {report['peak_mb']:,.0f} MB, load {report['load']:.1f}"
    return [Grid(title=title, headings=head, rows=rows)]


def _ms(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:,.0f}"


def main() -> int:
    arguments = _arguments()
    with TemporaryDirectory(prefix="map4-page-") as work:
        library = arguments.library or make_library(Path(work) / "library.map4", arguments.tracks)
        with serving(library) as (port, pid):
            page = Page(port, pid)
            page.wait_until_ready()
            measured(page, arguments.tracks)
            report = {"schema": SCHEMA, "machine": machine(), "tracks": arguments.tracks, "rows": page.rows,
                      "peak_mb": peak_mb(pid), "load": os.getloadavg()[0]}  # fmt: skip
    tell(report, grids(report), [], arguments)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--library", type=Path, help="one that was made already, of so many tracks")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
