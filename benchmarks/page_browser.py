"""What a person waits for on the page of a server: from a press, or the address, to the rows, the map or the set drawn.

    python benchmarks/page_browser.py [--tracks 1000,20000,100000] [--folder DIR] [--json FILE] [--markdown FILE]

A real Chromium of 1,280 by 800, and `map4 serve` in a process of its own, on one machine. `first` is the first time
after both were started; `then` the median of the others. Scrolling is told by the longest task of the page in 240
steps of the wheel, memory by what the tab's process holds when all views were seen. The libraries are those of
`playlist.py`; what is larger than 100,000 tracks is that one many times (`multiplied_library.py`). A map that the cache
folder has is not made again: with `XDG_CACHE_HOME=$(mktemp -d)` the first one tells how long that takes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/support"))

from browser import Tab, browser
from measure import machine
from multiplied_library import multiply_library
from playlist import add_ratings, add_sound
from serve import API, kb_of, peak_mb, serving, tell
from synthetic_library import make_library
from tables import Grid

SCHEMA = "map4/benchmark-page-browser/1"
DEFAULT_JSON = Path(__file__).with_name("results") / "page_browser.json"
SORTS = ("BPM", "Artist", "Title", "Key", "BPM")
QUERIES = ("house", "bpm:120..124", "key:8A energy:6..", "is:doubtful", "techno")
PLACES = (0.9, 0.1, 0.5, 0.7, 0.3)
_SET_LENGTH = 50
_PATIENCE_MS = 180_000
_MOST_MADE = 100_000

_ROWS = "() => Boolean(document.querySelector('.tracks td.title span:not(:empty)'))"
_FIRST = "document.querySelector('.tracks td.title span')?.textContent"
_FOUND = "document.querySelector('output').textContent"
_MAP = "() => document.body?.innerText.includes('Tracks that stand near')"
_CURVES = "() => document.querySelectorAll('[data-curve]').length > 3"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
_SCROLL = """async () => {
  const list = document.querySelector('.list'), frame = () => new Promise(requestAnimationFrame);
  const wheel = () => new WheelEvent('wheel', { deltaY: 400, bubbles: true, cancelable: true });
  let longest = 0, many = 0;
  const watch = new PerformanceObserver((seen) => {
    for (const { duration } of seen.getEntries()) { longest = Math.max(longest, duration); many++; }
  });
  watch.observe({ type: 'longtask' });
  for (let step = 0; step < 240; step++) {
    if (list.dispatchEvent(wheel())) list.scrollTop += 400;
    await frame();
  }
  await new Promise((done) => setTimeout(done, 500));
  watch.disconnect();
  return [longest / 1000, many];
}"""
_MOVE = """(share) => {
  const list = document.querySelector('.list');
  list.scrollTop = share * (list.scrollHeight - list.clientHeight);
}"""
_EMPTY = """() => {
  const { top, bottom } = document.querySelector('.list').getBoundingClientRect();
  const isSeen = (box) => box.bottom > top && box.top < bottom;
  const rows = [...document.querySelectorAll('.tracks tbody tr')];
  return rows.filter((row) => isSeen(row.getBoundingClientRect()))
    .some((row) => !row.querySelector('td.title span')?.textContent);
}"""


class Seen:
    def __init__(self, tab: Tab, root: str) -> None:
        self.tab, self.page, self.root = tab, tab.page, root
        self.rows: list[dict[str, Any]] = []

    def wait(self, condition: str, argument: Any = None) -> None:
        # Not `wait_for_function`: the page lets nobody make code of text.
        look = f"const look = () => ({condition})(it) ? done() : requestAnimationFrame(look)"
        self.tab.run(f"(it) => new Promise((done) => {{ {look}; look(); }})", argument)

    def measure(self, what: str, acts: list[Callable[[], None]]) -> None:
        """Do each, and note how long it was until it returned."""
        times = []
        for act in acts:
            began = time.perf_counter()
            act()
            times.append(time.perf_counter() - began)
        self.note(what, times)

    def note(self, what: str, times: list[float]) -> None:
        row = {"what": what, "first_s": times[0], "then_s": statistics.median(times[1:]) if times[1:] else None}
        self.rows.append(row)
        print(f"{what}: {times[0]:.3f} s, then {row['then_s'] or 0:.3f} s", file=sys.stderr, flush=True)

    def open(self, address: str, condition: str) -> None:
        self.page.goto(f"{self.root}{address}", wait_until="commit", timeout=_PATIENCE_MS)
        self.wait(condition)

    # ---- what is measured

    def browse(self) -> None:
        paints: list[float] = []

        def first_view() -> None:
            self.open("/", _ROWS)
            paints.append(self.tab.run(_PAINT) / 1000)

        self.measure("first view, to its rows", [first_view] * 6)
        self.note("first view, to its first paint", paints)
        self.page.wait_for_timeout(500)
        self.measure("sort", [lambda name=name: self.sort(name) for name in SORTS])  # type: ignore[misc]
        self.measure(
            "filter, with .15 s for the next letter", [lambda query=query: self.filter(query) for query in QUERIES]
        )  # type: ignore[misc]
        self.filter("")
        self.measure("jump far", [lambda share=share: self.jump(share) for share in PLACES])  # type: ignore[misc]
        self.tab.run(_MOVE, 0)
        self.page.wait_for_timeout(500)
        longest, many = self.tab.run(_SCROLL)
        self.rows.append(
            {"what": "scroll: longest task in 240 steps", "first_s": longest, "then_s": None, "many": many}
        )
        print(f"scroll: longest task {longest:.3f} s, {many} above .05 s", file=sys.stderr, flush=True)

    def sort(self, name: str) -> None:
        before = self.tab.run(_FIRST)
        self.page.get_by_role("columnheader").get_by_role("button", name=name, exact=True).click()
        self.wait(f"(before) => {_FIRST} && {_FIRST} !== before", before)

    def filter(self, query: str) -> None:
        before = self.tab.run(_FOUND)
        self.page.locator("#q").fill(query)
        self.wait(f"(before) => {_FOUND} !== before", before)

    def jump(self, share: float) -> None:
        self.tab.run(_MOVE, share)
        self.wait(f"() => !({_EMPTY})()")

    def map(self) -> None:
        self.measure("map, drawn", [lambda: self.open("/map", _MAP)] * 3)

    def set(self, list_id: str) -> None:
        self.open(f"/lists/{list_id}", _CURVES)
        self.page.wait_for_timeout(1000)
        names = self.tab.run("[...document.querySelectorAll('[data-curve]')].map((one) => one.dataset.curve)")
        self.measure(
            f"curve to a list of {_SET_LENGTH}, drawn",
            [lambda name=name: self.curve(name) for name in (names * 3)[:12]],
        )  # type: ignore[misc]

    def curve(self, name: str) -> None:
        with self.page.expect_response(lambda answer: answer.url.endswith("/ops"), timeout=_PATIENCE_MS):
            self.page.locator(f"[data-curve={name}]").click()
        self.tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def ask(root: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{root}{API}{path}", data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=_PATIENCE_MS / 1000) as answer:
        return json.load(answer)


def a_set(root: str) -> str:
    """A list of the server, made from one track."""
    seed = ask(root, "GET", "/columns?fields=id&to=1&sort=title&q=is:ok")["columns"]["id"][0]
    made = ask(root, "POST", "/lists", {"name": f"Set {time.time()}", "tracks": []})
    ask(root, "POST", f"/lists/{made['id']}/ops", {"op": "make", "n": _SET_LENGTH, "seeds": [seed]})
    return str(made["id"])


def made(folder: Path, tracks: int) -> Path:
    """A library in a folder, made where it is not there yet."""
    path = folder / f"page-{tracks}.map4"
    if not path.exists() and tracks > _MOST_MADE:
        multiply_library(made(folder, _MOST_MADE), path, tracks // _MOST_MADE)
    elif not path.exists():
        add_sound(make_library(path, tracks))
        add_ratings(path)
    return path


def tab_mb() -> float:
    """Memory of the largest of the browser's pages; what it shares with others is counted in part."""
    most = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"--type=renderer" in (process / "cmdline").read_bytes():
                most = max(most, kb_of((process / "smaps_rollup").read_text(), "Pss") / 1000)
    return most


def measured(library: Path) -> dict[str, Any]:
    with serving(library) as (port, pid), browser() as tab:
        root = f"http://localhost:{port}"
        seen = Seen(tab, root)
        tab.page.set_viewport_size({"width": 1280, "height": 800})
        seen.browse()
        seen.map()
        seen.set(a_set(root))
        return {"rows": seen.rows, "tab_mb": tab_mb(), "server_mb": peak_mb(pid), "console": tab.said}


def grids(report: dict[str, Any]) -> list[Grid]:
    of = report["libraries"]
    names = [row["what"] for row in of[0]["rows"]]
    rows = [(name, *(_shown(library["rows"][at]) for library in of)) for at, name in enumerate(names)]
    rows += [
        (what, *(f"{library[name]:,.0f} MB" for library in of))
        for what, name in (("the tab", "tab_mb"), ("the server", "server_mb"))
    ]
    heads = ("first, then", *(f"{library['tracks']:,}" for library in of))
    return [Grid(title=f"The page by tracks; load {report['load']:.1f}", headings=heads, rows=tuple(rows))]


def _shown(row: dict[str, Any]) -> str:
    then = "" if row["then_s"] is None else f", {row['then_s']:.2f}"
    return f"{row['first_s']:.2f}{then} s"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--tracks", default="1000,20000,100000", help="sizes of the libraries; above 100,000 in whole hundred thousands"
    )
    parser.add_argument("--folder", type=Path, help="keep the libraries here")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="map4-page-") as work:
        folder = options.folder or Path(work)
        libraries = [{"tracks": one, **measured(made(folder, one))} for one in map(int, options.tracks.split(","))]
    report = {"schema": SCHEMA, "machine": machine(), "libraries": libraries, "load": os.getloadavg()[0]}
    tell(report, grids(report), [line for library in libraries for line in library["console"]], options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
