"""How much of a library is heard in two weeks of lists from one seed, 30 tracks a day, all of them heard.

    python lab/measure/reach.py [--tracks 200,2000,20000] [--library FILE] [--seeds 4]

vary: `map4 playlist --vary DAY`. radio: `--preset radio`. refresh: `fill --refresh` of the first radio. similar:
`getSimilarSongs`. chain: the next track sounds most like the last. chance: any track.

different: tracks in all lists, without the seed. shared: with the day before. top: share of the days with the most
frequent track. mix: mean compatibility of neighbours. like: mean similarity to the seed.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from playlist import SEED, add_sound, make_library, print_row, seeds_of

from map4 import Library
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns, MixScores
from map4.core.music.track.track import Track
from map4.core.store.sqlite_store import SqliteStore
from map4.lists.candidates import SoundSimilarity
from map4.lists.playlist.playlist import Playlist
from map4.similar.routes import SimilarTracks

DAYS, PICKS = 14, 30
SETTINGS: Any = argparse.Namespace(timeout_s=None)


def ways(library: Library, seed: Track) -> dict[str, Callable[[int], Sequence[Track]]]:
    """How each way makes the list of a day, from 1."""
    every = list(library.tracks.paths())

    @cache
    def chain() -> list[Track]:
        path = [seed.path]
        while len(path) < PICKS:
            found = library.similar(path[-1], n=PICKS).similar
            path.append(next(each.track.path for each in found if each.track.path not in path))
        return library.tracks.at(path)[0]

    def made(**options: Any) -> Playlist:
        return library.playlist(seed.path, n=PICKS, **options)

    def refreshed(day: int) -> Sequence[Track]:
        lists, name = library.lists, library.actor.name
        content = lists.refresh(name).content if day > 1 else made(preset="radio").to_tracklist(name=None)
        lists.save(name, content, force=True)
        return content.tracks

    return {
        "vary": lambda day: [pick.track for pick in made(vary=day).picks],
        "radio": lambda day: [pick.track for pick in made(preset="radio").picks],
        "refresh": refreshed,
        "similar": lambda day: [
            each.track for each in SimilarTracks.nearest_to(library, SETTINGS, [seed.path], PICKS, fresh=True)
        ],
        "chain": lambda day: chain(),
        "chance": lambda day: library.tracks.at(random.Random(f"{SEED} {day}").sample(every, PICKS))[0],
    }


def judge(lists: Sequence[Sequence[Track]], seed: Track, similar: dict[str, float]) -> dict[str, float]:
    names = [{track.audio_id or "" for track in listed} - {seed.audio_id} for listed in lists]
    columns = [MixColumns.of(map(MixTraits.of, listed)) for listed in lists]
    return {
        "different": len(set().union(*names)),
        "shared": statistics.mean(len(a & b) for a, b in pairwise(names)),
        "top": Counter(name for each in names for name in each).most_common(1)[0][1] / len(lists),
        "mix": statistics.mean(float(MixScores.of(each[:-1], each[1:]).total.mean()) for each in columns),
        "like": statistics.mean(similar[name] for each in names for name in each if name in similar),
    }


def measure(path: Path, count: int) -> dict[str, dict[str, float]]:
    """The mean figures of each way over some seeds; each has an account, so that plays don't mix."""
    found: dict[str, list[dict[str, float]]] = {}
    table = SqliteStore(str(path)).sounds.table()
    with Library.open(str(path)) as library:
        for number, seed in enumerate(seeds_of(library, count)):
            values = SoundSimilarity(table).of_library([seed])
            names = [name.decode() for name in table.column("audio_id").tolist()]
            similar = {} if values is None else {n: v for n, v in zip(names, values, strict=True) if not np.isnan(v)}
            for way in ways(library, seed):
                own = library.acting_as(library.accounts.add(f"{way} {number}", "admin").actor())
                make, lists = ways(own, seed)[way], []
                for day in range(1, DAYS + 1):
                    lists.append(make(day))
                    at = datetime.now(UTC) - timedelta(days=DAYS - day, minutes=9)
                    with own.at_once():
                        for track in lists[-1]:
                            own.plays.add(track, at=at, source="stream")
                found.setdefault(way, []).append(judge(lists, seed, similar))
    return {way: {name: statistics.mean(row[name] for row in rows) for name in rows[0]} for way, rows in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", default="200,2000,20000")
    parser.add_argument("--library", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for tracks in [0] if options.library else map(int, options.tracks.split(",")):
            path = Path(folder) / f"{tracks}.map4"
            path.write_bytes(options.library.read_bytes()) if options.library else add_sound(make_library(path, tracks))
            for way, row in measure(path, options.seeds).items():
                print_row({"tracks": tracks, "way": way, **row})


if __name__ == "__main__":
    main()
