"""How good a list of tracks is to play through: five parts, an overall figure, and a verdict."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from map4.domain.compatibility import MixTraits
from map4.domain.genre import GenreTable
from map4.domain.harmony import key_relation
from map4.domain.tempo_step import EPSILON, TempoPolicy, is_within, policy_change

PART_WEIGHTS: dict[str, float] = {"tempo": 0.30, "genre": 0.25, "energy": 0.25, "data": 0.10, "transitions": 0.10}
"""What each part counts for; the weight of one that is not known is shared by the others, each by its own weight."""

PASS_MARKS: dict[str, float] = {"overall": 80.0, "tempo": 90.0, "data": 85.0, "energy": 70.0, "genre": 70.0}
"""A list passes with all of these, each where it is known."""

ENERGY_STEP_SCORES: tuple[tuple[float, float], ...] = ((0.1, 1.0), (0.2, 0.8), (0.3, 0.5))
OTHER_ENERGY_STEP = 0.2
WANTED_DIRECTION_BONUS = 0.2
TEMPO_STEP_SCORES: tuple[tuple[float, float], ...] = ((5.0, 1.0), (10.0, 0.8))
"""Change in percent up to so much, score."""
OTHER_TEMPO_STEP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTrack:
    """What of a track the quality of its list depends on.

    Parameters
    ----------
    mix : tempo, key, energy
    genre_family : None where unknown
    has_names : whether title and artist are known
    wanted_energy : 0-1, what the list's curve asks for at this place; None where there is no curve
    """

    mix: MixTraits
    genre_family: str | None = None
    has_names: bool = True
    wanted_energy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuality:
    """The quality of a list, each part 0-100 with one decimal.

    Parameters
    ----------
    tempo : share of the steps within the tempo policy
    genre : how well the families of neighbours go together; None where no step has both
    energy : how even the steps of energy are
    data : share of the tracks with tempo, title and artist
    transitions : how small the steps of tempo are, and how well neighbours' keys go together

    tempo, energy and transitions are None where there is no step, in a list of one track.
    """

    tempo: float | None
    genre: float | None
    energy: float | None
    data: float
    transitions: float | None

    @property
    def overall(self) -> float:
        """The weighted mean of the known parts as they are shown, 0-100."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        weights = sum(PART_WEIGHTS[name] for name in known)
        return _one_decimal(sum(PART_WEIGHTS[name] * part for name, part in known.items()) / weights)

    @property
    def passes(self) -> bool:
        """Whether every known figure reaches its mark."""
        return not self.too_low()

    def too_low(self) -> list[str]:
        """The parts that keep the list from passing."""
        known = {name: value for name in PASS_MARKS if (value := getattr(self, name)) is not None}
        return [name for name, value in known.items() if value < PASS_MARKS[name]]

    def to_record(self) -> dict[str, Any]:
        """The `quality` of a `map4/playlist/1` record."""
        parts = {name: getattr(self, name) for name in PART_WEIGHTS}
        return {"overall": self.overall, **parts, "passes": self.passes}


def list_quality(tracks: Sequence[ListedTrack], *, policy: TempoPolicy, genres: GenreTable) -> ListQuality:
    """Judge a list.

    What is not known can't be shown to be good, so it falls under "else": a step without both tempi is outside the
    policy and scores .5 as a transition, one without both energies .2, and its keys have the relation "unknown". A
    step of genres is left out instead.

    Parameters
    ----------
    tracks : one or more, in order
    policy : of the tempo; steps are folded by half or double time where it does so
    genres : the families' table

    Raises
    ------
    ValueError
        If there is no track.
    """
    if not tracks:
        raise ValueError("a list without tracks has no quality")
    steps = list(itertools.pairwise(tracks))
    fits = [fit for a, b in steps if (fit := genres.fit(a.genre_family, b.genre_family)) is not None]
    return ListQuality(
        tempo=_percent([float(_is_within(policy, a.mix, b.mix)) for a, b in steps]),
        genre=_percent(fits),
        energy=_percent([_energy_score(a, b) for a, b in steps]),
        data=_percent([float(track.has_names and track.mix.bpm is not None) for track in tracks]) or 0.0,
        transitions=_percent([_transition_score(policy, a.mix, b.mix) for a, b in steps]),
    )


def _is_within(policy: TempoPolicy, a: MixTraits, b: MixTraits) -> bool:
    return a.bpm is not None and b.bpm is not None and is_within(policy, a.bpm, b.bpm)


def _energy_score(a: ListedTrack, b: ListedTrack) -> float:
    if a.mix.energy is None or b.mix.energy is None:
        return OTHER_ENERGY_STEP
    change = b.mix.energy - a.mix.energy
    score = _step_score(abs(change), ENERGY_STEP_SCORES, OTHER_ENERGY_STEP)
    wanted = 0.0 if a.wanted_energy is None or b.wanted_energy is None else b.wanted_energy - a.wanted_energy
    keeps_direction = change * wanted > 0.0
    return min(1.0, score + WANTED_DIRECTION_BONUS) if keeps_direction else score


def _transition_score(policy: TempoPolicy, a: MixTraits, b: MixTraits) -> float:
    tempo = OTHER_TEMPO_STEP
    if a.bpm is not None and b.bpm is not None:
        percent = abs(policy_change(policy, a.bpm, b.bpm).percent)
        tempo = _step_score(percent, TEMPO_STEP_SCORES, OTHER_TEMPO_STEP)
    return (tempo + key_relation(a.key, b.key).score) / 2.0


def _step_score(size: float, steps: tuple[tuple[float, float], ...], other: float) -> float:
    return next((score for limit, score in steps if size <= limit + EPSILON), other)


def _percent(scores: Sequence[float]) -> float | None:
    return _one_decimal(100.0 * sum(scores) / len(scores)) if scores else None


def _one_decimal(value: float) -> float:
    # 89.95 is to give 90.0 also where its binary form is a little below.
    return round(round(value, 9), 1)
