"""The quality of a list: its parts, an overall figure, which of them failed, and which steps are weak."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from map4.base.records import Json, Ordinal, Record

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
be weak, and in a list of ten tracks or fewer none; 75 is the compatibility of a good transition."""

Weakness = Literal[
    "tempo_policy", "harmonic", "genre", "energy_step", "poor_mix", "repeated", "artist_gap", "album_gap",
    "energy_curve", "sound", "tempo_drift",
]  # fmt: skip
"""Why a step is weak: the limit that it leaves, or what else is wrong with it."""

WEAKNESSES: tuple[Weakness, ...] = get_args(Weakness)

WEAKNESS_WORDS: Mapping[str, str] = {
    "tempo_policy": "tempo",
    "harmonic": "key",
    "genre": "genre",
    "energy_step": "energy step",
    "poor_mix": "poor mix",
    "repeated": "played before",
    "artist_gap": "artist",
    "album_gap": "album",
    "energy_curve": "energy",
    "sound": "sound",
    "tempo_drift": "tempo drift",
}
"""What people are told of each, everywhere; those of limits name these, too."""

_MOST_RUNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuality(
    Record,
    members="overall tempo harmony transitions genre energy limits data curve passes failed weak_steps",
):
    """The quality of a list, each part 0-100 with one decimal.

    tempo: share of the steps within the tempo policy
    harmony: share of the steps within the harmonic rule; None where no step has both keys, or any key will do
    transitions: mean compatibility of the transitions, poor ones counting nothing
    genre: how well the families of neighbours go together; None where no step has both
    energy: how even the steps of energy are
    limits: share of the steps that are not weak
    data: share of the tracks with tempo, title and artist; a remark without weight
    curve: share of the tracks near the energy that was wanted; a remark, None where none was
    weak_steps: by what is weak, positions (from 1) of the tracks to which these steps lead

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
    weak_steps: Mapping[Weakness, tuple[Ordinal, ...]] = field(default_factory=dict)

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

    @property
    def weak_positions(self) -> tuple[int, ...]:
        """Positions (from 1) of the tracks to which weak steps lead, in order."""
        return tuple(sorted({position for found in self.weak_steps.values() for position in found}))

    def weak_text(self) -> str:
        """Which steps are weak: `4 weak steps: 4, 7–9 artist; 4 key`, or `all limits kept`."""
        if not self.weak_steps:
            return "all limits kept"
        words: dict[tuple[int, ...], list[str]] = {}
        for name, found in self.weak_steps.items():
            words.setdefault(found, []).append(WEAKNESS_WORDS[name])
        told = "; ".join(f"{positions_text(found)} {', '.join(names)}" for found, names in words.items())
        count = len(self.weak_positions)
        return f"{count} weak {'step' if count == 1 else 'steps'}: {told}"

    def parts_text(self) -> str:
        """The known parts that count: `tempo 100, harmony 75`."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        return ", ".join(f"{name} {whole_figure(part)}" for name, part in known.items())


def positions_text(positions: Sequence[int]) -> str:
    """`3`, `3, 4`, `3–7, 12`; of very many `3, 8, 12 and 5 more`."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    runs = [part for run in runs for part in ([run] if len(run) > 2 else [[one] for one in run])]
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs[:_MOST_RUNS])
    more = sum(map(len, runs[_MOST_RUNS:]))
    return f"{shown} and {more} more" if more else shown


def whole_figure(figure: float) -> int:
    """A figure of quality as people are shown it: rounded down, so that 79.9 does not look like the 80 that passes."""
    return math.floor(figure)


def one_decimal(value: float) -> float:
    """A figure with one decimal."""
    # 89.95 is to give 90.0 also where its binary form is a little below.
    return round(round(value, 9), 1)
