"""Nearest tracks: what a library has that is like some tracks, by sound, by HAMMS, or by how well it mixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from map4.domain.compatibility import mix_traits
from map4.domain.hamms_pairs import hamms_rows
from map4.domain.key import ALL_KEYS, Key
from map4.domain.track import Track, path_fields
from map4.errors import NothingFoundError
from map4.selection.fingerprints import SAME_RECORDING, bit_error_rate, unpack_fingerprint
from map4.selection.mixing import MixColumns
from map4.selection.neighbours import (
    LEAST_TRACKS,
    FloatArray,
    mean_compatibilities,
    mean_hamms_similarities,
    ranking,
    sound_similarities,
)
from map4.selection.similarity_tables import IntArray, MixTable, Names, SimilarityTables, SoundTable

By = Literal["sound", "hamms", "mix"]
SIMILAR_SCHEMA = "map4/similar/1"
LIST_SCHEMA = "map4/similar-list/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which tracks count.

    Parameters
    ----------
    least : the least similarity; None takes any
    bpm_min, bpm_max : range of the tempo in force, both included; with one, an unknown tempo is none
    keys : the key in force is one of these; empty takes any
    files : only these files of the library, by audio id; where a recording has several, the one that is to be shown.
        None takes all
    """

    least: float | None = None
    bpm_min: float | None = None
    bpm_max: float | None = None
    keys: frozenset[Key] = frozenset()
    files: Mapping[str, int] | None = None

    @property
    def are_of_traits(self) -> bool:
        """Whether tempo or key are limited."""
        return bool(self.keys) or self.bpm_min is not None or self.bpm_max is not None

    def within(self, table: MixTable) -> npt.NDArray[np.bool_]:
        """Of which recordings tempo and key are within."""
        columns = table.columns
        kept = np.ones(len(columns.bpm), dtype=bool)
        if self.bpm_min is not None:  # comparisons with NaN are false
            kept &= columns.bpm >= self.bpm_min
        if self.bpm_max is not None:
            kept &= columns.bpm <= self.bpm_max
        if self.keys:
            kept &= np.isin(columns.key, [ALL_KEYS.index(key) for key in self.keys])
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A track that is like the wanted ones.

    Parameters
    ----------
    similarity : 1 is the same; by sound about 0 is unrelated and below 0 unlike, by HAMMS and by mix 0-1
    same_recording : whether its fingerprint is that of a wanted track; None where one of the two has none
    """

    track: Track
    similarity: float
    same_recording: bool | None

    def to_record(self, *, position: int, by: By) -> dict[str, Any]:
        """The `map4/similar/1` record."""
        return {
            "schema": SIMILAR_SCHEMA,
            "position": position,
            "by": by,
            "similarity": self.similarity,
            "same_recording": self.same_recording,
            "track": self.track.to_record(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The answer.

    Parameters
    ----------
    by : what was compared
    wanted : the tracks asked about that could be compared
    failed : those that could not be analysed
    unusable : those that could, and have nothing to be compared by (too short, silent)
    compared : how many recordings of the library were looked at
    left_out : how many more it has that could not be compared
    too_few_sounds : how many sound vectors it has, where they were asked for and are too few, so that
        HAMMS was compared instead; else None
    similar : the nearest first
    """

    by: By
    wanted: tuple[Track, ...]
    failed: tuple[Track, ...] = ()
    unusable: tuple[Track, ...] = ()
    compared: int = 0
    left_out: int = 0
    too_few_sounds: int | None = None
    similar: tuple[Similar, ...] = ()

    def to_records(self) -> Iterator[dict[str, Any]]:
        """A `map4/similar/1` record each."""
        for position, found in enumerate(self.similar, start=1):
            yield found.to_record(position=position, by=self.by)

    def to_record(self) -> dict[str, Any]:
        """The `map4/similar-list/1` document."""
        return {
            "schema": LIST_SCHEMA,
            "by": self.by,
            "wanted": [path_fields(track.path) for track in self.wanted],
            "compared": self.compared,
            "left_out": self.left_out,
            "similar": list(self.to_records()),
        }


def find_similar(
    asked: Sequence[Track],
    tables: SimilarityTables,
    load: Callable[[Sequence[int]], Iterable[Track]],
    *,
    by: By,
    n: int,
    limits: Limits,
) -> Neighbours:
    """Find the tracks of a library that are nearest to the mean of some.

    Parameters
    ----------
    asked : in the library or not, with their sound vectors and fingerprints; they are not in the answer themselves
    tables : the library
    load : gives the tracks of file ids in their order, with their fingerprints
    by : where it is "sound", and the library has too few sound vectors (`neighbours.LEAST_TRACKS`), HAMMS
        is compared instead

    Raises
    ------
    NothingFoundError
        If there is nothing to compare, on one side or the other.
    """
    too_few = len(tables.sound().file_ids) if by == "sound" and tables.sound().space is None else None
    by = by if too_few is None else "hamms"
    failed = tuple(track for track in asked if track.failure is not None)
    wanted = tuple(track for track in asked if track.failure is None and _is_usable(track, by))
    unusable = tuple(track for track in asked if track.failure is None and not _is_usable(track, by))
    if not wanted:
        raise NothingFoundError(_why_none(failed, unusable, by))
    candidates = _compare(wanted, tables, by)
    similarities = candidates.similarities.copy()
    compared = int(np.isfinite(similarities).sum())
    for audio_id in {track.audio_id for track in asked if track.audio_id is not None}:
        similarities[candidates.audio_ids == audio_id] = np.nan
    if not np.isfinite(similarities).any():
        raise NothingFoundError("the library has no other track to compare with; 'map4 scan FOLDER' adds some")
    if limits.least is not None:
        similarities[~(similarities >= limits.least)] = np.nan
    if limits.files is not None:
        similarities[[name not in limits.files for name in candidates.audio_ids.tolist()]] = np.nan
    if limits.are_of_traits:
        traits = tables.traits()
        similarities[~limits.within(traits)[_places(candidates.audio_ids, traits.audio_ids)]] = np.nan
    nearest = ranking(similarities, then=candidates.then)[:n]
    value_of = dict(zip(candidates.audio_ids[nearest].tolist(), similarities[nearest].tolist(), strict=True))
    shown = dict(zip(value_of, candidates.file_ids[nearest].tolist(), strict=True))
    if limits.files is not None:
        shown = {audio_id: limits.files[audio_id] for audio_id in shown}
    prints = [track.analysis.fingerprint for track in wanted if track.analysis and track.analysis.fingerprint]
    found = [
        Similar(
            track=track,
            similarity=round(value_of[track.audio_id or ""], 4) + 0.0,
            same_recording=_is_same(track, prints),
        )
        for track in load(list(shown.values()))
        if track.audio_id in value_of  # else it was changed a moment ago
    ]
    return Neighbours(
        by=by,
        wanted=wanted,
        failed=failed,
        unusable=unusable,
        compared=compared,
        left_out=tables.recordings() - compared,
        too_few_sounds=too_few,
        similar=tuple(found),
    )


def sound_steps(tracks: Sequence[Track], tables: SimilarityTables) -> list[float]:
    """How alike each track but the first sounds to the one before it; see `map4.Library.sound_steps`."""
    unusable = [track for track in tracks if not _is_usable(track, "sound")]
    if unusable:
        raise NothingFoundError(_why_none((), unusable, "sound"))
    table = tables.sound()
    require_sounds(len(table.file_ids) if table.space is None else None)
    assert table.space is not None
    rows = table.space.project([track.analysis.sound for track in tracks if track.analysis and track.analysis.sound])
    return [round(float(value), 4) for value in np.clip((rows[1:] * rows[:-1]).sum(axis=1), -1.0, 1.0)]


def require_sounds(too_few: int | None) -> None:
    """Refuse to answer by HAMMS what was asked of the sound.

    Parameters
    ----------
    too_few : as in `Neighbours`

    Raises
    ------
    NothingFoundError
        If the library has too few sounds to compare.
    """
    if too_few is not None:
        raise NothingFoundError(
            f"the library has {too_few} tracks with a sound to compare, and {LEAST_TRACKS} are needed; 'map4 scan "
            "FOLDER' adds tracks"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """The library's recordings in the order of their audio ids, how similar each is, and what decides ties."""

    file_ids: IntArray
    audio_ids: Names
    similarities: npt.NDArray[np.floating[Any]]
    then: FloatArray | None = None


def _compare(wanted: Sequence[Track], tables: SimilarityTables, by: By) -> _Candidates:
    if by == "sound":
        sound = tables.sound()
        return _Candidates(file_ids=sound.file_ids, audio_ids=sound.audio_ids, similarities=_by_sound(sound, wanted))
    if by == "hamms":
        hamms = tables.hamms()
        rows = hamms_rows([t.analysis.hamms.vector for t in wanted if t.analysis and t.analysis.hamms])
        values = mean_hamms_similarities(hamms.vectors, rows)
        return _Candidates(file_ids=hamms.file_ids, audio_ids=hamms.audio_ids, similarities=values)
    mix = tables.traits()
    columns = MixColumns.of(mix_traits(track) for track in wanted)
    return _Candidates(
        file_ids=mix.file_ids,
        audio_ids=mix.audio_ids,
        similarities=mean_compatibilities(mix.columns, columns),
        then=_tie_break(tables, wanted, mix),
    )


def _by_sound(table: SoundTable, wanted: Sequence[Track]) -> FloatArray:
    assert table.space is not None
    vectors = [track.analysis.sound for track in wanted if track.analysis and track.analysis.sound]
    return sound_similarities(table.directions, table.space.project(vectors))


def _tie_break(tables: SimilarityTables, wanted: Sequence[Track], mix: MixTable) -> FloatArray | None:
    """Compatibilities come in steps, and many tracks share the highest: of these, the one that sounds alike first."""
    table = tables.sound()
    if table.space is None or not any(track.analysis and track.analysis.sound for track in wanted):
        return None
    values = np.full(len(mix.audio_ids), -1.0, dtype=np.float32)
    values[_places(table.audio_ids, mix.audio_ids)] = _by_sound(table, wanted)
    return values


def _places(some: Names, of_all: Names) -> npt.NDArray[np.intp]:
    """Where some audio ids stand among all of them; both ascending, and every vector belongs to an analysis."""
    return np.arange(len(some)) if np.array_equal(some, of_all) else np.searchsorted(of_all, some)


def _is_usable(track: Track, by: By) -> bool:
    if track.analysis is None:
        return False
    if by == "sound":
        return track.analysis.sound is not None
    return track.analysis.hamms is not None if by == "hamms" else True


def _is_same(track: Track, prints: Sequence[bytes]) -> bool | None:
    if not prints or track.analysis is None or track.analysis.fingerprint is None:
        return None
    mine = unpack_fingerprint(track.analysis.fingerprint)
    rates = [bit_error_rate(mine, unpack_fingerprint(other)) for other in prints]
    known = [rate for rate in rates if rate is not None]
    return min(known) < SAME_RECORDING if known else None


def _why_none(failed: Sequence[Track], unusable: Sequence[Track], by: By) -> str:
    reasons = [f"{path_fields(t.path)['path']}: {t.failure.message}" for t in failed if t.failure]
    lacking = "sound vector: it is silent or shorter than 3 s" if by == "sound" else "HAMMS numbers: it is silent"
    reasons += [f"{path_fields(t.path)['path']} has no {lacking}" for t in unusable]
    return "; ".join(reasons) or "no audio files found there"
