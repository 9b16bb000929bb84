"""The low onsets of a whole track weigh a tempo against its double or half, and say nothing of anything else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from map4.dsp.rhythm.octave import settle_octave
from map4.dsp.rhythm.onsets import ENVELOPES, OnsetEnvelopes, onset_rate_hz
from map4.dsp.rhythm.tempo import TempoDistribution, candidate_bpm, distribute
from map4.dsp.spectrum.spectral_pass import FRAME_RATE_HZ

BUSY_HZ, CALM_HZ = 5.0, 2.0
NOTES, NO_NOTES = 0.1, 0.01


def told(probabilities: dict[float, float]) -> TempoDistribution:
    """A distribution with peaks of one candidate at some tempi, and nothing elsewhere."""
    scores = np.full(candidate_bpm().size, -30.0, dtype=np.float32)
    for bpm, probability in probabilities.items():
        scores[int(np.abs(np.log2(candidate_bpm() / bpm)).argmin())] = math.log(probability)
    return distribute(scores)


def low_onsets(rate_hz: float, duration_s: float) -> OnsetEnvelopes:
    """Envelopes in which kick and bass play so often, and the other bands twenty times a second."""
    n_frames = round(duration_s * FRAME_RATE_HZ)
    bands = np.zeros((ENVELOPES, n_frames), dtype=np.float32)
    for first, last, each_s in ((0, 2, 1.0 / rate_hz), (2, ENVELOPES, 0.05)):
        bands[first:last, (np.arange(0.02, duration_s - 0.02, each_s) * FRAME_RATE_HZ).astype(int)] = 1.0
    sharp = bands[-1]
    return OnsetEnvelopes(bands=bands, sharp=sharp, magnitude=sharp)


@pytest.mark.parametrize(
    ("peaks", "rate_hz", "expected_bpm"),
    [
        pytest.param({87.0: 0.8, 174.0: 0.2}, BUSY_HZ, 174.0, id="busy: fast"),
        pytest.param({87.0: 0.8, 174.0: 0.2}, CALM_HZ, 87.0, id="calm: stays slow"),
        pytest.param({70.0: 0.3, 140.0: 0.7}, CALM_HZ, 140.0, id="calm: stays fast"),
        pytest.param({70.0: 0.3, 140.0: 0.7}, BUSY_HZ, 140.0, id="busy: stays fast"),
        pytest.param({87.0: 0.99, 174.0: 0.01}, BUSY_HZ, 87.0, id="the scorers are sure"),
        pytest.param({110.0: 0.6, 220.0: 0.4}, BUSY_HZ, 110.0, id="played alike at both octaves"),
    ],
)
def test_low_onsets_decide_where_the_scorers_waver(
    peaks: dict[float, float], rate_hz: float, expected_bpm: float
) -> None:
    found = settle_octave(told(peaks), low_onsets(rate_hz, 90.0), 90.0, NOTES)
    assert found.bpm == pytest.approx(expected_bpm, rel=0.02)


def test_only_the_two_octaves_share_their_probability_anew() -> None:
    before = told({87.0: 0.5, 174.0: 0.2, 116.0: 0.3})
    after = settle_octave(before, low_onsets(BUSY_HZ, 90.0), 90.0, NOTES)
    assert after.probability(116.0) == pytest.approx(before.probability(116.0))
    assert after.probability(87.0) + after.probability(174.0) == pytest.approx(0.7, abs=1e-6)
    assert after.weights.sum() == pytest.approx(1.0)


def test_more_low_onsets_tell_more_and_few_tell_nothing() -> None:
    even = told({87.0: 0.501, 174.0: 0.499})
    shares = [
        settle_octave(even, low_onsets(rate, 90.0), 90.0, NOTES).probability(174.0)
        for rate in (1.0, 3.0, 3.5, 5.0, 8.0)
    ]
    assert shares[0] == shares[1] == pytest.approx(0.499, abs=1e-3)
    assert shares[1] < shares[2] < shares[3] == shares[4] < 0.95


def test_an_excerpt_is_left_as_it_is() -> None:
    before = told({87.0: 0.6, 174.0: 0.4})
    assert settle_octave(before, low_onsets(BUSY_HZ, 40.0), 40.0, NOTES) is before


def test_a_drummer_alone_may_be_as_busy_as_he_likes() -> None:
    before = told({87.0: 0.6, 174.0: 0.4})
    assert settle_octave(before, low_onsets(BUSY_HZ, 90.0), 90.0, NO_NOTES) is before


def test_onsets_are_counted() -> None:
    for rate_hz in (1.0, 3.0, 6.0):
        assert onset_rate_hz(low_onsets(rate_hz, 60.0).bands[0], 60.0) == pytest.approx(rate_hz, rel=0.05)
