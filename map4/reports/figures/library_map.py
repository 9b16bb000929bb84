"""The library map: tracks that sound alike stand near each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from map4.reports.figures.shapes import SERIES, Dot, Figure, Line, Role, Shape, Word, box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WIDTH, _HEIGHT = 700.0, 420.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 10.0, 690.0, 10.0, 380.0
_MARGIN = 12.0
MOST_DOTS = 2000
"""More can't be told apart, and would make the file heavy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapDot:
    """A track on the map: its name, its genre or the family of it (None where unknown), and where it stands."""

    name: str
    genre: str | None
    x: float
    y: float


def project(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Lay vectors out in the plane: their two principal components.

    Parameters
    ----------
    vectors : shape=(n, d), finite

    Returns
    -------
    shape=(n, 2), centred on 0; zeros where there is nothing to tell apart. Each axis has the sign that makes its
    heaviest weight positive, so that the same library gives the same map.
    """
    import numpy as np

    data = np.asarray(vectors, dtype=np.float64)
    if data.ndim != 2 or len(data) < 2:
        return np.zeros((len(data), 2))
    centred = data - data.mean(axis=0)
    # The covariance is small (d by d) where the library is large.
    _, axes = np.linalg.eigh(centred.T @ centred)
    chosen = axes[:, ::-1][:, :2]
    heaviest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.sign(chosen[heaviest, np.arange(chosen.shape[1])])
    placed = np.zeros((len(data), 2))
    placed[:, : chosen.shape[1]] = centred @ chosen
    return placed


def library_map(dots: Sequence[MapDot]) -> Figure:
    """Draw the map; the six most frequent genres have colours, of many tracks every so-manieth is drawn."""
    shown = dots[:: max(1, -(-len(dots) // MOST_DOTS))]
    counts: dict[str, int] = {}
    for dot in shown:
        if dot.genre:
            counts[dot.genre] = counts.get(dot.genre, 0) + 1
    named = sorted(counts, key=lambda genre: (-counts[genre], genre))[: len(SERIES)]
    roles: dict[str | None, Role] = dict(zip(named, SERIES, strict=False))
    corners = box(_LEFT, _TOP, _RIGHT, _BOTTOM)
    shapes: list[Shape] = [Line(points=(*corners, corners[0]), role="grid", width=0.5)]
    xs, ys = _scaled([d.x for d in shown], _LEFT, _RIGHT), _scaled([d.y for d in shown], _BOTTOM, _TOP)
    for dot, x, y in zip(shown, xs, ys, strict=True):
        hint = f"{dot.name} ({dot.genre})" if dot.genre else dot.name
        shapes.append(Dot(center=(x, y), radius=3.2, role=roles.get(dot.genre, "muted"), opacity=0.75, hint=hint))
    shapes += _legend(named, others=any(dot.genre not in roles for dot in shown))
    told = ", ".join(f"{genre} {counts[genre]}" for genre in named)
    return Figure(
        title="Map of the sound: what lies near each other sounds alike",
        description=f"{len(shown)} of {len(dots)} tracks" + (f"; {told}." if told else "."),
        width=_WIDTH,
        height=_HEIGHT,
        shapes=tuple(shapes),
    )


def _scaled(values: Sequence[float], start: float, end: float) -> list[float]:
    low, high = min(values, default=0.0), max(values, default=0.0)
    inward = _MARGIN if end > start else -_MARGIN
    start, end = start + inward, end - inward
    return [start + (end - start) * ((value - low) / (high - low) if high > low else 0.5) for value in values]


def _legend(genres: Sequence[str], *, others: bool) -> list[Shape]:
    entries: list[tuple[str, Role]] = list(zip(genres, SERIES, strict=False))
    if others:
        entries.append(("other", "muted"))
    width = (_RIGHT - _LEFT) / (len(SERIES) + 1)
    shapes: list[Shape] = []
    for place, (name, role) in enumerate(entries):
        x = _LEFT + place * width
        shapes.append(Dot(center=(x + 5.0, _BOTTOM + 20.0), radius=4.0, role=role))
        shapes.append(Word(at=(x + 13.0, _BOTTOM + 23.0), text=name, size=9.0, most=width - 18.0))
    return shapes
