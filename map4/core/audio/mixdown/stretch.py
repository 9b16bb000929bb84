"""A part of an audio file as stereo samples, played faster or slower, at the same pitch if possible."""

from __future__ import annotations

import importlib.util

import numpy as np
import soxr
from numpy.typing import NDArray

from map4.core.audio.decoder import Decoder
from map4.core.audio.mixdown.channels import two_channels

Stereo = NDArray[np.float32]
"""Shape (2, frames), full scale 1."""

_MARGIN_S = 0.1  # additional audio at both ends, so that the resampler's filter has settled


def read_excerpt(path: str, start_s: float, end_s: float, *, rate_hz: int, open_audio: Decoder) -> Stereo:
    """Decode a part of a file; samples before its start or after its end are silent.

    Only this part is kept, though everything before it is decoded, as seeking is not exact to the sample.

    start_s, end_s: from time zero
    open_audio: the decoder, from `map4.core.audio.decoder.load_decoder`
    """
    count = round((end_s - start_s) * rate_hz)
    with open_audio(path) as stream:
        own_hz = stream.sample_rate_hz
        first, last = round((start_s - _MARGIN_S) * own_hz), round((end_s + _MARGIN_S) * own_hz)
        buffer = np.zeros((last - first, 2), dtype=np.float32)
        done = 0
        for block in stream.blocks():
            here = slice(max(first - done, 0), max(0, min(last - done, len(block))))
            if here.start < here.stop:
                begin = done + here.start - first
                buffer[begin : begin + here.stop - here.start] = two_channels(block[here])
            done += len(block)
            if done >= last:
                break
    samples = buffer if own_hz == rate_hz else soxr.resample(buffer, own_hz, rate_hz)
    begin = round(start_s * rate_hz - first / own_hz * rate_hz)
    excerpt = np.zeros((2, count), dtype=np.float32)
    part = samples[begin : begin + count].T
    excerpt[:, : part.shape[1]] = part
    return excerpt


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
