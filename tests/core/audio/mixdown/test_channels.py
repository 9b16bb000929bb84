"""Surround sound as stereo, by the table of ITU-R BS.775-4."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from map4.core.audio.converting import convert
from map4.core.audio.decoder import load_decoder
from map4.core.audio.mixdown.channels import two_channels
from map4.core.audio.mixdown.stretch import read_excerpt

SIDE = 0.5**0.5
LEFT, RIGHT, CENTRE, NONE = (1, 0), (0, 1), (SIDE, SIDE), (0, 0)
SURROUND = [LEFT, RIGHT, CENTRE, NONE, (SIDE, 0), (0, SIDE)]
RATE_HZ = 48_000


def test_downmix_uses_the_share_of_each_channel_and_never_clips() -> None:
    for shares in (
        [LEFT, RIGHT, CENTRE],
        [LEFT, RIGHT, (SIDE, 0), (0, SIDE)],
        [LEFT, RIGHT, CENTRE, (SIDE, 0), (0, SIDE)],
        SURROUND,
        [*SURROUND[:4], (0.5, 0.5), (SIDE, 0), (0, SIDE)],
        [*SURROUND, (SIDE, 0), (0, SIDE)],
    ):
        mixed = two_channels(np.eye(len(shares), dtype=np.float32))
        np.testing.assert_allclose(mixed, np.array(shares) / np.array(shares).sum(axis=0).max(), atol=1e-6)
        assert np.abs(two_channels(np.ones((1, len(shares)), np.float32))).max() == pytest.approx(1.0)
        for count in (1, 2):
            block = np.ones((3, count), np.float32)
            assert two_channels(block) is block


def test_a_file_in_surround_is_stereo_when_converted_or_mixed(tmp_path: Path) -> None:
    """The right channel alone stays on the right, and low-frequency effects are silent."""
    time_s = np.arange(RATE_HZ) / RATE_HZ
    sound = np.zeros((RATE_HZ, 6), np.float32)
    sound[:, 1] = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    sound[:, 3] = 0.5 * np.sin(2 * np.pi * 50 * time_s)
    path, stereo = tmp_path / "six.wav", tmp_path / "two.wav"
    sf.write(path, sound, RATE_HZ)
    open_audio = load_decoder()
    with open_audio(str(path)) as stream:
        convert(stream, str(stereo), "wav")
    converted = sf.read(stereo)[0].T
    excerpt = read_excerpt(str(path), 0.0, 1.0, rate_hz=RATE_HZ, open_audio=open_audio)
    for left, right in (converted, excerpt):
        assert np.abs(left).max() < 1e-4
        np.testing.assert_allclose(right, sound[:, 1] / (1 + 2 * SIDE), atol=1e-4)
