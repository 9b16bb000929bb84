"""The fingerprint: its rate and size, silence, and what a recording may go through and still be known."""

import numpy as np
import pytest
from signals import cadence, drum_loop, mix, silence, white_noise
from spectra import spectra_of

from map4.core.dsp.sound.fingerprint import fingerprint
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.music.analysis.inside import FINGERPRINT_MAX_S
from map4.core.music.sound.fingerprints import Fingerprint

SECONDS = 24.0


def words_of(y: np.ndarray) -> np.ndarray:
    return fingerprint(spectra_of(y.astype(np.float32)).mel_power)


def song(seed: int = 0) -> np.ndarray:
    """Chords and drums under noise that comes and goes, so that no two bars are the same."""
    from scipy import signal  # slow

    rng = np.random.default_rng(seed)
    size = round(SECONDS * 22050)
    swell = np.interp(np.arange(size), np.linspace(0, size, 60), rng.uniform(0.0, 0.3, 60))
    # Bands of noise that move on their own, as instruments do.
    noise = rng.standard_normal(size)
    bands = sum(
        signal.sosfilt(signal.butter(2, (low, 1.5 * low), "bandpass", fs=22050, output="sos"), noise)
        * np.interp(np.arange(size), np.linspace(0, size, 80), rng.uniform(0.0, 1.0, 80))
        for low in (250, 400, 650, 1000, 1500)
    )
    return mix(drum_loop(118, SECONDS), cadence(seed % 12, "minor", SECONDS)) * 0.5 + swell * bands


def low_passed(y: np.ndarray) -> np.ndarray:
    from scipy import signal  # slow

    return np.asarray(signal.sosfilt(signal.butter(4, 4000, fs=22050, output="sos"), y))


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return song()


def test_fingerprint_has_its_rate_and_size_and_rejects_others(original: np.ndarray) -> None:
    assert pytest.approx(ShortWindow.RATE_HZ / Fingerprint.HOP_FRAMES) == Fingerprint.RATE_HZ
    assert len(words_of(original)) == pytest.approx(SECONDS * Fingerprint.RATE_HZ, abs=10)
    rate = Fingerprint.error_rate(words_of(original), words_of(song(seed=5)))
    assert rate > Fingerprint.SAME_RECORDING
    assert not words_of(silence(5.0)).any()
    padded = words_of(np.concatenate([original, silence(5.0)]))
    assert not padded[-round(2.0 * Fingerprint.RATE_HZ) :].any()
    assert Fingerprint.error_rate(words_of(silence(20.0)), words_of(silence(20.0))) is None
    rng = np.random.default_rng(0)
    four_minutes, hour = (rng.random((round(s * ShortWindow.RATE_HZ), 40), dtype=np.float32) for s in (240.0, 3600.0))
    assert 2000 < fingerprint(four_minutes).nbytes <= 4096
    assert fingerprint(hour).nbytes <= 10_000
    assert fingerprint(hour) == pytest.approx(fingerprint(hour[: round(FINGERPRINT_MAX_S * ShortWindow.RATE_HZ)]))
    assert words_of(white_noise(1.5)).size == 0
    assert words_of(white_noise(2.2)).size > 0


@pytest.mark.parametrize(
    "change",
    [
        lambda y: 0.5 * y,
        lambda y: np.concatenate([silence(0.1), y]),
        lambda y: np.concatenate([silence(3.0), y]),
        lambda y: y[5 * 22050 :],
        low_passed,
        lambda y: y + 0.003 * white_noise(SECONDS),
    ],
    ids=["-6 dB", "0.1 s later", "3 s later", "5 s cut", "low-passed", "noise"],
)
def test_fingerprint_recognises_a_changed_copy_of_a_recording(original: np.ndarray, change: object) -> None:
    changed = change(original)  # type: ignore[operator]
    rate = Fingerprint.error_rate(words_of(original), words_of(changed))
    assert rate < Fingerprint.SAME_RECORDING
