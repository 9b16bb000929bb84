"""What a user asks of a playlist."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.near_names import no_such
from map4.domain.playlist.energy_curve import EnergyCurve
from map4.domain.playlist.tempo_limit import TempoLimit, tempo_limit
from map4.errors import UsageError

DEFAULT_PICKS = 20
"""About an hour and a quarter of usual tracks."""

MOST_PICKS = 10_000
DEFAULT_ARTIST_GAP = 4
DEFAULT_MAX_CANDIDATES = 1000
"""A step chooses from so many at most, the nearest by sound first: with more, a list sounds less like its seed."""

Rule = Literal["artist_gap", "album_gap", "genre", "energy_curve", "sound", "harmonic", "tempo_drift", "tempo_policy"]

RULES: tuple[Rule, ...] = get_args(Rule)
"""The limits of a list, in the order in which they are loosened where they can't all be met."""

_GAP = re.compile(r"([0-9]{1,6})\s*(m|min|h)?", re.ASCII)
_UNIT_S = {"m": 60, "min": 60, "h": 3600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far apart two tracks of the same artist or album must be.

    Parameters
    ----------
    picks : so many picks before a track are of another one; None where the gap is one of time
    seconds : from the start of one to the start of the other; None where the gap is one of picks
    """

    picks: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.picks is None) == (self.seconds is None):
            raise ValueError("a gap is one of picks or of time")
        if (self.picks or 0) < 0 or (self.seconds or 0) < 0:
            raise ValueError("a gap can't be negative")

    @property
    def size(self) -> float:
        """The number of picks or seconds."""
        return self.seconds if self.seconds is not None else float(self.picks or 0)

    def of_size(self, size: float) -> Gap:
        """A gap of the same kind."""
        return Gap(picks=round(size)) if self.picks is not None else Gap(seconds=size)

    @property
    def value(self) -> int | str:
        """As records say it: a number of picks, or minutes such as `60m`."""
        return self.picks if self.picks is not None else f"{self.size / 60:g}m"


def parse_gap(text: str) -> Gap:
    """Read a gap: `4` picks, `60m`, `2h`.

    Raises
    ------
    UsageError
        If it is none.
    """
    found = _GAP.fullmatch(text.strip().lower())
    if not found:
        raise UsageError(f"'{text}' is no gap; write a number of picks such as 4, or a time such as 60m")
    return Gap(seconds=float(found[1]) * _UNIT_S[found[2]]) if found[2] else Gap(picks=int(found[1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistOptions:
    """How a list should be.

    Parameters
    ----------
    n : number of picks; None where `minutes` counts
    minutes : length in time; None where `n` counts
    tempo : limit of tempo changes
    harmonic : rule of key changes
    curve : wanted energy; None holds the seed's
    absolute_energy : the curve's 0 and 1 are energy 0 and 1, not the candidates' 5th and 95th percentile
    artist_gap, album_gap : least distance of two tracks of one artist, or album
    min_sound : how much a pick sounds like the seed at least, -1 to 1; None sets no limit
    max_candidates : how many tracks, the nearest by sound first, a step chooses from
    with_seed : the seed is pick 1
    relax : None loosens what can't be met as far as tracks can still be mixed, and says so; True without end; False
        stops there
    held : limits that are kept even so: those that the user gave
    vary : another number gives another list
    plan : plan how each pick is mixed in, and choose by it where others fit as well
    """

    n: int | None = DEFAULT_PICKS
    minutes: float | None = None
    tempo: TempoLimit = field(default_factory=tempo_limit)
    harmonic: HarmonicRule = "flexible"
    curve: EnergyCurve | None = None
    absolute_energy: bool = False
    artist_gap: Gap = field(default_factory=lambda: Gap(picks=DEFAULT_ARTIST_GAP))
    album_gap: Gap = field(default_factory=lambda: Gap(picks=0))
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
        if self.min_sound is not None and not -1.0 <= self.min_sound <= 1.0:
            raise UsageError(f"a least likeness of sound is a number from -1 to 1, not {self.min_sound:g}")
        if self.max_candidates < 1:
            raise UsageError("a step needs at least one candidate")
        if self.vary < 0:
            raise UsageError("vary by a number from 0")

    def holds(self, rule: Rule) -> bool:
        """Whether a limit is kept in any case."""
        return self.relax is False or rule in self.held

    def to_record(self) -> dict[str, Any]:
        """JSON values, for the record of the list."""
        return {
            "n": self.n,
            "minutes": self.minutes,
            "policy": self.tempo.policy,
            "tempo_limit_percent": round(self.tempo.percent, 3),
            "harmonic": self.harmonic,
            "curve": None if self.curve is None else self.curve.text,
            "absolute_energy": self.absolute_energy,
            "artist_gap": self.artist_gap.value,
            "album_gap": self.album_gap.value,
            "min_sound": None if self.min_sound is None else round(self.min_sound, 4),
            "max_candidates": self.max_candidates,
            "with_seed": self.with_seed,
            "relax": self.relax,
            "held": list(self.held),
            "vary": self.vary,
            "plan": self.plan,
        }
