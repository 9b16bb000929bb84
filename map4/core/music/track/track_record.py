"""The JSON record of a track, created by `map4.core.music.track.track.Track.to_record`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from map4.core.base.records import Absent, Bpm, Count, Fraction, Json, Record
from map4.core.music.analysis.analysis import Analysis, KeyEstimate, KeySegment, Tempo, TempoCandidate, TempoSegment
from map4.core.music.analysis.audio import AudioFormat, AudioId
from map4.core.music.analysis.key import KEY_MEMBERS, Camelot, Key
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.credits import Credit
from map4.core.music.track.cues import GridMark
from map4.core.music.track.fields import fields_of
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.labels import Labels
from map4.core.music.track.observations import RemoteMatch
from map4.core.music.track.sources import Source
from map4.core.music.track.tags import Tags
from map4.core.music.track.track_cues import PlacedCue as PlacedCue
from map4.core.music.track.track_parts import EnergyLevel, Failure, State, UserValues

ScanChange = Literal[
    "analysed", "moved", "copied", "retagged", "restored", "unchanged", "failed", "known_failed", "not_found",
    "missing", "planned",
]  # fmt: skip
"""The result of a scan for a file.

analysed: decoded and measured; moved, copied: its audio was known under another path, which is gone or still exists;
retagged: the same audio, other tags; restored: back where it was; unchanged: nothing to do; failed: newly failed;
known_failed: failed before and unchanged since; not_found: a given path that does not exist; missing: gone;
planned: a dry run would read it.
"""

_PROVIDED = fields_of("provider")
_Time = Annotated[float, Json(4, minimum=0)]
_Value = str | float


class TrackFile(
    Record,
    members="codec=format.codec duration_s=analysis.duration_s sample_rate_hz=format.sample_rate_hz"
    " channels=format.channels bits=format.bits bit_rate_bps size_bytes",
):
    """File data of a track other than its tags."""

    format: AudioFormat | None
    analysis: Analysis | None
    bit_rate_bps: Count | None
    size_bytes: Count | None

    @classmethod
    def of(
        cls, form: AudioFormat | None, analysis: Analysis | None, bit_rate_bps: float | None, size_bytes: int | None
    ) -> TrackFile | None:
        if form is None and size_bytes is None:
            return None
        bit_rate = None if bit_rate_bps is None else round(bit_rate_bps)
        return cls(format=form, analysis=analysis, bit_rate_bps=bit_rate, size_bytes=size_bytes)


class TrackTempo(
    Record,
    members="bpm confidence=counting.confidence second=counting.second alternatives stability=measured.stability"
    " source sources",
):
    """The tempo of a track.

    confidence, alternatives: of the measured tempo, if it is current; tags and user values have none
    second: the most probable alternative, if its confidence is at least .2
    source: source of the current tempo
    sources: every known tempo
    measured, counting: the measured tempo, and the same if it is current
    """

    bpm: Bpm
    counting: Tempo | None
    alternatives: tuple[TempoCandidate, ...]
    measured: Tempo | None
    source: Source
    sources: Mapping[Source, Bpm]

    @classmethod
    def of(cls, source: Source | None, sources: Mapping[Source, float], analysis: Analysis | None) -> TrackTempo | None:
        if source is None or not sources:
            return None
        measured = analysis.tempo if analysis else None
        counting = measured if source == "measured" else None
        return cls(
            bpm=sources[source],
            counting=counting,
            alternatives=counting.alternatives if counting else (),
            measured=measured,
            source=source,
            sources=sources,
        )


class TrackKey(
    Record,
    members=f"{KEY_MEMBERS} confidence=counting.confidence runner_up=counting.runner_up"
    " tuning_cents=measured.tuning_cents source sources",
):
    """The key of a track.

    confidence, runner_up: of the measured key, if it is current
    source: source of the current key
    sources: every known key
    measured, counting: the measured key, and the same if it is current
    """

    key: Key
    counting: KeyEstimate | None
    measured: KeyEstimate | None
    source: Source
    sources: Mapping[Source, Camelot]

    @classmethod
    def of(cls, source: Source | None, sources: Mapping[Source, Key], analysis: Analysis | None) -> TrackKey | None:
        if source is None or not sources:
            return None
        measured = analysis.key if analysis else None
        return cls(
            key=sources[source],
            counting=measured if source == "measured" else None,
            measured=measured,
            source=source,
            sources={name: key.camelot for name, key in sources.items()},
        )


class TrackEnergy(Record):
    """The energy of a track.

    value: the current value: a tenth of the level if you set one
    """

    value: Fraction
    level: EnergyLevel
    source: Literal["user", "measured"]
    measured: Fraction | None

    @classmethod
    def of(cls, own_level: int | None, analysis: Analysis | None) -> TrackEnergy | None:
        measured = None if analysis is None or analysis.energy is None else round(analysis.energy, 4)
        if own_level is not None:
            return cls(value=own_level / Energy.MOST_LEVEL, level=own_level, source="user", measured=measured)
        if measured is None:
            return None
        return cls(value=measured, level=Energy.level(measured), source="measured", measured=measured)


class LookedUpField(Record, words={"additionalProperties": False}):
    """The provider values of a field, with the current value.

    value: the current value; keys in Camelot notation
    others: values of the other sources, each provider by its name
    conflict: whether any of them contradicts it
    remark: which provider was left out, and why
    """

    value: _Value
    source: Source
    others: Mapping[str, _Value]
    conflict: bool
    remark: str | None


class TrackMetadata(Record, words={"additionalProperties": False}):
    """The provider values of a track.

    matches: the matching recordings at providers
    """

    fields: Annotated[Mapping[str, LookedUpField], Json(maybe=[field.name for field in _PROVIDED])]
    matches: tuple[RemoteMatch, ...]


class CurrentValues(Record, members="* key=key.camelot energy rating comment"):
    """The values of a track as they count, whatever their source.

    name: the title, or the file name if there is none
    energy: level 1-10
    rating: stars, 0-5
    """

    name: str
    title: str | None
    artist: str | None
    album: str | None
    album_artist: str | None
    label: str | None
    genre: str | None
    year: int | None
    track: int | None
    bpm: Bpm | None
    key: Key | None
    energy: EnergyLevel | None
    rating: Annotated[float, Json(minimum=0, maximum=5)] | None
    comment: str | None


_NULL = {"type": "null"}
_RULE = {
    "if": {"properties": {"state": {"const": "failed"}}},
    "then": {"properties": {"error": {"type": "object"}, "tempo": _NULL, "key": _NULL, "hamms": _NULL}},
    "else": {"properties": {"error": _NULL}},
}


class TrackRecord(
    Record,
    kind="track",
    members="path audio_id state cached flags error current tags credits file tempo grid=analysis.grid"
    " cue_in_s=analysis.cue_in_s cue_out_s=analysis.cue_out_s tempo_map key_map key metre=analysis.bars.metre"
    " downbeat_confidence=analysis.bars.confidence structure=analysis.structure energy loudness=analysis.loudness"
    " spectrum=analysis.spectrum hamms=analysis.hamms labels imported user analysis_version=analysis.version *",
    words={"allOf": [_RULE]},
):
    """A track: a file with its tags and its analysis.

    path: absolute; bytes that are not UTF-8 are replaced
    cached: whether nothing was computed for this answer
    current: the values that count: yours, else by the order of the sources, as in tables
    credits: the people named in these, each with a role; a joined name is not split
    tempo_map: the parts of a track with different tempi, without gaps; None if the tempo is constant
    key_map: the parts of a track with different keys, without gaps; None without a clear change
    metre: None if the bars are unknown
    downbeat_confidence: confidence of the first beats of bars
    labels: None before classify
    imported: values from DJ programs; None if nothing was imported. Their tempo and key are among the sources of tempo
        and key
    user: values you set with 'map4 set', which override all others; None if nothing is set. tags stay as in the file
    beats_s: with --beats
    downbeats_s: with --beats: the beats_s that begin a bar; None if unknown
    metadata: only for looked-up tracks ('map4 lookup'): provider values, with the current value of each field. tags
        stay as in the file
    cues: with --cues: the effective cue points, by position: imported plus detected ones
    analysis: the valid measurements
    extras: only with extras: the data of each, by the name of the block
    change: in lines of a scan: the result for the file
    location: in lists and exports: the path as written, if --relative-to or --path-map changes it
    id, paths: over HTTP: its address, and all files with its audio
    grid_marks: over HTTP, with beats: the effective beat grid, by position; empty without one
    lyrics_language: only with lyrics: their language, or unknown
    """

    path: str
    audio_id: AudioId | None
    state: State
    cached: bool
    flags: Annotated[tuple[str, ...], Json(uniqueItems=True)]
    error: Failure | None
    current: CurrentValues
    tags: Tags
    credits: tuple[Credit, ...]
    file: TrackFile | None
    tempo: TrackTempo | None
    analysis: Analysis | None
    tempo_map: Annotated[tuple[TempoSegment, ...], Json(minItems=2)] | None
    key_map: Annotated[tuple[KeySegment, ...], Json(minItems=2)] | None
    key: TrackKey | None
    energy: TrackEnergy | None
    labels: Labels | None
    imported: ImportedValues | None
    user: UserValues | None
    beats_s: tuple[_Time, ...] | Absent | None = ...
    downbeats_s: tuple[_Time, ...] | Absent | None = ...
    metadata: TrackMetadata | Absent = ...
    cues: tuple[PlacedCue, ...] | Absent = ...
    extras: Mapping[str, Any] | Absent = ...
    change: ScanChange | Absent = ...
    location: str | Absent = ...
    id: str | Absent = ...
    paths: tuple[str, ...] | Absent = ...
    grid_marks: tuple[GridMark, ...] | Absent = ...
    lyrics_language: str | Absent = ...
