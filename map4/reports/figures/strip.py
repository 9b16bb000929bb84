"""The strip of a track: how loud its bass, middle and highs are from beginning to end, and what lies where in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from map4.domain.analysis import Analysis
from map4.domain.inside import ENERGY_POINTS, OVERVIEW_POINTS, Overview, Structure
from map4.domain.key import Notation
from map4.domain.track_columns import clock
from map4.reports.figures.shapes import Anchor, Figure, Line, Point, Polygon, Role, Shape, Word, box

_WIDTH = 700.0
_LEFT, _RIGHT = 8.0, 692.0
_CUES = 12.0
_WAVE = (22.0, 134.0)
_ENERGY = 32.0
_MOST_BARS = 240
"""More could not be told apart."""
_BAND = 18.0
_SIZE = 12.0
# The bass in front would hide the rest: drawn from the back, each a little narrower.
_BANDS: tuple[tuple[str, Role, float], ...] = (
    ("low", "low", 1.0),
    ("mid", "mid", 0.8),
    ("high", "high", 0.6),
)
_LETTER = 0.56
"""Of the type's size, what a letter takes about."""
_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MOST_TICKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A cue point: its name, where it lies, and what is told besides when one points at it."""

    name: str
    at_s: float
    detail: str = ""


def track_strip(analysis: Analysis, cues: Sequence[Mark] = (), *, notation: Notation = "camelot") -> Figure | None:
    """Draw the strip of a track with its bars, phrases, cue points, and the parts of another tempo or key.

    Parameters
    ----------
    analysis : with its overview and beats
    cues : cue points, by position
    notation : of the keys

    Returns
    -------
    None without an overview.
    """
    overview, end_s = analysis.overview, analysis.duration_s
    if overview is None:
        return None
    top = _WAVE[1] + 6.0
    shapes: list[Shape] = [*_waves(overview), *_bars(analysis, end_s), *_cues(cues, end_s), *_energy(overview, top)]
    top += _ENERGY + 4.0
    told = [f"low, middle and high from 0 to {clock(end_s)}"]
    for name, parts in _bands(analysis, notation):
        shapes += _band(parts, end_s, top)
        told.append(f"{name}: " + ", ".join(f"{word} from {clock(start)}" for start, _, word, _ in parts))
        top += _BAND + 2.0
    told += [f"{cue.name} at {clock(cue.at_s)}" for cue in cues]
    shapes += _ticks(end_s, top)
    return Figure(
        title="Course: bass, middle, highs",
        description="; ".join(told),
        width=_WIDTH,
        height=top + 19.0,
        shapes=tuple(shapes),
    )


def _x(time_s: float, end_s: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, time_s / end_s))


def _waves(overview: Overview) -> Iterator[Shape]:
    middle, half = sum(_WAVE) / 2.0, (_WAVE[1] - _WAVE[0]) / 2.0
    step = (_RIGHT - _LEFT) / OVERVIEW_POINTS
    for name, role, share in _BANDS:
        heights = [share * half * value / 255.0 for value in getattr(overview, name)]
        over = [(_LEFT + (index + 0.5) * step, middle - height) for index, height in enumerate(heights)]
        under = [(x, 2.0 * middle - y) for x, y in reversed(over)]
        yield Polygon(points=(*over, *under), role=role, opacity=0.85)


def _bars(analysis: Analysis, end_s: float) -> Iterator[Shape]:
    """The first beats of phrases over the whole height, without phrases of every sixteenth bar; of each bar below."""
    structure, bars = analysis.structure, analysis.bars
    if structure is not None:
        starts: Sequence[float] = [phrase.start_s for phrase in structure.phrases[1:]]
    else:
        starts = bars.downbeats_s[::16] if bars is not None else ()
    for start_s in starts:
        x = _x(start_s, end_s)
        yield Line(points=((x, _WAVE[0]), (x, _WAVE[1])), role="grid", width=0.6)
    if bars is not None and len(bars.downbeats_s) <= _MOST_BARS:
        for start_s in bars.downbeats_s:
            x = _x(start_s, end_s)
            yield Line(points=((x, _WAVE[1] - 4.0), (x, _WAVE[1])), role="muted", width=0.5)


def _energy(overview: Overview, top: float) -> Iterator[Shape]:
    """The energy of the music around each point, 0 at the foot and 10 at the head."""
    step = (_RIGHT - _LEFT) / ENERGY_POINTS
    foot = top + _ENERGY
    curve = [(_LEFT + (i + 0.5) * step, foot - _ENERGY * value / 255.0) for i, value in enumerate(overview.energy)]
    yield Polygon(points=((_LEFT, foot), *curve, (_RIGHT, foot)), role="fill", opacity=0.35, hint="Energy, 0 to 10")
    yield Line(points=tuple(curve), role="fill", width=1.2)
    yield Word(at=(_LEFT + 2.0, top + _SIZE), text="energy", size=_SIZE, role="muted")


def _cues(cues: Sequence[Mark], end_s: float) -> Iterator[Shape]:
    free = _LEFT
    for cue in cues:
        x = _x(cue.at_s, end_s)
        flag: tuple[Point, ...] = ((x - 3.0, _WAVE[0] - 7.0), (x + 3.0, _WAVE[0] - 7.0), (x, _WAVE[0] - 1.0))
        name = cue.name
        yield Polygon(points=flag, role="text", hint=f"{name} at {clock(cue.at_s)}{cue.detail}")
        width = _LETTER * _SIZE * len(name)
        if x - 3.0 >= free and x + 5.0 + width <= _RIGHT:  # names that would run into each other are left to the hint
            yield Word(at=(x + 5.0, _CUES + 6.0), text=name, size=_SIZE, role="muted")
            free = x + 5.0 + width


_Part = tuple[float, float, str, float]
"""From, to, what stands there, how strong its ground is."""


def _bands(analysis: Analysis, notation: Notation) -> Iterator[tuple[str, list[_Part]]]:
    if analysis.structure is not None:
        yield "phrases", _phrases(analysis.structure)
    if analysis.tempo_map:
        yield "tempo", [(part.start_s, part.end_s, f"{part.bpm:.1f} BPM", 0.15) for part in analysis.tempo_map]
    if analysis.key_map:
        parts = [(part.start_s, part.end_s, part.key.in_notation(notation), 0.15) for part in analysis.key_map]
        yield "key", parts


def _phrases(structure: Structure) -> list[_Part]:
    return [
        (
            phrase.start_s,
            phrase.end_s,
            f"{phrase.group} {phrase.role}" if phrase.role else phrase.group,
            0.1 + 0.5 * phrase.energy,
        )
        for phrase in structure.phrases
    ]


def _band(parts: Sequence[_Part], end_s: float, top: float) -> Iterator[Shape]:
    for start_s, stop_s, word, strength in parts:
        left, right = _x(start_s, end_s), _x(stop_s, end_s)
        ground = box(left + 0.5, top, max(right - 0.5, left + 0.5), top + _BAND)
        yield Polygon(points=ground, role="fill", opacity=strength, hint=f"{word}, {clock(start_s)} to {clock(stop_s)}")
        shown = next((text for text in (word, word[:1]) if _LETTER * _SIZE * len(text) + 4.0 <= right - left), None)
        if shown is not None:
            yield Word(at=(left + 3.0, top + _BAND - 5.0), text=shown, size=_SIZE)


def _ticks(end_s: float, top: float) -> Iterator[Shape]:
    step = next((step for step in _TICKS_S if end_s / step <= _MOST_TICKS), _TICKS_S[-1])
    for number in range(int(end_s // step) + 1):
        x = _x(number * step, end_s)
        anchor: Anchor = "start" if number == 0 else "end" if x > _RIGHT - 18.0 else "middle"
        yield Word(at=(x, top + 13.0), text=clock(number * step), size=_SIZE, role="muted", anchor=anchor)
