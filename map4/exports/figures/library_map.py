"""The library map: tracks that sound alike are near each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from map4.core.music.palette import ShapeRole
from map4.exports.figures.shapes import SERIES, Dot, Figure, Line, Point, Polygon, Shape, Word, box

_WIDTH, _HEIGHT = 700.0, 420.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 10.0, 690.0, 10.0, 380.0
_MARGIN = 12.0
MOST_DOTS = 2000
"""More dots can't be distinguished and would make the file large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapDot:
    """A track on the map: its name, its group (None if unknown), and its position."""

    name: str
    genre: str | None
    x: float
    y: float


def library_map(dots: Sequence[MapDot]) -> Figure:
    """Draw the map; the six most frequent genres are coloured; if there are many tracks, only every n-th is drawn."""
    shown = dots[:: max(1, -(-len(dots) // MOST_DOTS))]
    counts = Counter(dot.genre for dot in shown if dot.genre)
    named = sorted(counts, key=lambda genre: (-counts[genre], genre))[: len(SERIES)]
    roles: dict[str | None, ShapeRole] = dict(zip(named, SERIES, strict=False))
    corners = box(_LEFT, _TOP, _RIGHT, _BOTTOM)
    shapes: list[Shape] = [Line(points=(*corners, corners[0]), role="grid", width=0.5)]
    xs, ys = _scaled([d.x for d in shown], _LEFT, _RIGHT), _scaled([d.y for d in shown], _BOTTOM, _TOP)
    for dot, x, y in zip(shown, xs, ys, strict=True):
        hint = f"{dot.name} ({dot.genre})" if dot.genre else dot.name
        shapes.append(_sign(roles.get(dot.genre, "wanted"), (x, y), 3.0, opacity=0.8, hint=hint))
    shapes += _legend(named, others=any(dot.genre not in roles for dot in shown))
    description = ", ".join(f"{genre} {counts[genre]}" for genre in named)
    return Figure(
        title="Map of the sound: tracks near each other sound alike",
        description=f"{len(shown)} of {len(dots)} tracks" + (f"; {description}." if description else "."),
        width=_WIDTH,
        height=_HEIGHT,
        shapes=tuple(shapes),
    )


# Corners of the signs, for a radius of 1: series differ in shape as well as colour. The first is a circle.
_SIGNS: dict[ShapeRole, tuple[Point, ...]] = {
    "series2": box(-0.9, -0.9, 0.9, 0.9),
    "series3": ((0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    "series4": ((0.0, -1.3), (1.1, 0.0), (0.0, 1.3), (-1.1, 0.0)),
    "series5": ((0.0, 1.2), (1.1, -0.8), (-1.1, -0.8)),
    "series6": ((-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4),
                (0.4, 1.1), (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)),
}  # fmt: skip


def _sign(role: ShapeRole, at: Point, radius: float, *, opacity: float = 1.0, hint: str | None = None) -> Shape:
    corners = _SIGNS.get(role)
    if corners is None:
        return Dot(center=at, radius=radius, role=role, opacity=opacity, hint=hint)
    points = tuple((at[0] + radius * x, at[1] + radius * y) for x, y in corners)
    return Polygon(points=points, role=role, opacity=opacity, hint=hint)


def _scaled(values: Sequence[float], start: float, end: float) -> list[float]:
    low, high = min(values, default=0.0), max(values, default=0.0)
    inward = _MARGIN if end > start else -_MARGIN
    start, end = start + inward, end - inward
    return [start + (end - start) * ((value - low) / (high - low) if high > low else 0.5) for value in values]


def _legend(genres: Sequence[str], *, others: bool) -> list[Shape]:
    entries: list[tuple[str, ShapeRole]] = list(zip(genres, SERIES, strict=False))
    if others:
        entries.append(("other", "wanted"))
    width = (_RIGHT - _LEFT) / (len(SERIES) + 1)
    shapes: list[Shape] = []
    for place, (name, role) in enumerate(entries):
        x = _LEFT + place * width
        shapes.append(_sign(role, (x + 5.0, _BOTTOM + 20.0), 4.0))
        shapes.append(Word(at=(x + 14.0, _BOTTOM + 24.0), text=name, size=11.5, most=width - 18.0))
    return shapes
