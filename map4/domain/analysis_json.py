"""An analysis as the library stores it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from map4.domain.analysis import (
    BEAT_DECIMALS,
    Analysis,
    Grid,
    Hamms,
    KeyCandidate,
    KeyEstimate,
    Loudness,
    Spectrum,
    Tempo,
    TempoCandidate,
    TempoSegment,
    _key_segment,
    _rounded,
)
from map4.domain.key import parse_key
from map4.domain.sound import pack_sound, unpack_sound


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
