"""Albums and artists over HTTP: the catalogue that players also browse, for the page."""

import gc
import weakref
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from schemas import validate
from servers import client_of
from starlette.testclient import TestClient
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library
from map4.search import Artist
from map4.search.catalogue import Catalogue
from map4.search.part import TracksPart

API = "/api/v1"


@pytest.fixture
def shelves(made: Path) -> TestClient:
    """A client of a library with two albums, one by two artists, and tracks without an album."""
    with Library.open(made) as library:
        tracks = list(library.search("sort:path"))
        library.set(tracks[:2], album="Dusk", artist="Ann", year=1999, genre="Dub")
        library.set(tracks[2:4], album="Dawn", artist="Ann", year=2005, genre="House")
        library.set([tracks[3]], artist="Bo feat. Cid")
        library.set([tracks[0]], track=2)
        library.set([tracks[1]], track=1)
    return client_of(made)


def get(client: TestClient, path: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"{API}/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return validate(answer.json())


def test_albums_can_be_sorted_and_queried(shelves: TestClient) -> None:
    with shelves as client:

        def names(**query: Any) -> list[str]:
            return [album["name"] for album in get(client, "albums", **query)["albums"] if album["name"][0] == "D"]

        assert names() == ["Dawn", "Dusk"]
        assert names(sort="year") == ["Dawn", "Dusk"]
        assert names(sort="artist") == ["Dusk", "Dawn"]  # Ann, Various Artists
        assert names(q="genre:dub") == ["Dusk"]
        assert get(client, "albums", q="genre:dub")["count"] == 1
        assert get(client, "albums", **{"from": 1, "to": 2})["from"] == 1
        assert [artist["name"] for artist in get(client, "artists", q="album:dawn")["artists"]] == ["Ann", "Bo"]
        assert client.get(f"{API}/albums?sort=size").status_code == 400
        assert client.get(f"{API}/albums?q=bpm:x").status_code == 400


def test_album_with_an_invisible_name_has_a_visible_sign(made: Path) -> None:
    with Library.open(made) as library:
        library.set(list(library.search("sort:path limit:1")), album="\u200b\u200b", artist="\u2060")
    with client_of(made) as client:
        [album] = get(client, "albums", q="sort:path limit:1")["albums"]
        assert (album["name"], album["artist"]) == ("\ufffd", "\ufffd")


def test_an_album_and_an_artist_have_their_tracks_in_order_by_their_id_or_a_tracks(shelves: TestClient) -> None:
    with shelves as client:
        [dusk] = get(client, "albums", q="album:dusk")["albums"]
        album = get(client, f"albums/{dusk['id']}")
        assert (dusk["artist"], dusk["year"], dusk["tracks"]) == ("Ann", 1999, 2)
        assert get(client, "columns", q="album:dusk sort:track", fields="id")["columns"]["id"] == album["ids"]
        assert get(client, f"albums/{album['ids'][0]}") == album
        artist = get(client, f"artists/{dusk['artist_id']}")
        assert [[album["name"] for album in artist[member]] for member in ("albums", "appears_on")] == [
            ["Dusk"],
            ["Dawn"],
        ]
        assert artist["ids"][:2] == album["ids"]
        assert len(artist["ids"]) == artist["artist"]["tracks"] == 3
        assert get(client, f"artists/{album['ids'][0]}") == artist
        [dawn] = get(client, "albums", q="artist:cid")["albums"]
        guest = get(client, f"artists/{Artist.id_of('Cid')}")
        assert (guest["albums"], guest["appears_on"], guest["artist"]["tracks"]) == ([], [dawn], 1)
        assert "Cid" not in [artist["name"] for artist in get(client, "artists")["artists"]]
        missing = client.get(f"{API}/albums/al-0")
        assert (missing.status_code, "renamed or moved" in missing.json()["detail"]) == (404, True)


def test_album_in_several_folders_is_shown_once(tmp_path: Path) -> None:
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        for number, (folder, artist, disc, track, year) in enumerate((
            ("a", "Ann", None, 1, 1999), ("a", "Ann", None, 3, None), ("moved", "Ann", None, 2, 1999),
            ("Hits (CD2)", "Ann", 2, 1, 1999),
            ("copy", "Ann", None, 3, 1999), ("again", "Ann", None, 4, 2015), ("none", "Ann", None, None, 1999),
            ("b", "Bo", None, 2, 1999),
        )):  # fmt: skip
            put_track(
                store, number, path=f"/m/{folder}/{number}.mp3", artist="Cid", album="Hits", album_artist=artist,
                disc_number=disc, track=track, year=year,
            )  # fmt: skip
    with client_of(tmp_path / "library.map4") as client:
        albums = get(client, "albums", sort="artist")["albums"]
        shown = [(album["artist"], album["tracks"], album["year"]) for album in albums]
        assert sorted(shown) == [
            ("Ann", 1, 1999),
            ("Ann", 1, 1999),
            ("Ann", 1, 2015),
            ("Ann", 4, 1999),
            ("Bo", 1, 1999),
        ]
        [whole] = [album for album in albums if album["tracks"] == 4]
        rows = get(client, "columns", q="^path:copy ^path:again ^path:none ^path:/b sort:path", fields="id,path")[
            "columns"
        ]
        known = dict(zip(rows["path"], rows["id"], strict=True))
        order = [known[f"/m/{path}.mp3"] for path in ("a/0", "moved/2", "a/1", "Hits (CD2)/3")]
        for key in (whole["id"], *order):
            answer = get(client, f"albums/{key}")
            assert answer == {"schema": "map4/album/1", "beta": True, "album": whole, "ids": order}
        [found] = get(client, "albums", q="path:moved")["albums"]
        assert found == whole
        ann = get(client, f"artists/{Artist.id_of('Cid')}")
        assert ann["artist"]["albums"] == len(ann["appears_on"]) == 5


def test_discs_are_ordered_by_tags_or_else_by_folder_names(tmp_path: Path) -> None:
    shelf: dict[str, tuple[tuple[str, int | None, int | None], ...]] = {
        "tagged second": (("H/CD1", None, 1), ("H/CD1", None, 2), ("H/CD2", 2, 1)),
        "one without": (("I/CD1", 1, 1), ("I/CD1", None, 2), ("I/CD2", 2, 1)),
        "many": (("J/Disc 2", None, 1), ("J/Disc 10", None, 1)),
        "moved": (("a", 1, 1), ("a", 1, 2), ("b", None, 3), ("b", None, 4)),
        "apart": (("c/cd1", None, 1), ("d/cd2", None, 1)),
    }
    unnumbered = (("zero", "e", None, 0), ("zero", "e", None, 1), ("zero", "f", None, 2))
    with closing(SqliteStore(str(tmp_path / "library.map4"))) as store:
        places = [(album, *place) for album, those in shelf.items() for place in those]
        for number, (album, folder, disc, track) in enumerate((*places, *unnumbered)):
            put_track(
                store, number, path=f"/m/{folder}/{99 - number}.mp3", artist="Cid", album=album, album_artist="Ann",
                disc_number=disc, track=track,
            )  # fmt: skip
    with client_of(tmp_path / "library.map4") as client:
        rows = get(client, "columns", fields="id,path")["columns"]
        path_of = dict(zip(rows["id"], rows["path"], strict=True))
        shown: dict[str, list[str]] = {}
        for found_album in get(client, "albums")["albums"]:
            paths = [path_of[key] for key in get(client, f"albums/{found_album['id']}")["ids"]]
            shown[found_album["name"]] = paths
        wanted = [f"/m/{folder}/{99 - number}.mp3" for number, (_, folder, *_) in enumerate(places)]
        assert [path for album in shelf for path in shown[album]] == wanted
        assert sorted(album["tracks"] for album in get(client, "albums", q="album:zero")["albums"]) == [1, 2]


def test_outdated_albums_are_freed_before_they_are_read_again(
    shelves: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, freed, usual = list[weakref.ref[Catalogue]](), list[bool](), TracksPart.catalogue

    def noted(part: TracksPart, **how: Any) -> Catalogue:
        gc.collect()
        freed.extend(reference() is None for reference in before)
        before.append(weakref.ref(catalogue := usual(part, **how)))
        return catalogue

    monkeypatch.setattr(TracksPart, "catalogue", noted)
    monkeypatch.setattr("map4.search.routes.catalogues._REST", 0)
    with shelves as client:
        for year in (2001, 2002):
            track = get(client, "search", q="album:dusk")["ids"][0]
            assert client.put(f"{API}/tracks/{track}", json={"year": year}).status_code == 200
            assert year in [album["year"] for album in get(client, "albums")["albums"]]
    assert freed == [True]
