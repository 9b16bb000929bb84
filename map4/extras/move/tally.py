"""Count what arrived, and collect the losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import eq
from typing import Any

from map4.extras.move.records import KINDS, Arrival, Kind, KindCount, Loss
from map4.extras.move.targets import Held, Target

Same = Callable[[Any, Any], bool]


@dataclass(slots=True)
class MoveTally:
    """Counts by kind and arrival, and the losses in order."""

    target: Target
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)

    def kinds(self) -> Iterator[KindCount]:
        """Yield the counts of the kinds that occur."""
        for kind in KINDS:
            of = {
                name: self.counts[kind, name] for name in ("total", "equal", "changed", "missing", "added", "avoidable")
            }
            if any(of.values()):
                yield KindCount(kind=kind, **of)

    def equal(self, kind: Kind) -> None:
        self.counts[kind, "total"] += 1
        self.counts[kind, "equal"] += 1

    def lose(
        self, kind: Kind, arrival: Arrival, item: str, reason: str, *, avoidable: bool, count: int = 1, **where: Any
    ) -> None:
        """Record a loss; `where` are further fields of `Loss`."""
        self.add(Loss(kind=kind, arrival=arrival, item=item, reason=reason, avoidable=avoidable, count=count, **where))

    def add(self, loss: Loss) -> None:
        if loss.arrival != "added":
            self.counts[loss.kind, "total"] += loss.count
        self.counts[loss.kind, loss.arrival] += loss.count
        self.counts[loss.kind, "avoidable"] += loss.count * loss.avoidable
        self.losses.append(loss)

    def not_held(self, kind: Kind, count: int, item: str, **where: Any) -> None:
        """Record things of a kind that the target does not hold at all."""
        if count:
            self.lose(kind, "missing", item, self.target.lacks(kind), avoidable=False, count=count, **where)

    def value(
        self, kind: Kind, item: str, before: Any, held: Held, after: Any, *, same: Same = eq,
        shown: Callable[[Any], str] = str, **where: Any,
    ) -> None:  # fmt: skip
        """Compare a value of the source with the result.

        held: what the target can hold of it
        after: the value in the result
        """

        def text(value: Any) -> str | None:
            return None if value is None else shown(value)

        def is_same(one: Any, other: Any) -> bool:
            return one is None and other is None if one is None or other is None else same(one, other)

        where = {**where, "before": text(before), "after": text(after)}
        if before is None:
            if not is_same(held.value, after):
                self.lose(kind, "added", item, "the source has none", avoidable=True, **where)
        elif is_same(before, after):
            self.equal(kind)
        elif is_same(held.value, after):
            self.lose(kind, "missing" if after is None else "changed", item, held.reason, avoidable=False, **where)
        elif after is None:
            self.lose(kind, "missing", item, self.target.misses(kind), avoidable=True, **where)
        else:
            self.lose(kind, "changed", item, "the result has another value", avoidable=True, **where)
