"""Deezer's public API, which needs no account: tempo, ISRC, label, date; developers.deezer.com/api."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.service import WebService
from map4.extras.shared.service import Fault, FaultKind

_QUOTA_S = 5.0
_MOST_FOUND, _MOST_GENRES = "15", 3
_NO_DATA = 800
_KINDS: Mapping[int, FaultKind] = {
    4: "rate_limit", 700: "server", 200: "authentication", 300: "authentication"
}  # fmt: skip


class Deezer(WebService):
    name, home, hosts = "deezer", "https://api.deezer.com", ".deezer.com"
    what = "tempo, ISRC, label, release date"
    terms = Policy(
        interval_s=0.11,  # 50 requests per 5 seconds
        keep_days=1.0,
        attribution="data of Deezer",
        sends=("isrc", "artist", "title"),
        note="Deezer's terms for programs without an account could not be read; check them yourself",
    )

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by ISRC, else by names."""
        if query.isrc is not None:
            track = read(self._request(f"track/isrc:{query.isrc}"))
            if track is not None and "error" not in track:
                return [_candidate({**track, "isrc": track.get("isrc") or query.isrc})]
        if not query.artist or not query.title:
            return []
        artist, title = (text.replace('"', " ") for text in (query.artist, query.title))
        answer = read(self._request("search", q=f'artist:"{artist}" track:"{title}"', limit=_MOST_FOUND)) or {}
        return [_candidate(track) for track in answer.get("data") or ()]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        """Two requests; the album's response serves all its tracks."""
        track = read(self._request(f"track/{recording_id}"))
        if track is None or "error" in track:
            return None
        album = read(self._request(f"album/{track['album']['id']}")) or {}
        genres = [genre["name"] for genre in (album.get("genres") or {}).get("data") or ()]
        return {
            "artist": _names(track),
            "title": track["title"],
            "album": track["album"].get("title"),
            "isrc": track.get("isrc"),
            "bpm": track.get("bpm"),  # 0 if unknown
            "release_date": album.get("release_date") or track.get("release_date"),
            "label": album.get("label"),
            "genre": "; ".join(genres[:_MOST_GENRES]),
            "track": track.get("track_position"),
        }

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        """Errors come with HTTP success and a number; an unknown track is not an error."""
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict):
            number = error.get("code")
            kind = _KINDS.get(number, "answer") if isinstance(number, int) else "answer"
            retry_after_s = _QUOTA_S if kind == "rate_limit" else None
            return None if number == _NO_DATA else self._fault(error.get("message") or number, kind, retry_after_s)
        wanted = "data" if request.url.endswith("/search") else "id"
        return self._unknown(isinstance(answer, dict) and wanted in answer)

    def probe(self) -> ServiceRequest:
        return self._request("search", q="help", limit="1")


def _names(track: Mapping[str, Any]) -> str:
    """All its artists; a search names only the first."""
    artists = track.get("contributors") or [track["artist"]]
    return " & ".join(dict.fromkeys(str(artist["name"]) for artist in artists))


def _candidate(track: Mapping[str, Any]) -> Candidate:
    album = track["album"]
    return Candidate(
        id=str(track["id"]),
        artist=_names(track),
        title=track["title"],
        duration_s=float(track.get("duration") or 0) or None,
        isrcs=(track["isrc"],) if track.get("isrc") else (),
        appearances=(
            Appearance(
                release_id=str(album["id"]),
                title=album.get("title"),
                date=album.get("release_date") or track.get("release_date"),
                position=track.get("track_position"),
            ),
        ),
    )
