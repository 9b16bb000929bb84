"""State of the known providers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Literal

from map4.core.base.records import Record
from map4.errors import UsageError
from map4.extras.lookup.lookup import what_to_do
from map4.extras.lookup.providers.registry import REFUSED, provider_names, provider_of, purpose_of
from map4.extras.lookup.providers.web import web_client
from map4.extras.shared.batches import REQUEST_TIMEOUT_S


class ProviderState(Record):
    """A provider and whether it can be used.

    state: on: used by default; ready: can be named; not_set_up: lacks what `help` says; left_out: map4 does not support
        it, for the reason in `detail`
    detail: its purpose, or why it is left out
    note: what to know before using it
    help: what a provider lacks that is not set up, and what to do
    """

    name: str
    state: Literal["on", "ready", "not_set_up", "left_out"]
    detail: str
    host: str | None = None
    attribution: str | None = None
    note: str | None = None
    help: str | None = None


class ProviderStates(Record, kind="providers"):
    """The providers of lookup."""

    providers: tuple[ProviderState, ...]


def provider_states(settings: Mapping[str, Mapping[str, Any]]) -> list[ProviderState]:
    """Return all providers, also unknown (misspelt) names in the settings, then the unsupported services."""
    states = [_state(name, settings) for name in dict.fromkeys([*provider_names(), *settings]) if name not in REFUSED]
    return [*states, *(ProviderState(name=name, state="left_out", detail=why) for name, why in REFUSED.items())]


def _state(name: str, settings: Mapping[str, Mapping[str, Any]]) -> ProviderState:
    what = purpose_of(name)
    try:
        policy = provider_of(name, settings).policy
    except UsageError as error:
        return ProviderState(name=name, state="not_set_up", detail=what, help=str(error))
    return ProviderState(
        name=name,
        state="on" if settings.get(name, {}).get("enabled") else "ready",
        detail=what,
        host=policy.host,
        attribution=policy.attribution,
        note=policy.note or None,
    )


def check(name: str, settings: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Send a test request to a provider; return what is wrong or missing, None if it answers."""
    try:
        provider = provider_of(name, settings)
    except UsageError as error:
        if name not in provider_names():
            raise
        return str(error)
    request = provider.probe()
    if request is None:
        return None
    with closing(web_client(provider)) as client:
        fault = client.submit({0: request}, REQUEST_TIMEOUT_S).result(REQUEST_TIMEOUT_S + 5).fault
    if fault is not None and fault.kind == "authentication":
        return f"{fault.message}; {what_to_do(fault.kind, name)}"
    return None if fault is None else fault.message
