"""How two keys stand to each other on the Camelot circle, and which steps a rule of harmonic mixing allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from map4.domain.analysis.key import Key

Relation = Literal[
    "same", "relative", "neighbour", "diagonal", "whole_tone", "far_diagonal", "third", "clash", "unknown"
]
"""same: the same key; relative: same number, other letter; neighbour: one step; diagonal: one step, other letter;
whole_tone: two steps; far_diagonal: two steps, other letter; third: three steps; clash: any other; unknown: no key on
one side or on both."""

HarmonicRule = Literal["strict", "flexible", "creative", "off"]

HARMONIC_RULES: tuple[HarmonicRule, ...] = get_args(HarmonicRule)
"""From the narrowest to none."""

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
"""How well two keys go together, 0-1."""

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
# Seven fifths up are a semitone (7 * 7 = 49 = 1 modulo 12): the next key lifts the floor, going back would sink it.
_SEMITONE_UP = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRelation:
    """How two keys stand to each other.

    name: one of the names of `RELATION_SCORES`
    score: 0-1, how well they go together
    """

    name: Relation
    score: float


_RELATIONS: dict[Relation, KeyRelation] = {
    name: KeyRelation(name=name, score=score) for name, score in RELATION_SCORES.items()
}


def key_relation(a: Key | None, b: Key | None) -> KeyRelation:
    """Name and score the relation of two keys; the order does not matter.

    a, b: None where a track has no key, or none that is known
    returns: One of nine relations, by the steps between the keys around the Camelot circle (the circle of fifths) and
        whether both are minor or both major.
    """
    if a is None or b is None:
        return _RELATIONS["unknown"]
    up = (b.camelot_number - a.camelot_number) % _POSITIONS
    return _RELATIONS[_BY_STEPS.get((min(up, _POSITIONS - up), a.mode == b.mode), "clash")]


def fits(rule: HarmonicRule, a: Key | None, b: Key | None) -> bool:
    """Whether a rule allows the step from key `a` to key `b`.

    rule: "strict": score .88 and above; "flexible": .70 and above; "creative": .50 and above, or a semitone up within
        the same mode (+7 on the circle), which only holds from `a` to `b`; "off": any
    a, b: None where unknown, which every rule but "strict" lets pass
    """
    if rule not in HARMONIC_RULES:
        raise ValueError(f"no such harmonic rule: {rule}; there are {', '.join(HARMONIC_RULES)}")
    if a is None or b is None:
        return rule != "strict"
    if rule == "creative" and a.mode == b.mode and (b.camelot_number - a.camelot_number) % _POSITIONS == _SEMITONE_UP:
        return True
    return key_relation(a, b).score >= _LEAST_SCORES[rule]
