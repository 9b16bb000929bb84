"""Waveforms of players, from the strip of a track: 150 points a second, and overviews of 100, 400 and 1,200 points.

Scales are fitted to the two demo tracks of rekordbox (rekordcrate's example export): heights of the details follow the
amplitude, those of overviews its root. In PWV6 and PWV7 the bytes are low, mid and high: in these files the first
follows the red of PWV5, and the third its blue.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from map4.core.music.analysis.inside import STRIP_RATE_HZ
from map4.extras.stick.records import StickTrack

POINTS_A_SECOND = 150
_RANGE_DB = 48.0
_BYTE, _MOST_7 = 255.0, 127
_TINY, _SMALL, _WIDE = 100, 400, 1200
_OVERVIEW_HEIGHT, _STACKED_HEIGHT = 25, 42
"""The most of an overview, and of each band where three are drawn on each other."""
_BAND_ROOTS = np.array([[0.5], [0.6], [0.8]])
"""Exponents of the bands' amplitudes: highs are drawn smaller."""
_LANES = np.array([[110.0], [72.0], [39.0]])
"""The most of red, green and blue in PWV4."""
_MOST_BRIGHT = 120

Bands = npt.NDArray[np.float64]


def waveforms(track: StickTrack) -> dict[str, bytes]:
    """The entries of the waveforms by their tag; flat without a strip."""
    bands = _amplitudes(track)
    small, tiny, wide = (_overview(bands, points) for points in (_SMALL, _TINY, _WIDE))
    bright = np.rint(_MOST_BRIGHT * np.sqrt(_total(wide)))
    loudest = bands.max(axis=0, initial=0.0)
    red, green, blue = np.rint(7 * bands / np.where(loudest > 0.0, loudest, 1.0)).astype(np.uint16)
    height = np.rint(31 * _total(bands)).astype(np.uint16)
    return {
        # Heights with whiteness.
        "PWAV": _heights(small, _OVERVIEW_HEIGHT, 0.5),
        "PWV3": _heights(bands, 31, 1.0),
        "PWV2": bytes(np.rint(15 * np.sqrt(_total(tiny))).astype(np.uint8)),
        # Brightness, its inverse, the height of the blue form, red, green and blue.
        "PWV4": _columns(bright, _BYTE - bright, bright, *(_LANES * np.sqrt(wide))),
        # Three bits each of red, green and blue, and a height of five bits.
        "PWV5": np.asarray(red << 13 | green << 10 | blue << 7 | height << 2).astype(">u2").tobytes(),
        # Low, mid and high; in the overview they are stacked.
        "PWV7": _columns(*(_MOST_7 * bands**_BAND_ROOTS)),
        "PWV6": _columns(*(_STACKED_HEIGHT * wide**_BAND_ROOTS)),
    }


def _overview(bands: Bands, points: int) -> Bands:
    """The bands at equal parts of the track, between their mean and their highest amplitude."""
    count = bands.shape[1]
    if not count:
        return np.zeros((3, points))
    starts = np.arange(points) * count // points
    ends = np.maximum(np.append(starts[1:], count), starts + 1)
    sums = np.concatenate([np.zeros((3, 1)), np.cumsum(bands, axis=1)], axis=1)
    means = (sums[:, ends] - sums[:, starts]) / (ends - starts)
    return np.asarray((means + np.maximum.reduceat(bands, starts, axis=1)) / 2)


def _amplitudes(track: StickTrack) -> Bands:
    """Amplitudes of the bands, 0-1, `POINTS_A_SECOND`, from time zero of rekordbox."""
    points = math.ceil(track.duration_s * POINTS_A_SECOND)
    levels = np.frombuffer(track.strip, np.uint8).reshape(3, -1)
    if not levels.shape[1]:
        return np.zeros((3, points))
    scale = np.where(np.arange(256) > 0, 10.0 ** (_RANGE_DB / 20.0 * (np.arange(256) / _BYTE - 1.0)), 0.0)
    amplitudes = np.pad(scale[levels], ((0, 0), (1, 2)))
    at = (np.arange(points) / POINTS_A_SECOND - track.offset_s) * STRIP_RATE_HZ + 1
    first = np.clip(np.floor(at).astype(np.int64), 0, amplitudes.shape[1] - 2)
    return np.asarray(np.maximum(amplitudes[:, first], amplitudes[:, first + 1]))


def _total(bands: Bands) -> npt.NDArray[np.float64]:
    """The amplitude of the whole, 1 at the loudest point."""
    total = np.sqrt(np.square(bands).sum(axis=0))
    return np.asarray(total / max(1.0, total.max(initial=0.0)))


def _heights(bands: Bands, most: int, root: float) -> bytes:
    whole = bands.sum(axis=0)
    white = np.rint(7 * bands[2] / np.where(whole > 0.0, whole, 1.0)).astype(np.uint8)
    return bytes(white << 5 | np.rint(most * _total(bands) ** root).astype(np.uint8))


def _columns(*lanes: npt.NDArray[np.float64]) -> bytes:
    return np.rint(np.stack(lanes, axis=1)).astype(np.uint8).tobytes()
