"""HAMMS similarity of many pairs at once, and where one value stands among the pairs of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from map4.base.records import Json, Ordinal, Record
from map4.music.analysis.analysis import HAMMS_SIZE
from map4.music.track.hamms import CLOSENESS_SHARE, COSINE_SHARE, HAMMS_WEIGHTS, MINIMUM_SHARED

FloatArray = NDArray[np.float64]

MOST_PAIRS = 100_000
"""So many pairs are looked at: far more than the first decimal of a percentile needs."""

LEAST_PAIRS = 100
"""Among fewer pairs (14 tracks or less) there is no percentile: one pair would be worth more than a percent."""

SAMPLED_TRACKS = 2000
"""So many tracks of a library are enough to draw pairs from: the standard error of a percentile is then below 1
(.65 at most in a trial on 100,000 made-up vectors in ten clusters)."""


def hamms_rows(vectors: Sequence[Sequence[float | None]] | FloatArray) -> FloatArray:
    """Vectors as an array of shape (n, 12), NaN where unknown."""
    if isinstance(vectors, np.ndarray):
        return vectors
    rows = [[np.nan if value is None else value for value in vector] for vector in vectors]
    return np.array(rows, dtype=np.float64).reshape(len(rows), HAMMS_SIZE)


def hamms_similarities(a: FloatArray, b: FloatArray) -> FloatArray:
    """The similarity of `map4.music.track.hamms.compare_hamms` for many pairs.

    a, b: shapes (..., 12), which are broadcast; NaN where unknown
    returns: Shape (...); NaN with fewer than `MINIMUM_SHARED` numbers known on both sides.
    """
    w = np.array(list(HAMMS_WEIGHTS.values()))
    shared = ~(np.isnan(a) | np.isnan(b))
    wa, wb = np.where(shared, w * a, 0.0), np.where(shared, w * b, 0.0)
    apart, known = wa - wb, shared.astype(np.float64)
    norms = np.sqrt(_dot(wa, wa)) * np.sqrt(_dot(wb, wb))
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.where(norms > 0.0, np.minimum(1.0, _dot(wa, wb) / norms), 0.0)
        distance = np.sqrt(_dot(apart, apart) / (known @ w**2))
    similarity: FloatArray = CLOSENESS_SHARE * (1.0 - distance) + COSINE_SHARE * cosine
    similarity[known @ np.ones(HAMMS_SIZE) < MINIMUM_SHARED] = np.nan
    return similarity


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    # A sum over twelve numbers takes numpy several times as long.
    found: FloatArray = np.einsum("...k,...k->...", a, b)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairDistribution(Record, members="tracks pairs"):
    """The similarities of many pairs of a library, against which one pair is read.

    tracks: how many tracks the pairs were drawn from
    similarities: ascending, one for each pair that can be compared
    """

    tracks: Annotated[int, Json(minimum=2)]
    similarities: FloatArray

    @property
    def pairs(self) -> Ordinal:
        """How many pairs were looked at."""
        return len(self.similarities)

    @property
    def is_enough(self) -> bool:
        """Whether there are pairs enough for a percentile."""
        return self.pairs >= LEAST_PAIRS

    def percentile(self, similarity: float) -> float | None:
        """The share of pairs that are less alike than this, in percent (0-100); of equal pairs half are counted.

        None where there are fewer than `LEAST_PAIRS` pairs.
        """
        if not self.is_enough:
            return None
        below, up_to = (int(np.searchsorted(self.similarities, similarity, side)) for side in ("left", "right"))
        return 100.0 * (below + up_to) / (2 * self.pairs)


def pair_distribution(
    vectors: Sequence[Sequence[float | None]] | FloatArray, *, most_pairs: int = MOST_PAIRS
) -> PairDistribution:
    """Look at the pairs among vectors: all of them, or `most_pairs` at most.

    Each vector is paired with the same number of those that follow it, round the end, so that every vector counts
    alike and the same vectors give the same pairs.

    vectors: each of twelve numbers, None where unknown, or as `hamms_rows` gives them. Where there are more pairs
        than `most_pairs` their order must say nothing about the music: that of audio ids does not, as these are hashes.
    """
    rows = hamms_rows(vectors)
    n = len(rows)
    if n * (n - 1) // 2 <= most_pairs:
        first, second = np.triu_indices(n, k=1)
    else:
        steps = max(1, most_pairs // n)
        first = np.repeat(np.arange(n), steps)
        second = (first + np.tile(np.arange(1, steps + 1), n)) % n
        first, second = first[:most_pairs], second[:most_pairs]
    similarities = hamms_similarities(rows[first], rows[second])
    return PairDistribution(tracks=n, similarities=np.sort(similarities[~np.isnan(similarities)]))
