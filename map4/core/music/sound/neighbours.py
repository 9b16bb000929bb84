"""Find similar tracks in a library by sound, by HAMMS, or by mixing compatibility.

The search is exact over the whole matrix: 100,000 tracks take a few milliseconds, so an approximate index is not worth
maintaining.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.sound import SOUND_GROUPS, SOUND_SIZE
from map4.core.music.mixing.hamms_pairs import hamms_similarities
from map4.core.music.mixing.many import MixColumns, mix_scores

FloatArray = npt.NDArray[np.float32]

ALIKE, MOST_KINDS = 0.4, 12
"""From this similarity on, wanted tracks count as one kind of music, and the maximum number of kinds. Of unrelated
pairs .95 are below .22 to .33."""
LESS = 0.5  # weight of tracks that results should be unlike: at 1, two similar tracks would leave only their noise
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

_BLOCK_ROWS = 8192
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

    @staticmethod
    def fit(vectors: npt.ArrayLike) -> SoundSpace:
        """Fit the space of a library: standardise, weigh the groups, and from 100 tracks rotate to 48 components.

        vectors: shape (n, 128), all tracks of the library, n >= 2
        """
        raw = np.asarray(vectors)
        if len(raw) < 2:
            raise ValueError(f"a space needs at least two vectors, got {len(raw)}")
        sample = raw[:: -(-len(raw) // FIT_TRACKS)].astype(np.float64)
        weight = np.concatenate([np.full(g.size, g.weight / np.sqrt(g.size)) for g in SOUND_GROUPS])
        spread = sample.std(axis=0)
        # Constant numbers carry no information and must not be amplified.
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


def sound_similarities(directions: FloatArray, wanted: FloatArray) -> FloatArray:
    """The similarity of every track to the mean of some tracks.

    directions: shape (n, k), from `SoundSpace.project`
    wanted: shape (m, k), m >= 1
    returns: shape (n,), cosines, -1 to 1: 1 the same, about 0 unrelated
    """
    similarities: FloatArray = directions @ unit_rows(wanted.mean(axis=0, keepdims=True))[0]
    return np.clip(similarities, -1.0, 1.0, out=similarities)


def kinds_of(wanted: FloatArray) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """Groups of tracks that sound alike: the mean of several kinds of music is like none of them.

    wanted: shape (m, k), unit rows, m >= 1
    returns: the direction of each group, shape (v, k), and the number of its tracks
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
    return unit_rows(sums), counts


def in_turn(each: Sequence[FloatArray], counts: npt.NDArray[np.intp], known: FloatArray) -> npt.NDArray[np.float64]:
    """The place of each track if groups choose in turn, each as often as it has tracks; NaN if unknown.

    each: the similarity of every track to each group, shape (n,)
    known: of every track to its nearest group; NaN if the track is no result
    """
    nearest, turns = np.argmax(np.nan_to_num(each, nan=-2.0), axis=0), np.full(len(known), np.nan)
    for kind, count in enumerate(counts.tolist()):
        rows = np.flatnonzero((nearest == kind) & np.isfinite(known))
        turns[rows[np.argsort(-known[rows], kind="stable")]] = (np.arange(len(rows)) + 0.5) / count
    return turns


def less_like(
    kinds: FloatArray, counts: npt.NDArray[np.intp], less: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """The directions to groups of tracks and away from the mean of others, by `LESS`; groups that sound like these are
    dropped if there are others."""
    away = unit_rows(less.mean(axis=0, keepdims=True))
    stays = (kinds @ away[0] < ALIKE) | bool((kinds @ away[0] >= ALIKE).all())
    return unit_rows(kinds - LESS * away)[stays], counts[stays]


def mean_hamms_similarities(
    vectors: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The mean HAMMS similarity of every track to those of some tracks that are comparable.

    vectors: shape (n, 12), 0-1, NaN if unknown
    wanted: shape (m, 12)
    returns: shape (n,), 0-1; NaN if too little is known on both sides
    """
    return _known_mean(np.stack([hamms_similarities(row, vectors) for row in wanted]))


def mean_compatibilities(columns: MixColumns, wanted: MixColumns) -> npt.NDArray[np.float64]:
    """The mean mixing compatibility of some tracks with every track; shape (n,), 0-1."""
    means = np.empty(len(columns.bpm))
    for start in range(0, len(means), _BLOCK_ROWS):  # blocks that fit the CPU cache take half the time
        block = slice(start, start + _BLOCK_ROWS)
        means[block] = mix_scores(wanted[:, None], columns[block]).total.mean(axis=0)
    return means


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


def _descending(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    doubles: npt.NDArray[np.float64] = values.astype(np.float64)
    return -np.round(doubles, 6)
