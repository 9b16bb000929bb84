"""How fast map4 is and how much memory it takes: prints tables, and writes the figures as JSON.

`lab/README.md` says what each figure means. Seconds depend on the machine; ratios hold on any.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

# As in map4's own workers; before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

LAB = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(LAB.parent), str(LAB / "music"), str(LAB / "training")]

import commands
import stages
import versus
from conversation import add_interpreters
from material import DEFAULT_WORK, FORMATS, TRACK_S, Material
from measure import add_results, check_targets, write_results
from rich.console import Console
from rich.table import Table

from map4.core.base.child_process import MALLOC_THRESHOLDS
from map4.core.base.machine import usable_cores

VERSUS_FORMATS = ("mp3", "flac", "ogg")
WORKERS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    track_s: float = TRACK_S
    formats: tuple[str, ...] = FORMATS
    copies: int = 24
    mixes_minutes: tuple[float, ...] = (60.0, 180.0)
    collection: int = 20_000
    repeat: int = 7
    starts: int = 20


QUICK = Sizes(
    track_s=12.0, formats=("mp3", "wav"), copies=3, mixes_minutes=(0.5,), collection=200, repeat=1, starts=2
)  # fmt: skip


TARGETS = (
    ("map4 --help above python -c pass, s", ("startup", "help_above_python_s"), 0.25),
    ("whole analysis / libav's plain decoding, mp3", ("ratio", "mp3", "whole_by_plain_decode"), 2.2),
    ("whole analysis / decoding to 22 kHz, mp3", ("ratio", "mp3", "whole_by_decode_resampled"), 2.5),
    ("CPU per track, 2 workers / 1", ("throughput", "cpu_2_by_1"), 1.1),
    ("CPU of map4 / bliss-audio, mp3", ("versus", "mp3", "map4_by_bliss"), 1.0),
    ("CPU of map4 / plain librosa pipeline, mp3", ("versus", "mp3", "map4_by_pipeline"), 0.2),
    ("worker, a track, MB", ("memory", "track", "worker_mb"), 150.0),
    ("worker above its libraries, a track, MB", ("memory", "track", "worker_above_libraries_mb"), 100.0),
    ("worker above its libraries, an hour, MB", ("memory", "mix_60min", "worker_above_libraries_mb"), 400.0),
    ("worker, 3 hours, MB", ("memory", "mix_180min", "worker_mb"), 380.0),
    ("unchanged rescan of 20,000 files, s", ("rescan", "20000", "wall_s"), 2.0),
    ("parent at 20,000 new files, MB", ("rescan", "20000", "first_scan_parent_mb"), 200.0),
    ("parent at 20,000 unchanged files, MB", ("rescan", "20000", "parent_mb"), 200.0),
)
"""Limits on figures: name, place in the results, and the limit, at the sizes of a full run."""


class Sections:
    """The parts of the benchmark, each a method named as `--only` names it."""

    def __init__(
        self, sizes: Sizes, material: Material, *, large: bool, opponents: Sequence[str], chosen: Mapping[str, str]
    ) -> None:
        self._sizes, self._material, self._large = sizes, material, large
        self._opponents, self._chosen = opponents, chosen
        self._throughput: dict[str, float] | None = None

    def startup(self) -> dict[str, Any]:
        """`map4 --help`, and `map4 analyze` of one file."""
        return {
            **commands.startup(self._sizes.starts),
            "analyze_one": commands.one_file(self._material, self._sizes.repeat),
        }

    def stages(self) -> dict[str, Any]:
        """CPU and wall seconds of each stage, by format."""
        return {
            suffix: stages.stage_table(self._material.track(suffix), self._sizes.repeat)
            for suffix in self._sizes.formats
        }

    def ratio(self) -> dict[str, Any]:
        """The whole analysis against decoding, by format."""
        return {
            suffix: stages.ratios(self._material.track(suffix), self._sizes.repeat) for suffix in self._sizes.formats
        }

    def throughput(self) -> dict[str, Any]:
        """Tracks a minute, and CPU per track, with one worker, with two, and with four and eight on as many cores."""
        if self._throughput is None:
            cores = usable_cores()
            jobs = [count for count in WORKERS if count <= max(2, cores)]
            repeat = max(1, self._sizes.repeat // 2)
            self._throughput = commands.throughput(self._material, self._sizes.copies, jobs, repeat)
        return self._throughput

    def rates(self) -> dict[str, Any]:
        """The rates that were asked for, from the throughput."""
        return versus.rates(self.throughput())

    def versus(self) -> dict[str, Any]:
        """CPU beside bliss-audio and a plain librosa pipeline."""
        files = {suffix: self._material.track(suffix) for suffix in VERSUS_FORMATS if suffix in self._sizes.formats}
        return versus.versus(files, self._opponents, self._chosen, self._sizes.repeat)

    def memory(self) -> dict[str, Any]:
        """Peaks of parent and worker for a track and for long mixes."""
        files = {f"mix_{minutes:g}min": self._material.mix(minutes) for minutes in self._sizes.mixes_minutes}
        return commands.memory({"track": self._material.track("mp3"), **files})

    def rescan(self) -> dict[str, Any]:
        """A scan of which everything is known, and what the parent needs for new files."""
        counts = [self._sizes.collection, *([100_000] if self._large else [])]
        return {str(count): commands.rescan(self._material, count, self._sizes.repeat) for count in counts}


SECTIONS: dict[str, Callable[[Sections], dict[str, Any]]] = {
    name: getattr(Sections, name)
    for name in ("startup", "stages", "ratio", "versus", "throughput", "rates", "memory", "rescan")
}


def show(console: Console, name: str, result: dict[str, Any]) -> None:
    """Print one section: its figures downwards, what they were measured on beside each other."""
    deeper = {key: value for key, value in result.items() if _is_nested(value)}
    for inner in dict.fromkeys(inner for value in deeper.values() for inner in value):
        show(console, f"{name}, {inner}", {key: value[inner] for key, value in deeper.items()})
    groups = {key: value for key, value in result.items() if isinstance(value, dict) and key not in deeper}
    single = {key: value for key, value in result.items() if not isinstance(value, dict)}
    if not groups and not single:
        return
    if single:
        groups = {"": single, **groups}
    table = Table("", title=name, title_justify="left")
    for heading in groups:
        table.add_column(heading.replace("_", " "), justify="right")
    for figure in dict.fromkeys(figure for group in groups.values() for figure in group):
        table.add_row(figure, *(_cell(group.get(figure)) for group in groups.values()))
    console.print(table)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, dict) for inner in value.values())


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) and value < 1000 else str(value)


def as_a_worker_has_it() -> None:
    """Start anew with the environment of a worker: what the C library reads of it, it reads at the start.

    As in `map4.scan.workers.preload`, what is loaded is no garbage.
    """
    gc.freeze()
    if any(os.environ.get(name) != value for name, value in MALLOC_THRESHOLDS.items()):
        os.environ.update(MALLOC_THRESHOLDS)
        os.execv(sys.executable, [sys.executable, *sys.argv])


def main() -> None:
    """Measure, print and write."""
    as_a_worker_has_it()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_results(parser, "speed")
    parser.add_argument("--work", type=Path, default=DEFAULT_WORK, metavar="DIR", help="where the music is kept")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions (default 7; medians are shown)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs; targets don't apply")
    parser.add_argument("--large", action="store_true", help="also rescan 100,000 files")
    add_interpreters(parser, versus.OPPONENTS)
    parser.add_argument("--alone", action="store_true", help="compare with no other program")
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    if options.repeat:
        sizes = replace(sizes, repeat=options.repeat)
    opponents = () if options.alone else versus.OPPONENTS
    material = Material(options.work, sizes.track_s)
    sections = Sections(sizes, material, large=options.large, opponents=opponents, chosen=dict(options.python))
    console = Console()
    results: dict[str, Any] = {}
    for name in options.only or SECTIONS:
        results[name] = SECTIONS[name](sections)
        show(console, name, results[name])
    targets = [] if options.quick else check_targets(results, TARGETS)
    for target in targets:
        console.print(
            f"{'met ' if target['met'] else 'MISSED'} {target['name']}: {target['value']} <= {target['limit']}"
        )
    figures = {"quick": options.quick, "sizes": asdict(sizes), "results": results, "targets": targets}
    write_results(options.json, "speed", **figures)


if __name__ == "__main__":
    main()
