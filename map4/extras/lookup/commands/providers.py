"""`map4 lookup --providers`: the metadata providers, and whether they answer."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from map4.cli.session import current_session
from map4.cli.track_output import Output
from map4.errors import FileError, Map4Error, UsageError
from map4.extras.lookup import known_providers as providers
from map4.extras.lookup.known_providers import ProviderStates


def show_providers(output: Output) -> None:
    """Show every provider, and why some services are not supported."""
    from map4.extras.lookup.views import providers_view

    session = current_session()
    states = providers.provider_states(session.config["providers"])
    if not output.write(ProviderStates(providers=tuple(states))):
        session.out.print(providers_view(states))


def check_providers(names: Sequence[str]) -> None:
    """Send a test request to each named or enabled provider, and show whether it answers."""
    settings = current_session().config["providers"]
    chosen = names or tuple(provider.name for provider in providers.provider_states(settings) if provider.state == "on")
    if not chosen:
        raise UsageError(
            "no provider is enabled; name a provider, as in 'map4 lookup --providers --check --provider musicbrainz'"
        )
    problems = {name: providers.check(name, settings) for name in chosen}
    for name, problem in problems.items():
        current_session().echo(f"{name}: {'answers' if problem is None else problem}")
    failed = sum(problem is not None for problem in problems.values())
    if failed:
        sys.exit(Map4Error.exit_code if failed == len(problems) else FileError.exit_code)
