"""What the doctor says of albums and genres in a library, and how one choice settles all of it."""

import os
from pathlib import Path
from typing import Any

import pytest
from doubtful_library import SOUND, make_albums_library, put
from libraries import execute
from made_library import database_of

from map4 import Library
from map4.core.music.track.tags import Tags
from map4.core.store.tracks import SqlTracks
from map4.doctor.checks.finding import Finding

GROUPS = ["albums", "genres"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_albums_library(tmp_path / "library.map4")


def found(library: Library, query: str = "is:any", **asked: Any) -> list[Finding]:
    return list(library.doctor.findings(query, only=GROUPS, **asked))


def names(findings: list[Finding]) -> list[tuple[str, Any]]:
    return [(finding.check.name, finding.about) for finding in findings]


ALL = [("album_artist_missing", "Sampler"), ("album_years", "D – Parts"), ("genre_spellings", "Drum & Bass")]


def test_album_findings_name_their_tracks_and_are_resolved_by_a_choice(path: Path) -> None:
    with Library.open(path) as library:
        sampler, parts, genre = found(library)
        assert names([sampler, parts, genre]) == ALL
        record = sampler.to_record()
        assert [track["path"] for track in record["tracks"]] == [f"/m/Sampler/{number}.mp3" for number in (1, 2, 3)]
        assert (record["count"], record["about"], record["path"]) == (3, "Sampler", "/m/Sampler/1.mp3")
        assert record["choices"][0]["command"] == "map4 set /m/Sampler 'album-artist=Various Artists'"
        assert "tracks" not in genre.to_record()
        examined = library.doctor.examine(only=GROUPS)
        assert dict(examined.counts) == dict.fromkeys((name for name, _ in ALL), 1)
        assert names(list(examined.findings)) == ALL
        for finding in (sampler, parts, genre):
            choice = finding.choices[0]
            tracks = library.search(choice.query) if isinstance(choice.query, str) else choice.audio_ids
            library.set(list(tracks), **choice.values, **({"respell": True} if choice.respell is True else {}))
        assert found(library) == []
        assert [track.genre() for track in library.search("album:sampler")] == [
            "Drum & Bass", "House; Drum & Bass", "Drum & Bass"
        ]  # fmt: skip
        for _ in range(3):
            library.values.undo()
        assert names(found(library)) == ALL


def test_query_that_matches_one_track_selects_its_whole_album(path: Path) -> None:
    with Library.open(path) as library:
        assert names(found(library, 'title:"song b"')) == [ALL[0], ALL[2]]
        assert names(found(library, "artist:d")) == [ALL[1]]
        assert names(found(library, "artist:d limit:1")) == [ALL[1]]
        assert found(library, "artist:nobody") == []
        assert list(library.doctor.findings(only=["tempo"])) == []


def test_an_artist_of_several_spellings_is_respelled_within_credits(tmp_path: Path) -> None:
    names = [("Björk", "One"), ("Ann feat. Bjork", "Two"), ("Ann", "Three (feat. Björk)"), ("Cy", "Four")]
    with database_of(tmp_path / "library.map4") as database:
        for number, (artist, title) in enumerate(names):
            put(SqlTracks(database), f"/m/{number}.mp3", SOUND, Tags(artist=artist, title=title, composer="Cy"))
    with Library.open(tmp_path / "library.map4") as library:
        [finding] = library.doctor.findings(only=["artists"])
        assert (finding.about, finding.detail, finding.count) == ("Björk", "Björk (2), Bjork (1)", 1)
        assert [*library.doctor.findings("artist:cy title:four", only=["artists"])] == []
        choice = finding.choices[0]
        library.set([*library.search(str(choice.query))], artist="Björk", respell=True)
        assert [track.artist() for track in library.search("")] == ["Björk", "Ann feat. Björk", "Ann", "Cy"]
        assert [*library.doctor.findings(only=["artists"])] == []


def test_tags_read_by_an_older_version_are_counted_as_unread(path: Path) -> None:
    with Library.open(path) as library:
        assert library.doctor.unread() == 0
    execute(path, "UPDATE files SET tags_version = 0 WHERE display GLOB '/m/Sampler/*'")
    with Library.open(path) as library:
        assert names(found(library)) == ALL[1:]
        assert library.doctor.unread() == 3


def test_cover_file_in_the_folder_gives_no_finding(tmp_path: Path) -> None:
    albums = [tmp_path / name for name in ("with", "without", "of discs/CD 1", "of discs/CD 2", "gone")]
    with database_of(tmp_path / "library.map4") as database:
        store = SqlTracks(database)
        for folder in albums:
            for number in (1, 2):
                tags = Tags(artist="A", title=f"{folder.name} {number}", album=folder.name, track=number)
                put(store, str(folder / f"{number}.mp3"), SOUND, tags)
        with database.transaction() as connection:
            connection.execute("UPDATE files SET has_picture = 0")
    for folder in albums[:-1]:
        folder.mkdir(parents=True)
    (albums[0] / "Cover.JPG").touch()
    (tmp_path / "of discs" / "folder.png").touch()
    with Library.open(tmp_path / "library.map4") as library:
        assert [(finding.about, finding.choices) for finding in found(library)] == [("A – without", ())]
        (albums[1] / "front.jpg").touch()
        assert found(library) == []


def test_nested_folders_are_separate_albums(tmp_path: Path) -> None:
    """As they come by path: what begins alike, and folders between the files of the one around them."""
    paths = [
        "/1.mp3",
        "/m/a/1.mp3",
        "/m/a/b/1.mp3",
        "/m/a/b/2.mp3",
        "/m/a b/1.mp3",
        "/m/a/z.mp3",
        "/m/a.mp3",
        "/m/ab/1.mp3",
    ]
    with database_of(tmp_path / "library.map4") as database:
        for number, path in enumerate(paths):
            put(SqlTracks(database), path, SOUND, Tags(artist=f"Artist {number}", title="T", album="X"))
    with Library.open(tmp_path / "library.map4") as library:
        by_folder = {os.path.dirname(finding.track.path): finding for finding in found(library)}
        assert {folder: finding.count for folder, finding in by_folder.items()} == {"/m/a": 2, "/m/a/b": 2}
        assert {finding.count for finding in found(library, "is:any album:x")} == {2}
        assert [finding.count for finding in found(library, "artist:artist")] == [2, 2]
        assert by_folder["/m/a/b"].choices[0].command == "map4 set /m/a/b 'album-artist=Various Artists'"


@pytest.mark.parametrize("other", ["/m/a/0/in/x.mp3", "/m/a/in/side/x.mp3", "/m/a/9/x.mp3"])
def test_command_names_the_folder_if_it_has_no_other_files(tmp_path: Path, other: str) -> None:
    with database_of(tmp_path / "library.map4") as database:
        for artist in "AB":
            put(SqlTracks(database), f"/m/a/{artist}.mp3", SOUND, Tags(artist=artist, title=artist, album="X"))
    with Library.open(tmp_path / "library.map4") as library:
        assert found(library)[0].choices[0].command == "map4 set /m/a 'album-artist=Various Artists'"
    with database_of(tmp_path / "library.map4") as database:
        put(SqlTracks(database), other, SOUND, Tags(artist="C", title="Y", album="Z"))
    with Library.open(tmp_path / "library.map4") as library:
        assert found(library)[0].choices[0].command == "map4 set /m/a/A.mp3 /m/a/B.mp3 'album-artist=Various Artists'"
