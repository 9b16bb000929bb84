"""Certainties that release candidates fitted to values of the user (`map4 stats calibrate`); they no longer apply."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from map4.core.music.analysis.analysis import ANALYSIS_VERSION

_TEXT = re.compile(r"(-?[0-9.]+) (-?[0-9.]+) of analysis ([0-9]{1,6})")
_SURE, _ROUNDED_UP = 0.9, 0.8995
_LEAST_DOUBT = 0.001
"""Fits moved 0 and 1 inwards by this much."""


def sure_tracks(count: Callable[[str], int], settings: Mapping[str, object]) -> dict[str, tuple[int, int]]:
    """The numbers of tracks with a certain tempo or key: now, and with the fit in the user's settings.

    count: returns the number of tracks that match a query
    settings: the settings that are gone; without a fit to this version of the analysis, a field is left out
    """
    counts = {}
    for what in ("tempo", "key"):
        least = _least_sure(str(settings.get(f"analysis.{what}_certainty")))
        if least is not None:
            before = 0 if least > 1.0 - _LEAST_DOUBT else count(f"{what}-confidence:{least:.4f}..")
            counts[what] = count(f"{what}-confidence:{_SURE}.."), before
    return counts


def _least_sure(text: str) -> float | None:
    """The least measured certainty that a fit made certain: log odds times a slope plus a shift."""
    match = _TEXT.fullmatch(text)
    if match is None or int(match[3]) != ANALYSIS_VERSION:
        return None
    try:
        slope, shift = float(match[1]), float(match[2])
    except ValueError:
        return None
    if slope <= 0.0:
        return None
    odds = (math.log(_ROUNDED_UP / (1.0 - _ROUNDED_UP)) - shift) / slope
    return 0.5 * (1.0 + math.tanh(odds / 2.0))
