"""The rows of `inside.py`: which measures are taken of which music, and one scorer for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from inside_pieces import ARRANGED, BLIND, CUT, DRUMMERS, FOLK, GTZAN, METRES, OPEN, PLAIN, Piece
from inside_scoring import (
    ODD_METRES,
    PHASE_RIGHT_F,
    RIGHT_METRES,
    CueScore,
    bars_together,
    boundary_f,
    cue_scores,
    downbeat_f,
    pooled_interval,
    rank_agreement,
    wilson,
)
from inside_tables import BARS, CUES, METRE, PHRASES, Row
from made_track import CUE_KINDS
from scoring import SURE, mean_interval, reliability
from tables import Grid, number

Answer = dict[str, Any]
Answers = dict[str, Answer]
"""By name of the piece."""
Interval = tuple[float, float] | None
Pieces = Sequence[Piece]

WHOLE = (PLAIN, ARRANGED, DRUMMERS)
UNIT = 8
"""Bars between evenly spaced boundaries."""
CHANCE_DRAWS = 20
HALF_SURE = 0.5
"""Plans that map4 itself holds for more likely right than not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a measure gives: over how many values, map4's mean and its 95 % interval, and the means of others."""

    count: int
    value: float | None
    interval: Interval = None
    beside: Mapping[str, float | None] = field(default_factory=dict)


class Asked:
    """The pieces that map4 answered, with its answers and those of others."""

    def __init__(self, found: Pieces, ours: Answers, others: Mapping[str, Answers]) -> None:
        self._found, self._ours, self._others = found, ours, others

    def of(self, *parts: str) -> list[Piece]:
        return [piece for piece in self._found if piece.part in parts and piece.truth.name in self._ours]

    def answer(self, piece: Piece) -> Answer:
        return self._ours[piece.truth.name]

    def figures(
        self,
        part: Pieces,
        score: Callable[[Answer, Piece], float | None],
        interval: Callable[[Sequence[float]], Interval],
        others: Sequence[str],
        **beside: float | None,
    ) -> Figures:
        """Score each answer; a piece without a score does not count."""
        values = _known(score(self.answer(piece), piece) for piece in part)
        means = {name: self._mean_of(name, part, score) for name in others}
        return Figures(count=len(values), value=_mean(values), interval=interval(values), beside={**beside, **means})

    def _mean_of(self, name: str, part: Pieces, score: Callable[[Answer, Piece], float | None]) -> float | None:
        """Mean over another program's answers; None where it has none."""
        answers = [self._others.get(name, {}).get(piece.truth.name) or {} for piece in part]
        return _mean(_known(map(score, answers, part))) if any(answers) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What is measured.

    subject : the table that it stands in
    what, where : the measure; the music, if its parts don't name it
    member : of an answer, without which map4 tells nothing of the kind
    figures : from the pieces; None where there is nothing to measure
    less_is_better : whether the gate is a most and no least
    """

    subject: str
    what: str
    member: str
    figures: Callable[[Asked, Pieces], Figures | None]
    where: str = ""
    less_is_better: bool = False


def _bars(judge: Callable[[float], float]) -> Callable[[Asked, Pieces], Figures]:
    def score(told: Answer, piece: Piece) -> float:
        return judge(downbeat_f(piece.truth.downbeats_s, told.get("downbeats_s", [])))

    def figures(asked: Asked, part: Pieces) -> Figures:
        beats = [asked.answer(piece)["beats_s"] for piece in part]
        phases = [
            [score({"downbeats_s": each[phase::4]}, piece) for phase in range(4)]
            for each, piece in zip(beats, part, strict=True)
        ]
        chance, oracle = _mean([_mean(each) or 0.0 for each in phases]), _mean([max(each) for each in phases])
        return asked.figures(part, score, mean_interval, ("librosa", "madmom"), chance=chance, oracle=oracle)

    return figures


def _answered_bars(asked: Asked, part: Pieces) -> tuple[list[float], list[bool]]:
    """Confidence in the bars that are told, and whether they are right."""
    told = [(asked.answer(piece), piece) for piece in part if asked.answer(piece)["downbeats_s"]]
    right = [downbeat_f(piece.truth.downbeats_s, answer["downbeats_s"]) >= PHASE_RIGHT_F for answer, piece in told]
    return [answer["confidence"] for answer, _ in told], right


def _sure_bars(asked: Asked, part: Pieces) -> Figures:
    sure = [float(hit) for confidence, hit in zip(*_answered_bars(asked, part), strict=True) if confidence >= SURE]
    return Figures(count=len(sure), value=_mean(sure), interval=_share_interval(sure))


def _ece_of_bars(asked: Asked, part: Pieces) -> Figures:
    confidences, right = _answered_bars(asked, part)
    found = reliability(confidences, right)
    return Figures(count=len(right), value=found.ece if found else None)


def _metre_right(told: Answer, piece: Piece) -> float:
    return float(told.get("metre") in RIGHT_METRES[piece.truth.metre])


def _metre(asked: Asked, part: Pieces) -> Figures:
    chance = _mean([_metre_right({"metre": 4}, piece) for piece in part])
    return asked.figures(part, _metre_right, _share_interval, ("madmom",), chance=chance)


def _metre_3_or_4(asked: Asked, part: Pieces) -> Figures | None:
    """The mean of both metres; the interval is that of the rarer one, which is where the doubt lies."""
    threes, fours = ([piece for piece in part if (piece.part == METRES[3]) == is_three] for is_three in (True, False))
    if not threes or not fours:
        return None
    each = [_metre(asked, of) for of in (threes, fours)]
    (three, four), madmom = (one.value or 0.0 for one in each), _known(one.beside["madmom"] for one in each)
    return Figures(
        count=len(part),
        value=(three + four) / 2,
        interval=each[0].interval and (0.5 * (each[0].interval[0] + four), 0.5 * (each[0].interval[1] + four)),
        beside={"chance": 0.5, "madmom": sum(madmom) / 2 if len(madmom) == 2 else None},
    )


def _odd_metre(asked: Asked, part: Pieces) -> Figures:
    return asked.figures(part, lambda told, _: float(told.get("metre") in ODD_METRES), _share_interval, ("madmom",))


def _boundaries(person: int | None = None) -> Callable[[Asked, Pieces], Figures]:
    """Boundaries as one of two persons placed them, or as the track was made."""

    def placed_by(other: bool) -> Callable[[Piece], Sequence[float]]:
        return lambda piece: piece.truth.other_boundaries_s if other else piece.truth.boundaries_s

    truth_of, people = placed_by(person == 2), placed_by(person == 1)

    def score(told: Answer, piece: Piece) -> float | None:
        return boundary_f(truth_of(piece), told.get("boundaries_s", []), _beat_s(piece))

    def figures(asked: Asked, part: Pieces) -> Figures:
        rng = np.random.default_rng(1)

        def scores(placed: Callable[[Piece], Sequence[float]]) -> list[float]:
            return _known(score({"boundaries_s": placed(piece)}, piece) for piece in part)

        def at_random(piece: Piece) -> Sequence[float]:
            bars = piece.truth.downbeats_s
            return sorted(rng.choice(bars, size=min(len(bars), len(truth_of(piece))), replace=False))

        return asked.figures(
            part,
            score,
            mean_interval,
            ("librosa",),
            chance=_mean([value for _ in range(CHANCE_DRAWS) for value in scores(at_random)]),
            oracle=_mean(scores(lambda piece: _nearest(truth_of(piece), asked.answer(piece)["beats_s"]))),
            evenly=_mean(scores(lambda piece: _evenly(asked.answer(piece)))),
            people=_mean(scores(people)) if person else None,
        )

    return figures


def _cues(asked: Asked, part: Pieces) -> Figures:
    def scores(cues_of: Callable[[Piece], Sequence[Sequence[Any]]]) -> list[CueScore]:
        return [sum(_cue_scores(cues_of(piece), piece).values(), CueScore()) for piece in part]

    rng = np.random.default_rng(2)
    found = scores(lambda piece: asked.answer(piece)["cues"])
    chance = scores(lambda piece: [[c.kind, rng.choice(piece.truth.downbeats_s[::UNIT])] for c in piece.truth.cues])
    value, by_chance = (sum(each, CueScore()).f for each in (found, chance))
    return Figures(count=len(part), value=value, interval=pooled_interval(found), beside={"chance": by_chance})


def _energy(told: Answer, piece: Piece) -> float | None:
    """Rank agreement over the phrases of a piece; None where fewer than three are told."""
    phrases = piece.truth.phrases
    found = [_energy_at(told["energies"], 0.5 * (phrase.start_s + phrase.end_s)) for phrase in phrases]
    pairs = [(phrase.energy, value) for phrase, value in zip(phrases, found, strict=True) if value is not None]
    return rank_agreement([a for a, _ in pairs], [b for _, b in pairs]) or 0.0 if len(pairs) >= 3 else None


DOWNBEATS = Measure(subject=BARS, what="downbeat F", member="downbeats_s", figures=_bars(float))
PHASE = Measure(
    subject=BARS, what="phase right", member="downbeats_s", figures=_bars(lambda f: float(f >= PHASE_RIGHT_F))
)
SURE_BARS = Measure(subject=BARS, what="right where at least .9 sure", member="downbeats_s", figures=_sure_bars)
ECE = Measure(
    subject=BARS, what="ECE of bar one", member="downbeats_s", figures=_ece_of_bars, less_is_better=True
)  # fmt: skip
RIGHT_METRE = Measure(subject=METRE, what="metre right", member="metre", figures=_metre)
METRE_3_OR_4 = Measure(subject=METRE, what="metre 3 or 4, balanced", member="metre", figures=_metre_3_or_4)
ODD_METRE = Measure(
    subject=METRE,
    what="another metre told on 4/4",
    where="all songs, drummers, dance",
    member="metre",
    figures=_odd_metre,
    less_is_better=True,
)
BOUNDARIES = Measure(subject=PHRASES, what="phrase boundaries", member="structure", figures=_boundaries())
PERSONS = tuple(
    Measure(subject=PHRASES, what=f"phrase boundaries, person {n}", member="structure", figures=_boundaries(n))
    for n in (1, 2)
)
CUES_FOUND = Measure(subject=CUES, what="cues within one beat, F", member="cues", figures=_cues)
ENERGY = Measure(
    subject=CUES,
    what="energy of phrases, rank agreement",
    member="structure",
    figures=lambda asked, part: asked.figures(part, _energy, mean_interval, ()),
)

CASES: tuple[tuple[Measure, tuple[str, ...], float | None, float | None], ...] = (
    (DOWNBEATS, (GTZAN,), 0.68, 0.78),
    *((DOWNBEATS, (part,), None, None) for part in WHOLE),
    *((PHASE, (part,), None, None) for part in (GTZAN, CUT, *WHOLE, OPEN, BLIND)),
    (PHASE, WHOLE, 0.94, 0.98),
    (SURE_BARS, WHOLE, 0.95, 0.97),
    (ECE, WHOLE, 0.08, 0.05),
    (SURE_BARS, (GTZAN,), 0.95, 0.97),
    (ECE, (GTZAN,), 0.08, 0.05),
    (METRE_3_OR_4, (METRES[3], PLAIN, ARRANGED), 0.9, 0.95),
    *((RIGHT_METRE, (METRES[metre],), 0.5, 0.8) for metre in (5, 6, 7)),
    (RIGHT_METRE, (FOLK,), None, None),
    (ODD_METRE, (PLAIN, ARRANGED, DRUMMERS, OPEN, BLIND), 0.02, 0.01),
    *((person, (PLAIN,), 0.5, 0.7) for person in PERSONS),
    *((person, (ARRANGED,), 0.8, 0.93) for person in PERSONS),
    *((BOUNDARIES, (part,), None, None) for part in (OPEN, BLIND)),
    *((CUES_FOUND, (part,), 0.85, 0.97) for part in (OPEN, BLIND)),
    *((ENERGY, (part,), 0.8, 0.9) for part in (OPEN, BLIND)),
)
"""Measure, parts whose pieces are counted together, gate and goal: the rows, in the order of the table."""


def rows(found: Pieces, ours: Answers, others: Mapping[str, Answers], plans: list[dict[str, Any]]) -> list[Row]:
    """The rows of all music that is there."""
    asked = Asked(found, ours, others)
    scored = [_row(asked, measure, parts, gate, goal) for measure, parts, gate, goal in CASES]
    together = [_pairs(found, plans, least) for least in (0.0, HALF_SURE)] if plans else []
    return [row for row in (*scored, *together) if row]


def _row(asked: Asked, measure: Measure, parts: tuple[str, ...], gate: float | None, goal: float | None) -> Row | None:
    part = asked.of(*parts)
    figures = measure.figures(asked, part) if part else None
    if figures is None:
        return None
    is_there = any(measure.member in asked.answer(piece)["knows"] for piece in part)
    where = parts[0] if len(parts) == 1 else "all whole songs" if parts == WHOLE else "; ".join(parts)
    return Row(
        subject=measure.subject,
        what=measure.what,
        where=measure.where or where,
        count=figures.count,
        value=figures.value if is_there else None,
        interval=figures.interval if is_there else None,
        beside=figures.beside,
        gate=gate,
        goal=goal,
        is_there=is_there,
        less_is_better=measure.less_is_better,
    )


def _pairs(found: Pieces, plans: list[dict[str, Any]], least: float) -> Row:
    """Whether bars stay together in planned transitions that are at least so sure."""
    downbeats_s = {piece.truth.name: piece.truth.downbeats_s for piece in found}
    together = []
    for pair in plans:
        if (plan := pair["plan"]) is None or plan["confidence"] < least:
            continue
        numbers = {
            "leave_s": plan["leave"]["at_s"],
            "until_s": plan["leave"]["until_s"],
            "enter_s": plan["enter"]["at_s"],
            "speed": plan["speed"],
        }
        together.append(float(bars_together(downbeats_s[pair["a"]], downbeats_s[pair["b"]], numbers)))
    return Row(
        subject=CUES,
        what="bars together within 20 ms",
        where=f"{len(plans)} pairs, open part" + (f"; plan at least {number(least)} sure" if least else ""),
        count=len(together),
        value=_mean(together),
        interval=_share_interval(together),
        gate=None if least else 0.93,
        goal=None if least else 0.99,
    )


def cue_grids(found: Pieces, ours: Answers) -> list[Grid]:
    """Of each kind of cue, how many were found and how many of those told are right; nothing without dance tracks."""
    asked = Asked(found, ours, {})
    parts = {name: part for name in (OPEN, BLIND) if (part := asked.of(name))}
    lines = []
    for kind in CUE_KINDS:
        cells = []
        for part in parts.values():
            total = sum((_cue_scores(asked.answer(piece)["cues"], piece)[kind] for piece in part), CueScore())
            is_there = any("cues" in asked.answer(piece)["knows"] for piece in part)
            shares = (number(total.recall), number(total.precision)) if is_there else ("", "")
            cells += [str(total.found + total.missed), *shares]
        lines.append((kind, *cells))
    headings = [f"{name}, {part.removeprefix('dance, ')}" for part in parts for name in ("n", "found", "right")]
    return [Grid(title="Cues by kind", headings=("kind", *headings), rows=tuple(lines))] if parts else []


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _share_interval(values: Sequence[float]) -> Interval:
    return wilson(round(sum(values)), len(values))


def _beat_s(piece: Piece) -> float:
    return 60.0 / piece.truth.bpm


def _nearest(times_s: Sequence[float], beats_s: Sequence[float]) -> list[float]:
    """Times moved to the nearest beat."""
    beats = np.asarray(beats_s)
    return [float(beats[np.abs(beats - at).argmin()]) for at in times_s] if beats.size else []


def _evenly(told: Answer) -> list[float]:
    """Every eighth bar; where bars are not known, every 32nd beat."""
    return list(told["downbeats_s"][::UNIT] or told["beats_s"][:: 4 * UNIT])


def _cue_scores(told: Sequence[Sequence[Any]], piece: Piece) -> dict[str, CueScore]:
    return cue_scores(piece.truth.cues, [(str(kind), float(at)) for kind, at in told], _beat_s(piece))


def _energy_at(told: Sequence[Sequence[float]], at_s: float) -> float | None:
    return next((energy for start, end, energy in told if start <= at_s < end), None)
