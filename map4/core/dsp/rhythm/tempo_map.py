"""Tempo changes within a track: mixes of several tracks, live bands, ramps."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from map4.core.dsp.best_path import best_path
from map4.core.dsp.rhythm.beats import FloatVector
from map4.core.dsp.rhythm.onsets import OnsetEnvelopes
from map4.core.dsp.rhythm.tempo import ALTERNATIVE_RATIOS, FASTEST_BPM, TempoScorer, candidate_bpm
from map4.core.dsp.rhythm.tempogram import BINS_PER_OCTAVE, SECTION_HOP_S, SECTION_S, section_tempograms
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.music.analysis.analysis import TempoSegment

LEAST_SECTIONS = 3
SAME_TEMPO = 0.04
SAME_TEMPO_BINS = 2
"""4 %: smaller differences of a section are left to the beats."""
STEP_COST = 1.0
"""Log probability that a drift by one bin (1.9 %) from section to section must gain ..."""
CHANGE_COST = 3.0
"""... and any change of tempo, once for the whole stretch after it. With 5, a change from 100 to 128 BPM after a minute
is missed; with 2.5 to 5 no track of the demo gets a map, and mixes of them are mapped best with 3 and less."""
RELATED_COST = 50.0
"""Half, double, two thirds ... of the previous tempo is nearly always the same tempo, counted differently."""

OCTAVE_COST = 4.0
"""Log probability that a section loses an octave away from the tempo of the whole track; less for smaller distances."""

BLOCK_BEATS = 8
"""Initial size of blocks in beats: two bars of four."""
TEMPO_ERROR_BPM = 0.05
"""Maximum standard error of a part whose tempo is given with decimals. Records in a mix stay below .02; parts of free
playing begin at .07, and differ by as much between versions of the file."""
LINE_ERROR = 0.06
"""Maximum root mean square distance, in periods, of beats of one tempo from a line; players have .02 to .04."""
LEAST_CHANGE = 0.01
"""Changes of less than 1 % are not reported."""
LEAST_SEGMENT_S = 8.0
"""A shorter part is a fill or a break and belongs to a neighbour; if most parts are shorter, the timing is free and has
no tempo map."""
MISSED_REACH = 4
"""Intervals on either side whose median determines how many beats an interval spans."""


class TempoCourse:
    """The tempi of a track's sections, scored like whole files, on first use.

    scorer: rates the candidate tempi of a tempogram
    """

    def __init__(self, envelopes: OnsetEnvelopes, scorer: TempoScorer) -> None:
        self._envelopes, self._scorer = envelopes, scorer

    def near(self, bpm: float) -> FloatVector | None:
        """Tempo of every section of a track with several sections: the most probable path, with a cost for every
        change.

        bpm: of the whole track, whose octave is preferred
        returns: BPM of the sections, which begin every `SECTION_HOP_S`; None for short tracks, if all tempi are
            within 4 % of each other, and above the tempi that are scored.
        """
        if bpm > FASTEST_BPM or self._scores is None:
            return None
        away = OCTAVE_COST * np.square(np.log2(candidate_bpm() / bpm))
        course = best_path((self._scores - away) * (SECTION_HOP_S / SECTION_S), -_change_cost())
        if int(course.max() - course.min()) <= SAME_TEMPO_BINS:
            return None
        return candidate_bpm()[course]

    @cached_property
    def _scores(self) -> FloatVector | None:
        sections = list(section_tempograms(self._envelopes))
        if len(sections) < LEAST_SECTIONS:
            return None
        scores = np.zeros((len(sections), candidate_bpm().size))
        for row, tempogram in zip(scores, sections, strict=True):
            # A silent section is no evidence, and keeps the tempo of its neighbours.
            if tempogram is not None:
                row[:] = self._scorer(tempogram)
        return scores


def course_at(course: FloatVector, frames: npt.NDArray[np.int64]) -> FloatVector:
    """Tempo of the section whose middle is nearest to each frame (of `ShortWindow.RATE_HZ`), in BPM."""
    section = np.rint((frames / ShortWindow.RATE_HZ - SECTION_S / 2) / SECTION_HOP_S).astype(np.int64)
    return course[np.clip(section, 0, course.size - 1)]


def estimate_tempo_map(beats_s: FloatVector, duration_s: float) -> tuple[TempoSegment, ...]:
    """Find the parts of a track with different tempi.

    Neighbouring blocks of eight beats are merged while one straight line fits them.

    beats_s: ascending times in seconds
    returns: At least two segments, without gaps from 0 to the end, neighbours at least 1 % apart; empty if the tempo is
        the same throughout, or changes all the time.
    """
    if beats_s.size < 2 * BLOCK_BEATS:
        return ()
    sums = _LineSums(beat_numbers(beats_s), beats_s)
    borders = [*range(0, beats_s.size - BLOCK_BEATS + 1, BLOCK_BEATS), beats_s.size]
    borders = _merged(borders, sums)
    slopes = [sums.line(first, last)[0] for first, last in pairwise(borders)]
    segments: list[TempoSegment] = []
    for index, slope in enumerate(slopes):
        start_s = 0.0 if index == 0 else float(beats_s[borders[index]])
        end_s = duration_s if index == len(slopes) - 1 else float(beats_s[borders[index + 1]])
        segments.append(TempoSegment(start_s=start_s, end_s=end_s, bpm=60.0 / slope))
    segments = _joined(segments)
    if duration_s / len(segments) < LEAST_SEGMENT_S:
        return ()
    segments = _joined(_without_short(segments))
    return tuple(segments) if len(segments) > 1 else ()


def exact_tempo(tempo_map: tuple[TempoSegment, ...], bpm: float, beats_s: FloatVector) -> float:
    """The single tempo of a track whose beats follow no grid.

    tempo_map: of the track, empty if it has none
    bpm: coarse tempo
    beats_s: ascending times in seconds
    returns: Tempo of the longest segment within 4 % of the coarse tempo, if its beats determine it to
        `TEMPO_ERROR_BPM`. Else the coarse tempo as a whole number, as it is only an average and its decimals would be
        random.
    """
    near = [part for part in tempo_map if abs(part.bpm / bpm - 1.0) <= SAME_TEMPO]
    if near:
        longest = max(near, key=lambda part: part.end_s - part.start_s)
        if _tempo_error(beats_s[(beats_s >= longest.start_s) & (beats_s < longest.end_s)]) <= TEMPO_ERROR_BPM:
            return longest.bpm
    return float(round(bpm))


def _tempo_error(beats_s: FloatVector) -> float:
    """Standard error, in BPM, of the tempo of the straight line through beats; infinite for fewer than three."""
    if beats_s.size < 3:
        return math.inf
    slope, error = _LineSums(beat_numbers(beats_s), beats_s).line(0, beats_s.size)
    # The variance of the slope of a line through n points one apart is 12 s^2 / n^3.
    return 60.0 / slope * error * math.sqrt(12.0 / beats_s.size**3)


class _LineSums:
    """Running sums that give the least-squares line through any run of beats directly."""

    def __init__(self, numbers: FloatVector, times: FloatVector) -> None:
        columns = (np.ones(times.size), numbers, times, numbers**2, numbers * times, times**2)
        self._sums = np.concatenate([np.zeros((1, 6)), np.cumsum(np.stack(columns, axis=1), axis=0)])

    def line(self, first: int, last: int) -> tuple[float, float]:
        """Seconds per beat, and the root mean square distance from the line in beats, of the beats [first, last)."""
        n, x, y, xx, xy, yy = self._sums[last] - self._sums[first]
        spread = max(xx - x * x / n, 1e-12)
        slope = (xy - x * y / n) / spread
        rest = max(yy - y * y / n - slope * slope * spread, 0.0)
        return float(slope), math.sqrt(rest / n) / float(slope)


def beat_numbers(beats_s: FloatVector) -> FloatVector:
    """Number of each of at least two beats, shape (n,); an interval twice as long as its neighbours counts two."""
    intervals = np.diff(beats_s)
    padded = np.pad(intervals, MISSED_REACH, mode="reflect" if intervals.size > MISSED_REACH else "edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * MISSED_REACH + 1), axis=1)
    return np.concatenate([[0.0], np.cumsum(np.maximum(1.0, np.rint(intervals / usual)))])


def _merged(borders: list[int], sums: _LineSums) -> list[int]:
    """Remove borders while a line fits, always the border with the best fit."""
    errors = [sums.line(first, last)[1] for first, last in zip(borders, borders[2:], strict=False)]
    while errors:
        best = min(range(len(errors)), key=errors.__getitem__)
        if errors[best] > LINE_ERROR:
            break
        del borders[best + 1], errors[best]
        for index in (best - 1, best):
            if 0 <= index < len(errors):
                errors[index] = sums.line(borders[index], borders[index + 2])[1]
    return borders


def _joined(segments: list[TempoSegment]) -> list[TempoSegment]:
    """Merge neighbours with about the same tempo, with the mean of their tempi."""
    joined = segments[:1]
    for segment in segments[1:]:
        last = joined[-1]
        if abs(segment.bpm / last.bpm - 1.0) < LEAST_CHANGE:
            before, after = last.end_s - last.start_s, segment.end_s - segment.start_s
            bpm = (last.bpm * before + segment.bpm * after) / (before + after)
            joined[-1] = TempoSegment(start_s=last.start_s, end_s=segment.end_s, bpm=bpm)
        else:
            joined.append(segment)
    return joined


def _without_short(segments: list[TempoSegment]) -> list[TempoSegment]:
    """Merge short segments into the neighbour with the closer tempo, shortest first."""
    merged = list(segments)
    while len(merged) > 1:
        index = min(range(len(merged)), key=lambda i: merged[i].end_s - merged[i].start_s)
        short = merged[index]
        if short.end_s - short.start_s >= LEAST_SEGMENT_S:
            break
        beside = [i for i in (index - 1, index + 1) if 0 <= i < len(merged)]
        heir = min(beside, key=lambda i: abs(math.log(merged[i].bpm / short.bpm)))
        start_s, end_s = min(short.start_s, merged[heir].start_s), max(short.end_s, merged[heir].end_s)
        merged[heir] = replace(merged[heir], start_s=start_s, end_s=end_s)
        del merged[index]
    return merged


@cache
def _change_cost() -> npt.NDArray[np.float64]:
    """Cost of a change from each candidate (row) to each other, shape (K, K)."""
    bins = np.arange(candidate_bpm().size)
    away = bins[None, :] - bins[:, None]
    cost: npt.NDArray[np.float64] = np.minimum(STEP_COST * np.abs(away), CHANGE_COST)
    for ratio in ALTERNATIVE_RATIOS:
        related = np.abs(away - BINS_PER_OCTAVE * math.log2(ratio)) <= SAME_TEMPO_BINS
        cost[related] = RELATED_COST
    return cost
