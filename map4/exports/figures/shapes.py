"""The elements of figures: lines, polygons, wedges, dots and words, each with a role that a back-end colours.

Coordinates are points (1/72 inch) from the upper left corner, y downwards, as in SVG.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from map4.core.music.palette import ShapeRole

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

SERIES: tuple[ShapeRole, ...] = ("series1", "series2", "series3", "series4", "series5", "series6")
"""More tracks can't be distinguished in one figure."""

# Drawn from back to front, each a little narrower, as the bass in front would hide the rest.
BANDS: tuple[tuple[ShapeRole, float], ...] = (("low", 1.0), ("mid", 0.8), ("high", 0.6))

LETTER = 0.56
"""Approximate letter width as a fraction of the type size."""
_TICKS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)
_HALF_WIDTH = 360.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points.

    points: two or more
    width: in points
    dashed: for values that are not measured, so that they differ without colour
    """

    points: tuple[Point, ...]
    role: ShapeRole
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A closed, filled outline.

    points: three or more
    opacity: of the filling, 0-1
    outlined: also draw the outline, in full colour
    hint: tooltip; None without one
    """

    points: tuple[Point, ...]
    role: ShapeRole
    opacity: float = 1.0
    outlined: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wedge:
    """A part of a ring.

    inner, outer: radii in points
    start_deg, end_deg: clockwise from twelve o'clock, end > start
    opacity, hint: as of a polygon
    """

    center: Point
    inner: float
    outer: float
    start_deg: float
    end_deg: float
    role: ShapeRole
    opacity: float = 1.0
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A filled circle with a radius in points."""

    center: Point
    radius: float
    role: ShapeRole
    opacity: float = 1.0
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A short text.

    at: on the baseline, at the start, middle or end of the text (`anchor`)
    size: of the type in points
    most: maximum width in points; a back-end cuts longer texts
    """

    at: Point
    text: str
    role: ShapeRole = "text"
    size: float = 9.0
    anchor: Anchor = "start"
    bold: bool = False
    most: float | None = None


Shape = Line | Polygon | Wedge | Dot | Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing.

    description: what it shows, in words, for screen readers
    width, height: in points
    shapes: from bottom to top
    """

    title: str
    description: str
    width: float
    height: float
    shapes: tuple[Shape, ...]

    @property
    def is_wide(self) -> bool:
        """Return whether it takes the full width of a printed page; narrow figures are put side by side."""
        return self.width > _HALF_WIDTH


def tick_step_s(room_s: float, most: float) -> int:
    """Return the seconds between clock ticks so that at most `most` ticks fit."""
    return next((step for step in _TICKS_S if room_s / step <= most), _TICKS_S[-1])


def around(center: Point, radius: float, angle_deg: float) -> Point:
    """Return the point at an angle, clockwise from twelve o'clock."""
    angle = math.radians(angle_deg)
    return center[0] + radius * math.sin(angle), center[1] - radius * math.cos(angle)


def box(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    """Return the corners of a rectangle."""
    return (left, top), (right, top), (right, bottom), (left, bottom)


def round_step(most: float, steps: int) -> float:
    """Return a round tick distance (1, 2 or 5 times a power of ten) so that about `steps` ticks reach `most`.

    most: > 0
    steps: > 0
    """
    rough = most / steps
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough - 1e-9))


def every(items: Sequence[int], most: int) -> Sequence[int]:
    """Return at most `most` items at equal distances, starting with the first."""
    return items[:: max(1, -(-len(items) // most))]
