"""Put tracks in an order a DJ would play: a beam search that looks ahead before it settles on a pick.

Limits (key rule, tempo policy, artist gap ...) are hard masks; among what they leave, a step is judged by
compatibility, wanted energy, sound and genre. The search keeps a handful of ways open, so that a step that is best by
itself but leads nowhere is taken back, until a pick is final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from map4.domain.lists.limits import Relaxation, Rule
from map4.domain.playlist.options import PlaylistOptions
from map4.selection.sequencing.beam import EMPTY, Node, Relaxed, share_prefix
from map4.selection.sequencing.candidates import Candidates, Floats
from map4.selection.sequencing.expansion import Expansion, Successors
from map4.selection.sequencing.problem import SearchProblem, search_problem
from map4.selection.sequencing.schedule import Due
from map4.selection.sequencing.step_habits import StepHabits
from map4.selection.sequencing.step_scores import chances
from map4.selection.sequencing.waypoints import FixedTracks

COMMIT_HORIZON = 8
"""A pick is final once the search has looked so many picks ahead; until then a better way may replace it."""

# Where no way goes on, the search goes back to the last final pick and keeps so many times more ways; but not often.
_WIDER = 8
_MOST_RETRIES = 4
# Where still none does, so many times more candidates are taken in, those nearest by sound before the others.
_MORE_CANDIDATES = 4
# While limits are loosened every track may follow, which takes longer: 64 ways would be worth .5 of 100 in libraries of
# 34 and 58 tracks, at 2.5 times the time.
_LOOSENING_WAYS = 16
# Of the best steps, plans are made for so many times more than are kept: a plan takes half a millisecond.
_PLANNED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pick: its index among the candidates, the energy that was wanted there, the rules that were relaxed for it."""

    index: int
    energy: float | None
    relaxed: tuple[Relaxation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """What a mix plan makes of a step.

    score: added to that of the step, in millionths
    early_s: so long before the last track has ended the next one sets in
    skipped_s: so much of the next one is left out
    """

    score: int = 0
    early_s: float = 0.0
    skipped_s: float = 0.0


PlanStep = Callable[[int, int], PlannedStep]
"""`plan_step(before, after)`, of two candidates by index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why a list ended before its length.

    unused: how many other recordings were left
    blockers: for each rule that kept tracks out by itself, how many
    """

    picks: int
    unused: int
    blockers: dict[Rule, int]


def sequence(
    candidates: Candidates,
    options: PlaylistOptions,
    fixed: FixedTracks | None = None,
    *,
    family_fit: Floats | None = None,
    habits: StepHabits | None = None,
    beam_width: int | None = None,
    plan_step: PlanStep | None = None,
) -> Iterator[Step | Shortfall]:
    """Choose and order tracks, pick by pick as each is final.

    candidates: what may be chosen; ranked here by similarity of sound
    options: length, limits, curve
    family_fit: shape (families, families), how well genre families follow one another, 0-1
    habits: what the list leans to besides; None where to nothing
    beam_width: ways kept open; None takes what the time allows
    plan_step: judges a step by its mix plan too; asked of the best steps alone, since a plan takes time
    yields: Steps; at last a Shortfall where there are fewer than were asked for. The same arguments give the same
        steps.
    """
    fixed = fixed or FixedTracks()

    def search(columns: Candidates, options: PlaylistOptions) -> Iterator[Step | Shortfall]:
        problem = search_problem(columns, options, fixed, family_fit=family_fit, habits=habits, beam_width=beam_width)
        return _Search(problem, plan_step).run()

    if options.vary:
        plain = [found.index for found in search(candidates, replace(options, vary=0)) if isinstance(found, Step)]
        candidates = _hold_back(candidates, plain, fixed, options.vary)
    return search(candidates, options)


def _hold_back(candidates: Candidates, plain: list[int], fixed: FixedTracks, vary: int) -> Candidates:
    """Let half of the picks of the list that is not varied, one at least, stand back, so that another one differs."""
    free = np.array([index for index in plain if index not in fixed.indices], dtype=np.int64)
    held_back = np.zeros(len(candidates), dtype=bool)
    if len(free):
        chance = chances(candidates.tie_breaker[free], vary)
        held_back[free[chance <= max(0.5, float(chance.min()))]] = True
    return replace(candidates, held_back=held_back)


_UNPLANNED = PlannedStep()


@dataclass(slots=True, kw_only=True, eq=False)
class _State:
    """What changes while a list is searched.

    nodes: the ways kept open, best first
    final: the list of the picks that were given out, which a wider search goes back to
    window: how many candidates are active
    retries: how often the search went back
    loosens_until: up to so many picks every limit may be loosened
    longest: the way that went farthest while none was
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
    """One run over a problem."""

    def __init__(self, problem: SearchProblem, plan_step: PlanStep | None) -> None:
        self._problem = problem
        self._plan_step = plan_step
        self._schedule = problem.schedule
        root, window = self._root(), problem.first_window
        self._state = _State(nodes=[root], final=root, window=window, expansion=problem.expansion(window))

    def run(self) -> Iterator[Step | Shortfall]:
        state = self._state
        yield from self._steps(state.final, 0, state.final.depth)  # a start is final from the start
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
        if not state.finished:
            due = self._schedule.due(best)
            yield Shortfall(
                picks=best.depth, unused=state.expansion.unused(best, due), blockers=state.expansion.blockers(best, due)
            )

    def _farthest(self) -> Node:
        """The best of the ways that go on longest, and begin with what was given out."""
        state = self._state
        given = state.final.path
        is_longer = state.longest.depth > state.nodes[0].depth and state.longest.path[: len(given)] == given
        return state.longest if is_longer else state.nodes[0]

    def _settle(self) -> Iterator[Step]:
        """Give out the picks of the best way that lie far enough behind, and drop the ways that differ in them."""
        state, best = self._state, self._state.nodes[0]
        ready = best.depth - COMMIT_HORIZON
        if ready <= state.final.depth:
            return
        yield from self._steps(best, state.final.depth, ready)
        state.nodes = share_prefix(state.nodes, best.path, ready)
        state.finished = share_prefix(state.finished, best.path, ready)
        state.final = self._replay(best, ready)

    # ---- going on --------------------------------------------------------------------------------

    def _advance(self) -> list[Node]:
        """All ways one pick further, best first; none where they end here."""
        state = self._state
        if state.nodes[0].depth < state.loosens_until:
            return self._loosened(state.nodes)
        while True:
            if following := self._clean(state.nodes, self._problem.width):
                return following
            if state.finished:
                return []
            if following := self._search_wider():
                return following
            if not self._take_in_more():
                break
        if self._problem.options.relax is False:
            return []
        # From the last final pick on every way is open that leaves a limit: one left early may save two later.
        state.longest, state.loosens_until = state.nodes[0], state.nodes[0].depth + COMMIT_HORIZON
        state.nodes = [state.final]
        return self._loosened(state.nodes)

    def _clean(self, nodes: list[Node], width: int) -> list[Node]:
        dues = [self._schedule.due(node) for node in nodes]
        found = [self._state.expansion.clean(node, due, width) for node, due in zip(nodes, dues, strict=True)]
        return self._grow(nodes, dues, list(enumerate(found)), width)

    def _loosened(self, nodes: list[Node]) -> list[Node]:
        width = min(_LOOSENING_WAYS, self._problem.width)
        dues = [self._schedule.due(node) for node in nodes]
        found = [self._state.expansion.loosened(node, due, width) for node, due in zip(nodes, dues, strict=True)]
        return self._grow(nodes, dues, list(enumerate(found)), width)

    def _search_wider(self) -> list[Node]:
        """Go back to the last final pick and come here again with more ways open."""
        state, depth, width = self._state, self._state.nodes[0].depth, self._problem.width
        if state.retries >= _MOST_RETRIES or state.final.depth >= depth:
            return []
        state.retries += 1
        nodes = [state.final]
        while nodes and nodes[0].depth <= depth:
            nodes = self._clean([node for node in nodes if not self._schedule.is_complete(node)], width * _WIDER)
        return nodes[:width]

    def _take_in_more(self) -> bool:
        """Make more candidates active; whether there were any."""
        state, every = self._state, len(self._problem.columns)
        if state.window >= every:
            return False
        state.window = min(every, state.window * _MORE_CANDIDATES)
        state.expansion = self._problem.expansion(state.window)
        return True

    def _grow(self, nodes: list[Node], dues: list[Due], found: list[tuple[int, Successors]], width: int) -> list[Node]:
        """The best lists of all; of each node that goes on, by number, with what."""
        if not found:
            return []
        parents = np.repeat([parent for parent, _ in found], [len(some.indices) for _, some in found])
        indices = np.concatenate([some.indices for _, some in found])
        scores = np.concatenate([some.scores for _, some in found])
        # Of equal lists, the one whose earlier picks were better; then audio ids decide.
        order = np.lexsort((self._problem.columns.tie_breaker[indices], parents, -scores))
        best = order[: width if self._plan_step is None else _PLANNED * width]
        steps = list(zip(parents[best].tolist(), indices[best].tolist(), scores[best].tolist(), strict=True))
        planned = [(step, self._planned(nodes[step[0]], step[1])) for step in steps]
        planned.sort(key=lambda pair: -pair[0][2] - pair[1].score)  # stable: equal ones as before
        successors = dict(found)
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
        order = self._problem.order
        return self._plan_step(int(order[node.path[-1]]), int(order[index]))

    # ---- picks -----------------------------------------------------------------------------------

    def _root(self) -> Node:
        start = self._problem.fixed.start
        if start is None:
            return EMPTY
        lasts_s, energy = float(self._schedule.length_s[start]), self._schedule.plan.energy.at(0.0)
        return EMPTY.then(start, score=0, lasts_s=lasts_s, energy=energy, relaxed=(), passed=0)

    def _replay(self, node: Node, length: int) -> Node:
        """The first picks of a list, as a list of their own."""
        passed = sum(point.index in node.path[:length] for point in self._schedule.plan.waypoints)
        return Node(
            path=node.path[:length],
            starts_s=node.starts_s[:length],
            ends_s=node.ends_s[:length],
            energies=node.energies[:length],
            relaxed=node.relaxed[:length],
            score=0,
            elapsed_s=node.ends_s[length - 1],
            passed=passed,
        )

    def _steps(self, node: Node, first: int, last: int) -> Iterator[Step]:
        for position in range(first, last):
            yield Step(
                index=int(self._problem.order[node.path[position]]),
                energy=node.energies[position],
                relaxed=tuple(self._relaxation(relaxed) for relaxed in node.relaxed[position]),
            )

    def _relaxation(self, relaxed: Relaxed) -> Relaxation:
        rule = self._problem.rules[relaxed.rule]
        return Relaxation(rule=rule.name, asked=rule.settings[0], given=rule.settings[relaxed.steps])
