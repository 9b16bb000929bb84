"""Statistics of played sets: how their tracks follow one another, compared with the same sets in random order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, get_args

from map4.core.base.records import Count, Fraction3, Json, Moment, Record, Seconds
from map4.core.base.text import counted
from map4.core.music.mixing.harmony import RELATION_SCORES, Relation

TEMPO_EDGES: tuple[float, ...] = (2.0, 5.0, 10.0)
"""Upper limits of the classes of tempo changes, in percent of the slower track."""
TempoStep = Literal["up_to_2_percent", "up_to_5_percent", "up_to_10_percent", "beyond"]
EnergyStep = Literal["falling", "flat", "rising"]
FULL_LIFT = 4.0
"""A kind of step this many times as frequent as by chance, or as rare, has the maximum weight."""


class Beside(Record, members="share by_chance low high differs"):
    """The frequency of something, compared with the same sets in random order.

    share: of the steps for which it is known
    by_chance: mean over the shuffled sets
    low, high: range by chance: in 19 of 20 shuffles, every figure of this document is within its range
    """

    share: Fraction3
    by_chance: Fraction3
    low: Fraction3
    high: Fraction3

    @property
    def differs(self) -> bool:
        """Whether the share differs from chance."""
        return not self.low <= self.share <= self.high

    @property
    def weight(self) -> float:
        """-1 to 1: positive if more frequent than by chance, negative if rarer, 0 within chance."""
        if not self.differs:
            return 0.0
        if not (self.share and self.by_chance):
            return 1.0 if self.share else -1.0
        return max(-1.0, min(1.0, math.log(self.share / self.by_chance) / math.log(FULL_LIFT)))


class Spread(Record):
    """The number of known values, and their 10th, 50th and 90th percentile."""

    known: Count
    low: Seconds
    median: Seconds
    high: Seconds


class NamedTrack(Record, members="id=audio_id artist title"):
    """A played track."""

    audio_id: str
    artist: str | None
    title: str | None


class Following(Record):
    """A track that was played right after another track more than once.

    times: how often
    by_chance: expected number if the same sets are shuffled
    """

    first: NamedTrack
    second: NamedTrack
    times: Count
    by_chance: Annotated[float, Json(2, minimum=0)]


class MixStatistics(Record, kind="mix-stats"):
    """Statistics of played sets ('map4 stats mixes --json').

    since: the first moment that counts, UTC; None includes all sets
    sets: sets of at least two tracks
    steps: from each track of a set to the next
    tracks: number of different tracks of the library that were played
    shuffles: how often all sets were shuffled to estimate chance
    known: number of steps for which tempo, key and energy of both tracks are known
    tempo: change in percent of the slower track; half and double time are no change; empty if no step is known, as are
        `keys` and `energy`
    keys: relation of both keys
    keys_fit: steps with compatible keys: score .7 and above; None if none is known
    energy: rising or falling from a change of .05
    again: steps from one track to another that occurred more than once; None without tracks of the library
    plays_s: from the start of one track to that of the next, if histories record the time; else None
    mixes_s: how long two tracks sounded together, in un-mixed sets, like the next two
    leaves_s: how long before its end a track is left
    enters_s: how long after its beginning the next track is entered
    following: tracks that were played right after another track more than once, most frequent first
    """

    ENERGY_STEP_NAMES: ClassVar[tuple[EnergyStep, ...]] = get_args(EnergyStep)
    TEMPO_STEP_NAMES: ClassVar[tuple[TempoStep, ...]] = get_args(TempoStep)
    RELATION_NAMES: ClassVar[tuple[Relation, ...]] = tuple(name for name in RELATION_SCORES if name != "unknown")
    SET_BREAK_S: ClassVar[float] = 1800.0
    """A track that starts this much later than the previous one is not mixed into it: few tracks last as long."""

    since: Moment | None
    sets: Count
    steps: Count
    tracks: Count
    shuffles: Count
    known: Annotated[Mapping[str, Count], Json(names=("tempo", "key", "energy"))]
    tempo: Mapping[TempoStep, Beside]
    keys: Mapping[Relation, Beside]
    keys_fit: Beside | None
    energy: Mapping[EnergyStep, Beside]
    again: Beside | None
    plays_s: Spread | None
    mixes_s: Spread | None
    leaves_s: Spread | None
    enters_s: Spread | None
    following: tuple[Following, ...]

    def in_short(self) -> str:
        """A sentence about the habits that a list similar to these sets follows."""
        sets = f"your {counted(self.sets, 'set')} of {counted(self.steps, 'step')}"
        oftener, rarer = (
            ", ".join(words for words, figure in self.in_words() if figure.weight * sign > 0.0) for sign in (1, -1)
        )
        if not (oftener or rarer):
            return f"{sets} don't differ from chance, so the list ignores them"
        clauses = [f"more often than by chance {oftener}"] if oftener else []
        clauses += [f"less often {rarer}"] if rarer else []
        return f"like {sets}: {'; '.join(clauses)}"

    def in_words(self) -> Iterator[tuple[str, Beside]]:
        """Every figure that a list can use, with its name."""
        yield from ((TEMPO_WORDS[name], figure) for name, figure in self.tempo.items())
        yield from ((f"keys: {name.replace('_', ' ')}", figure) for name, figure in self.keys.items())
        yield from ((f"energy {name}", figure) for name, figure in self.energy.items())
        if self.again is not None:
            yield "same two tracks again", self.again


TEMPO_WORDS: dict[TempoStep, str] = {
    "up_to_2_percent": "tempo ±2 %",
    "up_to_5_percent": "tempo ±2 to 5 %",
    "up_to_10_percent": "tempo ±5 to 10 %",
    "beyond": "tempo beyond ±10 %",
}
