"""What `map4 unmix` finds in sets of which everything is known: prints tables, writes JSON.

    python lab/measure/unmix.py MUSIC --sets 6 --minutes 40 [--blind] [--work DIR]

MUSIC is a folder of songs. One in eight of them is in no library; the others are scanned into one. `unmix_mixes.py`
makes sets of the songs kept for judging (`--blind`) or of the others.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import numpy as np
from material import DEFAULT_WORK
from measure import machine
from rich.console import Console
from unmix_mixes import Played, draw_set, is_blind, is_strange, make_set, music_in
from unmix_scoring import (
    GROUPS,
    NEAR_S,
    SPEED_LIMIT,
    MixedRow,
    Row,
    lined_up,
    mixed_rows,
    mixed_table,
    shares,
    table,
    unknown_named,
)
from wild_mixes import KINDS, wild_set

from map4 import Library
from map4.extras.unmix.records import Unmixed

SCHEMA = "map4/benchmark-unmix/1"
DEFAULT_JSON = LAB / "results" / "unmix.json"
TARGETS = {"found": 0.95, "false": 0.01, "start": 0.95, "speed": 0.95, "unknown": 0.9}


def scanned(songs: Sequence[Path], work: Path) -> Path:
    """A library of the songs that are in one."""
    known = work / "known"
    known.mkdir(parents=True, exist_ok=True)
    for song in songs:
        place = known / song.name
        if not is_strange(song) and not place.exists():
            os.link(song, place)
    library = work / "library.map4"
    with Library.open(library) as opened:
        opened.scan(known)
    return library


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the sets, read them, and say what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path)
    parser.add_argument("--sets", type=int, default=6)
    parser.add_argument("--first", type=int, default=1, help="number of the first set")
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--library", type=Path, help="one that has been made of MUSIC and more")
    parser.add_argument("--only-make", action="store_true", help="make the sets, and read none")
    parser.add_argument("--blind", action="store_true", help="of songs kept for judging")
    parser.add_argument("--kind", choices=KINDS, help="sets of ten tracks that hurt (`wild_mixes.py`)")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK / "unmix")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--misses", action="store_true", help="say what was missed")
    chosen = parser.parse_args(arguments)
    console = Console()
    songs = music_in(chosen.music)
    mine = [song for song in songs if is_blind(song) == chosen.blind]
    seeds = range(chosen.first, chosen.first + chosen.sets)
    if chosen.only_make:
        for seed in seeds:
            print(_set(mine, chosen.work / "sets", seed, chosen)[0], flush=True)
        return
    library = chosen.library or scanned(songs, chosen.work)
    rows: list[Row] = []
    mixes: list[MixedRow] = []
    false = unknown = named = 0
    cpu_s = played_s = 0.0
    compared = 0
    with Library.open(library, create=False) as opened:
        for seed in seeds:
            path, played = _set(mine, chosen.work / "sets", seed, chosen)
            begun = time.process_time()
            [said] = opened.unmix(path)
            cpu_s += time.process_time() - begun
            played_s += said.duration_s or 0.0
            compared = said.compared
            some, wrong = lined_up(played, said)
            count, right = unknown_named(played, said)
            mixes += mixed_rows(played, some)
            rows, false, unknown, named = rows + some, false + wrong, unknown + count, named + right
            console.print(
                f"{path.name}: {len(some)} played, {sum(row.found is not None for row in some)} found, {wrong} false"
            )
            if chosen.misses:
                _tell_misses(console, some, said, played)
    figures: dict[str, Any] = {
        **shares(rows), "false": false / max(1, sum(row.found is not None for row in rows) + false),
        "unknown": named / unknown if unknown else None, "unknown_passages": unknown,
    }  # fmt: skip
    console.print(table(rows))
    console.print(mixed_table(mixes))
    console.print(f"false {figures['false']:.3f}; unknown passages {unknown}, named {named}")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    console.print(f"{compared} tracks compared; {cpu_s:.0f} s CPU for {played_s / 60:.0f} min; {peak_mb} MB")
    for name, least in TARGETS.items():
        value = figures[name]
        met = value is not None and (value <= least if name == "false" else value >= least)
        console.print(
            f"{name}: {'-' if value is None else f'{value:.3f}'}, wanted {least:g}: {'met' if met else 'MISSED'}"
        )
    by = {name: {value: shares([row for row in rows if group(row) == value]) for value in sorted(set(map(group, rows)))}
          for name, group in GROUPS.items()}  # fmt: skip
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    document = {"schema": SCHEMA, "machine": machine(), "blind": chosen.blind, "compared": compared, "cpu_s": cpu_s,
                "played_s": played_s, "peak_mb": peak_mb, **figures, "by": by}  # fmt: skip
    chosen.json.write_text(json.dumps(document, indent=1))


def _set(songs: Sequence[Path], folder: Path, seed: int, chosen: argparse.Namespace) -> tuple[Path, list[Played]]:
    """A set of that number, made where it is not there yet, and what is played in it."""
    which = f"{chosen.kind}-{seed}" if chosen.kind else f"{seed}-{chosen.minutes:g}"
    name = f"{'blind' if chosen.blind else 'open'}-{which}"
    truth = folder / f"{name}.json"
    if not truth.exists() and chosen.kind:
        wild_set(songs, folder, chosen.kind, seed, blind=chosen.blind)
    elif not truth.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([44, seed, chosen.blind])
        known, strange = ([path for path in songs if is_strange(path) == wanted] for wanted in (False, True))
        make_set(rng, draw_set(rng, known, strange, chosen.minutes), folder, name)
    played = [
        Played(
            **{
                **one,
                "equaliser": tuple(map(tuple, one["equaliser"])),
                "heard_s": None if one.get("heard_s") is None else tuple(one["heard_s"]),
            }
        )
        for one in json.loads(truth.read_text())["tracks"]
    ]
    [path] = [path for path in folder.glob(f"{name}.*") if path.suffix != ".json"]
    return path, played


def _tell_misses(console: Console, rows: Sequence[Row], said: Unmixed, played: Sequence[Played]) -> None:
    for row in rows:
        one, its = row.found, row.played
        what = f"{Path(its.path).stem[:36]} {its.start_s:.1f}-{its.end_s:.1f} x{its.speed:.4f} {its.way}"
        how = f"in {its.fade_in_s:g} out {its.fade_out_s:g} {its.curve} loops {its.loops}x{its.loop_s}"
        if one is None:
            console.print(f"  missed {what} {how}", markup=False)
        elif (
            max(abs(row.start_error_s()), abs(row.end_error_s())) > NEAR_S
            or abs((one.speed or 0.0) / its.speed - 1.0) > SPEED_LIMIT
        ):
            off = f"start {row.start_error_s():+.1f} end {row.end_error_s():+.1f} speed {one.speed}"
            console.print(f"  off {off}: {what} {how} certain {one.certainty:.3f}", markup=False)
    right = {id(row.found) for row in rows}
    for one in said.known():
        if id(one) not in right and one.track is not None:
            console.print(
                f"  other {Path(one.track.path).stem} {one.start_s:.1f}-{one.end_s:.1f} {one.certainty}", markup=False
            )
    for its in played:
        if not its.in_library:
            console.print(f"  strange {its.start_s:.1f}-{its.end_s:.1f}", markup=False)
    console.print("  unknown", *(f"{one.start_s:.1f}-{one.end_s:.1f}" for one in said.tracks if one.track is None))


if __name__ == "__main__":
    main()
