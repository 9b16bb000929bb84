"""Score keys from blocks of pitch classes with a small learned model.

Each of the twelve tonics views the blocks as scale degrees above itself, and the same weights score it as a major and
as a minor key, so that all tonics are treated alike. `lab/training/fit_key_scorer.py` makes the weights.
The fit of the chroma with a published profile of real recordings is added, so that the model does not depend only on
the habits of rendered music.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np
import numpy.typing as npt

from map4.core.dsp.network import packaged, stored_arrays
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.tonal.pitch_class_views import BLOCKS, seen_from_each_tonic
from map4.core.dsp.tonal.profiles import BGATE, key_correlations
from map4.core.music.analysis.key import Key

FloatVector = npt.NDArray[np.float64]

WEIGHTS_FILE = "weights/key.npz"
N_KEYS = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeyWeights:
    """Weights of the scorer; a degree is one block at one distance above the tonic, 12 degrees per block.

    version: increased when the numbers change
    hidden: shape (degrees, units), weights of the rectified units
    hidden_bias: shape (units,)
    modes: shape (units, 2), what each unit adds to the score of the major and of the minor key
    direct: shape (degrees, 2), direct weights of the degrees
    modes_bias: shape (2,)
    profile: >= 0, weight of the correlation of the chroma with the key's profile (`BGATE`)
    temperature: > 0, divisor of the scores, so that their softmax is a calibrated confidence
    """

    version: int
    hidden: FloatArray
    hidden_bias: FloatArray
    modes: FloatArray
    direct: FloatArray
    modes_bias: FloatArray
    profile: float
    temperature: float


def key_scores(
    blocks: FloatArray, weights: KeyWeights | None = None, *, second_opinion: FloatVector | None = None
) -> FloatVector:
    """Score the 24 keys.

    blocks: shape (blocks, 12), or (windows, blocks, 12), from `summed_up`
    weights: the shipped weights by default
    second_opinion: shape (24,), or (windows, 24), what another estimator adds to the scores (`key_network.judge`)
    returns: shape (24,), or (windows, 24), logarithms of probabilities that sum to 1: twelve major keys from C on, then
        twelve minor keys.
    """
    weights = weights or shipped_weights()
    degrees = seen_from_each_tonic(blocks)
    units = np.maximum(degrees @ weights.hidden + weights.hidden_bias, 0.0)
    scores = units @ weights.modes + degrees @ weights.direct + weights.modes_bias
    flat: FloatVector = scores.swapaxes(-2, -1).reshape(*blocks.shape[:-2], -1).astype(np.float64)
    flat += weights.profile * key_correlations(blocks[..., BLOCKS.index("wide"), :], BGATE)
    if second_opinion is not None:
        flat += second_opinion
    flat /= weights.temperature
    flat -= flat.max(axis=-1, keepdims=True)
    flat -= np.log(np.exp(flat).sum(axis=-1, keepdims=True))
    return flat


def key_at(index: int) -> Key:
    """The key at an index of `key_scores`."""
    return Key(index % 12, "major" if index < 12 else "minor")


def read_weights(path: str | PathLike[str]) -> KeyWeights:
    stored = stored_arrays(path)
    blocks = tuple(str(name) for name in stored["blocks"])
    if blocks != BLOCKS:
        raise ValueError(f"the key weights are for the blocks {blocks}, not {BLOCKS}")
    names = ("hidden", "hidden_bias", "modes", "direct", "modes_bias")
    arrays = {name: np.asarray(stored[name], dtype=np.float32) for name in names}
    return KeyWeights(
        version=int(stored["version"]),
        profile=float(stored["profile"]),
        temperature=float(stored["temperature"]),
        **arrays,
    )


shipped_weights = packaged(WEIGHTS_FILE, read_weights)
