"""Play samples faster or slower, at the same pitch where that can be done."""

from __future__ import annotations

import importlib.util

import numpy as np
import soxr

from map4.audio.mixdown.excerpt import Stereo

SAME_SPEED = 1e-6
"""A second in twelve days."""
SETTLES_S = 0.25
"""Of what is played at another speed, so much is read before and behind it: the stretch has then settled."""
_MODULE = "python_stretch"
_SEED = 1  # the same samples give the same bytes


def can_keep_pitch() -> bool:
    """Whether a time stretch is installed (the extra `stretch`)."""
    return importlib.util.find_spec(_MODULE) is not None


def at_speed(samples: Stereo, speed: float, *, rate_hz: int) -> Stereo:
    """The same played at another speed: of n frames, n / speed are left.

    The pitch stays with the time stretch of Signalsmith; without it, it changes as on a record player.

    samples: shape=(channels, n)
    speed: 1 as it is, > 1 faster
    """
    if abs(speed - 1.0) <= SAME_SPEED:
        return samples
    if not can_keep_pitch():
        played = soxr.resample(samples.T, rate_hz * speed, rate_hz)
        return np.ascontiguousarray(played.T)
    from python_stretch.Signalsmith import Stretch

    stretch = Stretch(_SEED)
    stretch.preset(len(samples), rate_hz)
    stretch.setTimeFactor(speed)
    return np.asarray(stretch.process(np.ascontiguousarray(samples)), dtype=np.float32)
