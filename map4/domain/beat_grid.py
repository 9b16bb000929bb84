"""The beat grid of a track that goes along when it is handed to another program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from map4.domain.analysis import Analysis, Grid
from map4.domain.imported import GridMark
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track

MOST_DRIFT_S = 0.003
"""By which a grid may leave its beats where a program rounds tempi; beats themselves are known no better."""


def grid_in_force(track: Track, prefer: Sequence[Source] = DEFAULT_PREFERENCE) -> tuple[GridMark, ...]:
    """The grid that was imported, or else the measured one where the measured tempo is in force; empty without.

    A measured grid follows a tempo map only where the beats of the track are loaded.

    Parameters
    ----------
    track : with its analysis
    prefer : which source of the tempo counts where the user set none
    """
    if track.imported and track.imported.grid:
        return track.imported.grid
    sources = track.bpm_sources()
    in_force = next((source for source in ("user", *prefer) if source in sources), None)
    if in_force != "measured" or track.analysis is None:
        return ()
    if track.analysis.grid is not None:
        return (_first_mark(track.analysis.grid),)
    return tuple(_mapped_marks(track.analysis))


def _first_mark(grid: Grid) -> GridMark:
    metre, downbeat = grid.metre, grid.downbeat
    beat = None if metre is None or downbeat is None else (1 - downbeat) % metre + 1
    return GridMark(position_s=grid.first_beat_s, bpm=grid.bpm, metre=metre, beat=beat)


def _mapped_marks(analysis: Analysis) -> Iterator[GridMark]:
    for part in analysis.tempo_map:
        first = next((beat_s for beat_s in analysis.beats_s if part.start_s <= beat_s < part.end_s), None)
        if first is not None:
            yield GridMark(position_s=first, bpm=part.bpm)


def rounded_grid(marks: Sequence[GridMark], *, decimals: int, end_s: float | None) -> Iterator[GridMark]:
    """The same grid for a program that rounds tempi: with marks in between, so that it does not drift.

    Parameters
    ----------
    marks : by position
    decimals : of the tempi that are given
    end_s : of the track, up to where the last mark counts; None adds no marks behind it

    Yields
    ------
    Marks whose tempo is rounded, none further than `MOST_DRIFT_S` from the beat that it stands for before the next.
    """
    ends = [after.position_s for _, after in pairwise(marks)]
    for mark, until_s in zip(marks, [*ends, end_s], strict=True):
        rounded = round(mark.bpm, decimals) or mark.bpm
        yield _at_beat(mark, 0, rounded)
        period_s = 60.0 / mark.bpm
        drift_s = abs(60.0 / rounded - period_s)
        if until_s is None or not drift_s:
            continue
        step = max(1, int(MOST_DRIFT_S / drift_s))
        # The last beat before the next mark needs none of its own.
        for index in range(step, int((until_s - mark.position_s) / period_s), step):
            yield _at_beat(mark, index, rounded)


def _at_beat(mark: GridMark, index: int, bpm: float) -> GridMark:
    """The mark moved on (or back) by `index` beats."""
    beat = mark.beat
    if beat is not None and mark.metre is not None:
        beat = (beat - 1 + index) % mark.metre + 1
    return GridMark(position_s=mark.position_s + index * 60.0 / mark.bpm, bpm=bpm, metre=mark.metre, beat=beat)


def from_zero(mark: GridMark) -> GridMark:
    """The same mark, or the first of its beats that does not lie before time zero."""
    if mark.position_s >= 0.0:
        return mark
    return _at_beat(mark, -int(mark.position_s * mark.bpm // 60.0), mark.bpm)
