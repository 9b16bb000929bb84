"""`map4 providers`: the metadata providers of `map4 lookup`."""

from __future__ import annotations

import sys

import click

from map4.cli.exits import exit_codes
from map4.cli.options import json_option
from map4.cli.output import print_json, printable
from map4.cli.session import Map4Group, current_session
from map4.errors import ConfigError, FileError, Map4Error, ProviderSilentError, UsageError
from map4.extras.lookup import known_providers as providers
from map4.extras.lookup.known_providers import ProviderStates

_SOME_SILENT = (FileError, "some providers don't answer")


@Map4Group.of(ProviderSilentError, _SOME_SILENT)
def command() -> None:
    """Show and check the providers of 'map4 lookup'."""


@command.command("list", epilog=exit_codes(ConfigError))
@json_option
def list_() -> None:
    """Show every provider, and why some services are not supported."""
    from map4.extras.lookup.views import providers_view

    session = current_session()
    states = providers.provider_states(session.config["providers"])
    if not print_json(ProviderStates(providers=tuple(states))):
        session.out.print(providers_view(states))


@command.command("check", epilog=exit_codes(ProviderSilentError, _SOME_SILENT, done="all answer"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
def check(names: tuple[str, ...]) -> None:
    """Send a test request to each enabled provider, or to each NAME, and show whether it answers."""
    session = current_session()
    settings = session.config["providers"]
    chosen = names or tuple(provider.name for provider in providers.provider_states(settings) if provider.state == "on")
    if not chosen:
        raise UsageError("no provider is enabled; name a provider, as in 'map4 providers check musicbrainz'")
    problems = {name: providers.check(name, settings) for name in dict.fromkeys(chosen)}
    for name, problem in problems.items():
        click.echo(f"{printable(name)}: {'answers' if problem is None else printable(problem)}")
    failed = sum(problem is not None for problem in problems.values())
    if failed:
        sys.exit(Map4Error.exit_code if failed == len(problems) else FileError.exit_code)
