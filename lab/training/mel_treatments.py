"""What players, rooms, microphones, mixing desks and codecs do to a mel spectrogram; music quicker or slower.

`treated` is what recording does to sound. `estranged` takes music further from what synthesisers make of it: a network
that has learned from them alone listens for what they do too well, and what is left then is what recordings share.
`mastered` makes it as dense and even as records are, on which drums stand out less than on what synthesisers play.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import lfilter

from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS, FloatArray

Rng = np.random.Generator

SHORTEST_FRAMES = 1200
"""12 s; a variant is a part of its clip."""
COLOUR_DB, MOST_COLOUR_DB = 6.0, 14.0
REVERBERATION_S = (0.04, 0.2)
REVERBERATION_AFTER_S = 0.02
COMPRESSOR_FRAMES = (5, 60)
ANOTHER_DB = (-20.0, -5.0)
NOISE_DB = (-40.0, -12.0)

MOST_WARP = 2.0
"""Bands by which the spectrum moves up or down."""
SOFT_S = (0.04, 0.1)
"""Over which attacks are smeared."""
DRIFT_S = (0.5, 3.0)
DRIFT_DB = (1.0, 5.0)
DRIFT_BANDS = 10
"""Bands whose level drifts together."""
LOST_BANDS, LOST_DB = (2, 9), (5.0, 30.0)
UNEVEN_S = (0.03, 0.1)
UNEVEN_DB = (1.0, 5.0)

BAND_LEVEL_S = (0.1, 1.0)
"""Over which a compressor of each band measures its level."""
TILT_DB = (6.0, -12.0)
"""What the lowest and the highest band get when the compressors have made all bands alike."""
HELD_DB = (-12.0, 3.0)
"""Of sound that is held under everything, beside the mean level of its band."""
LIMITED = (0.2, 0.9)
"""Share of the frames that a limiter leaves as they are."""


def varied(mel_power: FloatArray, rng: Rng, other: FloatArray | None) -> FloatArray:
    """The same music as another room, microphone, mixing desk and codec would have given it.

    mel_power: shape (n, 40)
    rng: draws what is done; each treatment has some chance
    other: music that may sound quietly beside it, or None
    """
    power = mel_power.astype(np.float64)
    if rng.random() < 0.6 and power.shape[0] > SHORTEST_FRAMES:
        length = int(rng.integers(SHORTEST_FRAMES, power.shape[0] + 1))
        start = int(rng.integers(0, power.shape[0] - length + 1))
        power = power[start : start + length]
    return treated(power, rng, other)


def treated(
    power: Any, rng: Rng, other: FloatArray | None, *, frame_rate_hz: float = ShortWindow.RATE_HZ
) -> FloatArray:
    """What `varied` does to the sound, at any number of frames a second; nothing is moved in time."""
    slower = frame_rate_hz / ShortWindow.RATE_HZ
    if rng.random() < 0.8:
        power = power * _decibels(_colour(rng))
    if rng.random() < 0.35:
        decay = np.exp(-1.0 / (frame_rate_hz * rng.uniform(*REVERBERATION_S)))
        tail = lfilter([1.0 - decay], [1.0, -decay], power, axis=0)
        late = round(REVERBERATION_AFTER_S * frame_rate_hz)
        power[late:] += rng.uniform(0.3, 2.0) * tail[:-late]
    if rng.random() < 0.4 and other is not None:
        beside = np.resize(other, power.shape)
        power = power + beside * (power.mean() / max(float(beside.mean()), 1e-12) * _decibels(rng.uniform(*ANOTHER_DB)))
    if rng.random() < 0.5:
        loud = uniform_filter1d(power.sum(axis=1), max(2, int(rng.uniform(*COMPRESSOR_FRAMES) * slower)))
        power = power * ((loud + 1e-9 * loud.max() + 1e-12) ** -rng.uniform(0.1, 0.6))[:, None]
    if rng.random() < 0.4:
        level = power.mean(axis=0) if rng.random() < 0.5 else power.mean()
        power = power + rng.exponential(1.0, power.shape) * level * _decibels(rng.uniform(*NOISE_DB))
    if rng.random() < 0.2:
        power[:, int(rng.integers(24, 38)) :] *= 1e-5
    if rng.random() < 0.1:
        power[:, : int(rng.integers(1, 5))] *= 1e-4
    return power.astype(np.float32)


def estranged(power: Any, rng: Rng, *, frame_rate_hz: float = ShortWindow.RATE_HZ) -> Any:
    """Other instruments, softer attacks, levels that drift, parts nearly lost, uneven players; each has some chance.

    power: shape (n, 40), n >= 2
    rng: draws what is done
    frame_rate_hz: of `power`

    Returns
    -------
    shape (n, 40), of float64; nothing is moved in time by more than the smear.
    """
    power = np.array(power, dtype=np.float64)
    frames = power.shape[0]
    if rng.random() < 0.5:
        place = np.clip(np.arange(MEL_BANDS) + rng.uniform(-MOST_WARP, MOST_WARP), 0.0, MEL_BANDS - 1.0)
        band = np.minimum(place.astype(int), MEL_BANDS - 2)
        power = power[:, band] + (place - band) * (power[:, band + 1] - power[:, band])
    if rng.random() < 0.4:
        # Its running sums leave less than nothing after loud moments.
        soft = np.maximum(uniform_filter1d(power, max(2, round(rng.uniform(*SOFT_S) * frame_rate_hz)), axis=0), 0.0)
        in_band = rng.random(MEL_BANDS) < rng.choice((0.5, 1.0))
        power = power + np.where(in_band, rng.uniform(0.4, 1.0), 0.0) * (soft - power)
    if rng.random() < 0.4:
        knots = max(2, round(frames / frame_rate_hz / rng.uniform(*DRIFT_S)))
        levels = rng.normal(0.0, rng.uniform(*DRIFT_DB), (knots, MEL_BANDS // DRIFT_BANDS))
        when = np.linspace(0.0, knots - 1.0, frames)
        course = np.stack([np.interp(when, np.arange(knots), level) for level in levels.T], axis=1)
        power = power * _decibels(np.repeat(course, DRIFT_BANDS, axis=1))
    if rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 4))):
            width = int(rng.integers(*LOST_BANDS))
            low = int(rng.integers(0, MEL_BANDS - width))
            power[:, low : low + width] *= _decibels(-rng.uniform(*LOST_DB))
    if rng.random() < 0.3:
        level = gaussian_filter1d(rng.normal(size=frames), rng.uniform(*UNEVEN_S) * frame_rate_hz)
        power = power * _decibels(level * rng.uniform(*UNEVEN_DB) / max(float(level.std()), 1e-9))[:, None]
    return power


def mastered(power: Any, rng: Rng, *, frame_rate_hz: float = ShortWindow.RATE_HZ) -> FloatArray:
    """Levels held in each band, sound held under everything, a limiter; each has some chance.

    power: shape (n, 40)
    rng: draws what is done
    frame_rate_hz: of `power`
    """
    power = power.astype(np.float64)
    if rng.random() < 0.5:
        # Its running sums leave less than nothing after loud moments.
        level = np.maximum(
            uniform_filter1d(power, max(2, int(rng.uniform(*BAND_LEVEL_S) * frame_rate_hz)), axis=0), 0.0
        )
        power = power * (level + 1e-6 * level.max(axis=0) + 1e-12) ** -rng.uniform(0.2, 0.8)
        if rng.random() < 0.7:
            power = power * _decibels(_colour(rng) + np.linspace(*TILT_DB, MEL_BANDS))
    if rng.random() < 0.5:
        level = power.mean(axis=0) * _decibels(rng.normal(0.0, 4.0, MEL_BANDS) + rng.uniform(*HELD_DB))
        power = power + level * (1.0 + 0.3 * rng.normal(size=power.shape).clip(-2.5, 2.5))
    if rng.random() < 0.5:
        total = power.sum(axis=1) + 1e-12
        limit = np.quantile(total, rng.uniform(*LIMITED))
        power = power * (np.minimum(1.0, limit / total) ** rng.uniform(0.5, 1.0))[:, None]
    return np.maximum(power, 0.0).astype(np.float32)


def resampled(power: FloatArray, span: float, frames: int) -> tuple[FloatArray, int]:
    """Means over `span` frames each, shape (frames, 40), zero after the end; how many are before it."""
    total = np.concatenate([np.zeros((1, power.shape[1])), np.cumsum(power, axis=0, dtype=np.float64)])
    edges = np.minimum(span * np.arange(frames + 1), power.shape[0])
    whole = np.minimum(edges.astype(int), power.shape[0] - 1)
    part = (edges - whole)[:, None]
    at = (1.0 - part) * total[whole] + part * total[whole + 1]
    known = int(np.count_nonzero(edges[1:] < power.shape[0]))
    return (np.maximum(np.diff(at, axis=0), 0.0) / span).astype(np.float32), known


def _colour(rng: Rng) -> Any:
    """A smooth curve of gains over the bands, in dB."""
    band = np.linspace(0.0, np.pi, MEL_BANDS)
    curve = sum(rng.normal() * np.cos(k * band + rng.uniform(0.0, 2.0 * np.pi)) / np.sqrt(k) for k in (1, 2, 3, 4))
    return np.clip(COLOUR_DB * curve, -MOST_COLOUR_DB, MOST_COLOUR_DB)


def _decibels(level: Any) -> Any:
    return 10.0 ** (level / 10.0)
