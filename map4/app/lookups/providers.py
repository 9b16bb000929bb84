"""Which providers there are, and whether they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from map4.app.asking.batches import REQUEST_TIMEOUT_S
from map4.errors import UsageError
from map4.infra.metadata_providers.canonical_dump import import_dump as import_dump
from map4.infra.metadata_providers.rate import SharedRate, default_rates_path
from map4.infra.metadata_providers.registry import KNOWN, REFUSED, provider_names, provider_of
from map4.infra.metadata_providers.web import WebAsker
from map4.ports.metadata import MetadataProvider

PROVIDERS_SCHEMA = "map4/providers/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """A provider as it stands.

    Parameters
    ----------
    state : on: asked without being named; ready: can be named; not_set_up: lacks what `detail` says; left_out: map4
        does not ask it, for the reason in `detail`
    """

    name: str
    state: Literal["on", "ready", "not_set_up", "left_out"]
    detail: str
    host: str | None = None
    attribution: str | None = None

    def to_record(self) -> dict[str, Any]:
        """JSON values."""
        return {name: getattr(self, name) for name in ProviderState.__slots__}


def provider_states(settings: Mapping[str, Mapping[str, Any]]) -> list[ProviderState]:
    """Every provider, and at last those that are left out."""
    states = [_state(name, settings) for name in provider_names()]
    return [*states, *(ProviderState(name=name, state="left_out", detail=why) for name, why in REFUSED.items())]


def _state(name: str, settings: Mapping[str, Mapping[str, Any]]) -> ProviderState:
    detail = KNOWN.get(name, "of another package")
    try:
        policy = provider_of(name, settings).policy
    except UsageError as error:
        return ProviderState(
            name=name, state="not_set_up", detail=f"{detail}: {error}" if name not in KNOWN else detail
        )
    is_on = settings.get(name, {}).get("enabled")
    return ProviderState(
        name=name, state="on" if is_on else "ready", detail=detail, host=policy.host, attribution=policy.attribution
    )


def check(name: str, settings: Mapping[str, Mapping[str, Any]], *, rates: str | None = None) -> str | None:
    """Ask a provider one question; gives what is wrong, None where it answers.

    Raises
    ------
    UsageError
        If it is not set up.
    """
    provider: MetadataProvider = provider_of(name, settings)
    request = provider.probe()
    if request is None or provider.policy.host is None:
        return None
    rate = SharedRate(rates or default_rates_path(), provider.policy.host, provider.policy.interval_s)
    asker = WebAsker(provider, rate)
    try:
        fault = asker.submit({0: request}, REQUEST_TIMEOUT_S).result(REQUEST_TIMEOUT_S + 5).fault
    finally:
        asker.close()
    return None if fault is None else fault.message
