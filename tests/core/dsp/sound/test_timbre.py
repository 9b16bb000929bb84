"""The cues of sound, on signals whose answer can be worked out."""

from itertools import pairwise

import numpy as np
import pytest
from signals import cadence, drum_loop, mix, silence, sine, white_noise
from spectra import spectra_of

from map4.core.dsp.loudness.dynamics import weighted_power
from map4.core.dsp.sound.descriptors import Timbre, active_frames, measure_timbre, modulation
from map4.core.dsp.spectrum.filters import ShortWindow


def measured(y: np.ndarray) -> Timbre | None:
    spectra = spectra_of(y)
    return measure_timbre(spectra, weighted_power(spectra.mel_power))


def wave(hz: float, seconds: float, amplitude: float = 1.0) -> np.ndarray:
    times_s = np.arange(int(seconds * ShortWindow.RATE_HZ)) / ShortWindow.RATE_HZ
    return (amplitude * np.sin(2 * np.pi * hz * times_s)).astype("f4")


def test_modulation_is_the_deviation_of_waves_and_follows_the_drums() -> None:
    for seconds in (3.0, 6.0, 31.0):
        assert modulation(wave(5.5, seconds, 0.4)) == pytest.approx(0.4 / np.sqrt(2), rel=0.02)
    for hz in (1.0, 2.5, 10.0, 30.0):
        assert modulation(wave(hz, 12.0)) < 0.02
    for frames in (0, 1, 49):
        assert modulation(np.ones(frames, dtype=np.float32)) == 0.0
    # Eighths at 150 BPM are 5 a second, inside the band; a kick on each beat at 60 BPM has overtones there only.
    assert measured(drum_loop(150, 12.0)).low_modulation > 0.5
    assert measured(cadence(0, "major", 12.0)).low_modulation < 0.3
    assert measured(sine(100.0, 12.0)).low_modulation < 0.02


def test_silence_has_no_timbre_and_short_sounds_a_finite_one() -> None:
    assert measured(silence(2.0)) is None
    assert not active_frames(np.zeros(50, dtype=np.float32)).any()
    y = white_noise(4.0)
    padded = np.concatenate([silence(3.0), y, silence(3.0)])
    assert measured(padded).centroid_hz == pytest.approx(measured(y).centroid_hz, rel=0.02)
    assert measured(padded).sparsity == pytest.approx(measured(y).sparsity, abs=0.01)
    y = silence(1.0)
    y[5000:5200] = 0.5
    timbre = measured(y)
    assert np.isfinite([timbre.sparsity, timbre.centroid_hz, timbre.low_modulation]).all()
    y = np.zeros(21_900, dtype=np.float32)
    y[-1] = 0.5  # reaches into frames 98 and 99 of 100; the shape comes from 96
    assert active_frames(weighted_power(spectra_of(y).mel_power))[::4].sum() == 0
    assert measured(y).sparsity == pytest.approx(0.0, abs=0.05)


def test_sparsity_orders_partials_and_noise_and_ignores_codec_noise() -> None:
    chords = cadence(0, "major", 6.0)
    assert measured(chords).sparsity > 0.6
    assert measured(white_noise(6.0)).sparsity < 0.2
    series = [measured(mix(chords, white_noise(6.0, level=level))).sparsity for level in (0.0, 0.02, 0.06, 0.2)]
    assert all(after < before for before, after in pairwise(series))
    # 30 dB below the chords: contrast, peaks over valleys, fell by a quarter of its range here.
    chords = cadence(0, "major", 6.0)
    noise = white_noise(6.0, level=float(chords.std()) * 10 ** (-30 / 20))
    assert measured(mix(chords, noise)).sparsity == pytest.approx(measured(chords).sparsity, abs=0.03)
