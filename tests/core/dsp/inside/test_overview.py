"""The overview shows what sounds where."""

import numpy as np
from spectra import spectra_of

from map4.core.dsp.inside.strip import make_overview
from map4.core.dsp.spectrum.spectral_pass import ANALYSIS_RATE_HZ
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_BYTES, OVERVIEW_POINTS, unpack_overview


def overview_of(samples: np.ndarray, energy: tuple[float, ...] = (0.5,)) -> object:
    return make_overview(spectra_of(samples.astype(np.float32)).mel_power, np.array(energy, dtype=np.float32))


def tone(hz: float, seconds: float, gain: float = 0.5) -> np.ndarray:
    return gain * np.sin(2 * np.pi * hz * np.arange(round(seconds * ANALYSIS_RATE_HZ)) / ANALYSIS_RATE_HZ)


def test_overview_has_bands_levels_and_energy_and_is_packed_small() -> None:
    made = overview_of(np.concatenate([tone(80, 8), tone(600, 8), tone(5000, 8), np.zeros(8 * ANALYSIS_RATE_HZ)]))
    rows = np.stack([np.frombuffer(row, dtype=np.uint8) for row in (made.low, made.mid, made.high)])
    for quarter in range(3):
        middle = rows[:, quarter * 100 + 10 : quarter * 100 + 90]
        assert middle[quarter].min() >= 235  # the three tones are equally loud
        assert np.delete(middle, quarter, axis=0).max() <= 60
    assert rows[:, 310:].max() == 0
    made = overview_of(np.concatenate([tone(600, 10), tone(600, 10, gain=0.25)]))
    mid = np.frombuffer(made.mid, dtype=np.uint8)
    assert mid[100] == 255
    assert abs(int(mid[300]) - round(255 * (1 - 6.02 / 48))) <= 1
    made = overview_of(tone(600, 4), energy=(0.0, 1.0))
    energy = np.frombuffer(made.energy, dtype=np.uint8)
    assert energy.size == ENERGY_POINTS
    assert energy[: ENERGY_POINTS // 2].max() == 0
    assert energy[ENERGY_POINTS // 2 :].min() == 255
    made = overview_of(tone(600, 0.5))  # fewer frames than points
    assert len(made.mid) == OVERVIEW_POINTS
    assert len(made.packed()) == OVERVIEW_BYTES <= 1500
    assert unpack_overview(made.packed()) == made
    assert overview_of(np.zeros(ANALYSIS_RATE_HZ)) is None
