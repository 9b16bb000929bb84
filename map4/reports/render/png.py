"""Figures as PNG pictures, for terminals that show them: light on dark, as most terminals are."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from map4.reports.figures.shapes import Dot, Figure, Line, Point, Polygon, Shape, Wedge, Word, around
from map4.reports.palette import DARK
from map4.reports.render.pdf_fonts import FONT_FILES

GROUND = "#12171d"
_FINE = 4.0
"""Drawn so many points a point, and shown half as large, which smooths the edges."""
_DASH = 3.5
_ARC_STEPS = 24


def png_of(figure: Figure) -> bytes:
    """Draw a figure, two pixels a point; letters that the font of this machine lacks are boxes."""
    size = round(figure.width * _FINE), round(figure.height * _FINE)
    picture = Image.new("RGB", size, GROUND)
    pen = ImageDraw.Draw(picture, "RGBA")
    for shape in figure.shapes:
        _draw(pen, shape)
    out = io.BytesIO()
    picture.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _draw(pen: Any, shape: Shape) -> None:
    colour = DARK[shape.role]
    match shape:
        case Line():
            points, width = [_fine(point) for point in shape.points], max(1, round(_FINE * shape.width))
            for ends in _dashes(points) if shape.dashed else itertools.pairwise(points):
                pen.line(ends, fill=colour, width=width)
        case Word():
            font = _font(round(_FINE * shape.size))
            text, most = shape.text, math.inf if shape.most is None else _FINE * shape.most
            while len(text) > 1 and font.getlength(text) > most:
                text = text.removesuffix("…")[:-1].rstrip() + "…"
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[shape.anchor]
            pen.text(_fine(shape.at), text, fill=colour, font=font, anchor=anchor, stroke_width=int(shape.bold))
        case Dot() | Polygon() | Wedge():
            filled = f"{colour}{round(255 * shape.opacity):02x}"
            corners = [_fine(point) for point in _corners(shape)]
            pen.polygon(corners, fill=filled)
            if isinstance(shape, Polygon) and shape.outlined:
                pen.line([*corners, corners[0]], fill=colour, width=round(_FINE))


def _corners(shape: Dot | Polygon | Wedge) -> list[Point]:
    if isinstance(shape, Polygon):
        return list(shape.points)
    start, end = (shape.start_deg, shape.end_deg) if isinstance(shape, Wedge) else (0.0, 360.0)
    angles = [start + (end - start) * step / _ARC_STEPS for step in range(_ARC_STEPS + 1)]
    outer, inner = (shape.outer, shape.inner) if isinstance(shape, Wedge) else (shape.radius, 0.0)
    ring = [around(shape.center, outer, angle) for angle in angles]
    return ring + [around(shape.center, inner, angle) for angle in reversed(angles)] if inner else ring


def _dashes(points: list[Point]) -> Iterator[tuple[Point, Point]]:
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        count = max(1.0, math.dist((ax, ay), (bx, by)) / (_DASH * _FINE))
        for step in range(0, math.ceil(count), 2):
            starts, ends = step / count, min(1.0, (step + 1) / count)
            yield (ax + (bx - ax) * starts, ay + (by - ay) * starts), (ax + (bx - ax) * ends, ay + (by - ay) * ends)


def _fine(point: Point) -> Point:
    return _FINE * point[0], _FINE * point[1]


@cache
def _font(size: int) -> Any:
    for name in FONT_FILES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
