"""The quality of a list: its parts, an overall figure, failed parts, and weak steps."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from map4.core.base.records import Json, Ordinal, Record
from map4.core.base.text import counted

Percent = Annotated[float, Json(minimum=0, maximum=100)]
QualityPart = Literal["tempo", "harmony", "transitions", "genre", "energy", "limits"]

PART_WEIGHTS: dict[str, float] = {
    "tempo": 0.25, "harmony": 0.25, "transitions": 0.20, "genre": 0.10, "energy": 0.10, "limits": 0.10,
}  # fmt: skip
"""The weight of each part; unknown parts are left out and the other weights scaled up.

Tempo and key matter most, and count again in the transitions; the rest is taste. Missing tags do not lower the
quality and have no weight.
"""


Weakness = Literal[
    "tempo_policy", "harmonic", "genre", "energy_step", "poor_mix", "repeated", "artist_gap", "album_gap",
    "energy_curve", "sound", "tempo_drift",
]  # fmt: skip
"""Why a step is weak: the limit that it breaks, or another problem."""

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
"""The display name of each weakness and limit."""

ALL_LIMITS_MET = "all limits kept"
_MOST_RUNS = 8


class ListQuality(
    Record, members="overall tempo harmony transitions genre energy limits data curve passes failed weak_steps"
):
    """The quality of a list, each part 0-100 with one decimal.

    tempo: share of the steps within the tempo policy
    harmony: share of the steps within the harmonic rule; None if no step has both keys, or any key is allowed
    transitions: mean compatibility of the transitions, with poor transitions as 0
    genre: mean fit of neighbouring genre families; None if no step has both
    energy: evenness of the energy steps
    limits: share of the steps that are not weak
    data: share of the tracks with tempo, title and artist; informational, no weight
    curve: share of the tracks near the wanted energy; informational, None without a wanted energy
    weak_steps: per weakness, positions (from 1) of the tracks at the end of the weak steps

    All but data and curve are None without steps, in a list of one track.
    """

    PASS_MARKS: ClassVar[dict[QualityPart, float]] = {
        "tempo": 90.0, "harmony": 90.0, "transitions": 75.0, "genre": 70.0, "energy": 70.0, "limits": 90.0,
    }  # fmt: skip
    """A list passes if every known part reaches its mark; overall is then at least 80. A mark of 90 allows one weak
    step in ten, so none in a list of up to ten tracks; 75 is the compatibility of a good transition."""

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
        """The weighted mean of the known parts as displayed, 0-100; None without any."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        if not known:
            return None
        weights = sum(PART_WEIGHTS[name] for name in known)
        return ListQuality.one_decimal(sum(PART_WEIGHTS[name] * part for name, part in known.items()) / weights)

    @property
    def failed(self) -> tuple[QualityPart, ...]:
        """The parts below their pass mark."""
        known = {name: value for name in ListQuality.PASS_MARKS if (value := getattr(self, name)) is not None}
        return tuple(name for name, value in known.items() if value < ListQuality.PASS_MARKS[name])

    @property
    def passes(self) -> bool:
        """True if every known part reaches its mark."""
        return not self.failed

    @property
    def weak_positions(self) -> tuple[int, ...]:
        """Positions (from 1) of the tracks at the end of weak steps, in order."""
        return tuple(sorted({position for positions in self.weak_steps.values() for position in positions}))

    def weak_text(self, poor: Collection[int] = ()) -> str:
        """The weak steps and other poor mixes: `4 weak steps: 4, 7–9 artist; 4 key`, `all limits kept; 1 poor mix: 5`.

        poor: positions of the tracks that are mixed in poorly
        """
        words: dict[tuple[int, ...], list[str]] = {}
        for name, positions in self.weak_steps.items():
            words.setdefault(positions, []).append(WEAKNESS_WORDS[name])
        steps = "; ".join(f"{positions_text(positions)} {', '.join(names)}" for positions, names in words.items())
        weak = f"{counted(len(self.weak_positions), 'weak step')}: {steps}" if steps else ALL_LIMITS_MET
        others = sorted({*poor}.difference(self.weak_positions))
        mixes = f"; {counted(len(others), 'poor mix', 'poor mixes')}: {positions_text(others)}" if others else ""
        return f"{weak}{mixes}"

    def parts_text(self) -> str:
        """The known weighted parts: `tempo 100, harmony 75`."""
        known = {name: part for name in PART_WEIGHTS if (part := getattr(self, name)) is not None}
        return ", ".join(f"{name} {whole_figure(part)}" for name, part in known.items())

    @staticmethod
    def one_decimal(value: float) -> float:
        """Round to one decimal."""
        # 89.95 must become 90.0 even if its binary value is slightly lower.
        return round(round(value, 9), 1)


def positions_text(positions: Sequence[int]) -> str:
    """`3`, `3, 4`, `3–7, 12`; shortened to `3, 8, 12 and 5 more`."""
    runs: list[list[int]] = []
    for position in positions:
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    runs = [part for run in runs for part in ([run] if len(run) > 2 else [[position] for position in run])]
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs[:_MOST_RUNS])
    more = sum(map(len, runs[_MOST_RUNS:]))
    return f"{shown} and {more} more" if more else shown


def whole_figure(figure: float) -> int:
    """A quality figure for display: rounded down, so that 79.9 does not look like a passing 80."""
    return math.floor(figure)
