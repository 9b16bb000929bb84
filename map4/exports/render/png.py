"""Figures as PNG pictures for terminals that show them: light on dark, like most terminals."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from map4.core.music.palette import Colour
from map4.exports.figures.shapes import Dot, Figure, Line, Point, Polygon, Shape, Wedge, Word, around
from map4.exports.render.pdf_fonts import FONT_FILES

GROUND = "#12171d"
_FINE = 4.0  # pixels drawn per point; the picture is shown at half that size, which smooths edges
_DASH = 3.5
_ARC_STEPS = 24


def png_of(figure: Figure) -> bytes:
    """Draw a figure at two pixels per point; letters that this machine's font lacks become boxes."""
    size = round(figure.width * _FINE), round(figure.height * _FINE)
    picture = Image.new("RGB", size, GROUND)
    pen = ImageDraw.Draw(picture, "RGBA")
    for shape in figure.shapes:
        _draw(pen, shape)
    out = io.BytesIO()
    picture.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


def _draw(pen: Any, shape: Shape) -> None:
    colour = Colour.DARK[shape.role]
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


def _corners(shape: Dot | Polygon | Wedge) -> Sequence[Point]:
    match shape:
        case Polygon():
            return shape.points
        case Dot():
            return _arc(shape.center, shape.radius, 0.0, 360.0)
    inner = _arc(shape.center, shape.inner, shape.end_deg, shape.start_deg)
    return [*_arc(shape.center, shape.outer, shape.start_deg, shape.end_deg), *inner]


def _arc(center: Point, radius: float, start: float, end: float) -> list[Point]:
    return [around(center, radius, start + (end - start) * step / _ARC_STEPS) for step in range(_ARC_STEPS + 1)]


def _dashes(points: list[Point]) -> Iterator[tuple[Point, Point]]:
    for a, b in itertools.pairwise(points):
        count = max(1, round(math.dist(a, b) / (_DASH * _FINE)))
        at = [(a[0] + (b[0] - a[0]) * i / count, a[1] + (b[1] - a[1]) * i / count) for i in range(count + 1)]
        yield from zip(at[::2], at[1::2], strict=False)


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
