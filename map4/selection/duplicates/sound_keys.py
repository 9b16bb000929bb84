"""Which recordings of a library may be the same, found without comparing each with each.

A key joins two words of a fingerprint that lie a second apart. Most keys of a recording come again in its copies, and
hardly any in other recordings, so that two which share some are compared in full. Of each recording the lowest keys
count (a "bottom-k sketch" [1]_): copies choose the same ones.

References
----------
.. [1] Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences, 1997.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.domain.sound import FINGERPRINT_RATE_HZ
from map4.selection.fingerprints import WORD_BITS, Words, is_enough_overlap, set_bits

Keys = npt.NDArray[np.uint32]
Pairs = npt.NDArray[np.int64]

MOST_KEYS = 100
"""So many of a recording. Copies share at least 8 (half a word beside each other, 5 s cut at both ends), and with a
speed 1 % off 4; other recordings none (docs/duplicates.md)."""
LEAST_SHARED = 2
"""Recordings that share fewer are not compared."""
KEY_GAP_WORDS = 5
""".95 s: the windows of two words so far apart hardly overlap, so that together they say twice as much."""
# Owners of one key beyond so many are only compared with the next of them: copies of one recording are still joined,
# and what many recordings have in common costs little.
_MOST_OWNERS = 32
# Multiplicative hashing (Knuth): the golden ratio of 64 bits.
_HASH = np.uint64(0x9E3779B97F4A7C15)
_KEY_BITS = np.uint64(32)
# Where most shared keys say that a copy begins, it does, to a word or two.
_NEAR_WORDS = 2
_LIKELY_LAGS = 3


def sound_keys(words: Words) -> Keys:
    """The keys of a fingerprint, ascending; at most `MOST_KEYS`, none where all is silent."""
    hashes, _ = _hashes(words)
    return np.unique(hashes)[:MOST_KEYS]


def _hashes(words: Words) -> tuple[Keys, npt.NDArray[np.int64]]:
    """The key of each place, and the places that have one."""
    first, second = words[:-KEY_GAP_WORDS].astype(np.uint64), words[KEY_GAP_WORDS:].astype(np.uint64)
    places = np.flatnonzero((first != 0) & (second != 0))
    joined = first[places] << np.uint64(WORD_BITS) | second[places]
    return ((joined * _HASH) >> _KEY_BITS).astype(np.uint32), places


def pairs_to_compare(keys: Sequence[Keys], is_new: npt.NDArray[np.bool_]) -> Pairs:
    """Recordings that share keys, one of them new at least.

    Parameters
    ----------
    keys : of each recording
    is_new : shape (n,)

    Returns
    -------
    shape (m, 2), places in `keys`, the lower first; sorted.
    """
    sizes = np.fromiter(map(len, keys), dtype=np.int64, count=len(keys))
    flat = np.concatenate(keys) if len(keys) else np.zeros(0, dtype=np.uint32)
    owned = flat.astype(np.uint64)
    owned <<= _KEY_BITS
    owned |= np.repeat(np.arange(len(keys), dtype=np.uint64), sizes)
    if not is_new.all():
        of_new = np.repeat(is_new, sizes)
        owned = owned[of_new | np.isin(flat, np.unique(flat[of_new]))]
    del flat
    owned.sort()
    found = np.concatenate([np.zeros(0, dtype=np.uint64), *_shared(owned)])
    del owned
    found.sort()
    begins = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1]])) if len(found) else np.zeros(0, np.int64)
    counts = np.diff(np.append(begins, len(found)))
    chosen = found[begins[counts >= LEAST_SHARED]]
    pairs = np.stack([chosen >> _KEY_BITS, chosen & np.uint64(0xFFFFFFFF)], axis=1).astype(np.int64)
    return pairs[is_new[pairs].any(axis=1)]


def _shared(owned: npt.NDArray[np.uint64]) -> Iterator[npt.NDArray[np.uint64]]:
    """Two owners of a key each, the lower in the high bits; `owned` is sorted by key and owner."""
    key = (owned >> _KEY_BITS).astype(np.uint32)
    begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    counts = np.diff(np.append(begins, len(key)))
    owner = (owned & np.uint64(0xFFFFFFFF)).astype(np.uint64)
    for count in np.unique(counts[counts > 1]).tolist():
        firsts = begins[counts == count]
        furthest = count if count <= _MOST_OWNERS else 2
        for step in range(1, furthest):
            for place in range(count - step):
                yield owner[firsts + place] << _KEY_BITS | owner[firsts + place + step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two fingerprints are where they agree best.

    Parameters
    ----------
    error_rate : share of differing bits, 0-1; about .5 for other recordings
    lag_s : how much later the first begins in its file
    alone_s : sound of the longer one that the other does not have
    """

    error_rate: float
    lag_s: float
    alone_s: float


def compare_sounds(first: Words, second: Words) -> Likeness | None:
    """Compare two fingerprints, at the lags at which they share most keys.

    Returns
    -------
    None where they share no key, or too little sound to tell.
    """
    lags = _likely_lags(first, second)
    best: tuple[float, int, int] | None = None
    sounding = int(np.count_nonzero(first)), int(np.count_nonzero(second))
    for lag in lags:
        mine, other = first[max(0, lag) :], second[max(0, -lag) :]
        size = min(mine.size, other.size)
        mine, other = mine[:size], other[:size]
        both = (mine != 0) & (other != 0)
        count = int(np.count_nonzero(both))
        if not is_enough_overlap(count, min(sounding)):
            continue
        rate = int(set_bits()[(mine ^ other)[both]].sum()) / (WORD_BITS * count)
        if best is None or rate < best[0]:
            best = rate, lag, count
    if best is None:
        return None
    rate, lag, count = best
    return Likeness(
        error_rate=rate,
        lag_s=lag / FINGERPRINT_RATE_HZ,
        alone_s=(max(sounding) - count) / FINGERPRINT_RATE_HZ,
    )


def _likely_lags(first: Words, second: Words) -> list[int]:
    """Lags, in words, at which two fingerprints share most keys, and those beside them."""
    (mine, at), (other, there) = _hashes(first), _hashes(second)
    order = np.argsort(other, kind="stable")
    other, there = other[order], there[order]
    begin, end = np.searchsorted(other, mine), np.searchsorted(other, mine, side="right")
    # A key that comes often says little of where; the first place of each is enough to vote.
    known = end > begin
    lags = np.concatenate([at[known] - there[begin[known]], at[known] - there[end[known] - 1]])
    if not len(lags):
        return []
    values, votes = np.unique(lags, return_counts=True)
    likely = values[np.argsort(-votes, kind="stable")[:_LIKELY_LAGS]]
    return sorted({int(lag) + beside for lag in likely for beside in range(-_NEAR_WORDS, _NEAR_WORDS + 1)})
