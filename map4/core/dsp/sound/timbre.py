"""Timbre: the level-independent cues for energy, danceability and acousticness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import mel_edges_hz
from map4.core.dsp.spectrum.packed import PART_ROWS, Packed
from map4.core.dsp.spectrum.spectral_pass import FRAME_RATE_HZ, FloatArray, Spectra

ACTIVE_BELOW_LOUD = 1e-4
"""Frames 40 dB below the loud frames (95th percentile) count as silent: they contain noise and reverberation."""
COMPRESSION = 100.0
"""log(1 + 100 x power / mean power), as for the onsets: power far below the mean does not count."""
LOW_BELOW_HZ = 450.0
"""Kick, bass and the body of the snare: here the 4-8 Hz modulation separates dance music best (findings)."""
HIGH_ABOVE_HZ = 2500.0
"""Hi-hats, cymbals, consonants."""
MODULATION_HZ = (4.0, 8.0)
"""Eighths at 120-240 and sixteenths at 60-120 BPM."""

_MODULATION_WINDOW_S = 6.0  # resolves .17 Hz, and is longer than drum breaks of a bar
_WINDOWS_AT_ONCE = 32  # amortises calls, without copying a long mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Timbre:
    """Cues that don't depend on the level.

    sparsity: separation of partials in .4-3.2 kHz, 0-1; low in dense, distorted, noisy sound
    low_modulation, high_modulation: strength of the 4-8 Hz modulation of the compressed level below 450 Hz and above
        2.5 kHz (standard deviation of log(1 + 100 x power / mean power))
    centroid_hz, bandwidth_hz, rolloff_hz, flatness: means over the active frames
    """

    sparsity: float
    low_modulation: float
    high_modulation: float
    centroid_hz: float
    bandwidth_hz: float
    rolloff_hz: float
    flatness: float


def measure_timbre(spectra: Spectra, power: FloatArray) -> Timbre | None:
    """Average the spectral descriptors over the active frames, and measure the modulation of two bands.

    power: shape (n,), from `weighted_power`
    returns: None for silence.
    """
    active = active_frames(power)
    if not active.any():
        return None
    stride = round(spectra.frame_rate_hz / spectra.contrast_rate_hz)
    taken = active[::stride][: len(spectra.centroid_hz)]
    if not taken.any():  # the sound is too short for any described frame
        taken = np.ones_like(taken)
    groups = np.arange(0, active.size, round(spectra.frame_rate_hz / spectra.sparsity_rate_hz))
    sounding = np.logical_or.reduceat(active, groups)
    low, high = _levels(spectra.mel_power)
    return Timbre(
        sparsity=float(spectra.sparsity[sounding].mean(dtype=np.float64)),
        low_modulation=modulation(low),
        high_modulation=modulation(high),
        centroid_hz=float(spectra.centroid_hz[taken].mean(dtype=np.float64)),
        bandwidth_hz=float(spectra.bandwidth_hz[taken].mean(dtype=np.float64)),
        rolloff_hz=float(spectra.rolloff_hz[taken].mean(dtype=np.float64)),
        flatness=float(spectra.flatness[taken].mean(dtype=np.float64)),
    )


def active_frames(power: FloatArray) -> npt.NDArray[np.bool_]:
    """Which frames are active: within 40 dB of the loud frames; shape (n,), all False for silence."""
    return power > ACTIVE_BELOW_LOUD * np.percentile(power, 95.0)


def modulation(level: FloatArray) -> float:
    """Standard deviation of a level's modulation within `MODULATION_HZ`, including its lower end.

    level: shape (n,), at `FRAME_RATE_HZ`
    returns: In the level's unit; the root of the mean periodogram (Hann windows of 6 s, half overlapping) over the
        band. A sine of amplitude a in the middle of the band gives a / sqrt(2). 0 if nothing moves or the signal is
        shorter than two periods.
    """
    low_hz, high_hz = MODULATION_HZ
    length = min(round(_MODULATION_WINDOW_S * FRAME_RATE_HZ), level.size)
    if length < 2 * FRAME_RATE_HZ / low_hz:
        return 0.0
    window = np.hanning(length)
    windows = np.lib.stride_tricks.sliding_window_view(level, length)[:: length // 2]
    bins_hz = np.arange(length // 2 + 1) * FRAME_RATE_HZ / length
    inside = np.flatnonzero((bins_hz >= low_hz) & (bins_hz < high_hz))
    # For so few bins a product is faster than a transform.
    turns = 2.0 * np.pi / length * np.outer(np.arange(length), inside)
    waves = (window[:, None] * np.hstack([np.cos(turns), np.sin(turns)])).astype(np.float32)
    power = 0.0
    for start in range(0, len(windows), _WINDOWS_AT_ONCE):
        parts = windows[start : start + _WINDOWS_AT_ONCE]
        power += float(np.square((parts - parts.mean(axis=1, keepdims=True)) @ waves).sum())
    # Parseval: variance = 2 sum |X|^2 / (n sum w^2).
    scale = 2.0 / (len(windows) * length * float(np.square(window).sum()))
    return float(np.sqrt(power * scale))


def _levels(mel_power: Packed) -> FloatArray:
    """Mean compressed level of the low and the high bands, shape (2, n)."""
    centres = mel_edges_hz()[1:-1]
    groups = np.stack([centres < LOW_BELOW_HZ, centres >= HIGH_ABOVE_HZ], axis=1).astype(np.float32)
    groups /= groups.sum(axis=0)
    levels = np.zeros((2, len(mel_power)), dtype=np.float32)
    if mel_power.mean > 0.0:
        for start in range(0, len(mel_power), PART_ROWS):
            part = mel_power[start : start + PART_ROWS]
            part *= np.float32(COMPRESSION / mel_power.mean)
            levels[:, start : start + PART_ROWS] = (np.log1p(part, out=part) @ groups).T
    return levels
