"""Layers of the small neural networks, and reading their weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from os import PathLike
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.spectrum.filters import FloatArray

_MOST_TAPS, _MOST_INPUTS = 8, 1024  # larger convolutions don't fit in the kernel's tables

Weights = TypeVar("Weights")


def packaged(name: str, read: Callable[[str | PathLike[str]], Weights]) -> Callable[[], Weights]:
    """Returns a function that reads shipped weights, in a file such as "weights/beats.npz", once."""

    @cache
    def shipped() -> Weights:
        with as_file(files("map4.core.dsp").joinpath(name)) as path:
            return read(path)

    return shipped


def stored_arrays(path: str | PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def elu(x: FloatArray) -> FloatArray:
    """x if positive, else exp(x) - 1, which is the larger of both (exponential linear unit)."""
    result: FloatArray = np.minimum(x, 0.0)
    np.exp(result, out=result)
    result -= 1.0
    return np.maximum(x, result, out=result)


def convolved(
    frames: FloatArray,
    taps: FloatArray,
    bias: FloatArray,
    *,
    apart: int = 1,
    curved: bool = False,
    onto: FloatArray | None = None,
) -> FloatArray:
    """Convolution over time with zero padding.

    frames: shape (n, inputs)
    taps: shape (taps, inputs, outputs), the earliest frame first
    bias: shape (outputs,)
    apart: frames from one tap to the next
    curved: whether `elu` of it is returned
    onto: shape (n, outputs), to which it is added in place
    """
    n_frames = frames.shape[0]
    out: FloatArray = np.empty((n_frames, taps.shape[2]), dtype=np.float32) if onto is None else onto
    library = kernels()
    fits = len(taps) <= _MOST_TAPS and frames.shape[1] == taps.shape[1] <= _MOST_INPUTS
    if out.shape != (n_frames, taps.shape[2]) or bias.shape != out.shape[1:]:
        raise ValueError(f"{out.shape} outputs and {bias.shape} biases don't fit {n_frames} frames and {taps.shape}")
    if library is not None and fits and out.dtype == np.float32 and out.flags.carray:
        frames, taps, bias = (np.ascontiguousarray(array, dtype=np.float32) for array in (frames, taps, bias))
        call(
            library.map4_convolved, frames, n_frames, taps.shape[1], taps, len(taps), taps.shape[2], apart, bias,
            int(curved), int(onto is not None), out,
        )  # fmt: skip
        return out
    if onto is None:
        out[:] = bias
    else:
        out += bias
    # One product per tap without copying frames: faster than one product over all taps side by side.
    for index, tap in enumerate(taps):
        shift = (index - len(taps) // 2) * apart
        first, last = max(0, -shift), min(n_frames, n_frames - shift)
        if first < last:
            out[first:last] += frames[first + shift : last + shift] @ tap
    if curved:
        out[:] = elu(out)
    return out


def by_tap(weights: FloatArray, width: int) -> FloatArray:
    """The weights of a convolution over frames of `width` numbers, shape (taps * width, C), by tap."""
    return weights.reshape(-1, width, weights.shape[1])
