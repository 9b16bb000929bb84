"""Bring a demo track to its loudness: BS.1770 loudness and a limiter, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from map4.extras.demo.sound import Samples
from map4.extras.demo.tracks import TrackSpec

LIMITER_KNEE, LIMITER_CEILING = 0.6, 0.92
"""Below the knee nothing changes; no sample passes the ceiling, which leaves lossy codecs 0.7 dB to overshoot."""
TWO_CHANNELS_LU = 3.01
"""BS.1770 adds up channels: the same signal on two channels has twice the power."""


def master(mixed: Samples, spec: TrackSpec, sr: int) -> Samples:
    """Bring the sum to the wanted loudness, fade the end, and limit or cut the peaks."""
    wanted_lufs = spec.lufs
    if spec.channels == 1:
        mixed = np.repeat(mixed.mean(axis=0, keepdims=True), 2, axis=0)
        wanted_lufs += TWO_CHANNELS_LU  # the file gets a single channel
    fade = round(0.5 * sr)
    mixed[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    gain = 1.0
    for _ in range(3):
        # The limiter lowers the loudness, so adjust the gain in three rounds.
        out = _peaks_off(mixed * np.float32(gain), clip=spec.clip)
        gain *= 10.0 ** ((wanted_lufs - _loudness_lufs(out, sr)) / 20.0)
    return np.ascontiguousarray(_peaks_off(mixed * np.float32(gain), clip=spec.clip).T)


def _peaks_off(y: Samples, *, clip: bool) -> Samples:
    if clip:
        return np.clip(y, -1.0, 1.0)
    room = LIMITER_CEILING - LIMITER_KNEE
    over = np.abs(y) > LIMITER_KNEE
    peaks = y[over]
    y[over] = np.sign(peaks) * (LIMITER_KNEE + room * np.tanh((np.abs(peaks) - LIMITER_KNEE) / room))
    return y


def _loudness_lufs(y: Samples, sr: int) -> float:
    """Integrated loudness of shape=(2, n): ITU-R BS.1770, its filters applied to the spectra of 100 ms blocks."""
    block = sr // 10
    n = y.shape[1] // block
    spectra = np.fft.rfft(y[:, : n * block].reshape(2, n, block), axis=-1)
    power = (np.abs(spectra) ** 2 @ _k_weights(block, sr)).sum(axis=0) * 2.0 / block**2
    gating = np.convolve(power, np.full(4, 0.25), mode="valid") + 1e-12
    gating = gating[gating > 10.0 ** ((-70.0 + 0.691) / 10.0)]
    gating = gating[gating > 0.1 * gating.mean()]
    return float(-0.691 + 10.0 * np.log10(gating.mean()))


def _k_weights(block: int, sr: int) -> np.ndarray[Any, Any]:
    """Power gain of the K-weighting at the bins of a block; the coefficients of BS.1770 at 48 kHz."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(block, 1 / sr) / 48000.0)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1.0 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1.0 - 2.0 * z + z**2) / (1.0 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(np.abs(shelf * high_pass) ** 2)
