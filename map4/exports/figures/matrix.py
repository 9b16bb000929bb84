"""The compatibility matrix: how well every track mixes into every other."""

from __future__ import annotations

from collections.abc import Sequence

from map4.core.music.mixing.compatibility import Compatibility
from map4.exports.figures.set_clock import RATING_ROLES
from map4.exports.figures.shapes import Figure, Polygon, Shape, Word, box

MOST_TRACKS = 24
"""With more tracks, the numbers in the squares would be too small to read on paper."""

_WIDTH, _LEFT, _TOP = 640.0, 190.0, 18.0
_SIZE = 11.0
_LARGEST_CELL = 36.0
_LEGEND_GAP, _LEGEND_BOX, _LEGEND_WIDTH = 8.0, 10.0, 90.0
_OPACITY = {"excellent": 0.5, "good": 0.3, "fair": 0.22, "poor": 0.08}


def compatibility_matrix(names: Sequence[str], mixes: Sequence[Sequence[Compatibility | None]]) -> Figure:
    """Draw it as squares with the compatibility in percent.

    names: of up to 24 tracks
    mixes: for each track those to each track; None on the diagonal
    """
    count = len(names)
    if count > MOST_TRACKS or len(mixes) != count or any(len(row) != count for row in mixes):
        raise ValueError(f"a matrix shows up to {MOST_TRACKS} tracks, each with each")
    cell = min(_LARGEST_CELL, (_WIDTH - _LEFT) / max(1, count))
    size = min(_SIZE, cell * 0.6)
    shapes: list[Shape] = []
    for i, name in enumerate(names):
        middle = _TOP + (i + 0.5) * cell + size / 3.0
        head = (_LEFT + (i + 0.5) * cell, _TOP - 5.0)
        shapes.append(
            Word(at=(_LEFT - 6.0, middle), text=f"{i + 1}  {name}", size=_SIZE, anchor="end", most=_LEFT - 24.0)
        )
        shapes.append(Word(at=head, text=str(i + 1), role="muted", size=size, anchor="middle"))
        for j, mix in enumerate(mixes[i]):
            if mix is not None:
                left, top = _LEFT + j * cell, _TOP + i * cell
                rating, total = mix.rating, mix.total
                shapes.append(
                    Polygon(
                        points=box(left + 0.5, top + 0.5, left + cell - 0.5, top + cell - 0.5),
                        role=RATING_ROLES[rating],
                        opacity=_OPACITY[rating],
                        hint=f"{name} → {names[j]}: {total:.2f} {rating}",
                    )
                )
                place = (left + cell / 2.0, middle)
                shapes.append(Word(at=place, text=f"{100 * total:.0f}", size=size, anchor="middle"))
    shapes += _legend(_TOP + cell * max(1, count) + _LEGEND_GAP)
    return Figure(
        title="Mixing compatibility in percent",
        description=f"{count} tracks, pairwise; excellent from 90, good from 75, fair from 60 if a DJ would play it.",
        width=_WIDTH,
        height=_TOP + cell * max(1, count) + _LEGEND_GAP + _LEGEND_BOX + 4.0,
        shapes=tuple(shapes),
    )


def _legend(top: float) -> list[Shape]:
    shapes: list[Shape] = []
    for place, rating in enumerate(Compatibility.RATING_SIGNS):
        left = _LEFT + _LEGEND_WIDTH * place
        corners = box(left, top, left + _LEGEND_BOX, top + _LEGEND_BOX)
        shapes.append(Polygon(points=corners, role=RATING_ROLES[rating], opacity=_OPACITY[rating]))
        at = (left + _LEGEND_BOX + 5.0, top + _LEGEND_BOX - 1.5)
        shapes.append(Word(at=at, text=rating, role="muted", size=_SIZE))
    return shapes
