"""The twelve HAMMS numbers: a radar for a track, lines side by side for several tracks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from map4.core.music.palette import ShapeRole
from map4.core.music.track.hamms import HAMMS_NAMES
from map4.exports.figures.shapes import SERIES, Dot, Figure, Line, Point, Polygon, Shape, Word, around, box

MOST_RADAR_TRACKS = len(SERIES)
SERIES_SIGNS = "●○◆◇■□"
"""The signs of the tracks in a comparison, one per colour."""
_WIDTH = 300.0
_CENTER = (150.0, 112.0)
_RADIUS = 84.0
_RINGS = (0.25, 0.5, 0.75, 1.0)
HAMMS_LABELS = dict(zip(HAMMS_NAMES, (
    "tempo", "key", "energy", "dance", "valence", "acoustic", "instrumental", "rhythm", "brightness", "stability",
    "harmony", "dynamics",
), strict=True))  # fmt: skip
_LINES_WIDTH, _LINES_LEFT, _LINES_RIGHT = 300.0, 84.0, 290.0
_LINES_TOP, _LINE, _SIZE = 18.0, 18.0, 11.0

Vector = Sequence[float | None]


def hamms_radar(vector: Vector, *, name: str, title: str = "HAMMS") -> Figure:
    """Draw the vector of a track, each number from 0 in the middle to 1 on the rim.

    vector: twelve numbers within [0, 1] or None where unknown; an unknown number leaves a gap
    """
    if len(vector) != len(HAMMS_NAMES):
        raise ValueError(f"a radar shows {len(HAMMS_NAMES)} numbers")
    return Figure(
        title=title,
        description=f"{name}: {_description(vector)}",
        width=_WIDTH,
        height=2.0 * _CENTER[1],
        shapes=(*_web(), *_outline(vector)),
    )


def hamms_lines(tracks: Sequence[tuple[str, Vector]], *, title: str = "HAMMS") -> Figure:
    """Draw the vectors of up to six tracks: a row for each number from 0 to 1, a line for each track through them."""
    if len(tracks) > MOST_RADAR_TRACKS or any(len(vector) != len(HAMMS_NAMES) for _, vector in tracks):
        raise ValueError(f"the lines show up to {MOST_RADAR_TRACKS} vectors of {len(HAMMS_NAMES)} numbers")
    legend = _LINES_TOP + len(HAMMS_NAMES) * _LINE + 10.0
    shapes = list(_rows())
    for (_, vector), role in zip(tracks, SERIES, strict=False):
        shapes += _profile(vector, role)
    for line, ((name, _), role) in enumerate(zip(tracks, SERIES, strict=False)):
        y = legend + line * 16.0
        shapes += [series_mark(role, (8.0, y)), Word(at=(20.0, y + 4.0), text=name, size=_SIZE, most=_LINES_WIDTH - 24)]
    return Figure(
        title=title,
        description="; ".join(f"{name}: {_description(vector)}" for name, vector in tracks),
        width=_LINES_WIDTH,
        height=legend + 16.0 * len(tracks),
        shapes=tuple(shapes),
    )


def _rows() -> Iterator[Shape]:
    bottom = _LINES_TOP + len(HAMMS_NAMES) * _LINE - 8.0
    for share, text in ((0.0, "0"), (0.5, "0.5"), (1.0, "1")):
        x = _LINES_LEFT + share * (_LINES_RIGHT - _LINES_LEFT)
        yield Line(points=((x, _LINES_TOP - 4.0), (x, bottom)), role="grid", width=0.5)
        yield Word(at=(x, 10.0), text=text, size=_SIZE, role="muted", anchor="middle")
    for row, name in enumerate(HAMMS_NAMES):
        y = _LINES_TOP + (row + 0.5) * _LINE
        yield Line(points=((_LINES_LEFT, y), (_LINES_RIGHT, y)), role="grid", width=0.5)
        yield Word(at=(_LINES_LEFT - 8.0, y + 4.0), text=HAMMS_LABELS[name], size=_SIZE, role="muted", anchor="end")


def _profile(vector: Vector, role: ShapeRole) -> Iterator[Shape]:
    points: list[Point | None] = [
        None
        if value is None
        else (_LINES_LEFT + min(1.0, max(0.0, value)) * (_LINES_RIGHT - _LINES_LEFT), _LINES_TOP + (row + 0.5) * _LINE)
        for row, value in enumerate(vector)
    ]
    for here, there in itertools.pairwise(points):
        if here is not None and there is not None:
            yield Line(points=(here, there), role=role, width=1.2)
    for point, name, value in zip(points, HAMMS_NAMES, vector, strict=True):
        if point is not None:
            yield series_mark(role, point, hint=f"{name.replace('_', ' ')} {value:.2f}")


def series_mark(role: ShapeRole, center: Point, *, hint: str | None = None) -> Polygon:
    """Return the sign of a track in a comparison, from `SERIES_SIGNS`: circle, diamond or square, filled or not."""
    shape, is_hollow = divmod(SERIES.index(role), 2)
    (x, y), r = center, 4.0
    corners: tuple[Point, ...] = (
        tuple(around(center, r, 30.0 * step) for step in range(12)),
        tuple(around(center, 1.25 * r, 90.0 * step) for step in range(4)),
        box(x - 0.9 * r, y - 0.9 * r, x + 0.9 * r, y + 0.9 * r),
    )[shape]
    return Polygon(points=corners, role=role, opacity=0.0 if is_hollow else 1.0, outlined=True, hint=hint)


def _angle_deg(index: int) -> float:
    return 360.0 * index / len(HAMMS_NAMES)


def _web() -> list[Shape]:
    shapes: list[Shape] = []
    for share in _RINGS:
        ring = [around(_CENTER, share * _RADIUS, _angle_deg(i)) for i in range(len(HAMMS_NAMES) + 1)]
        shapes.append(Line(points=tuple(ring), role="grid", width=1.0 if share == 1.0 else 0.5))
    for index, name in enumerate(HAMMS_NAMES):
        rim = around(_CENTER, _RADIUS, _angle_deg(index))
        shapes.append(Line(points=(_CENTER, rim), role="grid", width=0.5))
        x, y = around(_CENTER, _RADIUS + 10.0, _angle_deg(index))
        side = x - _CENTER[0]
        anchor = "middle" if abs(side) < 1.0 else "start" if side > 0 else "end"
        shapes.append(Word(at=(x, y + 4.0), text=HAMMS_LABELS[name], size=_SIZE, role="muted", anchor=anchor))  # type: ignore[arg-type]
    return shapes


def _outline(vector: Vector) -> list[Shape]:
    points: list[Point | None] = [
        None if value is None else around(_CENTER, min(1.0, max(0.0, value)) * _RADIUS, _angle_deg(index))
        for index, value in enumerate(vector)
    ]
    known = [point for point in points if point is not None]
    shapes: list[Shape] = []
    if len(known) > 2:
        shapes.append(Polygon(points=tuple(known), role="series1", opacity=0.25))
    for here, there in zip(points, points[1:] + points[:1], strict=True):
        if here is not None and there is not None:
            shapes.append(Line(points=(here, there), role="series1", width=1.5))
    for point, name, value in zip(points, HAMMS_NAMES, vector, strict=True):
        if point is not None:
            shapes.append(Dot(center=point, radius=2.0, role="series1", hint=f"{name.replace('_', ' ')} {value:.2f}"))
    return shapes


def _description(vector: Vector) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {'unknown' if value is None else f'{value:.2f}'}"
        for name, value in zip(HAMMS_NAMES, vector, strict=True)
    )
