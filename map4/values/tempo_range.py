"""Choose among the measured tempi of a stored analysis by a range that a user set; beats and bars follow."""

from __future__ import annotations

import math
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from map4.core.music.analysis.analysis import BEAT_DECIMALS, Hamms, Tempo
from map4.core.music.analysis.inside import LEAST_BEATS_PER_BAR, MOST_BEATS_PER_BAR, Bars
from map4.core.music.analysis.plausible import SURE_OF_TEMPO

MOST = 2 / 3  # this share of the tracks has to be in the middle of a proposed range
LEAST_TRACKS = 8  # a range is proposed for at least this many tracks
MOST_SURE = 0.98  # of tracks whose tempo was in the range, .97 to .98 got it right
_MOST_PART = 4  # candidates are measured tempi times 1/3, 1/2, 2/3, 3/4, 4/3, 3/2, 2 or 3
_FAST_BPM = 140.0
"""From here on, a genre decides that its usual tempi are right and their halves wrong, also if these are certain."""
_MIDDLE = math.sqrt(2)
"""Highest by lowest tempo in the middle of a range, half an octave, unless the genre has usual tempi."""
_HALF, _DOUBLE = Fraction(1, 2), Fraction(2)
_TEXT = re.compile(r"\s*(\d{1,3})\s*(?:\.\.|-|–)\s*(\d{1,3})\s*")
_BAR_NUMBER, _BARS = re.compile(r"\bbar (\d+)"), re.compile(r"(\d+)((?: sparser)? bars)")

Core = dict[str, Any]
Times = Sequence[float]


class TempoRange(NamedTuple):
    """A range of tempi in whole BPM, as displayed: 75..149 contains 149.4."""

    low: int
    high: int

    def __contains__(self, bpm: object) -> bool:
        return isinstance(bpm, (int, float)) and self.low - 0.5 <= bpm < self.high + 0.5

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"

    @staticmethod
    def read(text: str) -> TempoRange:
        """Read a range such as 80..159."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' is not a range of tempi; write 80..159")
        low, high = int(match[1]), int(match[2])
        if not Tempo.MIN_BPM <= low < high <= Tempo.MAX_BPM:
            within = f"{Tempo.MIN_BPM:g}..{Tempo.MAX_BPM:g} BPM"
            raise ValueError(f"{low}..{high} is not a range of tempi within {within}; write 80..159")
        if high + 1 < 2 * low:
            wider = f"{low}..{2 * low - 1}" if 2 * low - 1 <= Tempo.MAX_BPM else f"{(high + 1) // 2}..{high}"
            raise ValueError(
                f"{low}..{high} is narrower than an octave: a track at {high + 1} BPM would have no tempo in it, as "
                f"half of that is below it; write {wider}"
            )
        return TempoRange(low, high)

    @staticmethod
    def propose(
        tempi: Sequence[tuple[float, float | None]], usual: tuple[float, float] | None = None
    ) -> tuple[TempoRange, list[int]] | None:
        """The octave around most of some tracks, and the places of the others, at half or double; None if unclear.

        tempi: BPM and confidence of each track; None if the tempo was not measured, so that a range does not change it
        usual: the lowest and highest tempo that are usual in their genre, to try first
        """
        if len(tempi) < LEAST_TRACKS:
            return None
        bpm = sorted(bpm for bpm, _ in tempi)
        ends = [bisect_right(bpm, low * _MIDDLE) for low in bpm]
        start = max(range(len(bpm)), key=lambda place: ends[place] - place)
        middle, reach = math.sqrt(bpm[start] * bpm[ends[start] - 1]), math.sqrt(_MIDDLE)
        for low, high in filter(None, (usual, (middle / reach, middle * reach))):
            first = round(max(Tempo.MIN_BPM, min(math.sqrt(low * high / 2), Tempo.MAX_BPM // 2)))
            octave = TempoRange(first, 2 * first - 1)
            outside = [(place, *tempo) for place, tempo in enumerate(tempi) if tempo[0] not in octave]
            moved = {
                place: confidence >= SURE_OF_TEMPO
                for place, bpm_there, confidence in outside
                if confidence is not None and (low <= bpm_there / 2 <= high or low <= bpm_there * 2 <= high)
            }
            is_fast = (low, high) == usual and low >= _FAST_BPM
            usual_tempi = sum(low <= each <= high or (is_fast and low <= 2 * each <= high) for each in bpm)
            is_open = is_fast or 2 * sum(moved.values()) <= len(moved)
            if usual_tempi >= MOST * len(bpm) and is_open and moved and len(moved) >= MOST * len(outside):
                return octave, [*moved]
        return None

    def choose(self, core: Core, beats_s: Times, downbeats_s: Times) -> tuple[Core, Times, Times]:
        """The stored core, beats and first beats of bars with the most probable tempo inside a range.

        Tempi outside are dropped, and the others share their probability. Without any inside, nothing changes.

        core: as `read_core` returns it, of an analysis without a range
        """
        tempo: Core | None = core["tempo"]
        candidates = [tempo, *tempo["alternatives"]] if tempo else []
        inside = sorted((c for c in candidates if c["bpm"] in self), key=lambda c: -c["confidence"])
        if tempo is None or not inside:
            return core, beats_s, downbeats_s
        total = sum(candidate["confidence"] for candidate in inside)
        shares = [c["confidence"] / total if total else 1 / len(inside) for c in inside]
        bpm, confidence = inside[0]["bpm"], round(min(MOST_SURE, shares[0]), 3)
        others = [
            {"bpm": c["bpm"], "confidence": round(min(share, confidence), 3)}
            for c, share in zip(inside[1:], shares[1:], strict=True)
        ]
        chosen = {**core, "tempo": {**tempo, "bpm": bpm, "confidence": confidence, "alternatives": others}}
        factor = Fraction(bpm / tempo["bpm"]).limit_denominator(_MOST_PART)
        if factor == 1:
            return chosen, beats_s, downbeats_s
        if hamms := core["hamms"]:
            lowest, highest = Hamms.BPM
            share = round(min(1.0, max(0.0, (bpm - lowest) / (highest - lowest))), 4)
            chosen["hamms"] = {**hamms, "vector": [share, *hamms["vector"][1:]]}
        return _recounted(chosen, beats_s, downbeats_s, factor)


def _recounted(core: Core, beats_s: Times, downbeats_s: Times, factor: Fraction) -> tuple[Core, Times, Times]:
    """The core with its beats counted `factor` times as fast."""
    metre, structure = core.get("metre"), core.get("structure")
    # At half and double time a bar keeps its number of beats; otherwise it keeps its length.
    per_bar = factor if factor in (_HALF, _DOUBLE) else Fraction(1)
    skip, share = _first_bar(downbeats_s, structure) if per_bar == _HALF else (0, 1.0)
    beats, downbeats = _beats(beats_s, downbeats_s, factor, skip)
    in_bar = metre and metre["beats_per_bar"] * factor / per_bar
    if in_bar and not (in_bar.denominator == 1 and LEAST_BEATS_PER_BAR <= in_bar <= MOST_BEATS_PER_BAR):
        in_bar, downbeats = None, ()
    number = int(in_bar) if in_bar else None
    sure = round(core["downbeat_confidence"] * share, 3) if number else None
    chosen: Core = {
        **core,
        "tempo_map": [{**part, "bpm": round(part["bpm"] * float(factor), 3)} for part in core.get("tempo_map") or ()]
        or None,
        "metre": {**metre, "beats_per_bar": number} if metre and number else None,
        "downbeat_confidence": sure,
        "grid_beat": None,
        "structure": structure
        and {**structure, "phrases": [{**p, "bars": round(p["bars"] * per_bar)} for p in structure["phrases"]]},
        "cues": [{**cue, "reason": _reworded(cue["reason"], per_bar, skip)} for cue in core.get("cues") or ()],
        "drums": None,  # of a bar of another length
    }
    if grid := core["grid"]:
        chosen["grid"], chosen["grid_beat"] = _grid(grid, factor, beats, downbeats, number, core.get("grid_beat"))
        if min(sure or 0.0, metre["confidence"] if metre else 0.0) >= Bars.SURE and grid["metre"]:
            chosen["grid"] |= {"metre": number, "downbeat": chosen["grid_beat"]}
    return chosen, beats, downbeats


def _first_bar(downbeats_s: Times, structure: Mapping[str, Any] | None) -> tuple[int, float]:
    """Which of the first two bars begins a bar of twice the length, and the share of phrases that agree."""
    weights = [0.0, 0.0]
    for phrase in (structure or {"phrases": ()})["phrases"][1:]:
        if downbeats_s:
            weights[_nearest(downbeats_s, phrase["start_s"]) % 2] += phrase["confidence"]
    first = int(weights[1] > weights[0])
    return first, weights[first] / sum(weights) if sum(weights) else 0.5


def _beats(beats_s: Times, downbeats_s: Times, factor: Fraction, skip: int) -> tuple[Times, Times]:
    """Beats `factor` times as fast, evenly spaced in each bar, and the first beats of bars.

    skip: at half time, the bars before the first whole bar
    """
    if len(beats_s) < 2:
        return beats_s, downbeats_s
    last = len(beats_s) - 1
    bars = [_nearest(beats_s, downbeat_s) for downbeat_s in downbeats_s]
    anchors = (bars[skip::2] if factor == _HALF else bars) or [0]
    places = [anchors[0] - number / float(factor) for number in range(int(anchors[0] * factor), 0, -1)]
    firsts: list[float] = []
    for start, end in pairwise(anchors):
        count = max(1, round((end - start) * factor))
        bar = [start + (end - start) * number / count for number in range(count)]
        places += bar
        firsts += [bar[0], bar[count // 2]] if factor == _DOUBLE else bar[:1]
    places += [anchors[-1] + number / float(factor) for number in range(int((last - anchors[-1]) * factor) + 1)]
    firsts.append(anchors[-1])

    def time_s(place: float) -> float:
        before = min(int(place), last - 1)
        return round(beats_s[before] + (place - before) * (beats_s[before + 1] - beats_s[before]), BEAT_DECIMALS)

    beats = tuple(dict.fromkeys(map(time_s, places)))
    return beats, tuple(dict.fromkeys(map(time_s, firsts))) if downbeats_s else ()


def _grid(
    grid: Mapping[str, float], factor: Fraction, beats_s: Times, downbeats_s: Times, metre: int | None, beat: int | None
) -> tuple[Core, int | None]:
    """The grid, from the first of its beats that remains a beat, and the place of that beat in its bar."""
    period_s, bpm = 60.0 / grid["bpm"], round(grid["bpm"] * float(factor), 4)
    starts = [grid["first_beat_s"] + number * period_s for number in range(factor.denominator)]

    def distance(start_s: float) -> float:
        """The distance of all beats from a grid that begins there, in beats."""
        places = [(beat_s - start_s) * bpm / 60.0 for beat_s in beats_s]
        return sum(abs(place - round(place)) for place in places)

    starts.sort(key=distance)
    start_s, number = round(starts[0], 4), None
    if beat is not None and metre is not None and downbeats_s:
        one_s = downbeats_s[_nearest(downbeats_s, start_s)]
        number = round((start_s - one_s) * bpm / 60.0) % metre + 1
    return {"first_beat_s": start_s, "bpm": bpm, "metre": None, "downbeat": None}, number


def _nearest(times_s: Times, time_s: float) -> int:
    place = bisect_left(times_s, time_s, 1, len(times_s) - 1) if len(times_s) > 1 else 1
    return min(place - 1, place % len(times_s), key=lambda index: abs(times_s[index] - time_s))


def _reworded(reason: str, per_bar: Fraction, skip: int) -> str:
    """The reason of a cue point with its numbers of bars."""
    reason = _BAR_NUMBER.sub(lambda m: f"bar {max(1, int((int(m[1]) - 1 - skip) * per_bar) + 1)}", reason)
    return _BARS.sub(lambda m: f"{max(1, round(int(m[1]) * per_bar))}{m[2]}", reason)


def genre_tempo_range(genre: str) -> tuple[float, float] | None:
    """The usual tempi (BPM) of a genre; None for genres that are counted in several ways, or that are unknown."""
    ranges = ((low, high) for pattern, low, high in _genre_tempi() if re.search(pattern, genre, re.IGNORECASE))
    return next(ranges, None)


@cache
def _genre_tempi() -> list[tuple[str, float, float]]:
    from importlib.resources import files

    text = files("map4.core.music").joinpath("data/genre_tempi.toml").read_text(encoding="utf-8")
    return [(pattern, low, high) for pattern, low, high in tomllib.loads(text)["tempi"]]
