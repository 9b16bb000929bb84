"""The correlation of a chroma with the keys' profiles."""

import numpy as np
import pytest

from map4.core.dsp.tonal.profiles import ALBRECHT, BGATE, key_correlations


def test_profiles_correlate_best_with_their_key_and_are_averaged() -> None:
    for profile in [BGATE, ALBRECHT]:
        for tonic in range(12):
            major = key_correlations(np.roll(profile["major"], tonic), profile)
            minor = key_correlations(np.roll(profile["minor"], tonic), profile)

            assert major.argmax() == tonic
            assert minor.argmax() == 12 + tonic
            assert major.max() == pytest.approx(1.0)
    chroma = np.random.default_rng(1).random(12)

    both = key_correlations(chroma, BGATE, ALBRECHT)

    np.testing.assert_allclose(both, (key_correlations(chroma, BGATE) + key_correlations(chroma, ALBRECHT)) / 2)
    assert both[3] == pytest.approx(
        np.mean([np.corrcoef(np.roll(p["major"], 3), chroma)[0, 1] for p in (BGATE, ALBRECHT)])
    )
    assert not key_correlations(np.full(12, 0.4), BGATE).any()
