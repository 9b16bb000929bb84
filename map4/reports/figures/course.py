"""The course of a playlist: energy with what was wanted, tempo, and keys, over its tracks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from map4.reports.figures.shapes import Dot, Figure, Line, Point, Role, Shape, Word, every, round_step

_WIDTH, _HEIGHT = 700.0, 250.0
_LEFT, _RIGHT = 56.0, 690.0
_ENERGY = (16.0, 108.0)
_TEMPO = (134.0, 196.0)
_KEYS, _NUMBERS = 216.0, 232.0
# A key needs about so many points of width to stay legible.
_MOST_KEYS = 26
_MOST_STOPS = 400
_LEAST_SPAN_BPM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A track on the course; None where unknown.

    Parameters
    ----------
    name : for the hint
    energy, wanted : 0-1
    bpm : beats per minute
    key : in the notation to show
    """

    name: str
    energy: float | None = None
    wanted: float | None = None
    bpm: float | None = None
    key: str | None = None


def playlist_course(stops: Sequence[Stop]) -> Figure:
    """Draw how energy, tempo and key go through a list; what is unknown leaves a gap.

    Of more than 400 tracks every so-manieth is drawn: dots would lie over each other.
    """
    places = every(range(len(stops)), _MOST_STOPS)
    numbers, xs = [place + 1 for place in places], [_x(place, len(stops)) for place in places]
    stops = [stops[place] for place in places]
    shapes = [*_energy(stops, xs, numbers), *_tempo(stops, xs, numbers), *_keys(stops, xs, numbers)]
    return Figure(
        title="Energy, tempo and key",
        description="; ".join(f"{n}. {_told(stop)}" for n, stop in zip(numbers, stops, strict=True)),
        width=_WIDTH,
        height=_HEIGHT,
        shapes=tuple(shapes),
    )


def _x(index: int, count: int) -> float:
    margin = 14.0
    return _LEFT + margin + (_RIGHT - _LEFT - 2.0 * margin) * (index / (count - 1) if count > 1 else 0.5)


def _energy(stops: Sequence[Stop], xs: Sequence[float], numbers: Sequence[int]) -> list[Shape]:
    top, bottom = _ENERGY
    shapes: list[Shape] = [Word(at=(4.0, top - 4.0), text="energy", role="muted", size=8.0)]
    for value in (0.0, 0.5, 1.0):
        y = bottom - (bottom - top) * value
        shapes.append(Line(points=((_LEFT, y), (_RIGHT, y)), role="grid", width=0.5))
        shapes.append(Word(at=(_LEFT - 6.0, y + 3.0), text=f"{10 * value:g}", role="muted", size=8.0, anchor="end"))
    wanted = [None if s.wanted is None else (x, _at(s.wanted, _ENERGY)) for s, x in zip(stops, xs, strict=True)]
    if any(wanted):
        shapes += _curve(wanted, "wanted", dashed=True)
        shapes.append(
            Word(at=(_RIGHT, top - 4.0), text="dashed: what was wanted", role="muted", size=8.0, anchor="end")
        )
    reached = [None if s.energy is None else (x, _at(s.energy, _ENERGY)) for s, x in zip(stops, xs, strict=True)]
    shapes += _curve(reached, "series1")
    for number, stop, point in zip(numbers, stops, reached, strict=True):
        if point is not None:
            shapes.append(Dot(center=point, radius=2.6, role="series1", hint=f"{number}. {_told(stop)}"))
    return shapes


def _tempo(stops: Sequence[Stop], xs: Sequence[float], numbers: Sequence[int]) -> list[Shape]:
    top, bottom = _TEMPO
    shapes: list[Shape] = [Word(at=(4.0, top - 6.0), text="BPM", role="muted", size=8.0)]
    known = [stop.bpm for stop in stops if stop.bpm is not None]
    if not known:
        return [*shapes, Word(at=(_LEFT, (top + bottom) / 2.0), text="not known", role="muted", size=8.0)]
    step = round_step(max(max(known) - min(known), _LEAST_SPAN_BPM), 3)
    low = step * math.floor(min(known) / step)
    high = step * math.ceil(max(known) / step)
    high = high if high > low else low + step
    for tick in range(round((high - low) / step) + 1):
        y = bottom - (bottom - top) * tick * step / (high - low)
        text = f"{low + tick * step:g}"
        shapes.append(Line(points=((_LEFT, y), (_RIGHT, y)), role="grid", width=0.5))
        shapes.append(Word(at=(_LEFT - 6.0, y + 3.0), text=text, role="muted", size=8.0, anchor="end"))
    points = [
        None if stop.bpm is None else (x, _at((stop.bpm - low) / (high - low), _TEMPO))
        for stop, x in zip(stops, xs, strict=True)
    ]
    shapes += _curve(points, "series2")
    for number, stop, point in zip(numbers, stops, points, strict=True):
        if point is not None:
            shapes.append(Dot(center=point, radius=2.0, role="series2", hint=f"{number}. {_told(stop)}"))
    return shapes


def _keys(stops: Sequence[Stop], xs: Sequence[float], numbers: Sequence[int]) -> list[Shape]:
    shapes: list[Shape] = [
        Word(at=(4.0, _KEYS), text="key", role="muted", size=8.0),
        Word(at=(4.0, _NUMBERS), text="track", role="muted", size=8.0),
    ]
    for index in every(range(len(stops)), _MOST_KEYS):
        shapes.append(Word(at=(xs[index], _KEYS), text=stops[index].key or "?", size=8.0, anchor="middle", bold=True))
        shapes.append(Word(at=(xs[index], _NUMBERS), text=str(numbers[index]), role="muted", size=8.0, anchor="middle"))
    return shapes


def _curve(points: Sequence[Point | None], role: Role, *, dashed: bool = False) -> list[Shape]:
    """Lines between neighbours that are both known."""
    shapes: list[Shape] = []
    run: list[Point] = []
    for point in (*points, None):
        if point is not None:
            run.append(point)
            continue
        if len(run) > 1:
            shapes.append(Line(points=tuple(run), role=role, width=1.6, dashed=dashed))
        run = []
    return shapes


def _at(share: float, band: tuple[float, float]) -> float:
    top, bottom = band
    return bottom - (bottom - top) * min(1.0, max(0.0, share))


def _told(stop: Stop) -> str:
    energy = "unknown" if stop.energy is None else f"{10 * stop.energy:.1f}"
    bpm = "unknown" if stop.bpm is None else f"{stop.bpm:.1f}"
    return f"{stop.name}: energy {energy}, BPM {bpm}, key {stop.key or 'unknown'}"
