"""How often map4's tempo, key and beats are right, beside other programs: prints tables, writes JSON and Markdown.

    python lab/measure/accuracy.py MANIFEST [--python essentia=/path/to/python] [--markdown FILE]
    python lab/measure/accuracy.py TITLES --music FOLDER

MANIFEST is a tab-separated table of files with their true tempo, key and beats (lab/README.md has its columns).
TITLES is a table of titles with their tempo or key.
Answers are kept in a work folder by the content of each file and of the program, so that a second run costs nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import figures
from accuracy_tables import grids
from conversation import add_interpreters
from manifest import Song, match_titles, read_manifest
from predictions import COMPARATORS, DEFAULT_WORK, MAP4, Answers, ask_comparator, ask_map4
from rich.console import Console
from tables import add_outputs, report

from map4.core.music.analysis.analysis import ANALYSIS_VERSION
from map4.errors import UsageError


def measure(songs: Sequence[Song], answers: Answers) -> dict[str, Any]:
    """All figures, as the JSON file holds them under `results`."""
    parts = figures.subsets(songs)
    ours = answers[MAP4]
    return {
        "subsets": {
            name: {"files": len(part), "estimators": figures.summaries(part, answers)} for name, part in parts.items()
        },
        "leads": {name: figures.leads(part, answers) for name, part in parts.items()},
        "doubt": {name: figures.doubt(part, ours) for name, part in parts.items()},
        "confusions": {name: figures.confusions(part, answers) for name, part in parts.items()},
        "exactness": {name: figures.exactness(part, ours) for name, part in parts.items() if name in ("all", "unseen")},
        "sources": figures.groups(songs, answers, lambda song: song.source),
        "genres": figures.groups(songs, answers, lambda song: song.genre),
        "misses": figures.misses(songs, ours),
    }


def ask_all(songs: Sequence[Song], options: argparse.Namespace, console: Console) -> Answers:
    """What map4 says, and what the others say that are installed."""
    chosen = dict(options.python)
    names = [] if options.alone else [name for name in COMPARATORS if name not in options.without]
    answers = ask_map4(songs, options.work, options.jobs, console.print)

    def ask(name: str) -> Answers:
        return ask_comparator(name, chosen, songs, options.work, console.print)

    with ThreadPoolExecutor(max(1, options.jobs or os.cpu_count() or 1)) as threads:
        for told in threads.map(ask, names):
            answers |= told
    return answers


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="table of files and what is true of them")
    parser.add_argument("--music", type=Path, metavar="DIR", help="MANIFEST has titles; their files are in this folder")
    parser.add_argument("--jobs", "-j", type=int, metavar="N", help="worker processes (default: one a core)")
    add_interpreters(parser, COMPARATORS)
    parser.add_argument("--without", action="append", default=[], choices=COMPARATORS, help="leave one out")
    parser.add_argument("--alone", action="store_true", help="map4 alone")
    parser.add_argument("--leave-out", type=Path, metavar="FILE",
                        help="names, one a line, of more files that map4 learned from")  # fmt: skip
    parser.add_argument("--errors", action="store_true", help="list every miss")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where answers are kept")
    add_outputs(parser, "accuracy")
    options = parser.parse_args(arguments)
    if not options.manifest.is_file():
        parser.error(f"there is no table {options.manifest}")
    return options


def main() -> None:
    """Estimate, score, print and write."""
    options = read_options()
    leave_out = options.leave_out.read_text(encoding="utf-8").splitlines() if options.leave_out else []
    console = Console(stderr=True)
    if options.music:
        try:
            songs, unmatched = match_titles(options.manifest, options.music)
        except UsageError as error:
            raise SystemExit(f"accuracy.py: {error}") from None
        console.print(f"{len(songs)} titles have one file, {len(unmatched)} have none or several")
        if not songs:
            raise SystemExit(f"accuracy.py: no title of {options.manifest} has one file in {options.music}")
    else:
        songs = read_manifest(options.manifest, [name for name in leave_out if name])
    answers = ask_all(songs, options, console)
    results = measure(songs, answers)
    tables = grids(results, with_misses=options.errors)
    report(options, "accuracy", tables, analysis_version=ANALYSIS_VERSION, files=len(songs), results=results)


if __name__ == "__main__":
    main()
