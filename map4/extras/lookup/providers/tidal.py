"""TIDAL's official API version 2, which has tempo and key: tidal-music.github.io/tidal-api-reference.

Since September 2026, name searches use `/searchResults?filter[query]=` (beetbox/beets#6989).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import Access, AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.service import WebService, country_of
from map4.extras.lookup.providers.web import AGENT
from map4.extras.shared.service import Fault, FaultKind

_TOKEN_URL = "https://auth.tidal.com/v1/oauth2/token"
_MOST_FOUND = 20
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")
_MODES = {"MAJOR": "major", "PENTATONIC_MAJOR": "major", "MINOR": "minor", "AEOLIAN": "minor",
          "HARMONIC_MINOR": "minor", "MELODIC_MINOR": "minor", "PENTATONIC_MINOR": "minor"}  # fmt: skip
"""Its scales that are a major or minor key; church modes are not."""


class Tidal(WebService):
    """The service, with the user's own client id and secret."""

    name, home, hosts = "tidal", "https://openapi.tidal.com/v2", ".tidal.com"
    what = "tempo, key, ISRC, release date"
    keys, got_at = ("TIDAL_CLIENT_ID", "TIDAL_CLIENT_SECRET"), "developer.tidal.com"
    terms = Policy(
        interval_s=0.25,  # no published limit; beets sends 4 requests per second (beetbox/beets#6520)
        keep_days=1.0,
        attribution="data of TIDAL",
        sends=("isrc", "artist", "title"),
        note="how long TIDAL's terms allow caching could not be read; map4 caches for a day",
    )

    def __init__(self, settings: Mapping[str, Any], client_id: str, secret: str) -> None:
        url = settings.get("url")
        token_url = f"{url.rstrip('/')}/oauth2/token" if url else _TOKEN_URL
        access = Access(secrets=(client_id, secret), token_url=token_url)
        super().__init__(settings, access, {**AGENT, "Accept": "application/vnd.api+json"})
        self._country = country_of(settings, self.name)

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by ISRC, else by names."""
        if query.isrc is not None:
            answer = read(self._request("tracks", include="albums,artists", **{"filter[isrc]": query.isrc})) or {}
            if answer.get("data"):
                return [_candidate(track, answer) for track in answer["data"][:_MOST_FOUND]]
        if not query.artist or not query.title:
            return []
        filters = {"filter[query]": f"{query.artist} {query.title}", "explicitFilter": "INCLUDE"}
        answer = read(self._request("searchResults", include="tracks.albums,tracks.artists", **filters)) or {}
        tracks = [track for item in answer.get("data") or () for track in _related(item, "tracks", answer)]
        return [_candidate(track, answer) for track in tracks[:_MOST_FOUND]]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        answer = read(self._request(f"tracks/{recording_id}", include="albums,artists"))
        if answer is None:
            return None
        track, attributes = answer["data"], answer["data"]["attributes"]
        albums = list(_related(track, "albums", answer))
        album = next(
            (candidate for candidate in albums if candidate["id"] == release_id),
            albums[0] if albums else {"attributes": {}},
        )
        mode = _MODES.get(attributes.get("keyScale") or "")
        return {
            "artist": _names(track, answer),
            "title": _title(attributes),
            "album": album["attributes"].get("title"),
            "release_date": album["attributes"].get("releaseDate"),
            "isrc": attributes.get("isrc"),
            "bpm": attributes.get("bpm"),
            "key": f"{attributes.get('key')} {mode}" if mode else None,
        }

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, dict) and isinstance(answer.get("errors"), list) and answer["errors"]:
            first = answer["errors"][0] if isinstance(answer["errors"][0], dict) else {}
            status = str(first.get("status") or "")
            kind: FaultKind = "server" if status.startswith("5") else "rate_limit" if status == "429" else "answer"
            kind = "authentication" if status in ("401", "403") else kind
            return self._fault(first.get("detail") or first.get("code") or status, kind)
        return self._unknown(isinstance(answer, dict) and isinstance(answer.get("data"), list | dict))

    def probe(self) -> ServiceRequest:
        """A request that has an answer, even if empty."""
        return self._request("tracks", **{"filter[isrc]": "GBAYE6500521"})

    def _request(self, path: str, **parameters: str) -> ServiceRequest:
        return super()._request(path, countryCode=self._country, **parameters)


def _related(item: Mapping[str, Any], name: str, answer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Related resources that were included in the response."""
    included = {(item["type"], item["id"]): item for item in answer.get("included") or ()}
    relation = (item.get("relationships") or {}).get(name) or {}
    keys = ((item["type"], item["id"]) for item in relation.get("data") or ())
    return (included[key] for key in keys if key in included)


def _names(track: Mapping[str, Any], answer: Mapping[str, Any]) -> str | None:
    return " & ".join(artist["attributes"]["name"] for artist in _related(track, "artists", answer)) or None


def _title(attributes: Mapping[str, Any]) -> str:
    return f"{attributes['title']} ({attributes['version']})" if attributes.get("version") else str(attributes["title"])


def _candidate(track: Mapping[str, Any], answer: Mapping[str, Any]) -> Candidate:
    attributes = track["attributes"]
    length = _DURATION.fullmatch(attributes.get("duration") or "")
    parts = [float(part or 0) for part in length.groups()] if length else [0.0, 0.0, 0.0]
    return Candidate(
        id=track["id"],
        artist=_names(track, answer),
        title=_title(attributes),
        duration_s=3600 * parts[0] + 60 * parts[1] + parts[2] or None,
        isrcs=(attributes["isrc"],) if attributes.get("isrc") else (),
        appearances=tuple(
            Appearance(
                release_id=album["id"], title=album["attributes"]["title"], date=album["attributes"].get("releaseDate")
            )
            for album in _related(track, "albums", answer)
        ),
    )
