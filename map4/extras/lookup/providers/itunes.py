"""Apple's iTunes Search API, which needs no account: dates, genres, albums.

As described at performance-partners.apple.com/search-api.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.service import WebService, country_of
from map4.extras.shared.service import Fault

_MOST_FOUND = "15"


class ITunes(WebService):
    name, home, hosts = "itunes", "https://itunes.apple.com", ".apple.com"
    what = "genre, release date, album"
    terms = Policy(
        interval_s=3.0,  # about 20 requests per minute
        keep_days=1.0,
        attribution="data of Apple's iTunes Store",
        sends=("artist", "title"),
        limit_statuses=(403, 429),
        note="Apple offers this API to promote its store; check whether your use qualifies",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._country = country_of(settings, self.name)

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        if not query.artist or not query.title:
            return []
        parameters = {"term": f"{query.artist} {query.title}", "media": "music", "entity": "song", "limit": _MOST_FOUND}
        answer = read(self._request("search", **parameters)) or {"results": []}
        return [_candidate(song) for song in answer["results"] if song.get("kind") == "song"]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        answer = read(self._request("lookup", id=recording_id))
        if answer is None or not answer["results"]:
            return None
        song = answer["results"][0]
        return {
            "artist": song["artistName"],
            "title": song["trackName"],
            "album": _album(song),
            "release_date": (song.get("releaseDate") or "")[:10],
            "genre": song.get("primaryGenreName"),
            "track": song.get("trackNumber"),
        }

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, dict) and isinstance(answer.get("results"), list):
            return None
        message = answer.get("errorMessage") if isinstance(answer, dict) else None
        return self._says(message) if message else self._unknown()

    def probe(self) -> ServiceRequest:
        return self._request("search", term="help", media="music", entity="song", limit="1")

    def _request(self, path: str, **parameters: str) -> ServiceRequest:
        return super()._request(path, country=self._country, **parameters)


def _album(song: Mapping[str, Any]) -> str | None:
    """The album name without the kind that the store appends."""
    name = song.get("collectionName")
    return name and str(name).removesuffix(" - Single").removesuffix(" - EP")


def _candidate(song: Mapping[str, Any]) -> Candidate:
    return Candidate(
        id=str(song["trackId"]),
        artist=song["artistName"],
        title=song["trackName"],
        duration_s=song.get("trackTimeMillis", 0) / 1000.0 or None,
        appearances=(
            Appearance(
                release_id=str(song.get("collectionId") or song["trackId"]),
                title=_album(song),
                date=(song.get("releaseDate") or "")[:10] or None,
                position=song.get("trackNumber"),
                is_own=song.get("collectionArtistName") is None,
            ),
        ),
    )
