"""Samples at another speed: as long as they should be, on time, and in tune where the time stretch is installed."""

import numpy as np
import pytest
from signals import RATE_HZ, sine

from map4.core.audio.mixdown.stretch import TimeStretch


def pitch_hz(samples: np.ndarray) -> float:
    middle = samples[0, RATE_HZ : 2 * RATE_HZ] * np.hanning(RATE_HZ)
    return float(np.abs(np.fft.rfft(middle)).argmax() * RATE_HZ / len(middle))


def test_stretching_changes_the_length_and_the_pitch_only_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for speed in (1.0, 0.96, 1.07):
        tone = sine(440.0, 4.0)
        played = TimeStretch.at_speed(np.stack([tone, tone]), speed, rate_hz=RATE_HZ)
        assert played.shape[1] == pytest.approx(len(tone) / speed, abs=3)
        expected = 440.0 if TimeStretch.can_keep_pitch() else 440.0 * speed
        assert pitch_hz(played) == pytest.approx(expected, rel=0.005)
    monkeypatch.setattr(TimeStretch, "can_keep_pitch", lambda: False)
    tone = sine(440.0, 4.0)
    assert pitch_hz(TimeStretch.at_speed(np.stack([tone, tone]), 1.05, rate_hz=RATE_HZ)) == pytest.approx(
        462.0, rel=0.005
    )
