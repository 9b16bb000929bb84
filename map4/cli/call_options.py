"""Command-line options generated from the record that declares the options of a call."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import click

from map4.base.call_options import Option, declared_options
from map4.cli.options import ClickOption, F, QueryText, collect, completing
from map4.cli.session import current_session
from map4.cli.value_types import Age, Name, Number, PathArgument, Seconds, WholeNumber
from map4.errors import UsageError

_TYPES: dict[str, Callable[[], click.ParamType[Any]]] = {
    "Query": QueryText,
    timedelta.__name__: Age,
    os.PathLike.__name__: PathArgument,
}
"""Click types of Python-only classes, by class name."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class CallOption(click.Option):
    """An option with its heading in the help."""

    def __init__(self, *args: Any, heading: str | None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.heading = heading


def options_of(
    record: type,
    parameter: str = "options",
    *,
    without: Collection[str] = (),
    complete: Mapping[str, Callable[..., Any]] = _NOTHING,
) -> Callable[[F], F]:
    """Add the options that a record declares; the command receives a record built from the given values.

    without: names of options that this command leaves out
    complete: `shell_complete` callbacks by option name
    """
    declared = [option for option in declared_options(record).values() if option.name not in without]

    def made(**values: Any) -> Any:
        given = {name: value for name, value in values.items() if value not in (None, ())}
        for one in declared:
            if one.name in given:
                given[one.name] = _read(one, given[one.name])
            if one.setting is not None and (one.is_list or one.name not in given):
                said = current_session().config[one.setting]
                given[one.name] = (*said, *given.get(one.name, ())) if one.is_list else said
        return record(**given)

    options = (_click_option(one, complete.get(one.name)) for one in declared if one.flags)
    return collect(parameter, made, *options)


def _read(one: Option, value: Any) -> Any:
    if one.is_table:
        pairs = {text: text.partition("=") for text in value}
        wrong = next((text for text, (name, equals, _) in pairs.items() if not equals or not name), None)
        if wrong is not None:
            raise click.UsageError(f"'{wrong}' is not an option; write it as NAME=VALUE.")
        return {name: said for name, _, said in pairs.values()}
    try:
        return one.reads(value) if one.reads is not None and isinstance(value, str) else value
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _click_option(one: Option, complete: Callable[..., Any] | None) -> ClickOption:
    if one.choices and one.metavar:
        complete = completing(lambda: one.choices)
    settings: dict[str, Any] = {"help": one.help, "metavar": one.metavar, "shell_complete": complete}
    if one.is_told:
        settings |= {"default": _plain(one.default), "show_default": True}
    if bool in one.kinds and "/" not in one.flags:
        settings |= {"is_flag": True, "callback": partial(_switched, not one.flags.startswith("--no-"))}
    elif bool in one.kinds:
        settings |= {"default": None}
    else:
        settings |= {"type": _type(one), "multiple": one.is_table or (one.is_list and one.reads is None)}
    return click.option(*one.flags.split(), one.name, cls=CallOption, heading=one.heading, **settings)


def _switched(value: bool, ctx: click.Context, param: click.Parameter, given: bool) -> bool | None:
    return value if given else None


def _type(one: Option) -> click.ParamType[Any] | None:
    own = next((_TYPES[kind.__name__] for kind in one.kinds if kind.__name__ in _TYPES), None)
    if own is not None:
        return own()
    if one.choices:
        return None if one.metavar else Name(one.choices)
    if float in one.kinds and one.name.endswith("_s") and one.least is None:
        return Seconds()
    if str not in one.kinds and float in one.kinds:
        return Number(one.least, one.most, min_open=one.above)
    if str in one.kinds or int not in one.kinds:
        return None
    return WholeNumber(one.least, one.most)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """A default as people write it: 2, not 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
