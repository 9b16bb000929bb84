"""Beat grids: the current grid for other programs, and grids from single beats that programs store."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from map4.core.base.text import counted
from map4.core.music.analysis.analysis import Analysis, TempoSegment
from map4.core.music.analysis.plausible import SURE_OF_TEMPO
from map4.core.music.track.cues import GridMark
from map4.core.music.track.track import Source, Track
from map4.core.music.track.track_cues import TrackCue

MOST_DRIFT_S = 0.003  # maximum drift of a grid from its beats due to rounded tempi; beats are not known more precisely

NEAR_BEAT = 0.2  # maximum distance, in beats, between a measured beat and the same beat of a straight grid

NEAR_S = 0.05  # maximum distance of a beat from a grid that follows it; more is heard in a mix
MOST_OFF = 0.1  # maximum share of beats off a grid that follows them: fills and breaks have single ones

_LEAST_BEATS = 16
_SECONDS_PER_MINUTE = 60.0
# DJ programs show two decimals; tempi are rounded to that if the beats allow it.
_BPM_DECIMALS = 2
_SAME_BPM = 0.5 * 10**-_BPM_DECIMALS
_METRE = 4


class BeatGrid:
    """Beat grids of tracks: marks by position."""

    @staticmethod
    def in_force(track: Track) -> tuple[GridMark, ...]:
        """Return the current grid, by position, on map4's time scale; empty if there is none.

        The order is: the user's grid, the imported grid (which may have been corrected by hand), the measured grid. The
        measured grid needs the measured tempo to be the current one, as it would otherwise contradict the track's
        tempo; so neither of the last two counts if the user set another tempo.
        """
        own_bpm, placed = track.user.bpm, track.set_grid()
        if placed and (placed is track.user.grid or own_bpm is None or _has_tempo(placed, own_bpm)):
            return placed
        sources = track.bpm_sources()
        if track.analysis is None or "measured" not in sources:
            return ()
        measured = _tempo_map_marks(track.analysis) or _grid_marks(track.analysis)
        parts: list[GridMark | TempoSegment] = [*track.analysis.tempo_map, *measured]
        is_own = own_bpm is not None and bool(measured) and _has_tempo(parts, own_bpm)
        return measured if is_own or track.bpm() == sources["measured"] else ()

    @staticmethod
    def tempo(marks: Sequence[GridMark], tempi_bpm: Iterable[float | None]) -> float | None:
        """Return the tempo to write with a grid: the grid's, so that they don't contradict each other.

        marks: by position; without any, the first known tempo counts
        tempi_bpm: tempi of the track, the best first; with a grid of several tempi, the first between them counts, else
            the tempo of the longest part before its last mark
        """
        known = [bpm for bpm in tempi_bpm if bpm is not None]
        if not marks:
            return next(iter(known), None)
        least, most = min(mark.bpm for mark in marks), max(mark.bpm for mark in marks)
        for bpm in known:
            nearest = min((mark.bpm for mark in marks), key=lambda other: abs(other - bpm))
            is_as_shown = round(nearest, _BPM_DECIMALS) == round(bpm, _BPM_DECIMALS)
            if least < bpm < most and not is_as_shown:
                return bpm
            if abs(nearest - bpm) <= _SAME_BPM:
                return nearest
        parts = [(after.position_s - mark.position_s, mark.bpm) for mark, after in pairwise(marks)]
        return max(parts, default=(0.0, marks[0].bpm))[1]

    @staticmethod
    def with_measured(track: Track) -> Track:
        """Return the track without a set grid and with the measured tempo, so that the measured grid becomes current.

        A tempo that the user set stays current; then the measured grid is not used.
        """
        prefer: tuple[Source, ...] = ("measured", *(source for source in track.prefer if source != "measured"))
        imported = track.imported and replace(track.imported, grid=())
        return replace(track, imported=imported, user=replace(track.user, grid=None), prefer=prefer)

    @staticmethod
    def is_off_beats(track: Track, marks: Sequence[GridMark]) -> bool:
        """Whether a grid is off the measured beats, if they are loaded; of an imported grid by a certain tempo."""
        analysis = track.analysis
        if analysis is None or analysis.tempo is None:
            return False
        is_judged = marks is not track.set_grid() or analysis.tempo.confidence >= SURE_OF_TEMPO
        return is_judged and not BeatGrid.follows_beats(marks, analysis)

    @staticmethod
    def off_beats_remarks(count: int) -> list[str]:
        """Return the message about grids for which `is_off_beats` is true."""
        grids = counted(count, "grid doesn't follow its", "grids don't follow their")
        return [f"{grids} beats; check by ear"] if count else []

    @staticmethod
    def follows_beats(marks: Sequence[GridMark], analysis: Analysis) -> bool:
        """Return whether a grid is on the measured beats, if they are loaded, or on every other; True if unknown."""
        beats_s = analysis.beats_s or ()
        if not marks or len(beats_s) < _LEAST_BEATS:
            return True
        lines_s = [time_s for time_s in _lines(marks, beats_s[-1] + NEAR_S) if time_s >= beats_s[0] - NEAR_S]
        return min(_share_off(beats_s, lines_s), _share_off(lines_s, beats_s)) <= MOST_OFF

    @staticmethod
    def rounded(marks: Sequence[GridMark], *, decimals: int, end_s: float | None) -> Iterator[GridMark]:
        """Yield the same grid for a program that rounds tempi, with additional marks so that it does not drift.

        marks: by position
        end_s: of the track, up to which the last mark counts; None adds no marks after it
        yields: Marks with rounded tempo; until the next mark no beat is off by more than `MOST_DRIFT_S`.
        """
        ends = [after.position_s for _, after in pairwise(marks)]
        for mark, until_s in zip(marks, [*ends, end_s], strict=True):
            rounded = round(mark.bpm, decimals) or mark.bpm
            yield _moved_by_beats(mark, 0, rounded)
            period_s = 60.0 / mark.bpm
            drift_s = abs(60.0 / rounded - period_s)
            if until_s is None or not drift_s:
                continue
            step = max(1, int(MOST_DRIFT_S / drift_s))
            # Programs start a new bar at each mark.
            bar = mark.metre or _METRE
            step = max(bar, step // bar * bar)
            # The last beat before the next mark needs no mark.
            for index in range(step, int((until_s - mark.position_s) / period_s), step):
                yield _moved_by_beats(mark, index, rounded)

    @staticmethod
    def on_beat(position_s: float, marks: Sequence[GridMark]) -> float:
        """Return the beat of the grid within `NEAR_BEAT` of a position, from time zero on; else the position itself.

        marks: by position; the first also applies before itself
        """
        mark = next((mark for mark in reversed(marks) if mark.position_s <= position_s), marks[0] if marks else None)
        if mark is None:
            return position_s
        beats = (position_s - mark.position_s) * mark.bpm / _SECONDS_PER_MINUTE
        beat_s = mark.position_s + round(beats) * _SECONDS_PER_MINUTE / mark.bpm
        return beat_s if abs(beats - round(beats)) <= NEAR_BEAT and beat_s >= 0.0 else position_s

    @staticmethod
    def snapped(cue: TrackCue, marks: Sequence[GridMark]) -> TrackCue:
        """Return a cue point on its beat if it was detected; points that a person set stay."""
        at_s = cue.point.position_s
        return replace(cue, point=replace(cue.point, position_s=BeatGrid.on_beat(at_s, marks))) if cue.kind else cue

    @staticmethod
    def with_downbeat(marks: Sequence[GridMark], at_s: float, metre: int | None = None) -> tuple[GridMark, ...]:
        """Return the same grid with a bar that begins at a position; without a metre, bars of four if they were not
        known.

        If a beat is within `NEAR_BEAT` of the position, the bar begins there; otherwise the grid is shifted. If there
        are several marks, only the mark that applies at the position changes.

        marks: by position; empty gives an empty grid
        """
        if not marks:
            return ()
        index = max((place for place, mark in enumerate(marks) if mark.position_s <= at_s), default=0)
        old, one_s = marks[index], BeatGrid.on_beat(at_s, marks)
        metre = metre or old.metre or _METRE
        bar_s = metre * _SECONDS_PER_MINUTE / old.bpm
        least_s = old.position_s if index else 0.0
        begin_s = round(one_s - math.floor((one_s - least_s) / bar_s + _SAME_BPM) * bar_s, 6)
        changed = replace(old, position_s=begin_s, metre=metre, beat=1)
        return (*marks[:index], changed, *marks[index + 1 :])

    @staticmethod
    def on_downbeats(marks: Sequence[GridMark]) -> tuple[GridMark, ...]:
        """Return the same grid for a program that takes each mark for the first beat of a bar.

        A mark on another known beat moves to the next bar, unless another mark comes first. It is left out if it
        repeats the beats of the mark before.
        """
        unique: list[GridMark] = []
        for mark in marks:
            if mark.beat in (None, 1) or not unique or not _repeats(mark, unique[-1]):
                unique.append(mark)
        marks = unique
        ends = (*(mark.position_s for mark in marks[1:]), math.inf)
        return tuple(_moved_to_downbeat(mark, end_s) for mark, end_s in zip(marks, ends, strict=False))

    @staticmethod
    def from_zero(mark: GridMark) -> GridMark:
        """Return the first beat from time zero on of a mark's grid, which also extends before its mark."""
        beats = -int(mark.position_s * mark.bpm // 60.0)
        return _moved_by_beats(mark, beats, mark.bpm) if beats else mark

    @staticmethod
    def of_beats(
        times_s: Sequence[float], *, tolerance_s: float, numbers: Sequence[int] | None = None
    ) -> tuple[GridMark, ...]:
        """Join evenly spaced beats into one mark each.

        times_s: of the beats, ascending
        tolerance_s: maximum distance of a beat from its position by the mark: the rounding of positions, or what is
            inaudible
        numbers: of the beats in their bars of four, 1-4; None if bars are not known
        returns: Marks, each exactly on a beat; none for fewer than two beats, which have no tempo.

        A run from beat s continues while a period p fits all its beats: |s + i·p - t_i| ≤ tolerance. Each beat narrows
        the interval of possible p, so one pass is enough.
        """
        marks: list[GridMark] = []
        start, last = 0, len(times_s) - 1
        while start < last:
            end, least_s, most_s = _run(times_s, start, tolerance_s, numbers)
            period_s = (times_s[end] - times_s[start]) / (end - start)
            marks.append(
                GridMark(
                    position_s=round(times_s[start], 6),
                    bpm=_round_bpm(period_s, least_s, most_s),
                    metre=_METRE if numbers else None,
                    beat=numbers[start] if numbers else None,
                )
            )
            start = end
        return tuple(marks)


def _has_tempo(parts: Sequence[GridMark | TempoSegment], bpm: float) -> bool:
    """Return whether a tempo matches the parts within its precision (128 is 127.98), or is between theirs."""
    least, most = min(part.bpm for part in parts), max(part.bpm for part in parts)
    return least <= bpm <= most or any(GridMark.is_rounded_from(bpm, part.bpm) for part in parts)


def _grid_marks(analysis: Analysis) -> tuple[GridMark, ...]:
    grid, bars = analysis.grid, analysis.bars
    if grid is None:
        return ()
    beat = None if bars is None else bars.written_grid_beat
    if bars is not None and beat is not None:
        metre = bars.metre.beats_per_bar
        return (GridMark(position_s=grid.first_beat_s, bpm=grid.bpm, metre=metre, beat=beat),)
    return (GridMark(position_s=grid.first_beat_s, bpm=grid.bpm, metre=grid.metre, beat=grid.downbeat),)


def _tempo_map_marks(analysis: Analysis) -> tuple[GridMark, ...]:
    if len(analysis.tempo_map) < 2:
        return ()
    first, *others = analysis.tempo_map
    # Every part except the first begins on a beat; the first begins with the track, so its bars are counted back.
    beat_s, border_s = _SECONDS_PER_MINUTE / first.bpm, others[0].start_s
    beats = math.floor(border_s / beat_s)
    opening_s = border_s - (beats // _METRE * _METRE or beats) * beat_s
    opening = GridMark(position_s=round(opening_s, 6), bpm=first.bpm)
    tempi = (*map(_joined_bpm, others, (part.start_s for part in others[1:])), others[-1].bpm)
    marks = (GridMark(position_s=part.start_s, bpm=bpm) for part, bpm in zip(others, tempi, strict=True))
    return (opening, *marks)


def _joined_bpm(part: TempoSegment, end_s: float) -> float:
    """Return the tempo of a part with whole beats up to the next, as programs differ in what a part of a beat is."""
    beats = max(1, round((end_s - part.start_s) * part.bpm / _SECONDS_PER_MINUTE))
    return round(beats * _SECONDS_PER_MINUTE / (end_s - part.start_s), 6)


def _lines(marks: Sequence[GridMark], end_s: float) -> Iterator[float]:
    """Yield the positions of the beats of a grid from time zero on; the last before a mark is half a beat before it."""
    ends = (*(mark.position_s for mark in marks[1:]), math.inf)
    for mark, until_s in zip((BeatGrid.from_zero(marks[0]), *marks[1:]), ends, strict=True):
        beat_s = _SECONDS_PER_MINUTE / mark.bpm
        count = (min(until_s - beat_s / 2, end_s) - mark.position_s) / beat_s
        yield from (mark.position_s + index * beat_s for index in range(math.ceil(count)))


def _share_off(times_s: Sequence[float], others_s: Sequence[float]) -> float:
    """Return the share of times with no other within `NEAR_S`."""
    off = 0
    for time_s in times_s:
        place = bisect_left(others_s, time_s - NEAR_S)
        if place == len(others_s) or others_s[place] > time_s + NEAR_S:
            off += 1
    return off / len(times_s) if times_s else 1.0


def _moved_by_beats(mark: GridMark, index: int, bpm: float) -> GridMark:
    """Move a mark by `index` beats (negative: back)."""
    beat = mark.beat
    if beat is not None and mark.metre is not None:
        beat = (beat - 1 + index) % mark.metre + 1
    return GridMark(position_s=mark.position_s + index * 60.0 / mark.bpm, bpm=bpm, metre=mark.metre, beat=beat)


def _repeats(mark: GridMark, before: GridMark) -> bool:
    """Return whether a mark has the tempo, beats and bars of an earlier one."""
    beats = (mark.position_s - before.position_s) * before.bpm / _SECONDS_PER_MINUTE
    off_s = abs(beats - round(beats)) * _SECONDS_PER_MINUTE / before.bpm
    return (
        off_s <= MOST_DRIFT_S
        and abs(mark.bpm - before.bpm) <= _SAME_BPM
        and mark.beat == _moved_by_beats(before, round(beats), before.bpm).beat
    )


def _moved_to_downbeat(mark: GridMark, end_s: float) -> GridMark:
    if mark.metre is None or mark.beat is None or mark.beat == 1:
        return mark
    moved = _moved_by_beats(mark, mark.metre - mark.beat + 1, mark.bpm)
    return moved if moved.position_s < end_s else mark


def _run(
    times_s: Sequence[float], start: int, tolerance_s: float, numbers: Sequence[int] | None
) -> tuple[int, float, float]:
    """Return the last beat of the run from `start`, and the shortest and longest period that fits it."""
    least_s, most_s, end = 0.0, math.inf, start
    first_s = before_s = times_s[start]
    for index in range(start + 1, len(times_s)):
        count, time_s = index - start, times_s[index]
        if time_s <= before_s:
            raise ValueError("beats that are not ascending")
        low_s, high_s = (time_s - first_s - tolerance_s) / count, (time_s - first_s + tolerance_s) / count
        low_s, high_s = low_s if low_s > least_s else least_s, high_s if high_s < most_s else most_s
        is_in_bar = numbers is None or numbers[index] == (numbers[start] - 1 + count) % _METRE + 1
        # The second beat always belongs to the run, as a single beat has no tempo.
        if count > 1 and (low_s > high_s or not is_in_bar):
            break
        least_s, most_s, end, before_s = low_s, high_s, index, time_s
    return end, least_s, most_s


def _round_bpm(period_s: float, least_s: float, most_s: float) -> float:
    bpm = _SECONDS_PER_MINUTE / period_s
    rounded = round(bpm, _BPM_DECIMALS)
    return rounded if rounded > 0 and least_s <= _SECONDS_PER_MINUTE / rounded <= most_s else bpm
