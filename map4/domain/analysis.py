"""What is computed from one audio payload, as plain Python values that JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from map4.domain.key import Key, parse_key
from map4.domain.sound import pack_sound, require_fingerprint, require_sound, unpack_sound

ANALYSIS_VERSION = 5
"""Raised when any stored number changes for the same audio; stored analyses of another version are made again."""

MIN_BPM, MAX_BPM = 30.0, 300.0
"""The tempi there are: slower is a pulse nobody counts, faster a roll."""

BEAT_DECIMALS = 4
"""Beat times are kept to a tenth of a millisecond: finer than any beat is known."""

DOUBTFUL = 0.5
"""Below an even chance, a measured tempo or key is in doubt."""

HAMMS_VERSION = 4
HAMMS_SIZE = 12


def _require_fraction(name: str, value: float | None) -> None:
    if value is not None and not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be within [0, 1], got {value}")


def _require_finite(name: str, value: float | None) -> None:
    if value is not None and not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")


def _require_part(start_s: float, end_s: float) -> None:
    if not 0.0 <= start_s < end_s:
        raise ValueError(f"a part from {start_s} to {end_s} s is none")


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoCandidate:
    """A tempo in beats per minute with the probability [0, 1] given to it."""

    bpm: float
    confidence: float

    def __post_init__(self) -> None:
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"no tempo: {self.bpm} BPM")
        _require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """The measured tempo.

    Parameters
    ----------
    bpm : beats per minute, 30-300
    confidence : 0-1
    alternatives : other tempi (half, double, 2/3 ...), most probable first
    stability : 1 - std/mean of the inter-beat intervals, clipped to 0-1; None with fewer than three beats
    """

    bpm: float
    confidence: float
    alternatives: tuple[TempoCandidate, ...] = ()
    stability: float | None = None

    def __post_init__(self) -> None:
        if not MIN_BPM <= self.bpm <= MAX_BPM:
            raise ValueError(f"tempo outside {MIN_BPM:g}-{MAX_BPM:g} BPM: {self.bpm}")
        _require_fraction("confidence", self.confidence)
        _require_fraction("stability", self.stability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A straight line through the beats: beat i is at first_beat_s + i * 60 / bpm.

    `metre` (beats a bar) and `downbeat` (which beat of the grid, counted from 1, opens the first full bar) are None
    where they are not known.
    """

    first_beat_s: float
    bpm: float
    metre: int | None = None
    downbeat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoSegment:
    """A part of a track that keeps one tempo, from `start_s` to `end_s`."""

    start_s: float
    end_s: float
    bpm: float

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        if not 10.0 <= self.bpm <= 1200.0:
            raise ValueError(f"no tempo: {self.bpm} BPM")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCandidate:
    """A key with the probability [0, 1] given to it."""

    key: Key
    confidence: float

    def __post_init__(self) -> None:
        _require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEstimate:
    """The measured key, the next best one, and how far the tuning is from A = 440 Hz (cents, -50 to 50)."""

    key: Key
    confidence: float
    runner_up: KeyCandidate | None = None
    tuning_cents: float = 0.0

    def __post_init__(self) -> None:
        _require_fraction("confidence", self.confidence)
        _require_finite("tuning_cents", self.tuning_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySegment:
    """A part of a track that keeps to one key, which has the probability `confidence` when heard by itself."""

    start_s: float
    end_s: float
    key: Key
    confidence: float

    def __post_init__(self) -> None:
        _require_part(self.start_s, self.end_s)
        _require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """ITU-R BS.1770 / EBU R 128 measures and clipping; each None where the signal gives none (silence, too short).

    Parameters
    ----------
    integrated_lufs, range_lu, true_peak_dbtp : LUFS, LU, dBTP
    clipped_per_minute : how often a minute three samples or more in a row stand at full scale or above
    """

    integrated_lufs: float | None = None
    range_lu: float | None = None
    true_peak_dbtp: float | None = None
    clipped_per_minute: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require_finite(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """Long-term spectral descriptors; means over the frames that are not silent.

    Parameters
    ----------
    centroid_hz, bandwidth_hz, rolloff_hz : centre, spread, and the frequency below which 85 % of the power lies
    flatness : geometric over arithmetic mean of the power, 0 (tone) to 1 (noise)
    flux : mean positive change of log power from frame to frame, >= 0
    onset_rate_hz : onsets a second
    """

    centroid_hz: float
    bandwidth_hz: float
    rolloff_hz: float
    flatness: float
    flux: float
    onset_rate_hz: float

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _require_finite(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hamms:
    """The twelve HAMMS numbers in their fixed order (see `map4.domain.hamms`); an unknown one is None."""

    vector: tuple[float | None, ...]
    confidence: float
    version: int = HAMMS_VERSION

    def __post_init__(self) -> None:
        if len(self.vector) != HAMMS_SIZE:
            raise ValueError(f"a HAMMS vector has {HAMMS_SIZE} numbers, got {len(self.vector)}")
        for index, value in enumerate(self.vector):
            _require_fraction(f"hamms[{index}]", value)
        _require_fraction("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything measured from one audio payload.

    Parameters
    ----------
    duration_s : decoded length
    energy : 0-1; None for silence
    cue_in_s, cue_out_s : first and last sound; None for silence
    tempo_map : the parts of a track that changes its tempo, at least two of them; empty where it keeps it
    key_map : the parts of a track that changes its key, at least two of them; empty where no change is clear
    beats_s : beat times in seconds from time zero, ascending
    sound : the 128 numbers of the sound vector, see `map4.features.sound.sound_vector`; None for silence, below 3 s,
        and where it was not loaded
    fingerprint : little-endian 16-bit words, see `map4.features.sound.fingerprint`; None for silence, below 2 s, and
        where it was not loaded
    flags : remarks such as "silent" or "damaged"
    decoder : name and version of what decoded the audio, such as "soundfile 0.13 libsndfile-1.2.2"
    """

    duration_s: float
    tempo: Tempo | None = None
    grid: Grid | None = None
    key: KeyEstimate | None = None
    energy: float | None = None
    loudness: Loudness = field(default_factory=Loudness)
    spectrum: Spectrum | None = None
    hamms: Hamms | None = None
    cue_in_s: float | None = None
    cue_out_s: float | None = None
    tempo_map: tuple[TempoSegment, ...] = ()
    key_map: tuple[KeySegment, ...] = ()
    beats_s: tuple[float, ...] = ()
    sound: tuple[float, ...] | None = None
    fingerprint: bytes | None = None
    flags: tuple[str, ...] = ()
    decoder: str = ""
    version: int = ANALYSIS_VERSION

    def __post_init__(self) -> None:
        if not self.duration_s > 0:
            raise ValueError(f"duration must be positive, got {self.duration_s}")
        _require_fraction("energy", self.energy)
        require_sound(self.sound)
        require_fingerprint(self.fingerprint)


def energy_level(energy: float) -> int:
    """Level 1-10 that DJs know: clamp(floor(10 * energy + 0.5), 1, 10). Python's round() would give 6 for 6.5."""
    return min(10, max(1, math.floor(10.0 * energy + 0.5)))


def analysis_to_core(analysis: Analysis) -> dict[str, Any]:
    """The stored *core*: everything but the other parts, as JSON values, rounded to what the measurement carries."""
    tempo, grid, key, spectrum, hamms = (
        analysis.tempo, analysis.grid, analysis.key, analysis.spectrum, analysis.hamms
    )  # fmt: skip
    return {
        "duration_s": round(analysis.duration_s, 3),
        "tempo": None
        if tempo is None
        else {
            "bpm": round(tempo.bpm, 3),
            "confidence": round(tempo.confidence, 3),
            "alternatives": [
                {"bpm": round(a.bpm, 3), "confidence": round(a.confidence, 3)} for a in tempo.alternatives
            ],
            "stability": _rounded(tempo.stability, 4),
        },
        "grid": None
        if grid is None
        else {
            "first_beat_s": round(grid.first_beat_s, 4),
            "bpm": round(grid.bpm, 4),
            "metre": grid.metre,
            "downbeat": grid.downbeat,
        },
        "key": None
        if key is None
        else {
            "camelot": key.key.camelot,
            "confidence": round(key.confidence, 3),
            "runner_up": None
            if key.runner_up is None
            else {"camelot": key.runner_up.key.camelot, "confidence": round(key.runner_up.confidence, 3)},
            "tuning_cents": round(key.tuning_cents, 1),
        },
        "energy": _rounded(analysis.energy, 4),
        "loudness": {
            "integrated_lufs": _rounded(analysis.loudness.integrated_lufs, 2),
            "range_lu": _rounded(analysis.loudness.range_lu, 2),
            "true_peak_dbtp": _rounded(analysis.loudness.true_peak_dbtp, 2),
            "clipped_per_minute": _rounded(analysis.loudness.clipped_per_minute, 1),
        },
        "spectrum": None
        if spectrum is None
        else {name: round(getattr(spectrum, name), 4) for name in Spectrum.__slots__},
        "hamms": None
        if hamms is None
        else {
            "version": hamms.version,
            "vector": [_rounded(value, 4) for value in hamms.vector],
            "confidence": round(hamms.confidence, 3),
        },
        "cue_in_s": _rounded(analysis.cue_in_s, 3),
        "cue_out_s": _rounded(analysis.cue_out_s, 3),
        "tempo_map": [
            {"start_s": round(part.start_s, 3), "end_s": round(part.end_s, 3), "bpm": round(part.bpm, 3)}
            for part in analysis.tempo_map
        ]
        or None,
        "key_map": [
            {
                "start_s": round(part.start_s, 3),
                "end_s": round(part.end_s, 3),
                "camelot": part.key.camelot,
                "confidence": round(part.confidence, 3),
            }
            for part in analysis.key_map
        ]
        or None,
        "flags": list(analysis.flags),
        "decoder": analysis.decoder,
    }


def analysis_from_core(
    core: Mapping[str, Any],
    *,
    version: int,
    beats_s: tuple[float, ...] = (),
    sound: tuple[float, ...] | None = None,
    fingerprint: bytes | None = None,
) -> Analysis:
    """Read back what `analysis_to_core` wrote, and join it with the other parts.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the stored values are not an analysis.
    """
    tempo, grid, key, spectrum, hamms = (core[name] for name in ("tempo", "grid", "key", "spectrum", "hamms"))
    return Analysis(
        duration_s=core["duration_s"],
        tempo=None
        if tempo is None
        else Tempo(
            bpm=tempo["bpm"],
            confidence=tempo["confidence"],
            alternatives=tuple(TempoCandidate(**a) for a in tempo["alternatives"]),
            stability=tempo["stability"],
        ),
        grid=None if grid is None else Grid(**grid),
        key=None
        if key is None
        else KeyEstimate(
            key=parse_key(key["camelot"]),
            confidence=key["confidence"],
            runner_up=None
            if key["runner_up"] is None
            else KeyCandidate(key=parse_key(key["runner_up"]["camelot"]), confidence=key["runner_up"]["confidence"]),
            tuning_cents=key["tuning_cents"],
        ),
        energy=core["energy"],
        loudness=Loudness(**core["loudness"]),
        spectrum=None if spectrum is None else Spectrum(**spectrum),
        hamms=None
        if hamms is None
        else Hamms(vector=tuple(hamms["vector"]), confidence=hamms["confidence"], version=hamms["version"]),
        cue_in_s=core["cue_in_s"],
        cue_out_s=core["cue_out_s"],
        # Analyses of version 1 have no maps; they are shown until they have been made again.
        tempo_map=tuple(TempoSegment(**part) for part in core.get("tempo_map") or ()),
        key_map=tuple(_key_segment(part) for part in core.get("key_map") or ()),
        beats_s=beats_s,
        sound=sound,
        fingerprint=fingerprint,
        flags=tuple(core["flags"]),
        decoder=core["decoder"],
        version=version,
    )


def _key_segment(part: Mapping[str, Any]) -> KeySegment:
    return KeySegment(
        start_s=part["start_s"], end_s=part["end_s"], key=parse_key(part["camelot"]), confidence=part["confidence"]
    )


def as_stored(analysis: Analysis) -> Analysis:
    """The analysis as the library gives it back, so that a fresh answer and a remembered one are the same."""
    beats_s = tuple(round(beat, BEAT_DECIMALS) for beat in analysis.beats_s)
    return analysis_from_core(
        analysis_to_core(analysis),
        version=analysis.version,
        beats_s=beats_s,
        sound=unpack_sound(pack_sound(analysis.sound)),
        fingerprint=analysis.fingerprint,
    )


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
