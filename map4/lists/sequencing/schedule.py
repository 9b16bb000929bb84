"""The times of a list's picks, and the requirements of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from map4.core.music.lists.tracklist import USUAL_LENGTH_S
from map4.lists.sequencing.problem import Floats, Ints, ListProblem
from map4.lists.sequencing.step_scores import MICRO, Position
from map4.lists.sequencing.waypoints import Waypoint, WaypointPlan, plan_waypoints


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
        self.mean_s = (float(known_s.mean()) if len(known_s) else 0.0) or USUAL_LENGTH_S
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
