"""Onset envelopes: the rise of the sound from frame to frame, by band."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import PART_ROWS, Packed
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS, FloatArray

COMPRESSION = 100.0
"""Power relative to the file's mean is compressed by log(1 + 100 x): quiet onsets count, the noise floor does not."""

LONG_LAG = 8
"""Frames (80 ms): the rise over the whole attack, the largest single improvement for the tempo (findings)."""
SHARP_LAG = 2
"""Frames (20 ms): for the exact time of a beat."""
BAND_GROUPS = ((0, 2), (2, 6), (6, 15), (15, 26), (26, 40))
"""Mel bands of the five envelopes: kick, bass, low mids, snare and voice, hi-hat."""
ENVELOPES = len(BAND_GROUPS) + 2
FULL_BAND = len(BAND_GROUPS)
"""Index of the envelope over all bands; the next one ignores sliding notes (superflux)."""

ONSET_REACH_FRAMES = 5
"""An onset is the maximum within this distance (50 ms) ..."""
ONSET_MARGIN = 0.25
"""... and exceeds the mean of the surrounding second by this much; white noise stays below."""
MEAN_REACH_FRAMES = round(ShortWindow.RATE_HZ / 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnsetEnvelopes:
    """Half-wave rectified changes of the compressed mel spectrum.

    bands: shape (7, n), non-negative, over 80 ms: the five `BAND_GROUPS`, all bands, all bands without slides
    sharp: shape (n,), non-negative, all bands over 20 ms
    magnitude: shape (n,), non-negative, all bands over 20 ms without compression: emphasises loud onsets, which are
        more likely to be beats, and does not shift them earlier than quiet ones
    """

    bands: FloatArray
    sharp: FloatArray
    magnitude: FloatArray


def onset_envelopes(mel_power: Packed, *, block_frames: int = PART_ROWS) -> OnsetEnvelopes:
    """Compute the onset envelopes of a mel spectrogram.

    mel_power: shape (n, 40), n >= 1, as in `Spectra`
    block_frames: int > 0, frames processed at a time
    returns: OnsetEnvelopes, all zero for silence. Before the first frame counts as silence, so that a track that starts
        on a beat has an onset at zero.
    """
    n_frames, mean = len(mel_power), mel_power.mean
    bands = np.zeros((ENVELOPES, n_frames), dtype=np.float32)
    sharp = np.zeros(n_frames, dtype=np.float32)
    magnitude = np.zeros(n_frames, dtype=np.float32)
    if mean <= 0.0:
        return OnsetEnvelopes(bands=bands, sharp=sharp, magnitude=magnitude)
    for start in range(0, n_frames, block_frames):
        stop = min(start + block_frames, n_frames)
        level = _compressed(mel_power, start - LONG_LAG, stop, COMPRESSION / mean)
        rise, beyond, sharper = _rises(level)
        bands[: FULL_BAND + 1, start:stop] = (rise @ _group_means()).T
        bands[FULL_BAND + 1, start:stop] = beyond @ _band_mean()
        sharp[start:stop] = sharper @ _band_mean()
        magnitude[start:stop] = _magnitude_rise(mel_power, start, stop) / math.sqrt(mean)
    return OnsetEnvelopes(bands=bands, sharp=sharp, magnitude=magnitude)


def onset_rate_hz(envelope: FloatArray, duration_s: float) -> float:
    """Peaks of an envelope per second.

    envelope: shape (n,), non-negative, at `ShortWindow.RATE_HZ`
    duration_s: of the signal
    """
    n_frames = envelope.size
    padded = np.pad(envelope, ONSET_REACH_FRAMES, constant_values=-1.0)
    largest = padded[:n_frames].copy()
    for shift in range(1, 2 * ONSET_REACH_FRAMES + 1):
        np.maximum(largest, padded[shift : shift + n_frames], out=largest)
    mean = moving_mean(envelope, MEAN_REACH_FRAMES, MEAN_REACH_FRAMES + 1)
    mean += ONSET_MARGIN
    count = int(np.count_nonzero((envelope >= largest) & (envelope > mean)))
    return count / max(duration_s, 1.0 / ShortWindow.RATE_HZ)


def moving_mean(values: FloatArray, back: int, ahead: int) -> npt.NDArray[np.float64]:
    """Mean from `back` places back to before `ahead` places ahead, over the available values; shape (n,), n >= 1."""
    count = values.size
    until = np.zeros(back + count + ahead)
    np.cumsum(values, dtype=np.float64, out=until[back : back + count])
    until[back + count :] = until[back + count - 1]
    mean: npt.NDArray[np.float64] = until[back + ahead - 1 : back + ahead - 1 + count].copy()
    mean[1:] -= until[: count - 1]
    width = np.full(count, float(back + ahead))
    width[:back] -= np.arange(back, 0, -1)[:count]
    width[max(0, count - ahead + 1) :] -= np.arange(1, ahead)[max(0, ahead - 1 - count) :]
    mean /= width
    return mean


def _magnitude_rise(mel_power: Packed, start: int, stop: int) -> FloatArray:
    """Mean over the bands of the rise of the magnitude over `SHARP_LAG`, of the frames [start, stop)."""
    first = max(0, start - SHARP_LAG)
    root = np.zeros((stop - start + SHARP_LAG, MEL_BANDS), dtype=np.float32)
    np.sqrt(mel_power[first:stop], out=root[first - start + SHARP_LAG :])
    rise = root[SHARP_LAG:] - root[:-SHARP_LAG]
    return np.maximum(rise, 0.0, out=rise) @ _band_mean()


def _compressed(mel_power: Packed, start: int, stop: int, gain: float) -> FloatArray:
    """log(1 + gain * power) of the frames [start, stop); frames before the first are silent."""
    level = np.zeros((stop - start, MEL_BANDS), dtype=np.float32)
    first = max(0, start)
    np.multiply(mel_power[first:stop], np.float32(gain), out=level[first - start :])
    np.log1p(level, out=level)
    return level


def _rises(level: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rises of a level over `LONG_LAG`, over the same beyond neighbouring bands, and over `SHARP_LAG`.

    level: shape (LONG_LAG + n, 40)
    returns: shape (n, 40) each, at least 0
    """
    library = kernels()
    if library is not None:
        count = len(level) - LONG_LAG
        rise, beyond, sharper = np.empty((3, count, MEL_BANDS), dtype=np.float32)
        call(library.map4_rises, level, count, MEL_BANDS, LONG_LAG, SHARP_LAG, rise, beyond, sharper)
        return rise, beyond, sharper
    now, past = level[LONG_LAG:], level[:-LONG_LAG]
    late = level[LONG_LAG - SHARP_LAG : -SHARP_LAG]
    rise, beyond, sharper = (np.maximum(now - before, 0.0) for before in (past, widened(past), late))
    return rise, beyond, sharper


def widened(level: FloatArray) -> FloatArray:
    """Each column's maximum with its two neighbours."""
    wide = level.copy()
    np.maximum(wide[:, 1:], level[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], level[:, 1:], out=wide[:, :-1])
    return wide


@cache
def _band_mean() -> FloatArray:
    """Vector (40,) that averages all bands: a product is ten times faster than a mean over such short rows."""
    return np.full(MEL_BANDS, 1.0 / MEL_BANDS, dtype=np.float32)


@cache
def _group_means() -> FloatArray:
    """Matrix (40, 6) that averages the bands of each group, and all of them."""
    matrix = np.zeros((MEL_BANDS, FULL_BAND + 1), dtype=np.float32)
    for column, (low, high) in enumerate((*BAND_GROUPS, (0, MEL_BANDS))):
        matrix[low:high, column] = 1.0 / (high - low)
    return matrix
