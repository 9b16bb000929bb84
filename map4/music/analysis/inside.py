"""What lies inside a track: bars, phrases, places to mix at, and an overview of its course."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, get_args

from map4.base.records import Count, Fraction3, Json, Record, Seconds
from map4.base.text import MOST_LETTERS

Role = Literal["intro", "build", "drop", "break", "outro"]
"""What a phrase is for: beats or chords before the music (intro), tension that rises (build), full drums and bass after
less (drop), drums or bass taken away (break), what thins out to the end (outro)."""

DetectedCueKind = Literal["first_beat", "mix_in", "drop", "break", "mix_out", "outro"]
"""`mix_in`: from here the next track is mixed in; `mix_out`: from here this one is left."""

_Level = Annotated[int, Json(minimum=0, maximum=255)]
Levels = Annotated[bytes, Json(like=tuple[_Level, ...])]
PhraseGroup = Annotated[str, Json(pattern="^[A-Za-z]$")]

ROLES: tuple[Role, ...] = get_args(Role)
DETECTED_CUE_KINDS: tuple[DetectedCueKind, ...] = get_args(DetectedCueKind)

LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR = 2, 7
"""Beats a bar that are told; 6/8 is 6 where eighths are the beats and 2 where dotted quarters are."""

SURE_OF_BAR_ONE = 0.9
"""From this confidence of bars and metre on, records say which beat of its bar a grid begins with: a wrong one is worse
than none."""

LIKELY_BAR_ONE = 0.5
"""From here on files of DJ programs, which have some beat as bar one in any case, get the likeliest. Of 24 recordings
between .5 and .7 it was right in 15, the first beat of the grid in 4; below, it is rather wrong than right."""

OVERVIEW_POINTS = 400
ENERGY_POINTS = 200
DRUM_SLOTS = 16
STRIP_RATE_HZ = 200
"""Points a second of the finest strip; a drum hit is some of them."""
MOST_STRIP_POINTS = 4096
"""In one answer: a screen has no more."""
OVERVIEW_BYTES = 3 * OVERVIEW_POINTS + ENERGY_POINTS


def require_fraction(name: str, value: float | None) -> None:
    """Raise ValueError where a number is known and lies outside of 0 to 1."""
    if value is not None and not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be within [0, 1], got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metre(Record):
    """Beats a bar, with the probability [0, 1] given to it."""

    beats_per_bar: Annotated[int, Json(minimum=LEAST_BEATS_PER_BAR, maximum=MOST_BEATS_PER_BAR)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not LEAST_BEATS_PER_BAR <= self.beats_per_bar <= MOST_BEATS_PER_BAR:
            raise ValueError(f"no metre: {self.beats_per_bar} beats a bar")
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Where the bars begin.

    downbeats_s: times of the first beats of the bars (the Ones), ascending, each of them one of the beats
    confidence: probability that these are the Ones, 0-1
    metre: beats a bar; a bar may be shorter or longer where a beat was cut
    grid_beat: which beat of its bar the first one of the grid most likely is, 1 = the One; None without a grid, and
        where the bars do not keep to it
    """

    downbeats_s: tuple[float, ...]
    confidence: Fraction3
    metre: Metre
    grid_beat: int | None = None

    def __post_init__(self) -> None:
        if not all(math.isfinite(time_s) and time_s >= 0.0 for time_s in self.downbeats_s):
            raise ValueError("downbeats must be finite and not negative")
        if any(later <= earlier for earlier, later in zip(self.downbeats_s, self.downbeats_s[1:], strict=False)):
            raise ValueError("downbeats must ascend")
        if self.grid_beat is not None and not 1 <= self.grid_beat <= self.metre.beats_per_bar:
            raise ValueError(f"a bar of {self.metre.beats_per_bar} has no beat {self.grid_beat}")
        require_fraction("confidence", self.confidence)

    @property
    def sure(self) -> float:
        """How sure bar one is: no more than the metre is."""
        return min(self.confidence, self.metre.confidence)

    @property
    def written_grid_beat(self) -> int | None:
        """Which beat of its bar the first one of the grid is in files of DJ programs; None below `LIKELY_BAR_ONE`."""
        return self.grid_beat if self.sure >= LIKELY_BAR_ONE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase(Record):
    """A run of bars that belong together.

    start_s, end_s: on downbeats, but for the first start and the last end
    bars: how many bars it has
    group: letter, the same for phrases that sound alike: A, B, ... Z, a, ... z
    role: what it is for; None where that is not certain
    energy: 0-1, as that of the whole track
    confidence: probability that a phrase begins at `start_s`
    """

    start_s: Seconds
    end_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    bars: Count
    group: PhraseGroup
    role: Role | None
    energy: Fraction3
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not 0.0 <= self.start_s < self.end_s:
            raise ValueError(f"a phrase from {self.start_s} to {self.end_s} s is none")
        if self.bars < 0:
            raise ValueError(f"a phrase has no {self.bars} bars")
        if len(self.group) != 1 or not (self.group.isascii() and self.group.isalpha()):
            raise ValueError(f"the group of a phrase is one letter, got {self.group!r}")
        if self.role is not None and self.role not in ROLES:
            raise ValueError(f"no role of a phrase: {self.role!r}")
        require_fraction("energy", self.energy)
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure(Record):
    """The phrases of a track, without gaps, and how sure they are as a whole (0-1)."""

    phrases: Annotated[tuple[Phrase, ...], Json(minItems=1)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not self.phrases:
            raise ValueError("a structure has phrases")
        if any(a.end_s > b.start_s for a, b in zip(self.phrases, self.phrases[1:], strict=False)):
            raise ValueError("phrases must follow each other")
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrumPattern(Record):
    """Where in the bar the drums fall.

    kick: `DRUM_SLOTS` hexadecimal digits, how strongly the low drums begin on each sixteenth of a mean bar of four
        beats, 0 to f
    swing: where the off-beat lies within a beat if it is swung, else within an eighth, 0-1: .5 is straight, .67 a
        shuffle; None where there is none
    """

    kick: str
    swing: float | None

    def __post_init__(self) -> None:
        if len(self.kick) != DRUM_SLOTS or set(self.kick) - set("0123456789abcdef"):
            raise ValueError(f"a kick pattern has {DRUM_SLOTS} hexadecimal digits, got {self.kick!r}")
        require_fraction("swing", self.swing)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedCue(Record):
    """A place that a DJ would mark.

    kind: what it is for
    position_s: seconds from time zero, on a downbeat (`first_beat`: on a beat)
    reason: why, in a few words for a person
    confidence: probability that it is right, 0-1
    """

    kind: DetectedCueKind
    position_s: Seconds
    reason: str
    confidence: Fraction3

    def __post_init__(self) -> None:
        if self.kind not in DETECTED_CUE_KINDS:
            raise ValueError(f"no kind of cue point: {self.kind!r}")
        if not (math.isfinite(self.position_s) and self.position_s >= 0.0):
            raise ValueError(f"a cue point at {self.position_s} s is none")
        if len(self.reason) > MOST_LETTERS:
            raise ValueError("the reason of a cue point is too long")
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The course of a track in a few bytes, from time zero to its end.

    low, mid, high: `OVERVIEW_POINTS` bytes each, level below 200 Hz, up to 2 kHz, and above; 0 is 48 dB below the
        loudest point of the three, 255 that point itself
    energy: `ENERGY_POINTS` bytes, energy of the music around there, 255 times 0-1
    """

    low: Levels
    mid: Levels
    high: Levels
    energy: Levels

    def __post_init__(self) -> None:
        for name, points in (("low", OVERVIEW_POINTS), ("mid", OVERVIEW_POINTS), ("high", OVERVIEW_POINTS)):
            if len(getattr(self, name)) != points:
                raise ValueError(f"the overview's {name} has {points} points, got {len(getattr(self, name))}")
        if len(self.energy) != ENERGY_POINTS:
            raise ValueError(f"the overview's energy has {ENERGY_POINTS} points, got {len(self.energy)}")

    def packed(self) -> bytes:
        """The four rows one after the other; `unpack_overview` reads them."""
        return self.low + self.mid + self.high + self.energy


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewDocument(
    Record,
    kind="overview",
    members="id duration_s low=overview.low mid=overview.mid high=overview.high energy=overview.energy",
):
    """The course of a track in a few numbers, for drawing.

    low: level below 200 Hz from the beginning to the end; 0 is 48 dB below the loudest point of all three, 255 that
        point
    mid: the same up to 2 kHz
    high: the same above
    energy: energy of the music around there, 255 times 0-1
    """

    id: str
    duration_s: Seconds
    overview: Overview


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip(Record, kind="strip"):
    """A part of the course of a track, at evenly spaced points: the loudest of each, so that no hit is lost.

    from_s, to_s: where it begins and ends, within the track
    low: level below 200 Hz; 0 is 48 dB below the loudest moment of the track in all three, 255 that moment
    mid: the same up to 2 kHz
    high: the same above
    """

    id: str
    from_s: Seconds
    to_s: Seconds
    low: Levels
    mid: Levels
    high: Levels


def resampled(levels: bytes, steps: int, shown: tuple[float, float] = (0.0, 1.0)) -> list[float]:
    """The means of so many equal parts of a part of a strip's levels."""
    first, last = (share * len(levels) for share in shown)
    edges = [first + (last - first) * step / steps for step in range(steps + 1)]
    parts = (levels[int(a) : max(int(b), int(a) + 1)] for a, b in pairwise(edges))
    return [sum(part) / len(part) if part else 0.0 for part in parts]


def unpack_overview(data: bytes) -> Overview | None:
    """Read what `Overview.packed` gave; no data give None."""
    if not data:
        return None
    if len(data) != OVERVIEW_BYTES:
        raise ValueError(f"an overview has {OVERVIEW_BYTES} bytes, got {len(data)}")
    low, mid, high = (data[row * OVERVIEW_POINTS : (row + 1) * OVERVIEW_POINTS] for row in range(3))
    return Overview(low=low, mid=mid, high=high, energy=data[3 * OVERVIEW_POINTS :])
