"""Loudness of each track of a set over time, also where several tracks overlap.

References
----------
.. [1] Fevotte, Bertin, Durrieu: Nonnegative matrix factorization with the Itakura-Saito divergence. Neural Computation
    21, 2009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import fft

from map4.extras.unmix.finding.alignment import Levels, changes
from map4.extras.unmix.set_words import as_levels

Curve = npt.NDArray[np.float64]
STEP_DB = 0.5
WINDOW_STEPS, HOP_STEPS = 50, 25
"""One second, which contains a beat or two; in shorter windows, the other track is mistaken for this track."""
GAINS_DB = np.concatenate([[-np.inf], np.arange(-36.0, 7.0, 2.0)])
"""The loudness steps that are compared, relative to the track's core."""
_POWERS = 10.0 ** (GAINS_DB / 10.0)
_FLOOR = 1e-4  # relative to the mean power of a window: noise of equal power in all bands
_STEADY_PERCENT = 15.0
_TURNS = 6
_LEAST_POWER = 1e-10
_LEAST_GAIN, _MOST_GAIN = 1e-6, 30.0
_MOST_APART = 2.3  # 10 dB: speech or an echo over a track differs from it by this much and no more
_ROOMS_S, _ECHO, _ROOM_WINDOWS = (0.5, 1.0), 0.5, 8
"""Reverberation times that are tried, the echo's power relative to the sound, and windows per track to choose by."""
_WELL_EXPLAINED = (0.3, 0.6)
"""1.3 dB to 2.6 dB, by how well the set is explained in its tracks' cores; mixes of known tracks differ by 0.15 to 0.5,
mixes with unknown music by 0.8 to 1.5."""
_MOVED_STEPS, _REPEAT_STEPS = (-61, 37), slice(30, 130)
"""Offsets at which a track certainly is not playing: what its copies explain there is no evidence. Two more copies are
moved by the lag of 0.6 to 2.6 s at which it repeats best, so they have its rhythm."""
_LOUD, _HIDDEN, _BETTER = GAINS_DB >= -6.0, 0.2, 0.1
"""Before its core, a window of unknown music is this much less likely (nepers) to contain a track that is nearly at
full level but does not explain it better than its copies: unknown music seldom overlaps for longer than a fade."""
_CELLS = 1000.0 / 40.0
"""A window has 1,000 levels, far from independent. With 1/30 of them, edges were as accurate, with 1/60 less so."""
_QUIET = 10.0**-4  # 40 dB below its maximum, a track is inaudible next to another track
_NEAR_LOUDEST = 60  # levels more than 30 dB below a band's maximum do not count for its equalisation


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
    return np.asarray(table[levels])


def in_its_room(levels: Levels, tracks: Sequence[Laid], *, rate_hz: float, bands: slice) -> list[Laid]:
    """Return the tracks as the room of the recording smears them, if one of `_ROOMS_S` explains the set better."""
    rooms = [list(tracks), *([_smeared(track, room_s, rate_hz) for track in tracks] for room_s in _ROOMS_S)]
    return min(rooms, key=lambda some: _unexplained(levels, some, bands))


def _smeared(track: Laid, room_s: float, rate_hz: float) -> Laid:
    """The track with an echo half as strong as itself that falls by 60 dB in `room_s`."""
    from scipy.signal import lfilter  # takes a second, which reading about a set need not

    powers, decay = power(track.levels), 10.0 ** (-6.0 / (room_s * rate_hz))
    powers += _ECHO * lfilter([0.0, 1.0 - decay], [1.0, -decay], powers, axis=0)
    return replace(track, levels=as_levels(powers.astype(np.float32)))


def _unexplained(levels: Levels, tracks: Sequence[Laid], bands: slice) -> float:
    """How far the set is from its best explanation, in some windows of the tracks' cores."""
    played = [_played(levels, track, bands) for track in tracks]
    apart = [
        float(_apart(*parts).min())
        for which, track in enumerate(tracks)
        for at in np.linspace(track.core[0], max(track.core[1] - WINDOW_STEPS, track.core[0]), _ROOM_WINDOWS)
        if (parts := _window(levels, played, which, int(at))) is not None
    ]
    return float(np.mean(apart)) if apart else 0.0


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
    played = [_played(levels, track, bands) for track in tracks]
    explained = [_explained(levels, played, which) for which in range(len(tracks))]
    # crowds, rooms and compressors leave every window less well explained; that is no sign of unknown music
    in_cores = [
        np.nanmedian(of_track.apart[of_track.in_core].min(axis=1)) for of_track in explained if of_track.in_core.any()
    ]
    well = float(np.clip(np.median(in_cores), *_WELL_EXPLAINED)) if in_cores else _WELL_EXPLAINED[0]
    for track, of_track in zip(tracks, explained, strict=True):
        yield _likely(track, of_track, well, rate_hz)


@dataclass(frozen=True, slots=True, eq=False)
class _Explained:
    """How far a set is from its best explanation in each window of a track; NaN where the track is quiet.

    apart: mean log distance for each loudness, shape (n, `GAINS_DB`)
    moved: the least mean log distance with a moved copy of the track
    in_core: whether a window is in the track's core
    """

    apart: Curve
    moved: Curve
    in_core: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Played:
    """A track with its equaliser.

    factor: power of each of the compared bands
    quiet: it is inaudible next to another track below this power
    repeat: steps after which it repeats best
    """

    laid: Laid
    bands: slice
    factor: Curve
    quiet: float
    repeat: int

    def within(self, at: int) -> Curve:
        """Powers of the window from a step of the set on."""
        powers: Curve = power(_levels_within(self.laid, at, WINDOW_STEPS)[:, self.bands]) * self.factor
        return powers


def _played(levels: Levels, laid: Laid, bands: slice) -> _Played:
    factor = 10.0 ** (equalised(levels, laid) / 10.0)[bands]
    loudest = float((power(laid.levels[:, bands]) * factor).mean(axis=1).max(initial=0.0))
    its = changes(laid.levels[laid.core[0] - laid.first : laid.core[1] - laid.first, bands])
    spectrum = fft.rfft(its, fft.next_fast_len(len(its) + _REPEAT_STEPS.stop, real=True), axis=0, workers=1)
    alike = fft.irfft(np.square(np.abs(spectrum)).sum(axis=1), workers=1)[_REPEAT_STEPS]
    repeat = _REPEAT_STEPS.start + int(alike.argmax())
    return _Played(laid, bands, factor, _QUIET * max(loudest, _LEAST_POWER), repeat)


def _window(levels: Levels, played: Sequence[_Played], which: int, at: int) -> tuple[Curve, Curve, Curve] | None:
    """Powers of the set, of a track, and of everything else that may be audible; None where the track is quiet."""
    its = played[which].within(at)
    if float(its.mean(axis=1).max()) <= played[which].quiet:
        return None
    mine = np.maximum(power(levels[at : at + WINDOW_STEPS, played[which].bands]), _LEAST_POWER)
    beside = [
        other.within(at)
        for index, other in enumerate(played)
        if index != which and other.laid.first < at + WINDOW_STEPS and other.laid.last > at
    ]
    # add the steady part: what music has in common explains nothing
    steady = np.broadcast_to(np.percentile(mine, _STEADY_PERCENT, axis=0), mine.shape)
    rows = np.stack([each.reshape(-1) for each in (*beside, steady, np.full_like(mine, _FLOOR * mine.mean()))])
    return mine.reshape(-1), its.reshape(-1), rows


def _explained(levels: Levels, played: Sequence[_Played], which: int) -> _Explained:
    laid = played[which].laid
    begins = np.arange(laid.first, min(laid.last, len(levels)) - WINDOW_STEPS + 1, HOP_STEPS)
    apart, moved = np.full((len(begins), len(GAINS_DB)), np.nan), np.full(len(begins), np.nan)
    for number, at in enumerate(begins.tolist()):
        parts = _window(levels, played, which, at)
        if parts is None:
            continue
        mine, _, rows = parts
        apart[number] = _apart(*parts)
        if apart[number].min() > _WELL_EXPLAINED[0]:
            lags = (*_MOVED_STEPS, -played[which].repeat, played[which].repeat)
            copies = (played[which].within(at + far).reshape(-1) for far in lags)
            moved[number] = min(float(_apart(mine, copy, rows).min()) for copy in copies)
    in_core = (begins >= laid.core[0]) & (begins + WINDOW_STEPS <= laid.core[1]) & np.isfinite(apart[:, 0])
    return _Explained(apart, moved, in_core)


def _likely(track: Laid, explained: _Explained, well: float, rate_hz: float) -> LikelyGains:
    gains = np.full(len(explained.apart), np.nan)
    evidence = np.zeros(explained.apart.shape, dtype=np.float32)
    misfit = np.full(len(gains), np.nan, dtype=np.float32)
    for number in np.flatnonzero(np.isfinite(explained.apart[:, 0])).tolist():
        apart = explained.apart[number].copy()
        least = int(apart.argmin())
        gains[number] = _POWERS[least]
        # Unexplained music is weak evidence: an absent track explains a part of it.
        trust = min(1.0, (well / max(float(apart[least]), _LEAST_POWER)) ** 2)
        if trust < 1.0:
            better = max(float(explained.moved[number] - apart[least]), 0.0)
            as_well = trust * apart[0] + (1.0 - trust) * (apart[least] + better)
            apart[:least] = np.minimum(apart[:least], as_well)
            if track.first + HOP_STEPS * number < track.core[0]:
                evidence[number, _LOUD] -= _HIDDEN * (1.0 - trust) * max(0.0, 1.0 - better / _BETTER)
        evidence[number] -= trust * _CELLS * (apart - apart[least])
        evidence[number] -= evidence[number].max()
        misfit[number] = apart[least]
    curve = GainCurve((track.first + WINDOW_STEPS / 2) / rate_hz, HOP_STEPS / rate_hz, gains)
    return LikelyGains(curve, evidence, misfit)


def _levels_within(laid: Laid, at: int, window: int) -> Levels:
    """Levels of a track from a step of the set on; zeros outside its file."""
    begin, end = at - laid.first, at - laid.first + window
    part = laid.levels[max(0, begin) : max(0, end)]
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
