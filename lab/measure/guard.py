"""Tempi by kind of music, and of the guard: pieces on whose tempo three other programs agree.

    python lab/measure/guard.py AUDIO_DEV --games games --music music [--python NAME=FILE …] [--make]

AUDIO_DEV is the manifest of `../shared/audio-dev`; the folders are what the scripts of `../shared/games` and
`../shared/music-tempo` make. `--make` writes `guard.tsv` from what Mixxx, Essentia and librosa say. Ends with 1 if map4
loses more of the guard than it may, or puts much different music on one tempo.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music")]

from conversation import add_interpreters
from games import SHARED, read_tracks
from manifest import Song, read_catalogue, read_manifest
from predictions import DEFAULT_WORK, MAP4, Prediction, ask_comparator, ask_map4
from rich.console import Console
from scoring import reliability, tempo_hits
from tables import Grid, add_outputs, number, report

TABLE, TEMPI = Path(__file__).with_name("guard.tsv"), SHARED.parent / "music-tempo" / "incompetech_teach.tsv"
OTHERS = ("mixxx", "essentia", "librosa")
GAMES, MUSIC, EXCERPTS = "game songs", "other music", "excerpts"
RANGES = {GAMES: (180.0, 1000.0), MUSIC: (0.0, 110.0)}
"""BPM of the tracks that are hard; shown apart."""
MOST_ABOVE_TRUTH, LEAST_GUARDED = 0.01, 0.972
"""Version 25 has .977 of the guard; a change may cost .005."""
Said = Mapping[str, Mapping[str, Prediction]]


def agreed(song: Song, said: Said) -> float | None:
    """The tempo on which all others agree; None if they do not, or if the label says another."""
    read = [found.bpm for found in (told.get(song.name) for name, told in said.items() if name != MAP4) if found]
    known = [bpm for bpm in read if bpm]
    if len(known) < len(OTHERS):
        return None
    bpm = median(known)
    is_one = all(tempo_hits(bpm, each) for each in known)
    denied = song.bpm is not None and not tempo_hits(song.bpm, bpm)
    return bpm if is_one and not denied else None


Labels = list[tuple[str, float]]


def parts_of(kinds: Mapping[str, Sequence[Song]], guard: Mapping[str, float]) -> dict[str, Labels]:
    """Name and tempo of what is scored together."""
    parts: dict[str, Labels] = {}
    for kind, songs in kinds.items():
        parts[kind] = [(song.name, song.bpm) for song in songs if song.bpm and song.is_level_certain]
        low, high = RANGES.get(kind, (0.0, 0.0))
        if high:
            parts[f"– {low:.0f} to {high:.0f} BPM"] = [each for each in parts[kind] if low <= each[1] < high]
    names = [song.name for songs in kinds.values() for song in songs]
    return {**parts, "guard": [(name, guard[name]) for name in names if name in guard]}


def by_kind(parts: Mapping[str, Labels], said: Said) -> Grid:
    """The share of right tempi of each program, and how many are sure in map4."""
    rows = []
    for title, labels in parts.items():
        hits = {program: [tempo_hits(bpm, told[name].bpm) if name in told else False for name, bpm in labels]
                for program, told in said.items()}  # fmt: skip
        confidences = [said[MAP4][name].bpm_confidence or 0.0 for name, _ in labels]
        found = reliability(confidences, hits[MAP4])
        sure = ("", "") if found is None else (str(found.sure), number(found.sure_right, 3))
        rows.append((title, str(len(labels)), *(number(sum(each) / len(each), 3) for each in hits.values()), *sure))
    return Grid(title="Tempo (Accuracy 1)", headings=("kind", "tracks", *said, "sure", "right"), rows=tuple(rows))


def too_common(labels: Labels, said: Said) -> tuple[Grid, bool]:
    """The tempo that each program says too often, and whether map4 keeps to the truth."""
    truth, rows, above = Counter(round(bpm) for _, bpm in labels), [], {}
    for program, told in said.items():
        read = Counter(round(told[name].bpm or 0.0) for name, _ in labels if name in told)
        most = max(read, key=lambda bpm: read[bpm] - truth[bpm])
        above[program] = (read[most] - truth[most]) / len(labels)
        rows.append((program, str(most), str(read[most]), str(truth[most]), number(above[program], 3)))
    headings = ("program", "BPM", "said", "true", "above its share")
    grid = Grid(title="The tempo that is said too often", headings=headings, rows=tuple(rows))
    return grid, above[MAP4] <= MOST_ABOVE_TRUTH


def main() -> int:
    """Ask, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path, metavar="AUDIO_DEV")
    parser.add_argument("--games", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--music", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--make", action="store_true", help="write the guard from the other programs")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where answers are kept")
    add_interpreters(parser, OTHERS)
    add_outputs(parser, "guard")
    options, console = parser.parse_args(), Console(stderr=True)
    games = [track.song for track in read_tracks(options.games, SHARED / "songs.tsv")]
    kinds = {GAMES: games, MUSIC: read_catalogue(options.music, TEMPI), EXCERPTS: read_manifest(options.manifest)}
    songs = [song for part in kinds.values() for song in part]
    said = ask_map4(songs, options.work, 1, console.print)
    for name in OTHERS:
        said |= dict([*ask_comparator(name, dict(options.python), songs, options.work, console.print).items()][-1:])
    if options.make:
        rows = [f"{song.name}\t{bpm:.2f}\n" for song in songs if (bpm := agreed(song, said)) is not None]
        TABLE.write_text("file\tbpm\n" + "".join(rows), encoding="utf-8")
    with open(TABLE, encoding="utf-8", newline="") as lines:
        guard = {row["file"]: float(row["bpm"]) for row in csv.DictReader(lines, delimiter="\t")}
    parts = parts_of(kinds, guard)
    common, is_spread = too_common([each for kind in kinds for each in parts[kind]], said)
    report(options, "guard", [by_kind(parts, said), common], guard=len(guard))
    guarded = [tempo_hits(bpm, said[MAP4][name].bpm) for name, bpm in parts["guard"]]
    return 0 if is_spread and sum(guarded) >= LEAST_GUARDED * len(guarded) else 1


if __name__ == "__main__":
    sys.exit(main())
