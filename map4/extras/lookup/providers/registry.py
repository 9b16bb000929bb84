"""Which providers there are, those of other packages included, and which map4 leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import entry_points
from typing import Any, cast

from map4.base.near_names import no_such
from map4.errors import UsageError
from map4.extras.lookup.provider import MetadataProvider
from map4.extras.lookup.providers.acoustid import AcoustID
from map4.extras.lookup.providers.canonical_dump import CanonicalDump
from map4.extras.lookup.providers.cover_art import CoverArtArchive
from map4.extras.lookup.providers.deezer import Deezer
from map4.extras.lookup.providers.discogs_api import Discogs
from map4.extras.lookup.providers.discogs_dump import DiscogsDump
from map4.extras.lookup.providers.dump_file import DumpProvider
from map4.extras.lookup.providers.itunes import ITunes
from map4.extras.lookup.providers.lastfm import LastFm
from map4.extras.lookup.providers.listenbrainz import ListenBrainz
from map4.extras.lookup.providers.musicbrainz import MusicBrainz
from map4.extras.lookup.providers.service import WebService
from map4.extras.lookup.providers.tidal import Tidal

GROUP = "map4.providers.v1"
Settings = Mapping[str, Mapping[str, Any]]
"""By provider: `enabled`, `url`, `contact`, `token_env`, `interval_s`, `country`."""


_KINDS: tuple[type[WebService | DumpProvider], ...] = (
    MusicBrainz, ListenBrainz, AcoustID, CoverArtArchive, CanonicalDump, Discogs, DiscogsDump, Tidal, Deezer, LastFm,
    ITunes,
)  # fmt: skip
_OWN = {kind.name: kind for kind in _KINDS}
"""map4's own."""

REFUSED: Mapping[str, str] = {
    "spotify": "its terms forbid to build a database from its data",
    "beatport": "no access for open programs; what it wrote into the tags of your files is read",
    "bandcamp": "an API for labels and merchants alone; the tags of its files are read",
    "soundcloud": "its terms forbid keeping its data, and need a paid account",
    "mixcloud": "no track lists in its public API",
    "youtube": "not in bulk: a hundred searches a day, and data may be kept for 30 days",
    "1001tracklists": "offers no access, and forbids reading its pages",
}
"""Services that are left out, each with the reason."""

DUMPS = tuple(kind for kind in _KINDS if issubclass(kind, DumpProvider))
"""What can be imported."""


def provider_names() -> list[str]:
    """Every provider that can be asked."""
    return [*_OWN, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(_OWN))]


def purpose_of(name: str) -> str:
    if name in _OWN:
        return _OWN[name].what
    return "of another package" if name in provider_names() else "only the settings know it"


def sharing_ids(name: str) -> frozenset[str]:
    """Other providers whose ids are those of this one."""
    return frozenset(one for one, own in _OWN.items() if own.ids_of == name)


def release_sources() -> tuple[str, ...]:
    """Providers that know releases of MusicBrainz, the best first."""
    return (MusicBrainz.name, *sorted(sharing_ids(MusicBrainz.name)))


def ready_names(settings: Settings, *, enabled: bool = False) -> list[str]:
    """Those that the settings enable; or those that they tell of, and that can be asked, with those of files."""
    if enabled:
        return [name for name in provider_names() if settings.get(name, {}).get("enabled")]
    found = []
    for name in provider_names():
        if not settings.get(name) and issubclass(_OWN.get(name, object), WebService):
            continue  # the user chose none of it, and the keyring may ask for a password
        with suppress(UsageError):
            found.append(provider_of(name, settings).name)
    return found


def to_plan(name: str, settings: Settings) -> tuple[MetadataProvider, str | None]:
    """A provider that shall send nothing, and what it would lack to do so."""
    try:
        return provider_of(name, settings), None
    except UsageError as error:
        own = _OWN.get(name)
        if own is None or not issubclass(own, WebService):
            raise
        return cast("MetadataProvider", own.without_access(_said_of(name, settings))), str(error)


def _said_of(name: str, settings: Settings) -> dict[str, Any]:
    contact = settings.get(MusicBrainz.name, {}).get("contact")  # of one user
    return {"contact": contact, **settings.get(name, {})}


def provider_of(name: str, settings: Settings) -> MetadataProvider:
    if name in _OWN:
        return cast("MetadataProvider", _OWN[name].of(_said_of(name, settings)))
    said = settings.get(name, {})
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
