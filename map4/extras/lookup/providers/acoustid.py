"""AcoustID: MusicBrainz recordings from the audio, with the user's own key.

Responses are as in acoustid/acoustid-server (api/v2/lookup.py, api/errors.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shutil import which
from typing import Any, Self

from map4.errors import UsageError
from map4.extras.lookup.lookup import Appearance, Candidate, LookupQuery
from map4.extras.lookup.provider import Access, AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.service import WebService
from map4.extras.shared.service import Fault, FaultKind

_LEAST_SCORE = 0.5
_KINDS: Mapping[int, FaultKind] = {4: "authentication", 5: "server", 6: "authentication", 14: "rate_limit"}
"""Kinds of faults by error code; other codes concern the request."""


class AcoustID(WebService):
    """The service, with the key of an application that the user registered."""

    name, home, hosts = "acoustid", "https://api.acoustid.org", ".acoustid.org"
    what = "MusicBrainz ids from the audio, by fpcalc"
    keys, got_at = ("ACOUSTID_KEY",), "acoustid.org/new-application"
    ids_of = "musicbrainz"
    terms = Policy(
        interval_s=0.34,  # its limit is three requests per second
        attribution="data of AcoustID (CC BY-SA 3.0) and MusicBrainz (CC0)",
        sends=("acoustid", "fingerprint", "duration_s"),
        note="free for non-commercial use",
    )

    def __init__(self, settings: Mapping[str, Any], key: str) -> None:
        super().__init__(settings, Access(secrets=(key,), parameters={"client": key}))
        self._found: dict[str, dict[str, Any]] = {}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The service with the user's key, if fpcalc is installed."""
        service = super().of(settings)
        if which("fpcalc") is None:
            raise UsageError(
                "acoustid needs Chromaprint's program fpcalc: apt-get install libchromaprint-tools, "
                "brew install chromaprint, or acoustid.org/chromaprint"
            )
        return service

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        """Search by the id in the file's tags, else by fingerprint."""
        wanted = {"trackid": query.acoustid} if query.acoustid else {}
        if not wanted and query.fingerprint and query.duration_s:
            wanted = {"duration": str(round(query.duration_s)), "fingerprint": query.fingerprint}
        if not wanted:
            return []
        parameters = (*wanted.items(), ("meta", "recordings releases tracks"))
        answer = read(ServiceRequest(f"{self._url}/v2/lookup", parameters, method="POST"))
        return list(self._candidates(answer, is_sure=bool(query.acoustid)))

    def _candidates(self, answer: Mapping[str, Any], *, is_sure: bool) -> Iterator[Candidate]:
        for result in answer["results"]:
            score = 1.0 if is_sure else float(result["score"])
            for recording in result.get("recordings") or () if score >= _LEAST_SCORE else ():
                if not recording.get("title"):  # deleted from MusicBrainz
                    continue
                candidate = Candidate(
                    id=recording["id"],
                    artist="".join(f"{by['name']}{by.get('joinphrase') or ''}" for by in recording.get("artists") or ())
                    or None,
                    title=recording["title"],
                    duration_s=float(recording["duration"]) if recording.get("duration") else None,
                    appearances=tuple(_appearance(release) for release in recording.get("releases") or ()),
                    sound=score,
                )
                self._found[candidate.id] = {"artist": candidate.artist, "title": candidate.title}
                yield candidate

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> dict[str, Any]:
        """Names only; MusicBrainz has the rest."""
        return self._found.get(recording_id, {})

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, dict) and answer.get("status") == "ok" and isinstance(answer.get("results"), list):
            return None
        error = answer.get("error") if isinstance(answer, dict) else None
        if not isinstance(error, dict):
            return self._unknown()
        return self._fault(error.get("message"), _KINDS.get(error.get("code", 0), "answer"))

    def probe(self) -> ServiceRequest:
        """Request a permanent track."""
        return ServiceRequest(
            f"{self._url}/v2/lookup", (("trackid", "9ff43b6a-4f16-427c-93c2-92307ca505e0"),), method="POST"
        )


def _appearance(release: Mapping[str, Any]) -> Appearance:
    date = release.get("date") or {}
    tracks = [track for medium in release.get("mediums") or () for track in medium.get("tracks") or ()]
    parts = [f"{date[name]:0{width}d}" for name, width in (("year", 4), ("month", 2), ("day", 2)) if date.get(name)]
    return Appearance(
        release_id=release["id"],
        title=release.get("title"),
        date="-".join(parts) or None,
        position=tracks[0].get("position") if len(tracks) == 1 else None,
    )
