"""The analysis of an audio payload, as plain Python values that JSON can represent."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, TypeVar

from map4.core.base.records import Bpm, Fraction3, Fraction4, Json, Ordinal, Record, Seconds, in_json, read
from map4.core.base.shown import short_repr
from map4.core.music.album import TrackLevel
from map4.core.music.analysis import inside
from map4.core.music.analysis.key import KEY_MEMBERS, Key
from map4.core.music.analysis.plausible import DOUBTFUL as DOUBTFUL
from map4.core.music.analysis.plausible import LEAST_SECOND

ANALYSIS_VERSION = 25  # raised when any stored number changes for the same audio; older analyses are then recomputed

BEAT_DECIMALS = 4  # beat times are stored to 0.1 ms, which is finer than beat detection


TuningCents = Annotated[float, Json(1, minimum=-100, maximum=100)]
_Measured = Annotated[float, Json(4, minimum=0)]


def _require_finite(record: Record, *names: str) -> None:
    for name in names:
        value = getattr(record, name)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} must be finite, got {value}")


def _require_part(start_s: float, end_s: float) -> None:
    if not 0.0 <= start_s < end_s:
        raise ValueError(f"a part from {start_s} to {end_s} s is empty")


class TempoCandidate(Record):
    """A tempo in beats per minute with its probability [0, 1]."""

    bpm: Annotated[Bpm, Json(3)]
    confidence: Fraction3

    def __post_init__(self) -> None:
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"invalid tempo: {self.bpm} BPM")
        Record.require_fraction("confidence", self.confidence)


class Tempo(Record):
    """The measured tempo.

    bpm: beats per minute, 30-330
    confidence: 0-1
    alternatives: other tempi (half, double, 2/3 ...), most probable first
    stability: 1 - std/mean of the inter-beat intervals, clipped to 0-1; None with fewer than three beats
    """

    MIN_BPM: ClassVar = 30.0  # slower pulses are not counted as beats
    MAX_BPM: ClassVar = 330.0  # faster pulses are rolls

    bpm: Annotated[Bpm, Json(3)]
    confidence: Fraction3
    alternatives: tuple[TempoCandidate, ...] = ()
    stability: Fraction4 | None = None

    def __post_init__(self) -> None:
        if not self.MIN_BPM <= self.bpm <= self.MAX_BPM:
            raise ValueError(f"tempo outside {self.MIN_BPM:g}-{self.MAX_BPM:g} BPM: {self.bpm}")
        Record.require_fraction("confidence", self.confidence)
        Record.require_fraction("stability", self.stability)

    @property
    def second(self) -> TempoCandidate | None:
        """The most probable alternative, if it is probable enough to be shown; `is:doubtful` has the same rule."""
        return next((other for other in self.alternatives[:1] if other.confidence >= LEAST_SECOND), None)


class Grid(Record):
    """A straight line through the beats: beat i is at first_beat_s + i * 60 / bpm.

    metre: beats per bar if the bars are certain; else None
    downbeat: position of first_beat_s in its bar, 1 = the One; None like metre
    """

    first_beat_s: Annotated[float, Json(4, minimum=0)]
    bpm: Annotated[Bpm, Json(4)]
    metre: Ordinal | None = None
    downbeat: Ordinal | None = None


class TempoSegment(Record):
    """A part of a track with a constant tempo, from `start_s` to `end_s`."""

    start_s: Seconds
    end_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    bpm: Annotated[Bpm, Json(3)]

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"invalid tempo: {self.bpm} BPM")


class KeyCandidate(Record, members=f"{KEY_MEMBERS} confidence"):
    """A key with its probability [0, 1]."""

    key: Key
    confidence: Fraction3

    def __post_init__(self) -> None:
        Record.require_fraction("confidence", self.confidence)


class KeyEstimate(Record, members=f"{KEY_MEMBERS} confidence runner_up tuning_cents"):
    """The measured key, the second-best key, and the tuning offset from A = 440 Hz (cents, -50 to 50)."""

    key: Key
    confidence: Fraction3
    runner_up: KeyCandidate | None = None
    tuning_cents: TuningCents = 0.0

    def __post_init__(self) -> None:
        Record.require_fraction("confidence", self.confidence)
        _require_finite(self, "tuning_cents")


class KeySegment(Record, members=f"start_s end_s {KEY_MEMBERS} confidence"):
    """A part of a track in a constant key; `confidence` is the probability judged from this part only."""

    start_s: Seconds
    end_s: Annotated[float, Json(3, exclusiveMinimum=0)]
    key: Key
    confidence: Fraction3

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        Record.require_fraction("confidence", self.confidence)


class Loudness(Record):
    """ITU-R BS.1770 / EBU R 128 measures and clipping; None if the signal gives no value (silence, too short).

    integrated_lufs, range_lu, true_peak_dbtp: LUFS, LU, dBTP
    clipped_per_minute: how often per minute three or more consecutive samples reach full scale
    """

    integrated_lufs: Annotated[float, Json(2)] | None = None
    range_lu: Annotated[float, Json(2, minimum=0)] | None = None
    true_peak_dbtp: Annotated[float, Json(2)] | None = None
    clipped_per_minute: Annotated[float, Json(1, minimum=0)] | None = None

    def __post_init__(self) -> None:
        _require_finite(self, *self.__dataclass_fields__)


class Spectrum(Record):
    """Long-term spectral descriptors: means over non-silent frames, and the upper end of the spectrum.

    centroid_hz, bandwidth_hz, rolloff_hz: centre, spread, and the 85 % roll-off frequency
    flatness: geometric over arithmetic mean of the power, 0 (tone) to 1 (noise)
    flux: mean positive change of log power between frames, >= 0
    onset_rate_hz: onsets per second
    cutoff_hz: highest frequency with any content, at the file's sample rate; None if the signal is too sparse
    cutoff_drop_db: drop of the level there, within about 600 Hz; None like cutoff_hz
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
        _require_finite(self, *self.__dataclass_fields__)


class Hamms(Record, members="version vector confidence"):
    """The twelve HAMMS numbers in their fixed order (see `map4.core.music.track.hamms`); None if unknown."""

    BPM: ClassVar[tuple[float, float]] = (60.0, 200.0)  # tempi of 0 and 1 in a HAMMS vector
    SIZE: ClassVar[int] = 12
    VERSION: ClassVar[int] = 4

    vector: Annotated[tuple[Fraction4 | None, ...], Json(minItems=Hamms.SIZE, maxItems=Hamms.SIZE)]
    confidence: Fraction3
    version: Annotated[int, Json(const=Hamms.VERSION)] = VERSION

    def __post_init__(self) -> None:
        if len(self.vector) != Hamms.SIZE:
            raise ValueError(f"a HAMMS vector has {Hamms.SIZE} numbers, got {len(self.vector)}")
        for value in self.vector:
            Record.require_fraction("each of the HAMMS numbers", value)
        Record.require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """All measurements of an audio payload.

    duration_s: decoded length
    energy: 0-1; None for silence
    cue_in_s, cue_out_s: first and last sound; None for silence
    tempo_map: at least two parts with different tempi; empty if the tempo is constant
    key_map: at least two parts with different keys; empty without a clear change
    beats_s: beat times in seconds from time zero, ascending; None if not loaded
    bars: None if the Ones are unknown
    structure: phrases; None if unknown
    detected_cues: detected cue points, by position
    overview: None for silence or if not loaded
    drums: positions of the drums in the bar; None if bars or drums are unknown
    sound: the 128 numbers of the sound vector, see `map4.core.dsp.sound.sound_vector`; None for silence, below 3 s, or
        if not loaded
    fingerprint: little-endian 16-bit words, see `map4.core.dsp.sound.fingerprint`; None for silence, below 2 s, or if
        not loaded
    flags: remarks such as "silent" or "damaged"
    decoder: name and version of the audio decoder, such as "soundfile 0.13 libsndfile-1.2.2"
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
    beats_s: tuple[float, ...] | None = ()
    bars: inside.Bars | None = None
    structure: inside.Structure | None = None
    detected_cues: tuple[inside.DetectedCue, ...] = ()
    overview: inside.Overview | None = None
    drums: inside.DrumPattern | None = None
    sound: tuple[float, ...] | None = None
    fingerprint: bytes | None = None
    flags: tuple[str, ...] = ()
    decoder: str = ""
    version: Ordinal = ANALYSIS_VERSION
    __repr__ = short_repr

    def __post_init__(self) -> None:
        if not self.duration_s > 0:
            raise ValueError(f"duration must be positive, got {self.duration_s}")
        Record.require_fraction("energy", self.energy)
        inside.SoundVector.require(self.sound)
        inside.require_fingerprint(self.fingerprint)

    def level(self) -> TrackLevel | None:
        """How loud it is, for the level of an album; None if that is unknown."""
        loudness = self.loudness
        if loudness.integrated_lufs is None:
            return None
        return TrackLevel(
            loudness_lufs=loudness.integrated_lufs, peak_dbtp=loudness.true_peak_dbtp, duration_s=self.duration_s
        )

    def to_core(self) -> dict[str, Any]:
        """The stored *core*: everything except the other parts, as JSON values, rounded to measurement accuracy."""
        key, bars = self.key, self.bars
        return {
            "duration_s": round(self.duration_s, 3),
            "tempo": in_json(self.tempo),
            "grid": in_json(self.grid),
            "key": key
            and {
                **_key_data(key),
                "runner_up": key.runner_up and _key_data(key.runner_up),
                "tuning_cents": round(key.tuning_cents, 1),
            },
            "energy": in_json(self.energy, 4),
            "loudness": in_json(self.loudness),
            "spectrum": in_json(self.spectrum),
            "hamms": in_json(self.hamms),
            "cue_in_s": in_json(self.cue_in_s, 3),
            "cue_out_s": in_json(self.cue_out_s, 3),
            "tempo_map": in_json(self.tempo_map) or None,
            "key_map": [
                {"start_s": round(part.start_s, 3), "end_s": round(part.end_s, 3), **_key_data(part)}
                for part in self.key_map
            ]
            or None,
            "metre": bars and bars.metre.to_record(),
            "downbeat_confidence": bars and round(bars.confidence, 3),
            "grid_beat": bars and bars.grid_beat,
            "structure": in_json(self.structure),
            "cues": in_json(self.detected_cues),
            "drums": in_json(self.drums),
            "flags": list(self.flags),
            "decoder": self.decoder,
        }

    @staticmethod
    def from_core(
        core: Mapping[str, Any],
        *,
        version: int,
        beats_s: tuple[float, ...] | None = None,
        downbeats_s: tuple[float, ...] | None = None,
        overview: inside.Overview | None = None,
        sound: tuple[float, ...] | None = None,
        fingerprint: bytes | None = None,
    ) -> Analysis:
        """Read the output of `to_core` and join it with the other parts."""
        key = core["key"]
        return Analysis(
            duration_s=core["duration_s"],
            tempo=_part(Tempo, core["tempo"]),
            grid=_part(Grid, core["grid"]),
            key=None if key is None else _key(key),
            energy=core["energy"],
            loudness=read(Loudness, core["loudness"]),
            spectrum=_part(Spectrum, core["spectrum"]),
            hamms=_part(Hamms, core["hamms"]),
            cue_in_s=core["cue_in_s"],
            cue_out_s=core["cue_out_s"],
            # Analyses of version 1 have no maps; they are shown until recomputed.
            tempo_map=tuple(read(TempoSegment, part) for part in core.get("tempo_map") or ()),
            key_map=tuple(
                KeySegment(start_s=part["start_s"], end_s=part["end_s"], **_key_fields(part))
                for part in core.get("key_map") or ()
            ),
            beats_s=beats_s,
            bars=_bars(core, downbeats_s),
            structure=_part(inside.Structure, core.get("structure")),
            detected_cues=tuple(read(inside.DetectedCue, cue) for cue in core.get("cues") or ()),
            overview=overview,
            drums=_part(inside.DrumPattern, core.get("drums")),
            sound=sound,
            fingerprint=fingerprint,
            flags=tuple(core["flags"]),
            decoder=core["decoder"],
            version=version,
        )

    def as_stored(self) -> Analysis:
        """The analysis after a round trip through the library, so that fresh and cached results are equal."""
        return Analysis.from_core(
            self.to_core(),
            version=self.version,
            beats_s=_stored_times(self.beats_s),
            downbeats_s=None if self.bars is None else _stored_times(self.bars.downbeats_s),
            overview=self.overview,
            sound=inside.SoundVector.unpack(inside.SoundVector.pack(self.sound)),
            fingerprint=self.fingerprint,
        )


T = TypeVar("T")
# Stored numbers of cue point reasons: append only; other reasons are stored as text.
_REASONS = dict(
    enumerate(
        (
            "first beat of the music",
            "bar #: the intro begins",
            "bar #: the music begins without an intro",
            "bar #: drums or bass enter after # bars",
            "bar #: drums and bass return after # sparser bars",
            "bar #: drums or bass stop",
            "bar #: the last section with drums begins",
            "bar #: the last phrase begins",
            "bar #: the outro begins",
            "bar #: the outro begins with drums",
            "bar #: parts drop out one by one until the end",
        )
    )
)
_NUMBER = re.compile("(?<![0-9])(?:0|[1-9][0-9]{0,5})(?![0-9])")


def _key_data(part: KeyEstimate | KeyCandidate | KeySegment) -> dict[str, Any]:
    return {"camelot": part.key.camelot, "confidence": round(part.confidence, 3)}


def write_core(core: dict[str, Any]) -> str:
    """The stored core: JSON with phrases and cue points as lists, because their keys would double its size."""
    for cue in core.get("cues") or ():
        reason = cue["reason"]  # a known reason is stored as its number and the numbers in it
        words = _NUMBER.sub("#", reason)
        number = next((number for number, known in _REASONS.items() if known == words and "#" not in reason), None)
        cue["reason"] = reason if number is None else [number, *map(int, _NUMBER.findall(reason))]
    for records, _ in _records(core):
        records[:] = [list(record.values()) for record in records]
    return json.dumps(core, allow_nan=False, separators=(",", ":"))


def read_core(text: str) -> dict[str, Any]:
    core: dict[str, Any] = json.loads(text)
    for records, names in _records(core):
        records[:] = [dict(zip(names, record, strict=True)) for record in records]
    for cue in core.get("cues") or ():
        if isinstance(cue["reason"], list):
            words, *numbers = cue["reason"]
            cue["reason"] = _REASONS[words].replace("#", "%d") % tuple(numbers)
    return core


def _records(core: Mapping[str, Any]) -> tuple[tuple[list[Any], Iterable[str]], ...]:
    structure = core.get("structure") or {}  # analyses before version 6 have no structure
    phrases, cues = structure.get("phrases") or [], core.get("cues") or []
    return (phrases, inside.Phrase.__dataclass_fields__), (cues, inside.DetectedCue.__dataclass_fields__)


def _part(kind: type[T], data: Mapping[str, Any] | None) -> T | None:
    return None if data is None else read(kind, data)


def _bars(core: Mapping[str, Any], downbeats_s: tuple[float, ...] | None) -> inside.Bars | None:
    metre = core.get("metre")  # analyses before version 6 have no bars
    if metre is None:
        return None
    return inside.Bars(
        downbeats_s=downbeats_s,
        confidence=core["downbeat_confidence"],
        metre=read(inside.Metre, metre),
        grid_beat=core.get("grid_beat"),
    )


def _key(data: Mapping[str, Any]) -> KeyEstimate:
    other = data["runner_up"]
    return KeyEstimate(
        **_key_fields(data),
        runner_up=None if other is None else KeyCandidate(**_key_fields(other)),
        tuning_cents=data["tuning_cents"],
    )


def _key_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": Key.parse(data["camelot"]), "confidence": data["confidence"]}


def _stored_times(times_s: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if times_s is None else tuple(round(time_s, BEAT_DECIMALS) for time_s in times_s)
