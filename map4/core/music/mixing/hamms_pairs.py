"""HAMMS similarity of many pairs at once, and the percentile of a value among the pairs of a library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from map4.core.base.records import Json, Ordinal, Record
from map4.core.music.analysis.analysis import HAMMS_SIZE
from map4.core.music.track.hamms import CLOSENESS_SHARE, COSINE_SHARE, HAMMS_WEIGHTS, MINIMUM_SHARED

FloatArray = NDArray[np.float64]

MOST_PAIRS = 100_000  # the number of pairs sampled: far more than the first decimal of a percentile needs

LEAST_PAIRS = 100  # with fewer pairs (14 tracks or less) there is no percentile: a pair would be more than a percent

SAMPLED_TRACKS = 2000
"""The number of tracks from which pairs are sampled: the standard error of a percentile is then below 1
(at most .65 in a trial with 100,000 synthetic vectors in ten clusters).
"""


def hamms_rows(vectors: Sequence[Sequence[float | None]] | FloatArray) -> FloatArray:
    """Vectors as an array of shape (n, 12), NaN if unknown."""
    if isinstance(vectors, np.ndarray):
        return vectors
    rows = [[np.nan if value is None else value for value in vector] for vector in vectors]
    return np.array(rows, dtype=np.float64).reshape(len(rows), HAMMS_SIZE)


def hamms_similarities(a: FloatArray, b: FloatArray) -> FloatArray:
    """The similarity of `map4.core.music.track.hamms.compare_hamms` for many pairs.

    a, b: shapes (..., 12), which are broadcast; NaN if unknown
    returns: shape (...); NaN with fewer than `MINIMUM_SHARED` numbers known on both sides
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
    # Summing twelve numbers with numpy takes several times as long.
    dots: FloatArray = np.einsum("...k,...k->...", a, b)
    return dots


class PairDistribution(Record, eq=False, members="tracks pairs"):
    """The similarities of many pairs of a library, as reference for a single pair.

    tracks: the number of tracks from which the pairs were sampled
    similarities: ascending, one per comparable pair
    """

    tracks: Annotated[int, Json(minimum=2)]
    similarities: FloatArray

    @property
    def pairs(self) -> Ordinal:
        """The number of compared pairs."""
        return len(self.similarities)

    @property
    def is_enough(self) -> bool:
        """True if there are enough pairs for a percentile."""
        return self.pairs >= LEAST_PAIRS

    def percentile(self, similarity: float) -> float | None:
        """The share of less similar pairs, in percent (0-100); equal pairs count half.

        None with fewer than `LEAST_PAIRS` pairs.
        """
        if not self.is_enough:
            return None
        below, up_to = (int(np.searchsorted(self.similarities, similarity, side)) for side in ("left", "right"))
        return 100.0 * (below + up_to) / (2 * self.pairs)


def pair_distribution(
    vectors: Sequence[Sequence[float | None]] | FloatArray, *, most_pairs: int = MOST_PAIRS
) -> PairDistribution:
    """Compare the pairs of vectors: all, or a sample of `most_pairs`.

    Each vector is paired with the same number of its successors, wrapping around at the end, so that all vectors count
    equally and the result is reproducible.

    vectors: twelve numbers each, None if unknown, or as `hamms_rows` returns them. For sampling, their order must not
        depend on the music: the order of audio ids, which are hashes, does not.
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
