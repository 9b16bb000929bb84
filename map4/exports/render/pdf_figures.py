"""Shapes of figures, texts and tables as vectors on a page of a PDF."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from reportlab.lib.colors import HexColor

from map4.core.music.palette import LIGHT, ShapeRole
from map4.exports.figures.shapes import Dot, Line, Point, Polygon, Shape, Wedge, Word
from map4.exports.render.pdf_fonts import Typesetter

_DASH = (4, 3)
_BACK = {"start": 0.0, "middle": 0.5, "end": 1.0}


def draw_shapes(
    canvas: Any, type_: Typesetter, shapes: Iterable[Shape], left: float, top: float, scale: float = 1.0
) -> None:
    """Draw shapes with the upper left corner at a place of the page, y upwards, in points."""
    canvas.saveState()
    canvas.translate(left, top)
    canvas.scale(scale, scale)
    for shape in shapes:
        _draw(canvas, type_, shape)
    canvas.restoreState()


def _draw(canvas: Any, type_: Typesetter, shape: Shape) -> None:
    canvas.setFillColor(_colour(shape.role))
    canvas.setStrokeColor(_colour(shape.role))
    canvas.setFillAlpha(1.0 if isinstance(shape, Line | Word) else shape.opacity)
    match shape:
        case Line():
            canvas.setLineWidth(shape.width)
            canvas.setDash(*_DASH) if shape.dashed else canvas.setDash()
            canvas.drawPath(_path(canvas, shape.points), stroke=1, fill=0)
        case Polygon():
            canvas.setLineWidth(1.0)
            path = _path(canvas, shape.points)
            path.close()
            canvas.drawPath(path, stroke=int(shape.outlined), fill=1)
        case Wedge():
            canvas.drawPath(_ring_part(canvas, shape), stroke=0, fill=1)
        case Dot():
            canvas.circle(shape.center[0], -shape.center[1], shape.radius, stroke=0, fill=1)
        case Word():
            text = shape.text
            if shape.most is not None:
                text = type_.cut(text, shape.size, shape.most, bold=shape.bold)
            back = _BACK[shape.anchor] and _BACK[shape.anchor] * type_.width(text, shape.size, bold=shape.bold)
            type_.draw(canvas, shape.at[0] - back, -shape.at[1], text, shape.size, bold=shape.bold)


@cache
def _colour(role: ShapeRole) -> Any:
    """Return the light colour of a role, for white paper. Cached: looking it up takes a third of a table's time."""
    return HexColor(LIGHT[role])


def _path(canvas: Any, points: tuple[Point, ...]) -> Any:
    path = canvas.beginPath()
    path.moveTo(points[0][0], -points[0][1])
    for x, y in points[1:]:
        path.lineTo(x, -y)
    return path


def _ring_part(canvas: Any, wedge: Wedge) -> Any:
    """Return the outer arc clockwise and the inner arc back; reportlab counts from three o'clock, counterclockwise."""
    x, y, turn = wedge.center[0], -wedge.center[1], wedge.end_deg - wedge.start_deg
    path = canvas.beginPath()
    for draw, r, start, extent in (
        (path.arc, wedge.outer, 90.0 - wedge.start_deg, -turn),
        (path.arcTo, wedge.inner, 90.0 - wedge.end_deg, turn),
    ):
        draw(x - r, y - r, x + r, y + r, startAng=start, extent=extent)
    path.close()
    return path
