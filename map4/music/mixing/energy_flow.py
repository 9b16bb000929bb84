"""How the energy moves through a list of tracks: at each step, and over the whole."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal

from map4.music.mixing.harmony import EPSILON

StepFlow = Literal["rising", "falling", "flat"]
Flow = Literal["rising", "falling", "wave", "flat"]

LEVEL_STEP = 0.05
"""A step of less than half a DJ's level (1-10) is flat: it is not heard."""

FLAT_RANGE = 0.1
"""A list whose energies lie within less than one level of each other is flat."""

ONE_WAY = 0.5
"""Rising (falling) lists go this share of their whole way up (down) in the balance: three steps forth, one back."""


def step_flow(a: float | None, b: float | None) -> StepFlow | None:
    """The step from energy `a` to energy `b` (0-1) in a word; None where one is unknown.

    rising or falling from a change of .05, else flat.
    """
    if a is None or b is None:
        return None
    if abs(b - a) < LEVEL_STEP - EPSILON:
        return "flat"
    return "rising" if b > a else "falling"


def energy_flow(energies: Sequence[float | None]) -> Flow | None:
    """The course of the energy over a list, in a word.

    energies: 0-1 in the list's order; unknown ones (None) are passed over
    returns: "flat" where the greatest and the least differ by less than .1; "rising" where what goes up, less what goes
        down, is at least half of all that moves; "falling" the other way; else "wave". None with fewer than two known
        energies.
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
