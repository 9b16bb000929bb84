"""What it takes to read live lists: drawn from all pairs of rules, with orders, numbers, and shares of artists.

    python benchmarks/live_lists.py LIBRARY [--lists 1000] [--json FILE]

LIBRARY is one of `synthetic_library.py`. Each list is asked once, in one process, as whoever names it asks: which
tracks it holds, and how long they last. CPU seconds count, as other work may run beside it; `wall` has the time by the
clock. The slowest are named.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from measure import REPOSITORY, machine

from map4 import Library

sys.path.append(str(REPOSITORY / "tests" / "support"))
from live_cases import drawn

_NAMED = 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--lists", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    times: list[tuple[float, int, str]] = []
    wall: list[float] = []
    with Library.open(given.library) as library:
        library.count("genre:house")
        for query, options in drawn(given.lists):
            began, at = time.process_time(), time.perf_counter()
            answer = library.lists.live_answer(query, options)
            times.append((time.process_time() - began, answer.tracks, answer.live.told()))
            wall.append(time.perf_counter() - at)
    taken = np.array([one for one, *_ in times])
    report = {
        "lists": len(times),
        **{f"p{share}": round(float(np.percentile(taken, share)), 3) for share in (50, 90, 95, 99, 100)},
        "over_1_s": int((taken > 1.0).sum()),
        "wall": {f"p{share}": round(float(np.percentile(wall, share)), 3) for share in (50, 95, 100)},
        "slowest": [(round(one, 2), tracks, told) for one, tracks, told in sorted(times, reverse=True)[:_NAMED]],
        "machine": machine(),
    }
    print(json.dumps(report, indent=1, ensure_ascii=False))
    if given.json is not None:
        given.json.write_text(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
