"""How right map4 is on what its user knows, and when certainties are fitted to it."""

import math
import random
from collections.abc import Callable

import pytest

from map4.music.analysis.certainty import FittedCertainty
from map4.stats.accuracy.calibration import LEAST_VALUES, fit_field
from map4.stats.accuracy.judged import (
    JudgedTrack,
    JudgedValue,
    Share,
    calibration_error,
    field_accuracy,
    judged_values,
)


def judged(number: int = 0, **said: float | str | None) -> JudgedTrack:
    names = ("own_bpm", "measured_bpm", "tempo_certainty", "own_key", "measured_key", "key_certainty")
    return JudgedTrack(audio_id=str(number), is_stale=False, **{name: said.get(name) for name in names})  # type: ignore[arg-type]


def log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))


def values_of(truth: Callable[[float], float], count: int, seed: int) -> list[JudgedValue]:
    """Values of a user with whom what is told with a certainty is right as often as `truth` says."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        certainty = dice.betavariate(20, 1.5) if dice.random() < 0.6 else dice.uniform(0.3, 0.95)
        is_right = dice.random() < truth(certainty)
        value = JudgedValue(audio_id=f"{seed} {number}", certainty=certainty, is_right=is_right, is_near=is_right)
        found.append(value)
    return found


def error_of(values: list[JudgedValue], text: str | None = None) -> float:
    fit = None if text is None else FittedCertainty.of_text(text)
    return (
        calibration_error([(one.certainty if fit is None else fit.of(one.certainty), one.is_right) for one in values])
        or 0.0
    )


def test_shares_have_wilson_s_interval() -> None:
    for right, count, low, high in (
        (10, 20, 0.299298, 0.700702),
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (95, 100, 0.888246, 0.978456),
    ):
        share = Share(count=count, right=right)
        assert (share.low, share.high) == (pytest.approx(low, abs=2e-5), pytest.approx(high, abs=2e-5))
        assert (Share(count=0, right=0).share, Share(count=0, right=0).low) == (None, None)


def test_tempo_is_right_within_4_percent_and_near_at_an_octave() -> None:
    pairs = [(124.0, 124.0), (124.0, 128.9), (124.0, 129.1), (174.0, 87.0), (174.0, 174.0 / 3), (120.0, 90.0)]
    tracks = [judged(own_bpm=own, measured_bpm=measured, tempo_certainty=0.9) for own, measured in pairs]
    values, unknown = judged_values([*tracks, judged(own_bpm=100.0), judged(own_key="8A")], "tempo")

    assert [(one.is_right, one.is_near) for one in values] == [
        (True, True), (True, True), (False, False), (False, True), (False, True), (False, False),
    ]  # fmt: skip
    assert unknown == 1


def test_keys_are_right_where_they_are_the_same() -> None:
    tracks = [judged(own_key="8A", measured_key=measured, key_certainty=0.6) for measured in ("8A", "8B", "9A", None)]
    values, unknown = judged_values(tracks, "key")
    assert [one.is_right for one in values] == [True, False, False]
    assert unknown == 1


def test_certainties_are_compared_band_by_band() -> None:
    told = [(0.9, True), (0.9, True), (0.9, False), (1.0, True), (0.3, False), (0.3, True)]
    values = [JudgedValue(audio_id="", certainty=sure, is_right=right, is_near=True) for sure, right in told]
    found = field_accuracy("tempo", values, unknown=0, fitted=None)

    assert [(band.low, band.certainty, band.right.count, band.right.right) for band in found.bands] == [
        (0.2, pytest.approx(0.3), 2, 1), (0.8, pytest.approx(0.925), 4, 3),
    ]  # fmt: skip
    # |.3 - .5| of 2 and |.925 - .75| of 4.
    assert found.calibration_error == pytest.approx((2 * 0.2 + 4 * 0.175) / 6)
    assert (found.sure.count, found.sure.right) == (4, 3)
    assert (found.near and found.near.right) == 6
    assert field_accuracy("key", [], unknown=3, fitted=None).calibration_error is None


@pytest.mark.parametrize(
    ("slope", "shift"), [(0.5, -0.3), (0.3, -0.5), (1.0, 1.5)], ids=["too sure", "far too sure", "not sure enough"]
)
def test_wrong_certainties_are_calibrated(slope: float, shift: float) -> None:
    def truth(certainty: float) -> float:
        return 1.0 / (1.0 + math.exp(-slope * log_odds(min(certainty, 0.999)) - shift))

    found = fit_field("tempo", values_of(truth, 600, seed=1))
    others = values_of(truth, 4000, seed=2)

    assert found.refused is None
    assert found.fitted is not None
    assert (found.error_after or 1.0) <= 2 / 3 * (found.error_before or 0.0)
    assert error_of(others, found.fitted) < error_of(others) / 3  # music that the fit has not seen
    fit = FittedCertainty.of_text(found.fitted)
    assert (fit.slope, fit.shift) == (pytest.approx(slope, abs=0.25), pytest.approx(shift, abs=0.4))


def test_correct_certainties_are_not_calibrated() -> None:
    found = [fit_field("key", values_of(lambda certainty: certainty, 150, seed)) for seed in range(12)]
    refused = [one.refused for one in found]
    assert all(refused)
    assert any("has to fall by a third" in (text or "") for text in refused)
    assert all(one.fitted is None for one in found)


def test_meaningless_certainty_is_not_calibrated() -> None:
    found = fit_field("tempo", values_of(lambda certainty: 1.0 - 0.9 * certainty, 300, seed=3))
    assert found.refused == "here, values with a higher certainty are not right more often"


def test_calibration_needs_a_minimum_number_of_values() -> None:
    values = values_of(lambda certainty: 0.4, LEAST_VALUES, seed=4)
    assert fit_field("tempo", values[1:]).refused == "49 values are too few: 50 are needed"
    assert "too few" not in (fit_field("tempo", values).refused or "")
