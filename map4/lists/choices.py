"""The choices for a playlist, for programs with a user interface: options, curves, presets."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Literal

from map4.core.base.call_options import Option, declared_options
from map4.core.base.records import Record
from map4.lists.options import GenerateOptions
from map4.lists.playlist.energy_curve import CURVES
from map4.lists.playlist.request import Preset

Kind = Literal["switch", "number", "whole_number", "choice", "text", "texts"]


class FormOption(Record):
    """An option of a call, for a user interface.

    name: as in a request; TABLE.NAME is a member of a table
    label: its name for people
    heading: the group of related options
    about: description for people
    flags: on the command line; a switch that can be turned off has two, "--relax/--no-relax"
    kind: type of the value
    choices: allowed names; empty if any value is allowed
    value: the value that a form starts with
    """

    name: str
    label: str
    heading: str
    about: str
    flags: str
    kind: Kind
    choices: tuple[str, ...] = ()
    value: bool | str | None = None

    @classmethod
    def of(cls, option: Option, choices: tuple[str, ...] = (), *, value: Any = None) -> FormOption:
        """An option, with choices that only the caller knows."""
        choices = choices or tuple(map(str, option.choices))
        return cls(
            name=option.name,
            label=option.label or label_of(option.name),
            heading=option.heading or "",
            about=option.description,
            flags=option.flags,
            kind="choice" if choices else _kind(option),
            choices=choices,
            value=value,
        )


class NamedCurve(Record):
    """A named energy curve: percent of the list, and energy 0-1."""

    name: str
    points: tuple[tuple[float, float], ...]


class NamedPreset(Record):
    """A preset, its purpose, and the options of a request that it sets."""

    name: str
    about: str
    options: dict[str, Any]


class PlaylistChoices(Record, kind="playlist-choices"):
    """All choices for a playlist."""

    options: tuple[FormOption, ...]
    curves: tuple[NamedCurve, ...]
    presets: tuple[NamedPreset, ...]


def playlist_choices(presets: Mapping[str, Preset]) -> PlaylistChoices:
    """The choices for a playlist, with these presets."""
    declared = declared_options(GenerateOptions)
    return PlaylistChoices(
        options=tuple(
            FormOption.of(option, tuple(presets) if option.name == "preset" else ())
            for option in declared.values()
            if option.is_remote
        ),
        curves=tuple(NamedCurve(name=curve.name, points=curve.points) for curve in CURVES.values()),
        presets=tuple(
            NamedPreset(
                name=name, about=preset.help, options={k: v for k, v in preset.options.items() if k in declared}
            )
            for name, preset in presets.items()
        ),
    )


def command_of(made_with: Mapping[str, Any]) -> str:
    """The command line that makes a list with these seeds and options; ids name files that may move."""
    words, flags_of = ["map4", "playlist"], {name: one.flags for name, one in declared_options(GenerateOptions).items()}
    for name, flags in {"seeds": "--seed", **flags_of}.items():
        value, (flag, _, other) = made_with.get(name), flags.partition(" ")[0].partition("/")
        if isinstance(value, bool):
            words.append(flag if value != flag.startswith("--no-") else other)
        elif flag and value not in (None, ""):
            words += [w for one in (value if isinstance(value, list | tuple) else [value]) for w in (flag, str(one))]
    return shlex.join(filter(None, words))


def label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kind(option: Option) -> Kind:
    kinds = option.kinds
    if option.is_list:
        return "texts"
    if bool in kinds:
        return "switch"
    if str in kinds:
        return "text"
    return "number" if float in kinds else "whole_number" if int in kinds else "text"
