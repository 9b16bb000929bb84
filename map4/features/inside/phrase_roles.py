"""What phrases are for: told from their levels beside the full ones, and only where that is certain."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from map4.domain.inside import Role
from map4.features.inside.bar_pictures import BarPictures

FULL_PERCENTILE = 85.0
"""Of the bars' levels: what a full bar has, also where half of the track is sparse."""
FULL_LOW_DB, FULL_ALL_DB, FULL_MID_DB = -5.0, -3.0, -5.0
"""Levels below the full ones from which on a phrase is full: drums, bass and what is played over them. Nine in ten
drops and main parts of generated dance tracks are within 1 to 3 dB."""
BARE_LOW_DB = -8.0
"""Low level of a phrase without kick or without bass."""
CALM_ALL_DB, CALM_HITS = -5.0, 0.6
"""A phrase this much quieter, with this share of the low hits, has lost its drums though something low goes on."""
RISING_DB, RISING_HITS = 5.0, 0.35
"""Rise of the highs, or of the hits, from the first quarter of a phrase to its last: noise sweeps, rolling snares."""
LEAST_LOW_DB = -9.0
"""Share of the lows in the power of a full bar: pianos and guitars alone have less, and neither drops nor breaks."""
EDGE_SHARE = 0.4
"""An intro ends, and an outro begins, within this share of the bars from the start and the end."""
THIN_DB, THIN_HIGH_DB = -2.0, -6.0
"""An intro or outro is this much thinner than a full phrase, in all or in the middle, or in the highs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseLevels:
    """How a phrase lies beside full bars; decibels, at most a little above 0.

    Parameters
    ----------
    all_db, low_db, mid_db, high_db : mean level
    low_hits : mean strength of low onsets, a share
    high_rise_db, hits_rise : how far highs, and onsets above them, rise within it
    """

    all_db: float
    low_db: float
    mid_db: float
    high_db: float
    low_hits: float
    high_rise_db: float
    hits_rise: float

    @property
    def is_full(self) -> bool:
        """Drums and bass and what is over them."""
        return self.low_db >= FULL_LOW_DB and self.all_db >= FULL_ALL_DB and self.mid_db >= FULL_MID_DB

    @property
    def is_bare(self) -> bool:
        """Without bass, or without drums."""
        return self.low_db <= BARE_LOW_DB or (self.all_db <= CALM_ALL_DB and self.low_hits <= CALM_HITS)

    @property
    def is_rising(self) -> bool:
        """Tension builds up."""
        return self.high_rise_db >= RISING_DB or self.hits_rise >= RISING_HITS

    @property
    def is_thin(self) -> bool:
        """Less than a full phrase."""
        return min(self.all_db, self.mid_db + 1.0) <= THIN_DB or self.high_db <= THIN_HIGH_DB


def phrase_levels(pictures: BarPictures, starts: npt.NDArray[np.int64]) -> list[PhraseLevels]:
    """Levels of the phrases that begin with these bars."""
    ends = np.append(starts[1:], len(pictures.levels))
    levels_db = (pictures.levels - np.percentile(pictures.levels, FULL_PERCENTILE, axis=0)) * (10.0 / math.log(10.0))
    hits = pictures.hits / np.maximum(np.percentile(pictures.hits, FULL_PERCENTILE, axis=0), 1e-6)
    found = []
    for start, end in zip(starts, ends, strict=True):
        quarter = max(1, int(end - start) // 4)
        mean = levels_db[start:end].mean(axis=0)
        rise_db, hits_rise = (
            float(rows[end - quarter : end, -1].mean() - rows[start : start + quarter, -1].mean())
            for rows in (levels_db, hits)
        )
        found.append(
            PhraseLevels(
                all_db=float(mean[0]),
                low_db=float(mean[1]),
                mid_db=float(mean[2]),
                high_db=float(mean[3]),
                low_hits=float(hits[start:end, 0].mean()),
                high_rise_db=rise_db,
                hits_rise=hits_rise,
            )
        )
    return found


def find_roles(pictures: BarPictures, starts: npt.NDArray[np.int64]) -> list[Role | None]:
    """Say what each phrase is for.

    Parameters
    ----------
    pictures : of all bars
    starts : shape (p,), first bars of the phrases, ascending
    """
    levels = phrase_levels(pictures, starts)
    roles: list[Role | None] = [None] * len(starts)
    full = [place for place, phrase in enumerate(levels) if phrase.is_full]
    if not full:
        return roles
    bars = len(pictures.levels)
    first, last = full[0], full[-1]
    end = int(starts[last + 1]) if last + 1 < len(starts) else bars
    share = np.percentile(pictures.levels, FULL_PERCENTILE, axis=0)
    is_driven = (share[1] - share[0]) * 10.0 / math.log(10.0) >= LEAST_LOW_DB
    if starts[first] <= EDGE_SHARE * bars:
        for place in range(first):
            if levels[place].is_thin:
                roles[place] = "intro"
        if is_driven and first and levels[first - 1].is_rising and levels[first - 1].is_bare:
            roles[first - 1], roles[first] = "build", "drop"
    if end >= (1.0 - EDGE_SHARE) * bars:
        for place in range(last + 1, len(starts)):
            if levels[place].is_thin:
                roles[place] = "outro"
    if is_driven:
        for place in range(first + 1, last + 1):
            before, here = levels[place - 1], levels[place]
            if here.is_full:
                if before.is_bare or roles[place - 1] in ("build", "drop"):
                    roles[place] = "drop"
            elif here.is_rising and levels[place + 1].is_full:
                roles[place] = "build"
            elif here.is_bare:
                roles[place] = "break"
    return roles
