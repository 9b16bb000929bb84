"""How loud each track of a set is at each moment, also where several sound at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.selection.unmixing.alignment import Levels

Curve = npt.NDArray[np.float64]
STEP_DB = 0.5
WINDOW_STEPS, HOP_STEPS = 50, 12
"""A second and a quarter. A second holds a beat or two; with less, what the other track plays is taken for this one."""
_FLOOR = 1e-2
"""Of the mean power of a window: what is quieter counts no more for that."""
_TURNS = 30
_LEAST_POWER = 1e-10
_QUIET = 10.0**-4
"""40 dB below its loudest, a track is not heard beside another."""
_NEAR_LOUDEST = 60
"""Levels more than 30 dB below the loudest of a band say nothing of how it is equalised."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A track as it lies on a set.

    first: step of the set at which `levels` begins
    levels: of the track as it plays, where it may be heard
    core: steps of the set in which it is heard for sure
    """

    first: int
    levels: Levels
    core: tuple[int, int]

    @property
    def last(self) -> int:
        """The first step behind it."""
        return self.first + len(self.levels)


def power(levels: Levels) -> npt.NDArray[np.float64]:
    """Powers of levels; those of the lowest level are none."""
    table = (10.0 ** (np.arange(256) * (STEP_DB / 10.0) - 10.0)).astype(np.float64)
    table[0] = 0.0
    made: npt.NDArray[np.float64] = table[levels]
    return made


def equalised(levels: Levels, laid: Laid) -> npt.NDArray[np.float64]:
    """How much louder each band of a track is in the set than in its file, in dB, where it is heard for sure."""
    begin, end = laid.core
    mine = levels[begin:end].astype(np.float32)
    its = laid.levels[begin - laid.first : end - laid.first].astype(np.float32)
    size = min(len(mine), len(its))
    mine, its = mine[:size], its[:size]
    loud = its >= its.max(axis=0, initial=0.0) - _NEAR_LOUDEST
    apart = np.where(loud, mine - its, np.nan)
    with np.errstate(all="ignore"):
        found = np.nanpercentile(apart, 40.0, axis=0) * STEP_DB
    middle = float(np.nanmedian(found)) if np.isfinite(found).any() else 0.0
    return np.where(np.isfinite(found), found, middle)


@dataclass(frozen=True, slots=True, eq=False)
class GainCurve:
    """How loud a track is, window by window, one for each `HOP_STEPS`.

    first_s: the middle of its first window
    gains: powers, 1 as in its core; NaN where the track itself is quiet
    told: share of what is not explained without the track that it explains, 0-1
    """

    first_s: float
    gains: Curve
    told: Curve


def gain_curves(levels: Levels, tracks: Sequence[Laid], *, rate_hz: float, bands: slice) -> list[GainCurve]:
    """The power of each track by which their sum is most like the set, window by window.

    levels: of the set
    tracks: what may be heard
    bands: those that are looked at
    """
    window, hop = WINDOW_STEPS, HOP_STEPS
    factors = [10.0 ** (equalised(levels, one) / 10.0) for one in tracks]
    loudest = [max(float((power(one.levels[:, bands]) * factor[bands]).mean(axis=1).max(initial=0.0)), _LEAST_POWER)
               for one, factor in zip(tracks, factors, strict=True)]  # fmt: skip
    spans = [(-(-one.first // hop), max(-(-one.first // hop), (one.last - window) // hop + 1)) for one in tracks]
    curves = [np.full(last - first, np.nan) for first, last in spans]
    shares = [np.zeros(last - first) for first, last in spans]
    begin, end = min((first for first, _ in spans), default=0), max((last for _, last in spans), default=0)
    for number in range(begin, end):
        at = number * hop
        here = [index for index, one in enumerate(tracks) if one.first < at + window and one.last > at]
        if not here or at + window > len(levels):
            continue
        mine = power(levels[at : at + window, bands])
        weight: npt.NDArray[np.float64] = 1.0 / (mine + _FLOOR * float(mine.mean()) + _LEAST_POWER)
        its = [power(_within(tracks[index], at, window)[:, bands]) * factors[index][bands] for index in here]
        # Beside them all that stays as it is: what any music has in common with any other explains nothing.
        steady = np.broadcast_to(mine.mean(axis=0), mine.shape)
        rows = np.stack([(one * weight).reshape(-1) for one in (*its, steady)])
        solved, told = _solved(rows, (mine * weight).reshape(-1))
        for place, (index, one) in enumerate(zip(here, its, strict=True)):
            is_quiet = float(one.mean(axis=1).max()) <= _QUIET * loudest[index]
            if not is_quiet and spans[index][0] <= number < spans[index][1]:
                curves[index][number - spans[index][0]] = solved[place]
                shares[index][number - spans[index][0]] = told[place]
    return [
        GainCurve((first * hop + window / 2) / rate_hz, curve, share)
        for (first, _), curve, share in zip(spans, curves, shares, strict=True)
    ]


def _within(laid: Laid, at: int, window: int) -> Levels:
    """The levels of a track from one step of the set on; none where its file has none."""
    begin, end = at - laid.first, at - laid.first + window
    part = laid.levels[max(0, begin) : max(0, end)]
    if len(part) == window:
        return part
    padded = np.zeros((window, laid.levels.shape[1]), dtype=np.uint8)
    padded[max(0, -begin) : max(0, -begin) + len(part)] = part
    return padded


def _solved(rows: Curve, wanted: Curve) -> tuple[Curve, Curve]:
    """The gains by which some rows make another, and the share of the error that each takes away."""
    matrix, products, squares = rows @ rows.T, rows @ wanted, float(wanted @ wanted)
    gains = _not_negative(matrix, products)
    told = np.zeros(len(rows))
    error = _error(matrix, products, squares, gains)
    for place in np.flatnonzero(gains).tolist():
        others = np.delete(np.arange(len(rows)), place)
        without = _not_negative(matrix[np.ix_(others, others)], products[others])
        before = _error(matrix[np.ix_(others, others)], products[others], squares, without)
        told[place] = 1.0 - error / max(before, 1e-12)
    return gains, told


def _error(matrix: Curve, products: Curve, squares: float, gains: Curve) -> float:
    return max(0.0, squares - 2.0 * float(products @ gains) + float(gains @ matrix @ gains))


def _not_negative(matrix: npt.NDArray[np.float64], wanted: Curve) -> Curve:
    """Least squares of which no part is below zero, by one coordinate after the other."""
    gains = np.zeros(len(wanted))
    for _ in range(_TURNS):
        for index in range(len(wanted)):
            if matrix[index, index] > 0.0:
                rest = wanted[index] - float(matrix[index] @ gains) + matrix[index, index] * gains[index]
                gains[index] = max(0.0, rest / matrix[index, index])
    return gains
