"""What is drawn of a track: its strip, its overview and its course of energy."""

import numpy as np
import pytest
from phrased_track import ENERGY, HOUSE, heard
from spectra import spectra_of

from map4.core.dsp.inside.phrases import energy_course, mean_energy
from map4.core.dsp.inside.strip import coarser, make_overview, make_strip
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_BYTES, OVERVIEW_POINTS, Overview, Strip


def test_energy_course_follows_parts_and_spans_at_any_level() -> None:
    course = heard(HOUSE).energy
    assert course.shape == (120,)
    assert float(course.mean()) == pytest.approx(ENERGY, abs=0.02)
    assert 0.0 <= float(course.min()) <= float(course.max()) <= 1.0
    mel_power = heard(HOUSE).spectra.mel_power
    assert energy_course(Packed.of(mel_power[:] * np.float32(0.01)), 0.5) == pytest.approx(
        energy_course(mel_power, 0.5), abs=1e-3
    )
    intro, main, pause, build, drop = (
        mean_energy(course, start, end) for start, end in ((0, 16), (16, 48), (48, 64), (64, 72), (72, 104))
    )
    assert drop > main > intro > build
    assert main > pause
    course = np.array([0.1, 0.9], dtype=np.float32)
    assert mean_energy(course, 1.2, 1.3) == pytest.approx(0.9)
    assert mean_energy(course, 5.0, 9.0) == pytest.approx(0.9)
    assert not energy_course(Packed.of(np.zeros((500, 40), dtype=np.float32)), 0.7).any()
    mel_power = heard(HOUSE).spectra.mel_power[:]
    mel_power[6000:] = 0.0
    course = energy_course(Packed.of(mel_power), 0.5)
    assert not course[63:].any()
    assert float(course[course > 0.0].mean()) == pytest.approx(0.5, abs=0.02)


def overview_of(samples: np.ndarray, energy: tuple[float, ...] = (0.5,)) -> object:
    return make_overview(spectra_of(samples.astype(np.float32)).mel_power, np.array(energy, dtype=np.float32))


def tone(hz: float, seconds: float, gain: float = 0.5) -> np.ndarray:
    return gain * np.sin(
        2 * np.pi * hz * np.arange(round(seconds * ShortWindow.SAMPLE_RATE_HZ)) / ShortWindow.SAMPLE_RATE_HZ
    )


def test_overview_has_bands_levels_and_energy_and_is_packed_small() -> None:
    made = overview_of(
        np.concatenate([tone(80, 8), tone(600, 8), tone(5000, 8), np.zeros(8 * ShortWindow.SAMPLE_RATE_HZ)])
    )
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
    assert Overview.unpacked(made.packed()) == made
    assert overview_of(np.zeros(ShortWindow.SAMPLE_RATE_HZ)) is None


def hits(rate_hz: int, frequency_hz: float, *at_s: float, length_s: float = 2.5) -> np.ndarray:
    time_s = np.arange(round(length_s * rate_hz)) / rate_hz
    sound = sum(np.exp(-((time_s - at) ** 2) / 2e-5) for at in at_s) * np.sin(2 * np.pi * frequency_hz * time_s)
    return np.stack([sound, sound], axis=1).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
@pytest.mark.parametrize(("frequency_hz", "band"), [(100.0, 0), (900.0, 1), (3500.0, 2)])
def test_hit_is_drawn_at_its_time_in_its_band(rate_hz: int, frequency_hz: float, band: int) -> None:
    sound = hits(rate_hz, frequency_hz, 0.4, 2.1)
    strips = [make_strip(np.array_split(sound, parts), rate_hz) for parts in (1, 7)]
    assert np.array_equal(*strips)
    levels = strips[0]
    assert levels.shape == (3, round(2.5 * Strip.RATE_HZ))
    assert levels[band].max() == 255
    assert [*levels.max(axis=1)].count(255) == 1
    for at_s in (0.4, 2.1):
        first = int((at_s - 0.2) * Strip.RATE_HZ)
        found_s = (first + int(np.argmax(levels[band, first : first + 80]))) / Strip.RATE_HZ
        assert found_s == pytest.approx(at_s, abs=0.01)


def test_silence_is_level_zero_and_a_coarser_strip_loses_no_hit() -> None:
    assert not make_strip([np.zeros((4410, 1), dtype=np.float32)], 44_100).any()
    levels = make_strip([hits(44_100, 900.0, 1.3)], 44_100)
    assert [row.max() for row in coarser(levels, 0, levels.shape[1], 5)] == [row.max() for row in levels]
    assert int(np.argmax(coarser(levels, 0, levels.shape[1], 5)[1])) == 2
