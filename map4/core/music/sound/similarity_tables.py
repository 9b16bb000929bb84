"""Comparison tables of a library: one row per available file, ordered by audio id, then by file id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.analysis import Hamms
from map4.core.music.analysis.audio import DualMono, MonoLoudness
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.columns import Columns
from map4.core.music.mixing.many import MixColumns, MixScores, hamms_similarities
from map4.core.music.track.hamms import HAMMS_NAMES

FloatArray = npt.NDArray[np.float32]

ALIKE, MOST_KINDS = 0.4, 12
"""From this similarity on, wanted tracks count as one kind of music, and the maximum number of kinds. Of unrelated
pairs .95 are below .22 to .33."""
CLIP = 4.0  # standard deviations; limits the influence of a single outlier
PCA_FROM_TRACKS = 100
"""From this number of tracks, principal components are reliable: half a track then finds its other half
in .89 of cases instead of .85, close to the result with 204 tracks (findings had 500; see docs/search.md).
"""
COMPONENTS = 48  # with 32 the results are worse; 96 find no more and lose genre
WHITENING = 0.4
"""Components are divided by their standard deviation to this power. 1, which weighs all equally, finds the same
track as well but loses genre: mean average precision .50 instead of .60.
"""
FIT_TRACKS = 10_000  # the maximum number of tracks for fitting a space, sampled evenly

_BLOCK_ROWS = 8192  # these fit the CPU cache, and limit the mapped part of a file
_ROUNDED_AWAY = 2e-6  # results are rounded to 6 digits: those this near may tie
_LEAST_SPREAD = 1e-4
_LEAST_VARIANCE = 1e-9  # relative to the first component; below is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundSpace:
    """A space in which the sound vectors of a library are comparable: their cosine is their similarity.

    mean: shape (128,)
    scale: shape (128,), weight over standard deviation
    limit: shape (128,), clipping limit of scaled numbers
    projection: shape (128, k), k = 48; below `PCA_FROM_TRACKS` the identity, k = 128
    centre: shape (k,), the projected mean, which is subtracted
    """

    LEAST_TRACKS = 8
    """With fewer tracks there is no meaningful normalization, so no similarity."""

    mean: FloatArray
    scale: FloatArray
    limit: FloatArray
    projection: FloatArray
    centre: FloatArray

    def project(self, vectors: npt.ArrayLike) -> FloatArray:
        """Project vectors to directions in this space.

        vectors: shape (n, 128), raw numbers as in `Analysis.sound`; half precision is enough
        returns: shape (n, k), each row of length 1 (0 for a vector exactly at the centre)
        """
        raw = np.asarray(vectors)
        out = np.empty((len(raw), self.projection.shape[1]), dtype=np.float32)
        for start in range(0, len(raw), _BLOCK_ROWS):
            block = self.weighted(raw[start : start + _BLOCK_ROWS]) @ self.projection
            block -= self.centre
            out[start : start + _BLOCK_ROWS] = unit_rows(block)
        return out

    def weighted(self, raw: npt.NDArray[Any]) -> FloatArray:
        """Standardised and weighted numbers before the projection; shape (n, 128) in and out."""
        weighted: FloatArray = raw.astype(np.float32)
        weighted -= self.mean
        weighted *= self.scale
        return np.clip(weighted, -self.limit, self.limit, out=weighted)

    def by_aspect(self, a: npt.ArrayLike, b: npt.ArrayLike) -> dict[str, FloatArray]:
        """The similarity of each vector to another in each aspect of `SoundVector.GROUPS`: cosines, shape (n,).

        a, b: shape (n, 128), raw numbers
        """
        first, other = (self.weighted(np.asarray(raw)) for raw in (a, b))
        layout = SoundVector.GROUPS
        aspects = np.repeat([group.aspect for group in layout], [group.size for group in layout])
        columns = {aspect: aspects == aspect for aspect in dict.fromkeys(aspects.tolist())}
        return {name: (unit_rows(first[:, own]) * unit_rows(other[:, own])).sum(1) for name, own in columns.items()}

    @staticmethod
    def fit(vectors: npt.ArrayLike) -> SoundSpace:
        """Fit the space of a library: standardise, weigh the groups, and from 100 tracks rotate to 48 components.

        vectors: shape (n, 128), all tracks of the library, n >= 2
        """
        raw = np.asarray(vectors)
        if len(raw) < 2:
            raise ValueError(f"a space needs at least two vectors, got {len(raw)}")
        sample = raw[:: -(-len(raw) // FIT_TRACKS)].astype(np.float64)
        weight = np.concatenate([np.full(g.size, g.weight / np.sqrt(g.size)) for g in SoundVector.GROUPS])
        spread = sample.std(axis=0)
        # Constant numbers carry no information and must not be amplified.
        scale = np.where(spread > _LEAST_SPREAD, weight / np.maximum(spread, _LEAST_SPREAD), 0.0)
        space = SoundSpace(
            mean=sample.mean(axis=0).astype(np.float32),
            scale=scale.astype(np.float32),
            limit=(CLIP * weight).astype(np.float32),
            projection=np.eye(SoundVector.SIZE, dtype=np.float32),
            centre=np.zeros(SoundVector.SIZE, dtype=np.float32),
        )
        return space if len(raw) < PCA_FROM_TRACKS else _rotated(space, sample)

    @staticmethod
    def similarities(directions: FloatArray, wanted: FloatArray) -> FloatArray:
        """The similarity of every track to the mean of some tracks.

        directions: shape (n, k), from `SoundSpace.project`
        wanted: shape (m, k), m >= 1
        returns: shape (n,), cosines, -1 to 1: 1 the same, about 0 unrelated
        """
        similarities: FloatArray = directions @ unit_rows(wanted.mean(axis=0, keepdims=True))[0]
        return np.clip(similarities, -1.0, 1.0, out=similarities)


def _rotated(space: SoundSpace, sample: npt.NDArray[np.float64]) -> SoundSpace:
    """Rotate the space to its principal components and dampen the strongest."""
    weighted = space.weighted(sample)
    variances, directions = np.linalg.eigh(np.cov(weighted, rowvar=False, dtype=np.float64))
    variances, directions = variances[::-1][:COMPONENTS], directions[:, ::-1][:, :COMPONENTS]
    known = variances > variances[0] * _LEAST_VARIANCE
    projection = (directions[:, known] / variances[known] ** (WHITENING / 2.0)).astype(np.float32)
    return replace(space, projection=projection, centre=weighted.mean(axis=0) @ projection)


def unit_rows(rows: FloatArray) -> FloatArray:
    """Normalize each row to length 1; rows of zeros stay zero."""
    lengths = np.sqrt(np.einsum("nk,nk->n", rows, rows))
    return rows / np.maximum(lengths, np.finfo(np.float32).tiny)[:, None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundKinds:
    """Groups of tracks that sound alike: the mean of several kinds of music is like none of them.

    directions: of each group, shape (v, k)
    counts: the number of its tracks
    """

    LESS: ClassVar = 0.5  # weight of tracks to be unlike: at 1, two similar tracks would leave only their noise

    directions: FloatArray
    counts: npt.NDArray[np.intp]

    @staticmethod
    def of(wanted: FloatArray) -> SoundKinds:
        """The groups of some tracks.

        wanted: shape (m, k), unit rows, m >= 1
        """
        sums, counts = wanted[:1].copy(), np.ones(1, dtype=np.intp)
        for row in wanted[1:]:
            likeness = unit_rows(sums) @ row
            nearest = int(np.argmax(likeness))
            if likeness[nearest] >= ALIKE or len(sums) >= MOST_KINDS:
                sums[nearest] += row
                counts[nearest] += 1
            else:
                sums, counts = np.vstack([sums, row]), np.append(counts, 1)
        return SoundKinds(directions=unit_rows(sums), counts=counts)

    def in_turn(self, each: Sequence[FloatArray], known: FloatArray) -> npt.NDArray[np.float64]:
        """The place of each track if groups choose in turn, each as often as it has tracks; NaN if unknown.

        each: the similarity of every track to each group, shape (n,)
        known: of every track to its nearest group; NaN if the track is no result
        """
        nearest, turns = np.argmax(np.nan_to_num(each, nan=-2.0), axis=0), np.full(len(known), np.nan)
        for kind, count in enumerate(self.counts.tolist()):
            rows = np.flatnonzero((nearest == kind) & np.isfinite(known))
            turns[rows[np.argsort(-known[rows], kind="stable")]] = (np.arange(len(rows)) + 0.5) / count
        return turns

    def less_like(self, less: FloatArray) -> SoundKinds:
        """The groups, away from the mean of other tracks by `LESS`; groups that sound like these are dropped if there
        are others."""
        away = unit_rows(less.mean(axis=0, keepdims=True))
        is_like = self.directions @ away[0] >= ALIKE
        stays = ~is_like | bool(is_like.all())
        return SoundKinds(directions=unit_rows(self.directions - self.LESS * away)[stays], counts=self.counts[stays])


def mean_compatibilities(columns: MixColumns, wanted: MixColumns) -> npt.NDArray[np.float64]:
    """The mean mixing compatibility of some tracks with every track; shape (n,), 0-1."""
    means = np.empty(len(columns.bpm))
    for start in range(0, len(means), _BLOCK_ROWS):  # blocks that fit the CPU cache take half the time
        block = slice(start, start + _BLOCK_ROWS)
        means[block] = MixScores.of(wanted[:, None], columns[block]).total.mean(axis=0)
    return means


def _descending(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    doubles: npt.NDArray[np.float64] = values.astype(np.float64)
    return -np.round(doubles, 6)


IntArray = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Arrays = Mapping[str, npt.NDArray[Any]]

HAMMS_SCALE, NO_HAMMS = 10_000, -32_768  # HAMMS numbers have four digits, stored as integers

_ROUNDING = 1e-6  # for directions: a single row and thousands of rows are projected in different orders


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableChanges:
    """Changes since a table was written: rows that are outdated, and their replacements.

    unchanged: shape (n,), of the table
    rows: the same columns; only recordings without kept rows
    """

    unchanged: Mask
    rows: Arrays

    def digest(self) -> bytes:
        """A digest of the changes."""
        hasher = hashlib.blake2b(self.unchanged.tobytes())
        for name in LibraryTable.COLUMNS:
            hasher.update(self.rows[name].tobytes())
        return hasher.digest()


def _group_by_recording(columns: Arrays) -> dict[bytes, tuple[bytes, FloatArray]]:
    names, starts = np.unique(columns["audio_id"], return_index=True)
    recordings = {}
    stops = np.append(starts, len(columns["audio_id"]))[1:]
    for name, start, stop in zip(names.tolist(), starts, stops, strict=True):
        values = (
            columns[of][start:stop].tobytes() for of in LibraryTable.COLUMNS if of not in ("audio_id", "directions")
        )
        recordings[name] = b"".join(values), columns["directions"][start:stop]
    return recordings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class LibraryTable:
    """The files of a library, ordered by audio id, then by file id.

    written: columns as in `COLUMNS`, n rows; may be a memory-mapped file
    space: the sound space of `directions`; None if too few vectors are known
    texts: the texts that `CODED` columns refer to
    changes: changes since then; None without any
    release: called after each block of `written`, to release its memory
    """

    SOURCES = ("user", "measured", "imported", "tag", "provider")
    """Sources of tempo and key, in the order of the columns `bpm` and `key`."""
    FIRST, HAS_SOUND, HAS_HAMMS, IS_STALE, IS_MONO = 1, 2, 4, 8, 16
    """Flags of a row: first file of its recording; has a sound vector; has HAMMS numbers of this version; analysed by
    another version; has a single channel.
    """
    NO_KEY, UNREADABLE_KEY = -1, -2
    FIGURES: ClassVar = ("tempo_confidence", "key_confidence", "loudness_lufs", "duration_s", "year", "bit_rate_bps")
    CODED: ClassVar = ("codec", "genre", "added")
    """Texts, stored as indexes into the texts of all rows; 0 is none. `added` is the month, `YYYY-MM`."""
    COLUMNS: ClassVar[Mapping[str, tuple[str, tuple[int, ...]]]] = {
        "file_id": ("<i8", ()), "audio_id": ("S", ()), "flags": ("u1", ()), "energy": ("<f8", ()),
        "bpm": ("<f8", (len(SOURCES),)), "key": ("i1", (len(SOURCES),)), "hamms": ("<i2", (Hamms.SIZE,)),
        "directions": ("<f4", (0,)), **dict.fromkeys(FIGURES, ("<f8", ())), **dict.fromkeys(CODED, ("<i4", ())),
    }  # fmt: skip
    """The columns with their type and shape; `directions` has the dimension of the sound space."""

    written: Arrays
    space: SoundSpace | None
    texts: Sequence[str | None] = (None,)
    changes: TableChanges | None = None
    release: Callable[[], object] = int
    _made: dict[str, npt.NDArray[Any]] = field(default_factory=dict, init=False)

    def column(self, name: str) -> npt.NDArray[Any]:
        """A column of `COLUMNS`."""
        return self._once(name, lambda: self._merged(self.written[name], lambda rows: rows[name]))

    @property
    def file_ids(self) -> IntArray:
        return self.column("file_id")

    @property
    def is_recording(self) -> Mask:
        """A mask of the first rows of recordings."""
        return self._flagged(self.FIRST)

    @property
    def has_sound(self) -> Mask:
        """A mask of the first rows of recordings with a sound vector."""
        return self._flagged(self.FIRST | self.HAS_SOUND)

    @property
    def directions(self) -> FloatArray:
        """The sound direction of each row in the space; zeros without sound. Loaded into memory completely."""
        return self.column("directions")

    def recordings(self) -> int:
        """The number of available, analysed recordings."""
        return int(np.count_nonzero(self.is_recording))

    def sounds(self) -> int:
        """The number of recordings with a sound vector."""
        return int(np.count_nonzero(self.has_sound))

    def sound_similarities(self, compare: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """The result of `compare` for the directions, shape (m, k), of every recording; NaN in other rows and without
        sound.
        """
        return self._compute_for_recordings(self.HAS_SOUND, ("directions",), compare)

    def hamms_similarities(self, compare: Callable[[Doubles], Doubles]) -> Doubles:
        """The result of `compare` for HAMMS vectors, shape (m, 12) with NaN, of every recording; NaN in other rows."""
        return self._compute_for_recordings(self.HAS_HAMMS, ("hamms",), lambda values: compare(_hamms(values)))

    def hamms_sample(self, most: int) -> Doubles:
        """HAMMS vectors of the first recordings that have them, shape (n, 12) with NaN, at most `most`."""
        rows = np.flatnonzero(self._flagged(self.FIRST | self.HAS_HAMMS))[:most]
        return _hamms(self.column("hamms")[rows])

    def hamms(self, rows: npt.NDArray[np.intp], names: Sequence[str]) -> Doubles:
        """Some HAMMS numbers of some rows, shape (rows, names), NaN where unknown."""
        return _hamms(self.column("hamms")[rows][:, list(map(HAMMS_NAMES.index, names))])

    def mix(self, prefer: Sequence[str]) -> MixColumns:
        """The current tempo and key by an order of sources, and energy."""
        order = [self.SOURCES.index(source) for source in dict.fromkeys(("user", *prefer))]
        bpm = self._once(f"bpm {order}", lambda: self._compute_for_rows(("bpm",), lambda values: _bpm(values, order)))
        key = self._once(f"key {order}", lambda: self._compute_for_rows(("key",), lambda values: _key(values, order)))
        return MixColumns(bpm=bpm, key=key, energy=self.column("energy"))

    def figures(
        self, prefer: Sequence[str], rows: npt.NDArray[np.intp] | slice, mono: MonoLoudness = "single"
    ) -> Columns:
        """The columns for statistics, for some rows; without ratings and names."""
        order = [self.SOURCES.index(source) for source in dict.fromkeys(("user", *prefer))]
        bpm, key, flags, codec = (self.column(name)[rows] for name in ("bpm", "key", "flags", "codec"))
        is_measured, keys = _are_measured(bpm, key, order), _key(key, order)
        values: dict[str, Any] = {name: self.column(name)[rows] for name in ("file_id", "energy", *self.FIGURES)}
        for index, what in enumerate(("tempo", "key")):
            name = f"{what}_confidence"
            values[name] = np.where(is_measured[:, index], values[name], np.nan)
        if mono == "dual":
            lufs = values["loudness_lufs"]
            values["loudness_lufs"] = np.where(flags & self.IS_MONO != 0, lufs + DualMono.LU, lufs)
        nothing, unknown = np.broadcast_to(np.array(None), len(bpm)), np.broadcast_to(np.nan, len(bpm))  # no memory
        keys = np.where(keys == MixColumns.UNKNOWN_KEY, self.NO_KEY, keys).astype(np.int8)
        values |= {"bpm": _bpm(bpm, order), "key": keys}
        values["codec"] = np.array(self.texts, dtype=np.object_)[codec]
        values |= dict.fromkeys(("audio_id", "artist", "title", "album", "genre", "label_family"), nothing)
        return Columns(**values, **dict.fromkeys(("true_peak_dbtp", "rating", "sample_rate_hz"), unknown))

    def knows_its_texts(self) -> bool:
        """True if all `CODED` columns refer to existing texts, which may fail if the text file is damaged."""
        every = (self.column(name) for name in self.CODED)
        return all(bool(np.all((codes >= 0) & (codes < len(self.texts)))) for codes in every)

    def tally(self, name: str, rows: npt.NDArray[np.intp] | None = None) -> dict[str, int]:
        """Count the files, or those in some rows, by text of a `CODED` column."""
        codes = self.column(name)
        counts = np.bincount(codes if rows is None else codes[rows], minlength=len(self.texts)).tolist()
        return {text: count for text, count in zip(self.texts, counts, strict=True) if text is not None and count}

    def stale(self, rows: npt.NDArray[np.intp] | None = None) -> int:
        """Count the files, or those in some rows, that were analysed by another version."""
        flags = self.column("flags")
        return int(np.count_nonzero((flags if rows is None else flags[rows]) & self.IS_STALE))

    def places(self, audio_ids: Iterable[str | None]) -> npt.NDArray[np.intp]:
        """The row of each recording, by audio id; -1 if missing."""
        names = self.column("audio_id")
        blocks, ids = [np.empty(0, dtype=np.intp)], iter(audio_ids)
        while block := [(name or "").encode("utf-8", "replace") for name in islice(ids, _BLOCK_ROWS)]:
            places = np.minimum(np.searchsorted(names, wanted := np.array(block, names.dtype)), len(names) - 1)
            blocks.append(np.where(names[places] == wanted, places, -1) if len(names) else places)
            self.release()
        return np.concatenate(blocks)

    def rows_of(self, file_ids: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """The row of each file; -1 if missing."""
        every, wanted = self.file_ids, np.asarray(file_ids, dtype=np.int64)
        if not len(every):
            return np.full(len(wanted), -1, dtype=np.intp)
        order = self._once("order", lambda: np.argsort(every))
        places = order[np.minimum(np.searchsorted(every, wanted, sorter=order), len(every) - 1)]
        return np.where(every[places] == wanted, places, -1)

    @property
    def n(self) -> int:
        """The number of rows."""
        return len(self.file_ids)

    @staticmethod
    def unchanged(before: Arrays, now: Arrays) -> set[bytes]:
        """Audio ids of the recordings whose rows are equal in both; directions up to rounding."""
        rows, names = _group_by_recording(now), set()
        for name, (values, directions) in _group_by_recording(before).items():
            others, theirs = rows.get(name, (b"", directions))
            if values == others and np.all(np.abs(directions - theirs) <= _ROUNDING):
                names.add(name)
        return names

    @staticmethod
    def fitted_space(
        raw: Callable[[npt.NDArray[np.intp]], npt.NDArray[Any]], flags: npt.NDArray[np.uint8]
    ) -> SoundSpace | None:
        """The sound space of a library; None if too few vectors are known.

        raw: returns the sound vectors of some rows, shape (m, 128)
        """
        wanted = LibraryTable.FIRST | LibraryTable.HAS_SOUND
        sounding = np.flatnonzero(flags & wanted == wanted)
        if len(sounding) < SoundSpace.LEAST_TRACKS:
            return None
        return SoundSpace.fit(raw(sounding[:: -(-len(sounding) // FIT_TRACKS)]))

    @staticmethod
    def directions_of(
        space: SoundSpace | None, raw: npt.NDArray[np.float16], flags: npt.NDArray[np.uint8]
    ) -> FloatArray:
        """Project sound vectors, shape (m, 128), into the space; zeros without sound."""
        if space is None:
            return np.zeros((len(raw), 0), dtype=np.float32)
        directions = space.project(raw)
        directions[flags & LibraryTable.HAS_SOUND == 0] = 0.0
        return directions

    @staticmethod
    def hamms_numbers(vectors: Doubles) -> npt.NDArray[np.int16]:
        """HAMMS vectors, NaN if unknown, in their stored form."""
        numbers = np.clip(np.round(vectors * HAMMS_SCALE), NO_HAMMS + 1, -NO_HAMMS - 1)
        return np.where(np.isnan(vectors), NO_HAMMS, numbers).astype(np.int16)

    def _flagged(self, flags: int) -> Mask:
        return self.column("flags") & flags == flags

    def _compute_for_recordings(self, flag: int, names: Sequence[str], compare: Callable[..., Any]) -> npt.NDArray[Any]:
        values = self._compute_for_rows(names, compare)
        values[~self._flagged(self.FIRST | flag)] = np.nan
        return values

    def _compute_for_rows(self, names: Sequence[str], compute: Callable[..., Any]) -> npt.NDArray[Any]:
        blocks = [compute(*(self.written[name][:0] for name in names))]
        for start in range(0, len(self.written["file_id"]), _BLOCK_ROWS):
            blocks.append(compute(*(self.written[name][start : start + _BLOCK_ROWS] for name in names)))
            self.release()
        return self._merged(np.concatenate(blocks), lambda rows: compute(*(rows[name] for name in names)))

    def _merged(self, values: npt.NDArray[Any], of: Callable[[Arrays], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        if self.changes is None:
            return values
        unchanged, rows = self.changes.unchanged, self.changes.rows
        places = self._once("places", lambda: np.searchsorted(self.written["audio_id"][unchanged], rows["audio_id"]))
        return np.insert(values[unchanged], places, of(rows), axis=0)

    def _once(self, name: str, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    @staticmethod
    def mean_hamms(vectors: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The mean HAMMS similarity of every track to those of some tracks that are comparable.

        vectors: shape (n, 12), 0-1, NaN if unknown
        wanted: shape (m, 12)
        returns: shape (n,), 0-1; NaN if too little is known on both sides
        """
        rows = np.stack([hamms_similarities(row, vectors) for row in wanted])
        known = np.isfinite(rows)
        count = known.sum(axis=0)
        total = np.where(known, rows, 0.0).sum(axis=0)
        return np.divide(total, count, out=np.full(rows.shape[1], np.nan), where=count > 0)

    @staticmethod
    def ranking(
        similarities: npt.NDArray[np.floating[Any]],
        *,
        then: npt.NDArray[np.floating[Any]] | None = None,
        most: int | None = None,
    ) -> npt.NDArray[np.intp]:
        """Positions from most to least similar, without unknown ones; ties keep their order.

        Rounded to a millionth, so that the order of summation does not change the result.

        similarities: shape (n,), NaN if unknown
        then: shape (n,), the tie-breaker; without NaN
        most: the maximum number of results
        """
        rows = np.flatnonzero(np.isfinite(similarities))
        if most is not None and 0 < most < len(rows):
            # Round and sort only possible results: sorting a million takes longer than comparing them.
            known = similarities[rows]
            rows = rows[known >= np.partition(known, -most)[-most] - _ROUNDED_AWAY]
        ties = np.zeros(len(rows)) if then is None else _descending(then[rows])
        return rows[np.lexsort((ties, _descending(similarities[rows])))][:most]


def _hamms(numbers: npt.NDArray[np.int16]) -> Doubles:
    return np.where(numbers == NO_HAMMS, np.nan, numbers / HAMMS_SCALE)


def _bpm(values: Doubles, order: Sequence[int]) -> Doubles:
    bpm = values[:, order[-1]].copy()
    for source in reversed(order[:-1]):
        np.copyto(bpm, values[:, source], where=~np.isnan(values[:, source]))
    return bpm


def _are_measured(bpm: Doubles, key: npt.NDArray[np.int8], order: Sequence[int]) -> Mask:
    """True if no source before the analysis has tempo and key, shape (m, 2)."""
    before = order[: order.index(LibraryTable.SOURCES.index("measured"))]
    return np.stack((np.isnan(bpm[:, before]).all(axis=1), (key[:, before] == LibraryTable.NO_KEY).all(axis=1)), axis=1)


def _key(values: npt.NDArray[np.int8], order: Sequence[int]) -> npt.NDArray[np.intp]:
    keys = values[:, order[-1]].astype(np.intp)
    for source in reversed(order[:-1]):
        np.copyto(keys, values[:, source], where=values[:, source] != LibraryTable.NO_KEY)
    keys[(keys < 0) | (keys >= len(ALL_KEYS))] = MixColumns.UNKNOWN_KEY
    return keys
