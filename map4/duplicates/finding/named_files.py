"""Names and numbers of the files of a library as columns: a million files take some 150 MB."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from struct import Struct
from typing import Any, Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

from map4.core.base.text import folded
from map4.core.music.placeholders import Placeholder
from map4.core.music.sound.fingerprints import Fingerprint
from map4.duplicates.finding.groups import NamedFile, SoundPair
from map4.search import SongName

Hashes = npt.NDArray[np.uint64]
"""Hashes of keys, 64 bits, so that different keys of a million files are practically never equal; 0 for no key."""
Places = npt.NDArray[np.int64]
HashName = Literal["isrc", "release", "artist", "title", "version"]

_SAME_LENGTH_S = 10.0  # if the lengths of copies differ by more, their ends differ in more than silence and a fade
_MIX = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio of 64 bits spreads joined hashes (Knuth)
_MOST_READ = 4096  # files come album by album
_PAIRS_AT_ONCE = 100_000  # bounds the memory of names that many files share


_ROW = Struct("<qdqqqqiiqii")
_COLUMNS = np.dtype([
    ("file_id", "<i8"), ("duration_s", "<f8"), ("isrc", "<i8"), ("release", "<i8"), ("title", "<i8"), ("album", "<i8"),
    ("artist", "<i4"), ("version", "<i4"), ("text_at", "<i8"), ("text_size", "<i4"),
    ("letters", "<i4"),
])  # fmt: skip
"""Artists and versions are numbered, 0 is none; the other keys are hashes."""


class NamedFiles:
    """Files, each at a place, with artist, title and version in the form for comparison.

    read: reads the file with an id
    """

    def __init__(self, read: Callable[[int], NamedFile]) -> None:
        self._read = lru_cache(_MOST_READ)(read)
        self._packed = bytearray()
        # By value, numbered in order of appearance.
        self._artists, self._versions = {"": 0}, {frozenset[str](): 0}
        # Audio id and title of each file, in UTF-8: as Python texts they would need three times as much.
        self._texts = bytearray()

    def add(self, row: Sequence[Any], *, place: int | None = None) -> int:
        """Add a file, or put it in the place of another; returns its place. All are added before any is read.

        row: as for `NamedFile.of`, then the title and the album, folded if that is known, and the advisory
        """
        file_id, audio_id, path, artist, its_title, isrc, catalog, its_album, _, track, length_s, *others = row
        title, album, advisory = others
        # Two CDs without names both have "Unknown Artist - Track 03".
        artist = None if artist and Placeholder.is_one(artist) else artist
        if its_title and Placeholder.is_one(its_title):
            its_title = title = None
        song = SongName.of(artist, its_title, os.fsdecode(path), title, advisory)
        words = song.title if its_title or not Placeholder.is_one(song.title) else ""
        artist_key, title_key = song.key
        text = f"{audio_id}\0{words}".encode("utf-8", "surrogatepass")
        packed = _ROW.pack(
            file_id,
            math.nan if length_s is None else float(length_s),
            hash(isrc or ""),
            hash(("".join(catalog.split()).casefold(), track)) if catalog and track is not None else 0,
            hash(title_key if words else ""),
            hash(album or folded(its_album or "")),
            self._artists.setdefault(artist_key, len(self._artists)),
            self._versions.setdefault(song.version, len(self._versions)),
            len(self._texts),
            len(text),
            len(words),
        )
        self._texts += text
        at = len(self._packed) if place is None else place * _ROW.size
        self._packed[at : at + _ROW.size] = packed
        return at // _ROW.size

    @cached_property
    def _rows(self) -> npt.NDArray[np.void]:
        return np.frombuffer(self._packed, dtype=_COLUMNS)

    def hashes(self, *names: HashName) -> Hashes:
        """The hash of these values of each file; 0 if the first is unknown, or the artist."""
        columns = [self._rows[name].astype(np.uint64) for name in names]
        joined = columns[0].copy()
        for column in columns[1:]:
            joined *= _MIX
            joined ^= joined >> np.uint64(29)
            joined += column
        is_known = columns[0] != 0
        if "title" in names:
            is_known &= self._rows["artist"] != 0
        joined[~is_known] = 0
        return joined

    def pairs_of_one_length(self, hashes: Hashes, most: int) -> Iterator[tuple[Places, Places]]:
        """Yield pairs of files with the same key and similar lengths, as two arrays of places, the lower first.

        A file of unknown length pairs only with the next file.

        hashes: of each file's key
        most: keys of more files are left out
        """
        lengths = np.nan_to_num(self._rows["duration_s"], nan=-1.0)
        order = np.lexsort((lengths, hashes))
        begins, counts = _runs(hashes[order], most)
        order = order[_ranges(begins, counts)]
        lengths = lengths[order]
        # In a single search: the lengths of each key are moved beyond those of the key before.
        at = np.repeat(np.arange(len(counts)), counts) * (lengths.max(initial=0.0) + 2 * _SAME_LENGTH_S + 1.0)
        at += lengths
        stops = np.searchsorted(at, at + _SAME_LENGTH_S, side="right")
        del at
        after = np.arange(1, len(order) + 1)
        unknown = lengths < 0
        stops[unknown] = np.minimum(after + 1, np.repeat(np.cumsum(counts), counts))[unknown]
        others = np.maximum(stops - after, 0)
        del lengths, stops, unknown
        for start, stop in _parts(np.cumsum(others)):
            here = others[start:stop]
            first, second = np.repeat(order[start:stop], here), order[_ranges(after[start:stop], here)]
            yield np.minimum(first, second), np.maximum(first, second)

    def are_one_version(self, places: Places, others: Places) -> npt.NDArray[np.bool_]:
        versions = self._rows["version"]
        return np.asarray(versions[places] == versions[others])

    def artists_may_be_alike(self, places: Places, others: Places, ratio: float) -> npt.NDArray[np.bool_]:
        """Whether the artists of two files differ, and RapidFuzz's token_set_ratio may be at least `ratio` (0-100)."""
        letters, words, sizes = self._artist_sets
        first, second = self._rows["artist"][places], self._rows["artist"][others]
        # In names without a common word, each missing letter is an edit.
        edits = Fingerprint.set_bits()[(letters[first] ^ letters[second]).view(np.uint16).reshape(-1, 4)].sum(axis=1)
        is_near = 100.0 * edits <= (100.0 - ratio) * (sizes[first] + sizes[second])
        return np.asarray((first != second) & (is_near | (words[first] & words[second] != 0)))

    @cached_property
    def _artist_sets(self) -> Hashes:
        """The letters and the words of each artist as sets of 64 bits, and the length, shape (3, n)."""
        return np.fromiter((each for name in self._artists for each in _sets(name)), np.uint64).reshape(-1, 3).T.copy()

    def titles_may_be_alike(self, places: Places, others: Places, ratio: float) -> npt.NDArray[np.bool_]:
        """Whether the titles of two files differ, and are of such lengths that `ratio` (0-100) of them may be alike."""
        titles, letters = self._rows["title"], self._rows["letters"]
        first, second = letters[places], letters[others]
        is_near = 200.0 * np.minimum(first, second) >= ratio * (first + second)
        return np.asarray(is_near & (titles[places] != titles[others]))

    @cached_property
    def _artist_names(self) -> list[str]:
        return list(self._artists)

    @cached_property
    def _version_words(self) -> list[frozenset[str]]:
        return list(self._versions)

    def artist(self, place: int) -> str:
        return self._artist_names[int(self._rows["artist"][place])]

    def title(self, place: int) -> str:
        return self._text(place)[1]

    def version(self, place: int) -> frozenset[str]:
        return self._version_words[int(self._rows["version"][place])]

    def length_s(self, place: int) -> float | None:
        length_s = float(self._rows["duration_s"][place])
        return None if math.isnan(length_s) else length_s

    def audio_id(self, place: int) -> str:
        return self._text(place)[0]

    def _text(self, place: int) -> list[str]:
        at, size = int(self._rows["text_at"][place]), int(self._rows["text_size"][place])
        return self._texts[at : at + size].decode("utf-8", "surrogatepass").split("\0", 1)

    def are_of_one_album(self, place: int, other: int) -> bool:
        """Whether the albums of two files have the same name."""
        albums = self._rows["album"]
        return bool(albums[place] and albums[place] == albums[other])

    def read(self, place: int) -> NamedFile:
        """The file as the library has it."""
        return self._read(self.file_id(place))

    def file_id(self, place: int) -> int:
        return int(self._rows["file_id"][place])

    def places(self, pairs: Iterable[SoundPair]) -> dict[str, int]:
        """The places of the recordings in pairs."""
        wanted = {audio_id for pair in pairs for audio_id in (pair.first, pair.second)}
        every = range(len(self._rows)) if wanted else ()
        return {audio_id: place for place in every if (audio_id := self.audio_id(place)) in wanted}


def buckets(hashes: Hashes) -> Iterator[list[int]]:
    """Yield the places of each key that several files have, in the order of their first place."""
    order = np.argsort(hashes, kind="stable")
    begins, counts = _runs(hashes[order])
    for run in np.argsort(order[begins], kind="stable").tolist():
        yield order[begins[run] : begins[run] + counts[run]].tolist()


def _runs(ordered: Hashes, most: int | None = None) -> tuple[Places, Places]:
    """Return where each run of two and more equal keys begins, and how long it is; keys of over `most` are left out."""
    begins = np.concatenate([np.zeros(min(1, len(ordered)), np.int64), np.flatnonzero(np.diff(ordered)) + 1])
    counts = np.diff(np.append(begins, len(ordered)))
    chosen = (counts > 1) & (ordered[begins] != 0)
    if most is not None:
        chosen &= counts <= most
    return begins[chosen], counts[chosen]


def _ranges(begins: Places, counts: Places) -> Places:
    """Return the numbers of several ranges, one range after the other."""
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) + np.repeat(begins - before, counts)


def _parts(sums: Places) -> Iterator[tuple[int, int]]:
    """Yield parts of a sequence of numbers, given as running sums, that each add up to about `_PAIRS_AT_ONCE`."""
    start = 0
    while start < len(sums):
        done = int(sums[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(sums, done + _PAIRS_AT_ONCE, side="right")))
        yield start, stop
        start = stop


def _sets(name: str) -> tuple[int, int, int]:
    letters, words = 0, 0
    for word in name.split():
        words |= 1 << (crc32(word.encode("utf-8", "surrogatepass")) & 63)
        for letter in word:
            letters |= 1 << (ord(letter) & 63)
    return letters, words, len(name)
