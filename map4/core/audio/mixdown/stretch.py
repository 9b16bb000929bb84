"""Play samples faster or slower, at the same pitch if possible."""

from __future__ import annotations

import importlib.util

import numpy as np
import soxr

from map4.core.audio.mixdown.excerpt import Stereo


class TimeStretch:
    """Another speed for samples."""

    SAME_SPEED = 1e-6
    """A second in twelve days."""
    SETTLES_S = 0.25
    """Audio to read before and after a part for another speed, so that the stretch has settled."""

    @staticmethod
    def can_keep_pitch() -> bool:
        """Return whether a time stretch is installed (the extra `stretch`)."""
        return importlib.util.find_spec(_MODULE) is not None

    @staticmethod
    def at_speed(samples: Stereo, speed: float, *, rate_hz: int) -> Stereo:
        """Return the samples at another speed: n frames become n / speed.

        The pitch stays with the time stretch of Signalsmith; without it, it changes as on a record player.

        samples: shape=(channels, n)
        speed: 1 is unchanged, > 1 faster
        """
        if abs(speed - 1.0) <= TimeStretch.SAME_SPEED:
            return samples
        if not TimeStretch.can_keep_pitch():
            played = soxr.resample(samples.T, rate_hz * speed, rate_hz)
            return np.ascontiguousarray(played.T)
        from python_stretch.Signalsmith import Stretch

        stretch = Stretch(_SEED)
        stretch.preset(len(samples), rate_hz)
        stretch.setTimeFactor(speed)
        return np.asarray(stretch.process(np.ascontiguousarray(samples)), dtype=np.float32)


_MODULE = "python_stretch"
_SEED = 1  # the same samples give the same bytes
