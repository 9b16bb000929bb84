"""The rows of `inside.py` as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tables import Grid, number

NOT_THERE = "not there yet"
BARS, METRE, PHRASES, CUES = "Bars", "Metre", "Phrases", "Cues, energy, transitions"
NOTES = {
    BARS: "chance and oracle choose which of four of map4's own beats begins the bars",
    METRE: "chance: always four",
    PHRASES: "exact bar, first and last boundary left out; oracle: the true ones on map4's own beats",
}
COLUMNS = ("chance", "oracle", "librosa", "madmom", "evenly", "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    subject : the table that it stands in
    what, where : the measure, and the music
    count : pieces, answers or pairs it is over
    value : map4's; None where it tells nothing of the kind yet, or there is nothing to measure
    interval : 95 %
    beside : values of the others, by their column
    gate, goal : what is wanted
    is_there : whether map4 tells anything of the kind
    less_is_better : whether the gate is a most and no least
    """

    subject: str
    what: str
    where: str
    count: int
    value: float | None
    interval: tuple[float, float] | None = None
    beside: Mapping[str, float | None] = field(default_factory=dict)
    gate: float | None = None
    goal: float | None = None
    is_there: bool = True
    less_is_better: bool = False

    def to_record(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @property
    def verdict(self) -> str:
        """Whether gate and goal are met."""
        if self.value is None or self.gate is None:
            return ""
        sign = -1.0 if self.less_is_better else 1.0
        meets = [limit is not None and sign * self.value >= sign * limit for limit in (self.goal, self.gate)]
        return "goal" if meets[0] else "gate" if meets[1] else "below"


def main_grids(found: Sequence[Row]) -> list[Grid]:
    """The rows as tables, one a subject, without columns that nobody fills."""
    subjects = dict.fromkeys(row.subject for row in found)
    return [_grid(subject, [row for row in found if row.subject == subject]) for subject in subjects]


def _grid(subject: str, found: Sequence[Row]) -> Grid:
    columns = [name for name in COLUMNS if any(row.beside.get(name) is not None for row in found)]
    return Grid(
        title=subject,
        headings=("", "n", "map4", "95 %", *columns, "gate, goal", ""),
        rows=tuple(
            (
                f"{row.what}: {row.where}",
                str(row.count),
                number(row.value, 3) if row.is_there else NOT_THERE,
                "" if row.interval is None else "–".join(number(limit) for limit in row.interval),
                *(number(row.beside.get(name)) for name in columns),
                ", ".join(number(limit) for limit in (row.gate, row.goal) if limit is not None),
                row.verdict,
            )
            for row in found
        ),
        note=NOTES.get(subject, ""),
    )
