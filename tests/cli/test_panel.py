"""What the panel of one track says."""

from __future__ import annotations

from map4.cli.panel import _course


def test_the_parts_of_a_changing_track_are_told_with_their_beginnings() -> None:
    assert _course([]).plain == ""
    assert _course([(0.0, "120.0"), (65.9, "126.2")]).plain == "\n120.0 from 0:00, 126.2 from 1:05"


def test_of_many_parts_the_first_are_told() -> None:
    parts = [(60.0 * n, f"{120 + n}.0") for n in range(11)]
    assert _course(parts).plain == "\n120.0 from 0:00, 121.0 from 1:00, 122.0 from 2:00, 123.0 from 3:00, 7 more"
