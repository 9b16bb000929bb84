"""Score keys from blocks of pitch classes with a small learned model.

Each of the twelve tonics views the blocks as scale degrees above itself, and the same weights score it as a major and
as a minor key, so that all tonics are treated alike. `lab/training/fit_key_scorer.py` makes the weights.
The fit of the chroma with a published profile of real recordings is added, so that the model does not depend only on
the habits of rendered music.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from os import PathLike
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from map4.core.dsp.network import packaged, stored_arrays
from map4.core.dsp.spectrum.filters import FloatArray
from map4.core.dsp.tonal.pitch_class_views import BLOCKS, seen_from_each_tonic
from map4.core.music.analysis.key import Key, Mode

FloatVector = npt.NDArray[np.float64]
Profile = MappingProxyType[Mode, tuple[float, ...]]

BGATE: Profile = MappingProxyType(
    {
        "major": (1, 0, 0.42, 0, 0.53, 0.37, 0, 0.77, 0, 0.38, 0.21, 0.30),
        "minor": (1, 0, 0.36, 0.39, 0, 0.38, 0, 0.74, 0.27, 0, 0.42, 0.23),
    }
)
"""Weight of each scale degree in a key, tonic first, in electronic dance music.

Faraldo, Jordà & Herrera, "A multi-profile method for key estimation in EDM", AES Conf. on Semantic Audio, 2017.
"""
ALBRECHT: Profile = MappingProxyType(
    {
        "major": (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081),
        "minor": (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052),
    }
)
"""The same for classical music.

Albrecht & Shanahan, "The use of large corpora to train a new type of key-finding algorithm", Music Perception 31(1),
2013.
"""
KRUMHANSL: Profile = MappingProxyType(
    {
        "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    }
)
"""The same as rated by listeners; these profiles are commonly used with librosa's chroma.

Krumhansl & Kessler, "Tracing the dynamic changes in perceived tonal organization", Psychological Review 89(4), 1982.
"""
_CONSTANT = 1e-9  # a deviation this small relative to the largest value is a rounding error


def key_correlations(chroma: npt.ArrayLike, *profiles: Profile) -> FloatVector:
    """Mean over profiles of the Pearson correlation of a chroma with each key.

    chroma: shape (12,), C first, or several, one per row
    profiles: one or more, in any order
    returns: shape (24,), or one such row each, -1 to 1: twelve major keys from C on, then twelve minor keys; all 0 for
        a constant chroma.
    """
    values = np.asarray(chroma, dtype=np.float64)
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    is_constant = length <= _CONSTANT * np.abs(values).max(axis=-1, keepdims=True)
    products = [centred @ _key_matrix(tuple(profile["major"]), tuple(profile["minor"])).T for profile in profiles]
    fit: FloatVector = np.where(is_constant, 0.0, np.mean(products, axis=0) / np.where(is_constant, 1.0, length))
    return fit


@cache
def _key_matrix(major: tuple[float, ...], minor: tuple[float, ...]) -> FloatVector:
    """A profile centred, of length 1, and turned to each of the 24 keys; shape (24, 12)."""
    rows = []
    for degrees in (major, minor):
        centred = np.array(degrees) - np.mean(degrees)
        centred /= np.linalg.norm(centred)
        rows += [np.roll(centred, tonic) for tonic in range(12)]
    return np.array(rows)


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
