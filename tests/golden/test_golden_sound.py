"""Sound vectors and fingerprints of the same audio change only together with their versions."""

import json

import numpy as np
import pytest
from golden.sound_numbers import GOLDEN, NAMES, measure_all

from map4.core.music.analysis.inside import FINGERPRINT_VERSION, SoundVector
from map4.core.music.sound.fingerprints import Fingerprint

EXPECTED = json.loads(GOLDEN.read_text(encoding="utf-8"))
# Half precision keeps three digits; float32 sums differ in the last ones between processors.
RELATIVE, ABSOLUTE = 0.002, 0.01
MOST_WRONG_BITS = 0.002


def test_the_same_audio_gives_the_same_numbers_of_these_versions() -> None:
    assert (EXPECTED["sound_version"], EXPECTED["fingerprint_version"]) == (SoundVector.VERSION, FINGERPRINT_VERSION)
    assert list(EXPECTED["signals"]) == list(NAMES)
    for name, found in measure_all().items():
        expected = EXPECTED["signals"][name]
        assert found["sound"] == pytest.approx(expected["sound"], rel=RELATIVE, abs=ABSOLUTE), name
        words = [Fingerprint.unpack(bytes.fromhex(recording["fingerprint"])) for recording in (found, expected)]
        assert np.size(words[0]) == np.size(words[1])
        assert Fingerprint.error_rate(words[0], words[1], max_lag_s=0.0) == pytest.approx(0.0, abs=MOST_WRONG_BITS)
