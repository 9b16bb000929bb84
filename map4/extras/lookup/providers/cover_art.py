"""The Cover Art Archive: thumbnails of MusicBrainz releases (https://musicbrainz.org/doc/Cover_Art_Archive/API)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from map4.extras.lookup.lookup import Candidate, LookupQuery
from map4.extras.lookup.provider import AskService, Policy, ServiceRequest
from map4.extras.lookup.providers.musicbrainz import MetaBrainz
from map4.extras.shared.service import Fault

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")


class CoverArtArchive(MetaBrainz):
    """The service. It has no tracks, only pictures of releases."""

    name, home = "coverart", "https://coverartarchive.org"
    hosts = f".coverartarchive.org {MetaBrainz.hosts}"
    what = "thumbnails of covers, for albums with known MusicBrainz ids"
    terms = Policy(
        interval_s=0.5,
        attribution="pictures of the Cover Art Archive",
        sends=("release_id",),
        note="the pictures are copyrighted; they stay on this machine, except in reports that you pass on",
        of_releases=True,
        sends_on=".archive.org",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings, Accept="image/*")

    def picture(self, release_id: str) -> ServiceRequest:
        """Request for the thumbnail of a release, 250 pixels wide."""
        return ServiceRequest(f"{self._url}/release/{release_id}/front-250", is_picture=True)

    def search(self, query: LookupQuery, read: AskService) -> Sequence[Candidate]:
        return ()

    def fetch(self, recording_id: str, release_id: str | None, read: AskService) -> None:
        """It has no tracks."""

    def fault_in(self, request: ServiceRequest, answer: Any) -> Fault | None:
        if isinstance(answer, str) and base64.b64decode(answer[:16]).startswith(_PICTURES):
            return None
        return Fault(kind="answer", message=f"{self.policy.host} returned something other than a picture")

    def probe(self) -> ServiceRequest:
        return self.picture("76df3287-6cda-33eb-8e9a-044b5e15ffdd")
