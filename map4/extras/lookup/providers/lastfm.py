"""Last.fm: listeners' tags that are genres; documented at last.fm/api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from map4.core.music.track.genre import GenreTable
from map4.extras.lookup.lookup import Candidate, LookupQuery
from map4.extras.lookup.provider import Access, AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.service import WebService
from map4.extras.shared.service import Fault, FaultKind

_LEAST_LISTENERS = 20
"""A page with fewer listeners may be a misspelling: Last.fm creates a page for everything anyone played."""
_LEAST_VOTES, _MOST_GENRES = 10, 3
_NOT_FOUND = 6
_KINDS: Mapping[int, FaultKind] = {
    2: "server", 8: "server", 11: "server", 16: "server", 29: "rate_limit",
    4: "authentication", 9: "authentication", 10: "authentication", 13: "authentication", 26: "authentication",
}  # fmt: skip


class LastFm(WebService):
    """The service, with the user's own key. A recording's id is the end of its address."""

    name, home, hosts = "lastfm", "https://ws.audioscrobbler.com", ".audioscrobbler.com"
    what = "genres as listeners vote"
    keys, got_at = ("LASTFM_API_KEY",), "last.fm/api/account/create"
    terms = Policy(
        interval_s=0.25,  # its limit is 5 requests per second
        keep_days=1.0,  # its terms allow a cache of 100 MB; a day's responses are smaller
        attribution="tags of Last.fm's listeners (www.last.fm)",
        sends=("artist", "title"),
        note="Last.fm's terms allow this only for private use",
    )

    def __init__(self, settings: Mapping[str, Any], key: str) -> None:
        super().__init__(settings, Access(secrets=(key,), parameters={"api_key": key}))

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """The track that Last.fm resolves these names to."""
        if not query.artist or not query.title:
            return []
        answer = read(self._method_request("track.getInfo", query.artist, query.title)) or {}
        track = answer.get("track")
        if not track or int(track.get("listeners") or 0) < _LEAST_LISTENERS:
            return []
        return [
            Candidate(
                id=track["url"].partition("/music/")[2],
                artist=track["artist"]["name"],
                title=track["name"],
                duration_s=int(track.get("duration") or 0) / 1000.0 or None,
            )
        ]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        """The genres among its tags, by votes."""
        artist, _, title = (unquote_plus(part) for part in recording_id.partition("/_/"))
        answer = read(self._method_request("track.getTopTags", artist, title)) or {}
        if "toptags" not in answer:
            return None
        known = GenreTable.shipped().genres
        tags = [tag["name"] for tag in answer["toptags"].get("tag") or () if int(tag["count"]) >= _LEAST_VOTES]
        genres = {
            GenreTable.normalise(tag): tag.title() for tag in reversed(tags) if GenreTable.normalise(tag) in known
        }
        return {"artist": artist, "title": title, "genre": "; ".join([*reversed(genres.values())][:_MOST_GENRES])}

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        """Errors have a number and may come with HTTP success; an unknown track is not an error."""
        if isinstance(answer, dict) and "error" in answer:
            number = answer["error"]
            kind = _KINDS.get(number, "answer") if isinstance(number, int) else "answer"
            return None if number == _NOT_FOUND else self._fault(answer.get("message") or number, kind)
        return self._unknown(isinstance(answer, dict) and isinstance(answer.get("track", answer.get("toptags")), dict))

    def probe(self) -> ServiceRequest:
        """Request a permanent track."""
        return self._method_request("track.getTopTags", "The Beatles", "Help!")

    def _method_request(self, method: str, artist: str, title: str) -> ServiceRequest:
        return self._request("2.0/", artist=artist, autocorrect="1", format="json", method=method, track=title)
