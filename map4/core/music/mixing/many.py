"""Mixing compatibility of many tracks at once, with the same numbers as `map4.core.music.mixing.compatibility`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import USUAL_PITCH_PERCENT
from map4.core.music.columns import NO_KEY, Columns
from map4.core.music.mixing.compatibility import (
    ENERGY_POINTS,
    ENERGY_STEPS,
    KEY_POINTS,
    TEMPO_POINTS,
    TEMPO_STEPS,
    MixTraits,
    SwingPart,
    is_below_fair,
    step_score,
)
from map4.core.music.mixing.harmony import RELATION_SCORES, fader_percent, key_relation, nearest_change

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

UNKNOWN_KEY = len(ALL_KEYS)
_KEY_NUMBERS = {key: number for number, key in enumerate(ALL_KEYS)}
_KEYS = (*ALL_KEYS, None)
KEY_SCORES: FloatArray = np.array([[RELATION_SCORES[key_relation(a, b)] for b in _KEYS] for a in _KEYS])
"""Score of each pair of keys, shape (25, 25), in the order of `ALL_KEYS` with "unknown" last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixColumns:
    """The traits of many tracks.

    bpm, energy: shape (...), NaN if unknown
    key: same shape, index into `ALL_KEYS`, or `UNKNOWN_KEY`
    swing: as `bpm`; None if it was not read
    pitch_percent: the largest change of a fader that the user would play
    """

    bpm: FloatArray
    key: IndexArray
    energy: FloatArray
    swing: FloatArray | None = None
    pitch_percent: float = USUAL_PITCH_PERCENT

    @classmethod
    def of(cls, traits: Iterable[MixTraits]) -> MixColumns:
        """Columns of shape (n,) for n tracks."""
        rows = list(traits)
        return cls(
            bpm=np.array([row.bpm for row in rows], dtype=np.float64),  # None becomes NaN
            key=np.array([UNKNOWN_KEY if row.key is None else _KEY_NUMBERS[row.key] for row in rows], dtype=np.intp),
            energy=np.array([row.energy for row in rows], dtype=np.float64),
            swing=np.array([row.swing for row in rows], dtype=np.float64),
            pitch_percent=min((row.pitch_percent for row in rows), default=USUAL_PITCH_PERCENT),
        )

    @classmethod
    def of_library(cls, columns: Columns) -> MixColumns:
        """The traits of a library's tracks."""
        key = columns.key.astype(np.intp)
        return cls(bpm=columns.bpm, key=np.where(key == NO_KEY, UNKNOWN_KEY, key), energy=columns.energy)

    def __getitem__(self, index: Any) -> MixColumns:
        """The columns with numpy indexing: `columns[3]`, `columns[:, None]`, `columns[mask]`."""
        swing = None if self.swing is None else self.swing[index]
        return replace(self, bpm=self.bpm[index], key=self.key[index], energy=self.energy[index], swing=swing)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixScores:
    """The parts of the compatibility of many pairs, all of the same shape.

    tempo_change_percent: signed, relative to the slower track, after folding; NaN if unknown
    tempo_factor: the factor applied to the second tempo: 1, 1/2 or 2
    tempo, key, energy: points, up to .4, .4 and .2
    is_poor: no DJ would play a long overlap, as in `map4.core.music.mixing.compatibility.rate_mix`
    """

    tempo_change_percent: FloatArray
    tempo_factor: FloatArray
    tempo: FloatArray
    key: FloatArray
    energy: FloatArray
    is_poor: NDArray[np.bool_]

    @property
    def total(self) -> FloatArray:
        """The compatibility, 0-1."""
        return self.tempo + self.key + self.energy


def mix_scores(a: MixColumns, b: MixColumns) -> MixScores:
    """Rate the transitions from `a` to `b`, whose shapes are broadcast.

    `mix_scores(columns[0], columns)` compares one track with all, `mix_scores(columns[:, None], columns)` all pairs.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a damaged library may contain a tempo of 0
        change, factor = nearest_change(a.bpm, b.bpm, least=np.minimum, where=np.where)
        fader = fader_percent(change, least=np.minimum, most=np.maximum, rounded=np.round)
    tempo = TEMPO_POINTS * step_score(fader, TEMPO_STEPS)
    key_scores = KEY_SCORES[a.key, b.key]
    key = KEY_POINTS * key_scores
    energy = ENERGY_POINTS * step_score(b.energy - a.energy, ENERGY_STEPS)
    is_poor = is_below_fair(tempo + key + energy) | (key_scores == RELATION_SCORES["clash"])
    is_poor |= abs(fader) > a.pitch_percent  # never for an unknown tempo, which is NaN
    if a.swing is not None and b.swing is not None:
        is_poor |= SwingPart.is_clash(b.swing - a.swing)
    return MixScores(
        tempo_change_percent=change, tempo_factor=factor, tempo=tempo, key=key, energy=energy, is_poor=is_poor
    )
