"""Parts of a file, to the sample."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from map4.core.audio.decode import open_audio
from map4.core.audio.mixdown.stretch import read_excerpt


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_excerpt_is_exact_and_silent_outside_the_file(tmp_path: Path, channels: int) -> None:
    ramp = (np.arange(3 * 44100) / (3 * 44100)).astype(np.float32)
    sf.write(tmp_path / "ramp.wav", np.column_stack([ramp] * channels), 44100, subtype="FLOAT")
    found = read_excerpt(str(tmp_path / "ramp.wav"), 1.5, 2.5, rate_hz=44100, open_audio=open_audio)
    assert found.shape == (2, 44100)
    np.testing.assert_allclose(found, [ramp[66150:110250]] * 2, atol=1e-6)
    wide = read_excerpt(str(tmp_path / "ramp.wav"), -0.5, 4.0, rate_hz=44100, open_audio=open_audio)
    assert wide.shape == (2, round(4.5 * 44100))
    assert not wide[:, :22050].any()
    assert not wide[:, 22050 + len(ramp) :].any()
    np.testing.assert_allclose(wide[0, 22050 : 22050 + len(ramp)], ramp, atol=1e-6)


def test_excerpt_at_another_rate_keeps_times(tmp_path: Path) -> None:
    pulse = np.zeros(2 * 48000, dtype=np.float32)
    pulse[72000] = 1.0
    sf.write(tmp_path / "pulse.wav", pulse, 48000, subtype="FLOAT")
    found = read_excerpt(str(tmp_path / "pulse.wav"), 1.0, 2.0, rate_hz=44100, open_audio=open_audio)
    assert int(np.abs(found[0]).argmax()) == pytest.approx(22050, abs=1)
