"""Level and dynamics of the mean of the channels: the same for stereo and mono, and for a file and its lossy copy.

EBU R128 measures every channel up to the highest frequency, as it should. But mixing channels down changes the level by
some dB, and codecs change mostly the highs. To describe the music, the loudness of the mean of the channels is computed
from the mel spectrogram, 30 to 10,000 Hz.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from map4.core.dsp.loudness.k_weighting import power_gain
from map4.core.dsp.loudness.loudness import integrated_lufs, range_lu
from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow, mean_square_per_power
from map4.core.dsp.spectrum.packed import Packed

SEGMENT_FRAMES = 10
"""Short frames averaged to a segment of 0.1 s, for the gates of BS.1770."""
PEAK_PERCENTILE = 99.0
"""A codec changes the largest sample of a file by up to 2.4 dB, but the level that 1 % exceed by 0.4 dB."""
TWO_LOUDSPEAKERS = 2.0
"""Two loudspeakers play the mean, so that a mono file counts as loud as in stereo, not 3 LU quieter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamics:
    """The level of the mean of the channels.

    mean_lufs: gated loudness from two loudspeakers, in LUFS
    range_lu: loudness range, as defined in EBU Tech 3342; None below 3 s
    peak_to_loudness_db: level that 1 % of the peaks exceed, relative to `mean_lufs`
    """

    mean_lufs: float
    range_lu: float | None
    peak_to_loudness_db: float


def measure_dynamics(power: FloatArray, peaks: Packed) -> Dynamics | None:
    """Measure the level of the mean of the channels.

    power: shape (n,), from `weighted_power`
    peaks: shape (m,), largest absolute sample of each 2.5 ms, as in `Spectra`
    returns: None for silence, for less than 400 ms, and if all sound is below 30 Hz or above 10 kHz.
    """
    count = len(power) // SEGMENT_FRAMES
    level = power[: count * SEGMENT_FRAMES].reshape(count, SEGMENT_FRAMES)
    energy = level.mean(axis=1, dtype=np.float64)
    mean_lufs = integrated_lufs(energy)
    peak = float(np.percentile(peaks[:], PEAK_PERCENTILE)) if len(peaks) else 0.0
    if mean_lufs is None or peak <= 0.0:
        return None
    return Dynamics(
        mean_lufs=mean_lufs, range_lu=range_lu(energy), peak_to_loudness_db=20.0 * math.log10(peak) - mean_lufs
    )


def weighted_power(mel_power: Packed) -> FloatArray:
    """K-weighted mean square of each frame from two loudspeakers; (n, 40) to (n,)."""
    return mel_power.times(_hearing_weights())


@cache
def _hearing_weights() -> FloatArray:
    """Weight of each mel band, shape (40,).

    Neighbouring triangles add up to one, so that their sum, each times the response at its centre, is the integral of
    the power times a response that is piecewise linear between the centres.
    """
    edges: npt.NDArray[np.float64] = ShortWindow.mel_edges_hz()
    areas_hz = 0.5 * (edges[2:] - edges[:-2])
    scale = TWO_LOUDSPEAKERS * mean_square_per_power()
    return (scale * areas_hz * power_gain(edges[1:-1])).astype(np.float32)
