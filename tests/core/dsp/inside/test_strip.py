"""The fine strip: a hit stands where it is heard, in its band, however the audio comes in blocks."""

import numpy as np
import pytest

from map4.core.dsp.inside.strip import coarser, make_strip
from map4.core.music.analysis.inside import STRIP_RATE_HZ


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
    assert levels.shape == (3, round(2.5 * STRIP_RATE_HZ))
    assert levels[band].max() == 255
    assert [*levels.max(axis=1)].count(255) == 1
    for at_s in (0.4, 2.1):
        first = int((at_s - 0.2) * STRIP_RATE_HZ)
        found_s = (first + int(np.argmax(levels[band, first : first + 80]))) / STRIP_RATE_HZ
        assert found_s == pytest.approx(at_s, abs=0.01)


def test_silence_is_level_zero_and_a_coarser_strip_loses_no_hit() -> None:
    assert not make_strip([np.zeros((4410, 1), dtype=np.float32)], 44_100).any()
    levels = make_strip([hits(44_100, 900.0, 1.3)], 44_100)
    assert [row.max() for row in coarser(levels, 0, levels.shape[1], 5)] == [row.max() for row in levels]
    assert int(np.argmax(coarser(levels, 0, levels.shape[1], 5)[1])) == 2
