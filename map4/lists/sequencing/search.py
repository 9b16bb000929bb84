"""Order tracks as a DJ would: a beam search that looks ahead before a pick is final.

Limits (key rule, tempo policy, artist gap ...) are hard masks; the allowed steps are scored by compatibility, wanted
energy, sound and genre. The search keeps several partial lists, so that a step that looks best but leads nowhere is
dropped, until a pick is final.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from map4.core.music.lists.limits import Relaxation, Rule
from map4.lists.playlist.request import DEFAULT_MAX_CANDIDATES
from map4.lists.sequencing.expansion import EMPTY, Due, Expansion, Node, Relaxed, Schedule, Successors
from map4.lists.sequencing.problem import ListProblem
from map4.lists.sequencing.series import Repeats, series_order
from map4.lists.sequencing.step_scores import relaxable_rules
from map4.lists.sequencing.waypoints import choose_opening, in_corridor, ranked

BEAM_WIDTH = 8
"""Partial lists kept; with few candidates up to `MOST_PATHS`."""

MOST_PATHS = 64
# Candidates evaluated per step, over all partial lists.
_STEP_BUDGET = BEAM_WIDTH * 1000
# Initially the nearest tracks by sound are active, until the number within the allowed tempo drift is this factor times
# the square root of the number of picks. With 30, the mixes of a list of 50 suffer (.972 instead of .979); with a
# thousand tracks for any list it sounds less like its seed (.57 instead of .62; 20,000 tracks).
# Scaled by `max_candidates`.
_USABLE_PER_ROOT = 40
_LEAST_ACTIVE = 50

COMMIT_HORIZON = 8
"""A pick is final once the search is this many picks ahead; until then it may be replaced."""

# If no partial list can continue, the search restarts from the last final pick with a beam wider by this factor.
_WIDER = 8
_MOST_RETRIES = 4
# If that fails as well, take in this many times more candidates, nearest by sound first.
_MORE_CANDIDATES = 4
# While limits are relaxed every track may follow, which is slower: 64 partial lists would gain .5 of 100 in libraries
# of 34 and 58 tracks, in 2.5 times the time.
_LOOSENING_PATHS = 16
# Plans are made for this many times more of the best steps than are kept: a plan takes half a millisecond.
_PLANNED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pick: its index among the candidates, the wanted energy, and the relaxed rules."""

    index: int
    energy: float | None
    relaxed: tuple[Relaxation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """The effect of a mix plan on a step.

    score: added to that of the step, in millionths
    early_s: the next track starts this long before the previous one has ended
    skipped_s: length of the next track that is left out
    """

    score: int = 0
    early_s: float = 0.0
    skipped_s: float = 0.0


PlanStep = Callable[[int, int], PlannedStep]
"""`plan_step(before, after)`, for two candidates by index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why a list is shorter than requested.

    unused: number of other recordings left
    blockers: number of tracks that only this rule excludes
    """

    picks: int
    unused: int
    blockers: dict[Rule, int]


def sequence(
    problem: ListProblem, *, beam_width: int | None = None, plan_step: PlanStep | None = None
) -> Iterator[Step | Shortfall | Repeats]:
    """Choose and order tracks, and yield each pick as soon as it is final.

    beam_width: partial lists kept; None uses what the time allows
    plan_step: also judges a step by its mix plan; called only for the best steps, since a plan takes time
    yields: Steps; then Repeats if the tracks do not suffice for a series; finally a Shortfall if there are fewer than
        requested. The result is deterministic.
    """
    plain = list[int]()
    if problem.request.vary:
        steps = _Search(replace(problem, request=replace(problem.request, vary=0)), plan_step, beam_width).run()
        plain = [step.index for step in steps if isinstance(step, Step)]
    return _Search(problem, plan_step, beam_width, plain).run()


_UNPLANNED = PlannedStep()


@dataclass(slots=True, kw_only=True, eq=False)
class _State:
    """The changing state of a search.

    nodes: the partial lists, best first
    final: the list of the final picks, from which a wider search restarts
    window: number of active candidates
    retries: number of restarts
    loosens_until: number of picks up to which every limit may be relaxed
    longest: the longest list before limits were relaxed
    """

    nodes: list[Node]
    final: Node
    window: int
    expansion: Expansion
    finished: list[Node] = field(default_factory=list)
    retries: int = 0
    loosens_until: int = 0
    longest: Node = EMPTY


class _Search:
    """One run over a problem, which is ranked by similarity of sound and laid out here."""

    def __init__(
        self, problem: ListProblem, plan_step: PlanStep | None, beam_width: int | None, plain: Sequence[int] = ()
    ) -> None:
        if problem.first is None and (opening := choose_opening(problem.candidates, problem.request)) is not None:
            problem = replace(problem, start=opening, holds_energy=False)
        self._order = ranked(problem)
        self._repeats: Repeats | None = None
        self._problem = problem = problem.in_order(self._order)
        self._rules = relaxable_rules(problem.request)
        self._plan_step = plan_step
        self._schedule = Schedule(problem)
        window = first_window(problem, self._schedule.count)
        # Fewer candidates leave time for more partial lists.
        self._width = beam_width or min(MOST_PATHS, max(BEAM_WIDTH, _STEP_BUDGET // max(1, window)))
        energies = problem.candidates.energy[len(problem.fixed) : window]
        self._schedule.lay_out(energies)
        if problem.request.vary:
            taken = np.flatnonzero(np.isin(self._order, plain))
            order, window, held_back, self._repeats = series_order(
                problem, taken, self._schedule.count, self._schedule.plan.energy
            )
            candidates = replace(problem.candidates.take(order), held_back=held_back)
            self._order, self._problem = self._order[order], replace(problem, candidates=candidates)
            self._schedule = Schedule(self._problem)
            self._schedule.lay_out(energies)
        root = self._root()
        self._state = _State(nodes=[root], final=root, window=window, expansion=self._expansion(window))

    def _expansion(self, window: int) -> Expansion:
        """Expand lists with the first `window` candidates."""
        active = self._problem.with_songs(self._problem.candidates.take(np.arange(window)))
        return Expansion(replace(self._problem, candidates=active), self._rules)

    def run(self) -> Iterator[Step | Shortfall | Repeats]:
        state = self._state
        yield from self._steps(state.final, 0, state.final.depth)  # a given start is final immediately
        while True:
            open_nodes = [node for node in state.nodes if not self._schedule.is_complete(node)]
            state.finished += [node for node in state.nodes if self._schedule.is_complete(node)]
            if not open_nodes:
                break
            state.nodes = open_nodes
            yield from self._settle()
            following = self._advance()
            if not following and self._schedule.cut_short(state.nodes):
                following = self._advance()
            if not following:
                break
            state.nodes = following
        best = self._schedule.best(state.finished) if state.finished else self._farthest()
        yield from self._steps(best, state.final.depth, best.depth)
        if self._repeats is not None:
            yield self._repeats
        if not state.finished:
            due = self._schedule.due(best)
            yield Shortfall(
                picks=best.depth, unused=state.expansion.unused(best, due), blockers=state.expansion.blockers(best, due)
            )

    def _farthest(self) -> Node:
        """The best of the longest lists that begin with the final picks."""
        state = self._state
        given = state.final.path
        is_longer = state.longest.depth > state.nodes[0].depth and state.longest.path[: len(given)] == given
        return state.longest if is_longer else state.nodes[0]

    def _settle(self) -> Iterator[Step]:
        """Yield the picks of the best list that are now final, and drop the lists that differ in them."""
        state, best = self._state, self._state.nodes[0]
        ready = best.depth - COMMIT_HORIZON
        if ready <= state.final.depth:
            return
        yield from self._steps(best, state.final.depth, ready)
        path = best.path[:ready]
        state.nodes = [node for node in state.nodes if node.path[:ready] == path]
        state.finished = [node for node in state.finished if node.path[:ready] == path]
        passed = sum(point.index in path for point in self._schedule.plan.waypoints)
        state.final = Node(
            path=best.path[:ready],
            starts_s=best.starts_s[:ready],
            ends_s=best.ends_s[:ready],
            energies=best.energies[:ready],
            relaxed=best.relaxed[:ready],
            score=0,
            elapsed_s=best.ends_s[ready - 1],
            passed=passed,
        )

    # ---- advance ---------------------------------------------------------------------------------

    def _advance(self) -> list[Node]:
        """All lists extended by one pick, best first; empty if none can continue."""
        state = self._state
        if state.nodes[0].depth < state.loosens_until:
            return self._loosened(state.nodes)
        while True:
            if following := self._clean(state.nodes, self._width):
                return following
            if state.finished:
                return []
            if following := self._search_wider():
                return following
            if not self._take_in_more():
                break
        if self._problem.request.relax is False:
            return []
        # Allow any limit to be broken from the last final pick on: breaking one early may save two later.
        state.longest, state.loosens_until = state.nodes[0], state.nodes[0].depth + COMMIT_HORIZON
        state.nodes = [state.final]
        return self._loosened(state.nodes)

    def _clean(self, nodes: list[Node], width: int) -> list[Node]:
        dues = [self._schedule.due(node) for node in nodes]
        successors = [self._state.expansion.clean(node, due, width) for node, due in zip(nodes, dues, strict=True)]
        return self._grow(nodes, dues, list(enumerate(successors)), width)

    def _loosened(self, nodes: list[Node]) -> list[Node]:
        width = min(_LOOSENING_PATHS, self._width)
        dues = [self._schedule.due(node) for node in nodes]
        successors = [self._state.expansion.loosened(node, due, width) for node, due in zip(nodes, dues, strict=True)]
        return self._grow(nodes, dues, list(enumerate(successors)), width)

    def _search_wider(self) -> list[Node]:
        """Restart from the last final pick with a wider beam."""
        state, depth, width = self._state, self._state.nodes[0].depth, self._width
        # Without open picks a restart would find the same lists.
        if state.retries >= _MOST_RETRIES or state.final.depth >= depth:
            return []
        state.retries += 1
        nodes = [state.final]
        while nodes and nodes[0].depth <= depth:
            nodes = self._clean([node for node in nodes if not self._schedule.is_complete(node)], width * _WIDER)
        return nodes[:width]  # the rest continues with the usual width

    def _take_in_more(self) -> bool:
        """Activate more candidates; returns whether there were any."""
        state, every = self._state, len(self._problem.candidates)
        if state.window >= every:
            return False
        state.window = min(every, state.window * _MORE_CANDIDATES)
        state.expansion = self._expansion(state.window)
        return True

    def _grow(self, nodes: list[Node], dues: list[Due], grown: list[tuple[int, Successors]], width: int) -> list[Node]:
        """The best extended lists; `grown` has the successors of each node by its number."""
        if not grown:
            return []
        parents = np.repeat([parent for parent, _ in grown], [len(some.indices) for _, some in grown])
        indices = np.concatenate([some.indices for _, some in grown])
        scores = np.concatenate([some.scores for _, some in grown])
        # For ties, prefer better earlier picks, then audio ids.
        order = np.lexsort((self._problem.candidates.tie_breaker[indices], parents, -scores))
        best = order[: width if self._plan_step is None else _PLANNED * width]
        steps = list(zip(parents[best].tolist(), indices[best].tolist(), scores[best].tolist(), strict=True))
        planned = [(step, self._planned(nodes[step[0]], step[1])) for step in steps]
        planned.sort(key=lambda pair: -pair[0][2] - pair[1].score)  # stable for ties
        successors = dict(grown)
        return [
            nodes[parent].then(
                index,
                score=score + plan.score,
                early_s=plan.early_s,
                lasts_s=float(self._schedule.length_s[index]) - plan.skipped_s,
                energy=dues[parent].position.energy,
                relaxed=successors[parent].relaxed(index),
                passed=dues[parent].waypoint is not None,
            )
            for (parent, index, score), plan in planned[:width]
        ]

    def _planned(self, node: Node, index: int) -> PlannedStep:
        if self._plan_step is None or not node.path:
            return _UNPLANNED
        return self._plan_step(int(self._order[node.path[-1]]), int(self._order[index]))

    # ---- picks -----------------------------------------------------------------------------------

    def _root(self) -> Node:
        start = self._problem.start
        if start is None:
            return EMPTY
        lasts_s, energy = float(self._schedule.length_s[start]), self._schedule.plan.energy.at(0.0)
        return EMPTY.then(start, score=0, lasts_s=lasts_s, energy=energy, relaxed=(), passed=0)

    def _steps(self, node: Node, first: int, last: int) -> Iterator[Step]:
        for position in range(first, last):
            yield Step(
                index=int(self._order[node.path[position]]),
                energy=node.energies[position],
                relaxed=tuple(self._relaxation(relaxed) for relaxed in node.relaxed[position]),
            )

    def _relaxation(self, relaxed: Relaxed) -> Relaxation:
        rule = self._rules[relaxed.rule]
        return Relaxation(rule=rule.name, asked=rule.settings[0], given=rule.settings[relaxed.steps])


def first_window(problem: ListProblem, count: int) -> int:
    """Initial number of active candidates: the nearest by sound, until enough of them are usable for `count` picks.

    problem: ranked
    """
    fixed_count = len(problem.fixed)
    usable = in_corridor(problem)
    usable[:fixed_count] = False
    share = problem.request.most_candidates / DEFAULT_MAX_CANDIDATES
    if (curve := problem.request.wanted_tempo) is not None:  # at a time, only a part of the corridor is usable
        tempi = [bpm for _, bpm in curve.points]
        share *= math.log(max(tempi) / min(tempi)) / (2.0 * math.log1p(problem.request.drift_percent / 100.0)) + 1.0
    enough = int(np.searchsorted(np.cumsum(usable), _USABLE_PER_ROOT * share * math.sqrt(count))) + 1
    return min(len(problem.candidates), max(enough, fixed_count + _LEAST_ACTIVE))
