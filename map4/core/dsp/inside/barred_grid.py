"""A straight grid with bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from map4.core.music.analysis.analysis import Grid
from map4.core.music.analysis.inside import SURE_OF_BAR_ONE, Bars

LEAST_SHARE = 0.95
"""Minimum share of bars that begin on the same beat of the grid, counted through; a track that cuts a beat has no such
grid."""


def on_grid(bars: Bars | None, grid: Grid | None) -> Bars | None:
    """The bars, with the beat of the bar on which the grid most likely begins.

    bars, grid: of the same track; None if there is none
    """
    if grid is None or bars is None:
        return bars
    metre = bars.metre.beats_per_bar
    number = np.rint((np.asarray(bars.downbeats_s) - grid.first_beat_s) * grid.bpm / 60.0).astype(np.int64)
    count = np.bincount(number % metre, minlength=metre)
    downbeat = int(count.argmax())
    if number.size == 0 or count[downbeat] < LEAST_SHARE * number.size:
        return bars
    return replace(bars, grid_beat=(-downbeat) % metre + 1)


def barred(grid: Grid | None, bars: Bars | None) -> Grid | None:
    """The grid with metre and the place of its first beat in the bar, if both are certain.

    grid, bars: of the same track; None if there is none
    returns: The unchanged grid if the bars are less certain than `SURE_OF_BAR_ONE`, or don't follow it.
    """
    if grid is None or bars is None or bars.sure < SURE_OF_BAR_ONE:
        return grid
    placed = on_grid(bars, grid)
    if placed is None or placed.grid_beat is None:
        return grid
    return replace(grid, metre=placed.metre.beats_per_bar, downbeat=placed.grid_beat)
