"""What a track costs on one core: map4 and other programs on the same files, each in a process of its own.

Run it in a memory cgroup of 1 GB for the table of a small NAS.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from conversation import PROGRAMS, add_interpreters
from measure import map4_command, median, run_program

OTHERS = ("librosa", "pipeline", "essentia", "bliss")
ONE_WAY = "import with_essentia as e, lines; e.WAYS = e.WAYS[:1]; lines.serve(e.version, e.estimate)"
"""Essentia with one method for tempo and one for key."""


def main() -> None:
    """Print seconds and megabytes a track as a Markdown table, start of the program included."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("music", type=Path, nargs="+", help="tracks that every program can read")
    parser.add_argument("--core", default="0", help="number of the core (default: %(default)s)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds, of which medians count (default: %(default)s)")
    add_interpreters(parser, OTHERS)
    chosen = parser.parse_args()
    files = [path.resolve() for path in chosen.music]
    with TemporaryDirectory() as folder:
        names = Path(folder, "names")
        names.write_text("".join(f'"{path}"\n' for path in files), encoding="utf-8")
        library = Path(folder, "library.map4")
        commands = {"map4 scan": map4_command("--library", library, "scan", "--force", "-j", "1", *files)}
        for name in OTHERS:
            code = ["-c", ONE_WAY] if name == "essentia" else [str(PROGRAMS / f"with_{name}.py")]
            program = [dict(chosen.python).get(name, sys.executable), *code]
            commands[name] = ["sh", "-c", f'cd "$0" && exec "$@" < {names}', str(PROGRAMS), *program]
        on_core = ["taskset", "-c", chosen.core]
        rounds = [{name: run_program([*on_core, *commands[name]]) for name in commands} for _ in range(chosen.repeat)]
        print("| | seconds a track | of these CPU | memory, MB |\n|---|---|---|---|")
        for name in commands:
            runs = [each[name] for each in rounds]
            wall_s, cpu_s = (median([getattr(run, kind) for run in runs]) / len(files) for kind in ("wall_s", "cpu_s"))
            memory_mb = max(max(run.parent_mb or 0, run.worker_mb or 0) for run in runs)
            print(f"| {name} | {wall_s:.2f} | {cpu_s:.2f} | {memory_mb:.0f} |", flush=True)


if __name__ == "__main__":
    main()
