"""Whether map4 says the same of the same music, however it is stored: prints tables, writes JSON and Markdown.

    python lab/measure/robustness.py [MANIFEST] [--files 40] [--markdown FILE]

The music is that of a table as accuracy.py takes it, drawn evenly from its sources, and tracks of the demo's
synthesiser. Each is analysed as decoded samples (32-bit WAV), and again as every variant of lab/music/variants.py.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import numpy as np
from kept import Kept, analysis_digest
from manifest import Song, read_manifest
from material import RATE_HZ, SPECS, render_track
from predictions import DEFAULT_WORK
from rich.console import Console
from tables import Grid, add_outputs, number, report
from variants import VARIANTS, Samples, write_wav

from map4 import Library
from map4.core.audio.decode import open_audio

ORIGINAL = "original"
BPM_LIMIT, HAMMS_LIMIT, GRID_LIMIT_S = 0.02, 0.03, 0.015
WANTED = 0.99
"""Share of tracks that shall keep to the first two limits and the key."""
DEMO_SHARE = 0.3
"""Of the files; the demo's tracks are whole songs, most tables have excerpts."""
CHECKS = ("bpm", "key", "hamms", "grid")
DEMO = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Music to store in many ways: its name, its kind ("demo" or a source), and how to get its samples and rate."""

    name: str
    kind: str
    samples: Callable[[], tuple[Samples, int]]


def pieces(songs: Sequence[Song], count: int) -> list[Piece]:
    """Draw about `count` pieces: demo tracks, and songs in turn from each source."""
    demos = list(SPECS[:: max(1, round(len(SPECS) / (DEMO_SHARE * count)))]) if count else []
    by_source = {source: [song for song in songs if song.source == source] for source in {s.source for s in songs}}
    # By the hash of the file: an order that has nothing to do with what is in it.
    ordered = [sorted(by_source[source], key=lambda song: song.sha1) for source in sorted(by_source)]
    drawn = [song for song in chain.from_iterable(zip_longest(*ordered)) if song is not None]
    chosen = [
        Piece(name=f"{spec.artist} - {spec.title}", kind=DEMO, samples=lambda spec=spec: _rendered(spec))
        for spec in demos
    ]
    chosen += [
        Piece(name=song.name, kind=song.source, samples=lambda song=song: _decoded(song))
        for song in drawn[: max(0, count - len(demos))]
    ]
    return chosen


def _rendered(spec: Any) -> tuple[Samples, int]:
    return render_track(spec, RATE_HZ), RATE_HZ


def _decoded(song: Song) -> tuple[Samples, int]:
    with open_audio(str(song.path)) as stream:
        return np.concatenate(list(stream.blocks())), stream.sample_rate_hz


def analyse(chosen: Sequence[Piece], work: Path, jobs: int | None, tell: Callable[[str], None]) -> dict[str, Any]:
    """What map4 says of each piece in each form, as {piece: {variant: what}}; kept between runs."""
    own = analysis_digest()
    kept = Kept(work, "robustness", own)
    for index, piece in enumerate(chosen, 1):
        if piece.name not in kept:
            tell(f"{index} of {len(chosen)}: {piece.name}")
            kept.add(piece.name, _analyse_piece(piece, jobs))
    return {piece.name: {"kind": piece.kind, "forms": kept[piece.name]} for piece in chosen}


def _analyse_piece(piece: Piece, jobs: int | None) -> dict[str, Any]:
    samples, rate_hz = piece.samples()
    y = samples[:, None] if samples.ndim == 1 else samples
    with TemporaryDirectory() as folder, Library.open(Library.IN_MEMORY) as library:
        files = {}
        for number_, (name, variant) in enumerate(VARIANTS.items()):
            path = Path(folder) / f"{number_}.{variant.suffix}"
            variant.write(path, y, rate_hz)
            files[str(path)] = name
        original = Path(folder) / "original.wav"
        write_wav(original, y, rate_hz)
        files[str(original)] = ORIGINAL
        tracks = library.analyze_events(files, jobs=jobs, store=False)
        return {files[track.path]: _facts(replace(track, prefer=("measured",)).to_record()) for track in tracks}


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    if record["error"] is not None:
        raise RuntimeError(f"{record['path']}: {record['error']['message']}")
    tempo, key, grid = record["tempo"], record["key"], record["grid"]
    return {
        "bpm": tempo and tempo["bpm"],
        "bpm_confidence": tempo and tempo["confidence"],
        "key": key and key["camelot"],
        "key_confidence": key and key["confidence"],
        "grid": grid and [grid["first_beat_s"], grid["bpm"]],
        "hamms": record["hamms"] and record["hamms"]["vector"],
    }


def compare(original: Mapping[str, Any], other: Mapping[str, Any], delay_s: float) -> dict[str, Any]:
    """Which checks the other form passes, and how far it is off.

    original, other : what map4 says of the two
    delay_s : how much later the music begins in the other one

    returns: `passes` by check (a grid that neither has passes), `bpm_change`, `hamms_change` (the largest of the
    twelve; None where an element is known of one alone) and `element`, the number of that one.
    """
    bpm, other_bpm = original["bpm"], other["bpm"]
    bpm_change = None if bpm is None or other_bpm is None else round(abs(bpm - other_bpm), 6)
    hamms_change, element = _largest_change(original["hamms"], other["hamms"])
    return {
        "passes": {
            "bpm": bpm == other_bpm if bpm_change is None else bpm_change <= BPM_LIMIT,
            "key": original["key"] == other["key"],
            "hamms": hamms_change is not None and hamms_change <= HAMMS_LIMIT,
            "grid": _same_grid(original["grid"], other["grid"], delay_s),
        },
        "bpm_change": bpm_change,
        "hamms_change": hamms_change,
        "element": element,
    }


def _largest_change(vector: Sequence[float | None], other: Sequence[float | None]) -> tuple[float | None, int | None]:
    if vector is None or other is None:
        return (0.0, None) if vector == other else (None, None)
    changes = []
    for index, (one, two) in enumerate(zip(vector, other, strict=True), 1):
        if (one is None) != (two is None):
            return None, index
        changes.append((round(abs((one or 0.0) - (two or 0.0)), 6), index))
    return max(changes)


def _same_grid(grid: Sequence[float] | None, other: Sequence[float] | None, delay_s: float) -> bool:
    if grid is None or other is None:
        return grid == other
    period_s = 60.0 / grid[1]
    off_s = (other[0] - delay_s - grid[0]) / period_s
    return abs(off_s - round(off_s)) * period_s <= GRID_LIMIT_S


def results_of(analysed: Mapping[str, Any]) -> dict[str, Any]:
    """Shares by variant, the same without files that map4 is unsure of, and each failure."""
    compared = {
        (name, variant): compare(piece["forms"][ORIGINAL], piece["forms"][variant], VARIANTS[variant].delay_s)
        for name, piece in analysed.items()
        for variant in VARIANTS
    }
    sure = [name for name, piece in analysed.items() if _is_sure(piece["forms"][ORIGINAL])]
    demos = [name for name, piece in analysed.items() if piece["kind"] == DEMO]
    parts = {"all": list(analysed), "both confidences at least .9": sure, "demo tracks": demos}
    return {
        "parts": {title: _shares(names, compared) for title, names in parts.items() if names},
        "failures": [
            {"path": name, "variant": variant, **_failure(analysed[name]["forms"], variant, result)}
            for (name, variant), result in compared.items()
            if not all(result["passes"].values())
        ],
    }


def _is_sure(facts: Mapping[str, Any]) -> bool:
    return min(facts["bpm_confidence"] or 0.0, facts["key_confidence"] or 0.0) >= 0.9


def _shares(names: Sequence[str], compared: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    by_variant = {}
    for variant in VARIANTS:
        passes = [compared[name, variant]["passes"] for name in names]
        shares = {check: sum(each[check] for each in passes) / len(passes) for check in CHECKS}
        wanted = sum(all(each[check] for check in ("bpm", "key", "hamms")) for each in passes) / len(passes)
        by_variant[variant] = {**shares, "bpm_key_and_hamms": wanted}
    return {"files": len(names), "variants": by_variant}


def _failure(forms: Mapping[str, Any], variant: str, result: Mapping[str, Any]) -> dict[str, Any]:
    names = ("bpm", "key", "bpm_confidence", "key_confidence")
    return {
        "failed": [check for check, passed in result["passes"].items() if not passed],
        "hamms_change": result["hamms_change"],
        "element": result["element"],
        "original": {name: forms[ORIGINAL][name] for name in names},
        "found": {name: forms[variant][name] for name in names},
    }


def grids(results: Mapping[str, Any]) -> list[Grid]:
    """The tables."""
    headings = ("the same music as", "BPM within .02", "same key", "HAMMS within .03", "all three", "grid within 15 ms")
    checks = ("bpm", "key", "hamms", "bpm_key_and_hamms", "grid")
    tables = [
        Grid(
            title=f"Share of tracks: {title} ({part['files']})",
            headings=headings,
            rows=tuple(
                (variant, *(number(shares[check], 3) for check in checks))
                for variant, shares in part["variants"].items()
            ),
        )
        for title, part in results["parts"].items()
    ]
    return [*tables, _failures(results["failures"])] if results["failures"] else tables


def _failures(failures: Sequence[Mapping[str, Any]]) -> Grid:
    rows = tuple(
        (
            failure["path"],
            failure["variant"],
            ", ".join(failure["failed"]),
            f"{failure['original']['bpm']} → {failure['found']['bpm']}",
            f"{failure['original']['key']} → {failure['found']['key']}",
            f"{number(failure['original']['bpm_confidence'])}, {number(failure['original']['key_confidence'])}",
            "" if failure["element"] is None else f"{number(failure['hamms_change'], 3)} in {failure['element']}",
        )
        for failure in failures
    )
    headings = ("file", "as", "failed", "BPM", "key", "confidences", "HAMMS, most")
    return Grid(title="What changed", headings=headings, rows=rows)


def _drawn_pieces(options: argparse.Namespace) -> Iterator[Piece]:
    songs = read_manifest(options.manifest) if options.manifest else []
    yield from pieces(songs, options.files)


def main() -> None:
    """Store, analyse, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", nargs="?", type=Path, metavar="MANIFEST", help="table of files (default: none)")
    parser.add_argument("--files", type=int, default=40, metavar="N", help="how many pieces (default 40)")
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="worker processes (default: one a core)")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where answers are kept")
    add_outputs(parser, "robustness")
    options = parser.parse_args()
    analysed = analyse(list(_drawn_pieces(options)), options.work, options.jobs, Console(stderr=True).print)
    results = results_of(analysed)
    limits = {"bpm": BPM_LIMIT, "hamms": HAMMS_LIMIT, "grid_s": GRID_LIMIT_S, "share": WANTED}
    kinds = {name: piece["kind"] for name, piece in analysed.items()}
    report(options, "robustness", grids(results), limits=limits, pieces=kinds, results=results)


if __name__ == "__main__":
    main()
