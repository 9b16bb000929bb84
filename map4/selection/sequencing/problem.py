"""What the search for a list solves: the request, the candidates, and the tracks that the list has to pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from map4.domain.playlist.request import ListRequest
from map4.selection.sequencing.candidates import Candidates, Floats, Ints

if TYPE_CHECKING:
    from map4.selection.sequencing.step_habits import StepHabits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListProblem:
    """A list to be found. Fixed tracks are indices into the candidates.

    request: how it should be, settled
    candidates: what may be chosen, and the fixed tracks
    start: pick 1; None leaves it to the search
    lead: what pick 1 follows, without being in the list itself; only where there is no start
    end: the last pick
    includes: tracks that must appear somewhere
    at: tracks that must stand at a place, each with that, counted from 0
    holds_energy: without a curve, the list keeps the energy of its start or lead
    family_fit: shape (families, families), how well genre families follow one another, 0-1; None without genres
    habits: what the list leans to besides; None where to nothing
    """

    request: ListRequest
    candidates: Candidates
    start: int | None = None
    lead: int | None = None
    end: int | None = None
    includes: tuple[int, ...] = ()
    at: tuple[tuple[int, int], ...] = ()
    holds_energy: bool = True
    family_fit: Floats | None = None
    habits: StepHabits | None = None

    @property
    def first(self) -> int | None:
        """What the list sets out from."""
        return self.start if self.start is not None else self.lead

    @property
    def fixed(self) -> tuple[int, ...]:
        """All fixed tracks, each once."""
        every = (self.start, self.lead, self.end, *self.includes, *(index for index, _ in self.at))
        return tuple(dict.fromkeys(index for index in every if index is not None))

    def in_order(self, order: Ints) -> ListProblem:
        """The same over those candidates alone, in this order, which begins with the fixed tracks."""
        places = {int(index): place for place, index in enumerate(order[: len(self.fixed)])}

        def at(index: int | None) -> int | None:
            return None if index is None else places[index]

        return replace(
            self,
            candidates=self.candidates.take(order),
            start=at(self.start),
            lead=at(self.lead),
            end=at(self.end),
            includes=tuple(places[index] for index in self.includes),
            at=tuple((places[index], place) for index, place in self.at),
        )
