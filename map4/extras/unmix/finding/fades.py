"""Ways in which a track comes in: cut, or faded by one of the curves of mixers and editors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from map4.extras.unmix.finding.gains import Curve

_Shape = Callable[[Curve], npt.NDArray[np.floating[Any]]]

_LENGTHS_S = (1.5, 3.0, 4.5, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.5, 21.0, 24.0, 27.0, 30.0, 34.0, 39.0, 45.0)
_CUT = 0.25
"""Probability of a cut; the rest is shared equally by all curves and lengths of fades."""
_SILENT = 1e-4
"""Power below which a fade is as good as silent: 40 dB below full."""


@dataclass(frozen=True, slots=True, eq=False)
class Fade:
    """One way to come in.

    gains_db: at the middle of each overlapping window, half a step apart, starting 1.5 steps before the fade
    lasts_s: length of the fade
    audible_s: delay until it is audible
    chance: log probability
    """

    gains_db: Curve
    lasts_s: float
    audible_s: float
    chance: float


@cache
def fades(step_s: float) -> tuple[Fade, ...]:
    """All ways to come in, for windows `step_s` apart."""
    shapes = [_fade(lambda share: (share > 0.0) * 1.0, 0.0, 0.0, step_s, _CUT)]
    chance = (1.0 - _CUT) / len(_SHAPES) / len(_LENGTHS_S)
    shapes += [_fade(shape, length_s, audible, step_s, chance) for shape, audible in _SHAPES for length_s in _LENGTHS_S]
    return tuple(shapes)


def _fade(shape: _Shape, length_s: float, audible: float, step_s: float, chance: float) -> Fade:
    half_s = step_s / 2.0
    middles = half_s * np.arange(-3, int(np.ceil(length_s / half_s)) + 4)
    # A window is two steps long. Sets are compared in dB: where a level falls, its mean power is too high for that.
    parts = middles[:, None] + step_s * np.arange(-0.875, 1.0, 0.25)
    powers = np.maximum(np.square(shape(np.clip(parts / max(length_s, 1e-3), 0.0, 1.0))), _SILENT)
    gains_db = 5.0 * (np.log10(powers.mean(axis=1)) + np.log10(powers).mean(axis=1))
    return Fade(gains_db, length_s, audible * length_s, float(np.log(chance)))


def _logarithmic(share: Curve) -> Curve:
    curve: Curve = np.where(share > 0.0, np.clip(1.0 + 0.2 * np.log10(np.maximum(share, 1e-5)), 0.0, 1.0), 0.0)
    return curve


def _exponential(share: Curve) -> Curve:
    curve: Curve = np.where(share > 0.0, np.exp(-11.5129 * (1.0 - share)), 0.0)
    return curve


_SHAPES: tuple[tuple[_Shape, float], ...] = (
    (lambda share: share, 0.05),
    (lambda share: np.sin(0.5 * np.pi * share), 0.0318),
    (lambda share: 0.5 - 0.5 * np.cos(np.pi * share), 0.1436),
    (lambda share: share * share, 0.2236),
    (np.sqrt, 0.0025),
    (_logarithmic, 0.0),
    (_exponential, 0.7398),
)
"""Linear, quarter and half sine, square, root, logarithmic and exponential. The second value is the share of the fade
after which it is audible: amplitude 0.05, 26 dB down."""
