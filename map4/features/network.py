"""Layers of the small networks: weighted sums and what is made of them."""

from __future__ import annotations

import numpy as np

from map4.features.spectrum.filters import FloatArray


def elu(x: FloatArray) -> FloatArray:
    """x where it is positive, exp(x) - 1 elsewhere, which is the larger of both (exponential linear unit)."""
    result: FloatArray = np.minimum(x, 0.0)
    np.exp(result, out=result)
    result -= 1.0
    return np.maximum(x, result, out=result)


def convolved(frames: FloatArray, taps: FloatArray, bias: FloatArray, *, apart: int = 1) -> FloatArray:
    """Convolution over time; what lies outside counts as zero.

    One product a tap and no copy of the frames: faster than one product over all taps side by side.

    Parameters
    ----------
    frames : shape (n, inputs)
    taps : shape (taps, inputs, outputs), the earliest frame first
    bias : shape (outputs,)
    apart : frames from one tap to the next
    """
    n_frames = frames.shape[0]
    out: FloatArray = np.empty((n_frames, taps.shape[2]), dtype=np.float32)
    out[:] = bias
    for index, tap in enumerate(taps):
        shift = (index - len(taps) // 2) * apart
        first, last = max(0, -shift), min(n_frames, n_frames - shift)
        if first < last:
            out[first:last] += frames[first + shift : last + shift] @ tap
    return out
