"""Energy by second."""

import numpy as np
import pytest
from phrased_track import ENERGY, HOUSE, heard

from map4.core.dsp.inside.course import energy_course, mean_energy
from map4.core.dsp.spectrum.packed import Packed


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
