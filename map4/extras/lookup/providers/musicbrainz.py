"""MusicBrainz: recordings with their releases, from its web service version 2 in JSON.

Responses are documented at https://musicbrainz.org/doc/MusicBrainz_API and in the tests of
metabrainz/musicbrainz-server (t/lib/t/MusicBrainz/Server/Controller/WS/2/JSON).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.core.base.text import whole_number, words_of
from map4.errors import UsageError
from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.discogs import joined
from map4.extras.lookup.providers.service import WebService
from map4.extras.shared.service import Fault
from map4.version import __version__

_OF_RECORDING = "artist-credits+isrcs+releases+release-groups+media+genres+artist-rels"
_OF_ISRC = "artist-credits+isrcs+releases+release-groups+media"
_OF_RELEASE = "artist-credits+labels+recordings+isrcs+release-groups+media+genres"
_MOST_WORDS, _MOST_FOUND, _MOST_RELEASES, _MOST_GENRES = 20, 25, 2, 3
MBID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_VALUE = re.compile(r"\[.*\]")  # such as "[no label]" and "[none]"
_LISTS = {"isrc": "recordings", "recording": "recordings", "release": "releases"}


class MetaBrainz(WebService):
    """Common base of MusicBrainz and its sister services."""

    hosts = ".musicbrainz.org .metabrainz.org"

    def __init__(self, settings: Mapping[str, Any], **headers: str) -> None:
        contact = settings.get("contact")
        if not contact or not contact.isprintable() or not contact.isascii():
            raise UsageError(
                "MusicBrainz requires a contact, a mail address or a web page: "
                "'map4 config set providers.musicbrainz.contact me@example.org'"
            )
        super().__init__(settings, headers={"User-Agent": f"map4/{__version__} ( {contact} )", **headers})


def most_chosen(counted: Iterable[tuple[int | None, str]]) -> str:
    """The genres with the most votes: "Deep House; House"."""
    ranked = sorted((-(count or 0), name) for count, name in counted if (count or 0) > 0)
    return "; ".join(name.title() for _, name in ranked[:_MOST_GENRES])


class MusicBrainz(MetaBrainz):
    """The service or a mirror."""

    name, home = "musicbrainz", "https://musicbrainz.org"
    what = "ISRC, label, catalogue number, dates, genres, remixers, artists"
    terms = Policy(
        interval_s=1.0,  # MusicBrainz' limit
        attribution="data of MusicBrainz (CC0; genres CC BY-NC-SA 3.0)",
        sends=("isrc", "recording_id", "catalog_number", "artist", "title"),
        limit_statuses=(429, 503),
    )

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by the id in the file, else by ISRC, else by catalogue number, else by names."""
        if query.recording_id is not None and MBID.fullmatch(query.recording_id):
            answer = read(self._recording(query.recording_id.casefold()))
            if answer is not None:
                # A merged recording is returned with the other recording's id.
                return [replace(_candidate(answer), id=query.recording_id)]
        if query.isrc is not None:
            answer = read(self._request(f"isrc/{query.isrc}", inc=_OF_ISRC))
            if answer is not None and answer["recordings"]:
                return [
                    _candidate({**recording, "isrcs": [*(recording.get("isrcs") or ()), query.isrc]})
                    for recording in answer["recordings"]
                ]
        return self._search_by_number(query, read) or self._search_by_names(query, read)

    def _search_by_number(self, query: LookupQuery, read: AskService) -> list[Candidate]:
        if not query.catalog_number or query.track is None or not words_of(query.catalog_number):
            return []
        lucene = f'catno:"{words_of(query.catalog_number)}"'
        answer = read(self._request("release", query=lucene, limit=str(_MOST_FOUND))) or {"releases": []}
        wanted = joined(query.catalog_number)
        named = [release["id"] for release in answer["releases"] if wanted in map(joined, _labels(release)[1])]
        releases = (read(self._release(release_id)) for release_id in sorted(named)[:_MOST_RELEASES])
        return [
            candidate for release in releases if release is not None for candidate in _recordings_on_release(release)
        ]

    def _search_by_names(self, query: LookupQuery, read: AskService) -> list[Candidate]:
        title, artist = (" ".join(words_of(text or "").split()[:_MOST_WORDS]) for text in (query.title, query.artist))
        if not title:
            return []
        lucene = f"recording:({title})" + (f" AND artist:({artist})" if artist else "")
        answer = read(self._request("recording", query=lucene, limit=str(_MOST_FOUND)))
        return [] if answer is None else [_candidate(recording) for recording in answer["recordings"]]

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        """Two requests; the release's response serves all its tracks."""
        recording = read(self._recording(recording_id.casefold()))
        if recording is None:
            return None
        release = None if release_id is None else read(self._release(release_id))
        return _recording_values(recording) | ({} if release is None else _release_values(release, recording))

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, dict) and "error" in answer:
            is_limit = "rate limit" in str(answer["error"]).lower()
            return self._fault(answer["error"], "rate_limit" if is_limit else "answer")
        path = request.url.removeprefix(f"{self._url}/ws/2/").split("/")
        wanted, kind = (_LISTS[path[0]], list) if len(path) == 1 or path[0] == "isrc" else ("id", str)
        return self._unknown(isinstance(answer, dict) and isinstance(answer.get(wanted), kind))

    def probe(self) -> ServiceRequest:
        """Request a permanent recording."""
        return self._request("recording", query="recording:(help) AND artist:(beatles)", limit="1")

    def _recording(self, recording_id: str) -> ServiceRequest:
        return self._request(f"recording/{recording_id}", inc=_OF_RECORDING)

    def _release(self, release_id: str) -> ServiceRequest:
        return self._request(f"release/{release_id}", inc=_OF_RELEASE)

    def _request(self, path: str, **parameters: str) -> ServiceRequest:
        return ServiceRequest(f"{self._url}/ws/2/{path}", (*sorted(parameters.items()), ("fmt", "json")))


def _candidate(data: Mapping[str, Any]) -> Candidate:
    length = data.get("length")
    return Candidate(
        id=data["id"],
        artist=_credit(data),
        title=data.get("title"),
        remark=data.get("disambiguation") or None,
        duration_s=length / 1000.0 if length else None,
        isrcs=tuple(data.get("isrcs") or ()),
        appearances=tuple(_appearance(release, data) for release in data.get("releases") or ()),
    )


def _appearance(release: Mapping[str, Any], recording: Mapping[str, Any]) -> Appearance:
    group = release.get("release-group") or {}
    # A mix or compilation has its own artists, which a release names only if they differ.
    artists = _credit(release)
    is_various = artists is not None and artists != _credit(recording)
    return Appearance(
        release_id=release["id"],
        title=release.get("title"),
        date=release.get("date") or None,
        position=next(_positions(release, recording["id"]), None),
        catalog_numbers=_labels(release)[1],
        is_own=release.get("status") in (None, "Official") and not group.get("secondary-types") and not is_various,
    )


def _positions(release: Mapping[str, Any], recording_id: str) -> Iterator[int]:
    """Positions of a recording on its medium; a response about a recording lists only its track."""
    for medium in release.get("media") or ():
        tracks = medium.get("tracks") or medium.get("track") or ()
        for place, track in enumerate(tracks, start=1):
            its = (track.get("recording") or {}).get("id")
            if its in (None, recording_id):
                yield int(track.get("position") or (medium.get("track-offset") or 0) + place)


def _recordings_on_release(release: Mapping[str, Any]) -> Iterator[Candidate]:
    """All recordings of a release."""
    for medium in release.get("media") or ():
        for track in medium.get("tracks") or ():
            recording = track["recording"]
            single = {**release, "media": [{**medium, "tracks": [track]}]}
            yield _candidate({"artist-credit": track.get("artist-credit"), **recording, "releases": [single]})


def _credit(data: Mapping[str, Any]) -> str | None:
    """Artists as credited, with the words between them."""
    return (
        "".join(f"{credit['name']}{credit.get('joinphrase') or ''}" for credit in data.get("artist-credit") or ())
        or None
    )


def _labels(release: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of labels, and catalogue numbers."""
    labels = release.get("label-info") or ()
    names = [(label.get("label") or {}).get("name") for label in labels]
    numbers = [label.get("catalog-number") for label in labels]
    names, numbers = ([text for text in texts if text and not _NO_VALUE.fullmatch(text)] for texts in (names, numbers))
    return tuple(dict.fromkeys(names)), tuple(dict.fromkeys(numbers))


def _recording_values(data: Mapping[str, Any]) -> dict[str, Any]:
    first = data.get("first-release-date") or ""
    remixers = [link.get("artist") for link in data.get("relations") or () if link.get("type") == "remixer"]
    artists = [(credit["name"], (credit.get("artist") or {}).get("id")) for credit in data.get("artist-credit") or ()]
    return {
        "artist": _credit(data),
        "artists": "; ".join(name for name, _ in artists),
        "artist_ids": "; ".join(key for _, key in artists if key),
        "title": data.get("title"),
        "isrc": min(data.get("isrcs") or (), default=None),
        "original_year": whole_number(first[:4]),
        "genre": _genres(data),
        "remixer": " & ".join(dict.fromkeys(remixer["name"] for remixer in remixers if remixer)),
    }


def _release_values(release: Mapping[str, Any], recording: Mapping[str, Any]) -> dict[str, Any]:
    names, numbers = _labels(release)
    return {
        "album": release.get("title"),
        "album_artist": _credit(release) or _credit(recording),  # present only if they differ
        "label": next(iter(names), None),
        "catalog_number": next(iter(numbers), None),
        "release_date": release.get("date"),
        "track": next(_positions(release, recording["id"]), None),
        "genre": _genres(recording) or _genres(release.get("release-group") or {}) or _genres(release),
    }


def _genres(data: Mapping[str, Any]) -> str:
    return most_chosen((genre.get("count"), genre["name"]) for genre in data.get("genres") or ())
