"""What the histories of DJ programs say beside chance: how their tracks follow one another, program by program.

    python benchmarks/mixes.py FILE...

FILE: a library of a DJ program with histories, as `map4 import` reads it; nothing is stored. Tempo and key are those
that the program wrote; the energy of its tracks is not known. The figures are those of `map4 stats --mixes`, of each
file and of all together, with the CPU time that the shuffles of all took; besides, the steps of tempo below 5 and 10 %,
which are told of published mixes too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from map4.domain.dj_library import DjPlaylist, DjTrack
from map4.domain.mixing.compatibility import MixTraits
from map4.domain.mixing.mix_statistics import RELATION_NAMES, TEMPO_STEP_NAMES, Beside
from map4.formats.importer import ReadNotes, importer_for
from map4.selection.mixing import MixColumns
from map4.selection.played_sets import NO_TRACK, PlayedSets


@dataclass(slots=True)
class Histories:
    """Sets, as rows of the traits of their tracks."""

    traits: list[MixTraits] = field(default_factory=list)
    sets: list[list[int]] = field(default_factory=list)

    def read(self, path: str) -> None:
        """Add the histories of a program's library; a track that stands in several files is another in each."""
        rows, first = dict[str, int](), len(self.sets)
        histories = list[DjPlaylist]()
        for one in importer_for(path).read(path, ReadNotes()):
            if isinstance(one, DjTrack):
                rows[one.key] = len(self.traits)
                self.traits.append(MixTraits(bpm=one.values.bpm, key=one.values.key))
            elif one.kind == "history":
                histories.append(one)
        self.sets += [[rows.get(key, NO_TRACK) for key in one.keys] for one in histories]
        print(f"{Path(path).name}: {len(self.sets) - first} histories")


def show(histories: Histories) -> None:
    """Print the figures of some histories."""
    played = PlayedSets(histories.sets, MixColumns.of(histories.traits))
    began = time.process_time()
    found = played.compare()
    took_s = time.process_time() - began
    print(f"{len(played.sets)} sets, {found.steps} steps, known {dict(found.known)}, {took_s:.2f} s of CPU")
    if not found.steps:
        return
    named = [
        *zip(TEMPO_STEP_NAMES, found.tempo, strict=False),
        *zip(RELATION_NAMES, found.keys, strict=False),
        ("keys_fit", found.keys_fit),
        ("again", found.again),
    ]
    for name, one in named:
        if one is not None:
            print(f"  {name:<18}{_line(one)}")
    below_5, below_10 = (sum(one.share for one in found.tempo[:count]) for count in (2, 3))
    print(f"  tempo: up to 5 % {below_5:.2f}, up to 10 % {below_10:.2f}")


def _line(one: Beside) -> str:
    verdict = "" if not one.differs else " oftener" if one.share > one.by_chance else " rarer"
    return f"{one.share:.3f}  by chance {one.by_chance:.3f} ({one.low:.3f} to {one.high:.3f}){verdict}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    every = Histories()
    for path in parser.parse_args(arguments).files:
        every.read(path)
    show(every)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
