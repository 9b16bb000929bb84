"""Probability of each place in a bar for each beat, by small convolutional networks on the evidence of the beats.

A place is a beat number in a bar of two to seven beats. Each network sees 31 beats in each direction, and the mean
over the whole track. Their log odds are averaged. `lab/training/train_bar_scorer.py` makes the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from os import PathLike

import numpy as np

from map4.core.dsp.inside.bar_evidence import EVIDENCE
from map4.core.dsp.network import by_tap, convolved, elu, packaged, stored_arrays
from map4.core.dsp.spectrum.spectral_pass import FloatArray
from map4.core.music.analysis.inside import LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR

WEIGHTS_FILE = "weights/bars.npz"

METRES = tuple(range(LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR + 1))
FIRST_PLACE = {metre: sum(range(LEAST_BEATS_PER_BAR, metre)) for metre in METRES}
"""Column of the first beat of a bar, by metre; the other beats follow."""
PLACES = sum(METRES)
OFF = PLACES
"""Column for halfway between two beats."""
ENTRY_TAPS = 3
TAPS = 5
"""Beats in a convolution, 1, 2, 4 and 8 beats apart."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BarWeights:
    """Weights of the N networks.

    entry, entry_bias: shape (N, 3 * evidence, C) and (N, C), first convolution, the earliest beat first
    dilated, dilated_bias: shape (N, L, 5 * C, C) and (N, L, C), convolution l over beats 2^l apart
    onward, onward_bias: shape (N, L, C, C) and (N, L, C), what each adds to the stream
    pooled, pooled_bias: shape (N, L * C, H) and (N, H), from the means over the track
    whole: shape (N, H, 28), what these add to the log odds of every beat
    exit, exit_bias: shape (N, C, 28) and (N, 28), from the stream to the log odds
    prior: shape (7,), log of factors on the odds of each metre, and of halfway between beats: fewer pieces are in five
        than in the training examples
    choice: shape (), weight of the log odds of the first beats when a course is chosen
    phase, metre: shape (3,) each, from the log odds of the decision, and the log of the number of beats, to the log
        odds of the confidence
    """

    entry: FloatArray
    entry_bias: FloatArray
    dilated: FloatArray
    dilated_bias: FloatArray
    onward: FloatArray
    onward_bias: FloatArray
    pooled: FloatArray
    pooled_bias: FloatArray
    whole: FloatArray
    exit: FloatArray
    exit_bias: FloatArray
    prior: FloatArray
    choice: FloatArray
    phase: FloatArray
    metre: FloatArray


def place_scores(evidence: FloatArray, weights: BarWeights | None = None) -> FloatArray:
    """Log probability of each place for each beat.

    evidence: shape (b, 58), from `beat_evidence`
    weights: the shipped weights by default
    returns: shape (b, 28): places 1 and 2 of two beats per bar, then 1 to 3 of three, and so on; last, halfway between
        two beats.
    """
    weights = weights or shipped_weights()
    scores = np.zeros((evidence.shape[0], PLACES + 1), dtype=np.float32)
    for index in range(len(weights.entry)):
        scores += _run(evidence, weights, index)
    scores /= np.float32(len(weights.entry))
    scores -= scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def read_weights(path: str | PathLike[str]) -> BarWeights:
    stored = stored_arrays(path)
    arrays = {field.name: np.asarray(stored[field.name], dtype=np.float32) for field in fields(BarWeights)}
    if arrays["entry"].shape[1] != ENTRY_TAPS * EVIDENCE:
        raise ValueError(f"the bar weights are for {arrays['entry'].shape[1] // ENTRY_TAPS} numbers per beat")
    if arrays["exit"].shape[2] != PLACES + 1:
        raise ValueError(f"the bar weights are for {arrays['exit'].shape[2]} places, not {PLACES + 1}")
    return BarWeights(**arrays)


shipped_weights = packaged(WEIGHTS_FILE, read_weights)


def _run(evidence: FloatArray, weights: BarWeights, index: int) -> FloatArray:
    """Log odds of a network."""
    stream = convolved(evidence, by_tap(weights.entry[index], EVIDENCE), weights.entry_bias[index], curved=True)
    means = []
    for layer, dilated in enumerate(weights.dilated[index]):
        taps = by_tap(dilated, stream.shape[1])
        output = convolved(stream, taps, weights.dilated_bias[index, layer], apart=2**layer, curved=True)
        means.append(output.mean(axis=0))
        convolved(output, weights.onward[index, layer][None], weights.onward_bias[index, layer], onto=stream)
    hidden = elu(np.concatenate(means) @ weights.pooled[index] + weights.pooled_bias[index])
    return elu(stream) @ weights.exit[index] + weights.exit_bias[index] + hidden @ weights.whole[index]
