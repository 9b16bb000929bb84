"""The Cover Art Archive: a thumbnail of a release of MusicBrainz (https://musicbrainz.org/doc/Cover_Art_Archive/API)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from map4.domain.lookup import Candidate, Wish
from map4.infra.metadata_providers.musicbrainz import OF_METABRAINZ, agent_of
from map4.infra.metadata_providers.web import checked_policy, checked_url
from map4.ports.asking import Fault
from map4.ports.metadata import Read, Request

NAME = "coverart"
_DEFAULT_URL = "https://coverartarchive.org"
_INTERVAL_S = 0.5
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")


class CoverArtArchive:
    """The service; parameters and errors as of `MusicBrainz`. It knows no tracks, but pictures of releases."""

    def __init__(self, *, url: str | None = None, contact: str | None = None, interval_s: float | None = None) -> None:
        self._url = checked_url(url or _DEFAULT_URL, NAME)
        self.name = NAME
        self.headers: Mapping[str, str] = {"User-Agent": agent_of(contact), "Accept": "image/*"}
        self.policy = checked_policy(
            NAME,
            self._url,
            interval_s,
            usual_s=_INTERVAL_S,
            own=f".coverartarchive.org {OF_METABRAINZ}",
            attribution="pictures of the Cover Art Archive",
            sends=("release_id",),
            note="the pictures are their owners'; they stay on this machine, but in reports that you pass on",
            of_releases=True,
            sends_on=".archive.org",
        )

    def picture(self, release_id: str) -> Request:
        """What asks for the thumbnail of a release, 250 pixels wide."""
        return Request(f"{self._url}/release/{release_id}/front-250", is_picture=True)

    def search(self, wish: Wish, read: Read) -> Sequence[Candidate]:
        """It knows no tracks."""
        return ()

    def fetch(self, recording_id: str, release_id: str | None, read: Read) -> None:
        """It knows no tracks."""

    def fault_in(self, request: Request, answer: Any) -> Fault | None:
        """Something else than a picture."""
        if isinstance(answer, str) and base64.b64decode(answer[:16]).startswith(_PICTURES):
            return None
        return Fault(kind="answer", message=f"{self.policy.host} answered with something else than a picture")

    def probe(self) -> Request:
        """A release that has a picture."""
        return self.picture("76df3287-6cda-33eb-8e9a-044b5e15ffdd")
