"""What is computed from one audio payload, as plain Python values that JSON can hold."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Annotated

from map4.base.records import Bpm, Fraction3, Fraction4, Json, Ordinal, Record, Seconds
from map4.base.shown import short_repr
from map4.music.analysis.inside import Bars, DetectedCue, DrumPattern, Overview, Structure, require_fraction
from map4.music.analysis.key import KEY_MEMBERS, Key
from map4.music.analysis.plausible import DOUBTFUL as DOUBTFUL
from map4.music.analysis.sound import require_fingerprint, require_sound

ANALYSIS_VERSION = 17
"""Raised when any stored number changes for the same audio; stored analyses of another version are made again."""

MIN_BPM, MAX_BPM = 30.0, 300.0
"""The range of tempi: slower pulses are not counted as beats, faster ones are rolls."""

BEAT_DECIMALS = 4
"""Beat times are kept to a tenth of a millisecond: finer than any beat is known."""

HAMMS_VERSION = 4
HAMMS_SIZE = 12

TuningCents = Annotated[float, Json(1, minimum=-100, maximum=100)]
_Measured = Annotated[float, Json(4, minimum=0)]


def _require_finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")


def _require_part(start_s: float, end_s: float) -> None:
    if not 0.0 <= start_s < end_s:
        raise ValueError(f"a part from {start_s} to {end_s} s is none")


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoCandidate(Record):
    """A tempo in beats per minute with the probability [0, 1] given to it."""

    bpm: Annotated[Bpm, Json(3)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"no tempo: {self.bpm} BPM")
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo(Record):
    """The measured tempo.

    bpm: beats per minute, 30-300
    confidence: 0-1
    alternatives: other tempi (half, double, 2/3 ...), most probable first
    stability: 1 - std/mean of the inter-beat intervals, clipped to 0-1; None with fewer than three beats
    """

    bpm: Annotated[Bpm, Json(3)]
    confidence: Fraction3
    alternatives: tuple[TempoCandidate, ...] = ()
    stability: Fraction4 | None = None

    def __post_init__(self) -> None:
        if not MIN_BPM <= self.bpm <= MAX_BPM:
            raise ValueError(f"tempo outside {MIN_BPM:g}-{MAX_BPM:g} BPM: {self.bpm}")
        require_fraction("confidence", self.confidence)
        require_fraction("stability", self.stability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid(Record):
    """A straight line through the beats: beat i is at first_beat_s + i * 60 / bpm.

    metre: beats a bar, where the bars are sure; else None
    downbeat: which beat of its bar first_beat_s is, 1 = the One; None as that
    """

    first_beat_s: Annotated[float, Json(4, minimum=0)]
    bpm: Annotated[Bpm, Json(4)]
    metre: Ordinal | None = None
    downbeat: Ordinal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoSegment(Record):
    """A part of a track that keeps one tempo, from `start_s` to `end_s`."""

    start_s: Seconds
    end_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    bpm: Annotated[Bpm, Json(3)]

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"no tempo: {self.bpm} BPM")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCandidate(Record, members=f"{KEY_MEMBERS} confidence"):
    """A key with the probability [0, 1] given to it."""

    key: Key
    confidence: Fraction3

    def __post_init__(self) -> None:
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEstimate(Record, members=f"{KEY_MEMBERS} confidence runner_up tuning_cents"):
    """The measured key, the next best one, and how far the tuning is from A = 440 Hz (cents, -50 to 50)."""

    key: Key
    confidence: Fraction3
    runner_up: KeyCandidate | None = None
    tuning_cents: TuningCents = 0.0

    def __post_init__(self) -> None:
        require_fraction("confidence", self.confidence)
        _require_finite("tuning_cents", self.tuning_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySegment(Record, members=f"start_s end_s {KEY_MEMBERS} confidence"):
    """A part of a track that keeps to one key, which has the probability `confidence` when heard by itself."""

    start_s: Seconds
    end_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    key: Key
    confidence: Fraction3

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness(Record):
    """ITU-R BS.1770 / EBU R 128 measures and clipping; each None where the signal gives none (silence, too short).

    integrated_lufs, range_lu, true_peak_dbtp: LUFS, LU, dBTP
    clipped_per_minute: how often a minute three samples or more in a row stand at full scale or above
    """

    integrated_lufs: Annotated[float, Json(2)] | None = None
    range_lu: Annotated[float, Json(2, minimum=0)] | None = None
    true_peak_dbtp: Annotated[float, Json(2)] | None = None
    clipped_per_minute: Annotated[float, Json(1, minimum=0)] | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require_finite(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum(Record):
    """Long-term spectral descriptors; means over the frames that are not silent, and where the spectrum ends.

    centroid_hz, bandwidth_hz, rolloff_hz: centre, spread, and the frequency below which 85 % of the power lies
    flatness: geometric over arithmetic mean of the power, 0 (tone) to 1 (noise)
    flux: mean positive change of log power from frame to frame, >= 0
    onset_rate_hz: onsets a second
    cutoff_hz: highest frequency with any content, at the file's own rate; None where too little sounds
    cutoff_drop_db: how far the level falls there, within about 600 Hz; None as that
    """

    centroid_hz: _Measured
    bandwidth_hz: _Measured
    rolloff_hz: _Measured
    flatness: _Measured
    flux: _Measured
    onset_rate_hz: _Measured
    cutoff_hz: Annotated[float, Json(0, minimum=0)] | None = None
    cutoff_drop_db: Annotated[float, Json(1, minimum=0)] | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require_finite(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hamms(Record, members="version vector confidence"):
    """The twelve HAMMS numbers in their fixed order (see `map4.music.track.hamms`); an unknown one is None."""

    vector: Annotated[tuple[Fraction4 | None, ...], Json(minItems=HAMMS_SIZE, maxItems=HAMMS_SIZE)]
    confidence: Fraction3
    version: Annotated[int, Json(const=HAMMS_VERSION)] = HAMMS_VERSION

    def __post_init__(self) -> None:
        if len(self.vector) != HAMMS_SIZE:
            raise ValueError(f"a HAMMS vector has {HAMMS_SIZE} numbers, got {len(self.vector)}")
        for index, value in enumerate(self.vector):
            require_fraction(f"hamms[{index}]", value)
        require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything measured from one audio payload.

    duration_s: decoded length
    energy: 0-1; None for silence
    cue_in_s, cue_out_s: first and last sound; None for silence
    tempo_map: the parts of a track that changes its tempo, at least two of them; empty where it keeps it
    key_map: the parts of a track that changes its key, at least two of them; empty where no change is clear
    beats_s: beat times in seconds from time zero, ascending
    bars: None where the Ones are not known; without the times of its downbeats where beats were not loaded
    structure: phrases; None where they are not known
    detected_cues: places that a DJ would mark, by position
    overview: None for silence, and where it was not loaded
    drums: where in the bar the drums fall; None where bars or drums are not known
    sound: the 128 numbers of the sound vector, see `map4.dsp.sound.sound_vector`; None for silence, below 3 s,
        and where it was not loaded
    fingerprint: little-endian 16-bit words, see `map4.dsp.sound.fingerprint`; None for silence, below 2 s, and
        where it was not loaded
    flags: remarks such as "silent" or "damaged"
    decoder: name and version of what decoded the audio, such as "soundfile 0.13 libsndfile-1.2.2"
    """

    duration_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    tempo: Tempo | None = None
    grid: Grid | None = None
    key: KeyEstimate | None = None
    energy: float | None = None
    loudness: Loudness = field(default_factory=Loudness)
    spectrum: Spectrum | None = None
    hamms: Hamms | None = None
    cue_in_s: Seconds | None = None
    cue_out_s: Seconds | None = None
    tempo_map: tuple[TempoSegment, ...] = ()
    key_map: tuple[KeySegment, ...] = ()
    beats_s: tuple[float, ...] = ()
    bars: Bars | None = None
    structure: Structure | None = None
    detected_cues: tuple[DetectedCue, ...] = ()
    overview: Overview | None = None
    drums: DrumPattern | None = None
    sound: tuple[float, ...] | None = None
    fingerprint: bytes | None = None
    flags: tuple[str, ...] = ()
    decoder: str = ""
    version: Ordinal = ANALYSIS_VERSION
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not self.duration_s > 0:
            raise ValueError(f"duration must be positive, got {self.duration_s}")
        require_fraction("energy", self.energy)
        require_sound(self.sound)
        require_fingerprint(self.fingerprint)


MOST_ENERGY_LEVEL = 10
ENERGY_LEVELS = (0.0, *((level - 0.5) / MOST_ENERGY_LEVEL for level in range(2, MOST_ENERGY_LEVEL + 1)))
"""The least energy of each level that DJs know: clamp(floor(10 * energy + 0.5), 1, 10), so level 7 is from .65 on."""


def energy_level(energy: float) -> int:
    """Level 1-10 of an energy."""
    return max(1, bisect_right(ENERGY_LEVELS, energy))
