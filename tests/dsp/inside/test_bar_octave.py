"""The bars of a whole track weigh a tempo against its double or half, and say nothing of anything else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.small_band import band, heard

from map4.dsp.inside.bar_octave import settle_by_bars
from map4.dsp.rhythm.rhythm import Rhythm
from map4.dsp.rhythm.tempo import TempoDistribution, candidate_bpm

WHOLE_S, EXCERPT_S = 64.0, 40.0
TOLERANCE_BPM = 0.05


def settled(bpm: float, seconds: float = WHOLE_S) -> tuple[Rhythm, Rhythm]:
    """A small band in four at a tempo, before and after."""
    samples, _ = band([number % 4 for number in range(round(seconds * bpm / 60.0))], beat_s=60.0 / bpm)
    spectra, notes, before = heard(samples)
    return before, settle_by_bars(spectra, notes, before)


def bpm_of(rhythm: Rhythm) -> float:
    assert rhythm.tempo is not None
    return rhythm.tempo.bpm


@pytest.mark.parametrize("bpm", [214.0, 222.0])
def test_a_fast_track_told_at_half_is_told_and_counted_at_its_tempo(bpm: float) -> None:
    before, after = settled(bpm)

    assert bpm_of(before) == pytest.approx(0.5 * bpm, abs=TOLERANCE_BPM)
    assert bpm_of(after) == pytest.approx(bpm, abs=TOLERANCE_BPM)
    assert len(after.beats_s) == pytest.approx(2 * len(before.beats_s), abs=2)
    assert after.grid is not None
    assert after.grid.bpm == pytest.approx(bpm, abs=TOLERANCE_BPM)
    assert after.tempo is not None
    assert {round(other.bpm / bpm, 2) for other in after.tempo.alternatives} >= {0.5}
    assert all(other.confidence <= after.tempo.confidence for other in after.tempo.alternatives)


@pytest.mark.world
@pytest.mark.parametrize("bpm", [101.0, 110.0, 118.0])
def test_the_same_band_played_slowly_stays_slow(bpm: float) -> None:
    before, after = settled(bpm)

    assert bpm_of(after) == pytest.approx(bpm, abs=TOLERANCE_BPM)
    assert after.beats_s == before.beats_s


def test_a_fast_track_that_was_told_so_gets_surer() -> None:
    before, after = settled(200.0)

    assert bpm_of(before) == bpm_of(after) == pytest.approx(200.0, abs=TOLERANCE_BPM)
    assert before.tempo is not None
    assert after.tempo is not None
    assert before.tempo.confidence < 0.6
    assert after.tempo.confidence > 0.9


@pytest.mark.world
@pytest.mark.parametrize(
    ("bpm", "seconds"),
    [
        pytest.param(90.0, WHOLE_S, id="the low onsets say it"),
        pytest.param(140.0, WHOLE_S, id="no double that could be told"),
        pytest.param(222.0, EXCERPT_S, id="an excerpt"),
    ],
)
def test_other_tempi_and_excerpts_are_left_as_they_are(bpm: float, seconds: float) -> None:
    before, after = settled(bpm, seconds)
    assert after is before


def test_drums_alone_are_left_as_they_are() -> None:
    samples, _ = band([number % 4 for number in range(240)], beat_s=60.0 / 222.0, notes=False)
    spectra, notes, before = heard(samples)
    assert bpm_of(before) == pytest.approx(222.0, abs=TOLERANCE_BPM)
    assert settle_by_bars(spectra, notes, before) is before


def test_a_third_tempo_is_not_told_because_these_two_share_what_they_have() -> None:
    bpm = 222.0
    samples, _ = band([number % 4 for number in range(round(WHOLE_S * bpm / 60.0))], beat_s=60.0 / bpm)
    spectra, notes, before = heard(samples)
    weights = np.full(candidate_bpm().size, 0.12 / candidate_bpm().size)
    for one, share in ((0.5 * bpm, 0.42), (bpm, 0.06), (bpm / 3, 0.40)):
        weights[np.abs(np.log2(candidate_bpm() / one)).argmin()] += share
    after = settle_by_bars(spectra, notes, replace(before, distribution=TempoDistribution.of(weights)))

    assert bpm_of(after) == pytest.approx(bpm, abs=TOLERANCE_BPM)
