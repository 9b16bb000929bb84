"""Whether the drums of two tracks go together."""

from __future__ import annotations

import numpy as np

from map4.domain.analysis.inside import DrumPattern
from map4.domain.mixing.mix_plan import Against

LEAST_KICK_LIKENESS = 0.6
"""Cosine of two kick patterns below which their drums fall on other sixteenths."""
MOST_SWING_APART = 0.06
"""A third of the way from straight (.5) to swung (.67)."""


def drum_clashes(a: DrumPattern, b: DrumPattern) -> list[Against]:
    """What of two grooves speaks against playing them together."""
    against = []
    if kick_likeness(a, b) < LEAST_KICK_LIKENESS:
        against.append(Against(kind="drums", text="the drums fall on other sixteenths"))
    if a.swing is not None and b.swing is not None and abs(a.swing - b.swing) > MOST_SWING_APART:
        text = "A is swung, B is straight" if a.swing > b.swing else "A is straight, B is swung"
        against.append(Against(kind="swing", text=text))
    return against


def kick_likeness(a: DrumPattern, b: DrumPattern) -> float:
    """Cosine of the kick patterns, 0-1; 1 where one of them has no kick."""
    x, y = (np.array([int(digit, 16) for digit in drums.kick], dtype=np.float64) for drums in (a, b))
    size = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float(x @ y) / size if size else 1.0
