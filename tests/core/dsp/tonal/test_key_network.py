"""The key networks: their arithmetic, their symmetry, the file they come from, and what they hear in chords."""

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY
from signals import cadence, silence
from spectra import spectra_of

from map4.core.dsp.spectrum.semitones import LOWEST_MIDI, SEMITONES, Notes
from map4.core.dsp.tonal.key_network import (
    POOLED_FRAMES,
    KeyNetworkWeights,
    follow,
    judge,
    listen,
    read_weights,
    register_matrix,
    shipped_weights,
)
from map4.core.dsp.tonal.key_scorer import key_at

TRAINING = REPOSITORY / "training"


def small_weights(seed: int = 5) -> KeyNetworkWeights:
    """Two features of notes, three of pitch classes, two hidden units, chance values."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0.0, 0.3, shape).astype(np.float32)

    return KeyNetworkWeights(
        notes=draw(3, 25, 2), notes_bias=draw(2), classes=draw(8, 12, 3), classes_bias=draw(3),
        course=draw(1, 5, 3, 12, 3), course_bias=draw(1, 3), hidden=draw(9, 12, 2), hidden_bias=draw(2),
        modes=draw(2, 12, 2), modes_bias=draw(2), direct=draw(9, 12, 2), share=np.float32(0.7),
    )  # fmt: skip


def some_semitones(n_frames: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).exponential(size=(n_frames, SEMITONES)).astype(np.float32)


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def by_the_book(semitones: np.ndarray, w: KeyNetworkWeights) -> np.ndarray:
    """The same network written with loops over taps, semitones and degrees."""
    moments = np.sqrt(semitones).reshape(-1, POOLED_FRAMES, SEMITONES).mean(axis=1)
    moments = 6.0 * moments / np.linalg.norm(moments, axis=1, keepdims=True)
    count = len(moments)
    padded = np.pad(moments, ((1, 1), (12, 12)))
    notes = np.zeros((count, 2, SEMITONES))
    for tap in range(3):
        for place in range(25):
            notes += padded[tap : tap + count, None, place : place + SEMITONES] * w.notes[tap, place][:, None]
    notes = elu(notes + w.notes_bias[:, None])
    folded = (notes @ register_matrix()).reshape(count, 8, 12)
    stream = elu(around(folded, w.classes) + w.classes_bias[:, None])
    wide = np.pad(stream, ((2, 2), (0, 0), (0, 0)))
    layer = sum(around(wide[tap : tap + count], w.course[0, tap]) for tap in range(5))
    stream = stream + elu(layer + w.course_bias[0][:, None])
    leaning = np.log(np.exp(3.0 * stream).mean(axis=0)) / 3.0
    views = np.concatenate([stream.mean(axis=0), np.sqrt(stream.var(axis=0) + 1e-4), leaning])[None]
    hidden = elu(around(views, w.hidden) + w.hidden_bias[:, None])
    scores = around(hidden, w.modes) + around(views, w.direct) + w.modes_bias[:, None]
    return float(w.share) * scores.ravel()


def around(frames: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each pitch class sees the twelve from itself upwards."""
    out = np.zeros((len(frames), weights.shape[2], 12))
    for degree in range(12):
        out += np.einsum("tip,io->top", np.roll(frames, -degree, axis=2), weights[:, degree])
    return out


def test_scores_equal_a_direct_computation_of_complete_moments() -> None:
    semitones, weights = some_semitones(60), small_weights()
    found = judge(listen(semitones, [weights]), [weights])
    np.testing.assert_allclose(found, by_the_book(semitones, weights), atol=1e-4)
    semitones, two = some_semitones(150), [small_weights(1), small_weights(2)]
    heard = listen(semitones, two)
    single = [judge(listen(semitones, [note]), [note]) for note in two]
    np.testing.assert_allclose(judge(heard, two), single[0] + single[1], atol=1e-5)
    np.testing.assert_allclose(listen(semitones, two, chunk_moments=7), heard, atol=1e-5)
    weights = [small_weights()]
    assert [len(listen(some_semitones(n), weights)) for n in (0, 2, 3, 8)] == [0, 0, 1, 2]
    assert not judge(listen(some_semitones(2), weights), weights).any()
    assert np.isfinite(judge(np.full((4, 1, 36), 500.0, dtype=np.float32), [small_weights()])).all()


def test_octaves_fold_onto_their_pitch_class_and_courses_have_times() -> None:
    for turn in (1, 5, 11):
        moments = np.random.default_rng(3).normal(size=(20, 1, 36)).astype(np.float32)
        turned = np.roll(moments.reshape(20, 1, 3, 12), turn, axis=3).reshape(20, 1, 36)
        scores, again = (judge(m, [small_weights()]).reshape(2, 12) for m in (moments, turned))
        np.testing.assert_allclose(again, np.roll(scores, turn, axis=1), atol=1e-4)
    registers = register_matrix().reshape(SEMITONES, 4, 12)
    assert registers[40 - LOWEST_MIDI, 0, 4] == registers[64 - LOWEST_MIDI, 2, 4] == 1.0
    assert np.count_nonzero(registers, axis=2).max() == 1
    y = np.concatenate([cadence(0, "major", 12.0), silence(12.0), cadence(6, "major", 12.0)])
    spectra = spectra_of(y)
    course = follow(Notes.of(spectra.pitch, spectra.tuning_semitones))
    third = len(spectra.pitch) // 3
    first, middle, last = (course.between(begin, begin + third) for begin in (0, third, 2 * third))
    assert len(middle) < 0.2 * len(first)
    assert [key_at(int(judge(course.moments[part]).argmax())).tonic for part in (first, last)] == [0, 6]


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_shipped_networks_detect_the_key_of_a_cadence(mode: str) -> None:
    for tonic in (2, 9):
        spectra = spectra_of(cadence(tonic, mode, 20.0))  # type: ignore[arg-type]
        key = key_at(int(judge(listen(Notes.of(spectra.pitch, spectra.tuning_semitones).loud.semitones)).argmax()))
        assert (key.tonic, key.mode) == (tonic, mode)


def test_shipped_networks_are_whole_and_read_once() -> None:
    shipped = shipped_weights()
    assert shipped is shipped_weights()
    shapes = {tuple(getattr(network, field.name).shape for field in fields(KeyNetworkWeights)) for network in shipped}
    assert len(shapes) == 1
    assert all(
        np.isfinite(getattr(network, field.name)).all() for network in shipped for field in fields(KeyNetworkWeights)
    )
    assert 0.0 < sum(float(network.share) for network in shipped) <= 2.0


def test_pickled_networks_and_those_of_other_registers_are_refused(tmp_path: Path) -> None:
    weights = small_weights()
    stored = {field.name: getattr(weights, field.name)[None] for field in fields(KeyNetworkWeights)}
    np.savez(tmp_path / "good.npz", **stored)
    assert len(read_weights(tmp_path / "good.npz")) == 1
    np.savez(tmp_path / "bad.npz", **{**stored, "classes": stored["classes"][:, :6]})
    with pytest.raises(ValueError, match="do not fit 4 registers"):
        read_weights(tmp_path / "bad.npz")
    np.savez(tmp_path / "key.npz", notes=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_weights(tmp_path / "key.npz")


def test_exported_network_scores_as_the_trained_one(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="needs the training group")
    monkeypatch.syspath_prepend(str(TRAINING))
    import key_convolutions

    torch.manual_seed(1)
    net = key_convolutions.KeyNet()
    net(torch.rand(4, 60, SEMITONES))
    weights = key_convolutions.exported(net.eval(), 1.0)
    semitones = some_semitones(60)
    with torch.no_grad():
        expected = net(torch.from_numpy(semitones)[None])[0].numpy()
    np.testing.assert_allclose(judge(listen(semitones, [weights]), [weights]), expected, atol=1e-4)
    assert sys.modules["key_convolutions"] is key_convolutions
    assert replace(weights, share=np.float32(0.5)).note_matrices.shape == (3, SEMITONES, 8 * SEMITONES)
