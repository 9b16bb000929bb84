"""What a user asks of a playlist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from map4.domain.call_options import Option, declared_options
from map4.domain.lists.limits import Gap, ListLimits, Rule, parse_gap, tempo_limit
from map4.domain.mixing.harmony import HARMONIC_RULES
from map4.domain.near_names import did_you_mean, no_such
from map4.domain.playlist.call_options import PlaylistCallOptions, TrackChoice
from map4.domain.playlist.energy_curve import EnergyCurve, parse_curve
from map4.errors import UsageError

DEFAULT_PICKS = 20
"""About an hour and a quarter of usual tracks."""

MOST_PICKS = 10_000
DEFAULT_MAX_CANDIDATES = 1000
"""A step chooses from so many at most, the nearest by sound first: with more, a list sounds less like its seed."""

NOTHING: Mapping[str, object] = MappingProxyType({})
_LEAST_TOLERANCE, _MOST_TOLERANCE = 0.001, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistOptions(ListLimits):
    """How a list should be: what limits it (`ListLimits`), and the rest.

    n: number of picks; None where `minutes` counts
    minutes: length in time; None where `n` counts
    curve: wanted energy; None holds the seed's
    absolute_energy: the curve's 0 and 1 are energy 0 and 1, not the candidates' 5th and 95th percentile
    min_sound: how much a pick sounds like the seed at least, -1 to 1; None sets no limit
    max_candidates: how many tracks, the nearest by sound first, a step chooses from
    with_seed: the seed is pick 1
    relax: None loosens what can't be met as far as tracks can still be mixed, and says so; True without end; False
        stops there
    held: limits that are kept even so: those that the user gave
    vary: another number gives another list
    plan: plan how each pick is mixed in, and choose by it where others fit as well
    """

    n: int | None = DEFAULT_PICKS
    minutes: float | None = None
    curve: EnergyCurve | None = None
    absolute_energy: bool = False
    min_sound: float | None = None
    max_candidates: int = DEFAULT_MAX_CANDIDATES
    with_seed: bool = True
    relax: bool | None = None
    held: tuple[Rule, ...] = ()
    vary: int = 0
    plan: bool = False

    def __post_init__(self) -> None:
        if (self.n is None) == (self.minutes is None):
            raise UsageError("a playlist has a length in tracks (n) or in minutes, one of the two")
        if self.n is not None and not 1 <= self.n <= MOST_PICKS:
            raise UsageError(f"a playlist has 1 to {MOST_PICKS} tracks, not {self.n}")
        if self.minutes is not None and not 0 < self.minutes <= MOST_PICKS:
            raise UsageError(f"a playlist lasts more than 0 and up to {MOST_PICKS} minutes, not {self.minutes:g}")
        if self.harmonic not in HARMONIC_RULES:
            raise no_such("harmonic rule", self.harmonic, HARMONIC_RULES)
        if self.max_candidates < 1:
            raise UsageError("a step needs at least one candidate")
        if self.vary < 0:
            raise UsageError("vary by a number from 0")

    @classmethod
    def read(
        cls, values: Mapping[str, object], *, preset: Mapping[str, object] = NOTHING, limits: ListLimits | None = None
    ) -> PlaylistOptions:
        """Options from plain values by the names of `PlaylistCallOptions`; None is as good as not given.

        Limits among the values hold, unless they say `relax`; those of a preset, or of `limits`, may be loosened.

        preset: values for what is not given
        limits: for what neither says; None takes the usual ones
        """
        given = {name: value for name, value in values.items() if value is not None}
        both = {**preset, **given}
        if preset and ("n" in given) != ("minutes" in given):  # one length takes the place of the other
            both.pop("minutes" if "n" in given else "n", None)
        unknown = next((name for name in both if name not in _DECLARED), None)
        if unknown is not None:
            raise UsageError(f"a playlist has no option '{unknown}'; {did_you_mean(unknown, _DECLARED)}")
        usual = limits or ListLimits()
        read: dict[str, Any] = {one.name: getattr(usual, one.name) for one in fields(ListLimits)}
        checked = {name: _DECLARED[name].checked(value) for name, value in both.items()}
        read |= {name: _KEPT[name](value) if name in _KEPT else value for name, value in checked.items()}
        if "minutes" in read:
            read.setdefault("n", None)
        policy, percent = read.pop("policy", None), read.pop("tolerance", None)
        if policy is not None or percent is not None:
            read["tempo"] = tempo_limit(policy or usual.tempo.policy, percent)
        rules = (rule for name, rule in _RULES.items() if name in given) if not given.get("relax") else ()
        return cls(**read, held=tuple(dict.fromkeys(rules)))

    def holds(self, rule: Rule) -> bool:
        """Whether a limit is kept in any case."""
        return self.relax is False or rule in self.held

    def to_record(self) -> dict[str, Any]:
        """JSON values, for the record of the list."""
        limits = self.limits_record()
        return {
            "n": self.n,
            "minutes": self.minutes,
            **{name: limits.pop(name) for name in ("policy", "tempo_limit_percent", "harmonic")},
            "curve": None if self.curve is None else self.curve.text,
            "absolute_energy": self.absolute_energy,
            **limits,
            "min_sound": None if self.min_sound is None else round(self.min_sound, 4),
            "max_candidates": self.max_candidates,
            "with_seed": self.with_seed,
            "relax": self.relax,
            "held": list(self.held),
            "vary": self.vary,
            "plan": self.plan,
        }


def _curve(value: Any) -> EnergyCurve:
    return value if isinstance(value, EnergyCurve) else parse_curve(str(value))


def _gap(value: Any) -> Gap:
    return value if isinstance(value, Gap) else parse_gap(str(value))


def _tolerance_percent(share: float) -> float:
    if not _LEAST_TOLERANCE <= share <= _MOST_TOLERANCE:
        raise UsageError(f"a tempo tolerance is a share from {_LEAST_TOLERANCE:g} to {_MOST_TOLERANCE:g} (.02 is 2 %)")
    return round(100.0 * share, 3)  # as records say it


_DECLARED: Mapping[str, Option] = {
    name: one
    for name, one in declared_options(PlaylistCallOptions).items()
    if name != "preset" and name not in declared_options(TrackChoice)
}
OPTION_NAMES = tuple(_DECLARED)
# What is kept of those that are not kept as they are given.
_KEPT: Mapping[str, Callable[[Any], Any]] = {
    "minutes": float,
    "curve": _curve,
    "tolerance": _tolerance_percent,
    "min_sound": float,
    "artist_gap": _gap,
    "album_gap": _gap,
}
# The limit that an option sets. A curve is none: it says where the energy is to go, not how near to it.
_RULES: Mapping[str, Rule] = {
    "policy": "tempo_policy",
    "tolerance": "tempo_policy",
    "harmonic": "harmonic",
    "artist_gap": "artist_gap",
    "album_gap": "album_gap",
    "min_sound": "sound",
}
