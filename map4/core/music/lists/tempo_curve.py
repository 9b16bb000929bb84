"""Tempo over the minutes of a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from map4.errors import UsageError

_LEAST_BPM, _MOST_BPM = 30.0, 330.0
_POINT = re.compile(r"\s*([0-9]{1,4}(?:\.[0-9]*)?)\s*:\s*([0-9]{2,3}(?:\.[0-9]*)?)\s*", re.ASCII)


Points = tuple[tuple[float, float], ...]


def value_at(points: Points, at: float) -> float:
    """The value of a line through points, which is constant before the first and after the last."""
    at = min(max(at, points[0][0]), points[-1][0])
    for (left, low), (right, high) in pairwise(points):
        if at <= right:
            return low + (high - low) * (at - left) / (right - left)
    return points[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoCurve:
    """Wanted BPM by minute, linear between its points, and constant before the first and after the last."""

    AIM_PERCENT: ClassVar[float] = 2.0
    """The search keeps this distance at the middle of each track, from which the curve moves on by another per cent.
    Four curves over made-up libraries reached 318 of 320 tenths with 1,000 and 5,000 tracks, 157 of 160 with 300
    tracks, and 155 of 160 with 100."""
    REACH_PERCENT: ClassVar[float] = 3.0
    """A list follows the curve while the track that plays is as near as this to the wanted tempo."""

    points: Points

    def at(self, at_s: float) -> float:
        """The wanted BPM at a second of the list."""
        return value_at(self.points, at_s / 60.0)

    @property
    def opening_bpm(self) -> tuple[float, float]:
        """The least and the most BPM that the middle of the first track may want, so that it begins on the curve."""
        begin, apart = self.at(0.0), 1.0 + (TempoCurve.REACH_PERCENT - TempoCurve.AIM_PERCENT) / 100.0
        return begin / apart, begin * apart

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> TempoCurve | None:
        """The curve in the options of a list, which users may have edited."""
        with suppress(UsageError):
            return TempoCurve.parse(str(options["tempo_curve"])) if "tempo_curve" in options else None
        return None

    @property
    def text(self) -> str:
        """As in the option."""
        return ",".join(f"{minute:g}:{bpm:g}" for minute, bpm in self.points)

    @staticmethod
    def parse(text: str) -> TempoCurve:
        """Read points such as `0:100,60:130`."""
        points = []
        for part in text.split(","):
            match = _POINT.fullmatch(part)
            if match is None or not _LEAST_BPM <= float(match[2]) <= _MOST_BPM:
                raise UsageError(
                    f"'{part}' is not a point of a tempo curve; write minutes:BPM, such as 0:100,60:130, "
                    f"from {_LEAST_BPM:g} to {_MOST_BPM:g} BPM"
                )
            points.append((float(match[1]), float(match[2])))
        if any(after <= before for (before, _), (after, _) in pairwise(points)):
            raise UsageError(f"'{text}' is not a tempo curve: its minutes must increase")
        return TempoCurve(points=tuple(points))
