"""Where a spectrum ends: walls of coders, gentle slopes, and what must not be taken for content."""

import tracemalloc

import numpy as np
import pytest
from signals import white_noise

from map4.core.dsp.spectrum.cutoff import Cutoff, CutoffMeter

SR = 44_100
BAND_HZ = 130.0


def measured(y: np.ndarray, sr: int = SR, cut: int = 65_536) -> Cutoff | None:
    y = y[:, np.newaxis] if y.ndim == 1 else y
    meter = CutoffMeter(sr, y.shape[1])
    for start in range(0, len(y), cut):
        meter.feed(y[start : start + cut])
    return meter.finish()


def walled(cutoff_hz: float, seconds: float = 8.0, sr: int = SR) -> np.ndarray:
    """Noise without anything above a frequency, and the noise that 16 bits make."""
    spectrum = np.fft.rfft(white_noise(seconds, level=0.1, rate_hz=sr))
    spectrum[np.fft.rfftfreq(round(seconds * sr), 1 / sr) > cutoff_hz] = 0.0
    y = np.fft.irfft(spectrum, round(seconds * sr))
    return (np.round(y * 32768) / 32768).astype(np.float32)


@pytest.mark.parametrize(("sr", "cutoff_hz"), [(44_100, 16_000.0), (44_100, 19_000.0), (48_000, 17_000.0),
                                               (96_000, 20_000.0), (22_050, 8_000.0)])  # fmt: skip
def test_cutoff_is_measured_at_the_edge_of_a_low_pass(sr: int, cutoff_hz: float) -> None:
    found = measured(walled(cutoff_hz, sr=sr), sr)
    assert found.cutoff_hz == pytest.approx(cutoff_hz, abs=2 * BAND_HZ)
    assert found.drop_db > 50.0


def test_full_silent_and_fading_spectra_have_no_drop_at_any_block_size() -> None:
    found = measured(white_noise(8.0, level=0.1, rate_hz=SR))
    assert found.cutoff_hz > 21_900.0
    assert found.drop_db == 0.0
    assert measured(np.zeros(8 * SR, dtype=np.float32)) is None
    assert measured(1e-3 * white_noise(8.0, rate_hz=SR)) is None
    assert measured(white_noise(0.5, rate_hz=SR)) is None
    from scipy.signal import butter, sosfilt  # slow

    soft = sosfilt(butter(6, 4_000.0, fs=SR, output="sos"), white_noise(8.0, level=0.1, rate_hz=SR))
    found = measured((np.round(soft * 32768) / 32768).astype(np.float32))
    assert 11_000.0 < found.cutoff_hz < 19_000.0
    assert found.drop_db < 13.0
    y = np.stack([walled(16_000.0, 40.0), walled(18_000.0, 40.0)], axis=1)
    once = measured(y, cut=len(y))
    assert once.cutoff_hz == pytest.approx(18_000.0, abs=2 * BAND_HZ)  # both channels are heard
    assert measured(y, cut=7_777) == measured(y, cut=65_536) == once


def test_frequent_highs_raise_the_cutoff_but_not_clicks_or_clipping() -> None:
    y = np.tile(walled(16_000.0), 4)
    clicks = y.copy()
    clicks[[SR, 9 * SR + 50]] += 0.5
    walled_with_clicks = measured(clicks)
    assert walled_with_clicks.cutoff_hz == pytest.approx(16_000.0, abs=2 * BAND_HZ)
    bursts = np.arange(len(y)) % SR < SR // 10
    hats = measured(np.where(bursts, white_noise(len(y) / SR, level=0.1, rate_hz=SR), y).astype(np.float32))
    assert hats.cutoff_hz > 21_900.0
    y = walled(16_000.0, 30.0)
    loud = np.arange(len(y)) % (2 * SR) < SR
    clipped = np.clip(np.where(loud, 20.0 * y, y), -1.0, 1.0).astype(np.float32)
    found = measured(clipped)
    assert found.cutoff_hz == pytest.approx(16_000.0, abs=2 * BAND_HZ)


def test_memory_does_not_grow_with_the_length() -> None:
    block = white_noise(2.0, rate_hz=SR)[:, np.newaxis]
    meter = CutoffMeter(SR, 1)
    meter.feed(block)
    tracemalloc.start()
    try:
        for _ in range(2_000):  # over an hour
            meter.feed(block)
        assert meter.finish() is not None
        assert tracemalloc.get_traced_memory()[1] < 8e6
    finally:
        tracemalloc.stop()
