"""The learned scorer: its arithmetic, its symmetry, and the file it comes from."""

from pathlib import Path

import numpy as np
import pytest

from map4.core.dsp.tonal.key_scorer import BGATE, N_KEYS, KeyWeights, key_at, key_scores, read_weights, shipped_weights
from map4.core.dsp.tonal.pitch_class_views import BLOCKS
from map4.core.music.analysis.key import Key

DEGREES = 12 * len(BLOCKS)


def weights(**changes: object) -> KeyWeights:
    values: dict[str, object] = {
        "version": 7,
        "hidden": np.zeros((DEGREES, 2), dtype=np.float32),
        "hidden_bias": np.zeros(2, dtype=np.float32),
        "modes": np.zeros((2, 2), dtype=np.float32),
        "direct": np.zeros((DEGREES, 2), dtype=np.float32),
        "modes_bias": np.zeros(2, dtype=np.float32),
        "profile": 0.0,
        "temperature": 1.0,
    }
    return KeyWeights(**{**values, **changes})  # type: ignore[arg-type]


def one_hot(block: int, pitch_class: int) -> np.ndarray:
    blocks = np.zeros((len(BLOCKS), 12), dtype=np.float32)
    blocks[block, pitch_class] = 1.0
    return blocks


def test_weights_units_temperature_and_bias_score_a_key() -> None:
    direct = np.zeros((DEGREES, 2), dtype=np.float32)
    direct[12 * 1 + 7, 1] = 3.0  # the second block's fifth speaks for the minor key
    scores = key_scores(one_hot(1, 2), weights(direct=direct))
    assert key_at(int(scores.argmax())) == Key(7, "minor")
    assert np.exp(scores).sum() == pytest.approx(1.0)
    assert scores[19] - scores[0] == pytest.approx(3.0)
    hidden = np.zeros((DEGREES, 2), dtype=np.float32)
    hidden[0] = 2.0, -2.0
    modes = np.array([[1.0, 0.0], [0.0, 5.0]], dtype=np.float32)
    scores = key_scores(one_hot(0, 4), weights(hidden=hidden, modes=modes, hidden_bias=np.array([-0.5, -0.5], "f4")))
    assert scores[4] - scores[0] == pytest.approx(1.5)
    assert scores[16] == pytest.approx(scores[12])  # the second unit is below zero everywhere
    direct[0, 0] = 4.0
    sharp, flat = (key_scores(one_hot(0, 0), weights(direct=direct, temperature=t)) for t in (1.0, 2.0))
    assert sharp[0] - sharp[1] == pytest.approx(4.0)
    assert flat[0] - flat[1] == pytest.approx(2.0)
    biased = key_scores(one_hot(0, 0), weights(modes_bias=np.array([0.0, 1.0], "f4")))
    assert biased[12] - biased[0] == pytest.approx(1.0)


def test_transposed_input_transposes_scores_from_c_major_to_b_minor() -> None:
    for turn in (1, 5, 11):
        blocks = np.random.default_rng(2).random((len(BLOCKS), 12), dtype=np.float32)
        scores, turned = key_scores(blocks), key_scores(np.roll(blocks, turn, axis=1))
        np.testing.assert_allclose(turned.reshape(2, 12), np.roll(scores.reshape(2, 12), turn, axis=1), atol=1e-3)
    blocks = np.zeros((len(BLOCKS), 12), dtype=np.float32)
    blocks[BLOCKS.index("wide")] = np.roll(BGATE["minor"], 4)

    scores = key_scores(blocks, weights(profile=2.0))

    assert key_at(int(scores.argmax())) == Key(4, "minor")
    assert np.ptp(key_scores(blocks, weights())) == 0.0
    assert [key_at(i) for i in (0, 11, 12, 23)] == [
        Key(0, "major"),
        Key(11, "major"),
        Key(0, "minor"),
        Key(11, "minor"),
    ]


def test_shipped_weights_are_whole_and_others_refused(tmp_path: Path) -> None:
    shipped = shipped_weights()
    assert shipped is shipped_weights()
    assert shipped.version >= 1
    assert 0.5 <= shipped.temperature <= 3.0
    units = shipped.hidden.shape[1]
    shapes = [shipped.hidden.shape, shipped.hidden_bias.shape, shipped.modes.shape, shipped.direct.shape]
    assert shapes == [(DEGREES, units), (units,), (units, 2), (DEGREES, 2)]
    assert all(np.isfinite(a).all() for a in (shipped.hidden, shipped.hidden_bias, shipped.modes, shipped.direct))
    assert key_scores(np.full((len(BLOCKS), 12), 0.3, dtype=np.float32)).shape == (N_KEYS,)
    pickled = np.array([{"wide": 1}], dtype=object)
    for blocks, message in ((np.array(["wide", "narrow"]), "are for the blocks"), (pickled, "allow_pickle")):
        np.savez(tmp_path / "key.npz", blocks=blocks, version=1)
        with pytest.raises(ValueError, match=message):
            read_weights(tmp_path / "key.npz")
