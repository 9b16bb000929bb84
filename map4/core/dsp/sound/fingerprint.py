"""The fingerprint: 16 bits per fifth of a second, to recognise files of the same recording.

Based on Haitsma & Kalker [1]: a bit is whether the energy rises faster in one band than in the next, which is robust to
codecs, filters, levels and equalisers. Windows of 1 s instead of a third make it small enough to store for every track,
and robust to any shift of its start.

[1] Haitsma & Kalker, "A highly robust audio fingerprinting system", ISMIR 2002.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import FINGERPRINT_MAX_S
from map4.core.music.sound.fingerprints import Fingerprint

SILENT_SHARE = 1e-6
"""A window 60 dB below the track's mean is silent; its word is 0 and is ignored."""
_POWER_FLOOR = 1e-9  # of the mean, so that logarithms stay finite
_WORDS_AT_ONCE = 512  # bounds the copies of overlapping views


def fingerprint(mel_power: Packed) -> npt.NDArray[np.uint16]:
    """Fingerprint of a recording.

    mel_power: shape (n, 40), as in `Spectra`
    returns: shape (k,), 5.28 words per second of at most the first 15 minutes; 0 in silence. Empty below 1.8 s.
    """
    bands = mel_power[: round(FINGERPRINT_MAX_S * ShortWindow.RATE_HZ)][:, Fingerprint.BANDS]
    if len(bands) < Fingerprint.WINDOW_FRAMES + Fingerprint.BACK_WORDS * Fingerprint.HOP_FRAMES:
        return np.zeros(0, dtype=np.uint16)
    energy = _smoothed(bands)
    mean = float(energy.mean(dtype=np.float64))
    if mean <= 0.0:
        return np.zeros(len(energy) - Fingerprint.BACK_WORDS, dtype=np.uint16)
    slope = np.diff(np.log(energy + np.float32(_POWER_FLOOR * mean)), axis=1)
    bits = slope[Fingerprint.BACK_WORDS :] > slope[: -Fingerprint.BACK_WORDS]
    words: npt.NDArray[np.uint16] = (bits @ (1 << np.arange(bits.shape[1], dtype=np.uint32))).astype(np.uint16)
    level = energy.mean(axis=1)
    words[np.minimum(level[Fingerprint.BACK_WORDS :], level[: -Fingerprint.BACK_WORDS]) < SILENT_SHARE * mean] = 0
    return words


def _smoothed(bands: FloatArray) -> FloatArray:
    """Hann-weighted means over a second, every 19 frames; shape (words, 17)."""
    window = np.hanning(Fingerprint.WINDOW_FRAMES + 2)[1:-1].astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(bands, Fingerprint.WINDOW_FRAMES, axis=0)[
        :: Fingerprint.HOP_FRAMES
    ]
    out = np.empty((len(views), bands.shape[1]), dtype=np.float32)
    for start in range(0, len(views), _WORDS_AT_ONCE):
        np.matmul(views[start : start + _WORDS_AT_ONCE], window, out=out[start : start + _WORDS_AT_ONCE])
    return out
