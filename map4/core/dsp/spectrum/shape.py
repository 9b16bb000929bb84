"""Shape of the power spectrum: centre, spread, rolloff, flatness, contrast and sparsity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from map4.core.dsp.compiled import LANES, call, kernels, scratch
from map4.core.dsp.spectrum.filters import ANALYSIS_RATE_HZ, FloatArray, ShortWindow

SHAPE_BINS = slice(2, 464)
"""Bins of the short transform used for the shape, 43 Hz to 10 kHz: below, a constant offset, which Opus removes, would
count as bass; above, codecs and resamplers cut off."""
ROLLOFF_SHARE = 0.85
"""Share of the power below the rolloff frequency; the usual choice."""
POWER_FLOOR = 1e-10
"""Power of a bin below which it counts as silent, so that logarithms stay finite."""

CONTRAST_EDGES_HZ = (100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)
CONTRAST_SHARE = 0.2
"""Share of an octave's bins that count as its peaks, and as its valleys."""

SPARSITY_EDGES_HZ = (400.0, 800.0, 1600.0, 3200.0)
"""The range where partials are separate in a window of 46 ms, and which every codec preserves."""
SPARSITY_FRAMES = 16
"""Frames (160 ms) whose power is summed first: holes and noise of codecs differ between frames."""

FAINT_OCTAVE = 1e-4
"""Share of the power (-40 dB) at which an octave has half weight: beside a clean tone, other octaves contain only
16-bit or codec noise."""

MOMENTS = 3
# Bins per part in the search for the rolloff: the 462 bins are 21 parts of 22.
_ROLLOFF_PART = 22


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _BinStatistics:
    """Statistics of the bins of each frame, from the compiled kernel or numpy.

    moments: shape (3, count), moments 0, 1, 2 of the frequency in kHz
    below: shape (count,), bins whose running sum is below a share of the row's sum
    mean, log_mean: shape (count,), of the bins, at least `POWER_FLOOR` each, and of their natural logarithms
    peaks, valleys: shape (5, count), sums of the strongest and of the weakest fifth of the bins of each octave
    """

    moments: FloatArray
    below: FloatArray | NDArray[np.intp]
    mean: FloatArray
    log_mean: FloatArray
    peaks: FloatArray
    valleys: FloatArray


def describe_shape(power: FloatArray) -> FloatArray:
    """Describe the distribution of power in each frame between 43 Hz and 10 kHz (`SHAPE_BINS`), and its contrast.

    power: shape (count, 513), non-negative
    returns: Centroid, bandwidth (standard deviation) and rolloff in Hz, flatness (geometric over arithmetic mean, 0-1),
        and for each octave the mean of the strongest over that of the weakest fifth of its bins in dB; shape
        (count, 9); zeros for silent frames.
    """
    library = kernels()
    statistics = _describe_by_numpy(power) if library is None else _describe_by_kernel(library, power)
    out = np.zeros((power.shape[0], 4 + len(_octave_edges()) - 1), dtype=np.float32)
    total = np.maximum(statistics.moments[0], POWER_FLOOR)
    centre_khz = statistics.moments[1] / total
    out[:, 0] = 1000.0 * centre_khz
    out[:, 1] = 1000.0 * np.sqrt(np.maximum(statistics.moments[2] / total - centre_khz**2, 0.0))
    out[:, 2] = (SHAPE_BINS.start + statistics.below) * np.float32(ANALYSIS_RATE_HZ / ShortWindow.LENGTH)
    out[:, 3] = np.exp(statistics.log_mean) / statistics.mean
    # Silence has no shape; "perfectly flat" would be wrong.
    out[statistics.moments[0] <= POWER_FLOOR * (SHAPE_BINS.stop - SHAPE_BINS.start), :4] = 0.0
    floor = POWER_FLOOR * _counted()[:, None]
    out[:, 4:] = (
        np.float32(10.0) * np.log10(np.maximum(statistics.peaks, floor) / np.maximum(statistics.valleys, floor))
    ).T
    return out


def _describe_by_numpy(power: FloatArray) -> _BinStatistics:
    bins = power[:, SHAPE_BINS]
    sums = bins @ _moments_and_parts()
    floored = np.maximum(bins, POWER_FLOOR)
    share = np.full(bins.shape[1], 1.0 / bins.shape[1], dtype=np.float32)  # a product is faster than a mean
    mean = floored @ share
    np.log(floored, out=floored)
    peaks, valleys = np.empty((2, len(_counted()), power.shape[0]), dtype=np.float32)
    for band, ((low, high), count) in enumerate(zip(pairwise(_octave_edges()), _counted(), strict=True)):
        ranked = np.sort(power[:, low:high], axis=1)
        np.add.reduce(ranked[:, -count:], axis=1, out=peaks[band])
        np.add.reduce(ranked[:, :count], axis=1, out=valleys[band])
    return _BinStatistics(
        moments=sums[:, :MOMENTS].T,
        below=_bins_below(bins, sums[:, MOMENTS:], ROLLOFF_SHARE),
        mean=mean,
        log_mean=floored @ share,
        peaks=peaks,
        valleys=valleys,
    )


def _describe_by_kernel(library: Any, power: FloatArray) -> _BinStatistics:
    n_bins, octaves, count = SHAPE_BINS.stop - SHAPE_BINS.start, len(_counted()), power.shape[0]
    rows = np.empty((7 + 2 * octaves, -(-count // LANES) * LANES), dtype=np.float32)
    room = scratch(LANES * (SHAPE_BINS.stop + LANES))
    call(
        library.map4_shape, power, power.strides[0] // 4, count, SHAPE_BINS.start, SHAPE_BINS.stop, _bins_khz(),
        ROLLOFF_SHARE, POWER_FLOOR, octaves, _octave_edges(), _counted(), room, rows, rows.shape[1],
    )  # fmt: skip
    rows = rows[:, :count]
    exponents, product = rows[5:7]
    return _BinStatistics(
        moments=rows[:MOMENTS],
        below=rows[3],
        mean=rows[4] / np.float32(n_bins),
        log_mean=(exponents + np.log2(product)) * np.float32(math.log(2.0) / n_bins),
        peaks=rows[7::2],
        valleys=rows[8::2],
    )


@cache
def _octave_edges() -> NDArray[np.int32]:
    """First bins of the octaves of the contrast, and the end of the last."""
    return np.rint(np.array(CONTRAST_EDGES_HZ) * ShortWindow.LENGTH / ANALYSIS_RATE_HZ).astype(np.int32)


@cache
def _counted() -> NDArray[np.int32]:
    """A fifth of the bins of each octave."""
    return np.maximum(1, np.rint(CONTRAST_SHARE * np.diff(_octave_edges()))).astype(np.int32)


@cache
def _bins_khz() -> FloatArray:
    return (ShortWindow.bins_hz() / 1000.0).astype(np.float32)


@cache
def _moments_and_parts() -> FloatArray:
    """Columns: moments 0, 1, 2 of the frequency in kHz, and the part of 22 bins of each bin, shape (462, 3 + 21)."""
    khz = _bins_khz()[SHAPE_BINS]
    parts = np.repeat(np.eye(khz.size // _ROLLOFF_PART), _ROLLOFF_PART, axis=0)
    return np.column_stack([np.ones_like(khz), khz, khz**2, parts]).astype(np.float32)


def _bins_below(power: FloatArray, parts: FloatArray, share: float) -> NDArray[np.intp]:
    """Bins whose running sum is below a share of the row's sum, shape (count,).

    In two steps, first the part of the row, then the bin in it: summing every bin takes three times as long.
    """
    until = np.cumsum(parts, axis=1)
    wanted = share * until[:, -1]
    part = np.count_nonzero(until < wanted[:, None], axis=1)
    rows = np.arange(part.size)
    before = np.where(part > 0, until[rows, part - 1], np.float32(0.0))
    bins = np.minimum(part, until.shape[1] - 1)[:, None] * _ROLLOFF_PART + np.arange(_ROLLOFF_PART)
    within = np.cumsum(power[rows[:, None], bins], axis=1)
    return part * _ROLLOFF_PART + np.count_nonzero(within < (wanted - before)[:, None], axis=1)


def spectral_sparsity(power: FloatArray, summed: int = 1) -> FloatArray:
    """How concentrated an octave's sound is in few bins: near 0 for noise, towards 1 for separate partials.

    Hoyer's measure [1], which compares the sum of the numbers with the root of the sum of their squares, of the power
    to the 3/4: for the power itself only the strongest partial counts, for its root also codec noise between the
    partials. Unlike peaks over valleys it hardly depends on the valleys, which lossy codecs empty or fill by 10 dB.

    power: shape (count, 513), non-negative, of successive frames, or sums over some of them each
    summed: over how many, a divisor of 16
    returns: 0-1, a number per started 16 frames: for their summed power, mean of the octaves 400-800 ... 1600-3200 Hz
        without the faint ones; 0 for silence.

    [1] Hoyer, "Non-negative matrix factorization with sparseness constraints", J. Machine Learning Research 5, 2004.
    """
    edges = np.rint(np.array(SPARSITY_EDGES_HZ) * ShortWindow.LENGTH / ANALYSIS_RATE_HZ).astype(int)
    inside = power[:, edges[0] : edges[-1]]
    rows = SPARSITY_FRAMES // summed
    whole = power.shape[0] - power.shape[0] % rows
    # A reduction by indices (reduceat) takes three times as long.
    added = inside[:whole].reshape(-1, rows, inside.shape[1]).sum(axis=1)
    if whole < power.shape[0]:
        added = np.concatenate([added, inside[whole:].sum(axis=0, keepdims=True)])
    values = np.sqrt(added * np.sqrt(added))
    faint = np.float32(FAINT_OCTAVE) * added.sum(axis=1) + np.float32(POWER_FLOOR)
    total, weight = np.zeros((2, len(added)), dtype=np.float32)
    for low, high in pairwise(edges - edges[0]):
        strength = added[:, low:high].sum(axis=1)
        share = strength / (strength + faint)
        total += share * _hoyer(values[:, low:high])
        weight += share
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0.0)


def _hoyer(values: FloatArray) -> FloatArray:
    """Sparsity of each row, 1 for a single non-zero number and 0 for equal numbers; 0 for zeros."""
    most = math.sqrt(values.shape[1])
    length = np.sqrt(np.einsum("ij,ij->i", values, values))
    ratio = np.divide(values.sum(axis=1), length, out=np.full_like(length, most), where=length > 0.0)
    return (np.float32(most) - ratio) / np.float32(most - 1.0)
