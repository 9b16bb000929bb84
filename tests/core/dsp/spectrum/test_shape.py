"""The shape of power spectra, against the plain formulas."""

import numpy as np

from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.spectral_pass import (
    ROLLOFF_SHARE,
    SHAPE_BINS,
    SPARSITY_FRAMES,
    describe_shape,
    spectral_sparsity,
)

BINS = ShortWindow.LENGTH // 2 + 1
BIN_HZ = ShortWindow.SAMPLE_RATE_HZ / ShortWindow.LENGTH


def spectra(kind: str) -> FloatArray:
    rng = np.random.default_rng(5)
    power = rng.exponential(size=(64, BINS))
    if kind == "falling":
        power *= np.exp(-np.arange(BINS) / np.linspace(2.0, 200.0, 64)[:, None])
    if kind == "one bin":
        power = np.zeros((64, BINS))
        power[np.arange(64), 2 + np.arange(64) * 7] = 1.0
    return power.astype(np.float32)


def test_rolloff_and_sparsity_follow_the_sounding_bins() -> None:
    for kind in ("flat", "falling", "one bin"):
        power = spectra(kind)
        running = np.cumsum(power[:, SHAPE_BINS], axis=1, dtype=np.float64)
        expected_hz = (SHAPE_BINS.start + np.argmax(running >= ROLLOFF_SHARE * running[:, -1:], axis=1)) * BIN_HZ
        found_hz = describe_shape(power)[:, 2]
        # Rounding may decide for the neighbour where the sum meets the share.
        np.testing.assert_allclose(found_hz, expected_hz, atol=1.01 * BIN_HZ)
        assert np.mean(np.abs(found_hz - expected_hz) < 0.5 * BIN_HZ) > 0.95
    for bins, expected in ((1, 1.0), (2, 0.946), (75, 0.0)):
        # Hoyer's measure of k equal numbers among n: (sqrt(n) - sqrt(k)) / (sqrt(n) - 1); 75 bins from 1600 to 3200 Hz.
        power = np.zeros((SPARSITY_FRAMES, BINS), dtype=np.float32)
        power[:, 74 : 74 + bins] = 3.0
        np.testing.assert_allclose(spectral_sparsity(power), [expected], atol=6e-3)
    power = spectra("flat")
    rows = spectral_sparsity(power[:40])
    np.testing.assert_allclose(rows[:2], spectral_sparsity(power)[:2], rtol=1e-5)
    np.testing.assert_allclose(rows[2:], spectral_sparsity(power[32:40]), rtol=1e-5)


def test_shapes_ignore_power_outside_their_bins_level_and_faint_noise() -> None:
    power = spectra("flat")
    octave = np.sort(power[:, 74:149], axis=1)  # 1600-3200 Hz
    expected_db = 10.0 * np.log10(octave[:, -15:].mean(axis=1) / octave[:, :15].mean(axis=1))
    np.testing.assert_allclose(describe_shape(power)[:, -1], expected_db, atol=1e-3)
    power = spectra("falling")
    louder = power.copy()
    louder[:, : SHAPE_BINS.start] += 1e3
    louder[:, SHAPE_BINS.stop :] += 1e3
    np.testing.assert_array_equal(describe_shape(louder), describe_shape(power))
    np.testing.assert_allclose(spectral_sparsity(power * np.float32(1e-4)), spectral_sparsity(power), rtol=1e-4)
    # One partial at 1 kHz, and 80 dB below it the noise of a coder, which alone would be flat.
    power = 1e-8 * spectra("flat")
    power[:, 46] = 1.0
    assert spectral_sparsity(power).min() > 0.95
    loud_noise = power + np.float32(1e-2) * spectra("flat")
    assert spectral_sparsity(loud_noise).max() < 0.6
