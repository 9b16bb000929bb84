"""Half the sample rate, against what the filter promises."""

import numpy as np
from signals import white_noise

from map4.core.dsp.spectrum.filters import FloatArray, ShortWindow
from map4.core.dsp.spectrum.halving import Halving

RATE_HZ = 2 * ShortWindow.SAMPLE_RATE_HZ


def halved(samples: FloatArray, block: int = 10_007) -> FloatArray:
    halving = Halving()
    parts = [halving.resample_chunk(samples[start : start + block]) for start in range(0, samples.size, block)]
    return np.concatenate([*parts, halving.resample_chunk(samples[:0], last=True)])


def sine(hz: float, rate_hz: int) -> FloatArray:
    return np.sin(2.0 * np.pi * hz / rate_hz * np.arange(rate_hz)).astype(np.float32)


def test_halving_suppresses_aliases_by_80_db_at_any_block_boundary() -> None:
    for hz in (0.0, 43.0, 1000.0, 9_990.0):
        inside = slice(100, -100)  # silence before and after a sine is a click
        wave = np.cos if hz == 0.0 else np.sin
        turns = 2.0 * np.pi * hz * np.arange(ShortWindow.SAMPLE_RATE_HZ) / ShortWindow.SAMPLE_RATE_HZ
        found = halved(wave(2.0 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32))
        np.testing.assert_allclose(found[inside], wave(turns)[inside], atol=1.5e-4)
    for hz in (12_060.0, 15_000.0, 22_000.0):
        assert np.abs(halved(sine(hz, RATE_HZ))[100:-100]).max() < 1e-4
    for count in (0, 1, 2, 55, 127, 10_001):
        samples = white_noise(1.0).astype(np.float32)[:count]
        found = halved(samples)
        assert found.size == -(-count // 2)
        for block in (1, 64, 1000):
            np.testing.assert_allclose(halved(samples, block), found, atol=1e-6)
