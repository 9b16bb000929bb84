"""Build the passages of a set from the lines of its tracks, and describe how each is mixed into the next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from map4.extras.unmix.finding.alignment import Levels, SetLine, changes
from map4.extras.unmix.finding.edges import Edges
from map4.extras.unmix.finding.gains import Curve, GainCurve, Laid
from map4.extras.unmix.records import MixedBy, MixedOn

LEAST_AGREEMENT = 0.15
"""Least agreement times share. Of 24 places without the track, 23 had less than 0.04, and one of 20 s had 0.26."""
_ALIKE = 0.5  # two tracks whose courses correlate more than this are the same recording; only the better track counts
_SHARED = 0.5
_NEARLY_AS_GOOD = 0.75  # least worth of an alternative, relative to the chosen track
_MOST_ALTERNATIVES = 3
LEAST_OVERLAP_S = 0.75  # a shorter overlap is a cut
MOST_PAUSE_S = 2.0
_SAME_SPEED = 0.006
_LENGTHS_DIFFER_S = 1.0
_MOST_JUMP_S = 25.0  # largest gap between two parts of a passage: a loop, or a cut of the fader
_LEAST_CHANGE_DB, _LEAST_SWAP_DB = 3.0, 10.0
"""Least change of each track, and of both together. In fades and single bass cuts, one changed by up to 2.4 dB."""
_LEAST_TIMES = 4
_AUDIBLE_DB, _LEAST_GAIN, _CORE_S = -14.0, 1e-3, 2.0
_UNKNOWN_S = 10.0
_LEAST_LEVEL_DB = 40.0
_SIXTEENTHS = 16
_LEAST_BARS = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinePart:
    """One line of a track in a set, with its loudness.

    track: its number
    curve, bass: loudness above 250 Hz and below 180 Hz; None if its file can't be read
    file_s: length of the file
    alternatives: numbers of tracks that agree nearly as well
    """

    track: int
    line: SetLine
    edges: Edges
    curve: GainCurve | None = None
    bass: GainCurve | None = None
    gain_db: float | None = None
    file_s: float = math.inf
    alternatives: tuple[int, ...] = ()

    @property
    def lasts_s(self) -> float:
        """How long it is audible."""
        return self.edges.end_s - self.edges.start_s


@dataclass(frozen=True, slots=True, eq=False)
class FoundPassage:
    """A continuous passage of a track; loops and jumps have several parts."""

    parts: tuple[LinePart, ...]

    @property
    def track(self) -> int:
        """The track's number."""
        return self.parts[0].track

    @property
    def start_s(self) -> float:
        """Start in the set."""
        return self.parts[0].edges.start_s

    @property
    def end_s(self) -> float:
        """End in the set."""
        return max(part.edges.end_s for part in self.parts)

    @property
    def alternatives(self) -> tuple[int, ...]:
        """Tracks that sound almost the same there."""
        return tuple(dict.fromkeys(number for part in self.parts for number in part.alternatives))

    @property
    def longest(self) -> LinePart:
        """The longest part, which determines the speed best."""
        return max(self.parts, key=lambda part: part.lasts_s)


def worth(line: SetLine) -> float:
    """Confidence that the track is there, about 0-1."""
    return line.agreement * line.share


_LaidLine = tuple[int, SetLine, Laid]


def of_different_recordings(
    lines: Sequence[_LaidLine], lengths_s: Mapping[int, float]
) -> list[tuple[_LaidLine, tuple[int, ...]]]:
    """Return the best track for each part of the set, with the tracks that sound almost the same there.

    lengths_s: length of each track's file
    """
    chosen: list[tuple[_LaidLine, list[int]]] = []
    waiting = sorted(lines, key=lambda each: -worth(each[1]) * (each[1].last_s - each[1].first_s))
    impossible: list[_LaidLine] = []
    # A track that seems to restart while it plays is usually a similar track, so the similar track is preferred.
    for is_last, some in ((False, waiting), (True, impossible)):
        for laid in some:
            if not is_last and any(_is_too_long(laid, other, lengths_s[laid[0]]) for other, _ in chosen):
                impossible.append(laid)
                continue
            better = next((each for each in chosen if _is_covered(laid, each[0])), None)
            if better is None:
                chosen.append((laid, []))
            elif laid[0] != better[0][0] and worth(laid[1]) >= _NEARLY_AS_GOOD * worth(better[0][1]):
                better[1].append(laid[0])
    chosen.sort(key=lambda each: each[0][1].first_s)
    return [(line, tuple(dict.fromkeys(others))[:_MOST_ALTERNATIVES]) for line, others in chosen]


def _is_too_long(first_line: _LaidLine, other: _LaidLine, length_s: float) -> bool:
    """True if two lines of a track are close and together longer than its file."""
    if first_line[0] != other[0]:
        return False
    first, second = sorted((first_line[1], other[1]), key=lambda line: line.first_s)
    is_near = second.first_s - first.last_s < _MOST_JUMP_S
    return is_near and (second.last_s - first.first_s) * first_line[1].speed > length_s + _LENGTHS_DIFFER_S


def _is_covered(first_line: tuple[int, SetLine, Laid], other: tuple[int, SetLine, Laid]) -> bool:
    first, last = max(first_line[1].first_s, other[1].first_s), min(first_line[1].last_s, other[1].last_s)
    if last - first < _SHARED * (first_line[1].last_s - first_line[1].first_s):
        return False
    begin = max(first_line[2].first, other[2].first, min(first_line[2].core[0], first_line[2].core[1]))
    end = min(first_line[2].last, other[2].last, first_line[2].core[1])
    if end - begin < 2:
        return True
    mine, its = (changes(each[2].levels[begin - each[2].first : end - each[2].first]) for each in (first_line, other))
    norm = float(np.sqrt(np.square(mine).sum() * np.square(its).sum()))
    return norm != 0.0 and float((mine * its).sum()) / norm > _ALIKE


def joined(parts: Iterable[LinePart]) -> list[FoundPassage]:
    """Join consecutive parts of a track at the same speed into passages, up to the length of the file and its loops."""
    groups: list[list[LinePart]] = []
    for part in sorted(parts, key=lambda member: member.edges.start_s):
        for group in reversed(groups):
            last = group[-1]
            end_s = max(member.edges.end_s for member in group)
            is_near = part.edges.start_s - end_s < _MOST_JUMP_S
            is_same = abs(part.line.speed / last.line.speed - 1.0) < _SAME_SPEED
            looped_s = min(max(0.0, part.line.zero_s - group[0].line.zero_s), _MOST_JUMP_S)
            lasts_s = max(part.edges.end_s, end_s) - group[0].edges.start_s - looped_s
            fits = lasts_s * part.line.speed <= part.file_s + _LENGTHS_DIFFER_S
            if group[0].track == part.track and is_near and is_same and fits:
                group.append(part)
                break
        else:
            groups.append([part])
    return [FoundPassage(tuple(group)) for group in groups]


def unknown_spans(passages: Sequence[FoundPassage], levels: Levels, rate_hz: float) -> Iterator[tuple[float, float]]:
    """Ranges of 10 s or more in which the set is audible but no track is detected."""
    loud = levels.max(axis=1, initial=0).astype(np.float32) * 0.5
    if not loud.size:
        return
    sounds = loud > np.percentile(loud, 90.0) - _LEAST_LEVEL_DB
    sounds &= loud > 0.0
    for passage in passages:
        sounds[max(0, int(passage.start_s * rate_hz)) : int(passage.end_s * rate_hz) + 1] = False
    # pauses of up to 2 s belong to the surrounding passage
    width = round(MOST_PAUSE_S * rate_hz)
    places = np.flatnonzero(sounds)
    if not places.size:
        return
    cuts = np.flatnonzero(np.diff(places) > width)
    for first, last in zip(np.append(0, cuts + 1), np.append(cuts, places.size - 1), strict=True):
        start_s, end_s = places[first] / rate_hz, (places[last] + 1) / rate_hz
        if end_s - start_s >= _UNKNOWN_S:
            yield float(start_s), float(end_s)


def mixed_on(
    first: FoundPassage, second: FoundPassage, *, bars: tuple[Sequence[float], Sequence[float]] | None = None
) -> MixedOn | None:
    """Describe how a passage is mixed into the next; None if there is a pause.

    bars: the downbeats of both tracks, in their own times
    """
    start_s, end_s = second.start_s, min(first.end_s, second.end_s)
    if start_s - end_s > MOST_PAUSE_S:
        return None
    lasts_s = end_s - start_s
    if lasts_s < LEAST_OVERLAP_S:
        return MixedOn(kind="cut", at_s=max(0.0, start_s), lasts_s=0.0)
    leaving, entering = first.parts[-1], second.parts[0]
    kind: MixedBy = "fade"
    at_s = (start_s + end_s) / 2.0
    if leaving.curve is not None and entering.curve is not None:
        times = np.arange(start_s, end_s, 0.25)
        out, into = (
            _curve_at(leaving.curve, leaving.edges.full, times),
            _curve_at(entering.curve, entering.edges.full, times),
        )
        crossed = np.flatnonzero(into >= out)
        at_s = float(times[crossed[0]]) if crossed.size else at_s
        swap_s = _bass_swap(leaving, entering, times)
        if swap_s is not None:
            kind, at_s = "bass_swap", swap_s
    lie = None if bars is None else _bars_on_bars(leaving.line, entering.line, bars, start_s, end_s)
    return MixedOn(kind=kind, at_s=at_s, lasts_s=lasts_s, bars=lie)


def _curve_at(curve: GainCurve, full: float, times: Curve) -> Curve:
    known = np.flatnonzero(np.isfinite(curve.gains))
    return np.interp(times, curve.times_s[known], curve.gains[known] / full).astype(np.float64)


def _bass_swap(leaving: LinePart, entering: LinePart, times: Curve) -> float | None:
    """Time at which the bass changes from one track to the other; None if the change is too small for a swap."""
    out, into = (_bass_apart(part, times) for part in (leaving, entering))
    best, at_s = 0.0, None
    for index in range(_LEAST_TIMES, len(times) - _LEAST_TIMES):
        parts = (out[:index], out[index:], into[index:], into[:index])
        if min(np.isfinite(part).sum() for part in parts) < _LEAST_TIMES:
            continue
        before, behind, its, others = (float(np.nanmean(part)) for part in parts)
        if before - behind + its - others > best:
            best = before - behind + its - others
            is_swap = min(before - behind, its - others) >= _LEAST_CHANGE_DB and best >= _LEAST_SWAP_DB
            at_s = float(times[index]) if is_swap else None
    return at_s


def _bass_apart(part: LinePart, times: Curve) -> Curve:
    """Bass relative to the rest of the track, compared with its core, in dB; NaN if unknown."""
    if part.curve is None or part.bass is None:
        return np.full(len(times), np.nan)
    at = part.curve.times_s
    above, bass = (10.0 * np.log10(np.maximum(curve.gains, _LEAST_GAIN)) for curve in (part.curve, part.bass))
    full_db = 10.0 * np.log10(part.edges.full)
    apart = np.where(above > full_db + _AUDIBLE_DB, bass - above, np.nan)
    core = apart[(at > part.line.first_s + _CORE_S) & (at < part.line.last_s - _CORE_S)]
    core = core[np.isfinite(core)]
    if not core.size:
        return np.full(len(times), np.nan)
    nearest = np.clip(np.rint((times - at[0]) / part.curve.step_s).astype(int), 0, len(at) - 1)
    relative: Curve = np.where(
        np.abs(at[nearest] - times) <= part.curve.step_s, apart[nearest] - np.median(core), np.nan
    )
    return relative


def _bars_on_bars(
    leaving: SetLine, entering: SetLine, bars: tuple[Sequence[float], Sequence[float]], start_s: float, end_s: float
) -> bool | None:
    """True if the downbeats of both coincide during the overlap; None with fewer than two of either."""
    ones = [
        np.array([time / line.speed + line.zero_s for time in times])
        for line, times in zip((leaving, entering), bars, strict=True)
    ]
    first, second = (each[(each >= start_s - 0.1) & (each <= end_s + 0.1)] for each in ones)
    if len(first) < _LEAST_BARS or len(second) < _LEAST_BARS:
        return None
    bar_s = float(np.median(np.diff(first)))
    apart = np.abs(second[:, None] - first[None, :]).min(axis=1)
    return bool(np.median(apart) <= bar_s / _SIXTEENTHS)


def united(lines: Sequence[tuple[int, SetLine]]) -> list[tuple[int, SetLine]]:
    """Merge lines of a track that were detected in pieces."""
    merged: list[tuple[int, SetLine]] = []
    for track, line in sorted(lines, key=lambda item: (item[0], item[1].first_s)):
        for index, (other, its) in enumerate(merged):
            mid = (line.first_s + line.last_s) / 2.0
            if other == track and abs(its.track_s(mid) - line.track_s(mid)) < 0.15:
                better = max((its, line), key=lambda each: worth(each) * (each.last_s - each.first_s))
                merged[index] = (track, replace(better, first_s=min(its.first_s, line.first_s),
                                              last_s=max(its.last_s, line.last_s)))  # fmt: skip
                break
        else:
            merged.append((track, line))
    return merged
