"""Named sets of playlist options, and what a caller asks of a playlist as plain values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypedDict

from map4.domain.harmony import HarmonicRule
from map4.domain.lists.limits import Gap, ListLimits
from map4.domain.near_names import no_such
from map4.domain.playlist.energy_curve import EnergyCurve
from map4.domain.playlist.options import NOTHING, OPTION_NAMES, PlaylistOptions
from map4.domain.query.parser import Query
from map4.domain.tempo_step import TempoPolicy
from map4.errors import UsageError

PRESETS_FILE = "data/playlist_presets.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Options under a name; `help` says what for."""

    name: str
    help: str
    options: Mapping[str, Any]


def read_presets(content: Mapping[str, Any]) -> dict[str, Preset]:
    """Make presets of the content of a file like `playlist_presets.toml`, or of a user's table of them.

    One with an option that there is not, or a value it can't have, is refused by its name.
    """
    presets = {}
    for name, values in content.items():
        if not isinstance(values, Mapping):
            raise UsageError(f"playlist preset '{name}' must be a table of options")
        options = {key: value for key, value in values.items() if key != "help"}
        try:
            PlaylistOptions.read(options)
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
    """The preset of a name, in any spelling."""
    spelled = name.strip().lower().replace("-", "_")
    if spelled in presets:
        return presets[spelled]
    raise no_such("preset", name, presets)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackChoice:
    """Which tracks of the library may be taken: queries.

    query, exclude: which may be taken, and which not
    preferred, avoided: which of them count more, or less, than others that go as well
    """

    query: str | Query = ""
    exclude: str | Query | None = None
    preferred: str | Query | None = None
    avoided: str | Query | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistWishes(TrackChoice):
    """What a caller wants of a playlist, as plain values, and of which tracks; None is as good as not given.

    n, minutes: length; one of the two (default: 20 picks)
    curve: name of an energy curve or points such as "0:.3,50:.9,100:.4", or an `EnergyCurve`
    policy: "strict", "flexible" or "creative"
    tolerance: tempo change of a step as a share (.02 is 2 %), in place of the policy's own
    harmonic: "strict", "flexible", "creative" or "off"
    artist_gap, album_gap: picks (4), time ("60m"), or a `Gap`
    min_sound: least likeness of sound to the seed, -1 to 1 (default: that of the nearer half of the library)
    relax: None loosens what can't be met, but for limits given here, and tempo steps no farther than any policy;
        True loosens all, False nothing
    absolute_energy, max_candidates, with_seed, vary, plan: as in `PlaylistOptions`
    preset: options for what is not given
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

    def options(self, limits: ListLimits | None = None) -> PlaylistOptions:
        """The options, with `limits` for what neither the wishes nor the preset say."""
        return PlaylistOptions.read(
            {name: getattr(self, name) for name in OPTION_NAMES},
            preset=self.preset.options if self.preset else NOTHING,
            limits=limits,
        )


class TrackChoiceKeywords(TypedDict, total=False):
    """`map4.domain.playlist.presets.TrackChoice`."""

    query: str | Query
    exclude: str | Query | None
    preferred: str | Query | None
    avoided: str | Query | None


class WishKeywords(TrackChoiceKeywords, total=False):
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
