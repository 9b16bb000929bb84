"""How right tempo, beats and bars are on whole produced tracks, by range of tempo: prints tables, writes JSON.

    python lab/measure/games.py FOLDER [--rebuild MIRROR] [--against FIGURES.json] [--python madmom_bars=FILE]

FOLDER holds the tracks and `truth.jsonl`, which the script of `../shared/games` makes out of the snapshots in MIRROR.
Answers are kept in a work folder by the content of each file and of the program. `--against` compares this map4 with
the figures of an earlier run, song by song.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

from conversation import add_interpreters
from inside_scoring import PHASE_RIGHT_F, downbeat_f
from kept import Kept, analysis_digest
from manifest import Song
from measure import REPOSITORY
from predictions import COMPARATORS, DEFAULT_WORK, ask_comparator, prediction_of
from rich.console import Console
from scoring import OCTAVES, beat_score, lead, reliability, tempo_hits, tempo_relation
from tables import Grid, add_outputs, number, pair, report

from map4 import Library
from map4.core.music.analysis.analysis import ANALYSIS_VERSION

MAP4 = "map4"
SHARED = REPOSITORY.parent / "shared" / "games"
RANGES = ((0.0, 100.0), (100.0, 125.0), (125.0, 150.0), (150.0, 180.0), (180.0, 215.0), (215.0, 1000.0))
"""BPM, from and below: what is fast enough to be told at half its tempo lies in the last three."""
BEATS_RIGHT_F = 0.8
"""From this F-measure on, beats are right, and which of them begins a bar can be asked."""
PARTS = ("open", "kept")
"""Choose on the open songs; the kept songs have other makers and are for the end."""
SOURCES = Path(__file__).with_name("sources.tsv")
"""The part of each song and where it comes from; other songs are open."""
MEASURES = ("acc1", "acc2", "beats_f", "downbeats_f")
BY_RANGE = ("acc1", "beats_f")
ALL, CHANGES = "all", "tempo changes"
BARS = "_bars"
"""How the comparators that tell bars, and beats of their own with them, end."""

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track and what is true of it.

    song : as the other benchmarks know it; its tempo is None where it changes
    downbeats_s : seconds; empty where the labels do not say where bars begin
    part : of `PARTS`
    """

    song: Song
    downbeats_s: tuple[float, ...]
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How right an answer is: 0-1 each, None where that is not known.

    phase : whether the bars begin with the right beat, of tracks whose beats are right
    found : which multiple of the true tempo
    """

    acc1: float | None
    acc2: float | None
    beats_f: float
    downbeats_f: float | None
    phase: float | None
    found: str | None
    bpm: float | None
    confidence: float | None
    bar_confidence: float | None


def read_tracks(folder: Path, songs_table: Path) -> list[Track]:
    """The tracks of a folder.

    songs_table : tab-separated, with `file`, and `bars_trusted` where the labels say where bars begin
    """
    with open(songs_table, encoding="utf-8", newline="") as lines:
        trusted = {row["file"] for row in csv.DictReader(lines, delimiter="\t") if row["bars_trusted"] == "true"}
    with open(SOURCES, encoding="utf-8", newline="") as lines:
        parts = {row["file"]: row["part"] for row in csv.DictReader(lines, delimiter="\t") if row["set"] == "games"}
    with open(folder / "truth.jsonl", encoding="utf-8") as lines:
        return [_track(folder, json.loads(line), trusted, parts) for line in lines]


def _track(folder: Path, row: Mapping[str, Any], trusted: set[str], parts: Mapping[str, str]) -> Track:
    name = row["file"]
    song = Song(
        name=name,
        path=folder / name,
        sha1=hashlib.sha1((folder / name).read_bytes(), usedforsecurity=False).hexdigest(),
        source=row["source"],
        genre=row.get("genre") or "",
        bpm=None if row["tempo_changes"] else row["bpm"],
        is_level_certain=True,
        key=None,
        beats_s=tuple(row["beats"]),
        is_taught=False,
    )
    return Track(
        song=song, downbeats_s=tuple(row["downbeats"]) if name in trusted else (), part=parts.get(name, PARTS[0])
    )


def ask_map4(tracks: Sequence[Track], work: Path, jobs: int, tell: Callable[[str], None]) -> dict[str, Answer]:
    """What this map4 says of each track."""
    kept = Kept(work, "games-map4", analysis_digest())
    wanted = {os.path.abspath(one.song.path): one.song.sha1 for one in tracks if one.song.sha1 not in kept}
    tell(f"map4: {len(wanted)} of {len(tracks)} tracks to analyse")
    with Library.open(Library.IN_MEMORY) as library:
        for track in library.analyze_events(wanted, jobs=jobs, store=False, beats=True):
            record = track.to_record(beats=True)
            bars = {"downbeat_confidence": record["downbeat_confidence"]}
            kept.add(wanted[track.path], {**asdict(prediction_of(record)), **bars})
    return {one.song.name: kept[one.song.sha1] for one in tracks}


def score(track: Track, answer: Answer) -> Score:
    """Compare an answer with the truth."""
    truth, bpm = track.song.bpm, answer.get("bpm")
    beats_f = beat_score(track.song.beats_s, answer.get("beats_s") or ()).f
    has_bars = bool(track.downbeats_s) and answer.get("downbeats_s") is not None
    bars_f = downbeat_f(track.downbeats_s, answer["downbeats_s"]) if has_bars else None
    return Score(
        acc1=None if truth is None else float(tempo_hits(truth, bpm)),
        acc2=None if truth is None else float(tempo_hits(truth, bpm, OCTAVES)),
        beats_f=beats_f,
        downbeats_f=bars_f,
        phase=None if bars_f is None or beats_f < BEATS_RIGHT_F else float(bars_f >= PHASE_RIGHT_F),
        found=None if truth is None else tempo_relation(truth, bpm),
        bpm=bpm,
        confidence=answer.get("bpm_confidence"),
        bar_confidence=answer.get("downbeat_confidence"),
    )


def _with_tempo(answer: Answer) -> Answer:
    """That of a program which tells beats alone has the tempo of their median distance."""
    beats_s = answer.get("beats_s") or ()
    if answer.get("bpm") is None and len(beats_s) > 1:
        return {**answer, "bpm": 60.0 / median(after - before for before, after in pairwise(beats_s))}
    return answer


def grids(tracks: Sequence[Track], scores: Mapping[str, Mapping[str, Score]]) -> list[Grid]:
    """All tables: means by program, range and part; what the confidences are worth; which tempi are wrong."""
    ours, parts = scores[MAP4], _parts(tracks)
    means = [
        (program, part, *_means([told[name] for name in names if name in told]))
        for part, names in parts.items()
        for program, told in scores.items()
    ]
    doubts = [_doubt(part, names, ours) for part, names in parts.items() if not part.endswith("BPM")]
    wrong = [
        (one.song.name, number(one.song.bpm, 1), number(told.bpm, 1), str(told.found), number(told.confidence))
        for one in sorted(tracks, key=lambda one: one.song.bpm or 0.0)
        if (told := ours[one.song.name]).acc1 == 0.0
    ]
    return [
        Grid(
            title="Tempo, beats and bars",
            headings=("program", "part", "tracks", "Acc 1", "Acc 2", "beats F", "downbeats F", "phase"),
            rows=tuple(means),
            note=f"Phase: of tracks whose beats have an F of {BEATS_RIGHT_F} and more.",
        ),
        Grid(
            title="Confidence of map4",
            headings=("part", "tempo: sure", "right", "ECE", "bins", "bars: sure", "right", "ECE"),
            rows=tuple(doubts),
            note="Sure: at least .9. Bins of equal count: confidence / right.",
        ),
        Grid(title="Wrong tempi", headings=("track", "true", "told", "is", "confidence"), rows=tuple(wrong)),
    ]


def _parts(tracks: Sequence[Track]) -> dict[str, list[str]]:
    """Names of all tracks, of either part, of each range of tempo, and of those that change theirs."""
    parts = {ALL: [one.song.name for one in tracks]}
    for part in PARTS:
        parts[part] = [one.song.name for one in tracks if one.part == part]
    for low, high in RANGES:
        parts[f"{low:.0f}–{high:.0f} BPM"] = [
            one.song.name for one in tracks if one.song.bpm is not None and low <= one.song.bpm < high
        ]
    parts[CHANGES] = [one.song.name for one in tracks if one.song.bpm is None]
    return parts


def _means(scores: Sequence[Score]) -> tuple[str, ...]:
    def mean(values: Sequence[float | None]) -> str:
        known = [value for value in values if value is not None]
        return number(sum(known) / len(known)) if known else ""

    of = [mean([getattr(one, name) for one in scores]) for name in (*MEASURES, "phase")]
    return (str(len(scores)), *of)


def _doubt(part: str, names: Sequence[str], ours: Mapping[str, Score]) -> tuple[str, ...]:
    told = [(ours[name].confidence or 0.0, ours[name].acc1) for name in names if ours[name].acc1 is not None]
    bars = [(ours[name].bar_confidence or 0.0, ours[name].phase) for name in names if ours[name].phase is not None]
    cells = []
    for pairs in (told, bars):
        found = reliability([sure for sure, _ in pairs], [bool(right) for _, right in pairs])
        if found is None:
            cells.append(("", "", "", ""))
            continue
        bins = ", ".join(pair(each.confidence, each.right) for each in found.bins)
        cells.append((str(found.sure), number(found.sure_right), number(found.ece, 3), bins))
    return (part, *cells[0], *cells[1][:3])


def compared(
    title: str, tracks: Sequence[Track], now: Mapping[str, Score], others: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Grid:
    """Paired bootstrap of this map4 against others, by their name, over the songs of both; by range of tempo too."""
    rows = []
    for other, theirs in others.items():
        for part, names in _parts(tracks).items():
            for measure in (*MEASURES, "phase") if part == ALL else BY_RANGE:
                both = [(getattr(now[name], measure), theirs[name][measure]) for name in names if name in theirs]
                known = [(mine, their) for mine, their in both if mine is not None and their is not None]
                found = lead([mine for mine, _ in known], [their for _, their in known])
                if found is not None:
                    won, lost = (sum(sign * (a - b) > 0.1 for a, b in known) for sign in (1, -1))
                    ahead = (f"{found.difference:+.3f}", f"{found.low:+.3f} … {found.high:+.3f}", str(won), str(lost))
                    rows.append((other, part, measure, str(found.files), *ahead))
    return Grid(
        title=title,
        headings=("other", "part", "measure", "tracks", "ahead by", "95 % interval", "won", "lost"),
        rows=tuple(rows),
        note="Won and lost: by more than .1.",
    )


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="tracks and truth.jsonl")
    parser.add_argument("--shared", type=Path, default=SHARED, metavar="DIR",
                        help="songs.tsv, and the script that makes the folder (default: ../shared/games)")  # fmt: skip
    parser.add_argument("--rebuild", type=Path, metavar="MIRROR", help="make FOLDER of the snapshots there first")
    parser.add_argument("--jobs", "-j", type=int, default=2, metavar="N", help="worker processes (default: 2)")
    parser.add_argument("--against", type=Path, metavar="FILE", help="figures of an earlier run")
    add_interpreters(parser, (*COMPARATORS, "librosa_bars", "madmom_bars"), otherwise="not asked")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where answers are kept")
    add_outputs(parser, "games")
    return parser.parse_args(arguments)


def _as_written(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    return {name: asdict(one) for name, one in scores.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, score, print and write."""
    options, told = read_options(arguments), Console(stderr=True)
    if options.rebuild:
        subprocess.run([sys.executable, options.shared / "rebuild.py", options.rebuild, options.folder], check=True)
    tracks = read_tracks(options.folder, options.shared / "songs.tsv")
    answers = {MAP4: ask_map4(tracks, options.work, options.jobs, told.print)}
    chosen = dict(options.python)
    for name in chosen:
        songs = [one.song for one in tracks]
        for program, found in ask_comparator(name, chosen, songs, options.work, told.print).items():
            shown = f"{program}, bars" if name.endswith(BARS) else program
            answers[shown] = {song: _with_tempo(asdict(one)) for song, one in found.items()}
    scores = {
        program: {one.song.name: score(one, found[one.song.name]) for one in tracks if one.song.name in found}
        for program, found in answers.items()
    }
    tables = grids(tracks, scores)
    others = {program: _as_written(told) for program, told in scores.items() if program != MAP4}
    if others:
        tables.append(compared("Against others", tracks, scores[MAP4], others))
    if options.against:
        before = json.loads(options.against.read_text(encoding="utf-8"))["scores"][MAP4]
        tables.append(compared("Against the earlier figures", tracks, scores[MAP4], {"earlier": before}))
    written = {program: _as_written(told) for program, told in scores.items()}
    report(options, "games", tables, analysis_version=ANALYSIS_VERSION, scores=written)


if __name__ == "__main__":
    main()
