"""What plays of several people take, and how long questions about them take.

    python benchmarks/plays.py [--plays 1000000] [--people 10] [--tracks 100000] [--work DIR]

A library of made tracks has a year of plays, as players tell them: by time, in evenings, some tracks far more often
than others, one in six skipped. Printed are bytes a play, with everything that is drawn from them, and for each
question the least and the greatest CPU time of five, asked as one of the people.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from library import DEFAULT_WORK, synthetic

from map4.music.plays import SOURCES
from map4.music.query.context import QueryContext
from map4.music.query.parser import parse_query
from map4.plays.part.heard import Plays
from map4.store.sqlite_store import SqliteStore

_YEAR_S = 365 * 86_400
_SEED = 4
_QUESTIONS = ("plays:5..", "played:-2w", "played:..-6m", "skipped:1..", "has:plays", "sort:plays- limit:50",
              "sort:played- limit:50")  # fmt: skip


def fill(store: SqliteStore, plays: int, people: int) -> int:
    """Put plays of a year into a library; gives by how many bytes it grew."""
    rng = random.Random(_SEED)
    with store.database.transaction() as connection:
        connection.execute("INSERT INTO played_tracks (audio_id) SELECT DISTINCT audio_id FROM files")
        numbers = [number for (number,) in connection.execute("SELECT id FROM played_tracks")]
    before = _size(store)
    now = int(time.time())
    times = sorted(rng.randrange(now - _YEAR_S, now) for _ in range(plays))
    sources = [*SOURCES.values()][:2]
    sql = "INSERT INTO plays VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

    def row(at: int) -> tuple[int | None, ...]:
        length_s, is_skip = rng.randrange(120, 420), rng.random() < 1 / 6
        heard_s = rng.randrange(1, length_s // 2) if is_skip else rng.randrange(length_s // 2, length_s)
        track = numbers[int(len(numbers) * rng.random() ** 3)]
        return (rng.randrange(1, people + 1), at, track, rng.choice(sources), int(is_skip), heard_s, length_s)

    for start in range(0, plays, 1000):
        with store.database.transaction() as connection:
            connection.executemany(sql, map(row, times[start : start + 1000]))
    return _size(store) - before


def _size(store: SqliteStore) -> int:
    with store.database.reading() as connection:
        [[pages]] = connection.execute("PRAGMA page_count").fetchall()
        [[size]] = connection.execute("PRAGMA page_size").fetchall()
        [[free]] = connection.execute("PRAGMA freelist_count").fetchall()
    return int((pages - free) * size)


def timed(ask: Callable[[], object]) -> tuple[float, float]:
    found = []
    for _ in range(5):
        start = time.process_time()
        ask()
        found.append(time.process_time() - start)
    return min(found), max(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plays", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, help="where the library of made tracks is kept")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copyfile(synthetic(asked.work, asked.tracks), Path(folder) / "library.map4")
        with closing(SqliteStore(str(path))) as store:
            grown = fill(store, asked.plays, asked.people)
            print(f"{asked.plays:,} plays: {grown / 1e6:.1f} MB, {grown / asked.plays:.1f} bytes each")
            me = store.acting_as(replace(store.actor, id=1))
            plays = Plays(me)
            questions: dict[str, Callable[[], object]] = {
                text: lambda text=text: _found(me, text) for text in _QUESTIONS
            }
            questions |= {"the last 50": plays.page, "stats": plays.stats, "stats, 30 days": lambda: plays.stats("30d")}
            for name, ask in questions.items():
                least, most = timed(ask)
                print(f"{name:24} {least:.3f} to {most:.3f} CPU s")


def _found(store: SqliteStore, text: str) -> int:
    context = QueryContext(now=datetime.now(UTC), owner=store.actor.id)
    return len(store.search.file_ids(parse_query(text), context))


if __name__ == "__main__":
    main()
