"""Energy curves of a playlist: named curves, and curves given as points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from map4.core.music.lists.tempo_curve import Points, value_at
from map4.errors import UsageError

PERCENT_END = 100.0
OWN_CURVE = "own"
"""Name of curves given as points."""

_POINT = re.compile(r"\s*([0-9]+(?:\.[0-9]*)?)\s*%?\s*:\s*([0-9]*\.?[0-9]+)\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCurve:
    """Wanted energy over the course of a list, linear between its points.

    name: the name of the curve, or `OWN_CURVE`
    points: (percent of the list, energy 0-1), with ascending percents in 0-100; constant before the first point and
        after the last
    """

    name: str
    points: Points

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("an energy curve needs at least one point")
        for percent, target in self.points:
            if not 0.0 <= percent <= PERCENT_END or not 0.0 <= target <= 1.0:
                raise ValueError(f"{percent:g}:{target:g} is outside 0-100 percent and energy 0-1")
        for (before, _), (after, _) in pairwise(self.points):
            if after <= before:
                raise ValueError(f"the percents must increase, but {after:g} follows {before:g}")

    def at(self, progress: float) -> float:
        """The wanted energy, 0-1, at `progress` of the list (0-1)."""
        return value_at(self.points, progress * PERCENT_END)

    @property
    def text(self) -> str:
        """The name, or the points as in the option."""
        if self.name != OWN_CURVE:
            return self.name
        return ",".join(f"{percent:g}:{target:g}" for percent, target in self.points)


def _named(name: str, *points: tuple[float, float]) -> EnergyCurve:
    return EnergyCurve(name=name, points=points)


CURVES: dict[str, EnergyCurve] = {
    curve.name: curve
    for curve in (
        _named("ascending", (0, 0.3), (100, 0.9)),
        _named("descending", (0, 0.9), (100, 0.3)),
        _named("wave", (0, 0.5), (17, 0.8), (33, 0.5), (50, 0.8), (67, 0.5), (83, 0.8), (100, 0.5)),
        _named("plateau", (0, 0.7), (100, 0.7)),
        _named("warm_up", (0, 0.2), (100, 0.65)),
        _named("peak_time", (0, 0.7), (25, 0.85), (75, 0.95), (100, 0.85)),
        _named("closing", (0, 0.75), (100, 0.2)),
        _named("dj_set", (0, 0.2), (25, 0.7), (50, 0.95), (75, 0.85), (100, 0.3)),
    )
}
"""The named curves."""


def parse_curve(text: str) -> EnergyCurve:
    """Read the name of a curve, or points such as `0:.3,50:.9,100:.4`."""
    name = text.strip().lower().replace("-", "_").replace(" ", "_")
    if name in CURVES:
        return CURVES[name]
    if ":" not in text:
        own = "" if UsageError.near(text, CURVES) else ", or points (percent:energy) such as 0:.3,50:.9,100:.4"
        raise UsageError(f"{UsageError.no_such('energy curve', text, CURVES)}{own}")
    points = []
    for part in text.split(","):
        match = _POINT.fullmatch(part)
        if not match:
            raise UsageError(f"'{part}' is not a point of an energy curve; write percent:energy, such as 50:.9")
        points.append((float(match[1]), float(match[2])))
    try:
        return EnergyCurve(name=OWN_CURVE, points=tuple(points))
    except ValueError as error:
        raise UsageError(f"'{text}' is not an energy curve: {error}") from None
