"""How fast the page of a report is in Chromium, with 1,000 to 100,000 tracks: shown, sorted, filtered, scrolled.

The libraries are those of `synthetic_library.py`, with strips, made once and kept in the work folder. What is measured
is what a person waits for: from the click or the key to the rows standing there, layout included; of scrolling, the
longest task. Each is done `--repeat` times and the fastest counts, as other programs only make it slower.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from library import DEFAULT_WORK, synthetic
from measure import MB, map4_command, run_program, write_results

from map4.music.analysis.inside import ENERGY_POINTS, OVERVIEW_POINTS
from map4.store.rows.analysis_parts import OVERVIEW_PART_VERSION

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from browser import WHY_NOT, Tab, browser

SCHEMA = "map4/benchmark-report-page/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "report_page.json"
SIZES = (1_000, 20_000, 100_000)
HEADS = ("Title", "Artist", "BPM", "Key")
QUERIES = ("h", "house", "bpm:120..126", "key:~8A energy:6..", "^genre:house added:2024", "")
# Tracks, what is limited, how much of it.
TARGETS: tuple[tuple[int, str, float], ...] = (
    (20_000, "first_paint_ms", 1000.0),
    (20_000, "sort_ms", 100.0),
    (20_000, "filter_ms", 20.0),
    (20_000, "plain_mb", 3.0),
    (20_000, "file_mb", 6.0),
    (100_000, "longest_task_ms", 50.0),
)
# What was asked is answered and drawn before the browser does anything else.
ANSWERED = """await new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  });"""
SORT = """async (name) => {
  const head = [...document.querySelectorAll("th button")].find((button) => button.textContent === name);
  const start = performance.now();
  head.click();
  ANSWERED
  document.body.offsetHeight;
  return performance.now() - start;
}""".replace("ANSWERED", ANSWERED)
FILTER = """async (query) => {
  const input = document.querySelector("input[type=search]");
  input.value = query;
  const start = performance.now();
  input.dispatchEvent(new Event("input"));
  ANSWERED
  document.body.offsetHeight;
  return performance.now() - start;
}""".replace("ANSWERED", ANSWERED)
SCROLL = """async () => {
  const list = document.querySelector(".list"), tasks = [], next = () => new Promise(requestAnimationFrame);
  new PerformanceObserver((found) => tasks.push(...found.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
  for (let step = 0; step < 60; step++) { list.scrollTop = (step * list.scrollHeight) / 60; await next(); }
  await next();
  await new Promise((done) => setTimeout(done, 200));
  return Math.max(0, ...tasks);
}"""
SHOWN = """new MutationObserver((_, observer) => {
  if (!document.querySelector(".tracks tbody td")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { globalThis.shown = performance.now(); }));
}).observe(document, { childList: true, subtree: true });"""
"""Notes when the first rows were painted, in ms after the page was asked for."""


def with_strips(library: Path) -> Path:
    """The library with a made-up strip for every track; made once, beside it."""
    target = library.with_name(f"{library.stem}-strips{library.suffix}")
    if target.exists():
        return target
    random = np.random.default_rng(1)
    made = target.with_suffix(".part")
    shutil.copyfile(library, made)
    with closing(sqlite3.connect(made)) as connection, connection:
        ids = [number for (number,) in connection.execute("SELECT id FROM analyses")]
        rows = random.integers(0, 256, (len(ids), 3 * OVERVIEW_POINTS + ENERGY_POINTS), dtype=np.uint8)
        connection.executemany(
            "UPDATE details SET overview = ?, overview_version = ? WHERE id = ?",
            [(row.tobytes(), OVERVIEW_PART_VERSION, number) for row, number in zip(rows, ids, strict=True)],
        )
    made.replace(target)
    return target


def exported(library: Path, target: Path) -> tuple[float, float | None]:
    """Write the page; seconds of CPU, and MB of memory."""
    options = ("--template", "library", "--option", f"rows={SIZES[-1]}")
    run = run_program(map4_command("--library", library, "export", *options, "-o", target))
    return run.cpu_s, run.parent_mb


def measured(library: Path, repeat: int) -> dict[str, Any]:
    """Figures of the page of a library."""
    with TemporaryDirectory() as folder:
        page, plain = Path(folder) / "page.html", Path(folder) / "plain.html"
        exported(library, plain)
        cpu_s, memory_mb = exported(with_strips(library), page)
        with browser() as tab:
            found = in_browser(tab, page, repeat)
        sizes = {"file_mb": round(page.stat().st_size / MB, 2), "plain_mb": round(plain.stat().st_size / MB, 2)}
    return {"export_cpu_s": round(cpu_s, 1), "export_mb": memory_mb, **sizes, **found}


def in_browser(tab: Tab, page: Path, repeat: int) -> dict[str, Any]:
    """What a person waits for, each the fastest of `repeat`: of several heads and queries the slowest one."""
    tab.page.add_init_script(SHOWN)
    painted: list[float] = []
    tasks: list[float] = []
    for _ in range(repeat):
        tab.open(page, width=1280, height=900)
        tab.page.wait_for_selector(".tracks tbody td")
        tab.page.wait_for_timeout(500)  # what is made ready while nobody waits
        painted.append(tab.run("shown"))
        tasks.append(tab.run(SCROLL))
    # In turns, since the same question again is answered at once.
    sorts = [[tab.run(SORT, head) for head in HEADS] for _ in range(repeat)]
    filters = [[tab.run(FILTER, query) for query in QUERIES] for _ in range(repeat)]
    if tab.said:
        raise RuntimeError(f"the page said: {tab.said}")
    return {
        "first_paint_ms": round(min(painted)),
        "sort_ms": round(max(map(min, zip(*sorts, strict=True))), 1),
        "filter_ms": round(max(map(min, zip(*filters, strict=True))), 1),
        "longest_task_ms": round(min(tasks)),
    }


def check_targets(results: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each target whose figure was measured, and whether it was met."""
    return [
        {"name": f"{tracks:,} tracks, {what}", "value": value, "limit": limit, "met": value <= limit}
        for tracks, what, limit in TARGETS
        if (value := results.get(str(tracks), {}).get(what)) is not None
    ]


def main() -> int:
    """Measure, print and write; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the libraries are kept")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="repetitions (default 5)")
    parser.add_argument("--tracks", type=int, action="append", metavar="N", help="sizes (default 1,000 to 100,000)")
    options = parser.parse_args()
    if WHY_NOT is not None:
        print(WHY_NOT, file=sys.stderr)
        return 1
    results = {}
    for tracks in options.tracks or SIZES:
        results[str(tracks)] = measured(synthetic(options.work, tracks), options.repeat)
        print(f"{tracks:,} tracks: {results[str(tracks)]}", flush=True)
    targets = check_targets(results)
    write_results(options.json, SCHEMA, results, targets)
    return 0


if __name__ == "__main__":
    sys.exit(main())
