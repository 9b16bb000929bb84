"""What a double of MusicBrainz' web service answers.

The form of its answers is that of metabrainz/musicbrainz-server's tests of WS/2/JSON; the records are made up.
"""

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

from service_double import Server as Server
from service_double import Turn as Turn
from service_double import serving as serving


def mbid(name: str) -> str:
    """An id as MusicBrainz has them, always the same of one name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def credit(*names: str) -> list[dict[str, Any]]:
    """An artist credit."""
    return [
        {
            "name": name,
            "joinphrase": " & " if place < len(names) - 1 else "",
            "artist": {"id": mbid(name), "name": name, "sort-name": name, "disambiguation": "", "type": "Group"},
        }
        for place, name in enumerate(names)
    ]


class Catalogue:
    """Recordings on releases."""

    def __init__(self) -> None:
        self.recordings: dict[str, dict[str, Any]] = {}
        self.releases: dict[str, dict[str, Any]] = {}

    def put(
        self, artist: str | Sequence[str], album: str, titles: Sequence[str | dict[str, Any]], *, label: str = "Polar",
        number: str = "POL 1", date: str = "1999-05-17", kinds: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """A release with its recordings; a title may be a dict with what differs from the usual. Gives its id."""
        artists = credit(*([artist] if isinstance(artist, str) else artist))
        release_id = mbid(f"release {album} {number}")
        tracks = []
        for place, title in enumerate(titles, start=1):
            more = {"title": title} if isinstance(title, str) else dict(title)
            recording = {
                "id": mbid(f"recording {more['title']} {album} {place}"),
                "title": "", "disambiguation": "", "length": 200_000 + 1000 * place, "video": False,
                "first-release-date": date, "artist-credit": artists, "isrcs": [],
                "genres": [
                    {"id": mbid("house"), "name": "house", "count": 3, "disambiguation": ""},
                    {"id": mbid("deep house"), "name": "deep house", "count": 5, "disambiguation": ""},
                ],
                "relations": [], **more,
            }  # fmt: skip
            self.recordings[recording["id"]] = recording
            tracks.append(
                {
                    "id": mbid(f"track {recording['id']}"),
                    "number": str(place),
                    "position": place,
                    "title": recording["title"],
                    "length": recording["length"],
                    "recording": recording["id"],
                    "artist-credit": recording["artist-credit"],
                }
            )
        self.releases[release_id] = {
            "id": release_id, "title": album, "status": "Official", "status-id": mbid("Official"), "date": date,
            "country": "XE", "artist-credit": artists, "disambiguation": "", "barcode": None,
            "release-group": {
                "id": mbid(f"group {album}"), "title": album, "primary-type": "Album", "secondary-types": list(kinds),
                "first-release-date": date, "genres": [],
            },
            "label-info": [{"catalog-number": number, "label": {"id": mbid(label), "name": label, "sort-name": label}}],
            "media": [{"position": 1, "format": "CD", "title": "", "track-count": len(tracks), "track-offset": 0,
                       "tracks": tracks}],
        }  # fmt: skip
        return release_id

    def _of_recording(self, recording_id: str, *, is_search: bool = False) -> dict[str, Any]:
        found = dict(self.recordings[recording_id])
        found["releases"] = []
        for release in self.releases.values():
            medium = release["media"][0]
            mine = [track for track in medium["tracks"] if track["recording"] == recording_id]
            if mine:
                track = {name: value for name, value in mine[0].items() if name != "recording"}
                name = "track" if is_search else "tracks"
                place = {**medium, name: [track], "track-offset": mine[0]["position"] - 1}
                if is_search:
                    del place["tracks"]
                short = {key: value for key, value in release.items() if key not in ("media", "label-info")}
                found["releases"].append({**short, "media": [place]})
        if is_search:
            found = {key: value for key, value in found.items() if key not in ("genres", "relations")}
            found |= {"score": 100, "artist-credit-id": mbid("credit")}
        return found

    def answer(self, turn: Turn) -> tuple[int, dict[str, Any]]:
        """Status and document."""
        path, query = turn.path, turn.query
        kind, _, found_id = path.removeprefix("/ws/2/").partition("/")
        missing = 404, {"error": "Not Found", "help": "For usage, please see: https://musicbrainz.org/development/mmd"}
        head = {"created": "2026-11-21T18:00:00.000Z", "offset": 0}
        if kind == "isrc":
            named = [recording_id for recording_id, data in self.recordings.items() if found_id in data["isrcs"]]
            return (200, {"isrc": found_id, "recordings": [*map(self._of_recording, named)]}) if named else missing
        if kind == "recording" and found_id:
            return (200, self._of_recording(found_id)) if found_id in self.recordings else missing
        if kind == "release" and found_id:
            if found_id not in self.releases:
                return missing
            release = json.loads(json.dumps(self.releases[found_id]))
            for track in release["media"][0]["tracks"]:
                track["recording"] = self.recordings[track["recording"]]
            return 200, release
        if kind == "release":
            number = re.sub(r"[\W_]", "", query["query"].partition(":")[2]).casefold()
            found = [
                {key: value for key, value in release.items() if key != "media"} | {"score": 100}
                for release in self.releases.values()
                if any(
                    re.sub(r"[\W_]", "", i["catalog-number"] or "").casefold() == number for i in release["label-info"]
                )
            ]
            return 200, {**head, "count": len(found), "releases": found}
        words = set(re.findall(r"\w+", query["query"].partition(" AND ")[0].removeprefix("recording").casefold()))
        ids = [
            recording_id
            for recording_id, data in self.recordings.items()
            if words & set(re.findall(r"\w+", data["title"].casefold()))
        ]
        found = [self._of_recording(recording_id, is_search=True) for recording_id in ids][
            : int(query.get("limit", 25))
        ]
        return 200, {**head, "count": len(found), "recordings": found}


def polar() -> Catalogue:
    """The album that `lookup_runs.ALBUM` is."""
    found = Catalogue()
    titles = ["Northern Lights", "Salt Road", "Copper", "Paper Lanterns"]
    found.put("Aurora Field", "Polar", titles, label="Warp", number="WARP 12")
    return found
