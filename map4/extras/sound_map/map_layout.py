"""Lay out the map of the sound: sound vectors in the plane, and the share of neighbours that it keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.music.sound.similarity_tables import SoundSpace
from map4.library import hookspecs

Points = npt.NDArray[np.float64]
Directions = npt.NDArray[np.float32]

NEIGHBOURS = 10  # number of nearest tracks for which closeness in the plane is measured
MOST_LAID_OUT = 5_000
"""Maximum number of tracks laid out in a much larger library, evenly sampled; the others are placed between their
nearest laid-out tracks."""
_ALL_LAID_OUT = 2.4
"""Up to this multiple of the maximum, all tracks are laid out: in a library of 12,000 that keeps .27 of the neighbours,
half of the tracks only .24. In a synthetic library of 20,000, 4,800 keep .071 in half the time of 6,700 (.074)."""
_SAMPLED = 300
_HELD, _APART = 10, 5
"""Number of nearest tracks that attract each track, and of random tracks that repel it in each round."""
_ROUNDS = 200
_SHARE_A_ROUND = 0.35
_SEED = 20260101
_START_SPREAD = 4.0
_MOST_STEP = 4.0
# How attraction fades: UMAP's curve 1 / (1 + a d^2b) for a least distance of 0.25.
_A, _B = 1.121, 1.057
_EVENED = 0.3  # weight of the rank in a coordinate: enlarges clusters and shrinks the empty space between them
_BLOCK_ROWS, _PLANE_ROWS = 1024, 16_384
_LOOKED_AT = 8
"""Number of laid-out tracks around a pivot that are compared, as a multiple of the square root of their number."""
_BLOCK_BYTES = 33_000_000  # memory for inner products computed at once: limits the rows per block for many tracks


@hookspecs.place_sounds.implementation
def place_sounds(vectors: npt.NDArray[np.float32]) -> tuple[Points, float] | None:
    """Lay sound vectors out in the plane so that neighbours stay neighbours.

    vectors: shape (n, 128), raw numbers as in `Analysis.sound`
    returns: Places, shape (n, 2), and the share of the ten nearest in sound that are among the ten nearest in the
        plane, 0-1. None for fewer than eight tracks, whose distances make no useful map. Deterministic.

    The objective of UMAP [1] with its sampled repulsion, starting from the two principal components. For 204 pieces
    these keep .24 of the neighbours, the layout .45; if the layout keeps no more, the components are returned.

    [1] McInnes, Healy and Melville, "UMAP: uniform manifold approximation and projection", arXiv:1802.03426.
    """
    if len(vectors) < SoundSpace.LEAST_TRACKS:
        return None
    return place_directions(SoundSpace.fit(vectors).project(vectors))


def place_directions(directions: Directions) -> tuple[Points, float]:
    """`place_sounds` for vectors already projected into a sound space."""
    plane = principal_plane(directions)
    is_few = len(directions) <= _ALL_LAID_OUT * MOST_LAID_OUT
    chosen = np.arange(len(directions))[:: 1 if is_few else -(-len(directions) // MOST_LAID_OUT)]
    laid_out = _laid_out(directions[chosen], plane[chosen])
    points = laid_out if len(chosen) == len(directions) else place_beside(directions, directions[chosen], laid_out)
    layouts = _evened(plane), _evened(points)
    return max(zip(layouts, preserved_neighbours(directions, *layouts), strict=True), key=lambda layout: layout[1])


def principal_plane(directions: npt.ArrayLike) -> Points:
    """The two principal components of vectors.

    directions: shape (n, d), finite
    returns: shape (n, 2), centred on 0; zeros if all vectors are equal. The sign of each axis makes its heaviest weight
        positive, so that the same library gives the same map.
    """
    data = np.asarray(directions)
    if data.ndim != 2 or len(data) < 2:
        return np.zeros((len(data), 2))
    mean = data.mean(axis=0, dtype=np.float64)
    blocks = [slice(start, start + _PLANE_ROWS) for start in range(0, len(data), _PLANE_ROWS)]
    # The covariance is small (d by d) even for a large library.
    _, axes = np.linalg.eigh(sum(part.T @ part for part in (data[block] - mean for block in blocks)))
    chosen = axes[:, ::-1][:, :2]
    heaviest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.sign(chosen[heaviest, np.arange(chosen.shape[1])])
    placed = np.zeros((len(data), 2))
    for block in blocks:
        placed[block, : chosen.shape[1]] = (data[block] - mean) @ chosen
    return placed


def preserved_neighbours(directions: Directions, *planes: Points) -> list[float]:
    """The share of nearest tracks in sound that are among as many nearest in each plane, 0-1; from at most 300
    tracks."""
    sample = np.arange(len(directions))[:: max(1, -(-len(directions) // _SAMPLED))]
    count = min(NEIGHBOURS, len(directions) - 1)
    near = _without(_nearest(directions[sample], directions, count + 1), sample)
    shares = []
    for points in planes:
        # |a - b| is smallest over b where 2ab - b² is largest.
        among = np.column_stack([points, np.square(points).sum(axis=1)]).astype(np.float32)
        asking = among[sample] * np.array((2, 2, 0), np.float32) - np.array((0, 0, 1), np.float32)
        near_on_map = _without(_nearest(asking, among, count + 1), sample)
        shares.append(float((near[:, :, None] == near_on_map[:, None]).sum()) / near.size)
    return shares


def _without(near: npt.NDArray[np.intp], sample: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """The neighbours without the track itself; if copies displaced it, without the last neighbour."""
    is_own = near == sample[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    return near[~is_own].reshape(len(near), -1)


def _laid_out(directions: Directions, points: Points) -> Points:
    rng = np.random.default_rng(_SEED)
    points = points * (_START_SPREAD / max(float(points.std()), 1e-12)) + rng.normal(0.0, 1e-3, points.shape)
    axes = np.ascontiguousarray(points.T)
    count = len(points)
    held = min(_HELD, count - 1)
    ends = _without(_nearest(directions, directions, held + 1), np.arange(count)).ravel()
    starts = np.repeat(np.arange(count), held)
    # Nearer tracks attract in more of the rounds.
    share = _SHARE_A_ROUND * np.tile(np.linspace(1.0, 0.4, held), count)
    pushed = np.repeat(np.arange(count), _APART)
    for round_ in range(_ROUNDS):
        is_drawn = rng.random(len(starts)) < share
        a, b = starts[is_drawn], ends[is_drawn]
        apart = axes[:, a] - axes[:, b]
        square = np.maximum(np.square(apart).sum(axis=0), 1e-12)
        draw = _limited(-2.0 * _A * _B * square ** (_B - 1.0) / (1.0 + _A * square**_B), apart)
        others = rng.integers(count, size=len(pushed))
        apart = axes[:, pushed] - axes[:, others]
        square = np.square(apart).sum(axis=0)
        push = _limited(2.0 * _B / ((1e-3 + square) * (1.0 + _A * square**_B)), apart)
        for axis, drawn, away in zip(axes, draw, push, strict=True):
            moved = np.bincount(a, drawn, count) - np.bincount(b, drawn, count) + np.bincount(pushed, away, count)
            axis += (1.0 - round_ / _ROUNDS) * moved
    return axes.T


def _evened(points: Points) -> Points:
    """The places spread evenly over a square: each axis from 0 to 1, and partly by rank."""
    ranks = points.argsort(axis=0).argsort(axis=0) / (len(points) - 1)
    low, high = points.min(axis=0), points.max(axis=0)
    return (1.0 - _EVENED) * (points - low) / np.maximum(high - low, 1e-12) + _EVENED * ranks


def _limited(strength: npt.NDArray[np.float64], apart: Points) -> Points:
    return np.clip(strength * apart, -_MOST_STEP, _MOST_STEP)


def _nearest(asking: Directions | Points, among: Directions | Points, count: int) -> npt.NDArray[np.intp]:
    """The nearest by the inner product, best first, shape (n, count)."""
    nearest = np.empty((len(asking), count), dtype=np.intp)
    step = max(1, min(_BLOCK_ROWS, _BLOCK_BYTES // (len(among) * among.itemsize)))
    for start in range(0, len(asking), step):
        alike = asking[start : start + step] @ among.T
        for place in range(count):  # repeated maxima take less time than sorting for so few
            nearest[start : start + step, place] = best = alike.argmax(axis=1)
            alike[np.arange(len(alike)), best] = -np.inf
    return nearest


def place_beside(new: Directions, known: Directions, points: Points) -> Points:
    """Places for tracks added to a map: near the laid-out track that each sounds most like, pulled slightly towards the
    next two. Laid-out tracks don't move.

    Only those around the nearest pivot are compared: about a tenth.

    known, points: at least three laid-out tracks, and their places
    """
    count = len(known)
    pivots = known[:: max(1, round(count**0.5))]
    around = _nearest(pivots, known, min(count, max(3, round(_LOOKED_AT * count**0.5))))
    own = _nearest(new, pivots, 1)[:, 0]
    order = np.argsort(own, kind="stable")
    places = np.empty((len(new), 2))
    for pivot, rows in enumerate(np.split(order, np.searchsorted(own[order], np.arange(1, len(pivots))))):
        if len(rows):
            near = around[pivot]
            nearest = near[_nearest(new[rows], known[near], 3)]
            places[rows] = np.einsum("k,nkd->nd", np.array([0.6, 0.25, 0.15]), points[nearest])
    return places
