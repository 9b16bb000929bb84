"""The course of energy in a list: per step and overall."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

from map4.core.music.mixing.harmony import EPSILON

StepFlow = Literal["rising", "falling", "flat"]
Flow = Literal["rising", "falling", "wave", "flat"]

LEVEL_STEP = 0.05  # a step of less than half a DJ level (1-10) is inaudible and counts as flat

FLAT_RANGE = 0.1  # a list is flat if its energies differ by less than a level

ONE_WAY = 0.5  # the minimum net share of rising (falling) lists: three steps up, one down


def step_flow(a: float | None, b: float | None) -> StepFlow | None:
    """The direction of the step from energy `a` to `b` (0-1); None if either is unknown.

    rising or falling from a change of .05, else flat.
    """
    if a is None or b is None:
        return None
    if abs(b - a) < LEVEL_STEP - EPSILON:
        return "flat"
    return "rising" if b > a else "falling"


def energy_flow(energies: Sequence[float | None]) -> Flow | None:
    """The overall course of energy in a list.

    energies: 0-1 in the list's order; unknown energies (None) are skipped
    returns: "flat" if the maximum and minimum differ by less than .1; "rising" if the sum of rises minus falls is at
        least half of all movement; "falling" in the opposite case; else "wave". None with fewer than two known energies
    """
    known = [energy for energy in energies if energy is not None]
    if len(known) < 2:
        return None
    if max(known) - min(known) < FLAT_RANGE - EPSILON:
        return "flat"
    changes = [b - a for a, b in itertools.pairwise(known)]
    balance = sum(changes) / sum(abs(change) for change in changes)
    if balance >= ONE_WAY - EPSILON:
        return "rising"
    return "falling" if balance <= -ONE_WAY + EPSILON else "wave"
