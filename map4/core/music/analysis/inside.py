"""The structure of a track: bars, phrases, detected cue points, and an overview; and how its sound is stored."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, get_args

from map4.core.base.records import Count, Fraction3, Json, Record, Seconds
from map4.core.base.text import MOST_LETTERS

Role = Literal["intro", "build", "drop", "break", "outro"]
"""The function of a phrase: beats or chords before the music (intro), rising tension (build), full drums and bass after
less (drop), drums or bass removed (break), thinning out to the end (outro).
"""

DetectedCueKind = Literal["first_beat", "mix_in", "drop", "break", "mix_out", "outro", "first_vocal", "last_vocal"]
"""`mix_in`: the next track is mixed in here; `mix_out`: this track is left here."""

_Level = Annotated[int, Json(minimum=0, maximum=255)]
Levels = Annotated[bytes, Json(like=tuple[_Level, ...])]
PhraseGroup = Annotated[str, Json(pattern="^[A-Za-z]$")]

ROLES: tuple[Role, ...] = get_args(Role)

LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR = 2, 7
"""The range of beats per bar; 6/8 counts as 6 if eighths are the beats, and as 2 if dotted quarters are."""


LIKELY_BAR_ONE = 0.5
"""From this confidence up, files for DJ programs, which always mark some beat as bar one, get the most likely one. In
24 recordings between .5 and .7 it was right for 15, the first beat of the grid for 4; below, it is more often wrong.
"""

OVERVIEW_POINTS = 400
ENERGY_POINTS = 200
OVERVIEW_BYTES = 3 * OVERVIEW_POINTS + ENERGY_POINTS


class Metre(Record):
    """Beats per bar, with their probability [0, 1]."""

    beats_per_bar: Annotated[int, Json(minimum=LEAST_BEATS_PER_BAR, maximum=MOST_BEATS_PER_BAR)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not LEAST_BEATS_PER_BAR <= self.beats_per_bar <= MOST_BEATS_PER_BAR:
            raise ValueError(f"invalid metre: {self.beats_per_bar} beats per bar")
        Record.require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """The bars of a track.

    downbeats_s: times of the first beats of bars (the Ones), ascending; a subset of the beats; None if not loaded
    confidence: probability that these are the Ones, 0-1
    metre: beats per bar; a bar may be shorter or longer if a beat was cut
    grid_beat: the most likely position in the bar of the grid's first beat, 1 = the One; None without a grid or if
        the bars do not follow it
    """

    SURE: ClassVar[float] = 0.9
    """From this confidence of bars and metre up, records state the beat of the bar at which a grid begins: a wrong
    value is worse than none."""

    downbeats_s: tuple[float, ...] | None
    confidence: Fraction3
    metre: Metre
    grid_beat: int | None = None

    def __post_init__(self) -> None:
        ones_s = self.downbeats_s or ()
        if not all(math.isfinite(time_s) and time_s >= 0.0 for time_s in ones_s):
            raise ValueError("downbeats must be finite and not negative")
        if any(later <= earlier for earlier, later in pairwise(ones_s)):
            raise ValueError("downbeats must ascend")
        if self.grid_beat is not None and not 1 <= self.grid_beat <= self.metre.beats_per_bar:
            raise ValueError(f"a bar of {self.metre.beats_per_bar} has no beat {self.grid_beat}")
        Record.require_fraction("confidence", self.confidence)

    @property
    def sure(self) -> float:
        """The confidence of bar one, limited by that of the metre."""
        return min(self.confidence, self.metre.confidence)

    @property
    def written_grid_beat(self) -> int | None:
        """The position in the bar of the grid's first beat, for DJ program files; None below `LIKELY_BAR_ONE`."""
        return self.grid_beat if self.sure >= LIKELY_BAR_ONE else None


class Phrase(Record):
    """A run of bars that belong together.

    start_s, end_s: on downbeats, except the first start and the last end
    bars: the number of bars
    group: letter, the same for phrases that sound alike: A, B, ... Z, a, ... z
    role: its function; None if uncertain
    energy: 0-1, as for the whole track
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
            raise ValueError(f"a phrase from {self.start_s} to {self.end_s} s is empty")
        if self.bars < 0:
            raise ValueError(f"a phrase can't have {self.bars} bars")
        if len(self.group) != 1 or not (self.group.isascii() and self.group.isalpha()):
            raise ValueError(f"the group of a phrase is a single letter, got {self.group!r}")
        if self.role is not None and self.role not in ROLES:
            raise ValueError(f"unknown phrase role: {self.role!r}")
        Record.require_fraction("energy", self.energy)
        Record.require_fraction("confidence", self.confidence)


class Structure(Record):
    """The phrases of a track, without gaps, and their overall confidence (0-1)."""

    phrases: Annotated[tuple[Phrase, ...], Json(minItems=1)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not self.phrases:
            raise ValueError("a structure needs phrases")
        if any(a.end_s > b.start_s for a, b in zip(self.phrases, self.phrases[1:], strict=False)):
            raise ValueError("phrases must follow each other")
        Record.require_fraction("confidence", self.confidence)


class DrumPattern(Record):
    """The positions of the drums in the bar.

    kick: `SLOTS` hexadecimal digits, the strength (0 to f) of low drum onsets on each sixteenth of an average bar
        of four beats
    swing: position of the off-beat within a beat if it is swung, else within an eighth, 0-1: .5 is straight, .67 a
        shuffle; None without an off-beat
    """

    SLOTS: ClassVar[int] = 16

    kick: str
    swing: float | None

    def __post_init__(self) -> None:
        if len(self.kick) != self.SLOTS or set(self.kick) - set("0123456789abcdef"):
            raise ValueError(f"a kick pattern has {self.SLOTS} hexadecimal digits, got {self.kick!r}")
        Record.require_fraction("swing", self.swing)


class DetectedCue(Record):
    """A detected cue point.

    kind: its purpose
    position_s: seconds from time zero, on a downbeat (`first_beat`: on a beat)
    reason: why, in a few words for the user
    confidence: probability that it is right, 0-1
    """

    KINDS = get_args(DetectedCueKind)[:6]  # others come from extras

    kind: DetectedCueKind
    position_s: Seconds
    reason: str
    confidence: Fraction3

    def __post_init__(self) -> None:
        if self.kind not in get_args(DetectedCueKind):
            raise ValueError(f"unknown kind of cue point: {self.kind!r}")
        if not (math.isfinite(self.position_s) and self.position_s >= 0.0):
            raise ValueError(f"invalid cue point position: {self.position_s} s")
        if len(self.reason) > MOST_LETTERS:
            raise ValueError("the reason of a cue point is too long")
        Record.require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The level and energy over a track in a few bytes, from time zero to its end.

    low, mid, high: `OVERVIEW_POINTS` bytes each, level below 200 Hz, up to 2 kHz, and above; 0 is 48 dB below the
        loudest point of the three, 255 that point
    energy: `ENERGY_POINTS` bytes, local energy of the music, 255 times 0-1
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
        """The four rows concatenated; `unpack_overview` reads them."""
        return self.low + self.mid + self.high + self.energy

    @staticmethod
    def unpacked(data: bytes) -> Overview | None:
        """Read the output of `Overview.packed`; no data gives None."""
        if not data:
            return None
        if len(data) != OVERVIEW_BYTES:
            raise ValueError(f"an overview has {OVERVIEW_BYTES} bytes, got {len(data)}")
        low, mid, high = (data[row * OVERVIEW_POINTS : (row + 1) * OVERVIEW_POINTS] for row in range(3))
        return Overview(low=low, mid=mid, high=high, energy=data[3 * OVERVIEW_POINTS :])

    @staticmethod
    def resampled(levels: bytes, steps: int, shown: tuple[float, float] = (0.0, 1.0)) -> list[float]:
        """The means of `steps` equal parts of a section of a strip's levels."""
        first, last = (share * len(levels) for share in shown)
        edges = [first + (last - first) * step / steps for step in range(steps + 1)]
        parts = (levels[int(a) : max(int(b), int(a) + 1)] for a, b in pairwise(edges))
        return [sum(part) / len(part) if part else 0.0 for part in parts]


class OverviewDocument(
    Record,
    kind="overview",
    members="id duration_s low=overview.low mid=overview.mid high=overview.high energy=overview.energy",
):
    """The level and energy over a track in a few numbers, for drawing.

    low: level below 200 Hz over the track; 0 is 48 dB below the loudest point of all three bands, 255 that point
    mid: level up to 2 kHz
    high: level above 2 kHz
    energy: local energy of the music, 255 times 0-1
    """

    id: str
    duration_s: Seconds
    overview: Overview


class Strip(Record, kind="strip"):
    """The level over a part of a track at evenly spaced points; each shows its loudest moment, so that no hit is lost.

    from_s, to_s: its start and end within the track
    low: level below 200 Hz; 0 is 48 dB below the loudest moment of the track in all three bands, 255 that moment
    mid: level up to 2 kHz
    high: level above 2 kHz
    """

    MOST_POINTS: ClassVar[int] = 4096  # the maximum per answer: screens have fewer pixels
    RATE_HZ: ClassVar[int] = 200  # points per second of the finest strip; a drum hit spans several

    id: str
    from_s: Seconds
    to_s: Seconds
    low: Levels
    mid: Levels
    high: Levels


FINGERPRINT_VERSION = 1  # raised when the fingerprint of the same audio changes


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundGroup:
    """A group of numbers of the sound vector that describe an aspect of the sound, and its total weight."""

    name: str
    size: int
    weight: float
    aspect: Literal["timbre", "rhythm", "harmony"]


FINGERPRINT_MAX_S = 900.0
"""Only the first 15 minutes of a recording are fingerprinted: 9.5 KB, longer than any chance match of two mixes."""


class SoundVector:
    """The sound vector of a track: its layout and its stored form."""

    VERSION = 1
    """Raised when a number of the sound vector changes for the same audio; different versions are never compared."""
    GROUPS = (
        SoundGroup(name="mfcc", size=13, weight=1.0, aspect="timbre"),
        SoundGroup(name="mfcc_change", size=10, weight=1.0, aspect="timbre"),
        SoundGroup(name="mfcc_covariance", size=28, weight=1.0, aspect="timbre"),
        SoundGroup(name="contrast", size=10, weight=0.8, aspect="timbre"),
        SoundGroup(name="modulation", size=15, weight=0.8, aspect="rhythm"),
        SoundGroup(name="tempo", size=14, weight=0.35, aspect="rhythm"),
        SoundGroup(name="harmony", size=12, weight=0.5, aspect="harmony"),
        SoundGroup(name="intervals", size=12, weight=0.5, aspect="harmony"),
        SoundGroup(name="tonality", size=6, weight=0.5, aspect="harmony"),
        SoundGroup(name="register", size=8, weight=0.5, aspect="harmony"),
    )
    """The layout. The weights were chosen by split-half retrieval and genre (`lab/measure/retrieval.py`). Tempo and
    harmony have low weights: higher ones find the same track again but miss similar tracks.
    """
    SIZE = sum(group.size for group in GROUPS)

    @staticmethod
    def pack(sound: Sequence[float] | None) -> bytes:
        """A sound vector as 128 little-endian half-precision floats; empty for None.

        Half precision (three digits) is enough: the retrieval results are the same.
        """
        return b"" if sound is None else _HALF_FLOATS.pack(*sound)

    @staticmethod
    def unpack(data: bytes) -> tuple[float, ...] | None:
        if not data:
            return None
        if len(data) != _HALF_FLOATS.size:
            raise ValueError(f"a sound vector has {_HALF_FLOATS.size} bytes, got {len(data)}")
        sound = _HALF_FLOATS.unpack(data)
        SoundVector.require(sound)
        return sound

    @staticmethod
    def require(sound: Sequence[float] | None) -> None:
        """Raise ValueError if this is not a sound vector; None is valid."""
        if sound is None:
            return
        if len(sound) != SoundVector.SIZE:
            raise ValueError(f"a sound vector has {SoundVector.SIZE} numbers, got {len(sound)}")
        if not all(map(math.isfinite, sound)):
            raise ValueError("the numbers of a sound vector must be finite")


_HALF_FLOATS = struct.Struct(f"<{SoundVector.SIZE}e")


def require_fingerprint(fingerprint: bytes | None) -> None:
    """Raise ValueError if this is not a sequence of 16-bit words; None is valid."""
    if fingerprint is not None and (not fingerprint or len(fingerprint) % 2):
        raise ValueError(f"a fingerprint is a sequence of 16-bit words, got {len(fingerprint)} bytes")
