"""A process that scans, sets values and stores lists without an end, of which only `kill -9` is one."""

import random
import sys
from itertools import count

from stored import NOW, put_own, put_track

from map4.core.music.lists.tracklist import Tracklist
from map4.core.store.sqlite_store import SqliteStore
from map4.lists.store.playlists import SqlPlaylists
from map4.scan.store import SqlIgnoredFiles

MOST = 30
ENOUGH = 5
"""So often it has written something of each kind before it says a word."""


def main(path: str, seed: int) -> None:
    rng, store = random.Random(seed), SqliteStore(path, writer="command")
    for turn in count():
        number, name = rng.randrange(MOST), f"list {turn % 4}"
        put_track(store, number, bpm=rng.uniform(80.0, 160.0), is_missing=rng.random() < 0.1)
        put_own(store, number, year=rng.randrange(1950, 2026))
        if rng.random() < 0.3:
            store.part(SqlIgnoredFiles).forget([f"/music/{rng.randrange(MOST)}.mp3"], ignore=False, now=NOW)
        store.part(SqlPlaylists).put(name, Tracklist(tracks=list(store.tracks.tracks())[:3]), now=NOW)
        if turn % 4 and rng.random() < 0.3:
            store.part(SqlPlaylists).delete(name, now=NOW)
        if turn == ENOUGH:
            sys.stdout.write("\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
