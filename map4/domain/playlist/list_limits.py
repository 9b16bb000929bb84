"""The limits by which a list is judged, and by which it is refreshed: those it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from map4.domain.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.playlist.options import DEFAULT_ARTIST_GAP, Gap, PlaylistOptions, parse_gap
from map4.domain.playlist.tempo_limit import TempoLimit, tempo_limit
from map4.domain.tempo_step import TEMPO_POLICIES
from map4.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLimits:
    """What can be told of a list by its tracks alone, as `PlaylistOptions` has it."""

    tempo: TempoLimit = field(default_factory=tempo_limit)
    harmonic: HarmonicRule = "flexible"
    artist_gap: Gap = field(default_factory=lambda: Gap(picks=DEFAULT_ARTIST_GAP))
    album_gap: Gap = field(default_factory=lambda: Gap(picks=0))

    @classmethod
    def of(cls, options: PlaylistOptions) -> ListLimits:
        """The limits of a list that is made, as they are read again later."""
        return cls.of_record(options.to_record())

    @classmethod
    def of_record(cls, options: object) -> ListLimits:
        """Read the `options` of a list; the usual limit stands for each that is not there or makes no sense."""
        if not isinstance(options, Mapping):
            return cls()
        usual = cls()
        policy = next((name for name in TEMPO_POLICIES if name == options.get("policy")), usual.tempo.policy)
        return cls(
            tempo=tempo_limit(policy, _percent(options.get("tempo_limit_percent"))),
            harmonic=next((name for name in HARMONIC_RULES if name == options.get("harmonic")), usual.harmonic),
            artist_gap=_gap(options.get("artist_gap")) or usual.artist_gap,
            album_gap=_gap(options.get("album_gap")) or usual.album_gap,
        )

    def to_record(self) -> dict[str, Any]:
        """The part of a list's `options` that `of_record` reads."""
        return {
            "policy": self.tempo.policy,
            "tempo_limit_percent": round(self.tempo.percent, 3),
            "harmonic": self.harmonic,
            "artist_gap": self.artist_gap.value,
            "album_gap": self.album_gap.value,
        }

    def wishes(self) -> dict[str, Any]:
        """The limits as `playlist_options` takes them."""
        return {
            "policy": self.tempo.policy,
            "tolerance": self.tempo.percent / 100.0 if self.tempo.is_own else None,
            "harmonic": self.harmonic,
            "artist_gap": self.artist_gap,
            "album_gap": self.album_gap,
        }


def _percent(value: object) -> float | None:
    """A limit of tempo within what `--tolerance` takes (a share of .001 to .5)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.1 <= value <= 50.0:
        return None
    return float(value)


def _gap(value: object) -> Gap | None:
    try:
        return None if isinstance(value, bool) or not isinstance(value, int | str) else parse_gap(str(value))
    except UsageError:
        return None
