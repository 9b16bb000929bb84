"""The beat grid of a track as marks: what another program had, or else what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from map4.domain.analysis import Analysis, Grid
from map4.domain.imported import GridMark
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track

_SECONDS_PER_MINUTE = 60.0


def grid_marks(track: Track, prefer: Sequence[Source] = DEFAULT_PREFERENCE) -> tuple[GridMark, ...]:
    """The grid in force, by position, on map4's time scale; empty where there is none.

    The imported grid, which somebody may have corrected by hand. Without one the measured grid, as long as the measured
    tempo is in force: a grid of another tempo than the track's would contradict it.

    Parameters
    ----------
    prefer : which source of tempo counts where the user set none
    """
    if track.imported is not None and track.imported.grid:
        return track.imported.grid
    sources = track.bpm_sources()
    in_force = next((source for source in ("user", *prefer) if source in sources), None)
    if in_force != "measured" or track.analysis is None:
        return ()
    return _of_tempo_map(track.analysis) or _of_grid(track.analysis.grid)


def _of_grid(grid: Grid | None) -> tuple[GridMark, ...]:
    if grid is None:
        return ()
    if grid.metre is None or grid.downbeat is None:
        return (GridMark(position_s=grid.first_beat_s, bpm=grid.bpm, metre=grid.metre),)
    opening_s = grid.first_beat_s + (grid.downbeat - 1) * _SECONDS_PER_MINUTE / grid.bpm
    return (GridMark(position_s=round(opening_s, 6), bpm=grid.bpm, metre=grid.metre, beat=1),)


def _of_tempo_map(analysis: Analysis) -> tuple[GridMark, ...]:
    if len(analysis.tempo_map) < 2:
        return ()
    first, *others = analysis.tempo_map
    # Every part but the first begins on a beat; the first begins with the track, so its beats are counted back.
    beat_s, border_s = _SECONDS_PER_MINUTE / first.bpm, others[0].start_s
    opening_s = border_s - math.floor(border_s / beat_s) * beat_s
    opening = GridMark(position_s=round(opening_s, 6), bpm=first.bpm)
    return (opening, *(GridMark(position_s=part.start_s, bpm=part.bpm) for part in others))
