"""Named sets of playlist options, and options from plain values as users and files write them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypedDict

from map4.domain.harmony import HarmonicRule
from map4.domain.near_names import did_you_mean, no_such
from map4.domain.playlist.energy_curve import EnergyCurve, parse_curve
from map4.domain.playlist.options import Gap, PlaylistOptions, Rule, parse_gap
from map4.domain.playlist.tempo_limit import tempo_limit
from map4.domain.tempo_step import TEMPO_POLICIES, TempoPolicy
from map4.errors import UsageError

PRESETS_FILE = "data/playlist_presets.toml"
_LEAST_TOLERANCE, _MOST_TOLERANCE = 0.001, 0.5
_NOTHING: Mapping[str, object] = MappingProxyType({})
# The limits that an option sets. A curve is no limit: it says where the energy is to go, not how near to it.
_HELD: dict[str, Rule] = {
    "policy": "tempo_policy",
    "tolerance": "tempo_policy",
    "harmonic": "harmonic",
    "artist_gap": "artist_gap",
    "album_gap": "album_gap",
    "min_sound": "sound",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Options under a name; `help` says what for."""

    name: str
    help: str
    options: Mapping[str, Any]


def read_presets(content: Mapping[str, Any]) -> dict[str, Preset]:
    """Make presets of the content of a file like `playlist_presets.toml`, or of a user's table of them.

    Raises
    ------
    UsageError
        If one names an option that there is not, or a value it can't have; the message names the preset.
    """
    presets = {}
    for name, values in content.items():
        if not isinstance(values, Mapping):
            raise UsageError(f"playlist preset '{name}' must be a table of options")
        options = {key: value for key, value in values.items() if key != "help"}
        try:
            playlist_options(**options)
        except UsageError as error:
            raise UsageError(f"playlist preset '{name}': {error}") from None
        spelled = name.strip().lower().replace("-", "_")
        presets[spelled] = Preset(name=spelled, help=str(values.get("help", "")), options=MappingProxyType(options))
    return presets


@cache
def shipped_presets() -> Mapping[str, Preset]:
    """The presets of the package, read once."""
    text = files("map4.domain").joinpath(PRESETS_FILE).read_text(encoding="utf-8")
    return MappingProxyType(read_presets(tomllib.loads(text)))


def find_preset(name: str, presets: Mapping[str, Preset]) -> Preset:
    """The preset of a name, in any spelling.

    Raises
    ------
    UsageError
        If there is none; the message names those there are.
    """
    spelled = name.strip().lower().replace("-", "_")
    if spelled in presets:
        return presets[spelled]
    raise no_such("preset", name, presets)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistWishes:
    """What a caller wants of a playlist, as plain values; None is as good as not given.

    Parameters
    ----------
    n, minutes : length; one of the two (default: 20 picks)
    curve : name of an energy curve or points such as "0:.3,50:.9,100:.4", or an `EnergyCurve`
    policy : "strict", "flexible" or "creative"
    tolerance : tempo change of a step as a share (.02 is 2 %), in place of the policy's own
    harmonic : "strict", "flexible", "creative" or "off"
    artist_gap, album_gap : picks (4), time ("60m"), or a `Gap`
    min_sound : least likeness of sound to the seed, -1 to 1 (default: that of the nearer half of the library)
    relax : None loosens what can't be met, but for limits given here, and tempo steps no farther than any policy;
        True loosens all, False nothing
    absolute_energy, max_candidates, with_seed, vary, plan : as in `PlaylistOptions`
    preset : options for what is not given
    """

    n: int | None = None
    minutes: float | None = None
    curve: EnergyCurve | str | None = None
    policy: TempoPolicy | None = None
    tolerance: float | None = None
    harmonic: HarmonicRule | None = None
    artist_gap: Gap | int | str | None = None
    album_gap: Gap | int | str | None = None
    min_sound: float | None = None
    absolute_energy: bool | None = None
    max_candidates: int | None = None
    with_seed: bool | None = None
    relax: bool | None = None
    vary: int | None = None
    plan: bool | None = None
    preset: Preset | None = None

    def options(self, **fallbacks: object) -> PlaylistOptions:
        """The options, with `fallbacks` for what neither the wishes nor the preset say.

        Raises
        ------
        UsageError
            If an option can't have this value.
        """
        own = {name: value for name in _READERS if (value := getattr(self, name)) is not None}
        return playlist_options(preset=self.preset, fallbacks=fallbacks, **own)


def playlist_options(
    *, preset: Preset | None = None, fallbacks: Mapping[str, object] = _NOTHING, **wishes: object
) -> PlaylistOptions:
    """Options of a playlist from plain values.

    Limits among the wishes hold, unless they say `relax`; those of a preset, or by default, may be loosened.

    Parameters
    ----------
    preset : options for what is not given
    fallbacks : plain values for what neither says
    wishes : plain values by the names of `PlaylistWishes`

    Raises
    ------
    UsageError
        If there is no such option, or it can't have this value. None is as good as not given.
    """
    given = {name: value for name, value in wishes.items() if value is not None}
    others = {name: value for name, value in fallbacks.items() if value is not None}
    values = {**others, **(preset.options if preset else {}), **given}
    if preset is not None and ("n" in given) != ("minutes" in given):  # one length takes the place of the other
        values.pop("minutes" if "n" in given else "n", None)
    unknown = [name for name in values if name not in _READERS]
    if unknown:
        raise UsageError(f"a playlist has no option '{unknown[0]}'; {did_you_mean(unknown[0], _READERS)}")
    read: dict[str, Any] = {name: _READERS[name](value) for name, value in values.items()}
    if "minutes" in read:
        read.setdefault("n", None)
    policy, tolerance = read.pop("policy", "flexible"), read.pop("tolerance", None)
    percent = None if tolerance is None else 100.0 * tolerance
    held = () if given.get("relax") else tuple(dict.fromkeys(_HELD[name] for name in given if name in _HELD))
    return PlaylistOptions(tempo=tempo_limit(policy, percent), held=held, **read)


def _curve(value: Any) -> EnergyCurve:
    return value if isinstance(value, EnergyCurve) else parse_curve(str(value))


def _gap(value: Any) -> Gap:
    return value if isinstance(value, Gap) else parse_gap(str(value))


def _policy(value: Any) -> str:
    if value not in TEMPO_POLICIES:
        raise no_such("tempo policy", value, TEMPO_POLICIES)
    return str(value)


def _tolerance(value: Any) -> float:
    share = _number(value)
    if not _LEAST_TOLERANCE <= share <= _MOST_TOLERANCE:
        raise UsageError(f"a tempo tolerance is a share from {_LEAST_TOLERANCE:g} to {_MOST_TOLERANCE:g} (.02 is 2 %)")
    return share


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{value!r} is no number")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{value!r} is no whole number")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{value!r} is neither true nor false")
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "n": _whole,
    "minutes": _number,
    "curve": _curve,
    "policy": _policy,
    "tolerance": _tolerance,
    "harmonic": str,
    "artist_gap": _gap,
    "album_gap": _gap,
    "min_sound": _number,
    "absolute_energy": _switch,
    "max_candidates": _whole,
    "with_seed": _switch,
    "relax": _switch,
    "vary": _whole,
    "plan": _switch,
}


class WishKeywords(TypedDict, total=False):
    """`map4.domain.playlist.presets.PlaylistWishes`."""

    n: int | None
    minutes: float | None
    curve: EnergyCurve | str | None
    policy: TempoPolicy | None
    tolerance: float | None
    harmonic: HarmonicRule | None
    artist_gap: Gap | int | str | None
    album_gap: Gap | int | str | None
    min_sound: float | None
    absolute_energy: bool | None
    max_candidates: int | None
    with_seed: bool | None
    relax: bool | None
    vary: int | None
    plan: bool | None
    preset: Preset | None
