"""How many songs of a music server are found to be tracks, under several layouts of paths, and how many wrongly.

The server has another version of one song in twenty (live, remix, radio edit, remaster: by its title, its album or its
length alone), and half as many songs in two versions. Those were made here, and are no sample of real libraries.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from measure import check_targets, write_results

from map4.extras.connect.server_songs import SongMatcher

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from extras.connect.server_songs import LAYOUTS, planted_songs

SCHEMA = "map4/benchmark-connect/1"
DEFAULT_JSON = Path(__file__).parent / "results" / "connect.json"
TRACKS = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    args = parser.parse_args()
    rows: dict[str, dict[str, Any]] = {}
    for name, layout in LAYOUTS.items():
        made = planted_songs(args.tracks, layout)
        began = time.process_time()
        matcher = SongMatcher(made.names)
        found = {song.id: matcher.place(song) for song in made.songs}
        cpu_s = time.process_time() - began
        there = [song for song, audio_id in made.truth.items() if audio_id is not None]
        right = sum(found[song].audio_id == made.truth[song] for song in there)
        wrong = sum(place.audio_id not in (None, made.truth[song]) for song, place in found.items())
        rows[name] = {
            "songs": len(made.songs), "planted": len(made.planted), "mapped": round(right / len(there), 5),
            "wrong": wrong, "cpu_s": round(cpu_s, 2), "by": dict(Counter(p.match or p.why for p in found.values())),
        }  # fmt: skip
        print(f"{name:10} {len(made.songs):,} songs: {right / len(there):.4%} mapped, {wrong} wrong, {cpu_s:.1f} s CPU")
    results = {
        "layouts": rows,
        "missed": 1 - min(row["mapped"] for row in rows.values()),
        "wrong": sum(row["wrong"] for row in rows.values()),
    }
    targets = [("songs that were not found", ("missed",), 0.01), ("songs found wrongly", ("wrong",), 0)]
    write_results(args.json, SCHEMA, results, check_targets(results, targets))


if __name__ == "__main__":
    main()
