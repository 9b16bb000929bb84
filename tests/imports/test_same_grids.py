"""Grids of other programs are compared with those of map4 before an import calls them new."""

import pytest

from map4.core.music.track.cues import GridMark
from map4.imports.plans import is_same_grid

GRID = (GridMark(position_s=0.25, bpm=120.0, metre=4, beat=1),)


@pytest.mark.parametrize(
    ("position_s", "bpm", "beat", "is_same"),
    [
        (0.251, 120.0, 1, True),  # rounded to milliseconds
        (0.25, 120.004, 1, True),
        (2.25, 120.0, 1, True),  # another bar of the same grid
        (0.75, 120.0, 2, True),
        (0.75, 120.0, None, True),
        (0.75, 120.0, 1, False),  # its bars begin a beat later
        (0.28, 120.0, 1, False),
        (0.25, 121.0, 1, False),
    ],
)
def test_grid_is_the_same_if_its_beats_and_bars_are(
    position_s: float, bpm: float, beat: int | None, is_same: bool
) -> None:
    other = (GridMark(position_s=position_s, bpm=bpm, metre=4, beat=beat),)
    assert is_same_grid(GRID, other) is is_same
    assert is_same_grid(GRID, (*other, *other)) is False
    assert is_same_grid((), other) is False
