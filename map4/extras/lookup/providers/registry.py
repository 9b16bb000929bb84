"""Registry of providers, including plug-ins, and of unsupported services."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Any, cast

from map4.errors import UsageError
from map4.extras.lookup.provider import MetadataProvider
from map4.extras.lookup.providers.acoustid import AcoustID
from map4.extras.lookup.providers.cover_art import CoverArtArchive
from map4.extras.lookup.providers.deezer import Deezer
from map4.extras.lookup.providers.discogs_api import Discogs
from map4.extras.lookup.providers.lastfm import LastFm
from map4.extras.lookup.providers.listenbrainz import ListenBrainz
from map4.extras.lookup.providers.musicbrainz import MusicBrainz
from map4.extras.lookup.providers.service import WebService
from map4.extras.lookup.providers.tidal import Tidal

GROUP = "map4.providers.v1"
Settings = Mapping[str, Mapping[str, Any]]
"""Settings by provider: `enabled`, `url`, `contact`, `token_env`, `interval_s`, `country`."""


_KINDS: tuple[type[WebService], ...] = (
    MusicBrainz, ListenBrainz, AcoustID, CoverArtArchive, Discogs, Tidal, Deezer, LastFm,
)  # fmt: skip
_OWN = {kind.name: kind for kind in _KINDS}  # map4's own providers

REFUSED: Mapping[str, str] = {
    "itunes": "Apple offers it to promote its store",
    "spotify": "its terms forbid building a database from its data",
    "beatport": "no access for open-source programs; map4 reads the tags of its files",
    "bandcamp": "its API is only for labels and merchants; map4 reads the tags of its files",
    "soundcloud": "its terms forbid storing its data and require a paid account",
    "mixcloud": "no track lists in its public API",
    "youtube": "limited to a hundred searches a day, and to 30 days of storage",
    "1001tracklists": "offers no API and forbids scraping",
}
"""Unsupported services with the reason."""

_DUMPS = {"musicbrainz-dump": MusicBrainz.name, "discogs-dump": Discogs.name}
"""Providers of release candidates whose data libraries may have, each with the service to use instead."""


def provider_names() -> list[str]:
    """Names of all providers."""
    return [*_OWN, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(_OWN))]


def purpose_of(name: str) -> str:
    if name in _OWN:
        return _OWN[name].what
    return "from another package" if name in provider_names() else "unknown name in the settings"


def sharing_ids(name: str) -> frozenset[str]:
    """Other providers that use this provider's ids."""
    own_names = (variable for variable, own in _OWN.items() if own.ids_of == name)
    return frozenset((*own_names, *(dump for dump, service in _DUMPS.items() if service == name)))


def release_sources() -> tuple[str, ...]:
    """Providers of MusicBrainz releases, best first."""
    return (MusicBrainz.name, *sorted(sharing_ids(MusicBrainz.name)))


def ready_names(settings: Settings, *, enabled: bool = False) -> list[str]:
    """Names of enabled providers; or of all usable providers with settings, plus those of other packages."""
    if enabled:
        return [name for name in provider_names() if settings.get(name, {}).get("enabled")]
    names = []
    for name in provider_names():
        if name in _OWN and not settings.get(name):
            continue  # not configured, and reading the keyring may prompt for a password
        with suppress(UsageError):
            names.append(provider_of(name, settings).name)
    return names


def to_plan(name: str, settings: Settings) -> tuple[MetadataProvider, str | None]:
    """A provider for planning only, and what it lacks to be used."""
    try:
        return provider_of(name, settings), None
    except UsageError as error:
        own = _OWN.get(name)
        if own is None:
            raise
        return cast("MetadataProvider", own.without_access(_settings_of(name, settings))), str(error)


def _settings_of(name: str, settings: Settings) -> dict[str, Any]:
    contact = settings.get(MusicBrainz.name, {}).get("contact")  # one user has one contact
    return {"contact": contact, **settings.get(name, {})}


def provider_of(name: str, settings: Settings) -> MetadataProvider:
    if name in _OWN:
        return cast("MetadataProvider", _OWN[name].of(_settings_of(name, settings)))
    own_settings = settings.get(name, {})
    if name in REFUSED:
        raise UsageError(f"map4 does not support {name}: {REFUSED[name]}")
    if name in _DUMPS:
        raise UsageError(f"the provider {name} is gone; use {_DUMPS[name]}")
    entry_point = next(iter(entry_points(group=GROUP, name=name)), None)
    if entry_point is None:
        raise UsageError.no_such("provider", name, provider_names())
    try:
        provider: MetadataProvider = entry_point.load()(own_settings)
    except Exception as error:  # plug-ins may raise anything
        raise UsageError(f"the provider {name} ({entry_point.value}) can't be loaded: {error}") from error
    return provider
