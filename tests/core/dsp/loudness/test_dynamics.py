"""Loudness of the mean of the channels: against the meter of EBU R128, and where it must differ from it."""

from collections.abc import Callable

import numpy as np
import pytest
from signals import Signal, cadence, drum_loop, mix, silence, sine, stereo
from spectra import spectra_of

from map4.core.dsp.loudness.dynamics import Dynamics, measure_dynamics, weighted_power
from map4.core.dsp.loudness.loudness import LoudnessMeter
from map4.core.dsp.spectrum.filters import ShortWindow


def dynamics_of(y: Signal) -> Dynamics | None:
    spectra = spectra_of(y)
    return measure_dynamics(weighted_power(spectra.mel_power), spectra.peaks)


def music(seconds: float) -> Signal:
    return mix(drum_loop(120, seconds), cadence(2, "minor", seconds))


def swelling(seconds: float) -> Signal:
    y = music(seconds)
    return (y * 10.0 ** (np.linspace(-30.0, 0.0, y.size) / 20.0)).astype(np.float32)


def test_loudness_of_sines_agrees_and_its_range_needs_three_seconds() -> None:
    for hz in (100.0, 400.0, 997.0, 3000.0, 8000.0):
        y = sine(hz, 5.0, level=0.25)
        meter = LoudnessMeter(ShortWindow.SAMPLE_RATE_HZ, 2)
        meter.feed(stereo(y, y))
        assert dynamics_of(y).mean_lufs == pytest.approx(meter.finish().loudness.integrated_lufs, abs=0.4)
    # By BS.1770 a sine of 997 Hz in both channels measures its peak in dBFS.
    assert dynamics_of(sine(997.0, 5.0, level=0.25)).peak_to_loudness_db == pytest.approx(0.0, abs=0.2)
    y = music(5.0)
    above = (y + 0.1 * np.sin(2 * np.pi * 10_800 / ShortWindow.SAMPLE_RATE_HZ * np.arange(y.size))).astype(np.float32)
    assert dynamics_of(above).mean_lufs == pytest.approx(dynamics_of(y).mean_lufs, abs=0.1)
    assert dynamics_of(music(2.0)).range_lu is None


@pytest.mark.parametrize("make", [music, swelling])
def test_loudness_and_range_of_music_agree_with_the_meter(make: Callable[[float], Signal]) -> None:
    y = make(12.0)
    meter = LoudnessMeter(ShortWindow.SAMPLE_RATE_HZ, 2)
    meter.feed(stereo(y, y))
    loudness = meter.finish().loudness
    assert dynamics_of(y).mean_lufs == pytest.approx(loudness.integrated_lufs, abs=0.5)
    assert dynamics_of(y).range_lu == pytest.approx(loudness.range_lu, abs=0.5)


@pytest.mark.parametrize("y", [silence(5.0), sine(440.0, 0.3)], ids=["silence", "short"])
def test_silent_and_short_signals_have_no_dynamics(y: Signal) -> None:
    assert dynamics_of(y) is None
