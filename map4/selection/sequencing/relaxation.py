"""The limits of a list, and what each may be relaxed to, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from map4.domain.lists.limits import RULES, Rule, Setting, TempoLimit, tempo_limit
from map4.domain.mixing.harmony import HARMONIC_RULES, HarmonicRule
from map4.domain.mixing.tempo_step import EPSILON, POLICY_PERCENT, TEMPO_POLICIES
from map4.domain.playlist.options import PlaylistOptions

GENRE_FLOOR = 0.5
"""Families that fit less (Electronic and Rock, Rock and R&B) do not follow one another unless this is relaxed."""

ENERGY_REACH = (0.15, 0.25, 0.4)
"""How far a pick may be from the wanted energy, and what that is relaxed to before any is. The ten levels are .1 wide;
.2 would leave the mean distance from the curve above .05 (benchmarks/playlist.py)."""

SOUND_STEP = 0.15
"""So much less may a pick sound like the seed, before any sound will do."""

DRIFT_FACTORS = (1.0, 2.0)
"""The drift that is allowed, and what it is relaxed to before any is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaxableRule:
    """A rule with what it may be relaxed to, step by step; a setting of None lets everything pass."""

    name: Rule
    settings: tuple[Setting, ...]


def relaxable_rules(options: PlaylistOptions) -> tuple[RelaxableRule, ...]:
    """The rules in the order in which they are relaxed."""
    tempo: tuple[Setting, ...] = tuple(limit.percent for limit in tempo_limits(options.tempo))
    drift = options.tempo.drift_percent
    settings: dict[Rule, tuple[Setting, ...]] = {
        "artist_gap": _gap_sizes(options.artist_gap.size, in_picks=options.artist_gap.picks is not None),
        "album_gap": _gap_sizes(options.album_gap.size, in_picks=options.album_gap.picks is not None),
        "genre": (GENRE_FLOOR, None),
        "energy_curve": (*ENERGY_REACH, None),
        "sound": (None,) if options.min_sound is None else (*sound_limits(options.min_sound), None),
        "harmonic": harmonic_rules(options.harmonic),
        "tempo_drift": (*(factor * drift for factor in DRIFT_FACTORS), None),
        "tempo_policy": (*tempo, None),
    }
    return tuple(RelaxableRule(name=name, settings=settings[name]) for name in RULES)


def harmonic_rules(rule: HarmonicRule) -> tuple[HarmonicRule, ...]:
    """A rule and the wider ones."""
    return HARMONIC_RULES[HARMONIC_RULES.index(rule) :]


def tempo_limits(limit: TempoLimit) -> tuple[TempoLimit, ...]:
    """A limit and the policies that are wider."""
    return (limit, *(tempo_limit(name) for name in TEMPO_POLICIES if POLICY_PERCENT[name] > limit.percent + EPSILON))


def sound_limits(least: float) -> tuple[float, ...]:
    """A least likeness of sound, and what it is relaxed to before any is."""
    return (least, least - SOUND_STEP)


def _gap_sizes(size: float, *, in_picks: bool) -> tuple[float, ...]:
    """From the gap down to none: pick by pick, or by quarters of the time."""
    if size == 0:
        return (0.0,)
    if in_picks:
        return tuple(float(n) for n in range(round(size), -1, -1))
    return tuple(size * quarters / 4 for quarters in range(4, -1, -1))
