"""Find the tracks of a library nearest to given tracks, by sound, by HAMMS, or by how well they mix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from map4.core.base.paths import Paths, as_paths
from map4.core.base.records import Absent, Count, Json, Ordinal, Record
from map4.core.base.shown import Shown
from map4.core.base.text import counted
from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.mixing.many import MixColumns, hamms_rows
from map4.core.music.sound.fingerprints import Fingerprint
from map4.core.music.sound.similarity_tables import (
    FloatArray,
    LibraryTable,
    SoundKinds,
    SoundSpace,
    mean_compatibilities,
)
from map4.core.music.track.track import DEFAULT_PREFERENCE, Source, Track
from map4.core.music.track.track_columns import numbered_cells
from map4.core.store.sql_store import Store
from map4.errors import NothingFoundError
from map4.library import hookspecs
from map4.scan import TrackResolver
from map4.search import Song, SongSet, SqlSongs, TrackPath, wants_versions
from map4.similar.likeness import Likeness, likenesses
from map4.similar.options import By, SimilarOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Conditions on the results.

    least: minimum similarity; None for any
    bpm_min, bpm_max: range of the current tempo, inclusive; with a range, tracks of unknown tempo are excluded
    keys: allowed current keys; empty for any
    files: allowed files of the library, by audio id; of a recording with several files, the one to show. None for all
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

    def within(self, columns: MixColumns) -> npt.NDArray[np.bool_]:
        """Which tracks have an allowed tempo and key."""
        is_allowed = np.ones(len(columns.bpm), dtype=bool)
        if self.bpm_min is not None:  # comparisons with NaN are false
            is_allowed &= columns.bpm >= self.bpm_min
        if self.bpm_max is not None:
            is_allowed &= columns.bpm <= self.bpm_max
        if self.keys:
            is_allowed &= np.isin(columns.key, [ALL_KEYS.index(key) for key in self.keys])
        return is_allowed

    def apply(self, similarities: FloatArray, table: LibraryTable, traits: MixColumns | None) -> None:
        """Set the similarity of each track that is not allowed to NaN."""
        if self.least is not None:
            similarities[~(similarities >= self.least)] = np.nan  # negated, as comparisons with NaN are false
        if self.files is not None:
            is_out, among = np.ones(len(similarities), dtype=bool), table.places(self.files)
            is_out[among[among >= 0]] = False
            similarities[is_out] = np.nan
        if traits is not None and self.are_of_traits:
            similarities[~self.within(traits)] = np.nan

    def file_ids(self, table: LibraryTable, rows: npt.NDArray[np.intp]) -> list[int]:
        """The files to show for rows of the library."""
        if self.files is not None:
            return [self.files[name.decode()] for name in table.column("audio_id")[rows].tolist()]
        ids: list[int] = table.file_ids[rows].tolist()
        return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A track that is similar to the wanted tracks.

    similarity: 1 is the same; by sound about 0 is unrelated and below 0 unlike; by HAMMS and by mix 0-1
    same_recording: whether its fingerprint matches that of a wanted track; None if either has none
    """

    track: Track
    similarity: Annotated[float, Json(minimum=-1, maximum=1)]
    same_recording: bool | None


_MORE, _MORE_TIMES = 20, 4
"""How many more tracks than wanted are looked through for versions, and how many times as many if few are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """Lists each song once.

    songs: audio id, song and length of files (ids)
    originals: maps audio (ids) that is a copy to its original
    """

    songs: Callable[[Sequence[int]], Mapping[int, tuple[str, Song, float | None]]]
    originals: Callable[[Collection[str]], Mapping[str, str]]

    def first(
        self, wanted: Sequence[Track], file_ids: Sequence[int], n: int, is_copy: Callable[[int], bool]
    ) -> tuple[list[int], int]:
        """Places of the first `n` songs among files, nearest first, and the number of files passed over.

        is_copy: whether a file is the same recording as a wanted track; the nearest copy of each is listed
        """
        songs, first, folded, seen = self.songs(file_ids), list[int](), 0, SongSet()
        for track in wanted:
            seen.add(Song.of_track(track), track.length_s)
        own = {track.audio_id for track in wanted if track.audio_id is not None}
        originals = self.originals({*own, *(audio_id for audio_id, _, _ in songs.values())})
        of_wanted = {originals.get(audio_id, audio_id) for audio_id in own}
        audio, left = set(of_wanted), len(wanted)
        for place, file_id in enumerate(file_ids):
            if len(first) == n:
                break
            if file_id not in songs:  # it has just been removed
                continue
            audio_id, song, length_s = songs[file_id]
            original = originals.get(audio_id, audio_id)
            again = seen.add(song, length_s, 1)
            if original in audio or again is not None:
                if not (left and (original in of_wanted or again == 0) and is_copy(file_id)):
                    folded += 1
                    continue
                left -= 1
            audio.add(original)
            first.append(place)
        return first, folded


class RankedSimilar(
    Record,
    kind="similar",
    members="position by similarity=found.similarity same_recording=found.same_recording track=found.track why",
):
    """A track that is similar to the requested tracks.

    position: from 1, nearest first
    by: compared values: sound vectors, HAMMS numbers, or mixing compatibility
    why: what is alike
    """

    position: Ordinal
    by: By
    found: Similar
    why: Likeness


class Neighbours(
    Record,
    Shown,
    kind="similar-list",
    members="by wanted=named less=unlike compared left_out folded similar=ranked ids",
):
    """The tracks that are similar to the requested tracks.

    by: compared values
    wanted: requested files that could be compared
    less: files that the results are less like
    failed: files that could not be analysed
    unusable: analysed files that can't be compared (too short, silent)
    compared: number of recordings compared
    left_out: recordings that can't be compared: silent, too short, or not analysed again yet
    folded: number of other versions and copies of the songs of `wanted` and `similar` that were passed over
    too_few_sounds: number of sound vectors in the library, if it was too small so that HAMMS was compared instead; else
        None
    similar: nearest first
    ids: over HTTP: ids of the similar tracks
    space: of the library's sounds; None if it has too few
    """

    by: By
    wanted: tuple[Track, ...]
    less: tuple[Track, ...] = ()
    failed: tuple[Track, ...] = ()
    unusable: tuple[Track, ...] = ()
    compared: Count = 0
    left_out: Count = 0
    folded: Count = 0
    too_few_sounds: int | None = None
    similar: tuple[Similar, ...] = ()
    ids: tuple[str, ...] | Absent = ...
    space: SoundSpace | None = field(default=None, repr=False, compare=False)

    @property
    def named(self) -> tuple[TrackPath, ...]:
        """The files of `wanted`."""
        return tuple(TrackPath(path=track.path) for track in self.wanted)

    @property
    def unlike(self) -> tuple[TrackPath, ...]:
        """The files of `less`."""
        return tuple(TrackPath(path=track.path) for track in self.less)

    @property
    def ranked(self) -> tuple[RankedSimilar, ...]:
        """The similar tracks with their positions, and what is alike."""
        whys = likenesses(self.wanted, [similar.track for similar in self.similar], self.space)
        places = enumerate(zip(self.similar, whys, strict=True), start=1)
        return tuple(RankedSimilar(position=place, by=self.by, found=found, why=why) for place, (found, why) in places)

    def rows(self) -> list[Mapping[str, str]]:
        alike = {self.by: [f"{similar.similarity:z.2f}" for similar in self.similar]}
        return numbered_cells([similar.track for similar in self.similar], **alike)

    def to_records(self) -> Iterator[dict[str, Any]]:
        """A `map4/similar/1` record per track."""
        return (ranked.to_record() for ranked in self.ranked)


def find_similar(
    named: Sequence[Track],
    table: LibraryTable,
    load: Callable[[Sequence[int]], Iterable[Track]],
    *,
    by: By,
    n: int,
    limits: Limits,
    less: Sequence[Track] = (),
    prefer: Sequence[Source] = DEFAULT_PREFERENCE,
    folding: Folding | None = None,
) -> Neighbours:
    """Find the tracks of a library that are nearest to given tracks: by sound to each kind of them in turn.

    named: with sound vectors and fingerprints, in the library or not; they are not in the result
    table: the library
    load: returns the tracks of file ids in their order, with fingerprints
    by: if it is "sound" and the library has too few sound vectors (`neighbours.LEAST_TRACKS`), compares HAMMS
        instead
    less: tracks that the results should be less like; they are not in the result either
    prefer: sources of tempo and key in order of preference, used if the user set no value
    folding: lists each song once; None lists all versions
    """
    too_few = table.sounds() if by == "sound" and table.space is None else None
    by = by if too_few is None else "hamms"
    failed = tuple(track for track in (*named, *less) if track.failure is not None)
    unusable = tuple(track for track in (*named, *less) if track.failure is None and not _is_usable(track, by))
    wanted, unlike = (tuple(t for t in each if t.failure is None and _is_usable(t, by)) for each in (named, less))
    if not wanted:
        raise NothingFoundError(_why_none(failed, unusable, by))
    traits = _traits(table, prefer) if by == "mix" or limits.are_of_traits else None
    each, kinds, then = _compare(wanted, unlike, table, traits, by)
    similarities = np.fmax.reduce(each)
    compared = int(np.isfinite(similarities).sum())
    own = table.places([track.audio_id for track in (*named, *less)])
    similarities[own[own >= 0]] = np.nan
    if not np.isfinite(similarities).any():
        raise NothingFoundError("the library has no other track to compare with; 'map4 scan FOLDER' adds some")
    limits.apply(similarities, table, traits)
    order, ties = similarities, then
    if kinds is not None and len(each) > 1:
        order, ties = -kinds.in_turn(each, similarities), np.nan_to_num(similarities)
    prints = [track.analysis.fingerprint for track in wanted if track.analysis and track.analysis.fingerprint]
    folded, most = 0, n if folding is None else n + _MORE
    while True:
        nearest = LibraryTable.ranking(order, then=ties, most=most)
        if folding is None:
            break
        ids = limits.file_ids(table, nearest)
        first, folded = folding.first(
            wanted, ids, n, lambda file_id: any(_is_same(track, prints) for track in load([file_id]))
        )
        if len(first) == n or len(nearest) < most:
            nearest = nearest[first]
            break
        most *= _MORE_TIMES
    values = dict(zip(table.column("audio_id")[nearest].tolist(), similarities[nearest].tolist(), strict=True))
    return Neighbours(
        by=by,
        wanted=wanted,
        less=unlike,
        failed=failed,
        unusable=unusable,
        compared=compared,
        left_out=table.recordings() - compared,
        folded=folded,
        too_few_sounds=too_few,
        similar=tuple(_similar(load(limits.file_ids(table, nearest)), values, prints)),
        space=table.space,
    )


def _similar(tracks: Iterable[Track], values: Mapping[bytes, float], prints: Sequence[bytes]) -> Iterator[Similar]:
    for track in tracks:
        if (value := values.get((track.audio_id or "").encode())) is not None:  # else it has just changed
            value = round(value, 4) + 0.0  # turns -0.0 into 0.0
            yield Similar(track=track, similarity=value, same_recording=_is_same(track, prints))


def _traits(table: LibraryTable, prefer: Sequence[Source]) -> MixColumns:
    columns = table.mix(prefer)
    return replace(columns, bpm=np.round(columns.bpm, 3))


def sound_steps(tracks: Sequence[Track], table: LibraryTable) -> list[float]:
    """How similar each track sounds to the previous one; see `map4.Library.tracks.sound_steps`."""
    unusable = [track for track in tracks if not _is_usable(track, "sound")]
    if unusable:
        raise NothingFoundError(_why_none((), unusable, "sound"))
    require_sounds(table.sounds() if table.space is None else None)
    assert table.space is not None
    rows = table.space.project([track.analysis.sound for track in tracks if track.analysis and track.analysis.sound])
    return [round(float(value), 4) for value in np.clip((rows[1:] * rows[:-1]).sum(axis=1), -1.0, 1.0)]


def require_sounds(too_few: int | None) -> None:
    """Refuse to fall back from sound to HAMMS.

    too_few: as in `Neighbours`
    """
    if too_few is not None:
        raise NothingFoundError(
            f"the library has {counted(too_few, 'track')} with a sound to compare, and {SoundSpace.LEAST_TRACKS} are "
            "needed; 'map4 scan FOLDER' adds tracks"
        )


def _compare(
    wanted: Sequence[Track], less: Sequence[Track], table: LibraryTable, traits: MixColumns | None, by: By
) -> tuple[list[npt.NDArray[Any]], SoundKinds | None, FloatArray | None]:
    """The similarities of each row to each kind of wanted tracks, NaN if it can't be compared or is another file of a
    recording; these kinds if there can be several; and the tie-breaker."""
    if by == "sound":
        return *_compare_sound(table, wanted, less), None
    if less:
        [similarities], _, then = _compare(wanted, (), table, traits, by)
        [unlike], _, _ = _compare(less, (), table, traits, by)
        return [similarities * (1.0 - SoundKinds.LESS * np.nan_to_num(unlike))], None, then
    if by == "hamms":
        rows = hamms_rows([t.analysis.hamms.vector for t in wanted if t.analysis and t.analysis.hamms])
        return [table.hamms_similarities(lambda vectors: LibraryTable.mean_hamms(vectors, rows))], None, None
    assert traits is not None
    similarities = mean_compatibilities(traits, MixColumns.of(MixTraits.of(track) for track in wanted))
    similarities[~table.is_recording] = np.nan
    # Compatibilities are discrete, and many tracks share the maximum: similar sounds come first.
    has_sound = table.space is not None and any(track.analysis and track.analysis.sound for track in wanted)
    sounds = np.fmax.reduce(_compare_sound(table, wanted)[0]) if has_sound else None
    return [similarities], None, None if sounds is None else np.nan_to_num(sounds, nan=-1.0)


def _compare_sound(
    table: LibraryTable, wanted: Sequence[Track], less: Sequence[Track] = ()
) -> tuple[list[FloatArray], SoundKinds]:
    space = table.space
    assert space is not None

    def project(tracks: Sequence[Track]) -> FloatArray:
        return space.project([track.analysis.sound for track in tracks if track.analysis and track.analysis.sound])

    kinds = SoundKinds.of(project(wanted))
    if less:
        kinds = kinds.less_like(project(less))
    each = [
        table.sound_similarities(lambda rows, kind=kind: SoundSpace.similarities(rows, kind[None]))  # type: ignore[misc]
        for kind in kinds.directions
    ]
    return each, kinds


def _is_usable(track: Track, by: By) -> bool:
    if track.analysis is None:
        return False
    if by == "sound":
        return track.analysis.sound is not None
    return track.analysis.hamms is not None if by == "hamms" else True


def _is_same(track: Track, prints: Sequence[bytes]) -> bool | None:
    if not prints or track.analysis is None or track.analysis.fingerprint is None:
        return None
    mine = Fingerprint.unpack(track.analysis.fingerprint)
    rates = [Fingerprint.error_rate(mine, Fingerprint.unpack(other)) for other in prints]
    known = [rate for rate in rates if rate is not None]
    return min(known) < Fingerprint.SAME_RECORDING if known else None


def _why_none(failed: Sequence[Track], unusable: Sequence[Track], by: By) -> str:
    reasons = [f"{t.shown_path}: {t.failure.message}" for t in failed if t.failure]
    lacking = "sound vector: it is silent or shorter than 3 s" if by == "sound" else "HAMMS numbers: it is silent"
    reasons += [f"{t.shown_path} has no {lacking}" for t in unusable]
    return "; ".join(reasons) or "no audio files found there"


def similar_to_files(files: Paths, options: SimilarOptions, resolver: TrackResolver) -> Neighbours:
    """Find the tracks nearest to files; see `map4.Library.similar`."""
    store = resolver.store
    named = resolver.open_some(files, "name a file to compare with")
    among = None
    if options.query is not None:
        among = store.sounds.first_files(store.search.file_ids(options.query, store.context()))
    limits = Limits(
        least=options.min_similarity,
        bpm_min=options.tempo_min,
        bpm_max=options.tempo_max,
        keys=frozenset(Key.parse(key) if isinstance(key, str) else key for key in options.keys),
        files=among,
    )
    less = resolver.open(as_paths(options.less))
    unread = [path for path, track in (named | less).items() if track is None]
    read = resolver.resolve(unread, jobs=options.jobs, timeout_s=options.timeout_s)
    wanted, unlike = (
        [resolver.with_sound(loaded) for path, track in each.items() if (loaded := track or read.get(path)) is not None]
        for each in (named, less)
    )
    return find_similar(
        wanted,
        store.sounds.table(),
        lambda file_ids: store.tracks.tracks_by_id(file_ids, sound=True),
        by=options.by,
        n=options.n,
        limits=limits,
        less=unlike,
        prefer=store.preferences.sources,
        folding=None if options.query is not None and wants_versions(options.query) else folding_of(store),
    )


def folding_of(store: Store) -> Folding:
    copies = store.part(hookspecs.copies.required())
    return Folding(songs=store.part(SqlSongs).with_audio, originals=copies.recordings)
