"""The small networks: their layers, and how what they have learned is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from os import PathLike
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from map4.dsp.spectrum.filters import FloatArray

Weights = TypeVar("Weights")


def packaged(name: str, read: Callable[[str | PathLike[str]], Weights]) -> Callable[[], Weights]:
    """Gives weights that the package ships in a file such as "weights/beats.npz", which is read once."""

    @cache
    def shipped() -> Weights:
        with as_file(files("map4.dsp").joinpath(name)) as path:
            return read(path)

    return shipped


def stored_arrays(path: str | PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def elu(x: FloatArray) -> FloatArray:
    """x where it is positive, exp(x) - 1 elsewhere, which is the larger of both (exponential linear unit)."""
    result: FloatArray = np.minimum(x, 0.0)
    np.exp(result, out=result)
    result -= 1.0
    return np.maximum(x, result, out=result)


def convolved(frames: FloatArray, taps: FloatArray, bias: FloatArray, *, apart: int = 1) -> FloatArray:
    """Convolution over time; what lies outside counts as zero.

    One product a tap and no copy of the frames: faster than one product over all taps side by side.

    frames: shape (n, inputs)
    taps: shape (taps, inputs, outputs), the earliest frame first
    bias: shape (outputs,)
    apart: frames from one tap to the next
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


def by_tap(weights: FloatArray, width: int) -> FloatArray:
    """The weights of a convolution over frames of some width, shape (taps * width, C), tap by tap."""
    return weights.reshape(-1, width, weights.shape[1])
