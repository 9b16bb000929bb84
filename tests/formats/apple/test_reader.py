"""Libraries of Apple's Music app and iTunes, written by Python's plistlib after what both programs write."""

import contextlib
import plistlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from other_programs import APPLE_TRACK, apple_items, apple_library

from map4.core.base.path_maps import Location
from map4.core.music.track.imported import ImportedValues
from map4.formats.apple.reader import LOST_ENTRIES, NO_MUSIC, SMART_LISTS
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes

READ = Importer.all()["apple-music"].read


@pytest.fixture
def read(tmp_path: Path) -> Callable[[bytes], tuple[list[DjItem], ReadNotes]]:
    def reading(data: bytes) -> tuple[list[DjItem], ReadNotes]:
        path = tmp_path / "Library.xml"
        path.write_bytes(data)
        notes = ReadNotes()
        return list(READ(str(path), notes)), notes

    return reading


Read = Callable[[bytes], tuple[list[DjItem], ReadNotes]]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs zones that a process can choose")
def test_all_values_of_a_track_are_read(read: Read, zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    [track], notes = read(apple_library(APPLE_TRACK))
    assert track.key == "A1"
    assert Location.path_of_url(track.entry.location or "") == "/Users/ann/Music/Björk/01 Rock & Roll.mp3"
    assert (track.entry.artist, track.entry.title, track.entry.album) == ("Björk", "Rock & Roll", "Debut")
    assert (track.entry.duration_s, track.entry.size_bytes) == (198.713, 5945086)
    assert track.values == ImportedValues(
        bpm=128.0, rating=4.0, play_count=42, last_played="2024-05-01T22:30:00Z", date_added="2019-01-02T03:04:05Z",
        comment="for\nlate", title="Rock & Roll", artist="Björk", album="Debut", genre="House", composer="Bach",
        grouping="Peak", year=2004, track_number=13, disc_number=2, album_artist="Various",
    )  # fmt: skip
    assert notes.version == "1.4.5.65"
    assert notes.sentences() == []


def test_lists_have_their_folders_and_built_in_lists_are_left_out(read: Read) -> None:
    tracks = [{"Track ID": n, "Persistent ID": f"P{n}", "Name": f"T{n}"} for n in (1, 2, 3)]
    film = {"Track ID": 4, "Persistent ID": "P4", "Podcast": True}
    lists = [
        {"Name": "Library", "Master": True, "Visible": False, "Playlist Items": apple_items(1, 2, 3, 4)},
        {"Name": "Music", "Distinguished Kind": 4, "Playlist Items": apple_items(1, 2, 3)},
        {"Name": "Downloaded", "Distinguished Kind": 65, "Playlist Items": apple_items(1)},
        {"Name": "Old podcasts", "Podcasts": True, "Playlist Items": apple_items(4)},
        {"Name": "Late", "Parent Persistent ID": "F2", "Playlist Items": apple_items(2, 1, 2)},
        {"Name": "Sets", "Folder": True, "Playlist Persistent ID": "F1", "Playlist Items": apple_items(1, 2)},
        {"Name": "2026", "Folder": True, "Playlist Persistent ID": "F2", "Parent Persistent ID": "F1"},
        {"Name": "Loop", "Folder": True, "Playlist Persistent ID": "F3", "Parent Persistent ID": "F3"},
        {"Name": "Top", "Smart Info": b"\1\2", "Smart Criteria": b"SLst" * 99, "Playlist Items": apple_items(3)},
        {
            "Name": "Broken",
            "Playlist Items": [*apple_items(1, 4, 99), "x", {"Track ID": ["1"]}],
            "Parent Persistent ID": "?",
        },
        {"Playlist Items": 4},
        {"Name": "90’s Music", "Distinguished Kind": 200, "Playlist Items": apple_items(3, 1)},
        {"Name": "Recently Added", "Distinguished Kind": 204, "Smart Info": b"\1", "Smart Criteria": b"x",
         "Playlist Items": apple_items(2)},
        {"Name": "Odd", "Distinguished Kind": "x", "Playlist Items": apple_items(2)},
    ]  # fmt: skip
    found, notes = read(apple_library(*tracks, film, lists=lists))
    assert [item for item in found if isinstance(item, DjPlaylist)] == [
        DjPlaylist(name="Late", folders=("Sets", "2026"), keys=("P2", "P1", "P2")),
        DjPlaylist(name="Top", keys=("P3",)),
        DjPlaylist(name="Broken", keys=("P1",)),
        DjPlaylist(name="Unnamed"),
        DjPlaylist(name="90’s Music", keys=("P3", "P1")),
        DjPlaylist(name="Recently Added", keys=("P2",)),
    ]
    assert notes.left_out == {NO_MUSIC: 1, LOST_ENTRIES: 3, SMART_LISTS: 2}
    assert notes.remarks == [
        f"no query can express the rules of '{name}': rules that can't be read" for name in ("Top", "Recently Added")
    ]


def test_tracks_have_persistent_ids_and_malformed_values_are_unknown(read: Read) -> None:
    """The numbers of tracks are given anew with each export."""
    track = {"Track ID": 1, "Persistent ID": "P1", "Name": "One"}
    again = {"Track ID": 9, "Persistent ID": "P1", "Name": "One"}
    found, _ = read(
        apple_library(track, again, {"Track ID": 3}, lists=[{"Name": "x", "Playlist Items": apple_items(1, 9, 3)}])
    )
    keys = [item.key for item in found if isinstance(item, DjTrack)]
    assert keys == ["P1", "P1#2", "#3"]
    assert found[-1] == DjPlaylist(name="x", keys=tuple(keys))
    computed = {"Track ID": 1, "Rating": 60, "Rating Computed": True, "Name": "x", "BPM": 0, "Year": 0, "Total Time": 0}
    odd = {"Track ID": "7", "Name": 4, "Artist": ["x"], "Size": {"a": 1}, "Rating": "80", "Year": "1999", "BPM": -3,
           "Play Date UTC": "yesterday", "Location": 5}  # fmt: skip
    (first, second), _ = read(apple_library(computed, odd))
    assert first.values == ImportedValues(title="x")
    assert (first.entry.location, first.entry.duration_s) == (None, None)
    assert second.values == ImportedValues(rating=4.0, year=1999)
    assert (second.entry.title, second.entry.size_bytes) == (None, None)
    [track], _ = read(apple_library({"Track ID": 1, "Name": "x" * 3_000_000}))
    assert 0 < len(track.values.title or "") <= 20_000


@pytest.mark.parametrize("location", ["file://localhost/C:/Music/a.mp3", "file:///Music/a.mp3", "a.mp3", "file://[/x"])
def test_locations_of_every_kind_are_read(read: Read, location: str) -> None:
    [track], _ = read(apple_library({"Track ID": 1, "Location": location}))
    assert track.entry.location == location


# ---- recognised and refused ----------------------------------------------------------------------


def test_apple_library_is_recognised_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "anything"
    path.write_bytes(apple_library(APPLE_TRACK))
    assert Importer.of(str(path)).name == "apple-music"
    path.write_bytes(plistlib.dumps({"x": 1}))
    with pytest.raises(ImportReadError, match="not a library that map4 can read"):
        Importer.of(str(path))


DEEP = b"<plist>" + b"<array>" * 100_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (apple_library(APPLE_TRACK)[:900], "not valid XML"),
        (apple_library(APPLE_TRACK).replace(b"Debut", b"De\0but"), "not valid XML"),
        (DEEP, "nested too deep"),
    ],
)
def test_damaged_libraries_are_refused(read: Read, data: bytes, message: str) -> None:
    with pytest.raises(ImportReadError, match=message):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"<plist/>", b"<plist><dict/></plist>", b"<plist><array><dict/></array></plist>", b"<plist>text</plist>",
        b"<plist><dict><key>Tracks</key><string>x</string><key>Playlists</key><dict><key>1</key><true/></dict></dict></plist>",
        b"<plist><dict><key>Tracks</key><array><string>x</string></array></dict></plist>",
        b"<plist><dict><integer>999999999999999999999999</integer><key/><key><key>x</key></key></dict></plist>",
        b"<plist><key>x</key><string>y</string></plist>",
    ],
)  # fmt: skip
def test_malformed_plists_have_no_playlists(read: Read, data: bytes) -> None:
    assert [item for item in read(data)[0] if isinstance(item, DjPlaylist)] == []


@settings(max_examples=examples(100))
@given(put=st.binary(max_size=12), at=st.integers(0, 2500), cut=st.integers(0, 40))
def test_damaged_library_is_refused(tmp_path_factory: pytest.TempPathFactory, put: bytes, at: int, cut: int) -> None:
    whole = apple_library(APPLE_TRACK, lists=[{"Name": "x", "Playlist Items": apple_items(101)}])
    path = tmp_path_factory.getbasetemp() / "damaged.xml"
    path.write_bytes(whole[:at] + put + whole[at + cut :])
    with contextlib.suppress(ImportReadError):
        list(READ(str(path), ReadNotes()))
