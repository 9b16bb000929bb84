"""Partial lists, their schedule, the candidates that may follow, and their scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from map4.core.music.lists.limits import Gap, Rule
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.harmony import EPSILON
from map4.lists.sequencing.problem import NO_GROUP, Floats, Ints, ListProblem
from map4.lists.sequencing.step_scores import (
    MICRO,
    Levels,
    Position,
    PositionRow,
    RelaxableRule,
    StepScores,
    TransitionRow,
    sound_levels,
)
from map4.lists.sequencing.waypoints import Waypoint, WaypointPlan, key_steps, plan_waypoints, tempo_steps

# Cost of each step that a waypoint is out of reach: more than any step can score.
REACH_COST = 2 * MICRO
# Maximum number of these steps, so that an unreachable key does not outweigh everything else.
MOST_MISSING = 10
# Cost of a pick that breaks any limit, in addition to the cost of each limit, so that as few picks as possible do.
# A step scores at most 1.
LOOSENED_COST = 1.0
# Cost of dropping a limit entirely, in the order of relaxing; a limit relaxed by some of its steps costs that share.
# The least audible comes first: a repeated artist, then the kind of music, then key and tempo.
RULE_COSTS: dict[Rule, float] = {
    "artist_gap": 0.5, "album_gap": 0.5, "genre": 1.0, "energy_curve": 1.0, "sound": 1.0, "harmonic": 2.0,
    "tempo_drift": 2.0, "tempo_policy": 5.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """A rule that a pick breaks: number of the rule, and how many steps it was relaxed."""

    rule: int
    steps: int


# Not frozen: a search makes thousands, and a frozen __init__ takes three times as long.
@dataclass(slots=True, eq=False)
class Node:
    """A partial list.

    path: its picks, as indices into the columns
    starts_s, ends_s: start of each pick, and its end unless the next pick is mixed in earlier
    energies: wanted energy at each pick, None for any
    relaxed: rules that each pick breaks
    score: of all steps, in millionths
    elapsed_s: total duration
    passed: number of waypoints passed
    """

    path: tuple[int, ...]
    starts_s: tuple[float, ...]
    ends_s: tuple[float, ...]
    energies: tuple[float | None, ...]
    relaxed: tuple[tuple[Relaxed, ...], ...]
    score: int
    elapsed_s: float
    passed: int

    @property
    def depth(self) -> int:
        """The number of picks."""
        return len(self.path)

    def then(
        self,
        index: int,
        *,
        score: int,
        lasts_s: float,
        energy: float | None,
        relaxed: tuple[Relaxed, ...],
        passed: int,
        early_s: float = 0.0,
    ) -> Node:
        """The list with one more pick, which starts `early_s` before the last one has ended."""
        starts_s = max(self.starts_s[-1] if self.starts_s else 0.0, self.elapsed_s - early_s)
        return Node(
            path=(*self.path, index),
            starts_s=(*self.starts_s, starts_s),
            ends_s=(*self.ends_s, starts_s + lasts_s),
            energies=(*self.energies, energy),
            relaxed=(*self.relaxed, relaxed),
            score=score,
            elapsed_s=starts_s + lasts_s,
            passed=self.passed + passed,
        )


EMPTY = Node(path=(), starts_s=(), ends_s=(), energies=(), relaxed=(), score=0, elapsed_s=0.0, passed=0)


def best_of(scores: Ints, tie_breakers: Ints, count: int) -> Ints:
    """Indices of the highest scores, best first; equal scores are ordered by the lower tie-breaker.

    scores, tie_breakers: shape (n,)
    """
    places = np.arange(len(scores))
    if len(scores) > count:
        # Include every score that equals the last, so that ties are broken here and not by the partition.
        threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= threshold)
    order = np.lexsort((tie_breakers[places], -scores[places]))[:count]
    return places[order]


# Cost of missing the wanted duration by the mean length of a track.
_LENGTH_COST = MICRO // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The requirements of the next pick.

    position: its place in the list
    waypoint: index of the track that must come now; None for a free choice
    ahead: the waypoints after it: index, and number of steps from the pick
    """

    position: Position
    waypoint: int | None
    ahead: tuple[tuple[int, int], ...]


class Schedule:
    """The course of a list.

    problem: its candidates are all that may become active
    length_s: shape (n,), the mean length if a track's is unknown
    count: estimated number of picks, for a length in time
    plan: the waypoints, from `lay_out`
    is_cut_short: the remaining waypoints come next, as no other tracks are left
    """

    plan: WaypointPlan
    is_cut_short = False

    def __init__(self, problem: ListProblem) -> None:
        self._problem, duration_s = problem, problem.candidates.duration_s
        self._n, minutes = problem.request.n, problem.request.minutes
        known_s = duration_s[~np.isnan(duration_s)]
        self.mean_s = (float(known_s.mean()) if len(known_s) else 0.0) or Tracklist.USUAL_LENGTH_S
        self.length_s: Floats = np.where(np.isnan(duration_s), self.mean_s, duration_s)
        self.wanted_s = None if minutes is None else minutes * 60.0
        self._tempo = problem.request.wanted_tempo
        self.count = self._n or max(1, round((self.wanted_s or 0.0) / self.mean_s))

    def lay_out(self, energies: Floats) -> None:
        """Plan the list; an energy curve spans `energies`, those of the initially active candidates."""
        problem = self._problem
        first = 0 if problem.start is None else 1
        last = self.count - (1 if problem.end is None else 2)
        taken = {place for _, place in problem.at}
        slots = [self.progress_at(place, self.count) for place in range(first, last + 1) if place not in taken]
        placed = [Waypoint(index=index, progress=self.progress_at(place, self.count)) for index, place in problem.at]
        self.plan = plan_waypoints(problem, energies=energies, slots=slots, placed=placed)

    @staticmethod
    def progress_at(position: int, count: int) -> float:
        """Progress (0-1) of a list of `count` picks at a position, counted from 0."""
        return position / (count - 1) if count > 1 else 0.0

    def _progress(self, node: Node) -> float:
        """Progress of the list when its next pick starts."""
        if self._n is not None:
            return self.progress_at(node.depth, self._n)
        assert self.wanted_s is not None
        return min(1.0, node.elapsed_s / max(self.mean_s, self.wanted_s - self.mean_s))

    def due(self, node: Node) -> Due:
        """The requirements of a list's next pick."""
        progress = self._progress(node)
        log_bpm = self.plan.log_bpm.at(progress)
        if self._tempo is not None:  # in the middle of the pick
            bpm = self._tempo.at(node.elapsed_s + self.mean_s / 2.0)
            log_bpm = math.log(bpm if node.path else float(np.clip(bpm, *self._tempo.opening_bpm)))
        position = Position(progress=progress, energy=self.plan.energy.at(progress), log_bpm=log_bpm)
        coming = self.plan.waypoints[node.passed :]
        steps = [self._steps_to(node, progress, point.progress) for point in coming]
        if coming and (steps[0] <= 0 or self.is_cut_short):
            ahead = tuple((point.index, max(1, left)) for point, left in zip(coming[1:], steps[1:], strict=True))
            return Due(position=position, waypoint=coming[0].index, ahead=ahead)
        ahead = tuple((point.index, left) for point, left in zip(coming, steps, strict=True))
        return Due(position=position, waypoint=None, ahead=ahead)

    def cut_short(self, nodes: list[Node]) -> bool:
        """Put remaining waypoints next from now on; returns whether this is new and there are any."""
        was, self.is_cut_short = self.is_cut_short, True
        return not was and any(node.passed < len(self.plan.waypoints) for node in nodes)

    def _steps_to(self, node: Node, progress: float, goal: float) -> int:
        """Number of picks from the next pick to the one at `goal`; 0 or less if the next pick is at the goal."""
        if self._n is not None:
            return round((goal - progress) * (self._n - 1))
        assert self.wanted_s is not None
        if goal >= 1.0:  # the last track comes when no other fits before it
            left_s = self.wanted_s - node.elapsed_s - self.mean_s
            return math.ceil(left_s / self.mean_s - 0.5)
        return math.ceil((goal - progress) * self.wanted_s / self.mean_s - 0.5)

    def is_complete(self, node: Node) -> bool:
        """Whether a list has the requested length and has passed all waypoints."""
        if self._n is not None:
            return node.depth >= self._n
        assert self.wanted_s is not None
        return node.passed == len(self.plan.waypoints) and node.elapsed_s >= self.wanted_s - self.mean_s / 2

    def best(self, finished: list[Node]) -> Node:
        if self.wanted_s is None:
            return finished[0]  # all have the same length, best first
        wanted_s = self.wanted_s

        def score_per_pick(node: Node) -> float:
            miss = abs(node.elapsed_s - wanted_s) / self.mean_s
            return round((node.score - _LENGTH_COST * miss) / max(1, node.depth), 3)

        return max(finished, key=score_per_pick)  # first of equals


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Successors:
    """The best continuations of a list.

    indices: the picks, best first
    scores: same shape, of the whole list with each pick
    levels: how far each rule must be relaxed for every candidate; empty if all are kept
    """

    indices: Ints
    scores: Ints
    levels: Sequence[Levels] = ()

    def relaxed(self, index: int) -> tuple[Relaxed, ...]:
        """The rules that a pick breaks."""
        return tuple(Relaxed(rule=rule, steps=int(own[index])) for rule, own in enumerate(self.levels) if own[index])


class Expansion:
    """Expands lists with the active candidates.

    problem: its candidates are the active ones: the fixed tracks, which the search does not choose itself, then the
        others, nearest by sound first
    rules: in the order in which they are relaxed
    """

    def __init__(self, problem: ListProblem, rules: tuple[RelaxableRule, ...]) -> None:
        columns, limits, fixed_count = problem.candidates, problem.request.limits, len(problem.fixed)
        self._columns = columns
        self._request = problem.request
        self._rules = rules
        self._lead = problem.lead if problem.start is None else None
        self._scores = StepScores(problem)
        self._free = np.ones(len(columns), dtype=bool)
        self._free[:fixed_count] = False
        self._free &= columns.eligible & ~columns.is_same_recording(range(fixed_count))
        self._version_cost = (
            columns.version_cost if columns.version_cost is not None else np.zeros(len(columns), np.int64)
        )
        self._sound = sound_levels(columns, problem.request.min_sound)
        self._has_others = columns.has_others
        self._same: dict[int, Ints] = {}
        self._tempo = limits.tempo
        self._gaps = (
            (limits.artist_gap, columns.artist, [(artist, ago_s) for artist, _, ago_s in problem.aired]),
            (limits.album_gap, columns.album, [(album, ago_s) for _, album, ago_s in problem.aired]),
        )
        self._key_steps = key_steps(limits.harmonic)
        self._reach: dict[tuple[int, int], Ints] = {}

    def clean(self, node: Node, due: Due, width: int) -> Successors:
        """The best continuations that keep every rule, at most `width`."""
        columns = self._columns
        rows, scores = self._scores.allowed(self._last(node))
        position = self._scores.position(due.position)
        allowed = self._usable(node, due)[rows] & ~position.breaks[rows] & (self._sound[rows] == 0)
        for gap, group, aired in self._gaps:
            near = self._neighbours(node, due, gap, group, aired)
            for number in {number for number, distance in near if violates(distance, gap.size, gap)} - {NO_GROUP}:
                allowed &= group[rows] != number
        if columns.rested is not None and self._is_place_of_rested(node):
            rested = allowed & columns.rested[rows]
            allowed = rested if rested.any() else allowed
        places = np.flatnonzero(allowed)[: self._request.max_candidates]
        successors = rows[places]
        scores = (scores[places] + position.scores[successors]) - self._cost_out_of_reach(due)[successors]
        return self._best(node, successors, scores, width)

    def _is_place_of_rested(self, node: Node) -> bool:
        """Whether the next pick should be a track that was not played for long, to reach their share."""
        assert self._columns.rested is not None
        share = int((node.depth + 1) * (self._request.reach or 0.0) + EPSILON)
        return int(self._columns.rested[list(node.path)].sum()) < share

    def loosened(self, node: Node, due: Due, width: int) -> Successors:
        """The best continuations that keep the fixed limits; every other limit they break costs."""
        transition, position = self._rows(node, due)
        levels = self._levels(node, due, transition, position)
        usable = self._usable(node, due)
        for _, own in self._holding(levels, transition, due):
            usable &= own == 0
        successors = np.flatnonzero(usable)
        costs = np.zeros(len(successors))
        for rule, own in zip(self._rules, levels, strict=True):
            costs += RULE_COSTS[rule.name] / max(1, len(rule.settings) - 1) * own[successors]
        costs += np.where(costs > 0.0, LOOSENED_COST, 0.0)
        scores = transition.scores[successors] + position.scores[successors] - self._cost_out_of_reach(due)[successors]
        return self._best(node, successors, scores - np.rint(MICRO * costs).astype(np.int64), width, levels)

    def _best(
        self, node: Node, successors: Ints, scores: Ints, width: int, levels: Sequence[Levels] = ()
    ) -> Successors:
        """The best picks; `levels` is how far each rule must be relaxed for them."""
        scores = scores - self._version_cost[successors]
        best = best_of(scores, self._columns.tie_breaker[successors], width)
        return Successors(indices=successors[best], scores=node.score + scores[best], levels=levels)

    def blockers(self, node: Node, due: Due) -> dict[Rule, int]:
        """Number of tracks that could follow if a single rule were dropped, for each rule with any."""
        transition, position = self._rows(node, due)
        holding = self._holding(self._levels(node, due, transition, position), transition, due)
        usable = self._usable(node, due)
        broken = np.sum([own > 0 for _, own in holding], axis=0)
        counts = {rule: int(np.count_nonzero(usable & (broken == 1) & (own > 0))) for rule, own in holding}
        return {rule: count for rule, count in counts.items() if count}

    def _holding(self, levels: Sequence[Levels], transition: TransitionRow, due: Due) -> list[tuple[Rule, Levels]]:
        """The rules that may not be relaxed (further), with the levels they would need."""
        request = self._request
        holding = [(rule.name, own) for rule, own in zip(self._rules, levels, strict=True) if request.holds(rule.name)]
        # A track named by the user is wanted at any tempo.
        if request.relax is None and due.waypoint is None and not request.holds("tempo_policy"):
            holding.append(("tempo_policy", transition.tempo_jumps))
        return holding

    def unused(self, node: Node, due: Due) -> int:
        """The number of tracks left, ignoring the rules."""
        return int(np.count_nonzero(self._usable(node, due)))

    def _rows(self, node: Node, due: Due) -> tuple[TransitionRow, PositionRow]:
        last = self._last(node)
        transition = self._scores.opening() if last is None else self._scores.transition(last)
        return transition, self._scores.position(due.position)

    def _last(self, node: Node) -> int | None:
        return node.path[-1] if node.path else self._lead

    def _usable(self, node: Node, due: Due) -> NDArray[np.bool_]:
        if due.waypoint is not None:
            usable = np.zeros(len(self._free), dtype=bool)
            usable[due.waypoint] = True
            return usable
        usable = self._free.copy()
        usable[list(node.path)] = False
        for index in node.path:
            if self._has_others[index]:
                if index not in self._same:
                    self._same[index] = np.flatnonzero(self._columns.is_same_recording([index]))
                usable[self._same[index]] = False
        return usable

    def _neighbours(
        self, node: Node, due: Due, gap: Gap, group: Ints, aired: Sequence[tuple[int, float]]
    ) -> list[tuple[int, float]]:
        """Groups of tracks before the next pick, and of fixed tracks after it, with distances in the gap's unit."""
        if gap.size == 0:
            return []
        by_picks = gap.picks is not None
        first = max(0, node.depth - int(gap.size)) if by_picks else 0
        neighbours: list[tuple[int, float]] = []
        for position in range(node.depth - 1, first - 1, -1):
            distance = node.depth - position if by_picks else node.elapsed_s - node.starts_s[position]
            if not violates(distance, gap.size, gap):
                break
            neighbours.append((int(group[node.path[position]]), distance))
        neighbours += [
            (number, node.depth + place if by_picks else node.elapsed_s + ago_s)
            for place, (number, ago_s) in enumerate(aired, start=1)
        ]
        mean_s = node.elapsed_s / node.depth if node.depth else 0.0
        neighbours += [(int(group[index]), steps if by_picks else steps * mean_s) for index, steps in due.ahead]
        return neighbours

    def _levels(self, node: Node, due: Due, transition: TransitionRow, position: PositionRow) -> list[Levels]:
        """How far each rule needs relaxing, in the order of relaxing."""
        artist, album = (
            self._gap_levels(group, rule, gap, self._neighbours(node, due, gap, group, aired))
            for (gap, group, aired), rule in zip(self._gaps, self._rules[:2], strict=True)
        )
        return [
            artist, album, transition.genre, position.energy_curve, self._sound, transition.harmonic,
            position.tempo_drift, transition.tempo_policy,
        ]  # fmt: skip

    @staticmethod
    def _gap_levels(group: Ints, rule: RelaxableRule, gap: Gap, neighbours: Iterable[tuple[int, float]]) -> Levels:
        levels = np.zeros(len(group), dtype=np.uint8)
        for number, distance in neighbours:
            if number == NO_GROUP:
                continue
            steps = sum(isinstance(size, float) and violates(distance, size, gap) for size in rule.settings)
            np.maximum(levels, np.where(group == number, steps, 0).astype(np.uint8), out=levels)
        return levels

    def _cost_out_of_reach(self, due: Due) -> Ints:
        """Cost of each candidate from which the next waypoint can't be reached in the steps left."""
        if due.waypoint is not None or not due.ahead:
            return np.zeros(len(self._columns), dtype=np.int64)
        goal, steps = due.ahead[0]
        if (goal, steps) not in self._reach:
            columns = self._columns
            key = np.maximum(0, self._key_steps[columns.key, columns.key[goal]] - steps)
            tempo = np.maximum(0, tempo_steps(columns.bpm, float(columns.bpm[goal]), self._tempo) - steps)
            missing = key + np.nan_to_num(tempo).astype(np.int64)
            self._reach[goal, steps] = REACH_COST * np.minimum(missing, MOST_MISSING)
        return self._reach[goal, steps]


def violates(distance: float, size: float, gap: Gap) -> bool:
    """Whether a distance is too small: in picks in between, or in time from start to start."""
    return distance <= size if gap.picks is not None else distance < size - EPSILON
