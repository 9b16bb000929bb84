"""The energy of a track over time: the energy of the whole track, distributed over its seconds by their fullness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from map4.core.dsp.spectrum.filters import FRAME_RATE_HZ, FloatArray, power_bands
from map4.core.dsp.spectrum.packed import Packed

FloatVector = npt.NDArray[np.float64]

LOW_HZ, HIGH_HZ = 160.0, 3000.0
"""Kick and bass are below the first, hi-hats and cymbals above the second."""
FULL_PERCENTILE = 85.0
"""Percentile of a band's level over time that a full bar has, even if half of the track is sparse."""
RANGE_DB = 24.0
"""A band this far below its full level counts as silent."""
SILENT_DB = -200.0
"""Far below the range of 24 bits."""
STRIDE = 4
"""Every fourth frame, 25 per second, is enough."""
AROUND_S = 1.5
"""A second is computed from this much on either side of its middle: about a bar, to smooth out single beats."""


def energy_course(mel_power: Packed, energy: float) -> FloatArray:
    """Energy of each second.

    A second is as full as its lows, middle and highs are near their levels in a full bar (mean of the three, 0 at 24 dB
    below). The energy of the track is distributed in proportion, so that the mean of all active seconds is that of the
    track. The cues of the energy itself don't distinguish the seconds of a track: bare drums are dense, and would count
    more than the drop.

    mel_power: shape (n, 40), n >= 1, as in `Spectra`
    energy: of the whole track, 0-1
    returns: shape (seconds,), 0-1; the last second may be partial. 0 in silence.
    """
    power = mel_power.times(power_bands(LOW_HZ, HIGH_HZ), stride=STRIDE)
    total = np.concatenate([np.zeros((1, 3)), np.cumsum(power, axis=0, dtype=np.float64)])
    last = len(power)
    rate_hz = FRAME_RATE_HZ / STRIDE
    middle_s = np.arange(max(1, round(last / rate_hz))) + 0.5
    low = np.clip(np.rint((middle_s - AROUND_S) * rate_hz), 0, last - 1).astype(np.int64)
    high = np.clip(np.rint((middle_s + AROUND_S) * rate_hz), low + 1, last).astype(np.int64)
    level_db = 10.0 * np.log10(
        np.maximum((total[high] - total[low]) / (high - low)[:, None], 10.0 ** (0.1 * SILENT_DB))
    )
    below_db = np.minimum(level_db - np.percentile(level_db, FULL_PERCENTILE, axis=0), 0.0)
    fullness = np.maximum(1.0 + below_db / RANGE_DB, 0.0).mean(axis=1)
    fullness[level_db.max(axis=1) <= SILENT_DB] = 0.0
    sounding = fullness[fullness > 0.0]
    if not sounding.size:
        return np.zeros(len(fullness), dtype=np.float32)
    return np.minimum(energy / sounding.mean() * fullness, 1.0).astype(np.float32)


def mean_energy(course: FloatArray, start_s: float, end_s: float) -> float:
    """Mean of the course between two times, at least over the second that contains the first."""
    first = min(int(start_s + 0.5), len(course) - 1)
    last = max(first + 1, int(end_s + 0.5))
    return float(course[first:last].mean(dtype=np.float64))
