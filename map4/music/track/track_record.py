"""What JSON says of a track: `map4.music.track.track.Track.to_record` fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from map4.base.records import Absent, Bpm, Count, Fraction, Json, Record
from map4.music.analysis.analysis import Analysis, KeyEstimate, KeySegment, Tempo, TempoCandidate, TempoSegment
from map4.music.analysis.audio import AudioFormat, AudioId
from map4.music.analysis.key import KEY_MEMBERS, Camelot, Key
from map4.music.track.cues import GridMark
from map4.music.track.fields import fields_of
from map4.music.track.imported import ImportedValues
from map4.music.track.labels import Labels
from map4.music.track.observations import RemoteMatch
from map4.music.track.sources import Source
from map4.music.track.tags import Tags
from map4.music.track.track_cues import PlacedCue as PlacedCue
from map4.music.track.track_parts import EnergyLevel, Failure, State, UserValues

ScanChange = Literal[
    "analysed", "moved", "copied", "retagged", "restored", "unchanged", "failed", "known_failed", "not_found",
    "missing", "planned",
]  # fmt: skip
"""What a scan did with a file.

analysed: decoded and measured; moved, copied: its audio was known under another path, which is gone or still there;
retagged: the same audio, other tags; restored: back where it was; unchanged: nothing to do; failed: newly failed;
known_failed: failed before and unchanged since; not_found: a path that was named, where there is nothing;
missing: gone; planned: what a dry run would read.
"""

_PROVIDED = fields_of("provider")
_Time = Annotated[float, Json(4, minimum=0)]
_Value = str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFile(
    Record,
    members="codec=format.codec duration_s=analysis.duration_s sample_rate_hz=format.sample_rate_hz"
    " channels=format.channels bits=format.bits bit_rate_bps size_bytes",
):
    """What is known of the file of a track besides its tags."""

    format: AudioFormat | None
    analysis: Analysis | None
    bit_rate_bps: Count | None
    size_bytes: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackTempo(
    Record, members="bpm confidence=counting.confidence alternatives stability=measured.stability source sources"
):
    """The tempo of a track.

    confidence, alternatives: of the measured one, where it counts; a tag or the user comes without any
    source: whose tempo counts
    sources: every tempo known
    measured, counting: what was measured, and the same where it counts
    """

    bpm: Bpm
    counting: Tempo | None
    alternatives: tuple[TempoCandidate, ...]
    measured: Tempo | None
    source: Source
    sources: Mapping[Source, Bpm]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackKey(
    Record,
    members=f"{KEY_MEMBERS} confidence=counting.confidence runner_up=counting.runner_up"
    " tuning_cents=measured.tuning_cents source sources",
):
    """The key of a track.

    confidence, runner_up: of the measured one, where it counts
    source: whose key counts
    sources: every key known
    measured, counting: what was measured, and the same where it counts
    """

    key: Key
    counting: KeyEstimate | None
    measured: KeyEstimate | None
    source: Source
    sources: Mapping[Source, Camelot]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackEnergy(Record):
    """The energy of a track.

    value: what counts: a tenth of the level where you set one
    """

    value: Fraction
    level: EnergyLevel
    source: Literal["user", "measured"]
    measured: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUpField(Record, words={"additionalProperties": False}):
    """What providers know of a field, with the current value.

    value: what counts; keys in Camelot notation
    others: what the other sources say, each provider by its name
    conflict: whether one of them contradicts it
    remark: which provider was left out, and why
    """

    value: _Value
    source: Source
    others: Mapping[str, _Value]
    conflict: bool
    remark: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMetadata(Record, words={"additionalProperties": False}):
    """What providers know of a track.

    matches: which recordings of theirs it is
    """

    fields: Annotated[Mapping[str, LookedUpField], Json(maybe=[one.name for one in _PROVIDED])]
    matches: tuple[RemoteMatch, ...]


_NULL = {"type": "null"}
_RULE = {
    "if": {"properties": {"state": {"const": "failed"}}},
    "then": {"properties": {"error": {"type": "object"}, "tempo": _NULL, "key": _NULL, "hamms": _NULL}},
    "else": {"properties": {"error": _NULL}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord(
    Record,
    kind="track",
    members="path audio_id state cached flags error tags file tempo grid=analysis.grid cue_in_s=analysis.cue_in_s"
    " cue_out_s=analysis.cue_out_s tempo_map key_map key metre=analysis.bars.metre"
    " downbeat_confidence=analysis.bars.confidence structure=analysis.structure energy loudness=analysis.loudness"
    " spectrum=analysis.spectrum hamms=analysis.hamms labels imported user analysis_version=analysis.version"
    " beats_s downbeats_s metadata cues extras change location id paths grid_marks",
    words={"allOf": [_RULE]},
):
    """A track: one file with its tags and its analysis.

    path: absolute; bytes that are not UTF-8 are replaced
    cached: whether nothing had to be computed for this answer
    tempo_map: the parts of a track that changes its tempo, without gaps; None where it keeps it
    key_map: the parts of a track that changes its key, without gaps; None where no change is clear
    metre: None where the bars are not known
    downbeat_confidence: how sure it is which beats begin a bar
    labels: None before classify
    imported: what DJ programs say of the track; None where nothing was imported. Their tempo and key are among the
        sources of tempo and key
    user: what you set with 'map4 set', which counts before all else; None where nothing is set. tags stay what the file
        says
    beats_s: with --beats
    downbeats_s: with --beats: those of beats_s that begin a bar; None where they are not known
    metadata: of a track that was looked up ('map4 lookup') alone: what providers know, with the current value of each
        field. tags stay what the file says
    cues: with --cues: the cue points that count, by position: those imported, and those detected besides
    analysis: what was measured, and counts
    extras: of extras alone: what each knows of the track, by the name of its block
    change: in lines of a scan: what it did with the file
    location: in lists and exports: the path as written, where --relative-to or --path-map changes it
    id, paths: over HTTP: its address, and all files that hold its audio
    grid_marks: over HTTP, with beats: the beat grid that counts, by position; empty where there is none
    """

    path: str
    audio_id: AudioId | None
    state: State
    cached: bool
    flags: Annotated[tuple[str, ...], Json(uniqueItems=True)]
    error: Failure | None
    tags: Tags
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
