"""The K-weighting of ITU-R BS.1770 at any sample rate, as the energy of segments of a tenth of a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray

SEGMENT_S = 0.1
"""Step of the gating blocks: 75 % overlap of 400 ms (BS.1770-5, annex 1)."""

# BS.1770-5 tabulates both filters at 48 kHz only. These analogue parameters give its tables back through the bilinear
# transform: Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_SHELF_SLOPE = 0.4996667741545416
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
_REFERENCE_HZ = 48_000
_HIGHEST_FRACTION = 0.45  # of the rate: a corner above cannot be warped; only below 3.8 kHz does this matter

_WEIGHTS: dict[int, tuple[float, ...]] = {
    # BS.1770-5, table 4: 1.41 (+1.5 dB) for speakers 60 to 120 degrees aside, 1 elsewhere, no LFE. The order is that of
    # WAV and FLAC; 7.1 has its rear pair before the side pair.
    4: (1.0, 1.0, 1.41, 1.41),
    5: (1.0, 1.0, 1.0, 1.41, 1.41),
    6: (1.0, 1.0, 1.0, 0.0, 1.41, 1.41),
    7: (1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41),
}

Section = tuple[tuple[float, float, float], tuple[float, float]]
"""One biquad: b0 b1 b2, and a1 a2 with a0 = 1."""

_Measured = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Weighted periodic energy, shape=(n_segments,); sums of the samples, shape=(channels,); inner products with the
projections, shape=(n_segments, channels, 2 * ORDER)."""


def channel_weights(channels: int) -> NDArray[np.float64]:
    """Weight of each channel's energy (BS.1770-5, table 4), shape=(channels,); mono and unknown layouts count 1."""
    return np.array(_WEIGHTS.get(channels, (1.0,) * channels))


def k_sections(sr_hz: int) -> tuple[Section, Section]:
    """Biquads of the two K-weighting stages at a sample rate; at 48 kHz the tables of BS.1770-5.

    The table's second stage passes high frequencies with 1.005 instead of 1. That gain is kept at every rate (taking
    the numerator 1, -2, 1 over, as is often done, would read .1 LU more at 22 kHz and .3 LU more at 8 kHz).
    """
    k = math.tan(math.pi * min(_SHELF_HZ / sr_hz, _HIGHEST_FRACTION))
    vh = 10.0 ** (_SHELF_DB / 20.0)
    vb = vh**_SHELF_SLOPE
    a0 = 1.0 + k / _SHELF_Q + k * k
    shelf = (
        ((vh + vb * k / _SHELF_Q + k * k) / a0, 2.0 * (k * k - vh) / a0, (vh - vb * k / _SHELF_Q + k * k) / a0),
        (2.0 * (k * k - 1.0) / a0, (1.0 - k / _SHELF_Q + k * k) / a0),
    )
    k = math.tan(math.pi * min(_HIGH_PASS_HZ / sr_hz, _HIGHEST_FRACTION))
    a0 = 1.0 + k / _HIGH_PASS_Q + k * k
    k_reference = math.tan(math.pi * _HIGH_PASS_HZ / _REFERENCE_HZ)
    gain = (1.0 + k_reference / _HIGH_PASS_Q + k_reference * k_reference) / a0
    high_pass = ((gain, -2.0 * gain, gain), (2.0 * (k * k - 1.0) / a0, (1.0 - k / _HIGH_PASS_Q + k * k) / a0))
    return shelf, high_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class KWeighting:
    """Energy of the K-weighted signal in segments of 100 ms, without filtering it.

    Parameters
    ----------
    frames : samples a segment has
    power_response : float32, shape=(frames // 2 + 1,), squared response, doubled where the mirrored bin counts too
    pair_response : float32, shape=(2 * frames,), squared response at all bins, each for its real and imaginary part
    projections : float32, shape=(frames, 2 * ORDER), what a segment leaves in the filter, and what of its periodic
        response lies along the filter's free responses
    pair_projections : complex64, the same; a product of two channels as one complex signal needs no copy of them

    Notes
    -----
    With z the discrete Fourier transform of a segment x, sum |H|^2 |z|^2 / N is the energy of the filter's *periodic*
    response to x (Parseval). The true response differs only in the state the filter starts from: the periodic one
    starts from what x itself leaves behind, the true one from what the segment before left (what came earlier has
    died away by 100 dB). The difference is Q s, with Q the filter's four free responses made orthonormal (QR), so

        energy = periodic + 2 s . (Q' y_periodic) + s . s,     s = left(before) - left(x),

    and both "left" and "Q' y_periodic" are inner products with x. The result is exact, for one FFT and eight inner
    products a segment.
    """

    ORDER: ClassVar[int] = 4

    frames: int
    power_response: NDArray[np.float32]
    pair_response: NDArray[np.float32]
    projections: NDArray[np.float32]
    pair_projections: NDArray[np.complex64]

    def mean_squares(
        self, segments: NDArray[np.float32], weights: NDArray[np.float64], state: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Weighted sum over the channels of the mean squares of the K-weighted signal, in each segment.

        Parameters
        ----------
        segments : shape=(n_segments, frames, channels), consecutive, contiguous
        weights : shape=(channels,), what each channel's energy counts
        state : shape=(channels, ORDER), what the segment before left; None at the start of a stream, where the first
            segment is taken to have come before, so that a constant offset does not begin with a click

        Returns
        -------
        weighted mean squares, shape=(n_segments,); sum of the samples, shape=(channels,); the new state
        """
        if segments.shape[2] == 2 and weights[0] == weights[1]:
            periodic, total, products = self._of_pair(segments, weights[0])
        else:
            periodic, total, products = self._of_channels(segments, weights)
        left, along = products[..., : self.ORDER], products[..., self.ORDER :]
        before = np.concatenate([left[:1] if state is None else state[np.newaxis], left[:-1]])
        change = before - left
        energy = periodic + (2.0 * change * along + change * change).sum(axis=2) @ weights
        # Rounding may leave the energy of a pure offset a hair below nothing.
        return np.maximum(energy / self.frames, 0.0), total, left[-1]

    def _of_pair(self, segments: NDArray[np.float32], weight: float) -> _Measured:
        """Energy of the periodic responses of both channels, the sums of their samples, and the inner products.

        Left and right as the parts of one complex signal: the energy of its spectrum at k and -k together is that of
        both channels at k, so that they need not be told apart, nor taken apart in memory.
        """
        pairs = segments.view(np.complex64)[..., 0]
        # The products with left are the real parts, with right the imaginary ones.
        products = (pairs @ self.pair_projections).view(np.float32).reshape(len(pairs), -1, 2).transpose(0, 2, 1)
        squares = scipy.fft.fft(pairs, axis=1).view(np.float32)
        total = squares[:, :2].sum(axis=0, dtype=np.float64)
        np.square(squares, out=squares)
        return weight * (squares @ self.pair_response).astype(np.float64), total, products.astype(np.float64)

    def _of_channels(self, segments: NDArray[np.float32], weights: NDArray[np.float64]) -> _Measured:
        """As `_of_pair`, for any number of channels."""
        # (n_segments, channels, 8): tensordot copies to make one large product, 3 times faster than many thin ones.
        products = np.tensordot(segments, self.projections, axes=(1, 0)).astype(np.float64)
        bins = scipy.fft.rfft(segments, axis=1)
        squares = np.square(bins.view(np.float32))
        periodic = (self.power_response @ squares).astype(np.float64).reshape(len(segments), -1, 2).sum(axis=2)
        return periodic @ weights, bins[:, 0].real.sum(axis=0, dtype=np.float64), products


@lru_cache(maxsize=8)
def k_weighting(sr_hz: int) -> KWeighting:
    """K-weighting for a sample rate; kept for the next file, as a folder has few rates."""
    frames = max(1, int(sr_hz * SEGMENT_S))
    sections = k_sections(sr_hz)
    z1 = np.exp(-2j * np.pi * np.arange(frames // 2 + 1) / frames)
    response = _response(sections, z1)
    power = np.abs(response) ** 2 / frames
    mirrored = np.concatenate([power, power[(frames - 1) // 2 : 0 : -1]])
    power[1 : (frames + 1) // 2] *= 2.0

    step, drive, readout = _state_space(sections)
    free, triangular = np.linalg.qr(_powers(readout, step, frames))
    # What x leaves: sum of step^(frames - 1 - n) drive x[n], in the coordinates that make `free` orthonormal.
    leaves = triangular @ _powers(drive, step.T, frames)[::-1].T
    along = scipy.fft.irfft(np.conj(response)[:, np.newaxis] * scipy.fft.rfft(free, axis=0), n=frames, axis=0).T
    projections = np.concatenate([leaves, along]).T
    return KWeighting(
        frames=frames,
        power_response=power.astype(np.float32),
        pair_response=np.repeat(mirrored, 2).astype(np.float32),
        projections=np.ascontiguousarray(projections, dtype=np.float32),
        pair_projections=np.ascontiguousarray(projections, dtype=np.complex64),
    )


def power_gain(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the weighting multiplies the power at some frequencies by, by the tables for 48 kHz; shape as `hz`."""
    z1 = np.exp(-2j * np.pi * hz / _REFERENCE_HZ)
    return np.square(np.abs(_response(k_sections(_REFERENCE_HZ), z1)))


def _response(sections: Sequence[Section], z1: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Response of biquads in a row, at points z^-1."""
    response = np.ones_like(z1)
    for (b0, b1, b2), (a1, a2) in sections:
        response = response * (b0 + b1 * z1 + b2 * z1**2) / (1.0 + a1 * z1 + a2 * z1**2)
    return response


def _state_space(sections: Sequence[Section]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Cascade of two biquads as s' = step s + drive x, y = readout s + ... (the direct term is not needed)."""
    (b0, b1, b2), (a1, a2) = sections[0]
    (c0, c1, c2), (d1, d2) = sections[1]
    first_drive, second_drive = np.array([b1 - a1 * b0, b2 - a2 * b0]), np.array([c1 - d1 * c0, c2 - d2 * c0])
    step = np.zeros((4, 4))
    step[:2, :2] = [[-a1, 1.0], [-a2, 0.0]]
    step[2:, 2:] = [[-d1, 1.0], [-d2, 0.0]]
    step[2:, 0] = second_drive  # the second section reads the first one's output: its first state plus b0 x
    drive = np.concatenate([first_drive, second_drive * b0])
    readout = np.array([c0, 0.0, 1.0, 0.0])
    return step, drive, readout


def _powers(row: NDArray[np.float64], step: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Rows row, row @ step, row @ step^2 ... shape=(count, len(row)), by doubling."""
    rows = row[np.newaxis]
    while len(rows) < count:
        rows = np.concatenate([rows, rows @ step])
        step = step @ step
    return rows[:count]
