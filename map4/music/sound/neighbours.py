"""Nearest tracks: how alike one track is to every other of a library, by sound, by HAMMS, or by how well they mix.

Exact search over the whole matrix: a hundred thousand tracks take some milliseconds, and an index that guesses would
have to be kept true for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.music.analysis.sound import SOUND_GROUPS, SOUND_SIZE
from map4.music.mixing.hamms_pairs import hamms_similarities
from map4.music.mixing.many import MixColumns, mix_scores

FloatArray = npt.NDArray[np.float32]

LEAST_TRACKS = 8
"""Fewer do not tell what is usual, and so not what is alike either."""
CLIP = 4.0
"""Standard deviations; one odd number may not decide alone."""
PCA_FROM_TRACKS = 100
"""From so many tracks on the numbers' common directions are known well enough: half a track then finds its other half
in .89 of cases instead of .85, nearly as many as with 204 (findings had 500; see docs/similar.md)."""
COMPONENTS = 48
"""32 find less; 96 find no more and lose genre."""
WHITENING = 0.4
"""Components are divided by their standard deviation to this power. 1, which makes all count the same, finds the same
track as well and loses genre: mean average precision .50 instead of .60."""
FIT_TRACKS = 10_000
"""A space is fitted on at most so many tracks, evenly taken."""

_BLOCK_ROWS = 8192
_ROUNDED_AWAY = 2e-6
_LEAST_SPREAD = 1e-4
_LEAST_VARIANCE = 1e-9  # of the first component's; below is rounding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SoundSpace:
    """Where the sound vectors of one library are comparable: the cosine between two is their similarity.

    mean: shape (128,)
    scale: shape (128,), weight over standard deviation
    limit: shape (128,), where a scaled number is cut off
    projection: shape (128, k), k = 48; below `PCA_FROM_TRACKS` it changes nothing, and k = 128
    centre: shape (k,), the projected mean, which is taken off
    """

    mean: FloatArray
    scale: FloatArray
    limit: FloatArray
    projection: FloatArray
    centre: FloatArray

    def project(self, vectors: npt.ArrayLike) -> FloatArray:
        """Directions of vectors in this space.

        vectors: shape (n, 128), raw numbers as in `Analysis.sound`; half precision will do
        returns: shape (n, k), each row of length 1 (0 for a vector exactly at the centre).
        """
        raw = np.asarray(vectors)
        out = np.empty((len(raw), self.projection.shape[1]), dtype=np.float32)
        for start in range(0, len(raw), _BLOCK_ROWS):
            block = self.weighted(raw[start : start + _BLOCK_ROWS]) @ self.projection
            block -= self.centre
            out[start : start + _BLOCK_ROWS] = unit_rows(block)
        return out

    def weighted(self, raw: npt.NDArray[Any]) -> FloatArray:
        """Standardised and weighted numbers, before the projection; shape (n, 128) in and out."""
        weighted: FloatArray = raw.astype(np.float32)
        weighted -= self.mean
        weighted *= self.scale
        return np.clip(weighted, -self.limit, self.limit, out=weighted)


def fit_sound_space(vectors: npt.ArrayLike) -> SoundSpace:
    """Fit the space of a library: standardise, weigh the groups, and from 100 tracks on rotate to 48 components.

    vectors: shape (n, 128), of all its tracks, n >= 2
    """
    raw = np.asarray(vectors)
    if len(raw) < 2:
        raise ValueError(f"a space needs at least two vectors, got {len(raw)}")
    sample = raw[:: -(-len(raw) // FIT_TRACKS)].astype(np.float64)
    weight = np.concatenate([np.full(g.size, g.weight / np.sqrt(g.size)) for g in SOUND_GROUPS])
    spread = sample.std(axis=0)
    # What is the same everywhere tells nothing apart, and must not be blown up.
    scale = np.where(spread > _LEAST_SPREAD, weight / np.maximum(spread, _LEAST_SPREAD), 0.0)
    space = SoundSpace(
        mean=sample.mean(axis=0).astype(np.float32),
        scale=scale.astype(np.float32),
        limit=(CLIP * weight).astype(np.float32),
        projection=np.eye(SOUND_SIZE, dtype=np.float32),
        centre=np.zeros(SOUND_SIZE, dtype=np.float32),
    )
    return space if len(raw) < PCA_FROM_TRACKS else _rotated(space, sample)


def _rotated(space: SoundSpace, sample: npt.NDArray[np.float64]) -> SoundSpace:
    """The same space turned to its main directions, the strongest of which are held back."""
    weighted = space.weighted(sample)
    variances, directions = np.linalg.eigh(np.cov(weighted, rowvar=False, dtype=np.float64))
    variances, directions = variances[::-1][:COMPONENTS], directions[:, ::-1][:, :COMPONENTS]
    known = variances > variances[0] * _LEAST_VARIANCE
    projection = (directions[:, known] / variances[known] ** (WHITENING / 2.0)).astype(np.float32)
    return replace(space, projection=projection, centre=weighted.mean(axis=0) @ projection)


def unit_rows(rows: FloatArray) -> FloatArray:
    """Each row divided by its length; rows of zeros stay so."""
    lengths = np.sqrt(np.einsum("nk,nk->n", rows, rows))
    return rows / np.maximum(lengths, np.finfo(np.float32).tiny)[:, None]


def sound_similarities(directions: FloatArray, wanted: FloatArray) -> FloatArray:
    """Similarity of every track to the mean of some.

    directions: shape (n, k), of `SoundSpace.project`
    wanted: shape (m, k), m >= 1
    returns: shape (n,), cosines, -1 to 1: 1 the same, about 0 unrelated.
    """
    similarities: FloatArray = directions @ unit_rows(wanted.mean(axis=0, keepdims=True))[0]
    return np.clip(similarities, -1.0, 1.0, out=similarities)


def mean_hamms_similarities(
    vectors: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """HAMMS similarity of every track to some: the mean over those that can be compared.

    vectors: shape (n, 12), 0-1, NaN where unknown
    wanted: shape (m, 12)
    returns: shape (n,), 0-1; NaN where too little is known on both sides.
    """
    return _known_mean(np.stack([hamms_similarities(row, vectors) for row in wanted]))


def mean_compatibilities(columns: MixColumns, wanted: MixColumns) -> npt.NDArray[np.float64]:
    """How well some tracks mix into every track: the mean; shape (n,), 0-1."""
    found = np.empty(len(columns.bpm))
    for start in range(0, len(found), _BLOCK_ROWS):  # what fits into the processor's cache is done in half the time
        block = slice(start, start + _BLOCK_ROWS)
        found[block] = mix_scores(wanted[:, None], columns[block]).total.mean(axis=0)
    return found


def _known_mean(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.divide(total, count, out=np.full(rows.shape[1], np.nan), where=count > 0)


def ranking(
    similarities: npt.NDArray[np.floating[Any]],
    *,
    then: npt.NDArray[np.floating[Any]] | None = None,
    most: int | None = None,
) -> npt.NDArray[np.intp]:
    """Positions from the most to the least similar, unknown ones left out; ties stay in their order.

    Rounded to a millionth, so that another order of a sum does not change the answer.

    similarities: shape (n,), NaN where unknown
    then: shape (n,), decides ties first; without NaN
    most: no more than so many are wanted
    """
    rows = np.flatnonzero(np.isfinite(similarities))
    if most is not None and 0 < most < len(rows):
        # Only those that can be among them are rounded and sorted: to sort a million takes longer than to compare them.
        known = similarities[rows]
        rows = rows[known >= np.partition(known, -most)[-most] - _ROUNDED_AWAY]
    ties = np.zeros(len(rows)) if then is None else _descending(then[rows])
    return rows[np.lexsort((ties, _descending(similarities[rows])))][:most]


def _descending(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    doubles: npt.NDArray[np.float64] = values.astype(np.float64)
    return -np.round(doubles, 6)
