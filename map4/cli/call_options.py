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
        for declaration in declared:
            if declaration.name in given:
                given[declaration.name] = _read(declaration, given[declaration.name])
            if declaration.setting is not None and (declaration.is_list or declaration.name not in given):
                said = current_session().config[declaration.setting]
                given[declaration.name] = (*said, *given.get(declaration.name, ())) if declaration.is_list else said
        return record(**given)

    options = (
        _click_option(declaration, complete.get(declaration.name)) for declaration in declared if declaration.flags
    )
    return collect(parameter, made, *options)


def _read(declaration: Option, value: Any) -> Any:
    if declaration.is_table:
        pairs = {text: text.partition("=") for text in value}
        wrong = next((text for text, (name, equals, _) in pairs.items() if not equals or not name), None)
        if wrong is not None:
            raise click.UsageError(f"'{wrong}' is not an option; write it as NAME=VALUE.")
        return {name: said for name, _, said in pairs.values()}
    try:
        return declaration.reads(value) if declaration.reads is not None and isinstance(value, str) else value
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def _click_option(declaration: Option, complete: Callable[..., Any] | None) -> ClickOption:
    if declaration.choices and declaration.metavar:
        complete = completing(lambda: declaration.choices)
    settings: dict[str, Any] = {"help": declaration.help, "metavar": declaration.metavar, "shell_complete": complete}
    if declaration.is_told:
        settings |= {"default": _plain(declaration.default), "show_default": True}
    if bool in declaration.kinds and "/" not in declaration.flags:
        settings |= {"is_flag": True, "callback": partial(_switched, not declaration.flags.startswith("--no-"))}
    elif bool in declaration.kinds:
        settings |= {"default": None}
    else:
        settings |= {
            "type": _type(declaration),
            "multiple": declaration.is_table or (declaration.is_list and declaration.reads is None),
        }
    return click.option(
        *declaration.flags.split(), declaration.name, cls=CallOption, heading=declaration.heading, **settings
    )


def _switched(value: bool, ctx: click.Context, param: click.Parameter, given: bool) -> bool | None:
    return value if given else None


def _type(declaration: Option) -> click.ParamType[Any] | None:
    own = next((_TYPES[kind.__name__] for kind in declaration.kinds if kind.__name__ in _TYPES), None)
    if own is not None:
        return own()
    if declaration.choices:
        return None if declaration.metavar else Name(declaration.choices)
    if float in declaration.kinds and declaration.name.endswith("_s") and declaration.least is None:
        return Seconds()
    if str not in declaration.kinds and float in declaration.kinds:
        return Number(declaration.least, declaration.most, min_open=declaration.above)
    if str in declaration.kinds or int not in declaration.kinds:
        return None
    return WholeNumber(declaration.least, declaration.most)  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    """A default as people write it: 2, not 2.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
