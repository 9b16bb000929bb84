"""What somebody's sets say: how their tracks follow one another, beside the same sets in any other order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from map4.base.records import Count, Fraction3, Json, Moment, Record, Seconds
from map4.base.text import counted
from map4.music.mixing.harmony import RELATION_SCORES, Relation

SET_BREAK_S = 1800.0
"""What is played so much later than the track before it is not mixed into it: few tracks last so long."""
TEMPO_EDGES: tuple[float, ...] = (2.0, 5.0, 10.0)
"""Percent of the slower track that a step changes the tempo by, up to which it is counted together."""
TempoStep = Literal["up_to_2_percent", "up_to_5_percent", "up_to_10_percent", "beyond"]
EnergyStep = Literal["falling", "flat", "rising"]
TEMPO_STEP_NAMES: tuple[TempoStep, ...] = get_args(TempoStep)
ENERGY_STEP_NAMES: tuple[EnergyStep, ...] = get_args(EnergyStep)
RELATION_NAMES: tuple[Relation, ...] = tuple(name for name in RELATION_SCORES if name != "unknown")
FULL_LIFT = 4.0
"""What is so many times as frequent as by chance, or as rare, weighs as much as anything does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside(Record, members="share by_chance low high differs"):
    """How frequent something is, beside how frequent it is where the same sets are shuffled.

    share: of the steps of which it is known
    by_chance: its mean over the shuffled sets
    low, high: between these it is by chance: of twenty shuffles of all sets, in nineteen every figure of this document
        is between its two
    """

    share: Fraction3
    by_chance: Fraction3
    low: Fraction3
    high: Fraction3

    @property
    def differs(self) -> bool:
        """Whether it is not chance."""
        return not self.low <= self.share <= self.high

    @property
    def weight(self) -> float:
        """-1 to 1: above 0 what is more frequent than by chance, below what is rarer; 0 where it is chance."""
        if not self.differs:
            return 0.0
        if not (self.share and self.by_chance):
            return 1.0 if self.share else -1.0
        return max(-1.0, min(1.0, math.log(self.share / self.by_chance) / math.log(FULL_LIFT)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread(Record):
    """Of so many values, that below which one in ten lies, the middle one, and that above which one in ten lies."""

    known: Count
    low: Seconds
    median: Seconds
    high: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTrack(Record, members="id=audio_id artist title"):
    """A track that was played."""

    audio_id: str
    artist: str | None
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Following(Record, members="first second times by_chance"):
    """A track that was played right after another one more than once.

    times: how often
    by_chance: how often it would be where the same sets are shuffled
    """

    first: NamedTrack
    second: NamedTrack
    times: Count
    by_chance: Annotated[float, Json(2, minimum=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixStatistics(
    Record,
    kind="mix-stats",
    members="since sets steps tracks shuffles known tempo keys keys_fit energy again plays_s mixes_s leaves_s enters_s"
    " following",
):
    """What somebody's sets say ('map4 stats mixes --json').

    since: the first moment that counts, UTC; None is all that is known
    sets: of two tracks at least
    steps: from one track of a set to the next
    tracks: how many different ones of the library were played
    shuffles: how often all sets were shuffled to see what is chance
    known: of how many steps tempo, key and energy are known on both sides
    tempo: how far it changes, in percent of the slower track; half and double time are no change; empty where no step
        is known, as `keys` and `energy` are
    keys: how they stand to each other
    keys_fit: steps whose keys go together: score .7 and above; None where none is known
    energy: rising or falling from a change of .05
    again: steps from one track to another that came more than once; None without tracks of the library
    plays_s: from the begin of one track to that of the next, where histories tell the time; None where none does
    mixes_s: for how long two tracks sounded together, in un-mixed sets; so are the next two
    leaves_s: before its end a track is left
    enters_s: behind its beginning the next one is entered
    following: tracks that were played right after another one more than once, the most often first
    """

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
        """What a list leans to that is to be like these sets, in a sentence."""
        sets = f"your {counted(self.sets, 'set')} of {counted(self.steps, 'step')}"
        oftener, rarer = (
            ", ".join(words for words, found in self.in_words() if found.weight * sign > 0.0) for sign in (1, -1)
        )
        if not (oftener or rarer):
            return f"{sets} differ from chance in nothing, so that the list does not lean to them"
        said = [f"oftener than by chance {oftener}"] if oftener else []
        said += [f"less often {rarer}"] if rarer else []
        return f"like {sets}: {'; '.join(said)}"

    def in_words(self) -> Iterator[tuple[str, Beside]]:
        """Every figure that a list can be made by, with its words."""
        yield from ((TEMPO_WORDS[name], one) for name, one in self.tempo.items())
        yield from ((f"keys: {name.replace('_', ' ')}", one) for name, one in self.keys.items())
        yield from ((f"energy {name}", one) for name, one in self.energy.items())
        if self.again is not None:
            yield "the same two tracks again", self.again


TEMPO_WORDS: dict[TempoStep, str] = {
    "up_to_2_percent": "tempo ±2 %",
    "up_to_5_percent": "tempo ±2 to 5 %",
    "up_to_10_percent": "tempo ±5 to 10 %",
    "beyond": "tempo beyond ±10 %",
}
