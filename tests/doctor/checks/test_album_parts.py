"""Albums whose tracks are in several folders, or under several spellings."""

from typing import Any

from map4.doctor.checks.album_parts import part_doubts
from map4.doctor.checks.groups import ALBUM_SPELLINGS, ALBUM_SPLIT, AlbumTrack

CHECKS = {ALBUM_SPLIT.name, ALBUM_SPELLINGS.name}


def album(numbers: range, folder: str, **known: Any) -> list[AlbumTrack]:
    tags = {"artist": "Ann", "album": "Kind of Grey", "album_artist": None, "disc": None, **known}
    rest = {"year": 1999, "has_picture": True, "is_read": True}
    return [
        AlbumTrack(file_id=n, path=f"/m/{folder}/{n:02}.mp3", title=f"T{n}", track=n, **{**rest, **tags})
        for n in numbers
    ]


def various(numbers: range, folder: str) -> list[AlbumTrack]:
    return [track._replace(artist=f"Artist {track.track}") for track in album(numbers, folder)]


A, B = range(1, 6), range(6, 9)
SPLIT = {
    "two folders": [*album(A, "one"), *album(B, "two")],
    "with an album artist and guests": [*album(A, "one", album_artist="Ann", artist="Ann feat. Bob"),
                                        *album(B, "two", album_artist="ann")],
    "a compilation without an album artist": [*various(A, "one"), *various(B, "two")],
    "single tracks beside the album": [*album(range(1, 8), "one"), *album(range(8, 9), "singles")],
}  # fmt: skip
WHOLE = {
    "one folder": album(range(1, 9), "one"),
    "folders of discs": [*album(A, "one/CD 1"), *album(B, "one/CD2")],
    "a folder for each disc": [*album(A, "one", disc=1), *album(range(1, 4), "two", disc=2)],
    "two copies": [*album(range(1, 9), "one"), *album(range(1, 9), "two")],
    "two editions": [*album(range(1, 9), "one"), *album(range(1, 12), "two")],
    "albums of the same name by two artists": [*album(A, "one"), *album(B, "two", artist="Bob")],
    "a few tracks, sorted by genre": [*album(range(3, 5), "House"), *album(range(11, 13), "Techno")],
    "tracks without numbers": [track._replace(track=None) for track in [*album(A, "one"), *album(B, "two")]],
}


def test_album_parts_complete_each_other_in_one_spelling() -> None:
    for name in SPLIT:
        [doubt] = part_doubts(SPLIT[name], CHECKS)
        assert (doubt.check, doubt.count) == (ALBUM_SPLIT, 8)
        assert doubt.detail in ("5 in /m/one, 3 in /m/two", "7 in /m/one, 1 in /m/singles")
    for name in WHOLE:
        assert not list(part_doubts(WHOLE[name], CHECKS))
    for other in ("Kind Of Grey", "Kind of  Grey!", "Kínd of Grey"):
        tracks = [*album(A, "one"), *album(B, "one", album=other)]
        [doubt] = part_doubts(tracks, CHECKS)
        assert (doubt.check, doubt.detail, doubt.count) == (ALBUM_SPELLINGS, f"Kind of Grey (5), {other} (3)", 3)
        assert [(offer.label, dict(offer.values), len(offer.file_ids)) for offer in doubt.offers] == [
            ("all Kind of Grey", {"album": "Kind of Grey"}, 3), (f"all {other}", {"album": other}, 5)
        ]  # fmt: skip
        settled = [track._replace(own=frozenset({"album"})) if track.album == other else track for track in tracks]
        assert not list(part_doubts(settled, CHECKS))
