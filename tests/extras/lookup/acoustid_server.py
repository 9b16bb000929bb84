"""What a double of AcoustID answers, in the form of acoustid/acoustid-server's lookup of version 2."""

from typing import Any

import pytest
from extras.lookup import musicbrainz_server
from extras.lookup.lookup_runs import TITLES
from service_double import Turn

from map4.extras.lookup import queries


def play(patch: pytest.MonkeyPatch) -> None:
    """In place of files that are not there: the fingerprint of /music/N.mp3 is of the title N."""

    def fingerprint(path: str) -> tuple[str, float]:
        number = int(path.rpartition("/")[2].partition(".")[0])
        return f"AQAA{'Northern Lights' if number == 1 else 'Copper'}", 203.0

    patch.setattr(queries, "fingerprint", fingerprint)
    patch.setattr("map4.extras.lookup.providers.acoustid.which", lambda name: name)


class AcoustID:
    """It knows the fingerprints of `play`, and one id of a track."""

    def __init__(self, key: str) -> None:
        self._key = key
        self.catalogue = musicbrainz_server.polar()

    def answer(self, turn: Turn) -> tuple[int, Any]:
        """Status and document."""
        assert turn.handler.command == "POST"
        assert turn.form.get("meta") in ("recordings releases tracks", None)  # none where only asked whether it answers
        if turn.form.get("client") != self._key:
            return 400, {"status": "error", "error": {"code": 4, "message": "invalid API key"}}
        title = turn.form.get("fingerprint", "")[4:]
        if turn.form.get("trackid") == musicbrainz_server.mbid("acoustid"):
            title = TITLES[0]
        results = [
            {"id": musicbrainz_server.mbid(title), "score": 0.97, "recordings": [self._recording(recording_id)]}
            for recording_id, data in self.catalogue.recordings.items()
            if data["title"] == title
        ]
        return 200, {"status": "ok", "results": results}

    def _recording(self, recording_id: str) -> dict[str, Any]:
        recording = self.catalogue.recordings[recording_id]
        [release] = self.catalogue.releases.values()
        [place] = [track["position"] for track in release["media"][0]["tracks"] if track["recording"] == recording_id]
        year, month, day = map(int, release["date"].split("-"))
        return {
            "id": recording_id, "title": recording["title"], "duration": recording["length"] / 1000.0,
            "artists": [{"id": by["artist"]["id"], "name": by["name"]} for by in recording["artist-credit"]],
            "releases": [{
                "id": release["id"], "title": release["title"], "country": "XE", "track_count": 4, "medium_count": 1,
                "date": {"year": year, "month": month, "day": day},
                "mediums": [{"position": 1, "track_count": 4, "tracks": [{"position": place, "id": "t"}]}],
            }],
        }  # fmt: skip
