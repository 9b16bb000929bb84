"""Score candidate tempi with a small learned model that views the tempogram from each candidate.

All candidates are judged with the same weights, from the rows of the tempogram at thirteen multiples of their rate and
from their place on the tempo scale. `lab/training/train_tempo_scorer.py` makes the weights and documents the music
used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.network import packaged, stored_arrays
from map4.core.dsp.rhythm.onsets import ENVELOPES, widened
from map4.core.dsp.rhythm.tempo import FASTEST_BPM, candidate_bpm, candidate_slice
from map4.core.dsp.rhythm.tempogram import BINS_PER_OCTAVE, CROSS_PAIRS, GRID_BINS, Tempogram
from map4.core.dsp.spectrum.spectral_pass import FloatArray

WEIGHTS_FILE = "weights/tempo.npz"

RATIOS = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0, 4.0, 6.0, 8.0)
"""Multiples of a candidate's rate: bars of four or three, two beats, dotted values, and parts of a beat."""
ROWS = 2 * ENVELOPES + len(CROSS_PAIRS)
"""Rows of a tempogram: autocorrelation and Fourier magnitude of each envelope, and the cross-correlations."""
BUMP_BPM = (45.0, 57.0, 70.0, 85.0, 103.0, 125.0, 150.0, 180.0, 215.0)
BUMP_OCTAVES = 0.2
"""Width of the bell curves around `BUMP_BPM` that encode a candidate's place; together they form its prior."""
EVIDENCE = len(RATIOS) * ROWS + len(BUMP_BPM)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TempoWeights:
    """Weights of the scorer.

    version: increased when the numbers change
    hidden: shape (243, units), weights of the rectified units
    hidden_bias: shape (units,)
    output: shape (units,), what each unit adds to the score
    direct: shape (243,), direct weights of the evidence
    temperature: > 0, divisor of the scores, so that their softmax is a calibrated confidence
    """

    version: int
    hidden: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    direct: FloatArray
    temperature: float


def score_candidates(
    tempogram: Tempogram, weights: TempoWeights | None = None, *, fastest_bpm: float = FASTEST_BPM
) -> FloatArray:
    """Score each candidate tempo.

    weights: the shipped weights by default
    fastest_bpm: of the candidates; what is above the default was not learned
    returns: shape (K,), over `candidate_bpm(fastest_bpm)`: log-probability up to a constant.
    """
    weights = weights or shipped_weights()
    evidence = tempo_evidence(stacked(tempogram), fastest_bpm=fastest_bpm)
    units = np.maximum(evidence @ weights.hidden + weights.hidden_bias, 0.0)
    return (units @ weights.output + evidence @ weights.direct) / np.float32(weights.temperature)


def stacked(tempogram: Tempogram) -> FloatArray:
    """The rows of a tempogram, shape (18, 217), each the maximum with both neighbours, as drifting tempi spread."""
    return widened(np.concatenate([tempogram.autocorrelation, tempogram.fourier, tempogram.cross]))


def tempo_evidence(rows: FloatArray, *, shift: int = 0, fastest_bpm: float = FASTEST_BPM) -> FloatArray:
    """The evidence of each candidate.

    rows: shape (..., 18, 217), from `stacked`
    shift: bins by which the candidates look further up, so that a clip can train other tempi
    returns: shape (..., K, 243): all rows at the first of `RATIOS`, and so on, 0 outside the grid; then the bell
        curves.
    """
    index = _places(fastest_bpm) + shift
    seen = np.swapaxes(rows, -1, -2)[..., np.clip(index, 0, GRID_BINS - 1), :]
    seen = seen * ((index >= 0) & (index < GRID_BINS))[:, :, None]
    flat = seen.reshape(*seen.shape[:-2], len(RATIOS) * ROWS)
    bumps = np.broadcast_to(_bumps(fastest_bpm), (*flat.shape[:-1], len(BUMP_BPM)))
    return np.concatenate([flat, bumps], axis=-1, dtype=np.float32)


def read_weights(path: str | PathLike[str]) -> TempoWeights:
    stored = stored_arrays(path)
    arrays = {
        name: np.asarray(stored[name], dtype=np.float32) for name in ("hidden", "hidden_bias", "output", "direct")
    }
    if arrays["hidden"].shape[0] != EVIDENCE or arrays["direct"].shape != (EVIDENCE,):
        raise ValueError(f"the tempo weights are for {arrays['hidden'].shape[0]} numbers, not {EVIDENCE}")
    return TempoWeights(version=int(stored["version"]), temperature=float(stored["temperature"]), **arrays)


shipped_weights = packaged(WEIGHTS_FILE, read_weights)


@cache
def _places(fastest_bpm: float) -> npt.NDArray[np.int64]:
    """Place of each ratio of each candidate on the grid, shape (K, 13); may be outside."""
    candidates = candidate_slice(fastest_bpm)
    offsets = [round(BINS_PER_OCTAVE * math.log2(ratio)) for ratio in RATIOS]
    return np.arange(candidates.start, candidates.stop)[:, None] + np.array(offsets)


@cache
def _bumps(fastest_bpm: float) -> FloatArray:
    """The bell curves at each candidate, shape (K, 9)."""
    octaves = np.log2(candidate_bpm(fastest_bpm)[:, None] / np.array(BUMP_BPM)) / BUMP_OCTAVES
    return np.exp(-0.5 * np.square(octaves)).astype(np.float32)
