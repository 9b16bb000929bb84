"""Beats of a track whose parts have different steady tempi: on the straight grid of each part."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from map4.core.dsp.rhythm.beat_network import BEAT_RATE_HZ
from map4.core.dsp.rhythm.beats import (
    GRID_OUTLIER,
    LEAST_GRID_BEATS,
    FloatVector,
    chances_at,
    snapped,
    steady_grid,
    supports_grid,
)
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes
from map4.core.dsp.rhythm.tempo import fine_tempo
from map4.core.dsp.spectrum.spectral_pass import FRAME_RATE_HZ, FloatArray
from map4.core.music.analysis.analysis import Grid, TempoSegment

BORDER_REACH_S = 8.0
"""Distance from the border in the tempo map within which a tempo change is searched: the map is accurate to a block of
beats."""
EARLY = 0.25
"""Share of a beat; lines this close before a part belong to it, lines this close before its end to the next."""
LEAST_STEP = 0.3
"""Share of the median step; a closer beat is the same beat, from both parts at a border."""


def beats_by_parts(
    envelopes: OnsetEnvelopes, tempo_map: tuple[TempoSegment, ...], beats_s: FloatVector, activation: FloatArray
) -> FloatVector:
    """Beats on the straight grid of each part that the network supports, elsewhere the given beats.

    Within a part, as in a steady track, beats may have slipped to the off-beat for a while.

    tempo_map: of these beats, at least two parts
    beats_s: ascending times in seconds
    activation: as for `track_beats`
    """
    grids = [_grid_of(envelopes, part, beats_s, activation) for part in tempo_map]
    last_s = float(beats_s[-1] + 0.5 * (beats_s[-1] - beats_s[-2]))
    edges_s = [float(beats_s[0]), *(part.start_s for part in tempo_map[1:]), last_s]
    for index, (before, after) in enumerate(pairwise(grids), start=1):
        if before is not None and after is not None:
            edges_s[index] = _border_s(before, after, edges_s[index - 1 : index + 2], activation)
    of_parts = [
        beats_s[(beats_s >= start_s) & (beats_s < end_s)]
        if grid is None
        else snapped(_lines_within(grid, start_s, end_s), beats_s, GRID_OUTLIER * 60.0 / grid.bpm)
        for grid, (start_s, end_s) in zip(grids, pairwise(edges_s), strict=True)
    ]
    least_s = LEAST_STEP * float(np.median(np.diff(beats_s)))
    beats = of_parts[0]
    for part in of_parts[1:]:
        beats = np.append(beats, part[part > (beats[-1] + least_s if beats.size else -1.0)])
    return beats


def _grid_of(
    envelopes: OnsetEnvelopes, part: TempoSegment, beats_s: FloatVector, activation: FloatArray
) -> Grid | None:
    """The straight grid of a part; None if the network has less activation on it than at the beats."""
    within = beats_s[(beats_s >= part.start_s) & (beats_s < part.end_s)]
    if within.size < LEAST_GRID_BEATS:
        return None
    first, last = (round(at_s * FRAME_RATE_HZ) for at_s in (part.start_s, part.end_s))
    begin_s = first / FRAME_RATE_HZ
    inner = OnsetEnvelopes(
        bands=envelopes.bands[:, first:last],
        sharp=envelopes.sharp[first:last],
        magnitude=envelopes.magnitude[first:last],
    )
    chances = activation[round(begin_s * BEAT_RATE_HZ) : round(last / FRAME_RATE_HZ * BEAT_RATE_HZ)]
    bpm = fine_tempo(inner.magnitude, part.bpm).bpm
    grid = steady_grid(inner, bpm, within - begin_s, chances)
    grid = Grid(first_beat_s=(grid.first_beat_s + begin_s) % (60.0 / bpm), bpm=bpm)
    return grid if supports_grid(grid, activation, within) else None


def _border_s(before: Grid, after: Grid, around_s: list[float], activation: FloatArray) -> float:
    """The line of the second grid after a tempo change from which on its activation exceeds that of the first grid.

    around_s: start of the part before, the change in the tempo map, end of the part after
    """
    start_s, border_s, end_s = around_s
    low_s = max(0.5 * (start_s + border_s), border_s - BORDER_REACH_S)
    high_s = min(0.5 * (border_s + end_s), border_s + BORDER_REACH_S)
    # Weighted by time per line: the faster of two grids has more lines.
    lines = [_lines_within(grid, low_s, high_s) for grid in (before, after)]
    chances = [np.concatenate([[0.0], np.cumsum(chances_at(activation, at)) * 60.0 / grid.bpm])
             for at, grid in zip(lines, (before, after), strict=True)]  # fmt: skip
    if not lines[1].size:
        return border_s
    until = chances[0][np.searchsorted(lines[0], lines[1] - EARLY * 60.0 / before.bpm)]
    onward = chances[1][-1] - chances[1][:-1]
    return float(lines[1][int((until + onward).argmax())]) - 1e-6


def _lines_within(grid: Grid, start_s: float, end_s: float) -> FloatVector:
    """Lines of a grid from a time on and before another, or just before either."""
    period_s = 60.0 / grid.bpm
    first, last = (int(np.ceil((at_s - grid.first_beat_s) / period_s - EARLY)) for at_s in (start_s, end_s))
    return grid.first_beat_s + period_s * np.arange(first, last, dtype=np.float64)
