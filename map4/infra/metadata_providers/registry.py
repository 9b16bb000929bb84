"""Which providers there are, those of other packages included, and which map4 leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from map4.domain.near_names import no_such
from map4.errors import UsageError
from map4.infra.keys import keys_of
from map4.infra.metadata_providers.acoustid import NAME as ACOUSTID
from map4.infra.metadata_providers.acoustid import AcoustID
from map4.infra.metadata_providers.canonical_dump import FORM as MUSICBRAINZ_DUMP
from map4.infra.metadata_providers.canonical_dump import CanonicalDump
from map4.infra.metadata_providers.countries import country_of
from map4.infra.metadata_providers.cover_art import NAME as COVER_ART
from map4.infra.metadata_providers.cover_art import CoverArtArchive
from map4.infra.metadata_providers.deezer import NAME as DEEZER
from map4.infra.metadata_providers.deezer import Deezer
from map4.infra.metadata_providers.discogs_api import NAME as DISCOGS
from map4.infra.metadata_providers.discogs_api import Discogs
from map4.infra.metadata_providers.discogs_dump import FORM as DISCOGS_DUMP
from map4.infra.metadata_providers.discogs_dump import DiscogsDump
from map4.infra.metadata_providers.itunes import NAME as ITUNES
from map4.infra.metadata_providers.itunes import ITunes
from map4.infra.metadata_providers.lastfm import NAME as LASTFM
from map4.infra.metadata_providers.lastfm import LastFm
from map4.infra.metadata_providers.listenbrainz import NAME as LISTENBRAINZ
from map4.infra.metadata_providers.listenbrainz import ListenBrainz
from map4.infra.metadata_providers.musicbrainz import NAME as MUSICBRAINZ
from map4.infra.metadata_providers.musicbrainz import MusicBrainz
from map4.infra.metadata_providers.tidal import NAME as TIDAL
from map4.infra.metadata_providers.tidal import Tidal
from map4.ports.metadata import MetadataProvider

GROUP = "map4.providers.v1"
Settings = Mapping[str, Mapping[str, Any]]
"""By provider: `enabled`, `url`, `contact`, `token_env`, `interval_s`, `country`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """One of map4's own providers.

    Parameters
    ----------
    what : it is for
    make : of its settings and its keys
    keys : variables of the environment in which they stand, unless the settings name others
    got_at : where a user gets them
    ids_of : the provider whose ids it has
    """

    what: str
    make: Callable[..., MetadataProvider]
    ids_of: str | None = None
    keys: tuple[str, ...] = ()
    got_at: str = ""


def _at(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"url": said.get("url"), "interval_s": said.get("interval_s")}


_OWN: Mapping[str, _Own] = {
    MUSICBRAINZ: _Own(
        what="ISRC, label, catalogue number, dates, genres, remixers",
        make=lambda said: MusicBrainz(contact=said.get("contact"), **_at(said)),
    ),
    LISTENBRAINZ: _Own(
        what="MusicBrainz' ids from names, many at once; genres, release year",
        make=lambda said: ListenBrainz(contact=said.get("contact"), **_at(said)),
        ids_of=MUSICBRAINZ,
    ),
    ACOUSTID: _Own(
        what="MusicBrainz' ids from the sound, by fpcalc",
        make=lambda said, key: AcoustID(key=key, **_at(said)),
        keys=("ACOUSTID_KEY",),
        got_at="acoustid.org/new-application",
        ids_of=MUSICBRAINZ,
    ),
    COVER_ART: _Own(
        what="thumbnails of covers, for albums that MusicBrainz' ids are known of",
        make=lambda said: CoverArtArchive(contact=said.get("contact"), **_at(said)),
    ),
    MUSICBRAINZ_DUMP.provider: _Own(
        what="MusicBrainz' names from a file, without a network",
        make=lambda said: CanonicalDump(),
        ids_of=MUSICBRAINZ,
    ),
    DISCOGS: _Own(
        what="label, catalogue number, styles, dates of pressings",
        make=lambda said, token: Discogs(token, **_at(said)),
        keys=("DISCOGS_TOKEN",),
        got_at="discogs.com/settings/developers",
    ),
    DISCOGS_DUMP.provider: _Own(
        what="label, catalogue number, styles, dates of Discogs from a file, without a network",
        make=lambda said: DiscogsDump(),
    ),
    TIDAL: _Own(
        what="tempo, key, ISRC, release date",
        make=lambda said, client_id, secret: Tidal(client_id, secret, country=country_of(said, TIDAL), **_at(said)),
        keys=("TIDAL_CLIENT_ID", "TIDAL_CLIENT_SECRET"),
        got_at="developer.tidal.com",
    ),
    DEEZER: _Own(what="tempo, ISRC, label, release date", make=lambda said: Deezer(**_at(said))),
    LASTFM: _Own(
        what="genres as listeners vote",
        make=lambda said, key: LastFm(key, **_at(said)),
        keys=("LASTFM_API_KEY",),
        got_at="last.fm/api/account/create",
    ),
    ITUNES: _Own(
        what="genre, release date, album", make=lambda said: ITunes(country=country_of(said, ITUNES), **_at(said))
    ),
}

REFUSED: Mapping[str, str] = {
    "spotify": "its terms forbid to build a database from its data",
    "beatport": "no access for open programs; what it wrote into the tags of your files is read",
    "bandcamp": "an API for labels and merchants alone; the tags of its files are read",
    "soundcloud": "its terms forbid keeping its data, and need a paid account",
    "mixcloud": "no track lists in its public API",
    "youtube": "not in bulk: a hundred searches a day, and data may be kept for 30 days",
    "1001tracklists": "offers no access; reading its pages is against its will",
    "downloaders": "map4 fetches data, never music",
    "graph-memory": "a graph database (Graphiti, Neo4j): the observations in the library are the memory",
    "agents": "a framework of agents (LangChain, Strands): plain calls side by side do it",
}
"""What is left out, each with the reason."""

DUMPS = (MUSICBRAINZ_DUMP, DISCOGS_DUMP)
"""What can be imported."""
_DUMP_NAMES = frozenset(form.provider for form in DUMPS)


def provider_names() -> list[str]:
    """Every provider that can be asked."""
    return [*_OWN, *sorted({entry.name for entry in entry_points(group=GROUP)} - set(_OWN))]


def purpose_of(name: str) -> str:
    """What a provider is for."""
    if name in _OWN:
        return _OWN[name].what
    return "of another package" if name in provider_names() else "only the settings know it"


def sharing_ids(name: str) -> frozenset[str]:
    """Other providers whose ids are those of this one."""
    return frozenset(one for one, own in _OWN.items() if own.ids_of == name)


def release_sources() -> tuple[str, ...]:
    """Providers that know releases of MusicBrainz, the best first."""
    return (MUSICBRAINZ, *sorted(sharing_ids(MUSICBRAINZ)))


def ready_names(settings: Settings, *, enabled: bool = False) -> list[str]:
    """Those that the settings enable; or those that they tell of, and that can be asked, with those of files."""
    if enabled:
        return [name for name in provider_names() if settings.get(name, {}).get("enabled")]
    found = []
    for name in provider_names():
        if name in _OWN and name not in _DUMP_NAMES and not settings.get(name):
            continue  # the user chose none of it, and the keyring may ask for a password
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
    if name in _OWN:
        said = {"contact": settings.get(MUSICBRAINZ, {}).get("contact"), **said}  # of one user
        own = _OWN[name]
        keys = keys_of(name, own.keys, said, got_at=own.got_at) if own.keys else ()
        return own.make(said, *keys)
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
