"""The partial lists of a search: chains of picks, and the selection of the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from map4.lists.sequencing.problem import Ints


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


def share_prefix(nodes: Sequence[Node], path: tuple[int, ...], length: int) -> list[Node]:
    """The lists whose first `length` picks are those of `path`."""
    return [node for node in nodes if node.path[:length] == path[:length]]
