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

from map4.domain.playlist_options import DEFAULT_MAX_CANDIDATES, PlaylistOptions, Rule
from map4.selection.beam import EMPTY, Node, lengths, share_prefix, value_per_pick
from map4.selection.candidates import Candidates, Floats
from map4.selection.expansion import Due, Expansion, Successor
from map4.selection.ranking import choose_opening, in_corridor, ranked
from map4.selection.route import Route, Stops, plan_route
from map4.selection.step_scores import MICRO, Place, Setting, ladders

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
# What it costs a list of a wanted duration to miss it by the mean length of a track.
_LENGTH_COST = MICRO // 2
# A library that knows no lengths: the usual length of a track.
_USUAL_LENGTH_S = 240.0


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
    return _Search(candidates, options, stops or Stops(), family_fit, beam_width).run()


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
        self._length_s, self._mean_s = lengths(self._columns.duration_s, _USUAL_LENGTH_S)
        self._wanted_s = None if options.minutes is None else options.minutes * 60.0
        self._count = options.n or max(1, round((self._wanted_s or 0.0) / self._mean_s))
        self._window = self._first_window()
        self._width = beam_width or min(MOST_WAYS, max(BEAM_WIDTH, _STEP_BUDGET // max(1, self._window)))
        self._route = self._plan()
        self._retries = 0
        self._activate()

    def run(self) -> Iterator[Step | Shortfall]:
        nodes, finished = [self._root()], list[Node]()
        final = nodes[0]  # its picks are those that were given out, so that a wider search can go back to it
        given = nodes[0].depth  # a start is final from the start
        yield from self._steps(nodes[0], 0, given)
        while True:
            open_nodes = [node for node in nodes if not self._is_complete(node)]
            finished += [node for node in nodes if self._is_complete(node)]
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
        best = self._best(finished) if finished else nodes[0]
        yield from self._steps(best, given, best.depth)
        if not finished and not self._is_complete(best):
            due = self._due(best)
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
        dues = [self._due(node) for node in nodes]
        for number, (node, due) in enumerate(zip(nodes, dues, strict=True)):
            found += self._expansion.clean(node, number, due, width)
        return self._grow(nodes, dues, found, width)

    def _relaxed(self, nodes: list[Node]) -> list[Node]:
        dues = [self._due(node) for node in nodes]
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
            nodes = self._clean([node for node in nodes if not self._is_complete(node)], self._width * _WIDER)
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
                lasts_s=float(self._length_s[successor.index]),
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
        wanted = _USABLE_PER_ROOT * share * math.sqrt(self._count)
        enough = int(np.searchsorted(np.cumsum(usable), wanted)) + 1
        return min(len(self._columns), max(enough, self._fixed + _LEAST_ACTIVE))

    # ---- places ----------------------------------------------------------------------------------

    def _plan(self) -> Route:
        count = self._count
        first = 0 if self._stops.start is None else 1
        last = count - (1 if self._stops.end is None else 2)
        slots = [self._progress_at(position, count) for position in range(first, last + 1)]
        energies = self._columns.energy[self._fixed : self._window]
        return plan_route(self._columns, self._stops, self._options, energies=energies, slots=slots)

    @staticmethod
    def _progress_at(position: int, count: int) -> float:
        return position / (count - 1) if count > 1 else 0.0

    def _progress(self, node: Node) -> float:
        """How much of the list has passed when its next pick starts."""
        if self._options.n is not None:
            return self._progress_at(node.depth, self._options.n)
        assert self._wanted_s is not None
        return min(1.0, node.elapsed_s / max(self._mean_s, self._wanted_s - self._mean_s))

    def _due(self, node: Node) -> Due:
        progress = self._progress(node)
        place = Place(
            progress=progress, energy=self._route.energy.at(progress), log_bpm=self._route.log_bpm.at(progress)
        )
        coming = self._route.waypoints[node.passed :]
        steps = [self._steps_to(node, progress, point.progress) for point in coming]
        if coming and steps[0] <= 0:
            ahead = tuple((point.index, max(1, left)) for point, left in zip(coming[1:], steps[1:], strict=True))
            return Due(place=place, waypoint=coming[0].index, ahead=ahead)
        ahead = tuple((point.index, left) for point, left in zip(coming, steps, strict=True))
        return Due(place=place, waypoint=None, ahead=ahead)

    def _steps_to(self, node: Node, progress: float, goal: float) -> int:
        """Picks from the next one to the one at `goal`; 0 or less where the next one is it."""
        if self._options.n is not None:
            return round((goal - progress) * (self._options.n - 1))
        assert self._wanted_s is not None
        if goal >= 1.0:  # the last one comes where nothing else would fit before it
            left_s = self._wanted_s - node.elapsed_s - self._mean_s
            return math.ceil(left_s / self._mean_s - 0.5)
        return math.ceil((goal - progress) * self._wanted_s / self._mean_s - 0.5)

    def _is_complete(self, node: Node) -> bool:
        if self._options.n is not None:
            return node.depth >= self._options.n
        assert self._wanted_s is not None
        return node.passed == len(self._route.waypoints) and node.elapsed_s >= self._wanted_s - self._mean_s / 2

    def _best(self, finished: list[Node]) -> Node:
        if self._wanted_s is None:
            return finished[0]  # all of one length, and best first
        values = [
            round(value_per_pick(node, wanted_s=self._wanted_s, mean_s=self._mean_s, length_cost=_LENGTH_COST), 3)
            for node in finished
        ]
        return finished[values.index(max(values))]

    # ---- picks -----------------------------------------------------------------------------------

    def _root(self) -> Node:
        start = self._stops.start
        if start is None:
            return EMPTY
        return EMPTY.then(
            start,
            score=0,
            lasts_s=float(self._length_s[start]),
            energy=self._route.energy.at(0.0),
            relaxed=(),
            passed=0,
        )

    def _replay(self, node: Node, length: int) -> Node:
        """The first picks of a list, as a list of their own."""
        passed = sum(point.index in node.path[:length] for point in self._route.waypoints)
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
