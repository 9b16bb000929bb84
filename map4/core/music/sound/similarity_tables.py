"""Comparison tables of a library: one row per available file, ordered by audio id, then by file id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.analysis import HAMMS_SIZE
from map4.core.music.analysis.audio import DualMono, MonoLoudness
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.columns import Columns
from map4.core.music.mixing.many import UNKNOWN_KEY, MixColumns
from map4.core.music.sound.neighbours import FIT_TRACKS, FloatArray, SoundSpace

IntArray = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Arrays = Mapping[str, npt.NDArray[Any]]

SOURCES = ("user", "measured", "imported", "tag", "provider")
"""Sources of tempo and key, in the order of the columns `bpm` and `key`."""
FIRST, HAS_SOUND, HAS_HAMMS, IS_STALE, IS_MONO = 1, 2, 4, 8, 16
"""Flags of a row: first file of its recording; has a sound vector; has HAMMS numbers of this version; analysed by
another version; has a single channel.
"""
NO_KEY, UNREADABLE_KEY = -1, -2
HAMMS_SCALE, NO_HAMMS = 10_000, -32_768  # HAMMS numbers have four digits, stored as integers
FIGURES = ("tempo_confidence", "key_confidence", "loudness_lufs", "duration_s", "year", "bit_rate_bps")
CODED = ("codec", "genre", "added")
"""Texts, stored as indexes into the texts of all rows; 0 is none. `added` is the month, `YYYY-MM`."""
COLUMNS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "file_id": ("<i8", ()), "audio_id": ("S", ()), "flags": ("u1", ()), "energy": ("<f8", ()),
    "bpm": ("<f8", (len(SOURCES),)), "key": ("i1", (len(SOURCES),)), "hamms": ("<i2", (HAMMS_SIZE,)),
    "directions": ("<f4", (0,)), **dict.fromkeys(FIGURES, ("<f8", ())), **dict.fromkeys(CODED, ("<i4", ())),
}  # fmt: skip
"""The columns with their type and shape; `directions` has the dimension of the sound space."""

_ROUNDING = 1e-6  # for directions: a single row and thousands of rows are projected in different orders
# Rows per block, which fit the CPU cache and limit the mapped part of a file.
_BLOCK_ROWS = 8192


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
        for name in COLUMNS:
            hasher.update(self.rows[name].tobytes())
        return hasher.digest()


def unchanged(before: Arrays, now: Arrays) -> set[bytes]:
    """Audio ids of the recordings whose rows are equal in both; directions up to rounding."""
    rows, names = _group_by_recording(now), set()
    for name, (values, directions) in _group_by_recording(before).items():
        others, theirs = rows.get(name, (b"", directions))
        if values == others and np.all(np.abs(directions - theirs) <= _ROUNDING):
            names.add(name)
    return names


def _group_by_recording(columns: Arrays) -> dict[bytes, tuple[bytes, FloatArray]]:
    names, starts = np.unique(columns["audio_id"], return_index=True)
    recordings = {}
    stops = np.append(starts, len(columns["audio_id"]))[1:]
    for name, start, stop in zip(names.tolist(), starts, stops, strict=True):
        values = (columns[of][start:stop].tobytes() for of in COLUMNS if of not in ("audio_id", "directions"))
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
        return self._flagged(FIRST)

    @property
    def has_sound(self) -> Mask:
        """A mask of the first rows of recordings with a sound vector."""
        return self._flagged(FIRST | HAS_SOUND)

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
        return self._compute_for_recordings(HAS_SOUND, ("directions",), compare)

    def hamms_similarities(self, compare: Callable[[Doubles], Doubles]) -> Doubles:
        """The result of `compare` for HAMMS vectors, shape (m, 12) with NaN, of every recording; NaN in other rows."""
        return self._compute_for_recordings(HAS_HAMMS, ("hamms",), lambda values: compare(_hamms(values)))

    def hamms_sample(self, most: int) -> Doubles:
        """HAMMS vectors of the first recordings that have them, shape (n, 12) with NaN, at most `most`."""
        rows = np.flatnonzero(self._flagged(FIRST | HAS_HAMMS))[:most]
        return _hamms(self.column("hamms")[rows])

    def mix(self, prefer: Sequence[str]) -> MixColumns:
        """The current tempo and key by an order of sources, and energy."""
        order = [SOURCES.index(source) for source in dict.fromkeys(("user", *prefer))]
        bpm = self._once(f"bpm {order}", lambda: self._compute_for_rows(("bpm",), lambda values: _bpm(values, order)))
        key = self._once(f"key {order}", lambda: self._compute_for_rows(("key",), lambda values: _key(values, order)))
        return MixColumns(bpm=bpm, key=key, energy=self.column("energy"))

    def figures(
        self,
        prefer: Sequence[str],
        rows: npt.NDArray[np.intp] | slice,
        mono: MonoLoudness = "single",
    ) -> Columns:
        """The columns for statistics, for some rows; without ratings and names."""
        order = [SOURCES.index(source) for source in dict.fromkeys(("user", *prefer))]
        bpm, key, flags, codec = (self.column(name)[rows] for name in ("bpm", "key", "flags", "codec"))
        is_measured, keys = _are_measured(bpm, key, order), _key(key, order)
        values: dict[str, Any] = {name: self.column(name)[rows] for name in ("file_id", "energy", *FIGURES)}
        for index, what in enumerate(("tempo", "key")):
            name = f"{what}_confidence"
            values[name] = np.where(is_measured[:, index], values[name], np.nan)
        if mono == "dual":
            lufs = values["loudness_lufs"]
            values["loudness_lufs"] = np.where(flags & IS_MONO != 0, lufs + DualMono.LU, lufs)
        nothing, unknown = np.broadcast_to(np.array(None), len(bpm)), np.broadcast_to(np.nan, len(bpm))  # no memory
        values |= {"bpm": _bpm(bpm, order), "key": np.where(keys == UNKNOWN_KEY, NO_KEY, keys).astype(np.int8)}
        values["codec"] = np.array(self.texts, dtype=np.object_)[codec]
        values |= dict.fromkeys(("audio_id", "artist", "title", "album", "genre", "label_family"), nothing)
        return Columns(**values, **dict.fromkeys(("true_peak_dbtp", "rating", "sample_rate_hz"), unknown))

    def knows_its_texts(self) -> bool:
        """True if all `CODED` columns refer to existing texts, which may fail if the text file is damaged."""
        every = (self.column(name) for name in CODED)
        return all(bool(np.all((codes >= 0) & (codes < len(self.texts)))) for codes in every)

    def tally(self, name: str, rows: npt.NDArray[np.intp] | None = None) -> dict[str, int]:
        """Count the files, or those in some rows, by text of a `CODED` column."""
        codes = self.column(name)
        counts = np.bincount(codes if rows is None else codes[rows], minlength=len(self.texts)).tolist()
        return {text: count for text, count in zip(self.texts, counts, strict=True) if text is not None and count}

    def stale(self, rows: npt.NDArray[np.intp] | None = None) -> int:
        """Count the files, or those in some rows, that were analysed by another version."""
        flags = self.column("flags")
        return int(np.count_nonzero((flags if rows is None else flags[rows]) & IS_STALE))

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

    def _flagged(self, flags: int) -> Mask:
        return self.column("flags") & flags == flags

    def _compute_for_recordings(self, flag: int, names: Sequence[str], compare: Callable[..., Any]) -> npt.NDArray[Any]:
        values = self._compute_for_rows(names, compare)
        values[~self._flagged(FIRST | flag)] = np.nan
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


def fitted_space(
    raw: Callable[[npt.NDArray[np.intp]], npt.NDArray[Any]], flags: npt.NDArray[np.uint8]
) -> SoundSpace | None:
    """The sound space of a library; None if too few vectors are known.

    raw: returns the sound vectors of some rows, shape (m, 128)
    """
    sounding = np.flatnonzero(flags & (FIRST | HAS_SOUND) == FIRST | HAS_SOUND)
    return (
        SoundSpace.fit(raw(sounding[:: -(-len(sounding) // FIT_TRACKS)]))
        if len(sounding) >= SoundSpace.LEAST_TRACKS
        else None
    )


def directions_of(space: SoundSpace | None, raw: npt.NDArray[np.float16], flags: npt.NDArray[np.uint8]) -> FloatArray:
    """Project sound vectors, shape (m, 128), into the space; zeros without sound."""
    if space is None:
        return np.zeros((len(raw), 0), dtype=np.float32)
    directions = space.project(raw)
    directions[flags & HAS_SOUND == 0] = 0.0
    return directions


def hamms_numbers(vectors: Doubles) -> npt.NDArray[np.int16]:
    """HAMMS vectors, NaN if unknown, in their stored form."""
    numbers = np.clip(np.round(vectors * HAMMS_SCALE), NO_HAMMS + 1, -NO_HAMMS - 1)
    return np.where(np.isnan(vectors), NO_HAMMS, numbers).astype(np.int16)


def _hamms(numbers: npt.NDArray[np.int16]) -> Doubles:
    return np.where(numbers == NO_HAMMS, np.nan, numbers / HAMMS_SCALE)


def _bpm(values: Doubles, order: Sequence[int]) -> Doubles:
    bpm = values[:, order[-1]].copy()
    for source in reversed(order[:-1]):
        np.copyto(bpm, values[:, source], where=~np.isnan(values[:, source]))
    return bpm


def _are_measured(bpm: Doubles, key: npt.NDArray[np.int8], order: Sequence[int]) -> Mask:
    """True if no source before the analysis has tempo and key, shape (m, 2)."""
    before = order[: order.index(SOURCES.index("measured"))]
    return np.stack((np.isnan(bpm[:, before]).all(axis=1), (key[:, before] == NO_KEY).all(axis=1)), axis=1)


def _key(values: npt.NDArray[np.int8], order: Sequence[int]) -> npt.NDArray[np.intp]:
    keys = values[:, order[-1]].astype(np.intp)
    for source in reversed(order[:-1]):
        np.copyto(keys, values[:, source], where=values[:, source] != NO_KEY)
    keys[(keys < 0) | (keys >= len(ALL_KEYS))] = UNKNOWN_KEY
    return keys
