"""The limits of a list: tempo change, key relations, and gaps between tracks of an artist."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from map4.core.base.records import Ordinal, Record
from map4.core.music.mixing import harmony
from map4.errors import UsageError

Rule = Literal["artist_gap", "album_gap", "genre", "energy_curve", "sound", "harmonic", "tempo_drift", "tempo_policy"]

RULES: Mapping[Rule, str] = {
    "artist_gap": "artist repeats", "album_gap": "album repeats", "genre": "genre", "energy_curve": "off the curve",
    "sound": "sounds different", "harmonic": "keys", "tempo_drift": "tempo drifts", "tempo_policy": "tempo step",
}  # fmt: skip
"""The limits of a list, in the order in which they are relaxed if they can't all be met; what is wrong without each."""

Setting = float | str | None

USUAL_WEAK_STEPS = 5
"""The number of weak transitions for which improvements are looked for, usual and at most."""

_GAP = re.compile(r"([0-9]{1,6})\s*(m|min|h)?", re.ASCII)
_UNIT_S = {"m": 60, "min": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoLimit:
    """A tempo policy, or a variant with another limit.

    percent: largest change per step, relative to the slower track
    folds: half and double time count as the same tempo
    """

    policy: harmony.TempoPolicy
    percent: float
    folds: bool

    def __post_init__(self) -> None:
        if not 0.0 < self.percent <= 100.0:
            raise ValueError(f"a tempo limit must be within 0-100 percent, got {self.percent:g}")

    @property
    def is_own(self) -> bool:
        """True if the percentage differs from the policy's."""
        return self.percent != harmony.POLICY_PERCENT[self.policy]

    @property
    def drift_percent(self) -> float:
        """The largest distance from the list's tempo."""
        return self.percent * ListLimits.DRIFT_STEPS

    def allows(self, from_bpm: float, to_bpm: float) -> bool:
        """True if the step between two tempi (both > 0) is within the limit."""
        change = harmony.TempoChange.between(from_bpm, to_bpm, fold=self.folds)
        return abs(change.percent) <= self.percent + harmony.EPSILON

    @staticmethod
    def of(policy: harmony.TempoPolicy = "flexible", percent: float | None = None) -> TempoLimit:
        """The limit of a policy; `percent` overrides the policy's own."""
        limit = harmony.POLICY_PERCENT[policy] if percent is None else percent
        return TempoLimit(policy=policy, percent=limit, folds=policy in harmony.FOLDING_POLICIES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The minimum distance between two tracks of the same artist or album.

    picks: the number of previous picks that must differ; None for a gap in time
    seconds: from start to start; None for a gap in picks
    """

    OF_ARTISTS: ClassVar[int] = 4

    picks: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.picks is None) == (self.seconds is None):
            raise ValueError("a gap is either in picks or in time")
        if (self.picks or 0) < 0 or (self.seconds or 0) < 0:
            raise ValueError("a gap can't be negative")

    @property
    def size(self) -> float:
        return self.seconds if self.seconds is not None else float(self.picks or 0)

    def of_size(self, size: float) -> Gap:
        return Gap(picks=round(size)) if self.picks is not None else Gap(seconds=size)

    @property
    def value(self) -> int | str:
        """The value in records: a number of picks, or minutes such as `60m`."""
        return self.picks if self.picks is not None else f"{self.size / 60:g}m"

    @staticmethod
    def read(text: str) -> Gap:
        """Parse a gap: `4` picks, `60m`, `2h`."""
        match = _GAP.fullmatch(text.strip().lower())
        if not match:
            raise UsageError(f"'{text}' is not a gap; write a number of tracks such as 4, or a time such as 60m")
        return Gap(seconds=float(match[1]) * _UNIT_S[match[2]]) if match[2] else Gap(picks=int(match[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLimits:
    """The limits that depend only on a list's tracks, used to make, judge and refresh it."""

    DRIFT_STEPS: ClassVar[float] = 2.0
    """A list may drift this many steps from its initial tempo (or from the straight line between the tempi it must
    pass): strict 6 %, so that an hour can go from 122 to 128 BPM, but not from 122 to 170."""

    tempo: TempoLimit = field(default_factory=TempoLimit.of)
    harmonic: harmony.HarmonicRule = "flexible"
    artist_gap: Gap = field(default_factory=lambda: Gap(picks=Gap.OF_ARTISTS))
    album_gap: Gap = field(default_factory=lambda: Gap(picks=0))

    @staticmethod
    def of_record(options: object) -> ListLimits:
        """Read the `options` of a list; missing or invalid limits get their defaults."""
        usual = ListLimits()
        if not isinstance(options, Mapping):
            return usual
        policy = next((name for name in harmony.TEMPO_POLICIES if name == options.get("policy")), usual.tempo.policy)
        return ListLimits(
            tempo=TempoLimit.of(policy, _percent(options.get("tempo_limit_percent"))),
            harmonic=next((name for name in harmony.HARMONIC_RULES if name == options.get("harmonic")), usual.harmonic),
            artist_gap=_gap(options.get("artist_gap")) or usual.artist_gap,
            album_gap=_gap(options.get("album_gap")) or usual.album_gap,
        )

    def limits_record(self) -> dict[str, Any]:
        """The part of a list's `options` that `of_record` reads."""
        return {
            "policy": self.tempo.policy,
            "tempo_limit_percent": round(self.tempo.percent, 3),
            "harmonic": self.harmonic,
            "artist_gap": self.artist_gap.value,
            "album_gap": self.album_gap.value,
        }


class Relaxation(Record, members="rule words from=asked to=given"):
    """A relaxed limit of a pick.

    rule: the limit; `words` are what is wrong, in short
    asked, given: the original and the relaxed limit, in the rule's terms: picks or minutes ("60m"), genre fit 0-1,
        energy 0-1, name of the harmonic rule, percent of tempo; None allows everything
    """

    rule: Rule
    asked: Setting
    given: Setting

    @classmethod
    def of_record(cls, record: object) -> Relaxation | None:
        """Read an entry of a pick's `relaxed`; None if it names no limit."""
        named = record.get("rule") if isinstance(record, Mapping) else None
        rule = next((known for known in RULES if known == named), None)
        if not isinstance(record, Mapping) or rule is None:
            return None
        return cls(rule=rule, asked=_setting(record.get("from")), given=_setting(record.get("to")))

    @property
    def words(self) -> str:
        return RULES[self.rule]

    @property
    def text(self) -> str:
        """Display text: `artist gap 4 → 2`."""
        unit = " %" if self.rule in ("tempo_policy", "tempo_drift") and self.given is not None else ""
        return f"{self.rule.replace('_', ' ')} {self.step_text}{unit}"

    @property
    def step_text(self) -> str:
        """The original and the relaxed limit: `4 → 2`."""
        wanted, given = (
            "any" if value is None else f"{value:g}" if isinstance(value, int | float) else value
            for value in (self.asked, self.given)
        )
        return f"{wanted} → {given}"


class PlacedRelaxation(Record, members="position rule=limit.rule words=limit.words from=limit.asked to=limit.given"):
    """A relaxed limit of a pick in a list.

    from: the original limit
    to: the relaxed limit; None is anything
    """

    position: Ordinal
    limit: Relaxation

    @staticmethod
    def all(*relaxed: tuple[int, Iterable[Relaxation]]) -> tuple[PlacedRelaxation, ...]:
        """The limits that picks break, with the position of each pick."""
        return tuple(PlacedRelaxation(position=place, limit=limit) for place, limits in relaxed for limit in limits)


def _setting(value: object) -> Setting:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str) else None


def _percent(value: object) -> float | None:
    """A tempo limit within the range of `--tolerance` (a fraction from .001 to .5)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 50.0:
        return None
    return float(value)


def _gap(value: object) -> Gap | None:
    try:
        return None if isinstance(value, bool) or not isinstance(value, int | str) else Gap.read(str(value))
    except UsageError:
        return None
