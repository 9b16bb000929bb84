"""Discogs' API: labels, catalogue numbers and styles of pressings, as described at discogs.com/developers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from map4.core.base.text import words_of
from map4.extras.lookup.lookup import Candidate, LookupQuery
from map4.extras.lookup.provider import Access, AskService, Policy, ServiceRequest
from map4.extras.lookup.providers import discogs
from map4.extras.lookup.providers.service import WebService
from map4.extras.shared.service import Fault, FaultKind

_MOST_FOUND, _MOST_RELEASES = "50", 2


class Discogs(WebService):
    """The service, with the user's own token."""

    name, home, hosts = "discogs", "https://api.discogs.com", ".discogs.com"
    what = "label, catalogue number, styles, dates of pressings"
    keys, got_at = ("DISCOGS_TOKEN",), "discogs.com/settings/developers"
    terms = Policy(
        interval_s=1.0,  # 60 requests per minute
        # Its terms reportedly forbid showing data older than six hours; this could not be verified.
        keep_days=0.25,
        attribution="data of Discogs, limited to kinds in its dumps (CC0)",
        sends=("catalog_number", "artist", "title", "album"),
        left_header="x-discogs-ratelimit-remaining",
    )

    def __init__(self, settings: Mapping[str, Any], token: str) -> None:
        super().__init__(settings, Access(secrets=(token,), headers={"Authorization": f"Discogs token={token}"}))

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by catalogue number, else by album, whose response serves all its tracks, else by title."""
        title = words_of(query.title or "")
        matching: list[discogs.Pressing] = []
        for results in self._results(query, read):
            matching += [track for release_id in results for track in self._tracks(release_id, read)]
            if any(words_of(pressing.title) == title for pressing in matching):
                break
        return [discogs.candidate_of(recording) for recording in discogs.recordings(matching)]

    def _results(self, query: LookupQuery, read: AskService) -> Iterator[list[str]]:
        """Yield a few releases per kind of search."""
        if query.catalog_number and discogs.joined(query.catalog_number):
            number = discogs.joined(query.catalog_number)
            results = self._search(read, catno=query.catalog_number)
            yield [str(result["id"]) for result in results if discogs.joined(result.get("catno") or "") == number][
                :_MOST_RELEASES
            ]
        for name, text in (("release_title", query.album), ("track", query.title)):
            if query.artist and text:
                results = self._search(read, artist=query.artist, **{name: text})
                own_first = sorted(
                    results, key=lambda result: not discogs.NOT_ITS_OWN.isdisjoint(result.get("format") or ())
                )
                yield [str(result["id"]) for result in own_first][:_MOST_RELEASES]

    def _search(self, read: AskService, **words: str) -> list[Mapping[str, Any]]:
        answer = read(self._request("database/search", type="release", per_page=_MOST_FOUND, **words))
        return [] if answer is None else list(answer["results"])

    def _tracks(self, release_id: str, read: AskService) -> list[discogs.Pressing]:
        release = read(self._request(f"releases/{release_id}"))
        return [] if release is None else list(discogs.pressings(release))

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any] | None:
        """From the releases that the search read; the first year is from their master release."""
        first_id = recording_id.partition("/")[0]
        known = {number: self._tracks(number, read) for number in (first_id, release_id or first_id)}
        grouped = discogs.recordings([track for tracks in known.values() for track in tracks])
        recording = next((tracks for tracks in grouped if recording_id in (track.id for track in tracks)), None)
        if recording is None:
            return None
        values = discogs.values_of(recording, release_id)
        master_id = (read(self._request(f"releases/{release_id or first_id}")) or {}).get("master_id")
        if master_id:
            year = (read(self._request(f"masters/{master_id}")) or {}).get("year")
            values["original_year"] = min(filter(None, (year, values.get("original_year"))), default=None)
        return values

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        wanted = "results" if "/database/" in request.url else "tracklist" if "/releases/" in request.url else "id"
        if isinstance(answer, dict) and wanted in answer:
            return None
        message = str(answer.get("message") or "") if isinstance(answer, dict) else ""
        kind: FaultKind = "rate_limit" if "too quickly" in message or "rate limit" in message.casefold() else "answer"
        kind = "authentication" if "authenticate" in message or "token" in message else kind
        return self._fault(message, kind) if message else self._unknown()

    def probe(self) -> ServiceRequest:
        """A search, because only searches need a token."""
        return self._request("database/search", type="release", catno="SK032", per_page="1")
