"""The rows of `inside.py`: from pieces and answers to figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    phases_f,
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

WHOLE = (PLAIN, ARRANGED, DRUMMERS)
UNIT = 8
"""Bars between evenly spaced boundaries."""
CHANCE_DRAWS = 20
HALF_SURE = 0.5
"""Plans that map4 itself holds for more likely right than not."""


def rows(
    found: Sequence[Piece], ours: Answers, others: Mapping[str, Answers], plans: list[dict[str, Any]] | None
) -> list[Row]:
    """All rows, in the order of the table."""
    asker = _Asker(found, ours, others)
    return [
        row
        for row in (
            asker.downbeats(GTZAN, gate=0.68, goal=0.78),
            *(asker.downbeats(part) for part in WHOLE),
            *(asker.phase(part) for part in (GTZAN, CUT, *WHOLE, OPEN, BLIND)),
            asker.phase(*WHOLE, gate=0.94, goal=0.98),
            *(row for parts in (WHOLE, (GTZAN,)) for row in asker.doubt(parts)),
            asker.metre_3_or_4(),
            *(asker.metre(METRES[metre], gate=0.5, goal=0.8) for metre in (5, 6, 7)),
            asker.metre(FOLK),
            asker.odd_metre(),
            *(
                asker.boundaries(part, person, gate, goal)
                for part, gate, goal in ((PLAIN, 0.5, 0.7), (ARRANGED, 0.8, 0.93))
                for person in (1, 2)
            ),
            *(asker.dance_boundaries(part) for part in (OPEN, BLIND)),
            *(asker.cues(part) for part in (OPEN, BLIND)),
            *(asker.energy(part) for part in (OPEN, BLIND)),
            _pairs(found, plans),
            _pairs(found, plans, least=HALF_SURE) if plans else None,
        )
        if row is not None
    ]


class _Asker:
    def __init__(self, found: Sequence[Piece], ours: Answers, others: Mapping[str, Answers]) -> None:
        self.found, self.ours, self.others = found, ours, others

    def of(self, *parts: str) -> list[Piece]:
        return [piece for piece in self.found if piece.part in parts and piece.truth.name in self.ours]

    def answer(self, piece: Piece) -> Answer:
        return self.ours[piece.truth.name]

    def knows(self, part: Sequence[Piece], field_name: str) -> bool:
        return any(field_name in self.answer(piece)["knows"] for piece in part)

    def other(self, name: str, piece: Piece) -> Answer:
        return self.others.get(name, {}).get(piece.truth.name) or {}

    def told_by(
        self, name: str, part: Sequence[Piece], measure: Callable[[Answer, Piece], float | None]
    ) -> float | None:
        """Mean of a measure over another program's answers; None where it has none."""
        if not any(self.other(name, piece) for piece in part):
            return None
        values = [measure(self.other(name, piece), piece) for piece in part]
        return _mean([value for value in values if value is not None])

    # ---- bars ------------------------------------------------------------------------------------

    def downbeats(self, part_name: str, gate: float | None = None, goal: float | None = None) -> Row | None:
        return self._bars("downbeat F", lambda f: f, (part_name,), gate, goal)

    def phase(self, *parts: str, gate: float | None = None, goal: float | None = None) -> Row | None:
        return self._bars("phase right", lambda f: float(f >= PHASE_RIGHT_F), parts, gate, goal)

    def _bars(
        self, what: str, judge: Callable[[float], float], parts: tuple[str, ...], gate: float | None, goal: float | None
    ) -> Row | None:
        part = self.of(*parts)
        if not part:
            return None

        def score(downbeats_s: Sequence[float], piece: Piece) -> float:
            return judge(downbeat_f(piece.truth.downbeats_s, downbeats_s))

        phases = [
            [judge(f) for f in phases_f(piece.truth.downbeats_s, self.answer(piece)["beats_s"], 4)] for piece in part
        ]
        is_there = self.knows(part, "downbeats_s")
        values = [score(self.answer(piece)["downbeats_s"], piece) for piece in part]
        by_rule = [
            each[self.other("rules", piece)["phase"]] if "phase" in self.other("rules", piece) else _mean(each) or 0.0
            for each, piece in zip(phases, part, strict=True)
        ]
        return Row(
            subject=BARS,
            what=what,
            where=_where(parts),
            count=len(part),
            value=_mean(values) if is_there else None,
            interval=mean_interval(values) if is_there else None,
            is_there=is_there,
            gate=gate,
            goal=goal,
            beside={
                "chance": _mean([_mean(each) or 0.0 for each in phases]),
                "oracle": _mean([max(each) for each in phases]),
                "rule": _mean(by_rule) if self.others.get("rules") else None,
                **{
                    name: self.told_by(name, part, lambda told, piece: score(told.get("downbeats_s", []), piece))
                    for name in ("librosa", "madmom")
                },
            },
        )

    def doubt(self, parts: tuple[str, ...]) -> list[Row]:
        part = self.of(*parts)
        is_there = self.knows(part, "downbeats_s")
        told = [(self.answer(piece)["confidence"], piece) for piece in part if self.answer(piece)["downbeats_s"]]
        right = [
            downbeat_f(piece.truth.downbeats_s, self.answer(piece)["downbeats_s"]) >= PHASE_RIGHT_F for _, piece in told
        ]
        found = reliability([confidence for confidence, _ in told], right) if told else None
        sure = [hit for (confidence, _), hit in zip(told, right, strict=True) if confidence >= SURE]
        return (
            [
                Row(
                    subject=BARS,
                    what="right where at least .9 sure",
                    where=_where(parts),
                    count=len(sure),
                    is_there=is_there,
                    value=_mean([float(hit) for hit in sure]),
                    interval=wilson(sum(sure), len(sure)),
                    gate=0.95,
                    goal=0.97,
                ),
                Row(
                    subject=BARS,
                    what="ECE of bar one",
                    where=_where(parts),
                    count=len(told),
                    is_there=is_there,
                    value=found.ece if found else None,
                    gate=0.08,
                    goal=0.05,
                    less_is_better=True,
                ),
            ]
            if part
            else []
        )

    # ---- metre -----------------------------------------------------------------------------------

    def metre(self, part_name: str, gate: float | None = None, goal: float | None = None) -> Row | None:
        part = self.of(part_name)
        if not part:
            return None
        is_there = self.knows(part, "metre")
        right = [_metre_right(self.answer(piece), piece) for piece in part]
        return Row(
            subject=METRE,
            what="metre right",
            where=part_name,
            count=len(part),
            value=_mean(right) if is_there else None,
            interval=wilson(round(sum(right)), len(right)) if is_there else None,
            is_there=is_there,
            gate=gate,
            goal=goal,
            beside={
                "chance": _mean([_metre_right({"metre": 4}, piece) for piece in part]),
                "madmom": self.told_by("madmom", part, _metre_right),
            },
        )

    def metre_3_or_4(self) -> Row | None:
        threes, fours = self.of(METRES[3]), self.of(PLAIN, ARRANGED)
        if not threes or not fours:
            return None
        is_there = self.knows(threes, "metre")
        each = [[_metre_right(self.answer(piece), piece) for piece in part] for part in (threes, fours)]
        means = [_mean(values) or 0.0 for values in each]
        madmom = [self.told_by("madmom", part, _metre_right) for part in (threes, fours)]
        known = [value for value in madmom if value is not None]
        # The interval is that of the rarer metre, which is where the doubt lies.
        return Row(
            subject=METRE,
            what="metre 3 or 4, balanced",
            where=f"{METRES[3]}; {_where((PLAIN, ARRANGED))}",
            count=len(threes) + len(fours),
            value=sum(means) / 2 if is_there else None,
            is_there=is_there,
            interval=_half_shifted(wilson(round(sum(each[0])), len(each[0])), means[1]) if is_there else None,
            gate=0.9,
            goal=0.95,
            beside={"chance": 0.5, "madmom": sum(known) / 2 if len(known) == 2 else None},
        )

    def odd_metre(self) -> Row | None:
        part = self.of(PLAIN, ARRANGED, DRUMMERS, OPEN, BLIND)
        if not part:
            return None
        is_there = self.knows(part, "metre")
        odd = [self.answer(piece)["metre"] in ODD_METRES for piece in part]
        return Row(
            subject=METRE,
            what="another metre told on 4/4",
            where="all songs, drummers, dance",
            count=len(part),
            is_there=is_there,
            value=sum(odd) / len(odd) if is_there else None,
            gate=0.02,
            goal=0.01,
            less_is_better=True,
            interval=wilson(sum(odd), len(odd)) if is_there else None,
            beside={"madmom": self.told_by("madmom", part, lambda told, _: float(told.get("metre") in ODD_METRES))},
        )

    # ---- phrases ---------------------------------------------------------------------------------

    def boundaries(self, part_name: str, person: int, gate: float, goal: float) -> Row | None:
        return self._boundaries(
            f"phrase boundaries, person {person}",
            part_name,
            gate,
            goal,
            lambda piece: piece.truth.boundaries_s if person == 1 else piece.truth.other_boundaries_s,
            lambda piece: piece.truth.other_boundaries_s if person == 1 else piece.truth.boundaries_s,
        )

    def dance_boundaries(self, part_name: str) -> Row | None:
        return self._boundaries(
            "phrase boundaries", part_name, None, None, lambda piece: piece.truth.boundaries_s, None
        )

    def _boundaries(
        self,
        what: str,
        part_name: str,
        gate: float | None,
        goal: float | None,
        truth_of: Callable[[Piece], Sequence[float]],
        people: Callable[[Piece], Sequence[float]] | None,
    ) -> Row | None:
        part = self.of(part_name)
        if not part:
            return None

        def mean(told: Callable[[Piece], Sequence[float]]) -> list[float]:
            scores = [boundary_f(truth_of(piece), told(piece), _beat_s(piece)) for piece in part]
            return [score for score in scores if score is not None]

        is_there = self.knows(part, "structure")
        values = mean(lambda piece: self.answer(piece)["boundaries_s"])
        rng = np.random.default_rng(1)

        def at_random(piece: Piece) -> Sequence[float]:
            bars = piece.truth.downbeats_s
            return sorted(rng.choice(bars, size=min(len(bars), len(truth_of(piece))), replace=False))

        return Row(
            subject=PHRASES,
            what=what,
            where=part_name,
            count=len(values),
            value=_mean(values) if is_there else None,
            interval=mean_interval(values) if is_there else None,
            is_there=is_there,
            gate=gate,
            goal=goal,
            beside={
                "chance": _mean([value for _ in range(CHANCE_DRAWS) for value in mean(at_random)]),
                "oracle": _mean(mean(lambda piece: _nearest(truth_of(piece), self.answer(piece)["beats_s"]))),
                "librosa": self.told_by(
                    "librosa",
                    part,
                    lambda told, piece: boundary_f(truth_of(piece), told.get("boundaries_s", []), _beat_s(piece)),
                ),
                "novelty": _mean(mean(lambda piece: self.other("rules", piece).get("boundaries_s", [])))
                if self.others.get("rules")
                else None,
                "evenly": _mean(mean(lambda piece: _evenly(self.answer(piece)))),
                "people": _mean(mean(people)) if people else None,
            },
        )

    # ---- cues and energy -------------------------------------------------------------------------

    def cues(self, part_name: str) -> Row | None:
        part = self.of(part_name)
        if not part:
            return None
        is_there = self.knows(part, "cues")
        scores = [_cue_score(self.answer(piece)["cues"], piece) for piece in part]
        rules = [_cue_score(self.other("rules", piece).get("cues", []), piece) for piece in part]
        rng = np.random.default_rng(2)
        drawn = [
            [[cue.kind, rng.choice(piece.truth.downbeats_s[::UNIT])] for cue in piece.truth.cues] for piece in part
        ]
        chance = [_cue_score(cues, piece) for cues, piece in zip(drawn, part, strict=True)]
        return Row(
            subject=CUES,
            what="cues within one beat, F",
            where=part_name,
            count=len(part),
            is_there=is_there,
            gate=0.85,
            goal=0.97,
            value=sum(scores, CueScore()).f if is_there else None,
            interval=pooled_interval(scores) if is_there else None,
            beside={
                "chance": sum(chance, CueScore()).f,
                "rule": sum(rules, CueScore()).f if self.others.get("rules") else None,
            },
        )

    def energy(self, part_name: str) -> Row | None:
        part = self.of(part_name)
        if not part:
            return None
        is_there = self.knows(part, "structure")
        values = []
        for piece in part:
            told = self.answer(piece)["energies"]
            found = [_energy_at(told, 0.5 * (phrase.start_s + phrase.end_s)) for phrase in piece.truth.phrases]
            pairs = [
                (phrase.energy, value)
                for phrase, value in zip(piece.truth.phrases, found, strict=True)
                if value is not None
            ]
            if len(pairs) >= 3:
                agreement = rank_agreement([a for a, _ in pairs], [b for _, b in pairs])
                values.append(0.0 if agreement is None else agreement)
        return Row(
            subject=CUES,
            what="energy of phrases, rank agreement",
            where=part_name,
            count=len(values),
            is_there=is_there,
            value=_mean(values),
            interval=mean_interval(values),
            gate=0.8,
            goal=0.9,
        )


def _pairs(found: Sequence[Piece], plans: list[dict[str, Any]] | None, *, least: float = 0.0) -> Row | None:
    if plans is None:
        return Row(
            subject=CUES,
            what="bars together within 20 ms",
            where="pairs, open part",
            count=0,
            value=None,
            is_there=False,
            gate=0.93,
            goal=0.99,
        )
    if not plans:
        return None
    truths = {piece.truth.name: piece.truth for piece in found}
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
        together.append(bars_together(truths[pair["a"]].downbeats_s, truths[pair["b"]].downbeats_s, numbers))
    return Row(
        subject=CUES,
        what="bars together within 20 ms",
        where=f"{len(plans)} pairs, open part" + (f"; plan at least {number(least)} sure" if least else ""),
        count=len(together),
        value=_mean([float(one) for one in together]),
        interval=wilson(sum(together), len(together)),
        gate=None if least else 0.93,
        goal=None if least else 0.99,
    )


def cue_grids(found: Sequence[Piece], ours: Answers) -> list[Grid]:
    """Of each kind of cue, how many were found and how many of those told are right; nothing without dance tracks."""
    parts = {
        name: [piece for piece in found if piece.part == name and piece.truth.name in ours] for name in (OPEN, BLIND)
    }
    parts = {name: part for name, part in parts.items() if part}
    lines = []
    for kind in CUE_KINDS:
        cells = []
        for part in parts.values():
            total = sum((_cue_scores(ours[piece.truth.name]["cues"], piece)[kind] for piece in part), CueScore())
            is_there = any("cues" in ours[piece.truth.name]["knows"] for piece in part)
            shares = (number(total.recall), number(total.precision)) if is_there else ("", "")
            cells += [str(total.found + total.missed), *shares]
        lines.append((kind, *cells))
    headings = [f"{name}, {part.removeprefix('dance, ')}" for part in parts for name in ("n", "found", "right")]
    return [Grid(title="Cues by kind", headings=("kind", *headings), rows=tuple(lines))] if parts else []


def _where(parts: tuple[str, ...]) -> str:
    return parts[0] if len(parts) == 1 else "all whole songs" if parts == WHOLE else "; ".join(parts)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _beat_s(piece: Piece) -> float:
    return 60.0 / piece.truth.bpm


def _metre_right(told: Answer, piece: Piece) -> float:
    return float(told.get("metre") in RIGHT_METRES[piece.truth.metre])


def _half_shifted(interval: tuple[float, float] | None, other: float) -> tuple[float, float] | None:
    return None if interval is None else (0.5 * (interval[0] + other), 0.5 * (interval[1] + other))


def _nearest(times_s: Sequence[float], beats_s: Sequence[float]) -> list[float]:
    """Times moved to the nearest beat."""
    beats = np.asarray(beats_s)
    return [float(beats[np.abs(beats - at).argmin()]) for at in times_s] if beats.size else []


def _evenly(told: Answer) -> list[float]:
    """Every eighth bar; where bars are not known, every 32nd beat."""
    return list(told["downbeats_s"][::UNIT] or told["beats_s"][:: 4 * UNIT])


def _cue_scores(told: Sequence[Sequence[Any]], piece: Piece) -> dict[str, CueScore]:
    return cue_scores(piece.truth.cues, [(str(kind), float(at)) for kind, at in told], _beat_s(piece))


def _cue_score(told: Sequence[Sequence[Any]], piece: Piece) -> CueScore:
    return sum(_cue_scores(told, piece).values(), CueScore())


def _energy_at(told: Sequence[Sequence[float]], at_s: float) -> float | None:
    return next((energy for start, end, energy in told if start <= at_s < end), None)
