"""Beats and tempo by a small network on the mel spectrogram.

Convolutions over time, each reaching twice as far as the previous (10 s in each direction in total), compute the
probability of a beat at each frame from 120 numbers. The mean and variation of their outputs over the track score the
candidate tempi, in addition to `tempo_scorer`. `lab/training/train_beat_network.py` makes the weights and documents the
music used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from os import PathLike

import numpy as np

from map4.core.dsp.compiled import call, kernels
from map4.core.dsp.network import by_tap, convolved, elu, packaged, stored_arrays
from map4.core.dsp.rhythm.onsets import COMPRESSION
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS, FloatArray

WEIGHTS_FILE = "weights/beats.npz"

POOLED_FRAMES = 2
BEAT_RATE_HZ = ShortWindow.RATE_HZ / POOLED_FRAMES
"""50.1 frames per second: means of two frames, at half the cost; people hear beats to no more than 20 ms."""
MEAN_FRAMES = round(4.0 * BEAT_RATE_HZ)
"""4 s; each band is divided by its own mean over this time, so that timbre and level don't count."""
SHORT_RISE, LONG_RISE = 1, 4
"""Frames (20 and 80 ms) over which the rise of a band is measured."""
SHORT_RISE_GAIN = 2.0
"""Scales the shorter rises to the size of the others."""
NUMBERS = 3 * MEL_BANDS
"""Numbers per frame: level, short and long rise of each band."""

ENTRY_TAPS = 3
TAPS = 5
"""Frames in a convolution, 1, 2, 4 ... 128 frames apart."""
CHUNK_FRAMES = 6144
"""Frames processed at a time (2 minutes), so that a three-hour mix takes no more memory than a track."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeatWeights:
    """Weights of the network.

    entry, entry_bias: shape (3 * 120, C) and (C,), first convolution, the earliest frame first
    dilated, dilated_bias: shape (L, 5 * C, C) and (L, C), convolution l over frames 2^l apart
    onward, onward_bias: shape (L, C, C) and (L, C), what each adds to the stream
    exit, exit_bias: shape (C, 1) and (1,), from the stream to the log odds of a beat
    pooled, pooled_bias: shape (2 * L * C, H) and (H,), from the means over time and then the standard deviations
    tempo, tempo_bias: shape (H, K) and (K,), to the scores of the candidate tempi
    tempo_share: weight of these scores relative to those of `tempo_scorer`
    temperature: > 0, divisor of the sum, so that its softmax is a calibrated confidence
    """

    entry: FloatArray
    entry_bias: FloatArray
    dilated: FloatArray
    dilated_bias: FloatArray
    onward: FloatArray
    onward_bias: FloatArray
    exit: FloatArray
    exit_bias: FloatArray
    pooled: FloatArray
    pooled_bias: FloatArray
    tempo: FloatArray
    tempo_bias: FloatArray
    tempo_share: FloatArray
    temperature: FloatArray

    @property
    def halo_frames(self) -> int:
        """Frames on either side that an output depends on."""
        reach = sum(2**layer for layer in range(len(self.dilated)))
        return int(ENTRY_TAPS // 2 + TAPS // 2 * reach + 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listening:
    """Output of the network.

    activation: shape (m,), probability of a beat at each frame of `BEAT_RATE_HZ`; frame j is at
        (2 j + 0.5) / `ShortWindow.RATE_HZ` seconds
    tempo_scores: shape (K,), over `candidate_bpm()`: added to the scores of `tempo_scorer`
    temperature: > 0, divisor of the sum, so that its softmax is a calibrated confidence
    """

    activation: FloatArray
    tempo_scores: FloatArray
    temperature: float


def listen(mel_power: Packed, weights: BeatWeights | None = None, *, chunk_frames: int = CHUNK_FRAMES) -> Listening:
    """Run the network.

    mel_power: shape (n, 40), n >= 1, as in `Spectra`
    weights: the shipped weights by default
    chunk_frames: int > 0, frames processed at a time
    returns: Listening; meaningless for silence or noise.
    """
    weights = weights or shipped_weights()
    n_frames, halo = math.ceil(len(mel_power) / POOLED_FRAMES), weights.halo_frames
    odds = np.empty(n_frames, dtype=np.float32)
    totals = np.zeros((2, weights.dilated_bias.size))
    for start in range(0, n_frames, chunk_frames):
        stop = min(start + chunk_frames, n_frames)
        first, last = max(0, start - halo), min(n_frames, stop + halo)
        inside = slice(start - first, stop - first)
        # The context that the numbers need; the level of a whole three-hour mix would not fit in memory.
        before, after = max(0, first - MEAN_FRAMES), min(n_frames, last + MEAN_FRAMES)
        power = pooled_power(mel_power[POOLED_FRAMES * before : POOLED_FRAMES * after])
        numbers = frame_numbers(compressed_level(power, mel_power.mean), first - before, last - before)
        part, sums = _run(numbers, weights, inside)
        odds[start:stop] = part
        totals += sums
    means, squares = totals / n_frames
    spread = np.sqrt(np.maximum(squares - np.square(means), 0.0))
    hidden = elu(np.concatenate([means, spread]).astype(np.float32) @ weights.pooled + weights.pooled_bias)
    return Listening(
        activation=np.float32(1.0) / (np.float32(1.0) + np.exp(-odds)),
        tempo_scores=weights.tempo_share * (hidden @ weights.tempo + weights.tempo_bias),
        temperature=float(weights.temperature),
    )


def pooled_power(mel_power: FloatArray) -> FloatArray:
    """Means of two frames each, shape (ceil(n / 2), 40); an odd last frame is kept."""
    even = mel_power[: mel_power.shape[0] // POOLED_FRAMES * POOLED_FRAMES]
    power: FloatArray = np.float32(0.5) * (even[::2] + even[1::2])
    return power if even.shape[0] == mel_power.shape[0] else np.concatenate([power, mel_power[-1:]])


def compressed_level(power: FloatArray, mean: float) -> FloatArray:
    """log(1 + 100 power / mean power), shape as `power`; zero for silence."""
    level: FloatArray = power * np.float32(COMPRESSION / mean if mean > 0.0 else 0.0)
    return np.log1p(level, out=level)


def frame_numbers(level: FloatArray, first: int, last: int) -> FloatArray:
    """The input of the network for the frames [first, last) of a compressed level, shape (last - first, 120).

    Before the first frame is silence, for the rises; means use the available frames.
    """
    n_frames, reach = level.shape[0], MEAN_FRAMES // 2
    numbers = np.empty((last - first, NUMBERS), dtype=np.float32)
    library = kernels()
    if library is not None:
        call(
            library.map4_levels, level, n_frames, first, last, MEL_BANDS, reach, SHORT_RISE, SHORT_RISE_GAIN, LONG_RISE,
            numbers,
        )  # fmt: skip
        return numbers
    before, after = max(0, first - max(reach, LONG_RISE)), min(n_frames, last + reach)
    near = level[before:after]
    total = np.zeros((near.shape[0] + 1, MEL_BANDS))
    np.cumsum(near, axis=0, dtype=np.float64, out=total[1:])
    frame = np.arange(first, last)
    low, high = np.maximum(frame - reach, 0) - before, np.minimum(frame + reach, n_frames) - before
    # In place: as many temporary arrays take three times as long.
    mean = total.take(high, axis=0)
    mean -= total.take(low, axis=0)
    mean /= (high - low)[:, None]
    now = level[first:last]
    np.subtract(now, mean, out=numbers[:, :MEL_BANDS], casting="same_kind")
    for lag, gain, column in ((SHORT_RISE, SHORT_RISE_GAIN, MEL_BANDS), (LONG_RISE, 1.0, 2 * MEL_BANDS)):
        rise = numbers[:, column : column + MEL_BANDS]
        known = max(0, lag - first)
        rise[:known] = now[:known]
        np.subtract(now[known:], level[first + known - lag : max(0, last - lag)], out=rise[known:])
        np.maximum(rise, 0.0, out=rise)
        rise *= np.float32(gain)
    return numbers


def read_weights(path: str | PathLike[str]) -> BeatWeights:
    stored = stored_arrays(path)
    arrays = {field.name: np.asarray(stored[field.name], dtype=np.float32) for field in fields(BeatWeights)}
    if arrays["entry"].shape[0] != ENTRY_TAPS * NUMBERS:
        raise ValueError(f"the beat weights are for {arrays['entry'].shape[0] // ENTRY_TAPS} numbers per frame")
    if arrays["pooled"].shape[0] != 2 * arrays["dilated_bias"].size:
        raise ValueError(f"the tempo head is for {arrays['pooled'].shape[0]} numbers per track")
    return BeatWeights(**arrays)


shipped_weights = packaged(WEIGHTS_FILE, read_weights)


def _run(numbers: FloatArray, weights: BeatWeights, inside: slice) -> tuple[FloatArray, FloatArray]:
    """Log odds of a beat inside of some frames, and the sums there of each convolution's output and its square.

    The second result has shape (2, L * C).
    """
    stream = convolved(numbers, by_tap(weights.entry, NUMBERS), weights.entry_bias, curved=True)
    sums, squares = [], []
    ones = np.ones(inside.stop - inside.start, dtype=np.float32)
    for index, dilated in enumerate(weights.dilated):
        taps = by_tap(dilated, stream.shape[1])
        output = convolved(stream, taps, weights.dilated_bias[index], apart=2**index, curved=True)
        there = output[inside]
        # As products, ten times faster than sums along the long axis.
        sums.append(ones @ there)
        squares.append(ones @ np.square(there))
        convolved(output, weights.onward[index : index + 1], weights.onward_bias[index], onto=stream)
    odds = elu(stream[inside]) @ weights.exit + weights.exit_bias
    return odds[:, 0], np.stack([np.concatenate(sums), np.concatenate(squares)])
