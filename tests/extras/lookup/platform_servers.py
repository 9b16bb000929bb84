"""What doubles of Discogs, Last.fm, TIDAL and Deezer answer: the album of `lookup_runs.ALBUM`.

In the form that each documents: discogs.com/developers, last.fm/api (lastfm-docs/api-docs), TIDAL's API reference with
what beetbox/beets#6990 found, developers.deezer.com/api, and Apple's page on its search. The records are made up.
"""

from collections.abc import Mapping
from typing import Any

from service_double import Turn

ARTIST, ALBUM, TITLES = "Aurora Field", "Polar", ("Northern Lights", "Salt Road", "Copper", "Paper Lanterns")
ISRCS = tuple(f"GBAYE99000{place:02d}" for place in range(1, 5))


def has_artist(text: str) -> bool:
    """Whether a search for this has the artist in it."""
    return ARTIST.casefold() in text.casefold()


class DiscogsCatalogue:
    """A pressing on two sides, the album that it is one of, and a compilation with one track of it."""

    def __init__(self) -> None:
        artist = {"name": f"{ARTIST} (3)", "anv": "", "join": "", "role": "", "tracks": "", "id": 7}
        remixer = {"name": "Rao", "anv": "", "join": "", "role": "Remix", "tracks": "", "id": 8}
        self.polar: dict[str, Any] = {
            "id": 249504, "status": "Accepted", "year": 2002, "resource_url": "", "artists": [artist], "title": ALBUM,
            "artists_sort": ARTIST, "labels": [{"name": "Warp (2)", "catno": "WARP 12", "entity_type": "1", "id": 5}],
            "formats": [{"name": "Vinyl", "qty": "1", "descriptions": ["LP", "Album"]}], "master_id": 96559,
            "country": "UK", "released": "2002-05-00", "genres": ["Electronic"], "styles": ["Deep House", "Ambient"],
            "tracklist": [
                {"position": "", "type_": "heading", "title": "One Side", "duration": ""},
                *(
                    {"position": place, "type_": "track", "title": title, "duration": f"3:2{number}"}
                    for number, (place, title) in enumerate(zip(("A1", "A2", "B1", "B2"), TITLES, strict=True), start=1)
                ),
            ],
        }  # fmt: skip
        self.polar["tracklist"][1]["extraartists"] = [remixer]
        various = {**artist, "name": "Various"}
        mix = {"position": "7", "type_": "track", "title": TITLES[0], "duration": "3:21", "artists": [artist]}
        self.mix = {
            **self.polar, "id": 100, "title": "The Mix", "artists": [various], "master_id": None, "tracklist": [mix],
            "formats": [{"name": "CD", "qty": "1", "descriptions": ["Compilation"]}], "released": "2005",
            "labels": [{"name": "Not On Label", "catno": "none"}],
        }  # fmt: skip

    def answer(self, turn: Turn) -> tuple[int, Any]:
        parts = turn.path.strip("/").split("/")
        if parts == ["database", "search"]:
            query = turn.query
            number = "".join(filter(str.isalnum, query.get("catno", "").casefold()))
            is_found = number == "warp12" or has_artist(query.get("artist", ""))
            found = [
                {"id": release["id"], "type": "release", "title": f"{ARTIST} - {release['title']}", "country": "UK",
                 "catno": release["labels"][0]["catno"], "format": kinds, "label": ["Warp"], "master_id": 96559}
                for release, kinds in ((self.mix, ["CD", "Compilation"]), (self.polar, ["Vinyl", "LP", "Album"]))
            ]  # fmt: skip
            found = found if is_found else []
            return 200, {"pagination": {"page": 1, "pages": 1, "per_page": 50, "items": len(found)}, "results": found}
        known = {("releases", "249504"): self.polar, ("releases", "100"): self.mix}
        if tuple(parts) in known:
            return 200, known[tuple(parts)]
        if parts == ["masters", "96559"]:
            return 200, {"id": 96559, "title": ALBUM, "year": 1999, "main_release": 249504, "tracklist": []}
        return 404, {"message": "The requested resource was not found."}


class LastFmCatalogue:
    """Pages of the four tracks, and one that a single listener misspelt."""

    def answer(self, turn: Turn) -> tuple[int, Any]:
        query = turn.query
        title = next((title for title in TITLES if title.casefold() == query["track"].casefold()), None)
        if turn.path != "/2.0/" or query.get("format") != "json" or not has_artist(query["artist"]) or title is None:
            return 200, {"error": 6, "message": "Track not found", "links": []}
        if query["method"] == "track.getTopTags":
            tags = [("deep house", 100), ("seen live", 80), ("House", 58), ("Aurora Field", 40), ("techno", 3)]
            tagged = [{"count": count, "name": name, "url": ""} for name, count in tags]
            return 200, {"toptags": {"tag": tagged, "@attr": {"artist": ARTIST, "track": title}}}
        address = f"https://www.last.fm/music/{ARTIST}/_/{title}".replace(" ", "+")
        return 200, {
            "track": {
                "name": title, "url": address, "duration": f"{200 + TITLES.index(title)}000",
                "streamable": {"#text": "0", "fulltrack": "0"}, "listeners": "1315", "playcount": "11022",
                "artist": {"name": ARTIST, "url": "https://www.last.fm/music/Aurora+Field"},
                "toptags": {"tag": [{"name": "deep house", "url": ""}]},
            }
        }  # fmt: skip


class TidalCatalogue:
    """Four tracks with tempo and key."""

    def _track(self, place: int) -> dict[str, Any]:
        return {
            "id": str(300 + place), "type": "tracks",
            "attributes": {
                "title": TITLES[place - 1], "version": None, "isrc": ISRCS[place - 1], "duration": f"PT3M{20 + place}S",
                "copyright": {"text": "Warp"}, "explicit": False, "key": "FSharp", "keyScale": "MINOR", "bpm": 61.5,
                "popularity": 0.7, "mediaTags": ["LOSSLESS"], "toneTags": [],
            },
            "relationships": {
                "albums": {"data": [{"id": "40", "type": "albums"}], "links": {"self": ""}},
                "artists": {"data": [{"id": "7", "type": "artists"}], "links": {"self": ""}},
            },
        }  # fmt: skip

    def answer(self, turn: Turn) -> tuple[int, Any]:
        if turn.path == "/oauth2/token":
            return 200, {"access_token": "a-token", "token_type": "Bearer", "expires_in": 86400, "scope": ""}
        if turn.headers.get("Authorization") != "Bearer a-token":
            return 401, {"errors": [{"status": "401", "code": "UNAUTHORIZED", "detail": "token is missing"}]}
        every = [self._track(place) for place in range(1, 5)]
        related = [
            {"id": "40", "type": "albums", "attributes": {"title": ALBUM, "releaseDate": "2002-05-13"}},
            {"id": "7", "type": "artists", "attributes": {"name": ARTIST}},
        ]
        path = turn.path.strip("/").split("/")
        if path == ["searchResults"]:
            found = every if has_artist(turn.query["filter[query]"]) else []
            keys = [{"id": track["id"], "type": "tracks"} for track in found]
            result = {"id": "x", "type": "searchResults", "relationships": {"tracks": {"data": keys}}}
            return 200, {"data": [result], "included": [*found, *related], "links": {"self": ""}}
        if path == ["tracks"]:
            found = [album for album in every if album["attributes"]["isrc"] == turn.query["filter[isrc]"]]
            return 200, {"data": found, "included": related, "links": {"self": ""}}
        found = [album for album in every if path == ["tracks", album["id"]]]
        if found:
            return 200, {"data": found[0], "included": related, "links": {"self": ""}}
        return 404, {"errors": [{"status": "404", "code": "NOT_FOUND", "detail": "not found"}]}


class DeezerCatalogue:
    """Four tracks, of which the second has no tempo."""

    def _track(self, place: int, *, is_full: bool = True) -> dict[str, Any]:
        album: Mapping[str, Any] = {"id": 14652356, "title": ALBUM, "type": "album"}
        artist = {"id": 27, "name": ARTIST, "type": "artist"}
        track = {
            "id": 3100 + place, "readable": True, "title": TITLES[place - 1], "title_short": TITLES[place - 1],
            "title_version": "", "duration": 200 + place, "rank": 5, "artist": artist, "album": album, "type": "track",
        }  # fmt: skip
        more = {
            "isrc": ISRCS[place - 1], "track_position": place, "disk_number": 1, "release_date": "2002-05-13",
            "bpm": 0 if place == 2 else 123.0, "gain": -9.4, "contributors": [{**artist, "role": "Main"}],
        }  # fmt: skip
        return track | more if is_full else track

    def answer(self, turn: Turn) -> tuple[int, Any]:
        path = turn.path.strip("/").split("/")
        if path == ["search"]:
            found = [self._track(place, is_full=False) for place in range(1, 5)] if has_artist(turn.query["q"]) else []
            return 200, {"data": found, "total": len(found)}
        if path == ["album", "14652356"]:
            genres = {"data": [{"id": 113, "name": "Dance", "type": "genre"}]}
            return 200, {
                "id": 14652356, "title": ALBUM, "label": "Warp", "genres": genres, "release_date": "2002-05-13"
            }  # fmt: skip
        every = [self._track(place) for place in range(1, 5)]
        found = [track for track in every if path[-1] in (str(track["id"]), f"isrc:{track['isrc']}")]
        no_data = {"error": {"type": "DataException", "message": "no data", "code": 800}}
        return 200, found[0] if path[0] == "track" and found else no_data
