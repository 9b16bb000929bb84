"""The strip of a track: loudness of bass, middle and highs from beginning to end, and what is where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from map4.core.base.text import clock
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import ENERGY_POINTS, OVERVIEW_POINTS, Overview, Structure
from map4.core.music.analysis.key import Notation
from map4.core.music.palette import ShapeRole
from map4.exports.figures import shapes as draw

_WIDTH = 700.0
_LEFT, _RIGHT = 8.0, 692.0
_CUES = 12.0
_WAVE = (22.0, 134.0)
_ENERGY = 32.0
_MOST_BEATS, _MOST_PHRASES = 240, 60
"""More beats, or bars, could not be distinguished; more lines through the wave would hide it."""
_BAND = 18.0
_SIZE = 12.0
_MOST_TICKS = 12


_Part = tuple[float, float, tuple[str, ...], float]
"""Start, end, its labels from long to short, strength of its background."""
Band = tuple[str, list[_Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A cue point: its name, its position, and details for the tooltip."""

    name: str
    at_s: float
    detail: str = ""


def track_strip(
    analysis: Analysis, cues: Sequence[Mark] = (), more: Iterable[Band] = (), *, notation: Notation = "camelot"
) -> draw.Figure | None:
    """Draw the strip of a track with beats, bars, phrases, cue points, and parts of another tempo or key.

    analysis: with its overview and beats
    cues: cue points, by position
    more: further bands
    returns: None without an overview.
    """
    overview, end_s = analysis.overview, analysis.duration_s
    if overview is None:
        return None
    top = _WAVE[1] + 6.0
    shapes: list[draw.Shape] = [
        *_waves(overview),
        *_phrase_lines(analysis, end_s),
        *_beats(analysis, end_s),
        *_cues(cues, end_s),
        *_energy(overview, top),
    ]
    top += _ENERGY + 4.0
    texts = [f"low, middle and high from 0 to {clock(end_s)}"]
    for name, parts in (*_bands(analysis, notation), *more):
        shapes += _band(parts, end_s, top)
        texts.append(f"{name}: " + ", ".join(f"{words[0]} from {clock(start)}" for start, _, words, _ in parts))
        top += _BAND + 2.0
    texts += [f"{cue.name} at {clock(cue.at_s)}" for cue in cues]
    shapes += _ticks(end_s, top)
    return draw.Figure(
        title="Waveform: bass, mids, highs",
        description="; ".join(texts),
        width=_WIDTH,
        height=top + 19.0,
        shapes=tuple(shapes),
    )


def _x(time_s: float, end_s: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, time_s / end_s))


def _waves(overview: Overview) -> Iterator[draw.Shape]:
    middle, half = sum(_WAVE) / 2.0, (_WAVE[1] - _WAVE[0]) / 2.0
    step = (_RIGHT - _LEFT) / OVERVIEW_POINTS
    for role, share in draw.BANDS:
        heights = [share * half * value / 255.0 for value in getattr(overview, role)]
        over = [(_LEFT + (index + 0.5) * step, middle - height) for index, height in enumerate(heights)]
        under = [(x, 2.0 * middle - y) for x, y in reversed(over)]
        yield draw.Polygon(points=(*over, *under), role=role, opacity=0.85)


def _phrase_lines(analysis: Analysis, end_s: float) -> Iterator[draw.Shape]:
    """Yield lines over the whole height at phrases, or at every sixteenth bar if there are no phrases."""
    structure, bars = analysis.structure, analysis.bars
    if structure is not None:
        starts: Sequence[float] = [phrase.start_s for phrase in structure.phrases[1:]]
    else:
        starts = (bars.downbeats_s or ())[::16] if bars is not None else ()
    if len(starts) <= _MOST_PHRASES:
        yield from _lines(starts, end_s, _WAVE, role="grid", width=0.6)


def _beats(analysis: Analysis, end_s: float) -> Iterator[draw.Shape]:
    """Yield beats below the wave if there are few enough, with longer lines at downbeats."""
    foot = _WAVE[1]
    for times_s, length in ((analysis.beats_s, 2.0), (analysis.bars and analysis.bars.downbeats_s, 5.0)):
        if times_s and len(times_s) <= _MOST_BEATS:
            yield from _lines(times_s, end_s, (foot, foot + length), role="muted", width=0.5)


def _lines(
    times_s: Sequence[float], end_s: float, span: tuple[float, float], *, role: ShapeRole, width: float
) -> Iterator[draw.Shape]:
    for time_s in times_s:
        x = _x(time_s, end_s)
        yield draw.Line(points=((x, span[0]), (x, span[1])), role=role, width=width)


def _energy(overview: Overview, top: float) -> Iterator[draw.Shape]:
    """Return the energy of the music around each point, 0 at the bottom and 10 at the top."""
    step = (_RIGHT - _LEFT) / ENERGY_POINTS
    foot = top + _ENERGY
    curve = [(_LEFT + (i + 0.5) * step, foot - _ENERGY * value / 255.0) for i, value in enumerate(overview.energy)]
    yield draw.Polygon(
        points=((_LEFT, foot), *curve, (_RIGHT, foot)), role="fill", opacity=0.35, hint="Energy, 0 to 10"
    )
    yield draw.Line(points=tuple(curve), role="fill", width=1.2)
    yield draw.Word(at=(_LEFT + 2.0, top + _SIZE), text="energy", size=_SIZE, role="muted")


def _cues(cues: Sequence[Mark], end_s: float) -> Iterator[draw.Shape]:
    for place, cue in enumerate(cues):
        x = _x(cue.at_s, end_s)
        flag: tuple[draw.Point, ...] = ((x - 3.0, _WAVE[0] - 7.0), (x + 3.0, _WAVE[0] - 7.0), (x, _WAVE[0] - 1.0))
        name = cue.name
        yield draw.Polygon(points=flag, role="text", hint=f"{name} at {clock(cue.at_s)}{cue.detail}")
        until = _x(cues[place + 1].at_s, end_s) - 4.0 if place + 1 < len(cues) else _RIGHT
        # A name that would run into the next flag is left to the hint.
        if x + 5.0 + draw.LETTER * _SIZE * len(name) <= until:
            yield draw.Word(at=(x + 5.0, _CUES + 6.0), text=name, size=_SIZE, role="muted")


def _bands(analysis: Analysis, notation: Notation) -> Iterator[Band]:
    if analysis.structure is not None:
        yield "phrases", _phrases(analysis.structure)
    if analysis.tempo_map:
        texts = ("{:.1f} BPM", "{:.1f}", "{:.0f}")
        tempi = ((part, tuple(text.format(part.bpm) for text in texts)) for part in analysis.tempo_map)
        yield "tempo", [(part.start_s, part.end_s, words, 0.15) for part, words in tempi]
    if analysis.key_map:
        yield "key", [(part.start_s, part.end_s, (part.key.in_notation(notation),), 0.15) for part in analysis.key_map]


def _phrases(structure: Structure) -> list[_Part]:
    return [
        (
            phrase.start_s,
            phrase.end_s,
            (f"{phrase.group} {phrase.role}", phrase.group) if phrase.role else (phrase.group,),
            0.1 + 0.5 * phrase.energy,
        )
        for phrase in structure.phrases
    ]


def _band(parts: Sequence[_Part], end_s: float, top: float) -> Iterator[draw.Shape]:
    for start_s, stop_s, words, strength in parts:
        left, right = _x(start_s, end_s), _x(stop_s, end_s)
        ground = draw.box(left + 0.5, top, max(right - 0.5, left + 0.5), top + _BAND)
        yield draw.Polygon(
            points=ground, role="fill", opacity=strength, hint=f"{words[0]}, {clock(start_s)} to {clock(stop_s)}"
        )
        shown = next((text for text in words if draw.LETTER * _SIZE * len(text) + 4.0 <= right - left), None)
        if shown is not None:
            yield draw.Word(at=(left + 3.0, top + _BAND - 5.0), text=shown, size=_SIZE)


def _ticks(end_s: float, top: float) -> Iterator[draw.Shape]:
    step = draw.tick_step_s(end_s, _MOST_TICKS)
    for number in range(int(end_s // step) + 1):
        x = _x(number * step, end_s)
        anchor: draw.Anchor = "start" if number == 0 else "end" if x > _RIGHT - 18.0 else "middle"
        yield draw.Word(at=(x, top + 13.0), text=clock(number * step), size=_SIZE, role="muted", anchor=anchor)
