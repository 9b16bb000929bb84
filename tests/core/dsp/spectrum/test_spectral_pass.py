"""The spectral pass: against librosa, against known tones, and cut into blocks of any length."""

import math

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals import Signal, cadence, chord, drum_loop, mix, silence, sine, white_noise
from spectra import spectra_of

from map4.core.dsp.loudness.dynamics import weighted_power
from map4.core.dsp.spectrum.filters import PITCH_HIGH_HZ, ShortWindow, hann, pitch_matrix
from map4.core.dsp.spectrum.spectral_pass import MEL_BANDS, PEAK_SAMPLES, SHAPE_BINS, Spectra, SpectralPass
from map4.core.dsp.spectrum.transforms import SHAPE_STRIDE
from map4.core.dsp.tonal.key import estimate_tonality

ARRAYS = (
    "mel_power", "peaks", "centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness", "contrast_db", "sparsity", "pitch",
)  # fmt: skip


@pytest.fixture(scope="module")
def music() -> Signal:
    return mix(cadence(2, "minor", 8.0), drum_loop(110, 8.0), white_noise(8.0, level=0.01))


@pytest.fixture(scope="module")
def spectra(music: Signal) -> Spectra:
    return spectra_of(music)


@pytest.fixture(scope="module")
def reference_power(music: Signal) -> np.ndarray:
    stft = librosa.stft(music, n_fft=ShortWindow.LENGTH, hop_length=ShortWindow.HOP, window="hann", pad_mode="constant")
    return np.abs(stft) ** 2


# librosa compiles for 20 to 40 s on its first use after an installation: beside it in `make test-all` alone.
@pytest.mark.world
def test_mel_power_equals_librosa_within_three_thousandths(music: Signal, spectra: Spectra) -> None:
    expected = librosa.feature.melspectrogram(
        y=music, sr=ShortWindow.SAMPLE_RATE_HZ, n_fft=ShortWindow.LENGTH, hop_length=ShortWindow.HOP, n_mels=MEL_BANDS,
        fmin=30.0, fmax=10_000.0, htk=True, norm="slaney", pad_mode="constant",
    ).T  # fmt: skip
    assert spectra.mel_power.shape == expected.shape
    np.testing.assert_allclose(spectra.mel_power[:], expected, rtol=3e-3, atol=1e-6 * expected.max())


# By name: librosa compiles when its first function is looked up, in each process that collects tests.
@pytest.mark.world
@pytest.mark.parametrize(
    ("name", "function", "arguments", "tolerance"),
    [
        ("centroid_hz", "spectral_centroid", {"sr": ShortWindow.SAMPLE_RATE_HZ}, 1.0),
        ("bandwidth_hz", "spectral_bandwidth", {"sr": ShortWindow.SAMPLE_RATE_HZ}, 2.0),
        # One bin: where 85 % falls between two bins, rounding decides.
        (
            "rolloff_hz",
            "spectral_rolloff",
            {"sr": ShortWindow.SAMPLE_RATE_HZ},
            ShortWindow.SAMPLE_RATE_HZ / ShortWindow.LENGTH,
        ),
        ("flatness", "spectral_flatness", {"power": 1.0}, 1e-3),
    ],
)
def test_descriptors_equal_librosa_on_the_power_spectrum(
    name: str, function: str, arguments: dict, tolerance: float, spectra: Spectra, reference_power: np.ndarray
) -> None:
    inside = np.zeros_like(reference_power)
    inside[SHAPE_BINS] = reference_power[SHAPE_BINS]
    # The flatness is that of the bins looked at; the others ask for the frequencies of all.
    shown = reference_power[SHAPE_BINS] if name == "flatness" else inside
    expected = getattr(librosa.feature, function)(S=shown, **arguments)[0][::SHAPE_STRIDE]
    np.testing.assert_allclose(getattr(spectra, name), expected, rtol=1e-3, atol=1.01 * tolerance)


@pytest.mark.world
def test_chroma_agrees_with_librosa(music: Signal, spectra: Spectra) -> None:
    expected = librosa.feature.chroma_stft(
        y=music, sr=ShortWindow.SAMPLE_RATE_HZ, n_fft=8192, hop_length=4096, tuning=0.0, norm=np.inf
    ).mean(axis=1)
    chroma = np.array(estimate_tonality(spectra).chroma)
    cosine = chroma @ expected / np.linalg.norm(chroma) / np.linalg.norm(expected)
    # Two filterbanks of different shape and range; the same notes give 0.97 here, a fifth apart 0.8.
    assert cosine > 0.95


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(min_value=0, max_value=3 * ShortWindow.SAMPLE_RATE_HZ), max_size=12))
def test_spectra_do_not_depend_on_block_boundaries(cuts: list[int]) -> None:
    y = mix(cadence(5, "major", 3.0), drum_loop(130, 3.0))
    whole = spectra_of(y)
    spectral_pass = SpectralPass()
    for block in np.split(y, sorted(cuts)):
        spectral_pass.feed(block)
    cut = spectral_pass.finish()
    assert cut.n_samples == whole.n_samples
    assert cut.tuning_semitones == whole.tuning_semitones
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(cut, name)[:], getattr(whole, name)[:])


def test_blocks_of_all_sizes_and_long_results_stay_in_order() -> None:
    y = np.tile(drum_loop(100, 6.0), 20)
    whole = spectra_of(y)
    for size in (1000, 65_536, 500_000):
        spectral_pass = SpectralPass()
        for start in range(0, y.size, size):
            spectral_pass.feed(y[start : start + size])
        cut = spectral_pass.finish()
        np.testing.assert_array_equal(cut.mel_power[:], whole.mel_power[:])
        np.testing.assert_array_equal(cut.pitch[:], whole.pitch[:])
    quiet, loud = silence(100.0), white_noise(100.0, level=0.1)
    spectra = spectra_of(np.concatenate([quiet, loud]))
    level = weighted_power(spectra.mel_power)
    assert level.shape == (1 + 200 * ShortWindow.SAMPLE_RATE_HZ // ShortWindow.HOP,)
    half = round(100 * spectra.frame_rate_hz)
    assert level[: half - 3].max() == 0.0
    assert level[half + 3 : -3].min() > 1e-3


def test_peaks_are_measured_every_2_5_ms_and_ignore_an_offset() -> None:
    y = silence(1.0)
    y[5000], y[5001], y[9000] = 0.5, -0.7, -0.2
    peaks = spectra_of(y).peaks[:]
    loud = np.flatnonzero(peaks > 0.001)
    np.testing.assert_allclose(peaks[loud], [0.7, 0.2], rtol=2e-3)
    assert np.diff(loud) * ShortWindow.HOP / 4 == pytest.approx(4000, abs=ShortWindow.HOP / 4)
    y = mix(sine(200.0, 30.0, level=0.3), sine(3000.0, 30.0, level=0.2))
    padding = math.ceil(
        ShortWindow.LENGTH / 2 / PEAK_SAMPLES
    )  # zeros before the first sample, to which the offset is new
    offset, without = spectra_of(y + np.float32(0.15)).peaks, spectra_of(y).peaks
    np.testing.assert_allclose(offset[padding:], without[padding:], atol=0.002)


def test_descriptors_tell_sines_from_noise_at_any_offset() -> None:
    spectra = spectra_of(sine(1000.0, 2.0))
    middle = slice(3, -3)
    np.testing.assert_allclose(spectra.centroid_hz[middle], 1000.0, atol=2.0)
    np.testing.assert_allclose(spectra.rolloff_hz[middle], 1000.0, atol=30.0)
    assert spectra.bandwidth_hz[middle].max() < 40.0
    assert spectra.flatness[middle].max() < 0.01
    noise, tones = spectra_of(white_noise(3.0)), spectra_of(chord((60, 64, 67), 3.0))
    assert noise.flatness.mean() == pytest.approx(0.56, abs=0.05)  # exp(-Euler's constant), of exponential powers
    assert noise.centroid_hz.mean() == pytest.approx((43 + 10_000) / 2, rel=0.03)
    assert (tones.contrast_db.mean(axis=0)[2:] > noise.contrast_db.mean(axis=0)[2:] + 10.0).all()
    y = mix(chord((57, 61, 64), 3.0), sine(2500.0, 3.0, level=0.1))
    plain, offset = spectra_of(y), spectra_of(y + np.float32(0.2))
    for name in ("centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness"):
        np.testing.assert_allclose(getattr(offset, name)[3:-3], getattr(plain, name)[3:-3], rtol=1e-2, err_msg=name)


def test_tones_and_notes_have_their_pitch_and_tuning() -> None:
    for midi, hz in ((45, 110.0), (57, 220.0), (69, 440.0), (81, 880.0)):
        spectra = spectra_of(sine(hz, 3.0))
        assert spectra.pitch[2:-2].mean(axis=0).argmax() == pytest.approx(3 * (midi - 28), abs=1)
    for cents in (-45, -20, 0, 13, 40):
        spectra = spectra_of(chord((57, 61, 64), 3.0, tuning_cents=cents))
        assert 100 * spectra.tuning_semitones == pytest.approx(cents, abs=3.0)
        assert spectra.tuning_strength > 0.5
        assert spectra.loud_tuning_strength > 0.8
    noise = spectra_of(white_noise(5.0))
    assert noise.tuning_strength < 0.02
    assert noise.loud_tuning_strength < 0.03
    notes = chord((57, 61, 64), 5.0)
    clean, noisy = spectra_of(notes), spectra_of(mix(notes, white_noise(5.0, level=0.003)))
    assert noisy.tuning_strength < 0.6 * clean.tuning_strength
    assert noisy.loud_tuning_strength == pytest.approx(clean.loud_tuning_strength, abs=0.1)


def test_arrays_are_float32_also_of_short_and_empty_signals(spectra: Spectra) -> None:
    assert {getattr(spectra, name)[:].dtype for name in ARRAYS} == {np.dtype(np.float32)}
    with pytest.raises(ValueError, match="one dimension"):
        SpectralPass().feed(np.zeros((100, 2), dtype=np.float32))
    for n_samples in (0, 1, 219, 220, 1023):
        spectra = spectra_of(np.zeros(n_samples, dtype=np.float32))
        assert spectra.mel_power.shape == (1 + n_samples // ShortWindow.HOP, MEL_BANDS)
        assert spectra.pitch.shape[0] == 1
        assert spectra.duration_s == n_samples / ShortWindow.SAMPLE_RATE_HZ
        assert spectra.tuning_semitones == spectra.tuning_strength == spectra.loud_tuning_strength == 0.0
        for name in ARRAYS:
            assert not getattr(spectra, name)[:].any()


@pytest.mark.world
def test_windows_and_filters_have_the_documented_shape() -> None:
    np.testing.assert_allclose(hann(8), librosa.filters.get_window("hann", 8), atol=1e-6)
    np.testing.assert_allclose(
        ShortWindow.mel_edges_hz(), librosa.mel_frequencies(42, fmin=30.0, fmax=10_000.0, htk=True)
    )
    matrix = pitch_matrix()
    assert matrix.shape == (int(PITCH_HIGH_HZ * 8192 / ShortWindow.SAMPLE_RATE_HZ) + 1, 216)
    assert (matrix.max(axis=0) > 0).all()
