"""Where the time of one analysis goes: a table of its stages, then the functions that took most of it.

    python lab/measure/profile_analysis.py [FILE] [--sort tottime] [--lines 25] [--output FILE.prof]

Without a file, a synthesised track of four minutes is taken.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import sys
import time
from pathlib import Path

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

from material import DEFAULT_WORK, TRACK_S, Material
from rich.console import Console
from rich.table import Table
from stages import analyse_whole, stage_table


def show_stages(console: Console, path: Path, repeat: int) -> None:
    """Print each stage's CPU and wall seconds and its share of the CPU, as medians."""
    seconds = stage_table(path, repeat)
    table = Table("stage", title=f"{path.name}, median of {repeat}", title_justify="left")
    for heading in ("CPU s", "wall s", "share"):
        table.add_column(heading, justify="right")
    total = seconds["cpu_s"]["total"]
    for stage, cpu_s in seconds["cpu_s"].items():
        table.add_row(stage, f"{cpu_s:.4f}", f"{seconds['wall_s'][stage]:.4f}", f"{100 * cpu_s / total:.0f} %")
    console.print(table)


def profile(path: Path, sort: str, lines: int, output: Path | None) -> None:
    """Analyse once under cProfile, with CPU time as its clock, and print the most expensive functions.

    The profiler charges every call of Python code, so that loops over packets look dearer than they are; the table of
    stages is free of that.
    """
    analyse_whole(path, time.process_time)  # plans and tables are made once a worker
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    analyse_whole(path, time.process_time)
    profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats(sort).print_stats(lines)
    if output is not None:
        profiler.dump_stats(output)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="audio file (default: a synthesised MP3 of four minutes)")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the music is kept")
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="repetitions of the table (default 5)")
    parser.add_argument("--sort", default="tottime", choices=["tottime", "cumulative", "ncalls"], help="order")
    parser.add_argument("--lines", type=int, default=25, metavar="N", help="functions to show (default 25)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="keep the profile, for pstats or a viewer")
    options = parser.parse_args()
    path = options.file or Material(options.work, TRACK_S).track("mp3")
    show_stages(Console(), path, options.repeat)
    profile(path, options.sort, options.lines, options.output)


if __name__ == "__main__":
    main()
