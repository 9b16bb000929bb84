"""Command-line options generated from the record that declares the options of a call."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import click

from map4.cli.options import ClickOption, F, QueryText, collect, completing
from map4.cli.session import current_session
from map4.cli.value_types import Age, Minutes, Name, Number, PathArgument, Seconds, WholeNumber
from map4.core.base.call_options import Option, declared_options
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
        for option in declared:
            if option.name in given:
                given[option.name] = _read(option, given[option.name])
            if option.setting is not None and (option.is_list or option.name not in given):
                configured = current_session().config[option.setting]
                given[option.name] = (*configured, *given.get(option.name, ())) if option.is_list else configured
        return record(**given)

    options = (_click_option(option, complete.get(option.name)) for option in declared if option.flags)
    return collect(parameter, made, *options)


def _read(option: Option, value: Any) -> Any:
    if option.is_table:
        pairs = {text: text.partition("=") for text in value}
        wrong = next((text for text, (name, equals, _) in pairs.items() if not equals or not name), None)
        if wrong is not None:
            raise click.UsageError(f"'{wrong}' is not an option; write it as NAME=VALUE.")
        return {name: value for name, _, value in pairs.values()}
    try:
        return option.reads(value) if option.reads is not None and isinstance(value, str) else value
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _click_option(option: Option, complete: Callable[..., Any] | None) -> ClickOption:
    if option.choices and option.metavar:
        complete = completing(lambda: option.choices)
    settings: dict[str, Any] = {"help": option.help, "metavar": option.metavar, "shell_complete": complete}
    settings["hidden"] = option.deprecated is not None
    if option.shows_default:
        settings |= {"default": _plain(option.default), "show_default": True}
    if bool in option.kinds and "/" not in option.flags:
        settings |= {"is_flag": True, "callback": partial(_switched, not option.flags.startswith("--no-"))}
    elif bool in option.kinds:
        settings |= {"default": None}
    else:
        settings |= {
            "type": _type(option),
            "multiple": option.is_table or (option.is_list and option.reads is None),
        }
    return click.option(*option.flags.split(), option.name, cls=CallOption, heading=option.heading, **settings)


def _switched(value: bool, ctx: click.Context, param: click.Parameter, given: bool) -> bool | None:
    return value if given else None


def _type(option: Option) -> click.ParamType[Any] | None:
    own = next((_TYPES[kind.__name__] for kind in option.kinds if kind.__name__ in _TYPES), None)
    if own is not None:
        return own()
    if option.choices:
        return None if option.metavar else Name(option.choices)
    if float in option.kinds and option.name.endswith("_s") and option.least is None:
        return Seconds()
    if float in option.kinds and option.name == "minutes":
        return Minutes(option.least, option.most, min_open=option.above)
    if str not in option.kinds and float in option.kinds and option.reads is None:
        return Number(option.least, option.most, min_open=option.above)
    if str in option.kinds or int not in option.kinds:
        return None
    return WholeNumber(option.least, option.most)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """A default as people write it: 2, not 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
