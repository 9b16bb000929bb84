"""The quality of a list: its parts, an overall figure, and which of them failed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from map4.domain.records import Json, Ordinal, Record

Percent = Annotated[float, Json(minimum=0, maximum=100)]
QualityPart = Literal["tempo", "harmony", "transitions", "genre", "energy", "limits"]

PART_WEIGHTS: dict[str, float] = {
    "tempo": 0.25, "harmony": 0.25, "transitions": 0.20, "genre": 0.10, "energy": 0.10, "limits": 0.10,
}  # fmt: skip
"""What each part counts for; the weight of one that is not known is shared by the others, each by its own weight.

Tempo and key are what makes a mix, and count again in the transitions; the rest is taste. Missing tags are no fault of
a list and have no weight."""

PASS_MARKS: dict[QualityPart, float] = {
    "tempo": 90.0, "harmony": 90.0, "transitions": 75.0, "genre": 70.0, "energy": 70.0, "limits": 90.0,
}  # fmt: skip
"""A list passes with all of these, each where it is known; overall is then 80 at least. With 90, one step of ten may
be a fault, and in a list of ten tracks or fewer none; 75 is the compatibility of a good transition."""

ListFault = Literal[
    "tempo_policy", "harmonic", "genre", "energy_step", "poor_mix", "repeated", "artist_gap", "album_gap",
    "energy_curve", "sound", "tempo_drift",
]  # fmt: skip

FAULTS: tuple[ListFault, ...] = get_args(ListFault)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuality(
    Record,
    members="overall tempo harmony transitions genre energy limits data curve passes failed faults",
):
    """The quality of a list, each part 0-100 with one decimal.

    tempo: share of the steps within the tempo policy
    harmony: share of the steps within the harmonic rule; None where no step has both keys, or any key will do
    transitions: mean compatibility of the transitions, poor ones counting nothing
    genre: how well the families of neighbours go together; None where no step has both
    energy: how even the steps of energy are
    limits: share of the steps that are without fault
    data: share of the tracks with tempo, title and artist; a remark without weight
    curve: share of the tracks near the energy that was wanted; a remark, None where none was
    faults: positions (from 1) of the tracks, or of the second of two, that have this fault

    All but data and curve are None where there is no step, in a list of one track.
    """

    tempo: Percent | None
    harmony: Percent | None
    transitions: Percent | None
    genre: Percent | None
    energy: Percent | None
    limits: Percent | None
    data: Percent
    curve: Percent | None = None
    faults: Mapping[ListFault, tuple[Ordinal, ...]] = field(default_factory=dict)

    @property
    def overall(self) -> Percent | None:
        """The weighted mean of the known parts as they are shown, 0-100; None without any."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        if not known:
            return None
        weights = sum(PART_WEIGHTS[name] for name in known)
        return one_decimal(sum(PART_WEIGHTS[name] * part for name, part in known.items()) / weights)

    @property
    def failed(self) -> tuple[QualityPart, ...]:
        """The parts that keep the list from passing."""
        known = {name: value for name in PASS_MARKS if (value := getattr(self, name)) is not None}
        return tuple(name for name, value in known.items() if value < PASS_MARKS[name])

    @property
    def passes(self) -> bool:
        """Whether every known figure reaches its mark."""
        return not self.failed

    def parts_text(self) -> str:
        """The known parts that count: `tempo 100, harmony 75`."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        return ", ".join(f"{name} {whole_figure(part)}" for name, part in known.items())


def whole_figure(figure: float) -> int:
    """A figure of quality as people are shown it: rounded down, so that 79.9 does not look like the 80 that passes."""
    return math.floor(figure)


def one_decimal(value: float) -> float:
    """A figure with one decimal."""
    # 89.95 is to give 90.0 also where its binary form is a little below.
    return round(round(value, 9), 1)
