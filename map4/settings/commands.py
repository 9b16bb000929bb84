"""`map4 config`: the settings and their origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import click

from map4.cli.options import CallOption
from map4.cli.session import Map4Command, Map4Group, Session
from map4.core.base.records import Record
from map4.errors import ConfigError, Map4Error, NothingFoundError, UsageError
from map4.settings.config import SETTINGS, ConfiguredValue, default_of, plain_text, shown_value, value_of


class SettingValue(Record):
    """The value of a setting and its origin."""

    value: Any
    origin: str


class ConfigDocument(Record, kind="config"):
    """Every setting with its origin."""

    file: str
    settings: Mapping[str, SettingValue]


def _stored(session: Session) -> dict[str, ConfiguredValue]:
    """The settings that the library keeps, by name; none if it can't be opened."""
    with suppress(Map4Error), session.open_library(create=False) as library:
        return {
            name: ConfiguredValue(value=getattr(library.preferences, setting.preference), origin="the library")
            for name, setting in SETTINGS.items()
            if setting.preference
        }
    return {}


def _names() -> Sequence[str]:
    return [name for name, setting in SETTINGS.items() if not setting.members]


@Map4Group.of(
    ConfigError,
    name="config",
    invoke_without_command=True,
    plugins=("Decoders of other packages (analysis.decoder)", "map4.decoders.v1"),
)
@CallOption.json
@click.pass_context
def command(ctx: click.Context) -> None:
    """Show every setting and where it comes from, or change one.

    The command line overrides the environment (MAP4_...), which overrides map4.toml, which overrides the default.
    A library keeps its own analysis.prefer, names.articles, names.whole, loudness.mono and mix.* settings.

    \b
    map4 config
    map4 config set providers.musicbrainz.contact me@example.org
    map4 config set output.key_notation openkey
    map4 config unset output.key_notation
    """
    if ctx.invoked_subcommand is not None:
        return
    session = Session.current()
    stored = _stored(session)
    values = {
        name: replace(setting, value=shown_value(SETTINGS[name], setting.value))
        for name, setting in (session.config.values() | stored).items()
    }
    settings = {name: SettingValue(value=setting.value, origin=setting.origin) for name, setting in values.items()}
    if Session.print_json(ConfigDocument(file=session.config.file, settings=settings)):
        return
    session.echo(f"# {session.config.file}")
    session.echo("# 'map4 config set NAME VALUE' changes a setting; variables override it")
    for name, setting in SETTINGS.items():
        shown_setting = values[name]
        shown = ", ".join(shown_setting.value) if isinstance(shown_setting.value, tuple) else shown_setting.value
        session.echo(f"{name} = {'unset' if shown in (None, '', {}) else shown}")
        origin = shown_setting.origin if shown_setting.origin == "default" else f"from {shown_setting.origin}"
        is_elsewhere = name in stored or setting.variable in origin
        variable = "" if is_elsewhere else f", variable {setting.variable}"
        session.echo(f"    {setting.help}; {origin}{variable}")


@Map4Command.of(ConfigError, (NothingFoundError, "there is no library that could keep it"))
@click.argument("name", shell_complete=CallOption.completing(_names))
@click.argument("value")
def set_(name: str, value: str) -> None:
    """Change a setting in map4.toml; comments and other settings stay.

    Settings that the library keeps are changed there: analysis.prefer, names.articles, names.whole, loudness.mono,
    mix.key_lock, mix.pitch_range.

    VALUE is written as in the environment: lists are separated by commas.

    \b
    map4 config set providers.musicbrainz.contact me@example.org
    map4 config set library ~/Music/library.map4
    map4 config set scan.exclude '*.wav,Podcasts/'
    """
    change(Session.current(), name, value)


@Map4Command.of((UsageError, "no such setting"), (NothingFoundError, "it is not in the file, or there is no library"))
@click.argument("name", shell_complete=CallOption.completing(_names))
def unset(name: str) -> None:
    """Remove a setting from map4.toml, to use its default again; one that the library keeps gets it there."""
    change(Session.current(), name, None)


def change(session: Session, name: str, value: str | None) -> None:
    """Set a setting in map4.toml or in the library, or its default if the value is None, and print the result."""
    from map4.settings.file import change_setting

    setting = SETTINGS.get(name)
    if setting is not None and setting.preference:
        wanted = default_of(setting) if value is None else value_of(setting, value, name)
        with session.open_library(create=False) as library:
            wanted_here = replace(library.preferences, **{setting.preference: wanted})
            library.set_preferences(wanted_here, [setting.preference])
            session.info(f"{name} is {plain_text(wanted) or 'empty'} in {library.path}")
        return
    instead = change_setting(session.config, name, value)
    session.info(f"{name} {'removed from' if value is None else 'set in'} {session.config.file}")
    if instead is not None:
        session.info(f"map4: it has no effect while the {instead} sets another value")
