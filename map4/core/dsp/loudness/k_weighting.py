"""The K-weighting of ITU-R BS.1770 at any sample rate, as the energy of segments of 0.1 s."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from map4.core.dsp.compiled import call, kernels

SEGMENT_S = 0.1
"""Step of the gating blocks: 75 % overlap of 400 ms (BS.1770-5, annex 1)."""

# BS.1770-5 tabulates both filters at 48 kHz only. With these analogue parameters, the bilinear transform reproduces its
# tables: Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_SHELF_SLOPE = 0.4996667741545416
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
_REFERENCE_HZ = 48_000
_WARM_SHARE = 0.6  # share of a segment after which earlier input has decayed by 100 dB
_HIGHEST_FRACTION = 0.45  # of the rate: higher corners can't be warped; matters only below 3.8 kHz

_WEIGHTS: dict[int, tuple[float, ...]] = {
    # BS.1770-5, table 4: 1.41 (+1.5 dB) for speakers at 60 to 120 degrees, 1 elsewhere, no LFE. In the order of WAV and
    # FLAC; 7.1 has its rear pair before the side pair.
    4: (1.0, 1.0, 1.41, 1.41),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    7: (1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}

_BLOCK, _LEAST_BLOCK, _MOST_BLOCK = 48, 24, 160
"""Samples per row of the products: shorter rows have more states, longer rows larger products."""
_COLUMNS = 8  # columns of a product are padded to a multiple of this, which saves a fifth of the time

Section = tuple[tuple[float, float, float], tuple[float, float]]
"""A biquad: b0 b1 b2, and a1 a2 with a0 = 1."""


def channel_weights(channels: int) -> NDArray[np.float64]:
    """Weight of each channel's energy (BS.1770-5, table 4), shape=(channels,); mono and unknown layouts count 1."""
    return np.array(_WEIGHTS.get(channels, (1.0,) * channels))


def k_sections(sr_hz: int) -> tuple[Section, Section]:
    """Biquads of the two K-weighting stages at a sample rate; at 48 kHz the tables of BS.1770-5.

    The table's second stage passes high frequencies with 1.005 instead of 1. That gain is kept at every rate (reusing
    the numerator 1, -2, 1, as is often done, would read .1 LU more at 22 kHz and .3 LU more at 8 kHz).
    """
    k = _warped(_SHELF_HZ, sr_hz)
    vh = 10.0 ** (_SHELF_DB / 20.0)
    vb = vh**_SHELF_SLOPE
    a0 = 1.0 + k / _SHELF_Q + k * k
    shelf = (
        ((vh + vb * k / _SHELF_Q + k * k) / a0, 2.0 * (k * k - vh) / a0, (vh - vb * k / _SHELF_Q + k * k) / a0),
        (2.0 * (k * k - 1.0) / a0, (1.0 - k / _SHELF_Q + k * k) / a0),
    )
    k = _warped(_HIGH_PASS_HZ, sr_hz)
    a0 = 1.0 + k / _HIGH_PASS_Q + k * k
    k_reference = math.tan(math.pi * _HIGH_PASS_HZ / _REFERENCE_HZ)
    gain = (1.0 + k_reference / _HIGH_PASS_Q + k_reference * k_reference) / a0
    high_pass = ((gain, -2.0 * gain, gain), (2.0 * (k * k - 1.0) / a0, (1.0 - k / _HIGH_PASS_Q + k * k) / a0))
    return shelf, high_pass


def _warped(hz: float, sr_hz: int) -> float:
    """A corner frequency prewarped for the bilinear transform."""
    return math.tan(math.pi * min(hz / sr_hz, _HIGHEST_FRACTION))


@dataclass(frozen=True, slots=True, kw_only=True)
class KWeighting:
    """Energy of the K-weighted signal in segments of 100 ms, by matrix products instead of a recursion.

    frames: samples per segment, a multiple of `block`
    block: samples per row of a product
    response: float32, shape=(block, at least block + ORDER + 1), from a block to its filtered samples without a
        previous state, to the state it leaves, to its sum, and to zeros
    inner, outer: how states propagate from block to block, and from one group of blocks to the next
    filter: float32, shape=(9,), parameters of the compiled kernel, which replaces all of these

    A linear filter over a block is a matrix: the filtered samples are a linear function of the block and of the
    filter's state before it, and so is the state after it. States are chained in two steps, over the blocks of a group
    and over the groups of a segment. Only the start of a segment is inexact: it uses the state after the previous
    segment, as earlier input has decayed by 100 dB. States are written in the orthonormal form of their free responses
    (QR), so that float32 is sufficient. As only the energy is needed, filtered blocks are expressed along these
    responses, which come last, and directions at right angles to them: there, a state is added to four numbers of a
    block.
    """

    ORDER: ClassVar[int] = 4

    frames: int
    block: int
    response: NDArray[np.float32]
    inner: _Chain
    outer: _Chain
    filter: NDArray[np.float32]

    def mean_squares(
        self, samples: NDArray[np.float32], weights: NDArray[np.float64], state: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """Weighted sum over the channels of the mean squares of the K-weighted signal, in each segment.

        samples: shape=(channels, n_segments * frames), each channel contiguous
        weights: shape=(channels,), of each channel's energy
        state: shape=(channels, ORDER), the state after the previous segment; None at the start of a stream, where the
            first segment is assumed to precede, so that a constant offset does not begin with a click. Each form of the
            filter has its own
        returns: weighted mean squares, shape=(n_segments,); sum of the samples, shape=(channels,); the new state
        """
        library = kernels()
        if library is not None:
            return self._weigh_by_kernel(library, samples, weights, state)
        channels, count, order = len(samples), samples.shape[1] // self.frames, self.ORDER
        filtered = samples.reshape(channels, -1, self.block) @ self.response
        stateful, left = (filtered[..., end - order : end] for end in (self.block, self.block + order))
        total = filtered[..., self.block + order].sum(axis=1, dtype=np.float64)
        inner, group_left = self.inner.without_start(left)
        outer, segment_left = self.outer.without_start(group_left)
        segment_left = segment_left.reshape(channels, count, order)
        first = segment_left[:, :1] if state is None else state[:, np.newaxis]
        before = np.concatenate([first, segment_left], axis=1)
        outer += before[:, :-1].reshape(-1, order) @ self.outer.carried
        inner += outer.reshape(-1, order) @ self.inner.carried
        stateful += inner.reshape(stateful.shape)
        filtered[..., self.block :] = 0.0
        segments = filtered.reshape(channels, count, 1, -1)
        energy = weights @ (segments @ segments.transpose(0, 1, 3, 2))[..., 0, 0]
        return energy / self.frames, total, before[:, -1]

    def _weigh_by_kernel(
        self,
        library: Any,
        samples: NDArray[np.float32],
        weights: NDArray[np.float64],
        state: NDArray[np.float32] | None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """The same by recursion over parallel segments."""
        count, warm = samples.shape[1] // self.frames, round(_WARM_SHARE * self.frames)
        energy, total = np.empty((2, len(samples), count), dtype=np.float32)
        after = np.zeros((len(samples), self.ORDER), dtype=np.float32)
        after[:] = 0.0 if state is None else state
        for channel, left, squares, sums in zip(samples, after, energy, total, strict=True):
            row = np.ascontiguousarray(channel)
            if state is None:
                call(library.map4_weighted, row, self.frames, 1, warm, self.filter, left, squares, sums)
            call(library.map4_weighted, row, self.frames, count, warm, self.filter, left, squares, sums)
        return weights @ energy.astype(np.float64) / self.frames, total.sum(axis=1, dtype=np.float64), after


@dataclass(frozen=True, slots=True)
class _Chain:
    """A chain of blocks: `driven` is what their inputs add to the state before each block and after the last,
    shape=(4 n, 4 n + 4); `carried` what the state before the first adds to the state before each, shape=(4, 4 n).
    """

    driven: NDArray[np.float32]
    carried: NDArray[np.float32]

    @classmethod
    def of(cls, step: NDArray[np.float64], count: int) -> _Chain:
        """The chain of `count` blocks, each of which advances the state by `step`."""
        order = len(step)
        powers = [np.linalg.matrix_power(step, n).T for n in range(count)]
        driven = np.zeros((count, order, count + 1, order))
        for source in range(count):
            for place in range(source + 1, count + 1):
                driven[source, :, place] = powers[place - 1 - source]
        return cls(
            driven.reshape(count * order, -1).astype(np.float32), np.concatenate(powers, axis=1).astype(np.float32)
        )

    def without_start(self, left: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """States before each block, one row per chain, and after the last, as if each chain began with a zero state."""
        states = left.reshape(-1, len(self.driven)) @ self.driven
        order = len(self.carried)
        return states[:, :-order], states[:, -order:]


@lru_cache(maxsize=8)
def k_weighting(sr_hz: int) -> KWeighting:
    """K-weighting for a sample rate; cached, as a folder has few rates."""
    frames, block = _layout(max(1, int(sr_hz * SEGMENT_S)))
    step, drive, readout, direct = _state_space(k_sections(sr_hz))
    order = KWeighting.ORDER
    axes, triangular = np.linalg.qr(_powers(readout, step, block), mode="complete")
    triangular = triangular[:order]
    # The state after a block: sum of step^(block - 1 - n) drive x[n], in coordinates that make the axes orthonormal.
    leaves = _powers(drive, step.T, block)[::-1] @ triangular.T
    onward = triangular @ np.linalg.matrix_power(step, block) @ np.linalg.inv(triangular)
    impulse = np.append(direct, _powers(readout, step, block - 1) @ drive)
    delay = np.subtract.outer(np.arange(block), np.arange(block)).T
    driven = np.where(delay >= 0, impulse[delay], 0.0) @ np.roll(axes, -order, axis=1)
    response = np.zeros((block, -(-(block + order + 1) // _COLUMNS) * _COLUMNS), dtype=np.float32)
    response[:, : block + order + 1] = np.concatenate([driven, leaves, np.ones((block, 1))], axis=1)
    blocks = frames // block
    group = _divisor_near(blocks, math.sqrt(blocks))
    return KWeighting(
        frames=frames,
        block=block,
        response=response,
        inner=_Chain.of(onward, group),
        outer=_Chain.of(np.linalg.matrix_power(onward, group), blocks // group),
        filter=_kernel_filter(sr_hz),
    )


def _kernel_filter(sr_hz: int) -> NDArray[np.float32]:
    """The shelf's b0 b1 b2 a1 a2; the update of the high-pass's integrators, and the factor of its squares.

    high = y - near; near += 2 g far + near_step high; far += far_step high. In float32, integrators separate a constant
    offset to the last bit, unlike the table's form.
    """
    (b, a), (gains, _) = k_sections(sr_hz)
    g = _warped(_HIGH_PASS_HZ, sr_hz)
    a0 = 1.0 + g / _HIGH_PASS_Q + g * g
    far_step = 2.0 * g / a0
    near_step = far_step * (1.0 / _HIGH_PASS_Q + 2.0 * g)
    return np.array([*b, *a, far_step, near_step, 2.0 * g, gains[0] ** 2], dtype=np.float32)


def _layout(frames: int) -> tuple[int, int]:
    """Samples per segment and per block; at odd rates, segments are a few samples shorter."""
    while frames > _MOST_BLOCK and not _LEAST_BLOCK <= _divisor_near(frames, _BLOCK) <= _MOST_BLOCK:
        frames -= 1
    return frames, _divisor_near(frames, _BLOCK)


def _divisor_near(number: int, wanted: float) -> int:
    """The divisor of a number that is nearest to `wanted` by ratio."""
    return min((d for d in range(1, number + 1) if number % d == 0), key=lambda d: abs(math.log(d / wanted)))


def power_gain(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power gain of the weighting at some frequencies, by the tables for 48 kHz; shape as `hz`."""
    z1 = np.exp(-2j * np.pi * hz / _REFERENCE_HZ)
    return np.square(np.abs(_response(k_sections(_REFERENCE_HZ), z1)))


def _response(sections: Sequence[Section], z1: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Response of a cascade of biquads at points z^-1."""
    response = np.ones_like(z1)
    for (b0, b1, b2), (a1, a2) in sections:
        response = response * (b0 + b1 * z1 + b2 * z1**2) / (1.0 + a1 * z1 + a2 * z1**2)
    return response


def _state_space(
    sections: Sequence[Section],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Cascade of two biquads as s' = step s + drive x, y = readout s + direct x."""
    (b0, b1, b2), (a1, a2) = sections[0]
    (c0, c1, c2), (d1, d2) = sections[1]
    first_drive, second_drive = np.array([b1 - a1 * b0, b2 - a2 * b0]), np.array([c1 - d1 * c0, c2 - d2 * c0])
    step = np.zeros((4, 4))
    step[:2, :2] = [[-a1, 1.0], [-a2, 0.0]]
    step[2:, 2:] = [[-d1, 1.0], [-d2, 0.0]]
    step[2:, 0] = second_drive  # the second section reads the first one's output: its first state plus b0 x
    drive = np.concatenate([first_drive, second_drive * b0])
    readout = np.array([c0, 0.0, 1.0, 0.0])
    return step, drive, readout, b0 * c0


def _powers(row: NDArray[np.float64], step: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Rows row, row @ step, row @ step^2 ... shape=(count, len(row)), by doubling."""
    rows = row[np.newaxis]
    while len(rows) < count:
        rows = np.concatenate([rows, rows @ step])
        step = step @ step
    return rows[:count]
