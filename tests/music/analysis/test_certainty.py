"""What becomes of certainties that were fitted to what their user knows."""

from dataclasses import replace

import numpy as np
import pytest
from doubtful_library import DOUBTFUL, SOUND
from hypothesis import given
from hypothesis import strategies as st

from map4.music.analysis.analysis import ANALYSIS_VERSION
from map4.music.analysis.certainty import AS_MEASURED, Certainties, FittedCertainty

LESS = FittedCertainty(slope=0.5, shift=-0.3, version=ANALYSIS_VERSION)
CERTAIN = st.floats(0.0, 1.0)
FITS = st.builds(
    lambda slope, shift: FittedCertainty(slope=slope, shift=shift, version=ANALYSIS_VERSION),
    st.floats(0.05, 10.0),
    st.floats(-10.0, 10.0),
)


@given(FITS, CERTAIN, CERTAIN)
def test_calibration_keeps_the_order_and_gives_probabilities(fit: FittedCertainty, one: float, other: float) -> None:
    low, high = sorted((fit.of(one), fit.of(other)), key=lambda _: _)
    assert 0.0 <= low <= high <= 1.0
    assert (fit.of(max(one, other)), fit.of(min(one, other))) == (high, low)
    assert 0.0 <= fit.of_other(min(one, 1.0 - one), one) <= 1.0


@given(FITS, st.lists(CERTAIN, min_size=1, max_size=9))
def test_certainties_in_an_array_equal_single_values(fit: FittedCertainty, told: list[float]) -> None:
    assert np.allclose(fit.of_all(np.array(told)), [fit.of(one) for one in told], atol=0.00101)
    assert np.isnan(fit.of_all(np.array([np.nan]))).all()


def test_slope_of_1_without_shift_changes_nothing() -> None:
    same = FittedCertainty(slope=1.0, shift=0.0, version=ANALYSIS_VERSION)
    assert [same.of(one) for one in (0.001, 0.25, 0.5, 0.97)] == [0.001, 0.25, 0.5, 0.97]
    assert same.of_other(0.02, 0.97) == 0.02


def test_calibration_scales_and_shifts_the_log_odds() -> None:
    # The log odds of .9 are ln 9 = 2.197; half of it less .3 is .799, the odds of .690.
    assert LESS.of(0.9) == 0.69


def test_invalid_fits_are_refused() -> None:
    cases = ["", "1 2", "0 0 of analysis 12", "nan 0 of analysis 12", "1 99 of analysis 12"]
    for text in cases:
        with pytest.raises(ValueError, match=r"stats calibrate|slope is above|could not convert"):
            FittedCertainty.of_text(text)


@given(FITS)
def test_a_fit_is_read_as_it_was_written(fit: FittedCertainty) -> None:
    read = FittedCertainty.of_text(str(fit))
    assert (read.slope, read.shift, read.version) == (
        pytest.approx(fit.slope, abs=5e-4), pytest.approx(fit.shift, abs=5e-4), fit.version,
    )  # fmt: skip


def test_calibrated_analysis_rescales_alternatives() -> None:
    shown = Certainties(tempo=LESS, key=LESS).of_analysis(DOUBTFUL)

    # .4: ln(.4 / .6) / 2 - .3 = -.503; the odds of .377. The others had .6, and share .623.
    assert (shown.tempo.confidence, shown.tempo.bpm) == (0.377, 87.0)
    assert [one.confidence for one in shown.tempo.alternatives] == [round(0.38 * 0.623 / 0.6, 3)]
    assert shown.key.confidence == 0.327
    assert shown.key.runner_up.confidence == round(0.29 * 0.673 / 0.7, 3)
    assert AS_MEASURED.of_analysis(DOUBTFUL) is DOUBTFUL


def test_calibration_of_another_version_is_not_applied() -> None:
    old_fit = replace(LESS, version=ANALYSIS_VERSION - 1)
    assert Certainties(tempo=old_fit, key=old_fit).of_analysis(SOUND) is SOUND
    old = replace(SOUND, version=ANALYSIS_VERSION - 1)
    assert Certainties(tempo=LESS, key=LESS).of_analysis(old) is old
