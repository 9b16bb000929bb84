"""How fast a list of fifty is worked on: made anew by a curve, edited, and asked what fits into a place of it.

    python benchmarks/set_work.py [--tracks 20000,100000] [--rounds 12] [--folder DIR] [--json FILE]

The library is that of `playlist.py`. Each round has other seeds, and a curve of five points by chance; `locked` keeps
three of the tracks at their places. A row has the seconds that passed, and those of this process's CPU, in the middle
and of 95 in 100: on a machine that does other work, the first are longer. `edit` moves a track and answers the whole
list, as the server does, without sending it; `slots` are five tracks for a place, each place in turn.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from playlist import add_ratings, add_sound, seeds_of
from synthetic_library import make_library

from map4 import Library
from map4.lists.options import GenerateOptions
from map4.lists.routes.list_records import whole_list

PICKS, POINTS, SEED = 50, (0, 25, 50, 75, 100), 7
LOCKED = (1, 20, 40)


def timed(rounds: int, work: Callable[[int], object]) -> dict[str, float]:
    """Seconds of some work: as a person waits, and of the CPU."""
    passed, used = [], []
    for number in range(rounds):
        start, cpu = time.perf_counter(), time.process_time()
        work(number)
        passed.append(time.perf_counter() - start)
        used.append(time.process_time() - cpu)
    told = {"s": passed, "cpu_s": used}
    return {f"{name}_p{at}": float(np.percentile(values, at)) for name, values in told.items() for at in (50, 95)}


def measure(library: Library, rounds: int) -> list[dict[str, Any]]:
    rng, lists, seeds = random.Random(SEED), library.lists, seeds_of(library, 2 * rounds)
    first = library.playlist(seeds[0].path, n=PICKS, curve="wave")
    lists.save("Set", first.to_tracklist(name="Set"), force=True)
    list_id = lists.id_of("Set")

    def made(number_of_seeds: int) -> Callable[[int], object]:
        def make(number: int) -> object:
            curve = ",".join(f"{point}:{rng.random():.2f}" for point in POINTS)
            own = seeds[2 * number :][:number_of_seeds]
            return lists.remade("Set", own, GenerateOptions(n=PICKS, curve=curve))

        return make

    def edit(number: int) -> object:
        moved = lists.moved("Set", 2 + number, 30)
        lists.apply(moved)
        return whole_list(library, list_id, moved)

    rows = [
        {"what": "make", **timed(rounds, made(0))},
        {"what": "make, a seed", **timed(rounds, made(1))},
        {"what": "make, two seeds", **timed(rounds, made(2))},
        {"what": "edit", **timed(rounds, edit)},
        {"what": "slots", **timed(PICKS - 2, lambda number: lists.slots("Set", replace=number + 2))},
    ]
    lists.apply(lists.locked("Set", LOCKED))
    return [*rows, {"what": "make, a seed, locked", **timed(rounds, made(1))}]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", default="20000,100000", help="sizes of the libraries")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--folder", type=Path, help="keep the libraries here")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    report: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        for tracks in map(int, options.tracks.split(",")):
            path = (options.folder or Path(temporary)) / f"playlist-{tracks}.map4"
            if not path.exists():
                add_sound(make_library(path, tracks))
                add_ratings(path)
            with Library.open(str(path)) as library:
                library.care.warm()
                for row in measure(library, options.rounds):
                    report.append({"tracks": tracks, **row})
                    shown = (f"{name} {value:.3f}" for name, value in row.items() if name != "what")
                    print(f"{tracks:>7,}  {row['what']:<22}", "  ".join(shown), flush=True)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
