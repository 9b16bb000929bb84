"""Playlists: how good they are beside three simpler ways, on a synthetic library (lab/measure/scale.py: how fast).

    python lab/measure/playlist.py [--tracks 20000,100000] [--lengths 10,20,50,100] [--seeds 6]

The library is that of `lab.music.synthetic_library`, with a sound vector for each track: 60 clusters of 128 normal
numbers, five of them to a genre, four tracks of five from a cluster of their genre; around its centre .9 wide.

Quality is the mean over some seeds, with the wave curve, the flexible policy and rule and an artist gap of 4. All ways
choose from the same candidates, those the search starts with, but for the chain and chance, which know no limits and
take the whole library.

- ours: `map4.lists.sequencing.search`
- greedy: the most compatible next track that keeps all limits; where there is none, the one that breaks fewest
- chain: the next is the track that sounds most like the last one, as bliss-based players do
- chance: any track

compatibility: mean of the steps. curve: mean distance from the wanted energy. sound: mean similarity to the seed.
broken: limits that picks do not keep, a list (ours reports each). repeated: recordings that come twice, a list.

Wishes (`--prefer`, `--avoid`): the tracks get ratings by chance, and lists are made that lean to or from some of them.
among: the share of the picks, without the seed, that are of those.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music")]

import numpy as np
from synthetic_library import make_library

from map4 import Library
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.mixing.many import MixScores
from map4.core.music.track.genre import GenreTable
from map4.core.music.track.track import Track
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.sqlite_store import SqliteStore
from map4.core.store.tracks import SqlTracks
from map4.lists.candidates import SoundSimilarity
from map4.lists.playlist.request import ListRequest
from map4.lists.problem import ListFindings, prepare
from map4.lists.sequencing.expansion import Schedule
from map4.lists.sequencing.problem import Candidates
from map4.lists.sequencing.search import Step, first_window, sequence
from map4.lists.sequencing.step_scores import Position, StepScores
from map4.lists.sequencing.waypoints import PiecewiseLine, ranked

CLUSTERS, CLUSTERS_OF_A_GENRE, WIDTH, OF_THE_GENRE = 60, 5, 0.9, 0.8
SEED = 5
# Stars by chance, each with the share of the tracks that have so many at least.
RATED = ((5.0, 0.02), (4.0, 0.1), (3.0, 0.3), (1.0, 1.0))
WISHED_PICKS, WISHED_SEEDS = 20, 8


def add_sound(path: Path) -> None:
    """Give each analysed track a sound vector."""
    rng = np.random.default_rng(SEED)
    centres = rng.standard_normal((CLUSTERS, SoundVector.SIZE))
    with closing(SqliteDatabase(str(path))) as database:
        rows = database.connection.execute(
            "SELECT a.id, f.genre FROM analyses AS a JOIN files AS f USING (audio_id) GROUP BY a.audio_id"
        ).fetchall()
        genres = sorted({genre or "" for _, genre in rows})
        own = {genre: rng.choice(CLUSTERS, CLUSTERS_OF_A_GENRE, replace=False) for genre in genres}
        with database.transaction() as connection:
            for number, genre in rows:
                of_genre = rng.random() < OF_THE_GENRE
                cluster = int(rng.choice(own[genre or ""]) if of_genre else rng.integers(CLUSTERS))
                vector = (centres[cluster] + WIDTH * rng.standard_normal(SoundVector.SIZE)).astype("<f2")
                connection.execute(
                    "INSERT OR REPLACE INTO sounds (id, version, data) VALUES (?, ?, ?)",
                    (number, SoundVector.VERSION, vector.tobytes()),
                )
        database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_ratings(path: Path) -> None:
    """Give each track stars, as a DJ program might have them."""
    rng = np.random.default_rng(SEED)
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        names = connection.execute("SELECT DISTINCT audio_id FROM files WHERE audio_id IS NOT NULL").fetchall()
        for (audio_id,), chance in zip(names, rng.random(len(names)).tolist(), strict=True):
            rating = next(stars for stars, share in RATED if chance < share)
            row = (audio_id, json.dumps({"rating": rating}))
            connection.execute("INSERT OR REPLACE INTO imported (audio_id, data) VALUES (?, ?)", row)


def seeds_of(library: Library, count: int) -> list[Track]:
    """Tracks with a tempo and a key, evenly taken."""
    columns = library.tracks.columns("bpm:60.. has:key energy:3..8")
    rows = columns.file_id[:: max(1, len(columns) // count)][:count]
    with closing(SqliteDatabase(library.path)) as database:
        store = SqlTracks(database)
        return [store.track(track.path, sound=True) or track for track in library.tracks.by_id(rows)]


# ---- quality -------------------------------------------------------------------------------------


class Trial:
    """One seed and length: candidates, wanted energies, and how a list is judged."""

    def __init__(self, library: Library, seed: Track, request: ListRequest) -> None:
        store = SqliteStore(library.path)
        table = store.sounds.table()
        everything = library.tracks.columns()
        # The chain may go anywhere, and all are judged by the same columns.
        self.problem = prepare(
            replace(request, seeds=(seed,), considered=len(everything)),
            ListFindings(),
            everything,
            genres=GenreTable.shipped(),
            load=library.tracks.by_id,
            similarities=SoundSimilarity(table).of_columns,
        )
        self.all, self.first = self.problem.candidates, self.problem.first or 0
        order = ranked(self.problem)
        problem = self.problem.in_order(order)
        schedule = Schedule(problem)
        window = first_window(problem, schedule.count)
        schedule.lay_out(problem.candidates.energy[len(problem.fixed) : window])
        self.active = order[:window]
        energy: PiecewiseLine = schedule.plan.energy
        count = request.n or 0
        self.wanted = [energy.at(i / (count - 1)) for i in range(count)]
        self.log_bpm = schedule.plan.log_bpm.at(0.0)
        self.directions = table.directions
        self.rows_of_sound = table.places([*everything.audio_id, seed.audio_id])

    def position(self, number: int) -> Position:
        return Position(progress=0.0, energy=self.wanted[number], log_bpm=self.log_bpm)

    def ours(self) -> list[int]:
        return [step.index for step in sequence(self.problem) if isinstance(step, Step)]

    def greedy(self) -> list[int]:
        columns = self.all.take(self.active)
        scores = self._scores(columns)
        path = [0]
        while len(path) < len(self.wanted):
            broken = self._broken(columns, scores, path)
            total = MixScores.of(columns.traits[path[-1]], columns.traits).total
            free = ~columns.is_same_recording(path)
            fewest = broken[free].min()
            choice = np.where(free & (broken == fewest), np.round(total, 6), -1.0)
            path.append(int(np.argmax(choice)))
        return [int(self.active[index]) for index in path]

    def chain(self) -> list[int]:
        path = [self.first]
        free = np.ones(len(self.directions), dtype=bool)
        row_of = {int(sound): row for row, sound in enumerate(self.rows_of_sound[:-1])}
        last = int(self.rows_of_sound[-1])
        free[[place for place in range(len(free)) if place not in row_of]] = False
        while len(path) < len(self.wanted):
            free[last] = False
            last = int(np.argmax(np.where(free, self.directions @ self.directions[last], -2.0)))
            path.append(row_of[last])
        return path

    def chance(self) -> list[int]:
        rng = np.random.default_rng(SEED)
        return [self.first, *rng.choice(len(self.all) - 1, len(self.wanted) - 1, replace=False).tolist()]

    def judge(self, path: Sequence[int]) -> dict[str, float]:
        columns = self.all.take(np.array(path))
        scores = self._scores(columns)
        steps = MixScores.of(columns.traits[:-1], columns.traits[1:]).total
        broken = [self._broken(columns, scores, list(range(i)))[i] for i in range(1, len(path))]
        wanted = np.array(self.wanted, dtype=float)
        return {
            "compatibility": float(steps.mean()),
            "curve": float(np.nanmean(np.abs(columns.energy - wanted)[1:])),
            "sound": float(np.nanmean(columns.similarity[1:])),
            "broken": float(np.sum(broken)),
            "repeated": float(sum(columns.is_same_recording([i])[:i].any() for i in range(len(path)))),
        }

    def _scores(self, columns: Candidates) -> StepScores:
        return StepScores(replace(self.problem, candidates=columns))

    def _broken(self, columns: Candidates, scores: StepScores, path: Sequence[int]) -> np.ndarray:
        """How many limits each candidate would break as the next of a path."""
        row, at = scores.transition(path[-1]), scores.position(self.position(len(path)))
        near = columns.artist[list(path[-4:])]
        artist = np.isin(columns.artist, near[near >= 0])
        parts = (row.genre, row.harmonic, row.tempo_policy, at.energy_curve, at.tempo_drift, artist)
        return np.sum([part > 0 for part in parts], axis=0)


def compare(library: Library, seeds: Sequence[Track], lengths: Sequence[int]) -> list[dict[str, Any]]:
    """The quality of each way at each length."""
    results = []
    for length in lengths:
        found: dict[str, list[dict[str, float]]] = {}
        for seed in seeds:
            trial = Trial(library, seed, ListRequest(n=length, curve="wave").settled())
            ways: dict[str, Callable[[], list[int]]] = {
                "ours": trial.ours, "greedy": trial.greedy, "chain": trial.chain, "chance": trial.chance,
            }  # fmt: skip
            for name, way in ways.items():
                found.setdefault(name, []).append(trial.judge(way()))
        for name, rows in found.items():
            means = {figure: statistics.mean(row[figure] for row in rows) for figure in rows[0]}
            results.append({"length": length, "way": name, **means})
    return results


def wishes(library: Library, seeds: Sequence[Track]) -> list[dict[str, Any]]:
    """What lists are like that lean to, or from, a part of the library."""
    results = []
    for least, share in RATED[:3]:
        query = f"rating:{least:g}.."
        for wish in ({}, {"preferred": query}, {"avoided": query}):
            lists = [library.playlist(seed.path, n=WISHED_PICKS, curve="wave", **wish) for seed in seeds]
            picks = [pick for made in lists for pick in made.picks[1:]]
            figures = {
                "among": [(pick.track.rating() or 0.0) >= least for pick in picks],
                "compatibility": [pick.transition.total for pick in picks if pick.transition],
                "curve": [
                    abs(pick.energy_target - pick.track.analysis.energy)
                    for pick in picks
                    if pick.energy_target is not None and pick.track.analysis and pick.track.analysis.energy is not None
                ],
                "sound": [pick.seed_similarity for pick in picks if pick.seed_similarity is not None],
            }
            means = {name: statistics.mean(map(float, values)) for name, values in figures.items()}
            broken = statistics.mean(len(made.relaxed) for made in lists)
            results.append({"of": share, "wish": next(iter(wish), "none"), **means, "broken": broken})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tracks", default="20000,100000", help="sizes of the libraries")
    parser.add_argument("--lengths", default="10,20,50,100", help="numbers of picks")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--folder", type=Path, help="keep the libraries here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for tracks in map(int, options.tracks.split(",")):
            path = (options.folder or Path(temporary)) / f"playlist-{tracks}.map4"
            if not path.exists():
                add_sound(make_library(path, tracks))
                add_ratings(path)
            with Library.open(str(path)) as library:
                lengths = [int(text) for text in options.lengths.split(",") if text]
                rows = compare(library, seeds_of(library, options.seeds), lengths)
                rows += wishes(library, seeds_of(library, WISHED_SEEDS))
            for row in rows:
                print_row({"tracks": tracks, **row})


def print_row(row: dict[str, Any]) -> None:
    shown = {name: f"{value:.3f}" if isinstance(value, float) else str(value) for name, value in row.items()}
    print("  ".join(f"{name} {value}" for name, value in shown.items()), flush=True)


if __name__ == "__main__":
    main()
