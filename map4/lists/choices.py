"""The choices for a playlist, for programs with a user interface: options, curves, presets, formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from map4.base.call_options import Option, declared_options
from map4.base.records import Record
from map4.formats import formats_of_one_file
from map4.lists.options import GenerateOptions
from map4.lists.playlist.energy_curve import CURVES
from map4.lists.playlist.request import Preset

Kind = Literal["switch", "number", "whole_number", "choice", "text", "texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistOption(Record):
    """An option of `map4 playlist`, for a user interface.

    name: as in a request
    heading: the group of related options
    about: description for people
    flags: on the command line; a switch that can be turned off has two, "--relax/--no-relax"
    kind: type of the value
    choices: allowed names; empty if any value is allowed
    """

    name: str
    heading: str
    about: str
    flags: str
    kind: Kind
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCurve(Record):
    """A named energy curve: percent of the list, and energy 0-1."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPreset(Record):
    """A preset, its purpose, and the options it sets."""

    name: str
    about: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFormat(Record):
    """A format in which a list can be written to one file.

    live: whether it contains queries of live lists, and no other list
    """

    name: str
    suffix: str
    about: str
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistChoices(Record, kind="playlist-choices"):
    """All choices for a playlist."""

    options: tuple[PlaylistOption, ...]
    curves: tuple[NamedCurve, ...]
    presets: tuple[NamedPreset, ...]
    formats: tuple[ListFormat, ...]


def playlist_choices(presets: Mapping[str, Preset]) -> PlaylistChoices:
    """The choices for a playlist, with these presets."""
    return PlaylistChoices(
        options=tuple(
            PlaylistOption(
                name=option.name,
                heading=option.heading or "",
                about=option.said,
                flags=option.flags,
                kind=_kind(option),
                choices=tuple(presets) if option.name == "preset" else tuple(map(str, option.choices)),
            )
            for option in declared_options(GenerateOptions).values()
            if option.is_remote
        ),
        curves=tuple(NamedCurve(name=curve.name, points=curve.points) for curve in CURVES.values()),
        presets=tuple(
            NamedPreset(name=preset.name, about=preset.help, options=dict(preset.options))
            for preset in presets.values()
        ),
        formats=tuple(
            ListFormat(
                name=list_format.name,
                suffix=list_format.suffixes[0],
                about=list_format.summary,
                live=list_format.holds_live,
            )
            for list_format in formats_of_one_file().values()
        ),
    )


def _kind(option: Option) -> Kind:
    kinds = option.kinds
    if option.choices or option.name == "preset":
        return "choice"
    if option.is_list:
        return "texts"
    if bool in kinds:
        return "switch"
    if str in kinds:
        return "text"
    return "number" if float in kinds else "whole_number" if int in kinds else "text"
