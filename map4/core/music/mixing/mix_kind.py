"""How two tracks are mixed, for options and stored joints, which need no plan."""

from __future__ import annotations

from typing import Literal, get_args

MixKind = Literal["bass_swap", "fade", "cut"]
"""bass_swap: in time, and the bass changes over; fade: in time, and everything fades; cut: the first track ends where
the second begins.
"""
PlanKind = Literal[MixKind, "segue"]
"""segue: the second track begins at the sample where the first ends, as on their album; only map4 plans it."""
MIX_KINDS: tuple[MixKind, ...] = get_args(MixKind)
PLAN_KINDS: tuple[PlanKind, ...] = get_args(PlanKind)
