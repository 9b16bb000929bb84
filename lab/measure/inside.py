"""How well map4 knows bars, metre, phrases, cue points and transitions: prints tables, writes JSON and Markdown.

    python lab/measure/inside.py [--quick] [--only songs] [--python madmom_bars=/path/to/python] [--markdown FILE]

Music is rendered into a work folder in the first run (half an hour, 2 GB); answers are kept there by the content of the
programs, so that after a change of map4 only map4 is asked again. lab/README.md says what the rows mean.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]
# Workers start from a process that looks there: without it they would run the map4 that is installed.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (sys.path[0], os.environ.get("PYTHONPATH"))))

import inside_rows
from conversation import PROGRAMS, add_interpreters, command_of, converse, version_of
from inside_pieces import OPEN, Amounts, Piece, pieces
from inside_rows import Answer, Answers
from inside_tables import main_grids
from kept import Kept, analysis_digest, digest_of
from measure import REPOSITORY
from rich.console import Console
from tables import add_outputs, report

from map4 import Library

DEFAULT_WORK = Path(tempfile.gettempdir()) / "map4-inside"
COMPARATORS = {"librosa_bars": "librosa", "madmom_bars": "madmom"}
PAIRS = 24


def ask_map4(found: Sequence[Piece], work: Path, jobs: int | None, console: Console) -> Answers:
    """What this map4 says about each piece."""
    kept = Kept(work, "inside-map4", analysis_digest())
    wanted = {os.path.abspath(piece.path): piece for piece in found if piece.key not in kept}
    console.print(f"map4: {len(wanted)} of {len(found)} pieces to analyse")
    with Library.open(Library.IN_MEMORY) as library:
        for track in library.analyze_events(wanted, jobs=jobs, store=False, beats=True):
            kept.add(wanted[track.path].key, map4_answer(track))
    return {piece.truth.name: kept[piece.key] for piece in found if piece.key in kept}


def map4_answer(track: Any) -> Answer:
    """What the record of a track says; `knows` tells which of its fields are there."""
    record = track.to_record(beats=True)
    structure, cues = record.get("structure"), getattr(track.analysis, "detected_cues", None)
    phrases = structure["phrases"] if structure else []
    return {
        "knows": [name for name in ("downbeats_s", "metre", "structure") if name in record]
        + (["cues"] if cues is not None else []),
        "beats_s": record.get("beats_s") or [],
        "downbeats_s": record.get("downbeats_s") or [],
        "confidence": record.get("downbeat_confidence"),
        "metre": (record.get("metre") or {}).get("beats_per_bar"),
        "boundaries_s": [phrase["start_s"] for phrase in phrases] + [phrase["end_s"] for phrase in phrases[-1:]],
        "energies": [[phrase["start_s"], phrase["end_s"], phrase["energy"]] for phrase in phrases],
        "cues": [[cue.kind, cue.position_s] for cue in cues or ()],
    }


def ask_comparator(name: str, chosen: dict[str, str], found: Sequence[Piece], work: Path, console: Console) -> Answers:
    """What another program says, in a Python of its own; empty where it is not installed."""
    version = version_of(name, chosen)
    if version is None:
        console.print(f"{COMPARATORS[name]} is not installed, or not in this Python (--python {name}=FILE); left out")
        return {}
    kept = Kept(work, f"inside-{version}", digest_of([PROGRAMS / f"with_{name}.py", PROGRAMS / "lines.py"]))
    readable = [piece for piece in found if piece.path.suffix in (".flac", ".wav", ".mp3", ".ogg")]
    wanted = {str(piece.path): piece.key for piece in readable if piece.key not in kept}
    console.print(f"{version}: {len(wanted)} of {len(readable)} pieces to estimate")
    for answer in converse(command_of(name, chosen), list(wanted)):
        if answer["error"] is not None:
            console.print(f"{version}: {answer['path']}: {answer['error']}")
        kept.add(wanted[answer["path"]], answer["estimates"].get(COMPARATORS[name]))
    known = [piece for piece in readable if piece.key in kept]
    return {piece.truth.name: kept[piece.key] for piece in known if kept[piece.key]}


def ask_pairs(found: Sequence[Piece], work: Path) -> list[dict[str, Any]]:
    """Plans of transitions between open dance tracks, each with the names of both."""
    kept = Kept(
        work, "inside-plans", analysis_digest() + digest_of((REPOSITORY / "map4" / "transitions").rglob("*.py"))
    )
    dance = [piece for piece in found if piece.part == OPEN]
    pairs = []
    for number, a in enumerate(dance[:PAIRS]):
        near = sorted((one for one in dance if one is not a), key=lambda one: abs(one.truth.bpm - a.truth.bpm))
        pairs += [(a, b) for b in near[number % 2 :][:1]]
    with Library.open(Library.IN_MEMORY) as library:
        for a, b in pairs:
            key = f"{a.key} {b.key}"
            if key not in kept:
                kept.add(key, library.mix(str(a.path), str(b.path)).to_record()["plan"])
    return [{"a": a.truth.name, "b": b.truth.name, "plan": kept[f"{a.key} {b.key}"]} for a, b in pairs]


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=REPOSITORY.parent / "shared", metavar="DIR",
                        help="folder with audio-dev and midi (default: beside the repository)")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="map4 alone and a few pieces, only to see that it runs")
    parser.add_argument("--only", action="append", default=[], choices=[each.name for each in fields(Amounts)],
                        help="this music alone; can be given several times")  # fmt: skip
    parser.add_argument("--alone", action="store_true", help="without librosa and madmom")
    add_interpreters(parser, COMPARATORS)
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="worker processes of map4 (default: one a core)")
    parser.add_argument(
        "--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where music and answers are kept"
    )
    add_outputs(parser, "inside")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, ask, score, print and write."""
    options = read_options(arguments)
    told = Console(stderr=True)
    amounts = (Amounts.quick() if options.quick else Amounts()).only(options.only)
    found = list(_counted(pieces(options.shared, options.work, amounts, told.print), told))
    ours = ask_map4(found, options.work, options.jobs, told)
    others = {
        shown: ask_comparator(name, dict(options.python), found, options.work, told)
        for name, shown in ({} if options.alone or options.quick else COMPARATORS).items()
    }
    told.print("Essentia tells neither downbeats nor phrases, and calls its metre experimental; left out")
    plans = ask_pairs(found, options.work)
    rows = inside_rows.rows(found, ours, others, plans)
    grids = [*main_grids(rows), *inside_rows.cue_grids(found, ours)]
    report(options, "inside", grids, quick=options.quick, rows=[row.to_record() for row in rows])


def _counted(found: Iterable[Piece], console: Console) -> Iterable[Piece]:
    for number, piece in enumerate(found, start=1):
        if number % 25 == 0:
            console.print(f"music: {number} pieces are there")
        yield piece


if __name__ == "__main__":
    main()
