"""Keywords of calls that take options. Written by tools/keywords.py."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal, TypedDict

from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import PathLike
from map4.core.music.analysis.key import Key, Notation
from map4.core.music.lists.limits import Gap
from map4.core.music.mixing.harmony import HarmonicRule, TempoPolicy
from map4.core.music.mixing.mix_kind import MixKind
from map4.core.music.query.parser import Query
from map4.core.music.track.track_cues import CueChoice, CueForm
from map4.core.music.track.user_values import ValueName
from map4.duplicates.records import GroupKind
from map4.imports.options import MarkSource
from map4.lists.options import Player
from map4.lists.playlist.energy_curve import EnergyCurve
from map4.lists.playlist.request import Preset
from map4.search import ResolvedPlaylist
from map4.similar.options import By
from map4.tags.tagging import TagField
from map4.values.use import Mark

class WorkerKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None

class DuplicateKeywords(TypedDict, total=False):
    files: Iterable[PathLike]
    query: str | Query | None
    kinds: Collection[GroupKind]
    least_certainty: float
    prefer_folders: Sequence[PathLike]
    keep: Collection[PathLike]

class ExportKeywords(TypedDict, total=False):
    path_maps: PathMaps
    notation: Notation
    columns: Sequence[str]
    raw: bool
    with_grid: bool
    measured_grid: bool
    with_cues: CueChoice | None
    cue_kind: CueForm | None
    comment: str | None
    into: str | os.PathLike[str] | None
    replace: Sequence[str] | None
    template: str | None
    more: Mapping[str, str]
    to: str | None
    files: PathLike | Iterable[PathLike] | None
    query: str | None
    playlist: ResolvedPlaylist | str | None
    name: str | None
    made: date | None
    copies: bool
    copy_format: Literal["mp3-320", "wav", "aiff"] | None
    loudness: float | None
    imported_paths: bool
    force: bool
    dry_run: bool

class ImportKeywords(TypedDict, total=False):
    format_name: str | None
    path_maps: PathMaps | None
    marks: Sequence[MarkSource]
    least_certainty: float
    dry_run: bool

class CheckKeywords(TypedDict, total=False):
    policy: TempoPolicy | None
    harmonic: HarmonicRule | None
    curve: EnergyCurve | str | None
    tempo_curve: str | None
    suggest: bool
    weakest: int
    pin: Iterable[int]

class FillKeywords(TypedDict, total=False):
    query: str | Query
    exclude: str | Query | None
    preferred: str | Query | None
    avoided: str | Query | None
    preset: Preset | str | None
    n: int | None
    minutes: float | None
    as_mix: bool | None
    curve: EnergyCurve | str | None
    absolute_energy: bool | None
    policy: TempoPolicy | None
    tolerance: float | None
    harmonic: HarmonicRule | None
    min_sound: float | None
    artist_gap: Gap | int | str | None
    album_gap: Gap | int | str | None
    relax: bool | None
    with_seed: bool | None
    plan: bool | None
    vary: int | None
    max_candidates: int | None

class GenerateKeywords(TypedDict, total=False):
    query: str | Query
    exclude: str | Query | None
    preferred: str | Query | None
    avoided: str | Query | None
    preset: Preset | str | None
    n: int | None
    minutes: float | None
    as_mix: bool | None
    curve: EnergyCurve | str | None
    tempo_curve: str | None
    absolute_energy: bool | None
    policy: TempoPolicy | None
    tolerance: float | None
    harmonic: HarmonicRule | None
    min_sound: float | None
    artist_gap: Gap | int | str | None
    album_gap: Gap | int | str | None
    relax: bool | None
    with_seed: bool | None
    plan: bool | None
    vary: int | None
    max_candidates: int | None
    to: PathLike | None
    from_plays: str | None
    like_my_sets: bool
    aired: Player | None
    starts: str | None
    include: PathLike | Iterable[PathLike]
    folder: PathLike | None
    jobs: int | None
    timeout_s: float | None

class JointKeywords(TypedDict, total=False):
    leave_s: str | float | None
    enter_s: str | float | None
    bars: int | None
    kind: MixKind | None
    swap_s: str | float | None
    reset: bool

class LiveKeywords(TypedDict, total=False):
    sort: str | None
    shuffle: str | None
    curve: EnergyCurve | str | None
    tempo_curve: str | None
    n: int | None
    minutes: float | None
    per_artist: int | None
    per_album: int | None

class OrderKeywords(TypedDict, total=False):
    pin: Iterable[int]
    pin_first: bool
    pin_last: bool
    shuffle: str | None
    plan: bool

class RefreshKeywords(TypedDict, total=False):
    query: str | Query
    exclude: str | Query | None
    preferred: str | Query | None
    avoided: str | Query | None
    policy: TempoPolicy | None
    harmonic: HarmonicRule | None

class AnalyzeKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None
    executor: str | None
    scheduler: str | None
    maps: Iterable[str]
    force: bool
    store: bool
    beats: bool
    longest_s: float | None

class ScanKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None
    executor: str | None
    scheduler: str | None
    maps: Iterable[str]
    extensions: Iterable[str]
    exclude: Iterable[str]
    recursive: bool
    force: bool
    retry_failed: bool
    max_age: str | timedelta | None
    shard: str | None
    max_files: int | None
    dry_run: bool
    report_unchanged: bool
    wait: bool
    keep_roots: bool

class WatchKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None
    executor: str | None
    scheduler: str | None
    maps: Iterable[str]
    extensions: Iterable[str]
    exclude: Iterable[str]
    recursive: bool
    settle_s: float
    poll_s: float | None

class MixKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None
    render: PathLike | None
    click: bool

class SimilarKeywords(TypedDict, total=False):
    jobs: int | None
    timeout_s: float | None
    n: int
    less: PathLike | Iterable[PathLike]
    by: By
    min_similarity: float | None
    tempo_min: float | None
    tempo_max: float | None
    keys: Iterable[Key | str]
    query: str | Query | None

class TagKeywords(TypedDict, total=False):
    fields: Iterable[TagField]
    overwrite: bool
    at_least: float | None
    key_notation: Literal["musical", "camelot", "openkey"]
    keep_times: bool
    dry_run: bool

class ValueEditKeywords(TypedDict, total=False):
    bpm: float | None
    factor: float | None
    key: Key | str | None
    artist: str | None
    title: str | None
    album: str | None
    album_artist: str | None
    track: int | None
    disc_number: int | None
    genre: str | None
    respell: bool
    label: str | None
    year: int | None
    energy: int | None
    rating: float | None
    comment: str | None
    cues: Sequence[Mark] | None
    cues_to_copies: bool
    grid: Sequence[Mark] | None
    downbeat_s: float | None
    metre: int | None
    mark: Sequence[str]
    unmark: Sequence[str]
    unset: Collection[ValueName]
