"""Which providers there are, those of other packages included, and which map4 leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Any

from map4.domain.near_names import no_such
from map4.errors import UsageError
from map4.infra.metadata_providers.canonical_dump import FORM as MUSICBRAINZ_DUMP
from map4.infra.metadata_providers.canonical_dump import CanonicalDump
from map4.infra.metadata_providers.discogs_dump import FORM as DISCOGS_DUMP
from map4.infra.metadata_providers.discogs_dump import DiscogsDump
from map4.infra.metadata_providers.musicbrainz import NAME as MUSICBRAINZ
from map4.infra.metadata_providers.musicbrainz import MusicBrainz
from map4.ports.metadata import MetadataProvider

GROUP = "map4.providers.v1"
Settings = Mapping[str, Mapping[str, Any]]
"""By provider: `enabled`, `url`, `contact`, `token_env`, `interval_s`."""

KNOWN: Mapping[str, str] = {
    MUSICBRAINZ: "ISRC, label, catalogue number, dates, genres, remixers; needs your contact",
    MUSICBRAINZ_DUMP.provider: "MusicBrainz' names from a file, without a network; needs 'map4 providers import-dump'",
    DISCOGS_DUMP.provider: "label, catalogue number, styles, dates from a file; needs 'map4 providers import-dump'",
}
"""What each of map4's own is for."""

REFUSED: Mapping[str, str] = {
    "spotify": "its terms forbid to build a database from its data",
    "beatport": "no access for open programs; what it wrote into the tags of your files is read",
    "bandcamp": "an API for labels and merchants alone; the tags of its files are read",
    "soundcloud": "its terms forbid keeping its data, and need a paid account",
    "mixcloud": "no track lists in its public API",
    "youtube": "a hundred searches a day, and data may be kept for 30 days",
    "1001tracklists": "offers no access; reading its pages is against its will",
    "downloaders": "map4 fetches data, never music",
}
"""Services that are left out, each with the reason."""

_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], MetadataProvider]] = {
    MUSICBRAINZ: lambda said: MusicBrainz(
        url=said.get("url"), contact=said.get("contact"), interval_s=said.get("interval_s")
    ),
    MUSICBRAINZ_DUMP.provider: lambda said: CanonicalDump(),
    DISCOGS_DUMP.provider: lambda said: DiscogsDump(),
}

DUMPS = (MUSICBRAINZ_DUMP, DISCOGS_DUMP)
"""What can be imported."""


def provider_names() -> list[str]:
    """Every provider that can be asked."""
    return [*KNOWN, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(KNOWN))]


def ready_names(settings: Settings, *, enabled: bool = False) -> list[str]:
    """Those that can be asked as they are set up, or those that the settings enable."""
    if enabled:
        return [name for name in provider_names() if settings.get(name, {}).get("enabled")]
    found = []
    for name in provider_names():
        with suppress(UsageError):
            found.append(provider_of(name, settings).name)
    return found


def provider_of(name: str, settings: Settings) -> MetadataProvider:
    """The provider of a name.

    Raises
    ------
    UsageError
        If there is none, it is left out, or it is not set up.
    """
    said = settings.get(name, {})
    if name in _MAKERS:
        return _MAKERS[name](said)
    if name in REFUSED:
        raise UsageError(f"map4 does not ask {name}: {REFUSED[name]}")
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise no_such("provider", name, provider_names())
    try:
        provider: MetadataProvider = found.load()(said)
    except Exception as error:  # around one plug-in
        raise UsageError(f"the provider {name} ({found.value}) can't be loaded: {error}") from error
    return provider
