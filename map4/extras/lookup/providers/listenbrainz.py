"""ListenBrainz: MusicBrainz ids from names, many per request, and tags of recordings.

Responses are documented at https://listenbrainz.readthedocs.io/en/latest/users/api/metadata.html and in
metabrainz/listenbrainz-server (webserver/views/metadata_api.py, testdata/mb_metadata_cache_example.json).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.musicbrainz import MBID, MetaBrainz, most_chosen
from map4.extras.shared.service import Fault

_MOST_LETTERS = 200
_NAMES, _RECORDINGS = "/1/metadata/lookup/", "/1/metadata/recording/"


class ListenBrainz(MetaBrainz):
    name, home = "listenbrainz", "https://api.listenbrainz.org"
    hosts = f".listenbrainz.org {MetaBrainz.hosts}"
    what = "MusicBrainz ids from names, many at once; genres, release year"
    ids_of = "musicbrainz"
    terms = Policy(
        interval_s=0.35,  # its limit is 30 requests per 10 s; its headers report the remainder
        attribution="data of ListenBrainz and MusicBrainz (CC0; tags CC BY-NC-SA 3.0)",
        sends=("recording_id", "artist", "title"),
        left_header="X-RateLimit-Remaining",
        reset_header="X-RateLimit-Reset-In",
        at_once=25,
    )

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """The recording that it resolves the names or the file's id to."""
        recording_id = query.recording_id.casefold() if query.recording_id else ""
        if not MBID.fullmatch(recording_id):
            if not query.artist or not query.title:
                return []
            names = {"artist_name": query.artist[:_MOST_LETTERS], "recording_name": query.title[:_MOST_LETTERS]}
            match = read(
                ServiceRequest(f"{self._url}{_NAMES}", method="POST", body=json.dumps(names, ensure_ascii=False))
            )
            recording_id = (match or {}).get("recording_mbid") or ""
        data = read(self._recording(recording_id)) if recording_id else None
        if data is None:
            return []
        recording, release = data["recording"], data.get("release") or {}
        length = recording.get("length")
        on = Appearance(release_id=release["mbid"], title=release.get("name")) if release.get("mbid") else None
        return [
            Candidate(
                id=recording_id,
                artist=(data.get("artist") or {}).get("name"),
                title=recording.get("name"),
                duration_s=length / 1000.0 if length else None,
                appearances=(on,) if on else (),
            )
        ]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        """Names, genres, and the album."""
        data = read(self._recording(recording_id))
        if data is None:
            return None
        release, tags = data.get("release") or {}, data.get("tag") or {}
        return {
            "artist": (data.get("artist") or {}).get("name"),
            "title": data["recording"].get("name"),
            "album": release.get("name"),
            "release_date": str(release["year"]) if release.get("year") else None,
            "genre": _genres(tags.get("recording")) or _genres(tags.get("release_group")),
        }

    def joined(self, requests: Sequence[ServiceRequest]) -> ServiceRequest:
        """Combine requests to one address."""
        first = requests[0]
        if first.method == "POST":
            wanted = [json.loads(request.body) for request in requests]
            return ServiceRequest(first.url, method="POST", body=json.dumps({"recordings": wanted}, ensure_ascii=False))
        ids = ",".join(dict(request.parameters)["recording_mbids"] for request in requests)
        return ServiceRequest(first.url, (("recording_mbids", ids), *first.parameters[1:]))

    def parted(self, requests: Sequence[ServiceRequest], answer: Any) -> list[Any]:
        """Split the response by request, in order."""
        if requests[0].method == "POST":
            by_place = {item["index"]: item for item in answer}
            return [by_place[place] for place in range(len(requests))]
        return [answer.get(dict(request.parameters)["recording_mbids"]) for request in requests]

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, dict) and "error" in answer:
            is_limit = answer.get("code") == 429 or "rate limit" in str(answer["error"]).lower()
            return self._fault(answer["error"], "rate_limit" if is_limit else "answer")
        is_right = isinstance(answer, list if request.method == "POST" else dict)
        items = () if not is_right else answer if request.method == "POST" else answer.values()
        return self._unknown(is_right and all(isinstance(item, dict) for item in items))

    def probe(self) -> ServiceRequest:
        names = {"artist_name": "The Beatles", "recording_name": "Help!"}
        return ServiceRequest(f"{self._url}{_NAMES}", method="POST", body=json.dumps(names))

    def _recording(self, recording_id: str) -> ServiceRequest:
        return ServiceRequest(
            f"{self._url}{_RECORDINGS}", (("recording_mbids", recording_id), ("inc", "artist tag release"))
        )


def _genres(tags: Sequence[Mapping[str, Any]] | None) -> str:
    """The tags that MusicBrainz lists as genres."""
    return most_chosen((tag.get("count"), tag["tag"]) for tag in tags or () if tag.get("genre_mbid"))
