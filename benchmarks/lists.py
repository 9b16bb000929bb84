"""Whether lists are what they say: style, clashes, nearness to the seed, one quality everywhere, and what faults cost.

    python benchmarks/lists.py [--manifest MANIFEST] [--tracks 20000] [--work DIR] [--json FILE]

Lists of ten with the usual options, from two libraries: the synthetic one, with a sound for each track (`playlist.py`)
and its genre as the style, and the music of a manifest (`accuracy.py`), whose files have no tags; its column `genre` is
seen by this program alone. Files are analysed in the first run, and the library is kept in the work folder. It runs on
older versions of map4 too: PYTHONPATH=/path/to/an/older/map4 python benchmarks/lists.py

style: picks of the seed's style, of all picks but the seed. far: picks from the half of the library that sounds less
like the seed while a track of the nearer half is left that keeps all other limits there. clash, poor: steps. under 5 %,
under 10 %: steps with a smaller change of tempo. broken: lists that pass with a clash or a poor step in them. agrees:
lists with the same quality made, checked as a stored list and as M3U8, and exported. kept: lists that a refresh leaves
as they are.

Faults: into a list of twelve that keeps all limits, tracks with one fault each are put, up to four; the table has the
overall quality with each number of them.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from list_faults import FAULTY_PICKS, MOST_FAULTS, fault_rows
from manifest import read_manifest
from measure import REPOSITORY, machine
from playlist import add_sound
from rich.console import Console
from synthetic_library import make_library
from tables import Grid, number, show_grids

from map4 import Library
from map4.lists.candidates import SoundSimilarity
from map4.lists.listed_tracks import track_families
from map4.lists.playlist.playlist import Pick, Playlist
from map4.music.analysis.key import ALL_KEYS
from map4.music.columns import Columns
from map4.music.mixing.harmony import fits
from map4.music.mixing.many import MixColumns
from map4.music.recording import Recordings, recording_facts
from map4.music.track.genre import shipped_genres
from map4.music.track.track import Track
from map4.store.file.database import SqliteDatabase
from map4.store.sound.sqlite_sounds import SqliteSounds
from map4.store.tracks import SqlTracks

SCHEMA = "map4/benchmark-lists/1"
DEFAULT_JSON = REPOSITORY / "benchmarks" / "results" / "lists.json"
PICKS = 10
SYNTHETIC_SEEDS = 48
STYLES = ("dnb", "reggae", "house", "rock")
WISHES: tuple[dict[str, Any], ...] = ({"curve": "wave"}, {"policy": "creative", "harmonic": "off"})
"""Lists with these are judged everywhere and refreshed too."""
REAL_MIXES = {"under 5 %": 0.861, "under 10 %": 0.945}
"""Share of the tracks in 1,557 published mixes that are pitched by less (Kim et al., ISMIR 2020)."""

# The usual limits of a list.
STEP_PERCENT, DRIFT_PERCENT, ENERGY_REACH, ARTIST_GAP, GENRE_FLOOR = 6.0, 12.0, 0.15, 4, 0.5


Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A library, what lists are made from, and of which style a track is (None: not known)."""

    name: str
    library: Library
    seeds: Sequence[Track]
    style_of: Callable[[Track], str | None]


# ---- what is near, and left ----------------------------------------------------------------------


def _recordings(columns: Columns) -> Recordings[int]:
    """The file ids, to be found by what makes others the same recording."""
    found = Recordings[int]()
    lengths_s = [None if math.isnan(length) else length for length in columns.duration_s.tolist()]
    names = zip(columns.file_id.tolist(), columns.audio_id, columns.artist, columns.title, lengths_s, strict=True)
    for file_id, audio_id, artist, title, duration_s in names:
        found.add(file_id, audio_id=audio_id, artist=artist, title=title, duration_s=duration_s)
    return found


class Surroundings:
    """The tracks of a library as columns, to ask what else could have come at a place."""

    def __init__(self, library: Library) -> None:
        database = SqliteDatabase(library.path)
        self._store = SqlTracks(database)
        self._likeness = SoundSimilarity(SqliteSounds(database).table())
        self._columns = library.tracks.columns()
        self._mix = MixColumns.of_library(self._columns)
        genres = shipped_genres()
        self._families = track_families(self._columns.label_family, self._columns.genre, genres)
        self._artists = np.array([(artist or "").strip().casefold() for artist in self._columns.artist])
        self._recordings = _recordings(self._columns)
        self._rows = {audio_id: row for row, audio_id in enumerate(self._columns.audio_id)}
        keys = (*ALL_KEYS, None)
        self._keys_fit = np.array([[fits("flexible", a, b) for b in keys] for a in keys])
        self._genres = genres

    def needlessly_far(self, made: Playlist) -> int:
        """How many picks are of the farther half while something nearer keeps the other limits."""
        seed = made.picks[0].track
        heard = self._likeness.of_columns([self._store.track(seed.path, sound=True) or seed], self._columns)
        if heard is None:
            return 0
        is_near = heard >= np.nanmedian(heard)
        left = np.ones(len(heard), dtype=bool)
        count = 0
        for place, pick in enumerate(made.picks):
            row = self._rows[pick.track.audio_id]
            if place and not is_near[row] and bool((is_near & left & self._keeps(made.picks, place)).any()):
                count += 1
            same = [*self._recordings.same(**recording_facts(pick.track))]
            left &= ~np.isin(self._columns.file_id, same)
        return count

    def _keeps(self, picks: Sequence[Pick], place: int) -> Mask:
        """Which tracks keep tempo, key, energy, genre and artist gap as the pick of a place."""
        last, bpm = self._rows[picks[place - 1].track.audio_id], self._mix.bpm
        first_bpm, wanted = bpm[self._rows[picks[0].track.audio_id]], picks[place].energy_target
        before = [self._rows[pick.track.audio_id] for pick in picks[max(0, place - ARTIST_GAP) : place]]
        keeps = 100.0 * np.abs(bpm - bpm[last]) <= STEP_PERCENT * np.minimum(bpm, bpm[last])
        if not math.isnan(first_bpm):
            keeps &= np.abs(np.log(bpm / first_bpm)) <= math.log1p(DRIFT_PERCENT / 100.0)
        keeps &= self._keys_fit[self._mix.key[last], self._mix.key]
        keeps &= ~np.isin(self._artists, self._artists[before]) | (self._artists == "")
        if wanted is not None:
            keeps &= ~(np.abs(self._mix.energy - wanted) > ENERGY_REACH)
        fit = {name: self._genres.fit(self._families[last], name) for name in {*self._families}}
        keeps &= np.array([fit[name] is None or fit[name] >= GENRE_FLOOR for name in self._families])
        found: Mask = keeps
        return found


# ---- lists ---------------------------------------------------------------------------------------


def figures(material: Material) -> dict[str, float | int | None]:
    """What the lists of some seeds are like."""
    around = Surroundings(material.library)
    found: dict[str, list[float]] = {}
    for seed in material.seeds:
        made = material.library.playlist(seed.path, n=PICKS)
        for name, values in _of_list(material, made, around).items():
            found.setdefault(name, []).extend(values)
    return {
        "lists": len(material.seeds),
        **{name: sum(values) / len(values) if values else None for name, values in found.items()},
    }


def _of_list(material: Material, made: Playlist, around: Surroundings) -> dict[str, list[float]]:
    picks = made.picks[1:]
    style = material.style_of(made.picks[0].track)
    steps = [pick.transition for pick in picks if pick.transition is not None]
    clashes = [float(step.key.relation == "clash") for step in steps if step.key.relation != "unknown"]
    poor = [float(step.rating == "poor") for step in steps]
    changes = [abs(step.tempo.change_percent) for step in steps if step.tempo.change_percent is not None]
    passes = bool(made.quality and made.quality.passes)
    far = around.needlessly_far(made)
    others = [made, *(material.library.playlist(made.picks[0].track.path, n=PICKS, **wishes) for wishes in WISHES)]
    return {
        "style": [] if style is None else [float(material.style_of(pick.track) == style) for pick in picks],
        "far": [1.0] * far + [0.0] * (len(picks) - far),
        "clash": clashes,
        "poor": poor,
        "under 5 %": [float(change < 5.0) for change in changes],
        "under 10 %": [float(change < 10.0) for change in changes],
        "passes": [float(passes)],
        "broken": [float(passes and (any(clashes) or any(poor)))],
        "agrees": [float(_agrees(material.library, one)) for one in others],
        "kept": [float(_is_kept(material.library, one)) for one in others],
    }


def _agrees(library: Library, made: Playlist) -> bool:
    """Whether the quality is the same made, stored, written and exported."""
    lists = library.lists
    lists.save("benchmark", made.to_tracklist())
    stored = lists.read("benchmark")
    out, exported = io.BytesIO(), io.BytesIO()
    lists.write_to(made.to_tracklist(), out, format_name="m3u8")
    library.export(exported, to="json", playlist="benchmark")
    every = [
        made.quality and made.quality.to_record(),
        lists.check(stored, suggest=False).to_record()["quality"],
        lists.check(lists.read("x.m3u8", data=out.getvalue()), suggest=False).to_record()["quality"],
        (quality := lists.content(stored).header.quality) and quality.to_record(),
        json.loads(exported.getvalue())["playlist"]["quality"],
    ]
    lists.delete("benchmark")
    # A bare list can't say what energy was wanted.
    told = [{name: value for name, value in (one or {}).items() if name != "curve"} for one in every]
    return all(one == told[0] for one in told)


def _is_kept(library: Library, made: Playlist) -> bool:
    lists = library.lists
    lists.save("benchmark", made.to_tracklist())
    refreshed = lists.refresh(lists.read("benchmark")).content
    lists.delete("benchmark")
    return [track.path for track in refreshed.tracks] == [pick.track.path for pick in made.picks]


# ---- libraries -----------------------------------------------------------------------------------


def synthetic(folder: Path, tracks: int) -> Iterator[Material]:
    """The synthetic library with sounds, and seeds of every genre."""
    path = folder / f"lists-{tracks}.map4"
    if not path.exists():
        add_sound(make_library(path, tracks))
    with Library.open(str(path)) as library:
        columns = library.tracks.columns("bpm:60.. has:key energy:3..8 has:genre")
        rows = columns.file_id[:: max(1, len(columns) // SYNTHETIC_SEEDS)][:SYNTHETIC_SEEDS]
        seeds = list(library.tracks.by_id(rows))
        yield Material(
            name=f"synthetic, {tracks:,} tracks", library=library, seeds=seeds, style_of=lambda track: track.tags.genre
        )


def real(folder: Path, manifest: Path) -> Iterator[Material]:
    """The music of a manifest, and seeds of four styles."""
    songs = read_manifest(manifest)
    styles = {str(song.path.resolve()): song.genre for song in songs if song.genre}
    path = folder / "lists-music.map4"
    is_new = not path.exists()
    with Library.open(str(path)) as library:
        if is_new:
            library.scan([song.path for song in songs])
        tracks = {track.path: track for track in library.search() if track.analysis}
        chosen = [tracks[name] for name, style in styles.items() if style in STYLES and name in tracks]
        yield Material(
            name=f"{len(tracks)} real tracks without tags",
            library=library,
            seeds=chosen,
            style_of=lambda track: styles.get(track.path),
        )


# ---- output --------------------------------------------------------------------------------------


def grids(document: dict[str, Any]) -> list[Grid]:
    """The figures as tables."""
    lists, faults = document["lists"], document["faults"]
    names = [name for name in next(iter(lists.values())) if name != "lists"]
    counts = [str(count) for count in range(MOST_FAULTS + 1)]
    return [
        Grid(
            title=f"Lists of {PICKS}",
            headings=("share", *(f"{name}, {row['lists']} lists" for name, row in lists.items()), "pitched in mixes"),
            rows=tuple(
                (name, *(number(row[name]) for row in lists.values()), number(REAL_MIXES.get(name))) for name in names
            ),
        ),
        Grid(
            title=f"Overall quality of a list of {FAULTY_PICKS} with so many faults in it",
            headings=("fault", *counts),
            rows=tuple((name, *("" if one is None else f"{one:.1f}" for one in row)) for name, row in faults.items()),
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifest", type=Path, help="music whose styles are known, as for accuracy.py")
    parser.add_argument("--tracks", type=int, default=20_000, help="of the synthetic library")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "map4-lists", metavar="DIR")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, metavar="FILE", help="where the figures go")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": machine(),
        "lists": {},
        "real_mixes": REAL_MIXES,
    }
    for material in synthetic(options.work, options.tracks):
        document["lists"][material.name] = figures(material)
        document["faults"] = fault_rows(material.library, material.seeds)
    for material in real(options.work, options.manifest) if options.manifest else ():
        document["lists"][material.name] = figures(material)
    show_grids(Console(), grids(document))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
