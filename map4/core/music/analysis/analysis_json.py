"""Serialize analyses for the library."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from map4.core.base.reading import read
from map4.core.base.records import in_json
from map4.core.music.analysis.analysis import (
    BEAT_DECIMALS,
    Analysis,
    Grid,
    Hamms,
    KeyCandidate,
    KeyEstimate,
    KeySegment,
    Loudness,
    Spectrum,
    Tempo,
    TempoSegment,
)
from map4.core.music.analysis.inside import Bars, DetectedCue, DrumPattern, Metre, Overview, Phrase, Structure
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.sound import pack_sound, unpack_sound

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


def analysis_to_core(analysis: Analysis) -> dict[str, Any]:
    """The stored *core*: everything except the other parts, as JSON values, rounded to measurement accuracy."""
    key, bars = analysis.key, analysis.bars
    return {
        "duration_s": round(analysis.duration_s, 3),
        "tempo": in_json(analysis.tempo),
        "grid": in_json(analysis.grid),
        "key": key
        and {
            **_key_data(key),
            "runner_up": key.runner_up and _key_data(key.runner_up),
            "tuning_cents": round(key.tuning_cents, 1),
        },
        "energy": in_json(analysis.energy, 4),
        "loudness": in_json(analysis.loudness),
        "spectrum": in_json(analysis.spectrum),
        "hamms": in_json(analysis.hamms),
        "cue_in_s": in_json(analysis.cue_in_s, 3),
        "cue_out_s": in_json(analysis.cue_out_s, 3),
        "tempo_map": in_json(analysis.tempo_map) or None,
        "key_map": [
            {"start_s": round(part.start_s, 3), "end_s": round(part.end_s, 3), **_key_data(part)}
            for part in analysis.key_map
        ]
        or None,
        "metre": bars and bars.metre.to_record(),
        "downbeat_confidence": bars and round(bars.confidence, 3),
        "grid_beat": bars and bars.grid_beat,
        "structure": in_json(analysis.structure),
        "cues": in_json(analysis.detected_cues),
        "drums": in_json(analysis.drums),
        "flags": list(analysis.flags),
        "decoder": analysis.decoder,
    }


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
    return (phrases, Phrase.__dataclass_fields__), (cues, DetectedCue.__dataclass_fields__)


def analysis_from_core(
    core: Mapping[str, Any],
    *,
    version: int,
    beats_s: tuple[float, ...] | None = None,
    downbeats_s: tuple[float, ...] | None = None,
    overview: Overview | None = None,
    sound: tuple[float, ...] | None = None,
    fingerprint: bytes | None = None,
) -> Analysis:
    """Read the output of `analysis_to_core` and join it with the other parts."""
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
        structure=_part(Structure, core.get("structure")),
        detected_cues=tuple(read(DetectedCue, cue) for cue in core.get("cues") or ()),
        overview=overview,
        drums=_part(DrumPattern, core.get("drums")),
        sound=sound,
        fingerprint=fingerprint,
        flags=tuple(core["flags"]),
        decoder=core["decoder"],
        version=version,
    )


def _part(kind: type[T], data: Mapping[str, Any] | None) -> T | None:
    return None if data is None else read(kind, data)


def _bars(core: Mapping[str, Any], downbeats_s: tuple[float, ...] | None) -> Bars | None:
    metre = core.get("metre")  # analyses before version 6 have no bars
    if metre is None:
        return None
    return Bars(
        downbeats_s=downbeats_s,
        confidence=core["downbeat_confidence"],
        metre=read(Metre, metre),
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


def as_stored(analysis: Analysis) -> Analysis:
    """The analysis after a round trip through the library, so that fresh and cached results are equal."""
    return analysis_from_core(
        analysis_to_core(analysis),
        version=analysis.version,
        beats_s=_stored_times(analysis.beats_s),
        downbeats_s=None if analysis.bars is None else _stored_times(analysis.bars.downbeats_s),
        overview=analysis.overview,
        sound=unpack_sound(pack_sound(analysis.sound)),
        fingerprint=analysis.fingerprint,
    )


def _stored_times(times_s: Sequence[float] | None) -> tuple[float, ...] | None:
    return None if times_s is None else tuple(round(time_s, BEAT_DECIMALS) for time_s in times_s)
