"""Loudness of each track of a set over time, also where several tracks overlap.

References
----------
.. [1] Fevotte, Bertin, Durrieu: Nonnegative matrix factorization with the Itakura-Saito divergence. Neural Computation
    21, 2009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.extras.unmix.finding.alignment import Levels

Curve = npt.NDArray[np.float64]
STEP_DB = 0.5
WINDOW_STEPS, HOP_STEPS = 50, 25
"""One second, which contains a beat or two; in shorter windows, the other track is mistaken for this track."""
GAINS_DB = np.concatenate([[-np.inf], np.arange(-36.0, 7.0, 2.0)])
"""The loudness steps that are compared, relative to the track's core."""
_POWERS = 10.0 ** (GAINS_DB / 10.0)
_FLOOR = 1e-4
"""Relative to the mean power of a window: noise of equal power in all bands."""
_STEADY_PERCENT = 15.0
_TURNS = 6
_LEAST_POWER = 1e-10
_LEAST_GAIN, _MOST_GAIN = 1e-6, 30.0
_MOST_APART = 2.3
"""10 dB: speech or an echo over a track differs from it by this much and no more."""
_WELL_EXPLAINED = 0.3
"""1.3 dB; mixes of known tracks differ by 0.15 to 0.5, mixes with unknown music by 0.8 to 1.5."""
_MOVED_STEPS = (-61, 37)
"""Offsets at which the track certainly is not playing: what it explains there is no evidence."""
_CELLS = 1000.0 / 60.0
"""A window has 1,000 levels, far from independent. From 1/30 to 1/100 of them, edges were equally accurate."""
_QUIET = 10.0**-4
"""40 dB below its maximum, a track is inaudible next to another track."""
_NEAR_LOUDEST = 60
"""Levels more than 30 dB below a band's maximum do not count for its equalisation."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A track aligned with a set.

    first: step of the set at which `levels` begins
    levels: levels of the track as played, where it may be audible
    core: steps of the set in which it is certainly audible
    """

    first: int
    levels: Levels
    core: tuple[int, int]

    @property
    def last(self) -> int:
        """The first step after it."""
        return self.first + len(self.levels)


def power(levels: Levels) -> npt.NDArray[np.float64]:
    """Convert levels to powers; the lowest level becomes 0."""
    table = (10.0 ** (np.arange(256) * (STEP_DB / 10.0) - 10.0)).astype(np.float64)
    table[0] = 0.0
    powers: npt.NDArray[np.float64] = table[levels]
    return powers


def equalised(levels: Levels, laid: Laid) -> npt.NDArray[np.float64]:
    """How much louder each band of a track is in the set than in its file, in dB, over its core."""
    begin, end = laid.core
    mine = levels[begin:end].astype(np.float32)
    its = laid.levels[begin - laid.first : end - laid.first].astype(np.float32)
    size = min(len(mine), len(its))
    mine, its = mine[:size], its[:size]
    loud = its >= its.max(axis=0, initial=0.0) - _NEAR_LOUDEST
    apart = np.where(loud, mine - its, np.nan)
    with np.errstate(all="ignore"):
        gains = np.nanpercentile(apart, 40.0, axis=0) * STEP_DB
    middle = float(np.nanmedian(gains)) if np.isfinite(gains).any() else 0.0
    return np.where(np.isfinite(gains), gains, middle)


@dataclass(frozen=True, slots=True, eq=False)
class GainCurve:
    """Loudness of a track per window.

    first_s: middle of the first window
    step_s: distance between windows
    gains: powers, 1 as in its core; NaN where the track itself is quiet
    """

    first_s: float
    step_s: float
    gains: Curve

    @property
    def times_s(self) -> Curve:
        """Middle of each window."""
        times: Curve = self.first_s + self.step_s * np.arange(len(self.gains), dtype=np.float64)
        return times


@dataclass(frozen=True, slots=True, eq=False)
class LikelyGains:
    """Likelihood of each loudness of a track per window.

    curve: the likeliest loudness
    evidence: shape (n, `GAINS_DB`), log-likelihood relative to the likeliest; 0 if undetermined
    misfit: mean log distance of the set from the best explanation; NaN where the track is quiet
    """

    curve: GainCurve
    evidence: npt.NDArray[np.float32]
    misfit: npt.NDArray[np.float32]


def likely_gains(levels: Levels, tracks: Sequence[Laid], *, rate_hz: float, bands: slice) -> Iterator[LikelyGains]:
    """Yield the likelihood of each loudness of each track, independent of the loudness of the other tracks.

    levels: levels of the set
    tracks: tracks that may be audible
    bands: bands to compare
    """
    factors = [10.0 ** (equalised(levels, track) / 10.0) for track in tracks]
    for which in range(len(tracks)):
        yield _likely(levels, tracks, factors, which, rate_hz, bands)


def _likely(
    levels: Levels, tracks: Sequence[Laid], factors: Sequence[Curve], which: int, rate_hz: float, bands: slice
) -> LikelyGains:
    track, factor = tracks[which], factors[which][bands]
    loudest = max(float((power(track.levels[:, bands]) * factor).mean(axis=1).max(initial=0.0)), _LEAST_POWER)
    begins = range(track.first, min(track.last, len(levels)) - WINDOW_STEPS + 1, HOP_STEPS)
    gains = np.full(len(begins), np.nan)
    evidence = np.zeros((len(begins), len(GAINS_DB)), dtype=np.float32)
    misfit = np.full(len(begins), np.nan, dtype=np.float32)
    for number, at in enumerate(begins):
        its = power(_within(track, at, WINDOW_STEPS)[:, bands]) * factor
        if float(its.mean(axis=1).max()) <= _QUIET * loudest:
            continue
        mine = np.maximum(power(levels[at : at + WINDOW_STEPS, bands]), _LEAST_POWER)
        beside = [
            power(_within(moved_levels, at, WINDOW_STEPS)[:, bands]) * factors[index][bands]
            for index, moved_levels in enumerate(tracks)
            if index != which and moved_levels.first < at + WINDOW_STEPS and moved_levels.last > at
        ]
        # add the steady part: what all music has in common explains nothing
        steady = np.broadcast_to(np.percentile(mine, _STEADY_PERCENT, axis=0), mine.shape)
        rows = np.stack([levels.reshape(-1) for levels in (*beside, steady, np.full_like(mine, _FLOOR * mine.mean()))])
        apart = _apart(mine.reshape(-1), its.reshape(-1), rows)
        least = int(apart.argmin())
        gains[number] = _POWERS[least]
        # Unexplained music is weak evidence: an absent track explains a part of it.
        trust = min(1.0, (_WELL_EXPLAINED / max(float(apart[least]), _LEAST_POWER)) ** 2)
        if trust < 1.0:
            moved = (power(_within(track, at + steps, WINDOW_STEPS)[:, bands]) * factor for steps in _MOVED_STEPS)
            other = min(float(_apart(mine.reshape(-1), levels.reshape(-1), rows).min()) for levels in moved)
            as_well = trust * apart[0] + (1.0 - trust) * max(other, float(apart[least]))
            apart[:least] = np.minimum(apart[:least], as_well)
        evidence[number] = -trust * _CELLS * (apart - apart[least])
        misfit[number] = apart[least]
    curve = GainCurve((track.first + WINDOW_STEPS / 2) / rate_hz, HOP_STEPS / rate_hz, gains)
    return LikelyGains(curve, evidence, misfit)


def _within(laid: Laid, at: int, window: int) -> Levels:
    """Levels of a track from a step of the set on; zeros outside its file."""
    begin, end = at - laid.first, at - laid.first + window
    part = laid.levels[max(0, begin) : max(0, end)]
    if len(part) == window:
        return part
    padded = np.zeros((window, laid.levels.shape[1]), dtype=np.uint8)
    padded[max(0, -begin) : max(0, -begin) + len(part)] = part
    return padded


def _apart(mine: Curve, its: Curve, rows: Curve) -> Curve:
    """Mean log distance between the set and its best explanation, for each loudness of a track.

    mine, its: powers of the set and of the track
    rows: powers of everything else that may be audible, each scaled to fit best
    """
    gains = np.ones((len(_POWERS), len(rows)))
    fixed = _POWERS[:, None] * its
    for _ in range(_TURNS):
        explained = fixed + gains @ rows + _LEAST_POWER
        # Multiplicative updates for the Itakura-Saito divergence, which weights quiet and loud equally [1]_.
        gains *= np.sqrt(((mine / explained**2) @ rows.T) / np.maximum((1.0 / explained) @ rows.T, _LEAST_POWER))
        np.clip(gains, _LEAST_GAIN, _MOST_GAIN, out=gains)
    explained = fixed + gains @ rows + _LEAST_POWER
    apart: Curve = np.minimum(np.abs(np.log(mine / explained)), _MOST_APART).mean(axis=1)
    return apart
