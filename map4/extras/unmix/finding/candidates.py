"""Candidate tracks of a set and their approximate positions, from fingerprints only.

The lookup table is built from the set: keys for each way of playing, also with the least certain bits flipped. The
library's fingerprints are read once against it, so the library needs no index and nothing is stored.
"""

# Results of numpy are partly Any to mypy.
# mypy: no-warn-return-any

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from map4.core.music.sound.fingerprints import Fingerprint, Words
from map4.extras.unmix.set_words import SetWords

Ints = npt.NDArray[np.int64]

PART_WORDS = round(3600 * Fingerprint.RATE_HZ)  # looks up one hour of the set at a time: 120 MB of keys
LEAST_HITS = 3
"""Least number of keys on one line. A track that plays for 20 s usually has ten or more, one of 80 s in a crowd three;
of 20,000 others, 19 have four somewhere in two hours."""
MOST_LINES = 24  # lines examined per track and hour, those with most keys first; loops have very many
BLOCK_WORDS = 21  # error rates are averaged over this many words (4 s); within a block the lag may vary slightly
_SWAY_WORDS = 3  # range of that variation: over a minute, half a speed step adds up to 0.45 s
ALIKE_RATE = 0.36
"""Blocks with a smaller share of wrong bits support a track, others count against it. The best lag in the sway counts,
so other music has 0.46, and less than 0.375 in one of a hundred blocks (300 pairs)."""
LEAST_SCORE = 0.35  # least sum over the blocks of the margin below `ALIKE_RATE`: 10 s of 0.2
_FILTER_BITS = np.uint32(25)
_GAP_BLOCKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCandidate:
    """A track that may be in the set.

    track: its number
    playing: index of the way of playing
    lag: word `j` of the set is word `j - lag` of the track
    first, last: range of words of the set for that way of playing; `last` is exclusive
    score: strength of the evidence
    error_rate: share of wrong bits
    """

    track: int
    playing: int
    lag: int
    first: int
    last: int
    score: float
    error_rate: float


class SetKeys:
    """The keys of an hour of a set, sorted for lookup.

    parts: the words of the whole set for each way of playing
    hour: which hour, from 0
    """

    def __init__(self, parts: Sequence[SetWords], hour: int) -> None:
        entries = []
        for number, part in enumerate(parts):
            first = round(hour * PART_WORDS * part.playing.speed)
            here = slice(first, round((hour + 1) * PART_WORDS * part.playing.speed) + Fingerprint.KEY_GAP_WORDS)
            for keys in _probed(part.words[here], part.weak[here]):
                places = np.arange(first, first + len(keys), dtype=np.uint64)
                entries.append(keys.astype(np.uint64) << np.uint64(32) | np.uint64(number) << np.uint64(26) | places)
        joined = np.concatenate(entries)
        del entries
        joined.sort()
        self._keys = (joined >> np.uint64(32)).astype(np.uint32)
        self._owners = joined.astype(np.uint32)
        self._filter = np.zeros(1 << int(_FILTER_BITS), dtype=bool)
        self._filter[self._keys >> (np.uint32(32) - _FILTER_BITS)] = True

    def hits(self, words: Words) -> tuple[Ints, Ints, Ints]:
        """Look up the keys of a track's words: their positions, the ways of playing, and the positions in the set."""
        keys = Fingerprint.keys(words[: -Fingerprint.KEY_GAP_WORDS], words[Fingerprint.KEY_GAP_WORDS :])
        may_be = self._filter[keys >> (np.uint32(32) - _FILTER_BITS)]
        may_be &= (words[: -Fingerprint.KEY_GAP_WORDS] != 0) & (words[Fingerprint.KEY_GAP_WORDS :] != 0)
        places = np.flatnonzero(may_be)
        begins = np.searchsorted(self._keys, keys[places], side="left")
        counts = np.searchsorted(self._keys, keys[places], side="right") - begins
        places, begins, counts = (some[counts > 0] for some in (places, begins, counts))
        which = np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        owners = self._owners[which].astype(np.int64)
        return np.repeat(places, counts), owners >> 26, owners & ((1 << 26) - 1)


def _probed(words: Words, weak: npt.NDArray[np.uint8]) -> Iterator[npt.NDArray[np.uint32]]:
    """Keys of each position, as they are and with weak bits flipped; silent positions get the unused key 0."""
    bits = np.uint16(1) << weak.astype(np.uint16)
    once, twice = words ^ bits[:, 0], words ^ bits[:, 1]
    silent = (words[: -Fingerprint.KEY_GAP_WORDS] == 0) | (words[Fingerprint.KEY_GAP_WORDS :] == 0)
    versions = ((words, words), (once, words), (words, once), (once, once), (twice, words), (words, twice))
    for first, second in versions:
        keys = Fingerprint.keys(first[: -Fingerprint.KEY_GAP_WORDS], second[Fingerprint.KEY_GAP_WORDS :])
        keys[silent] = 0
        yield keys


def find_candidates(
    parts: Sequence[SetWords], library: Iterable[tuple[int, Words]], keys: SetKeys, *, words_at_once: int = 150_000
) -> Iterator[LineCandidate]:
    """Yield the candidates within the hour of `keys`, each line separately.

    library: numbers and fingerprints of tracks
    """
    waiting: list[tuple[int, Words]] = []
    size = 0
    for track in library:
        if len(track[1]) <= Fingerprint.KEY_GAP_WORDS:
            continue
        waiting.append(track)
        size += len(track[1])
        if size >= words_at_once:
            yield from _found(parts, waiting, keys)
            waiting, size = [], 0
    if waiting:
        yield from _found(parts, waiting, keys)


def _found(parts: Sequence[SetWords], tracks: Sequence[tuple[int, Words]], keys: SetKeys) -> Iterator[LineCandidate]:
    gap = np.zeros(Fingerprint.KEY_GAP_WORDS, dtype=np.uint16)
    words = np.concatenate([each for _, track in tracks for each in (track, gap)])
    starts = np.cumsum([0, *(len(track) + Fingerprint.KEY_GAP_WORDS for _, track in tracks)])
    places, playing, at = keys.hits(words)
    owner = np.searchsorted(starts, places, side="right") - 1
    lag = at - (places - starts[owner])
    line = (lag >> 2) + (1 << 24)
    order = np.argsort(((owner << 6 | playing) << 26) | line, kind="stable")
    named = (((owner << 6) | playing) << 26 | line)[order]
    begins = np.flatnonzero(np.append(True, named[1:] != named[:-1])) if len(named) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(begins, len(named)))
    # add the neighbouring line: lags of one match fall on both sides of a border
    lines = named[begins]
    beside = np.where(np.append(lines[1:] == lines[:-1] + 1, False), np.append(counts[1:], 0), 0)
    together = counts + beside
    chosen = np.flatnonzero(together >= LEAST_HITS)
    by_track: dict[int, list[tuple[int, int, int]]] = {}
    for index in chosen[np.argsort(-together[chosen], kind="stable")].tolist():
        value = int(lines[index])
        here = order[begins[index] : begins[index] + counts[index]]
        mid = int(np.median(lag[here]))
        by_track.setdefault(value >> 32, []).append((int(together[index]), (value >> 26) & 63, mid))
    for number, candidates in by_track.items():
        track, its_words = tracks[number]
        for _, which, its_lag in candidates[:MOST_LINES]:
            yield from _along(parts[which].words, its_words, its_lag, track=track, playing=which)


def _along(set_words: Words, words: Words, lag: int, *, track: int, playing: int) -> Iterator[LineCandidate]:
    """Stretches of a line in which set and track agree."""
    first, last = max(0, lag), min(len(set_words), lag + len(words))
    blocks = (last - first) // BLOCK_WORDS
    if blocks < 2:
        return
    rates = np.stack([_error_rates(set_words, words, lag + sway, first, blocks)
                      for sway in range(-_SWAY_WORDS, _SWAY_WORDS + 1)])  # fmt: skip
    best = rates.min(axis=0)
    for start, stop in _stretches(ALIKE_RATE - best):
        here = slice(start, stop)
        swayed = rates[:, here].mean(axis=1).argmin() - _SWAY_WORDS
        yield LineCandidate(
            track=track, playing=playing, lag=int(lag + swayed), first=first + start * BLOCK_WORDS,
            last=first + stop * BLOCK_WORDS, score=float((ALIKE_RATE - best[here]).sum()),
            error_rate=float(best[here].mean()),
        )  # fmt: skip


def _error_rates(set_words: Words, words: Words, lag: int, first: int, blocks: int) -> npt.NDArray[np.float64]:
    """Share of wrong bits in each block; 0.5 if either is silent or missing."""
    at = np.arange(first, first + blocks * BLOCK_WORDS)
    its = at - lag
    inside = (its >= 0) & (its < len(words))
    here, there = set_words[at], words[np.clip(its, 0, len(words) - 1)]
    wrong = Fingerprint.set_bits()[here ^ there].astype(np.float64) / Fingerprint.WORD_BITS
    wrong[~inside | (here == 0) | (there == 0)] = 0.5
    return wrong.reshape(blocks, BLOCK_WORDS).mean(axis=1)


def _stretches(gains: npt.NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """Maximal-sum stretches of the gains, one after the other; distant stretches stay separate."""
    total, start, best, stop = 0.0, 0, 0.0, 0
    for index, gain in enumerate([*gains.tolist(), -np.inf]):
        if total <= 0.0:
            total, start, best, stop = 0.0, index, 0.0, index
        total += gain
        if total > best:
            best, stop = total, index + 1
        if index - stop >= _GAP_BLOCKS or gain == -np.inf or total <= 0.0:
            if best >= LEAST_SCORE:
                yield start, stop
            total, start, best, stop = 0.0, index + 1, 0.0, index + 1


def best_of(
    candidates: Iterable[LineCandidate], parts: Sequence[SetWords], *, most_shared: float = 0.4
) -> list[LineCandidate]:
    """Candidates of a track that overlap little with a better candidate."""
    best: list[tuple[float, float, LineCandidate]] = []
    for candidate in sorted(candidates, key=lambda each: -each.score):
        begin, end = (at / parts[candidate.playing].playing.speed for at in (candidate.first, candidate.last))
        shared = sum(max(0.0, min(end, its_end) - max(begin, its_begin)) for its_begin, its_end, _ in best)
        if shared <= most_shared * (end - begin):
            best.append((begin, end, replace(candidate)))
    return [candidate for _, _, candidate in best]
