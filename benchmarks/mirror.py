"""The mirror of a library: how long it takes to make, how long it keeps writers waiting, and whether it is exact.

The sound of nearly as many recordings is changed as are read beside a mirror; then the nearest 20 of some tracks are
compared with those that the stored vectors give in double precision: recall@20.
"""

from __future__ import annotations

import argparse
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from scale import DEFAULT_WORK, library
from synthetic_library import SEED, sound_vectors

from map4.music.analysis.sound import pack_sound
from map4.music.sound.neighbours import SoundSpace, ranking, sound_similarities
from map4.music.sound.similarity_tables import LibraryTable
from map4.store.file.database import SqliteDatabase
from map4.store.sound.sound_index import MOST_CHANGED
from map4.store.sound.sqlite_sounds import SqliteSounds

NEAREST = 20
QUERIES = 50


def longest_wait(path: Path, stop: threading.Event, waits: list[float]) -> None:
    """Write to a library all the time, and note how long each of the writes had to wait."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        while not stop.is_set():
            begun = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            waits.append(time.perf_counter() - begun)
            connection.execute("ROLLBACK")
            time.sleep(0.001)


def grow(path: Path, share: float) -> int:
    """Give a share of the recordings another sound; gives how many."""
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        names = [number for (number,) in connection.execute("SELECT id FROM sounds")]
        chosen = np.random.default_rng(SEED).choice(names, int(share * len(names)), replace=False).tolist()
        sounds = sound_vectors(SEED + 1)
        connection.executemany(
            "UPDATE sounds SET data = ? WHERE id = ?",
            [(pack_sound(next(sounds)), name) for name in chosen],
        )
    return len(chosen)


def nearest(table: LibraryTable, row: int) -> list[int]:
    """The nearest of a row by sound, itself left out, as `map4 similar` finds them."""
    wanted = table.directions[row : row + 1]
    values = table.sound_similarities(lambda directions: sound_similarities(directions, wanted))
    values[row] = np.nan
    return ranking(values, most=NEAREST).tolist()


def exact_directions(path: Path, table: LibraryTable) -> np.ndarray:
    """The directions of every row in double precision, from the vectors in the library; NaN where there is none."""
    assert table.space is not None
    space = {name: getattr(table.space, name).astype(np.float64) for name in SoundSpace.__slots__}
    with closing(sqlite3.connect(path)) as connection:
        found = dict(
            connection.execute("SELECT audio_id, data FROM sounds JOIN analyses USING (id) WHERE length(data) > 0")
        )
    names = [name.decode() for name in table.column("audio_id").tolist()]
    raw = np.array([np.frombuffer(found[name], dtype="<f2") for name in names], dtype=np.float64)
    weighted = np.clip((raw - space["mean"]) * space["scale"], -space["limit"], space["limit"])
    rows = weighted @ space["projection"] - space["centre"]
    directions: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    directions[~table.is_heard] = np.nan
    return directions


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    source = library(arguments.work, arguments.tracks)
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        path = Path(shutil.copy(source, Path(folder) / "library.map4"))
        with closing(SqliteDatabase(str(path))) as database:
            stop, waits = threading.Event(), list[float]()
            writer = threading.Thread(target=longest_wait, args=(path, stop, waits))
            writer.start()
            begun = time.process_time()
            SqliteSounds(database).build_mirror()
            cpu_s = time.process_time() - begun
            stop.set()
            writer.join()
            size = Path(f"{path}.mirror").stat().st_size
        print(f"made in {cpu_s:.1f} s of CPU, {size / 1e6:.0f} MB, {size / arguments.tracks:.0f} bytes a track")
        print(f"a writer waited {1000 * max(waits):.0f} ms at most, of {len(waits)} times")
        changed = grow(path, 0.9 * MOST_CHANGED)
        with closing(SqliteDatabase(str(path))) as database:
            table = SqliteSounds(database).table()
            assert table.changes is not None
            exact = exact_directions(path, table)
            found = []
            for row in np.random.default_rng(SEED).choice(np.flatnonzero(table.is_heard), QUERIES, replace=False):
                values = exact @ exact[row]
                values[row] = np.nan
                best = np.argsort(np.where(np.isnan(values), np.inf, -values))[:NEAREST]
                found.append(len(set(best.tolist()) & set(nearest(table, row))) / NEAREST)
        print(f"recall@{NEAREST} with {changed} of them changed since: {np.mean(found):.4f} ({QUERIES} queries)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
