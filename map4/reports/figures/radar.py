"""The HAMMS radar: the twelve numbers of one track, or of several over each other."""

from __future__ import annotations

from collections.abc import Sequence

from map4.domain.hamms import HAMMS_NAMES
from map4.reports.figures.shapes import SERIES, Dot, Figure, Line, Point, Polygon, Role, Shape, Word, around

MOST_TRACKS = len(SERIES)
_WIDTH = 340.0
_CENTER = (170.0, 142.0)
_RADIUS = 100.0
_RINGS = (0.25, 0.5, 0.75, 1.0)
_LEGEND_TOP = 286.0
_LEGEND_LINE = 15.0
_LABELS = dict(zip(HAMMS_NAMES, (
    "tempo", "key", "energy", "dance", "valence", "acoustic", "instrumental", "rhythm", "brightness", "stability",
    "harmony", "dynamics",
), strict=True))  # fmt: skip

Vector = Sequence[float | None]


def hamms_radar(tracks: Sequence[tuple[str, Vector]], *, title: str = "HAMMS") -> Figure:
    """Draw the vectors of up to six tracks, each number from 0 in the middle to 1 on the rim.

    Parameters
    ----------
    tracks : name and vector, twelve numbers within [0, 1] or None where unknown; an unknown number leaves a gap
    title : of the figure

    Raises
    ------
    ValueError
        With more than six tracks, or vectors of another length.
    """
    if len(tracks) > MOST_TRACKS or any(len(vector) != len(HAMMS_NAMES) for _, vector in tracks):
        raise ValueError(f"a radar shows up to {MOST_TRACKS} vectors of {len(HAMMS_NAMES)} numbers")
    shapes = _web()
    for (_, vector), role in zip(tracks, SERIES, strict=False):
        shapes += _outline(vector, role, opacity=0.25 if len(tracks) == 1 else 0.08)
    legend = len(tracks) > 1
    if legend:
        shapes += _legend([name for name, _ in tracks])
    return Figure(
        title=title,
        description="; ".join(f"{name}: {_told(vector)}" for name, vector in tracks),
        width=_WIDTH,
        height=_LEGEND_TOP + (_LEGEND_LINE * len(tracks) if legend else 0.0),
        shapes=tuple(shapes),
    )


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
        x, y = around(_CENTER, _RADIUS + 12.0, _angle_deg(index))
        side = x - _CENTER[0]
        anchor = "middle" if abs(side) < 1.0 else "start" if side > 0 else "end"
        shapes.append(Word(at=(x, y + 3.0), text=_LABELS[name], size=9.0, role="muted", anchor=anchor))  # type: ignore[arg-type]
    return shapes


def _outline(vector: Vector, role: Role, *, opacity: float) -> list[Shape]:
    points: list[Point | None] = [
        None if value is None else around(_CENTER, min(1.0, max(0.0, value)) * _RADIUS, _angle_deg(index))
        for index, value in enumerate(vector)
    ]
    known = [point for point in points if point is not None]
    shapes: list[Shape] = []
    if len(known) > 2:
        shapes.append(Polygon(points=tuple(known), role=role, opacity=opacity))
    for here, there in zip(points, points[1:] + points[:1], strict=True):
        if here is not None and there is not None:
            shapes.append(Line(points=(here, there), role=role, width=1.5))
    for point, name, value in zip(points, HAMMS_NAMES, vector, strict=True):
        if point is not None:
            shapes.append(Dot(center=point, radius=2.0, role=role, hint=f"{name.replace('_', ' ')} {value:.2f}"))
    return shapes


def _legend(names: Sequence[str]) -> list[Shape]:
    shapes: list[Shape] = []
    for line, (name, role) in enumerate(zip(names, SERIES, strict=False)):
        y = _LEGEND_TOP + _LEGEND_LINE * line
        shapes.append(Line(points=((20.0, y), (38.0, y)), role=role, width=1.5))
        shapes.append(Dot(center=(29.0, y), radius=2.0, role=role))
        shapes.append(Word(at=(44.0, y + 3.0), text=name, size=9.0, most=_WIDTH - 50.0))
    return shapes


def _told(vector: Vector) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {'unknown' if value is None else f'{value:.2f}'}"
        for name, value in zip(HAMMS_NAMES, vector, strict=True)
    )
