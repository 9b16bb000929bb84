"""Find recordings that may be the same without comparing all pairs.

A key joins two words of a fingerprint that are a second apart. Most keys of a recording recur in its copies and hardly
any in other recordings, so only recordings that share some keys are compared in full. Only the lowest keys of a
recording count (a "bottom-k sketch" [1]), so copies choose the same keys.

[1] Broder, "On the resemblance and containment of documents", Compression and Complexity of Sequences, 1997.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.music.sound.fingerprints import Fingerprint, Words

Keys = npt.NDArray[np.uint32]
Pairs = npt.NDArray[np.int64]

MOST_KEYS = 100
"""So many of a recording. Copies share at least 8 (half a word beside each other, 5 s cut at both ends), and with a
speed 1 % off 4; other recordings none (docs/doctor.md)."""
LEAST_SHARED, LEAST_SHARED_OF_MANY = 2, 3
"""Recordings that share fewer keys are not compared; the lower limit is for short recordings with fewer keys."""
# Beyond this many owners of a key, each is compared only with the next owner: copies of a recording are still joined,
# and what many recordings have in common costs little.
_MOST_OWNERS = 32
_KEY_BITS, _LOW_HALF = np.uint64(32), np.uint64(0xFFFFFFFF)
_KEYS_AT_ONCE = 1_000_000  # sorting a part at a time bounds the memory
# With more hashes than this, only those among the lowest (three times the wanted number) are sorted.
_MANY, _LOWEST = 500, 3
# A copy begins where most shared keys indicate, to within a word or two.
_NEAR_WORDS = 2
_LIKELY_LAGS = 3  # loops agree at many lags: the short ones are tried first
# No other lag of the same music has an error rate this low.
_SURELY_HERE = 0.1
# One word off the right lag, copies differ in fewer bits than this; other recordings hardly ever.
_WORTH_A_LOOK = 0.42


def sound_keys(words: Words) -> Keys:
    """Return the keys of a fingerprint, ascending; at most `MOST_KEYS`, none for silence."""
    hashes, _ = _hashes(words)
    # Three times the wanted number of lowest hashes is nearly always enough; loops repeat the same hashes.
    few = hashes[hashes < (_LOWEST * MOST_KEYS << 32) // max(len(hashes), 1)] if len(hashes) > _MANY else hashes
    keys = _unique(few)
    return (keys if len(keys) >= MOST_KEYS else _unique(hashes))[:MOST_KEYS]


def _unique(values: Keys) -> Keys:
    """Return the distinct values, ascending; faster than numpy's own function for this few."""
    ordered = np.sort(values)
    is_first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    return ordered[is_first]


def _hashes(words: Words) -> tuple[Keys, npt.NDArray[np.int64]]:
    """Return the key of each place, and the places that have a key."""
    first, second = words[: -Fingerprint.KEY_GAP_WORDS], words[Fingerprint.KEY_GAP_WORDS :]
    places = np.flatnonzero((first != 0) & (second != 0))
    return Fingerprint.keys(first, second)[places], places


def pairs_to_compare(keys: Keys, sizes: npt.NDArray[np.int64], is_new: npt.NDArray[np.bool_]) -> Pairs:
    """Return pairs of recordings that share keys, at least one of them new.

    keys: the keys of all recordings, concatenated
    sizes: shape (n,), number of keys per recording
    is_new: shape (n,)
    returns: shape (m, 2), numbers of recordings, the lower first; sorted.
    """
    owners = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    if not is_new.all():
        of_new = is_new[owners]
        # Old recordings matter only if they share a key with a new recording.
        of_new |= np.isin(keys, np.unique(keys[of_new]))
        keys, owners = keys[of_new], owners[of_new]
    # In parts, as all keys at once would take several times their memory.
    parts = max(1, len(keys) // _KEYS_AT_ONCE)
    found_pairs = [np.zeros(0, dtype=np.uint64)]
    for part in range(parts):
        here = keys % np.uint32(parts) == part
        owned = keys[here].astype(np.uint64)
        owned <<= _KEY_BITS
        owned |= owners[here]
        owned.sort()
        found_pairs += _shared(owned)
    shared = np.concatenate(found_pairs)
    shared.sort()
    begins = _begins(shared)
    counts = np.diff(np.append(begins, len(shared)))
    chosen, counts = shared[begins[counts >= LEAST_SHARED]], counts[counts >= LEAST_SHARED]
    pairs = np.stack([chosen >> _KEY_BITS, chosen & _LOW_HALF], axis=1).astype(np.int64)
    is_enough = (counts >= LEAST_SHARED_OF_MANY) | (sizes[pairs] < MOST_KEYS).any(axis=1)
    return pairs[is_enough & is_new[pairs].any(axis=1)]


def _shared(owned: npt.NDArray[np.uint64]) -> Iterator[npt.NDArray[np.uint64]]:
    """Yield pairs of owners of a key, the lower in the high bits; `owned` is sorted by key and owner."""
    begins = _begins(owned >> _KEY_BITS)
    counts = np.diff(np.append(begins, len(owned)))
    owner = owned & _LOW_HALF
    for count in np.unique(counts[counts > 1]).tolist():
        firsts = begins[counts == count]
        furthest = count if count <= _MOST_OWNERS else 2
        for step in range(1, furthest):
            for place in range(count - step):
                yield owner[firsts + place] << _KEY_BITS | owner[firsts + place + step]


def _begins(ordered: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return where each run of equal values begins."""
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.concatenate([np.zeros(min(1, len(ordered)), dtype=np.int64), changes])


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintMatch:
    """The similarity of two fingerprints at their best lag.

    error_rate: share of differing bits, 0-1; about 0.5 for different recordings
    lag_s: how much later the first begins in its file
    alone_s: sound of the longer recording that the other lacks
    """

    error_rate: float
    lag_s: float
    alone_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A fingerprint, prepared for several comparisons.

    hashes, places: its distinct keys, ascending, and the first place of each
    sounding: words that are not silent
    """

    words: Words
    hashes: Keys
    places: npt.NDArray[np.int64]
    sounding: int

    @classmethod
    def of(cls, words: Words) -> Sound:
        """Prepare a fingerprint."""
        hashes, places = _hashes(words)
        # Packed into single numbers, this sorts several times as fast as an argsort.
        placed = np.sort(hashes.astype(np.uint64) << _KEY_BITS | places.astype(np.uint64))
        first = placed[_begins(placed >> _KEY_BITS)]
        return cls(
            words,
            (first >> _KEY_BITS).astype(np.uint32),
            (first & _LOW_HALF).astype(np.int64),
            int(np.count_nonzero(words)),
        )


def compare_sounds(first: Sound, second: Sound) -> FingerprintMatch | None:
    """Compare two fingerprints at the lags with the most shared keys.

    returns: None if they share no key, or have too little sound in common.
    """
    best: FingerprintMatch | None = None
    for likely in _likely_lags(first, second):
        likeness = _likeness(first, second, likely)
        if likeness is not None and likeness.error_rate < _WORTH_A_LOOK:
            beside = (step for step in range(-_NEAR_WORDS, _NEAR_WORDS + 1) if step)
            around = [likeness, *(_likeness(first, second, likely + step) for step in beside)]
            likeness = min(
                (likeness for likeness in around if likeness is not None), key=lambda other: other.error_rate
            )
        if likeness is not None and (best is None or likeness.error_rate < best.error_rate):
            best = likeness
        if best is not None and best.error_rate < _SURELY_HERE:
            break
    return best


def _likeness(first: Sound, second: Sound, lag: int) -> FingerprintMatch | None:
    mine, other = first.words[max(0, lag) :], second.words[max(0, -lag) :]
    size = min(mine.size, other.size)
    mine, other = mine[:size], other[:size]
    both = (mine != 0) & (other != 0)  # silent words are 0, and would agree everywhere
    count = int(np.count_nonzero(both))
    if not Fingerprint.is_enough_overlap(count, min(first.sounding, second.sounding)):
        return None
    wrong = int(Fingerprint.set_bits()[mine ^ other].sum(where=both, dtype=np.int64))
    return FingerprintMatch(
        error_rate=wrong / (Fingerprint.WORD_BITS * count),
        lag_s=lag / Fingerprint.RATE_HZ,
        alone_s=(max(first.sounding, second.sounding) - count) / Fingerprint.RATE_HZ,
    )


def _likely_lags(first: Sound, second: Sound) -> list[int]:
    """Return the lags, in words, at which two fingerprints share most keys, the likeliest first.

    Music made of loops has many such lags; the right lag is nearly always short.
    """
    if not len(second.hashes):
        return []
    at = np.searchsorted(second.hashes, first.hashes)
    at[at == len(second.hashes)] = 0
    known = second.hashes[at] == first.hashes
    lags, votes = np.unique(first.places[known] - second.places[at[known]], return_counts=True)
    ordered = lags[np.argsort(-votes, kind="stable")]
    near = ordered[np.abs(ordered) <= Fingerprint.MAX_LAG_S * Fingerprint.RATE_HZ][:_LIKELY_LAGS]
    return list(dict.fromkeys([*near.tolist(), *ordered[:_LIKELY_LAGS].tolist()]))
