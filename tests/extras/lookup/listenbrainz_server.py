"""What a double of ListenBrainz answers, in the form of metabrainz/listenbrainz-server's metadata_api.py."""

import json
from typing import Any

from extras.lookup import musicbrainz_server
from service_double import Turn


class ListenBrainz:
    """It finds names that are the same but for case, and knows the recordings of `catalogue`."""

    def __init__(self, catalogue: musicbrainz_server.Catalogue | None = None) -> None:
        self.catalogue = catalogue or musicbrainz_server.polar()

    def answer(self, turn: Turn) -> tuple[int, Any]:
        """Status and document."""
        if turn.path == "/1/metadata/lookup/":
            wanted = json.loads(turn.body).get("recordings", [])
            if not 1 <= len(wanted) <= 50:
                return 400, {"code": 400, "error": "recordings is invalid or not present in body"}
            return 200, [self._found(place, recording) for place, recording in enumerate(wanted)]
        if turn.path == "/1/metadata/recording/":
            assert turn.query["inc"] == "artist tag release"
            ids = turn.query["recording_mbids"].split(",")
            return 200, {
                recording_id: self._data(recording_id)
                for recording_id in ids
                if recording_id in self.catalogue.recordings
            }
        return 404, {"code": 404, "error": "not found"}

    def _found(self, place: int, wanted: dict[str, str]) -> dict[str, Any]:
        result: dict[str, Any] = {
            "artist_name_arg": wanted["artist_name"], "recording_name_arg": wanted["recording_name"],
            "release_name_arg": None, "index": place,
        }  # fmt: skip
        for recording_id, recording in self.catalogue.recordings.items():
            names = (recording["artist-credit"][0]["name"].casefold(), recording["title"].casefold())
            if names == (wanted["artist_name"].casefold(), wanted["recording_name"].casefold()):
                return result | {
                    "recording_mbid": recording_id, "recording_name": recording["title"],
                    "artist_credit_name": recording["artist-credit"][0]["name"], "artist_mbids": [],
                }  # fmt: skip
        return result

    def _data(self, recording_id: str) -> dict[str, Any]:
        recording = self.catalogue.recordings[recording_id]
        on = [
            release
            for release in self.catalogue.releases.values()
            if any(track["recording"] == recording_id for track in release["media"][0]["tracks"])
        ]
        genres = [
            {"tag": name["name"], "count": name["count"], "genre_mbid": name["id"]} for name in recording["genres"]
        ]
        release = {"mbid": on[0]["id"], "name": on[0]["title"], "year": int(on[0]["date"][:4])} if on else {}
        return {
            "recording": {"name": recording["title"], "length": recording["length"], "rels": []},
            "artist": {"name": recording["artist-credit"][0]["name"], "artist_credit_id": 1, "artists": []},
            "release": release,
            "tag": {"recording": [*genres, {"tag": "seen live", "count": 90}], "artist": [], "release_group": []},
        }
