"""What the rhythm network learns from: clips and real songs with known beats, bars and level, kept as mel power.

    python lab/training/network_examples.py POP909.zip GROOVE.zip FOLDER [--real FOLDER] [--amounts FACTOR]

All that teaches is free to ship what was learned (`CREDITS.tsv`): the clips of `tempo_examples` and `bar_clips`, clips
whose drums contradict their level (`level_clips`), metronomes and rhythm boxes, and real sound that `real_songs` reads
(`--real`). FOLDER keeps a file of each; what is there is not made again, and files are written in turn by source, so
that training can begin with a part.
"""

from __future__ import annotations

import argparse
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

ROOT = str(Path(__file__).resolve().parents[2])
sys.path[:0] = [ROOT, os.path.join(ROOT, "examples")]

from bar_clips import make_bar_clip
from level_clips import make_level_clip
from tempo_examples import METRONOMES, RHYTHM_BOXES, ROUNDS, Example, made_clip, mel_power, metronome, rhythm_box

from map4.dsp.spectrum.filters import ANALYSIS_RATE_HZ, FRAME_RATE_HZ

Array = np.ndarray[Any, Any]

AMOUNTS = {"clips": 900, "records": 480, "sessions": 300, "combos": 400, "chamber": 150, "levels": 700, "bars": 900,
           "metronomes": METRONOMES // 2, "boxes": RHYTHM_BOXES // 2}  # fmt: skip
SKIPPED_METRES = (6,)
"""Bar clips in six count quavers, which no other clip of six-eight time does."""
UNKNOWN = -1
"""Place of a beat whose bar is not known."""
HELD_OUT_OF = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One labelled piece.

    Parameters
    ----------
    power : shape (n, 40), float16, mel power of mean 1 at `FRAME_RATE_HZ`
    beats_s : ascending
    places : shape of beats_s, 0 where a bar begins, `UNKNOWN` where that is not known
    level : whether the beats are at the level that people count
    source : of `AMOUNTS`, or of `real_songs`
    group : pieces of the same group never stand on both sides of a split
    kind : the style
    """

    power: Array
    beats_s: Array
    places: Array
    level: bool
    source: str
    group: str
    kind: str

    @property
    def bpm(self) -> float:
        """The median."""
        return 60.0 / float(np.median(np.diff(self.beats_s)))

    @property
    def is_held_out(self) -> bool:
        return zlib.crc32(self.group.encode()) % HELD_OUT_OF == 0


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pop909")
    parser.add_argument("groove")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--amounts", type=float, default=1.0, help="of each source, for a trial")
    parser.add_argument("--only", nargs="*", help="sources")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    made = {source: round(arguments.amounts * n) for source, n in AMOUNTS.items()}
    lists = [
        [(f"{source}-{number:05d}", partial(_made, arguments, source, number)) for number in range(count)]
        for source, count in made.items()
        if not arguments.only or source in arguments.only
    ]
    for turn in zip_longest(*lists):
        for name, make in filter(None, turn):
            keep(arguments.folder, name, make)


def keep(folder: Path, name: str, make: Callable[[], Lesson | None]) -> None:
    """Make a piece that is not there yet; an empty file stands for one that teaches nothing."""
    path = folder / f"{name}.npz"
    if path.exists() or path.with_suffix(".none").exists():
        return
    lesson = make()
    if lesson is None:
        path.with_suffix(".none").touch()
        return
    part = folder / f"{name}.{os.getpid()}.part"
    with open(part, "wb") as file:
        np.savez(file, power=lesson.power, beats_s=lesson.beats_s.astype(np.float32),
                 places=lesson.places.astype(np.int8), level=lesson.level, source=lesson.source, group=lesson.group,
                 kind=lesson.kind)  # fmt: skip
    part.replace(path)


def read_lessons(folder: Path) -> Iterator[Lesson]:
    """All that the folder keeps, in the order of names."""
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as kept:
            yield Lesson(
                power=kept["power"],
                beats_s=kept["beats_s"].astype(float),
                places=kept["places"],
                level=bool(kept["level"]),
                source=str(kept["source"]),
                group=str(kept["group"]),
                kind=str(kept["kind"]),
            )


def compact(power: Array) -> Array:
    """Mel power as it is kept."""
    scaled = power / max(float(power.mean()), 1e-12)
    return np.minimum(scaled, 6e4).astype(np.float16)


def lesson_of(y: Array, beats_s: Array, places: Array, **about: Any) -> Lesson:
    """A lesson of sound at the analysis's rate."""
    beats_s = np.asarray(beats_s, dtype=float)
    within = (beats_s >= -0.01) & (beats_s < y.size / ANALYSIS_RATE_HZ)
    return Lesson(power=compact(mel_power(y)), beats_s=np.maximum(beats_s[within], 0.0),
                  places=np.asarray(places)[within], **about)  # fmt: skip


def _made(arguments: argparse.Namespace, source: str, number: int) -> Lesson | None:
    if source == "bars":
        clip = make_bar_clip(arguments.pop909, arguments.groove, 100_000 + number)
        if clip.metre in SKIPPED_METRES:
            return None
        return lesson_of(clip.y, clip.beats_s, clip.places, level=True, source=source, group=f"song {clip.group}",
                         kind=clip.style)  # fmt: skip
    if source == "levels":
        made = make_level_clip(arguments.pop909, number)
        return lesson_of(made.y, made.beats_s, np.arange(made.beats_s.size) % made.metre, level=True, source=source,
                         group=f"song {made.group}", kind=made.style)  # fmt: skip
    example = _example(arguments.pop909, source, number)
    n = example.beats_s.size
    places = np.arange(n) % example.metre if example.metre else np.full(n, UNKNOWN)
    within = example.beats_s < example.mel_power.shape[0] / FRAME_RATE_HZ
    return Lesson(power=compact(example.mel_power), beats_s=example.beats_s[within], places=places[within],
                  level=example.octave, source=source, group=example.group, kind=example.kind)  # fmt: skip


def _example(pop909: str, source: str, number: int) -> Example:
    if source == "metronomes":
        return metronome(number)
    if source == "boxes":
        return rhythm_box(number)
    return made_clip(pop909, source, ROUNDS[source] + number)


if __name__ == "__main__":
    main()
