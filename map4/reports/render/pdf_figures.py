"""Figures as vectors on a page of a PDF."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from map4.reports.figures.shapes import Dot, Figure, Line, Point, Polygon, Role, Shape, Wedge, Word
from map4.reports.render.pdf_fonts import Typesetter

COLOURS: dict[Role, str] = {
    "text": "#1c2530",
    "muted": "#5b6775",
    "grid": "#c3ccd6",
    "fill": "#4f8fcb",
    "minor": "#6aa7e0",
    "major": "#f0a848",
    "wanted": "#7b8794",
    "series1": "#1f77c4",
    "series2": "#d9660a",
    "series3": "#2a9246",
    "series4": "#b5308f",
    "series5": "#7a5ccc",
    "series6": "#8a6d1d",
}
"""The light colours of the HTML page: paper is white."""

_DASH = (4, 3)
# A wedge is drawn as a polygon; arcs of two degrees can't be told from a circle at this size.
_ARC_STEP_DEG = 2.0


def draw_figure(canvas: Any, type_: Typesetter, figure: Figure, left: float, top: float, scale: float) -> None:
    """Draw a figure with its upper left corner at a place of the page, y upwards, in points."""
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(scale, scale)
    for shape in figure.shapes:
        _draw(canvas, type_, shape)
    canvas.restoreState()


def set_colour(canvas: Any, role: Role, opacity: float = 1.0) -> None:
    """Fill and draw lines in the colour of a role; the opacity is that of fillings."""
    canvas.setFillColor(colour_of(role))
    canvas.setFillAlpha(opacity)
    canvas.setStrokeColor(colour_of(role))


@cache
def colour_of(role: Role) -> Any:
    """The colour of a role; reportlab takes a third of the time of a table to read its name each time."""
    from reportlab.lib.colors import HexColor

    return HexColor(COLOURS[role])


def _draw(canvas: Any, type_: Typesetter, shape: Shape) -> None:
    match shape:
        case Line():
            canvas.setStrokeColor(colour_of(shape.role))
            canvas.setLineWidth(shape.width)
            canvas.setDash(*_DASH) if shape.dashed else canvas.setDash()
            canvas.drawPath(_path(canvas, shape.points, closed=False), stroke=1, fill=0)
        case Polygon():
            set_colour(canvas, shape.role, shape.opacity)
            canvas.setLineWidth(1.0)
            canvas.drawPath(_path(canvas, shape.points, closed=True), stroke=int(shape.outlined), fill=1)
        case Wedge():
            set_colour(canvas, shape.role, shape.opacity)
            canvas.drawPath(_path(canvas, _ring_part(shape), closed=True), stroke=0, fill=1)
        case Dot():
            set_colour(canvas, shape.role, shape.opacity)
            canvas.circle(shape.center[0], -shape.center[1], shape.radius, stroke=0, fill=1)
        case Word():
            _word(canvas, type_, shape)


def _word(canvas: Any, type_: Typesetter, word: Word) -> None:
    set_colour(canvas, word.role)
    text = word.text if word.most is None else type_.cut(word.text, word.size, word.most, bold=word.bold)
    back = {"start": 0.0, "middle": 0.5, "end": 1.0}[word.anchor]
    x = word.at[0] - back * type_.width(text, word.size, bold=word.bold) if back else word.at[0]
    type_.draw(canvas, x, -word.at[1], text, word.size, bold=word.bold)


def _path(canvas: Any, points: tuple[Point, ...], *, closed: bool) -> Any:
    path = canvas.beginPath()
    path.moveTo(points[0][0], -points[0][1])
    for x, y in points[1:]:
        path.lineTo(x, -y)
    if closed:
        path.close()
    return path


def _ring_part(wedge: Wedge) -> tuple[Point, ...]:
    steps = max(1, math.ceil((wedge.end_deg - wedge.start_deg) / _ARC_STEP_DEG))
    angles = [math.radians(wedge.start_deg + (wedge.end_deg - wedge.start_deg) * i / steps) for i in range(steps + 1)]
    x, y = wedge.center
    outer = [(x + wedge.outer * math.sin(a), y - wedge.outer * math.cos(a)) for a in angles]
    inner = [(x + wedge.inner * math.sin(a), y - wedge.inner * math.cos(a)) for a in reversed(angles)]
    return tuple(outer + inner)
