"""A library by artists and albums: what is one album, and what one artist."""

import json
from collections.abc import Iterator
from typing import Any

from map4.core.music.track.credits import credits_of
from map4.core.music.track.genre import GenreNames
from map4.search.catalogue import UNKNOWN_ALBUM, UNKNOWN_ARTIST, Album, Artist, Catalogue, CatalogueRow


def row(number: int, path: str, **known: Any) -> CatalogueRow:
    usual = {"artist": "A", "album": "X", "genre": None, "year": None, "duration_s": 100.0, "added_at": "2026-01-01"}
    return CatalogueRow(file_id=number, path=path, **{**usual, **known})


def test_album_is_of_one_folder_and_listed_for_each_artist() -> None:
    cases = [
        ("/m/a/1.mp3", "/m/a/2.mp3", True),
        ("/m/a/CD1/1.mp3", "/m/a/cd 2/1.mp3", True),
        ("/m/a/Disc 1/1.mp3", "/m/a/1.mp3", True),
        ("/m/a/1.mp3", "/m/b/1.mp3", False),
        ("/m/a/CDs/1.mp3", "/m/a/CD1/1.mp3", False),
    ]
    for name, other, is_one in cases:
        found = Catalogue.of_rows([row(1, name), row(2, other, album="x")])
        assert (len(found.albums) == 1) is is_one
        assert (Album.id_of(name, "X") == Album.id_of(other, "x")) is is_one
    found = Catalogue.of_rows(
        [row(1, "/m/1.mp3", artist="Björk"), row(2, "/m/2.mp3", artist="Ann", year=1999, duration_s=None)]
    )
    [album] = found.albums.values()
    assert (album.artist, album.file_ids, album.year, album.duration_s) == ("Various Artists", [1, 2], 1999, 100.0)
    assert [(artist.name, list(artist.album_ids)) for artist in found.artists.values()] == [
        ("Ann", [album.id]),
        ("Björk", [album.id]),
    ]
    assert found.albums_of([2, 1, 99]) == [album]


def test_sort_tags_and_articles_decide_the_order() -> None:
    names = [("The Beatles", None), ("Abba", None), ("Nadia Vellum", "Vellum, Nadia"), ("The", None), ("Lé Zoo", None)]
    rows = [
        row(n, f"/m/{n}/1.mp3", artist=name, artist_sort=sort, album="The Wall", album_sort="Zzz" if n else None)
        for n, (name, sort) in enumerate(names)
    ]
    found = Catalogue.of_rows(rows, ("The", "Le"))
    assert [artist.name for artist in found.artists.values()] == [
        "Abba",
        "The Beatles",
        "The",
        "Nadia Vellum",
        "Lé Zoo",
    ]
    assert [album.order for album in found.albums.values()] == ["wall", *4 * ["zzz"]]
    assert [artist.name for artist in Catalogue.of_rows(rows).artists.values()][-1] == "Nadia Vellum"


def test_artists_differing_in_marks_are_equal_and_unknown_albums_have_a_name() -> None:
    found = Catalogue.of_rows(
        row(n, f"/m/{n}.mp3", artist=name) for n, name in enumerate(["Björk", "BJORK", "bjork!", "!!!"])
    )
    assert [(artist.name, artist.file_ids) for artist in found.artists.values()] == [("!!!", [3]), ("Björk", [0, 1, 2])]
    assert Artist.id_of("!!!") != Artist.id_of("???")
    rows = [row(1, "/m/a/1.mp3", artist=None, album=None, genre="House; Dub"), row(2, "/m/b/1.mp3", genre="Dub")]
    found = Catalogue.of_rows(rows)
    unknown = found.albums[Album.id_of("/m/a/1.mp3", None)]
    assert (unknown.name, unknown.artist) == (UNKNOWN_ALBUM, UNKNOWN_ARTIST)
    assert found.genres == {"Dub": 2, "House": 1}
    assert unknown.genres == {"House": 1, "Dub": 1}
    table = GenreNames(spellings={"Dub": "Dub Reggae"}, parents={"Dub Reggae": "Reggae"})
    assert Catalogue.of_rows(rows, genre_names=table).genres == {"Dub Reggae": 2, "Reggae": 2, "House": 1}


def test_names_are_found_by_the_beginnings_of_their_words() -> None:
    titles = ["Deep Blue", "Blue Deep Sea", "Deepest", "Bluebeard", "Épée", "Seablue"]
    found = Catalogue.of_rows(row(n, f"/m/{n}/a.mp3", album=title) for n, title in enumerate(titles))

    def named(words: str) -> list[str]:
        return [album.name for album in found.album_names.having(words)]

    assert named("blue") == ["Blue Deep Sea", "Deep Blue", "Bluebeard"]  # whole words first
    assert named("deep blue") == named("blue deep") == ["Blue Deep Sea", "Deep Blue"]
    assert named("epe") == ["Épée"]
    assert named("sea") == ["Blue Deep Sea", "Seablue"]
    assert named("lue") == []
    assert len(named("")) == len(titles)


def test_guests_and_others_appear_on_an_album_of_its_main_artists() -> None:
    feat = credits_of("Ann feat. Bob", composer="Cy", producer="Ann")
    found = Catalogue.of_rows(
        [
            row(1, "/m/a/1.mp3", artist="Ann feat. Bob", credits=feat, artist_sort="A., Ann feat. B., Bob"),
            row(2, "/m/a/2.mp3", artist="Ann; Di"),
            row(3, "/m/b/1.mp3", artist="Bob", album="Y"),
        ]
    )
    album = found.albums[Album.id_of("/m/a/1.mp3", "X")]
    assert (album.artist, [*album.artists.values()], [*album.whose.values()]) == ("Ann", ["Ann", "Di"], ["Ann"])
    by_name = {artist.name: artist for artist in found.artists.values()}
    assert [artist.name for artist in found.main_artists.values()] == ["Ann", "Bob", "Di"]
    ann, bob, cy = (by_name[name] for name in ("Ann", "Bob", "Cy"))
    assert (ann.order, ann.file_ids, [*ann.roles]) == ("a ann", [1, 2], ["main", "producer"])
    assert (bob.file_ids, len(bob.album_ids)) == ([1, 3], 2)
    assert (cy.file_ids, [*cy.roles]) == ([1], ["composer"])
    assert [*found.within("/m/b").artists] == [bob.id]


def test_albums_are_listed_by_the_artists_of_their_tracks() -> None:
    whole = credits_of("A; B!", ids="a-1")
    rows = [
        row(1, "/m/a/1.mp3", artist="A; B!", album_artist="A; B!", credits=whole),
        row(2, "/m/a/2.mp3", artist="Guest", album_artist="A; B!"),
        row(3, "/m/b/1.mp3", artist="Bob", album="Mixed"),
        row(4, "/m/b/2.mp3", artist="Di", album="Mixed"),
        row(5, "/m/c/1.mp3", artist="Eve", album="Label", album_artist="Unheard"),
    ]
    found = Catalogue.of_rows(rows)
    assert [artist.name for artist in found.album_artists.values()] == ["A; B!", "Bob", "Di", "Eve"]
    assert [artist.name for artist in found.main_artists.values()] == ["A; B!", "Bob", "Di", "Eve", "Guest"]
    assert [artist.name for artist in found.within("/m/a").album_artists.values()] == ["A; B!"]
    found = Catalogue.of_rows(
        [
            row(1, "/m/a/1.mp3", artist="Ann", album="X", album_artist="Ann"),
            row(2, "/m/a/2.mp3", artist="Ann feat. Bob", album="X"),
            row(3, "/m/b/1.mp3", artist="Ann", album="Y", album_artist="Various Artists"),
            row(4, "/m/b/2.mp3", artist="Bob", album="Y", album_artist="Various Artists"),
            row(5, "/m/c/1.mp3", artist="Ann", album="Z"),
            row(6, "/m/c/2.mp3", artist="Bob", album="Z"),
        ]
    )
    assert [album.artist for album in found.albums.values()] == ["Ann", "Various Artists", "Various Artists"]


def test_album_artists_are_found_without_going_through_all_artists_for_each_album() -> None:
    class NoWalk(dict[str, Artist]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError("goes through all artists")

    catalogue = Catalogue.of_rows(row(number, f"/m/{number}/1.mp3", artist=f"A {number}") for number in range(3))
    catalogue.artists = NoWalk(catalogue.artists)
    assert [artist.name for artist in catalogue.album_artists.values()] == ["A 0", "A 1", "A 2"]


def test_folder_has_only_its_own_albums_and_artists() -> None:
    rows = [
        row(1, "/m/a/1.mp3", artist="Ann", album="One"),
        row(2, "/m/ab/2.mp3", artist="Ann", album="Two"),
        row(3, "/m/ab/3.mp3", artist="Bob", album="Two"),
    ]
    found = Catalogue.of_rows(rows)
    inside = found.within("/m/a")
    assert [album.name for album in inside.albums.values()] == ["One"]
    assert [(artist.name, len(artist.album_ids)) for artist in inside.artists.values()] == [("Ann", 1)]
    assert inside.file_ids == [1]
    assert found.within(None) is found
    assert inside.albums_of([3, 1]) == [*inside.albums.values()]


def test_album_with_an_explicit_track_is_explicit_else_clean_with_a_clean_track() -> None:
    # OpenSubsonic, AlbumID3: "explicit" if at least one song is, "clean" if none is and at least one is clean, else "".
    for advisories, expected in (
        (("clean", None, "explicit"), "explicit"),
        (("explicit", "clean", None), "explicit"),
        ((None, "clean", None), "clean"),
        ((None, None, None), ""),
    ):
        # The last is on another disc, which joins the album.
        rows = [row(n, f"/m/{n // 2}/1.mp3", track=n + 1, advisory=known) for n, known in enumerate(advisories)]
        assert [album.advisory for album in Catalogue.of_rows(rows).albums.values()] == [expected]


def test_catalogue_survives_json_and_shares_dictionaries() -> None:
    guest = credits_of("Ann feat. Bea", title=None)
    rows = [
        row(1, "/m/a/1.mp3", artist="Ann feat. Bea", credits=guest, genre="House; Dub", year=1999),
        row(2, "/m/a/2.mp3", artist=None, album=None, added_at="2026-02-01"),
        row(3, "/m/b/3.mp3", artist="The Cats", album="The Wall", album_sort="Wall", album_artist="Cats", track=1),
        row(4, "/m/c/4.mp3", artist="The Cats", album="The Wall", album_artist="Cats", track=2, advisory="clean"),
        row(5, "/m/\udcff/5.mp3", artist="Ann", album="9"),
    ]
    made = Catalogue.of_rows(rows, ("The",))
    read = Catalogue.of_record(json.loads(json.dumps(made.to_record())), ("The",))
    assert [[*read.albums.items()], [*read.artists.items()]] == [[*made.albums.items()], [*made.artists.items()]]
    assert (read.genres, read.articles, read.albums_of([5, 3])) == (made.genres, ("The",), made.albums_of([5, 3]))
    assert len({read.whole_id(Album.id_of(f"/m/{at}/1.mp3", "The Wall")) for at in "bc"}) == 1
    rows = [row(n, f"/m/{n // 2}/{n}.mp3", album=f"X{n // 3}", genre="House", track=n + 1) for n in range(6)]
    for catalogue in (Catalogue.of_rows(rows), Catalogue.of_record(Catalogue.of_rows(rows).to_record())):
        albums = [*catalogue.albums.values()]
        assert [album.genres for album in albums] == 2 * [{"House": 3}]  # each joined from two folders
        assert len({id(album.whose) for album in albums}) == 1
        assert [album.artists for album in albums] == 2 * [{Artist.id_of("A"): "A"}]
