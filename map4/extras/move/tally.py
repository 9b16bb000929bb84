"""Count what arrived, and collect the losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import eq
from typing import Any

from map4.extras.move.records import KINDS, Arrival, Kind, KindCount, Loss
from map4.extras.move.targets import STICK, Held, Target

Same = Callable[[Any, Any], bool]
_COUNTS = ("total", "program_holds", "files_hold", "equal", "changed", "missing", "added")


@dataclass(slots=True)
class MoveTally:
    """Counts by kind and arrival, and the losses in order."""

    target: Target
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)

    def kinds(self) -> Iterator[KindCount]:
        """Yield the counts of the kinds that occur."""
        for kind in KINDS:
            of = {name: self.counts[kind, name] for name in _COUNTS}
            if any(of.values()):
                yield KindCount(kind=kind, **of)

    def equal(self, kind: Kind) -> None:
        self._count(kind, 1, in_program=True, in_files=kind in self.target.files_hold)
        self.counts[kind, "equal"] += 1

    def lose(
        self, kind: Kind, arrival: Arrival, item: str, reason: str, *, in_program: bool, in_files: bool | None = None,
        count: int = 1, **where: Any,
    ) -> None:  # fmt: skip
        """Record a loss; `where` are further fields of `Loss`.

        in_files: whether the files can hold it; None if they can hold what the program can of their kinds
        """
        in_files = in_program and kind in self.target.files_hold if in_files is None else in_files
        self.add(
            Loss(
                kind=kind, arrival=arrival, item=item, reason=reason, program_holds=in_program, files_hold=in_files,
                count=count, **where,
            )
        )  # fmt: skip

    def added(self, kind: Kind, item: str, **where: Any) -> None:
        """Record a thing that only the result has; a stick also has what map4 measured, and other lists."""
        if self.target is not STICK:
            self.lose(kind, "added", item, "the source has none", in_program=True, **where)

    def add(self, loss: Loss) -> None:
        if loss.arrival != "added":
            self._count(loss.kind, loss.count, in_program=loss.program_holds, in_files=loss.files_hold)
        self.counts[loss.kind, loss.arrival] += loss.count
        self.losses.append(loss)

    def _count(self, kind: Kind, count: int, *, in_program: bool, in_files: bool) -> None:
        self.counts[kind, "total"] += count
        self.counts[kind, "program_holds"] += count * in_program
        self.counts[kind, "files_hold"] += count * in_files

    def not_held(self, kind: Kind, count: int, item: str, **where: Any) -> None:
        """Record things of a kind that the files do not hold at all."""
        if count:
            in_program = kind in self.target.program_holds
            self.lose(kind, "missing", item, self.target.lacks(kind), in_program=in_program, count=int(count), **where)

    def value(
        self, kind: Kind, item: str, before: Any, held: Held, after: Any, *, same: Same = eq,
        shown: Callable[[Any], str] = str, **where: Any,
    ) -> None:  # fmt: skip
        """Compare a value of the source with the result.

        held: what the target can hold of it
        after: the value in the result, or in the tags of the music for kinds that the program reads there
        """

        def text(value: Any) -> str | None:
            return None if value is None else shown(value)

        def is_same(one: Any, other: Any) -> bool:
            return one is None and other is None if one is None or other is None else same(one, other)

        is_written = kind in self.target.files_hold
        where = {**where, "before": text(before), "after": text(after)}
        if before is None:
            if is_written and not is_same(held.value, after):
                self.added(kind, item, **where)
        elif is_same(before, after):
            self.equal(kind)
        elif is_same(held.value, after):
            arrival: Arrival = "missing" if after is None else "changed"
            self.lose(kind, arrival, item, held.reason, in_program=held.in_program, in_files=False, **where)
        elif after is None:
            self.lose(kind, "missing", item, self.target.misses(kind), in_program=True, **where)
        else:
            what = "the result has" if is_written else "the tags of the music have"
            self.lose(kind, "changed", item, f"{what} another value", in_program=True, **where)
