"""What the histories of DJ programs say beside chance: how their tracks follow one another, program by program.

    python benchmarks/mixes.py FILE...
    python benchmarks/mixes.py --lists 20000

FILE: a library of a DJ program with histories, as `map4 import` reads it; nothing is stored. Tempo and key are those
that the program wrote; the energy of its tracks is not known. The figures are those of `map4 stats mixes`, of each
file and of all together, with the CPU time that the shuffles of all took; besides, the steps of tempo below 5 and 10 %,
which are told of published mixes too.

With --lists, `map4 playlist --like-my-sets` is tried: in a synthetic library of so many tracks (`playlist.py`) somebody
has played 60 sets of 15, in which three steps of five go two places along the circle of keys (`whole_tone`). The lines
have the share of such steps, and the compatibility, of lists of 20 from 24 seeds, without and with the option; and the
same where the sets are in no order.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from playlist import add_sound, seeds_of
from synthetic_library import make_library

from map4 import Library
from map4.formats.dj_library import DjPlaylist, DjTrack
from map4.formats.importer import ReadNotes, importer_for
from map4.lists.store.playlists import SqlPlaylists
from map4.mixes.mix_statistics import RELATION_NAMES, TEMPO_STEP_NAMES, Beside
from map4.mixes.played_sets import NO_TRACK, PlayedSets
from map4.music.lists.listed import ImportedList, ImportedPlace, ListHeader
from map4.music.lists.tracklist import Tracklist
from map4.music.mixing.compatibility import MixTraits, mix_traits
from map4.music.mixing.harmony import key_relation
from map4.music.mixing.many import MixColumns
from map4.music.track.track import Track


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


SETS, SET_LENGTH, SEEDS, PICKS = 60, 15, 24, 20
OWN_SHARE, OWN_STEP = 0.6, "whole_tone"


def show_lists(tracks: int) -> None:
    """Print what lists that lean to sets have of these, beside lists that do not."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_library(Path(folder) / "library.map4", tracks)
        add_sound(path)
        for words, is_own in (("sets with a habit", True), ("sets in no order", False)):
            with closing(Library.open(path)) as library:
                _play(library, is_own=is_own)
                print(f"{words}:")
                for like in (False, True):
                    _show_lists_of(library, like=like)


def _play(library: Library, *, is_own: bool) -> None:
    rng = random.Random(2)
    known = [one for one in library.search("is:ok key:1A,1B,2A,2B,3A,3B,4A,4B,5A,5B,6A,6B limit:3000") if one.key()]
    for number in range(SETS):
        played = [rng.choice(known)]
        while len(played) < SET_LENGTH:
            step = rng.random() < OWN_SHARE
            own = [one for one in rng.sample(known, 200) if _relation(played[-1], one) == OWN_STEP]
            played.append(rng.choice(own if step and own else known))
        if not is_own:
            rng.shuffle(played)
        imported = ImportedList(format="mixxx", place=ImportedPlace(folders=(), name=f"Set {number}"), is_history=True)
        content = Tracklist(tracks=played, header=ListHeader(imported=imported))
        library._store.part(SqlPlaylists).put(f"Set {number}", content, now=datetime.now(UTC))


def _relation(first: Track, second: Track) -> str:
    return key_relation(mix_traits(first).key, mix_traits(second).key)


def _show_lists_of(library: Library, *, like: bool) -> None:
    began = time.process_time()
    lists = [library.playlist(seed.path, n=PICKS, like_my_sets=like) for seed in seeds_of(library, SEEDS)]
    took_s = (time.process_time() - began) / len(lists)
    steps = [pick.transition for made in lists for pick in made.picks if pick.transition is not None]
    own = np.mean([step.key.relation == OWN_STEP for step in steps])
    mixes, relaxed = np.mean([step.total for step in steps]), sum(len(made.relaxed) for made in lists)
    name = "with --like-my-sets" if like else "without"
    told = f"{OWN_STEP} {own:.2f}, compatibility {mixes:.3f}, limits left {relaxed}, {took_s:.2f} s of CPU a list"
    print(f"  {name:<20}{told}")
    if like:
        print(f"  {lists[0].like_my_sets}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--lists", type=int, metavar="TRACKS")
    given = parser.parse_args(arguments)
    every = Histories()
    for path in given.files:
        every.read(path)
    if given.files:
        show(every)
    if given.lists:
        show_lists(given.lists)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
