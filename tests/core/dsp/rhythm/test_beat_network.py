"""The beat network: its arithmetic, the file it comes from, and what it hears in clicks and drums."""

import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY
from signals import Signal, clicks, drum_loop
from spectra import spectra_of

from map4.core.dsp.rhythm.beat_network import (
    BEAT_RATE_HZ,
    MEAN_FRAMES,
    NUMBERS,
    BeatWeights,
    compressed_level,
    frame_numbers,
    listen,
    pooled_power,
    read_weights,
    shipped_weights,
)
from map4.core.dsp.rhythm.tempo import candidate_bpm
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS

TRAINING = REPOSITORY / "training"


def mel_of(y: Signal) -> Packed:
    return spectra_of(y).mel_power


def noise_mel(n_frames: int, seed: int = 1) -> Packed:
    return Packed.of(np.random.default_rng(seed).exponential(size=(n_frames, MEL_BANDS)).astype(np.float32))


def small_weights() -> BeatWeights:
    """Three numbers per frame, three layers, chance values."""
    rng = np.random.default_rng(5)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0.0, 0.4, shape).astype(np.float32)

    return BeatWeights(
        entry=0.2 * draw(3 * NUMBERS, 3), entry_bias=draw(3), dilated=draw(3, 15, 3), dilated_bias=draw(3, 3),
        onward=draw(3, 3, 3), onward_bias=draw(3, 3), exit=draw(3, 1), exit_bias=draw(1), pooled=draw(18, 4),
        pooled_bias=draw(4), tempo=draw(4, 7), tempo_bias=draw(7), tempo_share=np.float32(0.5),
        temperature=np.float32(1.3),
    )  # fmt: skip


def elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def naive(numbers: np.ndarray, weights: BeatWeights) -> tuple[np.ndarray, np.ndarray]:
    """The definition, frame by frame and in double precision."""

    def convolve(frames: np.ndarray, taps: np.ndarray, bias: np.ndarray, apart: int) -> np.ndarray:
        count, width = taps.shape[0] // frames.shape[1], frames.shape[1]
        out = np.tile(bias.astype(float), (frames.shape[0], 1))
        for here in range(frames.shape[0]):
            for tap in range(count):
                place = here + (tap - count // 2) * apart
                if 0 <= place < frames.shape[0]:
                    out[here] += frames[place] @ taps[tap * width : (tap + 1) * width]
        return out

    stream = elu(convolve(numbers, weights.entry, weights.entry_bias, 1))
    means, spreads = [], []
    for layer in range(len(weights.dilated)):
        found = elu(convolve(stream, weights.dilated[layer], weights.dilated_bias[layer], 2**layer))
        means.append(found.mean(axis=0))
        spreads.append(found.std(axis=0))
        stream = stream + found @ weights.onward[layer] + weights.onward_bias[layer]
    odds = (elu(stream) @ weights.exit + weights.exit_bias)[:, 0]
    found = np.concatenate(means + spreads)
    scores = elu(found @ weights.pooled + weights.pooled_bias) @ weights.tempo + weights.tempo_bias
    return 1 / (1 + np.exp(-odds)), scores * float(weights.tempo_share)


def test_beat_network_agrees_with_a_direct_computation_of_its_features() -> None:
    mel, weights = noise_mel(181), small_weights()
    numbers = frame_numbers(compressed_level(pooled_power(mel[:]), mel.mean), 0, 91).astype(float)
    activation, scores = naive(numbers, weights)
    heard = listen(mel, weights)
    np.testing.assert_allclose(heard.activation, activation, atol=1e-5)
    np.testing.assert_allclose(heard.tempo_scores, scores, atol=1e-5)
    assert heard.temperature == pytest.approx(1.3)
    level = compressed_level(noise_mel(700)[:], 1.0)
    numbers = frame_numbers(level, 0, 700)
    half = MEAN_FRAMES // 2
    for frame in (0, 3, 350, 699):
        around = level[max(0, frame - half) : frame + half]
        before, long_before = (level[frame - lag] if frame >= lag else 0.0 for lag in (1, 4))
        np.testing.assert_allclose(numbers[frame, :40], level[frame] - around.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(numbers[frame, 40:80], 2 * np.maximum(level[frame] - before, 0), atol=1e-5)
        np.testing.assert_allclose(numbers[frame, 80:], np.maximum(level[frame] - long_before, 0), atol=1e-5)
    np.testing.assert_allclose(frame_numbers(level, 250, 400), numbers[250:400], atol=1e-5)


def test_activation_is_finite_and_does_not_depend_on_chunk_size() -> None:
    mel = noise_mel(6001)
    whole = listen(mel)
    cut = listen(mel, chunk_frames=700)
    assert whole.activation.size == 3001
    np.testing.assert_allclose(cut.activation, whole.activation, atol=1e-4)
    np.testing.assert_allclose(cut.tempo_scores, whole.tempo_scores, atol=1e-3)
    for n_frames in (1, 2, 5):
        for mel in (noise_mel(n_frames), Packed.of(np.zeros((n_frames, MEL_BANDS), dtype=np.float32))):
            heard = listen(mel)
            assert heard.activation.shape == ((n_frames + 1) // 2,)
            assert np.isfinite(heard.activation).all()
            assert np.isfinite(heard.tempo_scores).all()


def test_shipped_weights_are_active_on_beats_at_half_the_frame_rate() -> None:
    heard = listen(mel_of(drum_loop(112.0, 20.0, pattern="rock", first_beat_s=0.4)))
    beats = 0.4 + 60.0 / 112.0 * np.arange(6, 32)
    on_beat = np.rint(beats * BEAT_RATE_HZ - 0.25).astype(int)
    between = np.rint((beats + 30.0 / 112.0) * BEAT_RATE_HZ - 0.25).astype(int)
    assert np.median(heard.activation[on_beat]) > 0.5
    assert np.median(heard.activation[between]) < 0.2
    assert candidate_bpm()[heard.tempo_scores.argmax()] == pytest.approx(112.0, rel=0.04)
    heard = listen(mel_of(clicks(120.0, 12.0, first_beat_s=0.5)))
    peaks = np.flatnonzero(heard.activation > 0.5 * heard.activation.max())
    times = (2 * peaks + 0.5) / ShortWindow.RATE_HZ
    assert np.abs((times - 0.5) * 2 - np.rint((times - 0.5) * 2)).max() < 0.1


def test_shipped_weights_are_plain_and_others_refused(tmp_path: Path) -> None:
    weights = shipped_weights()
    arrays = [getattr(weights, field.name) for field in fields(weights)]
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays)
    assert sum(array.size for array in arrays) < 140_000
    assert 0.0 <= float(weights.tempo_share) <= 2.0
    assert 0.5 <= float(weights.temperature) <= 3.0
    assert shipped_weights() is weights
    arrays = {field.name: getattr(weights, field.name) for field in fields(weights)}
    np.savez(tmp_path / "other.npz", **{**arrays, "entry": arrays["entry"][:300]})
    with pytest.raises(ValueError, match="100 numbers per frame"):
        read_weights(tmp_path / "other.npz")
    np.savez(tmp_path / "head.npz", **{**arrays, "pooled": arrays["pooled"][:160]})
    with pytest.raises(ValueError, match="160 numbers per track"):
        read_weights(tmp_path / "head.npz")
    np.savez(tmp_path / "objects.npz", **{**arrays, "entry": np.array([None], dtype=object)})
    with pytest.raises(ValueError):
        read_weights(tmp_path / "objects.npz")


@pytest.mark.world
def test_beat_network_in_numpy_agrees_with_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(sys, "path", [str(TRAINING), *sys.path])
    import beat_convolutions

    torch.manual_seed(3)
    network = beat_convolutions.Network().eval()
    mel = noise_mel(3000)
    numbers = frame_numbers(compressed_level(pooled_power(mel[:]), mel.mean), 0, 1500)
    with torch.no_grad():
        odds, scores = network(torch.from_numpy(numbers.T[None].copy()))
    weights = beat_convolutions.exported(network, tempo_share=1.0, temperature=1.0)
    heard = listen(mel, weights)
    np.testing.assert_allclose(heard.activation, torch.sigmoid(odds)[0].numpy(), atol=1e-4)
    np.testing.assert_allclose(heard.tempo_scores, scores[0].numpy(), atol=1e-4)
    again = beat_convolutions.imported(weights).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())


def test_training_distortions_keep_the_time_of_hits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(TRAINING), *sys.path])
    from mel_treatments import estranged

    power = np.full((600, MEL_BANDS), 1e-3, dtype=np.float32)
    power[25::50] = 1.0
    as_it_was = power.copy()
    made = [estranged(power, np.random.default_rng(seed), frame_rate_hz=BEAT_RATE_HZ) for seed in range(40)]
    np.testing.assert_array_equal(power, as_it_was)
    assert all(array.shape == power.shape and (array >= 0.0).all() and np.isfinite(array).all() for array in made)
    assert sum(not np.allclose(array, power) for array in made) > 30
    # The steepest rise of every second stays within three frames (60 ms) of the hit.
    for array in made:
        rise = np.diff(np.log(array).mean(axis=1), prepend=0.0)[1:].reshape(-1)
        peaks = np.array([rise[start : start + 50].argmax() for start in range(0, 550, 50)])
        assert np.abs(peaks - 24).max() <= 3
    np.testing.assert_array_equal(
        estranged(power, np.random.default_rng(7)), estranged(power, np.random.default_rng(7))
    )
