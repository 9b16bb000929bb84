"""What looks wrong with albums, and above all what does not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sound_track import SOUND

from map4.doctor.checks.albums import AlbumFolder, album_doubts
from map4.doctor.checks.groups import ALBUM_CHECKS, AlbumTrack, GroupDoubt, GroupFile, group_finding

ALONE, AMONG_OTHERS = AlbumFolder("/m/a", is_one_album=True), AlbumFolder("/m/a", is_one_album=False)


def track(number: int | None, **known: Any) -> AlbumTrack:
    title = known.pop("title", f"Tune {number}")
    fields = {
        "file_id": number or 0, "path": f"/m/a/{title}.mp3", "artist": "Ann", "title": title,
        "album": "Album", "album_artist": None, "year": 1999, "track": number, "disc": None, "has_picture": True,
        "is_read": True,
    }  # fmt: skip
    return AlbumTrack(**{**fields, **known})


def doubts(tracks: list[AlbumTrack], folder: AlbumFolder = ALONE) -> list[GroupDoubt]:
    return list(album_doubts(folder, tracks, ALBUM_CHECKS))


def doubt_texts(tracks: list[AlbumTrack], folder: AlbumFolder = ALONE) -> list[tuple[str, str, list[str]]]:
    return [
        (doubt.check.name, doubt.detail, [offer.label for offer in doubt.offers]) for doubt in doubts(tracks, folder)
    ]


def by(*artists: str, **known: Any) -> list[AlbumTrack]:
    return [
        track(number, artist=artist, title=f"{artist} {number}", **known) for number, artist in enumerate(artists, 1)
    ]


FINE = {
    "an album": by(*6 * ["Ann"]),
    "a compilation": by("Ann", "Bob", "Cid", "Dee", album_artist="Various Artists"),
    "a compilation with the years of its recordings": [
        track._replace(year=1970 + 10 * at) for at, track in enumerate(by("A", "B", "C", "D", album_artist="VA"))
    ],
    "a compilation of which few tracks keep a year of their own": [
        track._replace(year=1970 if at == 3 else 2001) for at, track in enumerate(by(*"ABCDEF", album_artist="Various"))
    ],
    "a best-of with the years of its recordings": [
        track._replace(year=1970 + at) for at, track in enumerate(by(*8 * ["Ann"]))
    ],
    "two discs in one folder": [track(n, disc=d, title=f"{d}.{n}") for d in (1, 2) for n in range(1, 6)],
    "two discs that the names of the files tell": [
        track(n, title=f"{d}-{n:02} T", path=f"/m/a/{d}-{n:02} T.mp3") for d in (1, 2) for n in range(1, 6)
    ],
    "numbers that go on from disc to disc": [track(n, disc=1 if n < 6 else 2) for n in range(1, 11)],
    "a single": [track(7)],
    "tracks of an album that one does not have": [track(n) for n in (2, 9, 11)],
    "tracks without numbers": [track(None, title=f"T{n}") for n in range(5)],
    "the same tracks in two formats": [
        track(n, path=f"/m/a/{n}.{end}") for n in range(1, 6) for end in ("mp3", "flac")
    ],
    "a classical album with its ensemble as artist of the album": by(
        "Karajan; Berliner Philharmoniker", "Abbado; Berliner Philharmoniker", album_artist="Berliner Philharmoniker"
    ),
    "a duo": by(*5 * ["Simon & Garfunkel"]),
    "years that are set": [track(n, year=1999 + (n == 3), own=frozenset(["year"])) for n in range(1, 6)],
}


def test_sound_albums_have_no_findings_and_different_years_one() -> None:
    for tracks in FINE.values():
        assert doubt_texts(tracks) == []
    two = [*by(*4 * ["Queens"]), *(track._replace(year=1980) for track in by(*4 * ["Kings"]))]
    assert doubt_texts(two, AMONG_OTHERS) == []
    assert doubt_texts(two) == []  # their numbers clash, also where nothing else is there
    named = [track._replace(album_artist=track.artist) for track in two]
    assert doubt_texts(named, AMONG_OTHERS) == doubt_texts(named) == []
    some = [track(1, artist="A"), track(5, artist="B"), track(9, artist="C")]  # "Greatest Hits" of three
    assert doubt_texts(some, AMONG_OTHERS) == []
    one_off = [track(n, year=2012 if n == 3 else 2016) for n in range(1, 9)]
    assert doubt_texts(one_off) == [("album_years", "2016 (7), 2012 (1)", ["all 2016", "keep 2012 of 1"])]
    first, keep = doubts(one_off)[0].offers
    assert first.file_ids == keep.file_ids == [3]
    halves = [track(n, year=1977 if n < 4 else 2011) for n in range(1, 7)]
    assert doubt_texts(halves) == [("album_years", "1977 (3), 2011 (3)", ["all 1977", "all 2011"])]
    assert doubts(halves)[0].offers[1].file_ids == [1, 2, 3]


def test_missing_or_different_album_artist_is_reported() -> None:
    cases = [
        (by("Ann", "Bob", "Cid", "Dee"), "4 artists and no album artist", ["all Various Artists"]),
        (by("Ann", "Ann feat. Bob", "Ann"), "2 artists and no album artist", ["all Ann"]),
        (by("Ann feat. Bob", "Ann feat. Cid"), "2 artists and no album artist", ["all Ann"]),
        (by("Ann", "Ann", "Ann", "Bob"), "2 artists and no album artist", ["all Ann", "all Various Artists"]),
        (by("Ann", "Ann", "Bob", "Bob"), "2 artists and no album artist", ["all Various Artists", "all Ann"]),
        ([track(1, album_artist="Ann"), track(2, album_artist="Ann"), track(3)],
         "album artist Ann (2), and none of 1", ["all Ann"]),
        ([track(1, album_artist="VA"), track(2, album_artist="Various Artists"),
          track(3, album_artist="Various Artists")],
         "album artist Various Artists (2), VA (1)", ["all Various Artists", "all VA"]),
    ]  # fmt: skip
    for tracks, detail, labels in cases:
        assert doubt_texts(tracks) == [("album_artist_missing", detail, labels)]
        [doubt] = doubts(tracks)
        first = doubt.offers[0]
        value = first.values["album_artist"]
        others = [track for track in tracks if track.file_id not in first.file_ids]
        assert (
            doubt_texts([*others, *(track._replace(album_artist=value) for track in tracks if track not in others)])
            == []
        )


def test_missing_and_repeated_track_numbers_are_reported_with_suggestions() -> None:
    assert doubt_texts([track(n) for n in (1, 2, 3, 5, 6, 9)]) == [("album_gaps", "4, 7-8 missing", [])]
    assert doubt_texts([track(n) for n in range(3, 9)]) == [("album_gaps", "1-2 missing", [])]
    assert doubt_texts([track(n) for n in range(3, 9)], AlbumFolder("/m/CD 2", is_one_album=True, is_disc=True)) == []
    twice = [track(n, title=f"T{n}") for n in range(1, 7)] + [track(3, title="Another")]
    assert doubt_texts(twice) == [("album_gaps", "3 twice", [])]
    mixed = [track(n, title=f"{n} {d}") for d in "ab" for n in range(1, 6)]
    assert doubt_texts(mixed) == [("album_gaps", "1-5 twice: two discs without their numbers?", [])]
    five = track(4, title="Five", path="/m/a/05 - Five.mp3")
    tracks = [track(n) for n in (1, 2, 3, 4, 6)] + [five]
    assert doubt_texts(tracks) == [
        ("album_gaps", "number 5 by the name of the file; its tag says 4", ["number 5", "keep 4"])
    ]
    assert doubt_texts([track._replace(track=5) if track is five else track for track in tracks]) == []
    kept = [track._replace(own=frozenset(["track"])) if track is five else track for track in tracks]
    assert doubt_texts(kept) == [("album_gaps", "5 missing", [])]
    unnumbered = [five._replace(track=None) if track is five else track for track in tracks]
    assert doubt_texts(unnumbered) == [
        ("album_gaps", "number 5 by the name of the file; its tag says none", ["number 5"])
    ]


@pytest.mark.parametrize("disc_number", [None, 1])
def test_disc_numbers_follow_the_order_of_the_files(disc_number: int | None) -> None:
    discs = [track(n, title=f"{d} {n}", disc=disc_number, file_id=ord(d) + n) for d in "ah" for n in range(1, 6)]
    found = doubts(discs)
    wanted = [f"disc {n} by the order of the files; 1-5 twice" for n in (1, 2) if n != disc_number]
    assert [doubt.detail for doubt in found] == wanted
    offers = [offer for doubt in found for offer in doubt.offers]
    for offer in offers:
        number = offer.values["disc_number"]
        discs = [track._replace(disc=number) if track.file_id in offer.file_ids else track for track in discs]
    assert doubt_texts(discs) == []
    assert [track.disc for track in discs] == 5 * [1] + 5 * [2]


def test_missing_covers_and_compilations_are_recognised() -> None:
    without = [track(n, has_picture=n > 2) for n in range(1, 6)]
    detail = "no picture in the tags of 2 of 5 tracks, none in the folder"
    assert doubt_texts(without) == [("cover_missing", detail, ["use the others' album artist"])]
    none = [track(n, has_picture=False) for n in range(1, 4)]
    assert doubt_texts(none) == [("cover_missing", "no picture in the tags of 3 tracks, none in the folder", [])]
    assert doubt_texts([track(1, has_picture=None)]) == []
    assert doubt_texts(by("Ann", "Bob", "Cid", is_read=False, has_picture=None)) == []
    [doubt] = doubts(by("Unknown Artist", "Unknown Artist", "Unknown Artist", "Ann"))
    files = {file_id: GroupFile(f"/m/a/{file_id}.mp3", "a1-1", "f-1") for file_id in doubt.file_ids}
    assert [choice.values for choice in group_finding(doubt, SOUND, files, ()).choices] == [
        {"album_artist": "Various Artists"}
    ]
    assert [name for name, *_ in doubt_texts(by("Ann", "Bob", "Cid", "Dee"), AMONG_OTHERS)] == ["album_artist_missing"]
    assert doubts(by("Ann", "Bob"))[0].offers[0].folder == "/m/a"
    assert doubts(by("Ann", "Bob", "Cid"), AMONG_OTHERS)[0].offers[0].folder is None


NAMES = st.sampled_from(["Ann", "Bob", "Ann feat. Bob", "VA", "", None])
ANY = st.lists(
    st.builds(
        track, st.none() | st.integers(1, 12), artist=NAMES, album_artist=NAMES, disc=st.none() | st.integers(1, 2),
        year=st.none() | st.integers(1998, 2002), title=st.sampled_from(["A", "B", "01 C", "1-02 D", ""]),
        has_picture=st.none() | st.booleans(), is_read=st.booleans(),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


@given(ANY, st.booleans(), st.booleans())
def test_offers_change_only_tracks_of_their_album(tracks: list[AlbumTrack], is_one: bool, is_disc: bool) -> None:
    tracks = [track._replace(file_id=place) for place, track in enumerate(tracks)]
    for doubt in doubts(tracks, AlbumFolder("/m/a", is_one_album=is_one, is_disc=is_disc)):
        assert {*doubt.file_ids} <= {*range(len(tracks))}
        assert doubt.count == len(doubt.file_ids)
        for offer in doubt.offers:
            assert {*offer.file_ids} <= {*range(len(tracks))}
            assert offer.file_ids
            [(name, value)] = (offer.values or {"has_picture": True}).items()
            name = {"disc_number": "disc"}.get(name, name)
            is_kept = offer.label.startswith("keep")
            assert all((getattr(tracks[file_id], name) == value) is is_kept for file_id in offer.file_ids)
