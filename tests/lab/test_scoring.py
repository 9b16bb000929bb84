"""Scores against values worked out by hand, and against the official scorer where it is there."""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import scoring

from map4.core.music.analysis.key import ALL_KEYS, Key
from map4.core.music.track.observations import SAME_TEMPO


def test_tempo_estimates_are_scored_against_100_bpm() -> None:
    cases = [
        (100.0, True, True, "x1"),
        (104.0, True, True, "x1"),
        (96.0, True, True, "x1"),
        (104.1, False, False, "other"),
        (50.0, False, True, "x1/2"),
        (206.0, False, True, "x2"),
        (34.0, False, True, "x1/3"),
        (290.0, False, True, "x3"),
        (66.0, False, False, "x2/3"),
        (150.0, False, False, "x3/2"),
        (None, False, False, "none"),
        (0.0, False, False, "none"),
    ]
    for bpm, first, second, octave in cases:
        assert scoring.tempo_hits(100.0, bpm) is first
        assert scoring.tempo_hits(100.0, bpm, scoring.OCTAVES) is second
        assert scoring.tempo_relation(100.0, bpm) == octave


def test_keys_are_scored_by_their_relation_and_missing_ones_zero() -> None:
    cases = [
        ("C", "C", "same", 1.0, "same"),
        ("C", "G", "fifth", 0.5, "neighbour"),
        ("C", "F", "fourth", 0.0, "neighbour"),
        ("C", "Am", "relative", 0.3, "relative"),
        ("Am", "C", "relative", 0.3, "relative"),
        ("C", "Cm", "parallel", 0.2, "third"),
        ("C", "Em", "other", 0.0, "diagonal"),
        ("C", "D", "other", 0.0, "whole_tone"),
        ("C", "Bm", "other", 0.0, "far_diagonal"),
        ("C", "A", "other", 0.0, "third"),
        ("C", "F#", "other", 0.0, "clash"),
        ("Am", "D#m", "other", 0.0, "clash"),
    ]
    for truth, found, relation, score, mixing in cases:
        assert scoring.key_relation(Key.parse(truth), Key.parse(found)) == relation
        assert scoring.key_score(Key.parse(truth), Key.parse(found)) == score
        # Parallel keys lie three steps apart and change the letter: a clash by the table of the specification.
        wanted = "clash" if relation == "parallel" else mixing
        assert scoring.mixing_relation(Key.parse(truth), Key.parse(found)) == wanted
    assert scoring.key_relation(Key(0, "major"), None) == "none"
    assert scoring.key_score(Key(0, "major"), None) == 0.0
    assert scoring.mixing_relation(Key(0, "major"), None) == "unknown"


@pytest.mark.world
def test_the_official_scorer_agrees_on_every_pair_of_keys_and_on_tempi(shared: Path) -> None:
    spec = importlib.util.spec_from_file_location("evaluate", shared / "evaluate.py")
    official = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(official)
    for truth, found in product(ALL_KEYS, ALL_KEYS):
        weighted, _, exact, _ = official.key_scores((truth.tonic, truth.mode), (found.tonic, found.mode))
        assert scoring.key_score(truth, found) == pytest.approx(weighted)
        assert (truth == found) == bool(exact)
    for bpm in np.arange(20.0, 400.0, 0.5):
        first, second = official.tempo_hits(120.0, float(bpm), SAME_TEMPO)
        assert scoring.tempo_hits(120.0, float(bpm)) == bool(first)
        assert scoring.tempo_hits(120.0, float(bpm), scoring.OCTAVES) == bool(second)


def test_beats_are_scored_from_five_seconds_on_and_double_tempi_half() -> None:
    truth = np.arange(0.0, 30.0, 0.5)
    assert scoring.beat_score(truth, truth) == scoring.BeatScore(f=1.0, cmlt=1.0, amlt=1.0)
    double = scoring.beat_score(truth, np.arange(0.0, 29.6, 0.25))
    assert double.f == pytest.approx(2 / 3, abs=0.01)  # all found, every other one false
    assert double.cmlt == 0.0
    assert double.amlt == pytest.approx(1.0, abs=0.03)
    assert scoring.beat_score(truth, truth + 0.069).f == 1.0
    assert scoring.beat_score(truth, truth + 0.071).f == 0.0
    truth = np.arange(0.0, 30.0, 0.5)
    assert scoring.beat_score(truth, truth[truth >= 5.0]).f == 1.0
    assert scoring.beat_score(truth, ()) == scoring.BeatScore(f=0.0, cmlt=0.0, amlt=0.0)


def test_reliability_is_computed_per_bin_of_confident_estimates() -> None:
    confidences = [0.95, 0.1, 0.1, 0.3, 0.3, 0.5, 0.5, 0.7, 0.7, 0.95]
    right = [True, False, False, True, False, True, True, True, True, False]
    result = scoring.reliability(confidences, right)
    assert [(tempo_bin.count, tempo_bin.right) for tempo_bin in result.bins] == [
        (2, 0.0),
        (2, 0.5),
        (2, 1.0),
        (2, 1.0),
        (2, 0.5),
    ]
    assert [tempo_bin.confidence for tempo_bin in result.bins] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.95])
    assert result.ece == pytest.approx((0.1 + 0.2 + 0.5 + 0.3 + 0.45) / 5)
    assert (result.sure, result.sure_right) == (2, 0.5)
    assert scoring.reliability([], []) is None
    result = scoring.reliability([0.5], [True])
    assert (len(result.bins), result.sure, result.sure_right) == (1, 0, None)


def test_standard_errors_leads_and_shares_are_right() -> None:
    values = [0.0, 1.0] * 50
    # Standard deviation .5025 over the root of 100.
    assert scoring.standard_error(values) == pytest.approx(0.05025, abs=1e-5)
    low, high = scoring.mean_interval(values) or (0.0, 0.0)
    assert low == pytest.approx(0.4, abs=0.015)  # the mean less 1.96 standard errors
    assert high == pytest.approx(0.6, abs=0.015)
    assert scoring.standard_error([1.0]) is None
    assert scoring.mean_interval([]) is None
    clear = scoring.lead([1.0] * 40, [0.0] * 20 + [1.0] * 20)
    assert (clear.files, clear.difference, clear.is_certain) == (40, 0.5, True)
    assert clear.low == pytest.approx(0.345, abs=0.04)  # 1.96 standard errors of .079
    doubtful = scoring.lead([1.0, 0.0] * 20, [0.0, 1.0] * 19 + [0.0, 0.0])
    assert not doubtful.is_certain
    assert scoring.lead([], []) is None
    with pytest.raises(ValueError, match="shorter"):
        scoring.lead([1.0], [])
    assert scoring.share([1.0, 2.0, 3.0, 4.0], lambda value: value > 1.0) == 0.75
    assert scoring.share([], lambda value: True) is None


def test_only_straight_beats_have_a_constant_tempo_and_grids_an_error() -> None:
    steady = np.arange(20) * 0.5
    assert scoring.steady_tempo(steady) == pytest.approx(120.0)
    assert scoring.steady_tempo(steady**1.02) is None
    assert scoring.steady_tempo(steady[:5]) is None
    beats = 0.3 + np.arange(100) * 0.5
    exact = scoring.grid_error(beats, 120.0, 120.0, (0.8, 120.0))
    assert exact.worst_s == pytest.approx(0.0, abs=1e-9)
    late = scoring.grid_error(beats, 120.0, 120.0, (0.31, 120.0))
    assert late.late_s == pytest.approx(0.01)
    assert scoring.grid_error(beats, 120.0, 120.0, (0.29, 120.0)).late_s == pytest.approx(-0.01)
    # .05 BPM too fast: every beat comes .208 ms early, the hundredth 20.6 ms.
    drifting = scoring.grid_error(beats, 120.0, 120.05, (0.3, 120.05))
    assert drifting.bpm_error == pytest.approx(0.05)
    assert drifting.worst_s == pytest.approx(0.0206, abs=1e-4)
    assert scoring.grid_error(beats, 120.0, 120.0, (0.55, 120.0)).worst_s == pytest.approx(0.25)
    assert scoring.grid_error(beats, 120.0, 121.0, None) == scoring.GridError(bpm_error=1.0, worst_s=None, late_s=None)
