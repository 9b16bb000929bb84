"""Energy curves against the table of the documentation."""

import pytest

from map4.errors import UsageError
from map4.lists.playlist.energy_curve import CURVES, parse_curve

# As the documentation writes them: percent of the list and target.
TABLE = {
    "ascending": "0:.3,100:.9",
    "descending": "0:.9,100:.3",
    "wave": "0:.5,17:.8,33:.5,50:.8,67:.5,83:.8,100:.5",
    "plateau": "0:.7,100:.7",
    "warm_up": "0:.2,100:.65",
    "peak_time": "0:.7,25:.85,75:.95,100:.85",
    "closing": "0:.75,100:.2",
    "dj_set": "0:.2,25:.7,50:.95,75:.85,100:.3",
}


def test_curves_are_named_or_straight_between_points() -> None:
    assert {name: curve.points for name, curve in CURVES.items()} == {
        name: parse_curve(points).points for name, points in TABLE.items()
    }
    for text in ("Peak-Time", "peak time", " PEAK_TIME "):
        assert parse_curve(text) is CURVES["peak_time"]
    curve = parse_curve("10:.2,50:.8,90:.4")
    assert [curve.at(progress) for progress in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)] == pytest.approx(
        [0.2, 0.2, 0.5, 0.8, 0.6, 0.4, 0.4]
    )
    own = parse_curve("0:.25, 62.5%:1")
    assert own.text == "0:0.25,62.5:1"
    assert parse_curve(own.text) == own
    assert parse_curve("wave").text == "wave"
    cases = [
        ("loud", "there is no energy curve 'loud'; there are ascending, .*0:.3,50:.9"),
        ("0:.3,50", "'50' is not a point"),
        ("0:.3,50:x", "'50:x' is not a point"),
        ("0:.3,0:.5", "percents must increase, but 0 follows 0"),
        ("0:.3,101:.5", "101:0.5 is outside 0-100 percent"),
        ("0:1.5", "0:1.5 is outside"),
    ]
    for text, match in cases:
        with pytest.raises(UsageError, match=match):
            parse_curve(text)
