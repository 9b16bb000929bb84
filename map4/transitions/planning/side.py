"""A track as needed to plan a mix: its beats, which of them open bars, and how certain that is."""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import DetectedCueKind, DrumPattern, Phrase
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.median import median
from map4.core.music.mixing.mix_plan import NoPlan
from map4.core.music.track.cues import GridMark
from map4.core.music.track.track import Track

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_BEATS = 16
"""Minimum number of beats for a mix."""
SAME_TEMPO = 0.02
"""A current tempo that differs from that of the beats by more than this share is a different tempo."""
ON_BEAT = 0.2
"""Maximum distance in beats between a bar one of another program and the measured beat it refers to."""
OWN_GRID_S, OWN_GRID_BPM = 0.002, 0.01
"""An imported grid with the start and tempo of the measured grid was written by map4; programs keep milliseconds and
two decimals of a tempo."""
IMPORTED_BARS = 0.95
"""Certainty of the bars of an imported grid: a program's guess, or set by hand."""
STRAYING = 2.0
"""Estimates how far some beats stray from the grid, in median distances of beats from its lines. The median distance is
0 to 7 ms in 191 tracks by machines, and 7 to 20 ms for 46 drummers with a click track."""
LEAST_ON_BEAT = 0.9
"""Minimum share of an imported grid's bars on measured beats; below it, the grid does not match."""


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: `phrases` is a cached property
class MixSide:
    """One of the two tracks of a mix.

    beats_s: ascending; for a steady tempo, the lines of the grid from the first after time zero to the end
    is_steady: whether they are grid lines
    bar_beats: ascending indices of the beats that open bars; None if bar one is unknown
    first_bar: place in `bar_beats` of bar 1
    metre: beats per bar; None like `bar_beats`
    certainty: probability that the beats are right, 0-1
    bars_certainty: probability that the bars are right, 0-1; None like `bar_beats`
    track: with its cues, phrases and key
    """

    beats_s: Floats
    is_steady: bool
    first_beat: int
    last_beat: int
    bar_beats: Ints | None
    first_bar: int
    metre: int | None
    bpm: float
    certainty: float
    bars_certainty: float | None
    track: Track
    analysis: Analysis

    @classmethod
    def of(cls, track: Track) -> MixSide | NoPlan:
        """The data of a track, with its beats loaded, that a mix plan needs; or why there can be no plan.

        The current tempo may be half or twice the measured tempo: beats are then skipped or interpolated. Bar one comes
        from an imported grid on these beats, since a person may have set it, or else from the analysis. Grids written
        by map4 are ignored, as they start a bar even if bar one is unknown.
        """
        analysis = track.analysis
        if analysis is None or track.state == "failed":
            return NoPlan("was not analysed")
        times_s, tempo = np.array(analysis.beats_s or (), dtype=np.float64), analysis.tempo
        if tempo is None or not len(times_s):
            return NoPlan("has no beats")
        if len(times_s) < LEAST_BEATS:
            return NoPlan(f"has too few beats: {len(times_s)}; a mix needs at least {LEAST_BEATS}")
        bpm = track.bpm() or tempo.bpm
        factor = next(
            (factor for factor in (1.0, 0.5, 2.0) if abs(bpm / (factor * tempo.bpm) - 1.0) <= SAME_TEMPO), None
        )
        if factor is None:
            return NoPlan(f"has {bpm:.1f} BPM by its {track.bpm_source()} value, but its beats have {tempo.bpm:.1f}")
        beats_s, first, last = _beats(analysis, times_s)
        imported = _imported_bars(track, beats_s, _end_s(analysis))
        certain = [] if imported is None or _is_own_grid(track, analysis) else [(imported, IMPORTED_BARS)]
        if analysis.bars is not None:
            ones = _nearest(beats_s, np.array(analysis.bars.downbeats_s or ()))
            certain.append(((ones, analysis.bars.metre.beats_per_bar), analysis.bars.confidence))
        bars, sure = certain[0] if certain else (None, None)
        beats_s, first, last, bars = _scaled_beats(factor, beats_s, first, last, bars)
        if bars is not None and not len(bars[0]):
            bars = None
        return cls(
            beats_s=beats_s,
            is_steady=analysis.grid is not None,
            first_beat=first,
            last_beat=last,
            bar_beats=None if bars is None else _continued(*bars, len(beats_s)),
            first_bar=0 if bars is None else int(bars[0][0]) // bars[1],
            metre=None if bars is None else bars[1],
            bpm=factor * (analysis.grid.bpm if analysis.grid else tempo.bpm),
            certainty=1.0 if track.bpm_source() == "user" else tempo.confidence,
            bars_certainty=None if bars is None else sure,
            track=track,
            analysis=analysis,
        )

    @property
    def end_s(self) -> float:
        """Time of the last sound."""
        return _end_s(self.analysis)

    def beat_at(self, time_s: float) -> int:
        """Index of the beat nearest to a time."""
        after = min(max(1, bisect_left(self.beats_s, time_s)), len(self.beats_s) - 1)  # faster than numpy for one value
        return after if self.beats_s[after] - time_s <= time_s - self.beats_s[after - 1] else after - 1

    @cached_property
    def phrases(self) -> dict[int, Phrase]:
        """The phrases by the beat at which they begin."""
        structure = self.analysis.structure
        return {self.beat_at(phrase.start_s): phrase for phrase in (structure.phrases if structure else ())}

    def bar_number(self, beat: int) -> int | None:
        """Number of the bar that a beat opens, from 1; None if it opens no bar."""
        if self.bar_beats is None:
            return None
        place = int(np.searchsorted(self.bar_beats, beat))
        if place >= len(self.bar_beats) or self.bar_beats[place] != beat or place < self.first_bar:
            return None
        return place - self.first_bar + 1

    def beat_in_bar(self, beat: int) -> int | None:
        """How many beats after a bar one a beat comes; None if unknown."""
        if self.bar_beats is None:
            return None
        place = int(np.searchsorted(self.bar_beats, beat, side="right")) - 1
        return beat - int(self.bar_beats[place]) if place >= 0 else None

    def span(self, beat: int, count: float) -> tuple[float, float, float]:
        """Start and end of `count` beats, and their maximum distance from a straight line (s).

        beat: index of the first beat
        count: number of beats; after the last beat they continue at the same tempo
        """
        last = beat + math.ceil(count)
        if self.is_steady or last - beat < 2:
            period_s = 60.0 / self.bpm
            start_s = float(self.beats_s[beat])
            return start_s, start_s + count * period_s, self._deviation_s
        indices = np.arange(beat, min(last, len(self.beats_s) - 1) + 1)
        slope, start_s = np.polyfit(indices - beat, self.beats_s[indices], 1)
        away_s = np.abs(self.beats_s[indices] - (start_s + slope * (indices - beat)))
        return max(0.0, float(start_s)), float(start_s + count * slope), float(away_s.max())

    @cached_property
    def _deviation_s(self) -> float:
        """How far played beats may lie from the grid lines (s); 0 without a grid."""
        grid = self.analysis.grid
        if grid is None:
            return 0.0
        lines = (np.array(self.analysis.beats_s) - grid.first_beat_s) * grid.bpm / 60.0
        return STRAYING * 60.0 / grid.bpm * median(np.abs(lines - np.rint(lines)))

    def key_at(self, time_s: float) -> Key | None:
        """The current key; if it was measured and changes, the key of the part."""
        if self.track.key_source() == "measured":
            here = next((part.key for part in self.analysis.key_map if part.start_s <= time_s < part.end_s), None)
            if here is not None:
                return here
        return self.track.key()

    @property
    def drums(self) -> DrumPattern | None:
        """Positions of the drums in the bar."""
        return self.analysis.drums


def _is_own_grid(track: Track, analysis: Analysis) -> bool:
    """Whether an imported grid begins where map4 writes it: at the first beat, or at the likeliest downbeat after
    it."""
    marks, grid, bars = track.set_grid(), analysis.grid, analysis.bars
    if marks is track.user.grid or grid is None or not marks or abs(marks[0].bpm - grid.bpm) > OWN_GRID_BPM:
        return False
    written = None if bars is None else bars.written_grid_beat
    beat, metre = (1, 1) if bars is None or written is None else (written, bars.metre.beats_per_bar)
    starts = {beat: 0, 1: (1 - beat) % metre}
    index = starts.get(marks[0].beat or 1)
    if index is None:
        return False
    return abs(marks[0].position_s - (grid.first_beat_s + index * 60.0 / grid.bpm)) <= OWN_GRID_S


_Bars = tuple[Ints, int]
"""Indices of the beats that open bars, and beats per bar."""


def _end_s(analysis: Analysis) -> float:
    return analysis.duration_s if analysis.cue_out_s is None else analysis.cue_out_s


def _beats(analysis: Analysis, times_s: Floats) -> tuple[Floats, int, int]:
    """The beats, on the grid if there is one, and the first and last beat that is played."""
    grid = analysis.grid
    if grid is None:
        return times_s, 0, len(times_s) - 1
    period_s = 60.0 / grid.bpm
    # A beat may be slightly before the first line, and the sound may end slightly before the last line.
    begin = min(0, round((times_s[0] - grid.first_beat_s) / period_s))
    end = max(2, math.floor((max(_end_s(analysis), times_s[-1]) - grid.first_beat_s) / period_s + ON_BEAT) + 1)
    lines = np.maximum(grid.first_beat_s + period_s * np.arange(begin, end), 0.0)
    first, last = (
        int(np.clip(round((time_s - grid.first_beat_s) / period_s) - begin, 0, len(lines) - 1))
        for time_s in times_s[[0, -1]]
    )
    return lines, first, last


def _nearest(beats_s: Floats, times_s: Floats) -> Ints:
    """Indices of the beats nearest to some times; times without a near beat are dropped."""
    after = np.clip(np.searchsorted(beats_s, times_s), 1, len(beats_s) - 1)
    nearest = np.where(beats_s[after] - times_s <= times_s - beats_s[after - 1], after, after - 1)
    near = np.abs(beats_s[nearest] - times_s) <= ON_BEAT * median(np.diff(beats_s))
    return np.unique(nearest[near]).astype(np.int64)


def _imported_bars(track: Track, beats_s: Floats, end_s: float) -> _Bars | None:
    """The bars of an imported grid that matches the beats."""
    marks = [mark for mark in track.set_grid() if mark.metre and mark.beat]
    if not marks or len({mark.metre for mark in marks}) > 1:
        return None
    ends_s = [mark.position_s for mark in marks[1:]] + [end_s]
    ones_s = np.concatenate([_ones(mark, until_s) for mark, until_s in zip(marks, ends_s, strict=True)])
    bars = _nearest(beats_s, ones_s)
    metre = marks[0].metre
    return (bars, metre) if metre and len(ones_s) and len(bars) >= LEAST_ON_BEAT * len(ones_s) else None


def _ones(mark: GridMark, until_s: float) -> Floats:
    metre, beat, period_s = mark.metre or 1, mark.beat or 1, 60.0 / mark.bpm
    start_s = mark.position_s + (1 - beat) % metre * period_s
    return np.arange(start_s, until_s - period_s / 2.0, metre * period_s)


def _scaled_beats(
    factor: float, beats_s: Floats, first: int, last: int, bars: _Bars | None
) -> tuple[Floats, int, int, _Bars | None]:
    """The beats and bars at half or twice the tempo."""
    if factor == 2.0:
        # A bar of four becomes two bars.
        twice = np.interp(np.arange(2 * len(beats_s) - 1) / 2.0, np.arange(len(beats_s)), beats_s)
        if bars is not None:
            ones, metre = bars
            bars = (np.unique(np.concatenate([2 * ones, 2 * ones + metre])), metre)
        return twice, 2 * first, 2 * last, bars
    if factor == 0.5:
        # Which second bar opens a slow bar is unknown, but it is on a beat.
        odd = 0 if bars is None or not len(bars[0]) else int(bars[0][0]) % 2
        return beats_s[odd::2], max(0, first - odd + 1) // 2, max(0, last - odd) // 2, None
    return beats_s, first, last, bars


def _continued(ones: Ints, metre: int, count: int) -> Ints:
    """Extend bars to both ends of `count` beats."""
    before = np.arange(int(ones[0]) % metre, int(ones[0]), metre)
    after = np.arange(int(ones[-1]) + metre, count + metre, metre)
    return np.concatenate([before, ones, after]).astype(np.int64)


USER_WORTH = 9.0
FOUND_WORTH = 2.0
ROLE_WORTH = 1.5
PHRASE_WORTH = 1.0
COUNTED_WORTH = 0.5
"""Relative values of the kinds of places; a good length of the mix is worth 2. A place of the user outweighs all else,
and others are taken only if no mix fits there.
"""

COUNTED_BARS = (16, 8, 4)
"""If nothing is known of its structure, a track is left this many bars before its last beat."""
LONG_OPENING_BARS = 8
"""A shorter intro ends before the mix does: it extends into the next phrase, unless that is a drop or a break."""
BEATS_A_BAR = 4
"""Used if the metre is unknown."""

# Whole names, with a number at most: "Vox in" and "Start of drop" name other things.
_OUT_NAMES = re.compile(r"(?:(?:(?:mix|fade)\W?)?out|outro|exit|leave)(?:\W(?:cue|point))?")
_IN_NAMES = re.compile(r"(?:(?:(?:mix|fade)\W?)?in|intro|enter|load|start)(?:\W(?:cue|point))?")
_AROUND_NAME = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_OPENINGS = frozenset({"intro", "build"})
_GOES_ON = frozenset({"intro", "build", None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A beat at which a track may be left or entered.

    beat: by index
    why: a short reason
    room: maximum number of its beats for the mix; None if unlimited
    most: number of beats after it
    """

    beat: int
    worth: float
    why: str
    room: int | None = None
    most: int = 0


def leaving_places(side: MixSide, after_s: float = 0.0) -> list[Place]:
    """Places to leave a track after a time, all before its last beats."""
    end = side.beat_at(side.end_s)

    def usable(places: Iterable[Place], first: int = 0) -> list[Place]:
        # Everything after the place may overlap with the next track.
        return [
            replace(place, room=end - place.beat)
            for place in places
            if first <= place.beat <= end - BEATS_A_BAR and side.beats_s[place.beat] >= after_s
        ]

    cue_places = (*_found(side, {"mix_out": FOUND_WORTH, "outro": ROLE_WORTH}), *_leaving_phrases(side))
    found = usable(cue_places, len(side.beats_s) // 2) or usable(_counted_back(side))
    return [*usable(_places_of_cues(side, "fade_out", _OUT_NAMES)), *found]


def entering_places(side: MixSide) -> list[Place]:
    """Places to enter a track whose first beats are unmixed, so that they can overlap with another track."""
    half, most = len(side.beats_s) // 2, len(side.beats_s) - 1

    def usable(places: Iterable[Place], last: int) -> list[Place]:
        # Count beats to the last one; a bar of B may be skipped to align bars.
        return [
            replace(place, room=_opening_beats(side, place.beat), most=most - place.beat)
            for place in places
            if place.beat <= last
        ]

    cue_places = (*_found(side, {"mix_in": FOUND_WORTH, "first_beat": ROLE_WORTH}), *_entering_phrases(side))
    found = usable(cue_places, half) or usable([_first_bar(side)], half)
    return [*usable(_places_of_cues(side, "fade_in", _IN_NAMES), most - 2 * BEATS_A_BAR), *found]


def _places_of_cues(side: MixSide, kind: str, names: re.Pattern[str]) -> Iterator[Place]:
    """The user's cues of a kind, by kind or by name."""
    for cue in side.track.set_cues():
        is_meant = cue.kind == kind or (kind == "fade_in" and cue.kind == "load")
        if (
            is_meant or names.fullmatch(_AROUND_NAME.sub("", cue.name or "").casefold())
        ) and 0.0 <= cue.position_s <= side.end_s:
            why = f'your cue "{cue.name}"' if cue.name else f"your {cue.kind.replace('_', ' ')} cue"
            yield Place(beat=side.beat_at(cue.position_s), worth=USER_WORTH, why=why)


def _found(side: MixSide, worths: dict[DetectedCueKind, float]) -> Iterator[Place]:
    for cue in side.analysis.detected_cues:
        if cue.kind in worths:
            worth = worths[cue.kind] * (1.0 + cue.confidence) / 2.0
            yield Place(beat=side.beat_at(cue.position_s), worth=worth, why=cue.kind.replace("_", " "))


def _leaving_phrases(side: MixSide) -> Iterator[Place]:
    before = None
    for beat, phrase in side.phrases.items():
        is_outro = phrase.role == "outro" and before != "outro"
        worth = (ROLE_WORTH if is_outro else PHRASE_WORTH) * (1.0 + phrase.confidence) / 2.0
        if phrase.role != "drop":  # don't leave a track at its drop
            yield Place(beat=beat, worth=worth, why=phrase.role or f"phrase {phrase.group}")
        before = phrase.role


def _entering_phrases(side: MixSide) -> Iterator[Place]:
    """The phrases of the opening; of a track without an opening, all phrases."""
    phrases = [*side.phrases.items()]
    opening = [*itertools.takewhile(lambda item: item[1].role in _OPENINGS, phrases)]
    for place, (beat, phrase) in enumerate(opening or phrases):
        worth = ROLE_WORTH if phrase.role == "intro" else PHRASE_WORTH if place == 0 else COUNTED_WORTH
        beat = max(beat, _first_bar(side).beat)  # a phrase may begin before the first beat
        why = phrase.role or f"phrase {phrase.group}"
        yield Place(beat=beat, worth=worth * (1.0 + phrase.confidence) / 2.0, why=why)


def _first_bar(side: MixSide) -> Place:
    if side.bar_beats is not None:
        played = side.bar_beats[side.bar_beats >= side.first_beat]
        if len(played):
            return Place(beat=int(played[0]), worth=COUNTED_WORTH, why="first bar")
    return Place(beat=side.first_beat, worth=COUNTED_WORTH, why="first beat")


def _counted_back(side: MixSide) -> Iterator[Place]:
    """Places a number of bars before the end, in whole phrases from the first bar on."""
    start, metre = _first_bar(side).beat, side.metre or BEATS_A_BAR
    for bars in COUNTED_BARS:
        step = bars * metre
        beat = start + (side.last_beat + 1 - start - step) // step * step
        if beat > start:
            yield Place(beat=beat, worth=COUNTED_WORTH, why="counted from the first bar" if side.metre else "counted")


def _opening_beats(side: MixSide, beat: int) -> int | None:
    """How many beats of an opening follow a beat: up to a drop or break, or to the end of a long intro."""
    later = [(at - beat, phrase.role) for at, phrase in side.phrases.items() if at > beat]
    if all(role is None for _, role in later):
        return None
    long_beats = LONG_OPENING_BARS * (side.metre or BEATS_A_BAR)
    return next(
        (beats for beats, role in later if role not in _GOES_ON or (role is None and beats >= long_beats)), None
    )
