"""Put tracks in an order a DJ would play: a beam search that looks ahead before it settles on a pick.

Limits (key rule, tempo policy, artist gap ...) are hard masks; among what they leave, a step is judged by
compatibility, wanted energy, sound and genre. The search keeps a handful of ways open, so that a step that is best by
itself but leads nowhere is taken back, until a pick is final.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from map4.domain.playlist.options import DEFAULT_MAX_CANDIDATES, PlaylistOptions, Rule
from map4.selection.sequencing.beam import EMPTY, Node, share_prefix
from map4.selection.sequencing.candidates import Candidates, Floats
from map4.selection.sequencing.expansion import Expansion, Successor
from map4.selection.sequencing.ranking import choose_opening, in_corridor, ranked
from map4.selection.sequencing.relaxation import Setting, ladders
from map4.selection.sequencing.schedule import Due, Schedule
from map4.selection.sequencing.step_scores import chances
from map4.selection.sequencing.waypoints import Stops

COMMIT_HORIZON = 8
"""A pick is final once the search has looked so many picks ahead; until then a better way may replace it."""

BEAM_WIDTH = 8
"""Ways kept open; few candidates leave time for more, up to `MOST_WAYS`."""

MOST_WAYS = 64
# So many candidates are weighed a step, all ways together.
_STEP_BUDGET = BEAM_WIDTH * 1000
# At first the nearest by sound are active until so many, times the root of the number of picks, are of a tempo the list
# may drift to: with 30 the mixes of a list of 50 suffer (.972 instead of .979), with a thousand tracks for any
# list it sounds less like its seed (.57 instead of .62; benchmarks/playlist.py, 20,000 tracks). `max_candidates` scales
# it.
_USABLE_PER_ROOT = 40
_LEAST_ACTIVE = 50
# Where no way goes on, the search goes back to the last final pick and keeps so many times more ways; but not often.
_WIDER = 8
_MOST_RETRIES = 4
# Where still none does, so many times more candidates are taken in, those nearest by sound before the others.
_MORE_CANDIDATES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """A rule that a pick does not keep, what it asked for and what it had to be relaxed to (None: anything)."""

    rule: Rule
    asked: Setting
    given: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pick: its index among the candidates, the energy that was wanted there, the rules that were relaxed for it."""

    index: int
    energy: float | None
    relaxed: tuple[Relaxation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why a list ended before its length.

    Parameters
    ----------
    picks : how many there are
    unused : how many other recordings were left
    blockers : for each rule that kept tracks out by itself, how many
    """

    picks: int
    unused: int
    blockers: dict[Rule, int]


def sequence(
    candidates: Candidates,
    options: PlaylistOptions,
    stops: Stops | None = None,
    *,
    family_fit: Floats | None = None,
    beam_width: int | None = None,
) -> Iterator[Step | Shortfall]:
    """Choose and order tracks, pick by pick as each is final.

    Parameters
    ----------
    candidates : what may be chosen; ranked here by similarity of sound
    options : length, limits, curve
    stops : seeds and other fixed tracks
    family_fit : shape (families, families), how well genre families follow one another, 0-1
    beam_width : ways kept open; None takes what the time allows

    Yields
    ------
    Steps; at last a Shortfall where there are fewer than were asked for. The same arguments give the same steps.
    """
    stops = stops or Stops()
    if options.vary:
        plain = _Search(candidates, replace(options, vary=0), stops, family_fit, beam_width)
        candidates = _set_aside(candidates, [s.index for s in plain.run() if isinstance(s, Step)], stops, options.vary)
    return _Search(candidates, options, stops, family_fit, beam_width).run()


def _set_aside(candidates: Candidates, plain: list[int], stops: Stops, vary: int) -> Candidates:
    """Let half of the picks of the list that is not varied, one at least, stand back, so that another one differs."""
    free = np.array([index for index in plain if index not in stops.indices], dtype=np.int64)
    aside = np.zeros(len(candidates), dtype=bool)
    if len(free):
        chance = chances(candidates.tie[free], vary)
        aside[free[chance <= max(0.5, float(chance.min()))]] = True
    return replace(candidates, aside=aside)


class _Search:
    """One run: the columns in ranked order, and what is final so far."""

    def __init__(
        self,
        candidates: Candidates,
        options: PlaylistOptions,
        stops: Stops,
        family_fit: Floats | None,
        beam_width: int | None,
    ) -> None:
        if stops.first is None and (opening := choose_opening(candidates, options)) is not None:
            stops = replace(stops, start=opening, holds_energy=False)
        self._options = options
        self._family_fit = family_fit
        self._ladders = ladders(options)
        self._order = ranked(candidates, stops)
        self._columns = candidates.take(self._order)
        self._fixed = len(stops.indices)
        self._stops = stops.renumbered({int(index): place for place, index in enumerate(self._order[: self._fixed])})
        self._schedule = Schedule(self._columns, self._stops, options)
        self._window = self._first_window()
        self._schedule.rescale(self._columns, self._stops, self._columns.energy[self._fixed : self._window])
        self._width = beam_width or min(MOST_WAYS, max(BEAM_WIDTH, _STEP_BUDGET // max(1, self._window)))
        self._retries = 0
        self._activate()

    def run(self) -> Iterator[Step | Shortfall]:
        nodes, finished = [self._root()], list[Node]()
        final = nodes[0]  # its picks are those that were given out, so that a wider search can go back to it
        given = nodes[0].depth  # a start is final from the start
        yield from self._steps(nodes[0], 0, given)
        while True:
            open_nodes = [node for node in nodes if not self._schedule.is_complete(node)]
            finished += [node for node in nodes if self._schedule.is_complete(node)]
            if not open_nodes:
                break
            nodes = open_nodes
            ready = nodes[0].depth - COMMIT_HORIZON
            if ready > given:
                path = nodes[0].path
                yield from self._steps(nodes[0], given, ready)
                given = ready
                nodes, finished = share_prefix(nodes, path, given), share_prefix(finished, path, given)
                final = self._replay(nodes[0], given)
            following = self._advance(nodes, final, may_relax=not finished)
            if not following:
                break
            nodes = following
        best = self._schedule.best(finished) if finished else nodes[0]
        yield from self._steps(best, given, best.depth)
        if not finished and not self._schedule.is_complete(best):
            due = self._schedule.due(best)
            yield Shortfall(
                picks=best.depth,
                unused=self._expansion.unused(best, due),
                blockers=self._expansion.blockers(best, due),
            )

    # ---- going on --------------------------------------------------------------------------------

    def _advance(self, nodes: list[Node], final: Node, *, may_relax: bool) -> list[Node]:
        """All ways one pick further, best first; none where they end here."""
        while True:
            if following := self._clean(nodes, self._width):
                return following
            if not may_relax:  # others are complete already
                return []
            if following := self._search_wider(final, nodes[0].depth):
                return following
            if not self._take_in_more():
                break
        return self._relaxed(nodes) if self._options.relax else []

    def _clean(self, nodes: list[Node], width: int) -> list[Node]:
        found: list[Successor] = []
        dues = [self._schedule.due(node) for node in nodes]
        for number, (node, due) in enumerate(zip(nodes, dues, strict=True)):
            found += self._expansion.clean(node, number, due, width)
        return self._grow(nodes, dues, found, width)

    def _relaxed(self, nodes: list[Node]) -> list[Node]:
        dues = [self._schedule.due(node) for node in nodes]
        every = [
            self._expansion.relaxed(node, number, due, self._width)
            for number, (node, due) in enumerate(zip(nodes, dues, strict=True))
        ]
        least = min((needed for needed, found in every if found), default=0)
        found = [successor for needed, some in every if needed == least for successor in some]
        return self._grow(nodes, dues, found, self._width)

    def _search_wider(self, final: Node, depth: int) -> list[Node]:
        """Go back to the last final pick and come here again with more ways open."""
        if self._retries >= _MOST_RETRIES or final.depth >= depth:
            return []
        self._retries += 1
        nodes = [final]
        while nodes and nodes[0].depth <= depth:
            nodes = self._clean([node for node in nodes if not self._schedule.is_complete(node)], self._width * _WIDER)
        return nodes[: self._width]

    def _take_in_more(self) -> bool:
        """Make more candidates active; whether there were any."""
        if self._window >= len(self._columns):
            return False
        self._window = min(len(self._columns), self._window * _MORE_CANDIDATES)
        self._activate()
        return True

    def _activate(self) -> None:
        self._expansion = Expansion(
            self._columns.take(np.arange(self._window)),
            fixed=self._fixed,
            options=self._options,
            ladders=self._ladders,
            family_fit=self._family_fit,
            lead=self._stops.lead if self._stops.start is None else None,
        )

    def _grow(self, nodes: list[Node], dues: list[Due], found: list[Successor], width: int) -> list[Node]:
        ties = self._columns.tie
        # Of equal lists, the one whose earlier picks were better; then audio ids decide.
        found.sort(key=lambda successor: (-successor.score, successor.parent, ties[successor.index]))
        return [
            nodes[successor.parent].then(
                successor.index,
                score=successor.score,
                lasts_s=float(self._schedule.length_s[successor.index]),
                energy=dues[successor.parent].place.energy,
                relaxed=successor.relaxed,
                passed=dues[successor.parent].waypoint is not None,
            )
            for successor in found[:width]
        ]

    def _first_window(self) -> int:
        """How many candidates are active at first: the nearest by sound, until enough of them can be used."""
        usable = in_corridor(self._columns, self._stops, self._options.tempo)
        usable[: self._fixed] = False
        share = self._options.max_candidates / DEFAULT_MAX_CANDIDATES
        wanted = _USABLE_PER_ROOT * share * math.sqrt(self._schedule.count)
        enough = int(np.searchsorted(np.cumsum(usable), wanted)) + 1
        return min(len(self._columns), max(enough, self._fixed + _LEAST_ACTIVE))

    # ---- picks -----------------------------------------------------------------------------------

    def _root(self) -> Node:
        start = self._stops.start
        if start is None:
            return EMPTY
        return EMPTY.then(
            start,
            score=0,
            lasts_s=float(self._schedule.length_s[start]),
            energy=self._schedule.route.energy.at(0.0),
            relaxed=(),
            passed=0,
        )

    def _replay(self, node: Node, length: int) -> Node:
        """The first picks of a list, as a list of their own."""
        passed = sum(point.index in node.path[:length] for point in self._schedule.route.waypoints)
        return Node(
            path=node.path[:length],
            starts_s=node.starts_s[:length],
            energies=node.energies[:length],
            relaxed=node.relaxed[:length],
            score=0,
            elapsed_s=node.starts_s[length],
            passed=passed,
        )

    def _steps(self, node: Node, first: int, last: int) -> Iterator[Step]:
        for position in range(first, last):
            yield Step(
                index=int(self._order[node.path[position]]),
                energy=node.energies[position],
                relaxed=tuple(
                    Relaxation(
                        rule=self._ladders[relaxed.rule].rule,
                        asked=self._ladders[relaxed.rule].settings[0],
                        given=self._ladders[relaxed.rule].settings[relaxed.steps],
                    )
                    for relaxed in node.relaxed[position]
                ),
            )
