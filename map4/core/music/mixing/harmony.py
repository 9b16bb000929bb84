"""The relation of two tracks: their keys on the Camelot circle, their tempo change, and the rules that limit both."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from map4.core.music.analysis.key import Key

Folding = Literal["half", "double"]
TempoPolicy = Literal["strict", "flexible", "creative"]

TEMPO_POLICIES: tuple[TempoPolicy, ...] = get_args(TempoPolicy)
"""From narrowest to widest."""

POLICY_PERCENT: dict[TempoPolicy, float] = {"strict": 3.0, "flexible": 6.0, "creative": 10.0}
"""The greatest change that each policy allows, in percent of the slower track."""

FOLDING_POLICIES: frozenset[TempoPolicy] = frozenset({"creative"})
"""Policies in which half and double time count as the same tempo."""

EPSILON = 1e-9
"""Smaller differences are rounding errors: .9 - .7 counts as .2."""

# The factors for the second tempo; the first wins ties.
FOLDINGS: tuple[tuple[Folding | None, float], ...] = ((None, 1.0), ("half", 0.5), ("double", 2.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoChange:
    """The tempo change between two tracks.

    percent: relative to the slower track; positive if the second is faster
    folded: "half" if the second track counts at half its tempo, "double" at twice; else None
    """

    percent: float
    folded: Folding | None = None

    @staticmethod
    def between(from_bpm: float, to_bpm: float, *, fold: bool = True) -> TempoChange:
        """Compute the change between two tempi.

        from_bpm, to_bpm: > 0
        fold: allow the second to count at half or twice its tempo if that is nearer
        returns: the nearest change for x1, x1/2 and x2; x1 wins ties. 87 to 174 BPM is no change, folded "half".
        """
        if not (0.0 < from_bpm < math.inf and 0.0 < to_bpm < math.inf):
            raise ValueError(f"tempi must be positive, got {from_bpm} and {to_bpm} BPM")
        percent, factor = nearest_change(from_bpm, to_bpm) if fold else (change_percent(from_bpm, to_bpm), 1.0)
        return TempoChange(percent=percent, folded=next(folded for folded, each in FOLDINGS if each == factor))


def _choose(condition: bool, a: Any, b: Any) -> Any:
    return a if condition else b


def nearest_change(from_bpm: Any, to_bpm: Any, *, least: Any = min, where: Any = _choose) -> tuple[Any, Any]:
    """The change as in `tempo_change`, and the factor of the second tempo; for arrays numpy's `minimum`, `where`."""
    (_, best), *others = FOLDINGS
    percent = change_percent(from_bpm, best * to_bpm, least)
    for _, factor in others:
        other = change_percent(from_bpm, factor * to_bpm, least)
        is_nearer = abs(other) < abs(percent) - EPSILON
        percent, best = where(is_nearer, other, percent), where(is_nearer, factor, best)
    return percent, best


def change_percent(from_bpm: Any, to_bpm: Any, least: Any = min) -> Any:
    """The change between tempi in percent of the slower one, without folding; for arrays, numpy's `minimum`."""
    return 100.0 * (to_bpm - from_bpm) / least(from_bpm, to_bpm)


def fader_percent(change_percent: Any, *, least: Any = min, most: Any = max, rounded: Any = round) -> Any:
    """The speed change of the second track's deck for a tempo change: -7.69 for 120 into 130 BPM.

    change_percent: of the slower track; two digits count, as stored. For an array numpy's `minimum`, `maximum`, `round`
    """
    change = rounded(change_percent, 2)
    return rounded(1e4 / (100.0 + most(change, 0.0)) - 100.0 - least(change, 0.0), 2)


Relation = Literal[
    "same", "relative", "neighbour", "diagonal", "whole_tone", "far_diagonal", "third", "clash", "unknown"
]
"""same: the same key; relative: same number, other letter; neighbour: one step; diagonal: one step, other letter;
whole_tone: two steps; far_diagonal: two steps, other letter; third: three steps; clash: anything else; unknown: at
least one key is missing.
"""

HarmonicRule = Literal["strict", "flexible", "creative", "off"]

HARMONIC_RULES: tuple[HarmonicRule, ...] = get_args(HarmonicRule)
"""From narrowest to none."""

RELATION_SCORES: dict[Relation, float] = {
    "same": 1.00,
    "relative": 0.92,
    "neighbour": 0.88,
    "diagonal": 0.70,
    "whole_tone": 0.70,
    "far_diagonal": 0.50,
    "third": 0.50,
    "clash": 0.20,
    "unknown": 0.50,
}
"""The compatibility of two keys, 0-1."""

KEY_FIT = 0.70
"""Keys fit from this score."""

_POSITIONS = 12
_BY_STEPS: dict[tuple[int, bool], Relation] = {
    (0, True): "same",
    (0, False): "relative",
    (1, True): "neighbour",
    (1, False): "diagonal",
    (2, True): "whole_tone",
    (2, False): "far_diagonal",
    (3, True): "third",
}
_LEAST_SCORES: dict[HarmonicRule, float] = {
    "strict": RELATION_SCORES["neighbour"],
    "flexible": KEY_FIT,
    "creative": RELATION_SCORES["third"],
    "off": 0.0,
}
# Seven fifths up are a semitone (7 * 7 = 49 = 1 modulo 12): going up lifts the energy, going down would lower it.
_SEMITONE_UP = 7


CENTS_STEPS: tuple[tuple[float, float], ...] = ((20.0, 1.0), (35.0, 0.8), (math.inf, 0.5))
"""Maximum cents between keys that fit, and the share of their score: hardly heard, like a chorus, out of tune."""

AGREED_CENTS = 0.7
"""How uncertain a tuning is whose notes agree fully; less agreement divides it. Both halves of each of 190 recordings
are tuned alike within 9 cents, and nearly all within the sum of their uncertainties."""

UNNAMED_CENTS = 35.0
"""From this tuning on, other programs may name a key by another semitone."""


def pitch_cents(fader_percent: Any, log2: Any = math.log2) -> Any:
    """How far a deck without key lock changes the pitch; for an array with numpy's `log2`."""
    return 1200.0 * log2(1.0 + fader_percent / 100.0)


def nearest_fit(
    cents: Any, score_at: Callable[[Any], Any], *, rounded: Any = round, where: Any = _choose, some: Any = bool
) -> tuple[Any, Any, Any]:
    """How many semitones the second key sounds above its name, how many cents are left, without sign, and the score.

    These are the nearest semitones, or the next nearest if keys fit only there, and the sound is about between both.

    cents: how far the second track sounds above its key's name, beside the first
    score_at: returns the score of the keys, with the second some semitones above its name
    rounded, where, some: for arrays numpy's `round`, `where`, `any`
    """
    near = rounded(cents / 100.0)
    left = cents - 100.0 * near
    apart, score = abs(left), score_at(near)
    is_between = (apart >= CENTS_STEPS[1][0]) & (score < KEY_FIT)
    if not some(is_between):
        return near, apart, score
    far = near + where(left > 0.0, 1, -1)
    is_far = is_between & ((of_far := score_at(far)) >= KEY_FIT)
    return where(is_far, far, near), where(is_far, 100.0 - apart, apart), where(is_far, of_far, score)


def key_relation(a: Key | None, b: Key | None) -> Relation:
    """The relation of two keys; the order does not matter.

    a, b: None if a track has no known key
    returns: one of nine relations, by the steps between the keys around the Camelot circle (the circle of fifths) and
        whether the modes are equal
    """
    if a is None or b is None:
        return "unknown"
    up = (b.camelot_number - a.camelot_number) % _POSITIONS
    return _BY_STEPS.get((min(up, _POSITIONS - up), a.mode == b.mode), "clash")


def fits(rule: HarmonicRule, a: Key | None, b: Key | None) -> bool:
    """True if a rule allows the step from key `a` to key `b`.

    rule: "strict": score .88 and above; "flexible": .70 and above; "creative": .50 and above, or a semitone up within
        the same mode (+7 on the circle, only from `a` to `b`); "off": any
    a, b: None if unknown, which every rule but "strict" allows
    """
    if rule not in HARMONIC_RULES:
        raise ValueError(f"no such harmonic rule: {rule}; there are {', '.join(HARMONIC_RULES)}")
    if a is None or b is None:
        return rule != "strict"
    if rule == "creative" and a.mode == b.mode and (b.camelot_number - a.camelot_number) % _POSITIONS == _SEMITONE_UP:
        return True
    return RELATION_SCORES[key_relation(a, b)] >= _LEAST_SCORES[rule]
