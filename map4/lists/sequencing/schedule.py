"""When the picks of a list come, and what is wanted of each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from map4.lists.sequencing.beam import Node
from map4.lists.sequencing.problem import Floats, ListProblem
from map4.lists.sequencing.step_scores import MICRO, Position
from map4.lists.sequencing.waypoints import Waypoint, WaypointPlan, plan_waypoints

# What it costs a list of a wanted duration to miss it by the mean length of a track.
_LENGTH_COST = MICRO // 2
# A library that knows no lengths: the usual length of a track.
_USUAL_LENGTH_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What the next pick is up against.

    position: its place in the list
    waypoint: index of the track that must come now; None where the choice is free
    ahead: the waypoints still to come after it: index, and steps from the pick to it
    """

    position: Position
    waypoint: int | None
    ahead: tuple[tuple[int, int], ...]


class Schedule:
    """The course of a list.

    problem: its candidates are all that may come to be active
    length_s: shape (n,), the usual length where a track's is unknown
    count: how many picks there will be, about, where the length is one of time
    plan: where the list has to pass, from `lay_out`
    is_cut_short: what it has to pass comes next, as nothing else is left to come before
    """

    plan: WaypointPlan
    is_cut_short = False

    def __init__(self, problem: ListProblem) -> None:
        self._problem, duration_s = problem, problem.candidates.duration_s
        self._n, minutes = problem.request.n, problem.request.minutes
        known_s = duration_s[~np.isnan(duration_s)]
        self.mean_s = (float(known_s.mean()) if len(known_s) else 0.0) or _USUAL_LENGTH_S
        self.length_s: Floats = np.where(np.isnan(duration_s), self.mean_s, duration_s)
        self.wanted_s = None if minutes is None else minutes * 60.0
        self.count = self._n or max(1, round((self.wanted_s or 0.0) / self.mean_s))

    def lay_out(self, energies: Floats) -> None:
        """Plan the list; a curve of energy spans `energies`: those of the candidates that are active at first."""
        problem = self._problem
        first = 0 if problem.start is None else 1
        last = self.count - (1 if problem.end is None else 2)
        taken = {place for _, place in problem.at}
        slots = [self.progress_at(place, self.count) for place in range(first, last + 1) if place not in taken]
        placed = [Waypoint(index=index, progress=self.progress_at(place, self.count)) for index, place in problem.at]
        self.plan = plan_waypoints(problem, energies=energies, slots=slots, placed=placed)

    @staticmethod
    def progress_at(position: int, count: int) -> float:
        """How much of a list of so many picks has passed at one of them, counted from 0."""
        return position / (count - 1) if count > 1 else 0.0

    def _progress(self, node: Node) -> float:
        """How much of the list has passed when its next pick starts."""
        if self._n is not None:
            return self.progress_at(node.depth, self._n)
        assert self.wanted_s is not None
        return min(1.0, node.elapsed_s / max(self.mean_s, self.wanted_s - self.mean_s))

    def due(self, node: Node) -> Due:
        """What the next pick of a list is up against."""
        progress = self._progress(node)
        position = Position(
            progress=progress, energy=self.plan.energy.at(progress), log_bpm=self.plan.log_bpm.at(progress)
        )
        coming = self.plan.waypoints[node.passed :]
        steps = [self._steps_to(node, progress, point.progress) for point in coming]
        if coming and (steps[0] <= 0 or self.is_cut_short):
            ahead = tuple((point.index, max(1, left)) for point, left in zip(coming[1:], steps[1:], strict=True))
            return Due(position=position, waypoint=coming[0].index, ahead=ahead)
        ahead = tuple((point.index, left) for point, left in zip(coming, steps, strict=True))
        return Due(position=position, waypoint=None, ahead=ahead)

    def cut_short(self, nodes: list[Node]) -> bool:
        """From now on let what these must still pass come next; whether that is news, and there is anything."""
        was, self.is_cut_short = self.is_cut_short, True
        return not was and any(node.passed < len(self.plan.waypoints) for node in nodes)

    def _steps_to(self, node: Node, progress: float, goal: float) -> int:
        """Picks from the next one to the one at `goal`; 0 or less where the next one is it."""
        if self._n is not None:
            return round((goal - progress) * (self._n - 1))
        assert self.wanted_s is not None
        if goal >= 1.0:  # the last one comes where nothing else would fit before it
            left_s = self.wanted_s - node.elapsed_s - self.mean_s
            return math.ceil(left_s / self.mean_s - 0.5)
        return math.ceil((goal - progress) * self.wanted_s / self.mean_s - 0.5)

    def is_complete(self, node: Node) -> bool:
        """Whether a list is as long as asked and has passed all it must."""
        if self._n is not None:
            return node.depth >= self._n
        assert self.wanted_s is not None
        return node.passed == len(self.plan.waypoints) and node.elapsed_s >= self.wanted_s - self.mean_s / 2

    def best(self, finished: list[Node]) -> Node:
        if self.wanted_s is None:
            return finished[0]  # all of one length, and best first
        wanted_s = self.wanted_s

        def score_per_pick(node: Node) -> float:
            miss = abs(node.elapsed_s - wanted_s) / self.mean_s
            return round((node.score - _LENGTH_COST * miss) / max(1, node.depth), 3)

        return max(finished, key=score_per_pick)  # the first of equal ones
