"""Serato's folder and crates, read; the fixtures are built by hand from the published layout."""

import os
from pathlib import Path

import pytest
import serato_files as serato
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_files import tlv

from map4.core.music.analysis.key import Key
from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.serato.reader import read_session
from map4.formats.values import utc_moment

HEAD = "1.0/Serato ScratchLive Crate"


def crate_of(*paths: str) -> bytes:
    return tlv("vrsn", HEAD) + b"".join(tlv("otrk", tlv("ptrk", path)) for path in paths)


def database_of(*tracks: dict[str, bytes | str | int]) -> bytes:
    records = (tlv("otrk", b"".join(tlv(tag, value) for tag, value in track.items())) for track in tracks)
    return tlv("vrsn", "2.0/Serato Scratch LIVE Database") + b"".join(records)


FULL: dict[str, bytes | str | int] = {
    "ttyp": "mp3", "pfil": "House/a.mp3", "tsng": "Sông", "tart": "Ann", "talb": "Best", "tlen": "04:05.25",
    "tbpm": "124.00", "tkey": "Am", "tcom": "open with it", "utpc": 7, "ufsb": 9812345, "bmis": b"\0",
    "uadd": 1_600_000_000, "tadd": "1600000000", "tgen": "House", "tlbl": "Lantern", "tcmp": "Bea", "trmx": "Cid",
    "tgrp": "opener", "ttyr": "1998", "utkn": 3, "udsc": 2,
}  # fmt: skip


def read(path: Path, notes: ReadNotes | None = None) -> tuple[list[DjTrack], list[DjPlaylist]]:
    found: list[DjItem] = list(Importer.all()["serato"].read(str(path), notes or ReadNotes()))
    tracks = [item for item in found if isinstance(item, DjTrack)]
    return tracks, [item for item in found if isinstance(item, DjPlaylist)]


@pytest.fixture
def usb(tmp_path: Path) -> Path:
    """A drive with music, a database and three crates, two of which lie within each other."""
    drive = tmp_path / "usb"
    (drive / "_Serato_" / "Subcrates").mkdir(parents=True)
    (drive / "_Serato_" / "SmartCrates").mkdir()
    (drive / "House").mkdir()
    (drive / "_Serato_" / "database V2").write_bytes(database_of(FULL, {"pfil": "House/b.mp3"}, FULL))
    for name, paths in {
        "Friday": ["House/b.mp3", "House/a.mp3", "House/b.mp3"],
        "Sets%%2026%%May: 1/2": ["House/gone.mp3"],
        "Empty": [],
    }.items():
        (drive / "_Serato_" / "Subcrates" / f"{name.replace('/', '_')}.crate").write_bytes(crate_of(*paths))
    (drive / "_Serato_" / "Subcrates" / "._Friday.crate").write_bytes(b"\0")
    (drive / "_Serato_" / "SmartCrates" / "Fast.scrate").write_bytes(b"")
    return drive


def test_serato_folder_gives_all_tracks_crates_and_values(usb: Path) -> None:
    notes = ReadNotes()
    tracks, lists = read(usb / "_Serato_", notes)
    assert [track.key for track in tracks] == ["House/a.mp3", "House/b.mp3", "House/gone.mp3"]
    entry, values = tracks[0].entry, tracks[0].values
    assert (entry.artist, entry.title, entry.album) == ("Ann", "Sông", "Best")
    assert (entry.duration_s, entry.size_bytes, entry.position) == (245.25, 9812345, 1)
    assert values == ImportedValues(
        title="Sông", artist="Ann", album="Best", genre="House", label="Lantern", composer="Bea", remixer="Cid",
        grouping="opener", year=1998, track_number=3, disc_number=2, date_added=utc_moment(1_600_000_000),
        bpm=124.0, key=Key.parse("8A"), play_count=7, comment="open with it",
    )  # fmt: skip
    assert [track.values.is_empty for track in tracks] == [False, True, True]
    assert lists == [
        DjPlaylist(name="Empty"),
        DjPlaylist(name="Friday", keys=("House/b.mp3", "House/a.mp3", "House/b.mp3")),
        DjPlaylist(name="May: 1_2", folders=("Sets", "2026"), keys=("House/gone.mp3",)),
    ]
    assert notes.sentences() == ["left out: smart crates (1)"]


@pytest.mark.parametrize("inner", [".", "_Serato_/Subcrates", "_Serato_/database V2"])
def test_library_is_found_from_parent_and_inner_folders(usb: Path, inner: str) -> None:
    assert read(usb / inner) == read(usb / "_Serato_")


def test_single_crate_is_one_list_and_paths_start_at_its_drive(usb: Path) -> None:
    tracks, lists = read(usb / "_Serato_" / "Subcrates" / "Friday.crate")
    assert [track.key for track in tracks] == ["House/b.mp3", "House/a.mp3"]
    assert [playlist.name for playlist in lists] == ["Friday"]
    tracks, _ = read(usb)
    assert tracks[0].entry.locations == (f"{usb}/House/a.mp3", "/House/a.mp3")


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("serato-80s Mashup", ["Lipps, Inc-Funky Town meets Joris Voorn-Spank The Maid - Mood Funk - Mash_Up.mp3"]),
        ("serato-French House",
         ["ALAN BRAXE - INTRO ( Max Padovani Remix).mp3", "CASSIUS_-_99_Keller 2016 RE-EDIT -.mp3"]),
    ],
)  # fmt: skip
def test_crates_written_by_serato_are_read(shared: Path, name: str, paths: list[str]) -> None:
    tracks, [found] = read(shared / "interchange" / f"{name}.crate")
    assert (found.name, list(found.keys)) == (name, paths)
    assert [track.key for track in tracks] == paths
    assert all(f"/{path}" in track.entry.locations for track, path in zip(tracks, paths, strict=True))


# ---- where the tracks are ------------------------------------------------------------------------


def test_paths_of_a_copied_home_are_resolved_above_it_or_in_this_home(tmp_path: Path) -> None:
    crates = tmp_path / "backup" / "Users" / "ann" / "Music" / "_Serato_" / "Subcrates"
    crates.mkdir(parents=True)
    (crates / "x.crate").write_bytes(crate_of("Users/ann/Music/a.mp3", "Elsewhere/b.mp3", "C:/c.mp3", "\\Elsewhere\\d"))
    first, second, third, fourth = read(crates / "x.crate")[0]
    home = os.path.expanduser("~")
    assert first.entry.locations == (
        f"{tmp_path}/backup/Users/ann/Music/a.mp3", "/Users/ann/Music/a.mp3", f"{home}/Music/a.mp3",
    )  # fmt: skip
    assert second.entry.locations == ("/Elsewhere/b.mp3", f"{tmp_path}/backup/Users/ann/Music/Elsewhere/b.mp3")
    assert third.entry.locations == ("C:/c.mp3",)
    assert fourth.entry.locations[0] == "/Elsewhere/d"


# ---- what was played -----------------------------------------------------------------------------


def sessions_of(usb: Path, **sessions: bytes) -> Path:
    folder = usb / "_Serato_" / "History" / "Sessions"
    folder.mkdir(parents=True)
    for name, data in sessions.items():
        (folder / f"{name}.session").write_bytes(data)
    return folder


def test_sessions_are_histories_with_their_times(usb: Path) -> None:
    night = 1_767_304_800  # 2026-01-01T22:00:00Z
    sessions_of(
        usb,
        s12=serato.session(
            serato.played(1, "/Volumes/USB/House/b.mp3", None),
            serato.played(1, "/Volumes/USB/House/b.mp3", night),
            serato.played(2, "/House/a.mp3", night + 300, is_played=0),
            serato.played(3, "D:\\House\\a.mp3", night + 400),
            serato.played(4, "/Users/ann/New.mp3", night + 700, title="New", artist="Ann", album="Best"),
        ),
        s9=serato.session(serato.played(1, "/House/a.mp3", None)),
        empty=serato.session(),
    )
    notes = ReadNotes()
    tracks, lists = read(usb, notes)
    new = tracks[-1]
    assert (new.key, new.entry.location, new.entry.title) == ("Users/ann/New.mp3", "/Users/ann/New.mp3", "New")
    assert (new.entry.artist, new.entry.album, len(tracks), len(lists)) == ("Ann", "Best", 4, 5)
    assert lists[3:] == [
        DjPlaylist(
            name="2026-01-01 22.00",
            identity="2026-01-01T22:00:00Z",
            keys=("House/b.mp3", "House/a.mp3", "Users/ann/New.mp3"),
            kind="history",
            times=("2026-01-01T22:00:00Z", "2026-01-01T22:06:40Z", "2026-01-01T22:11:40Z"),
        ),
        DjPlaylist(name="s9", keys=("House/a.mp3",), kind="history", times=(None,)),
    ]
    assert notes.sentences() == ["left out: smart crates (1)"]


@pytest.mark.parametrize("kept", [0, 3, 11, 90, -1, -9, -40])
def test_truncated_session_keeps_its_complete_entries(usb: Path, kept: int) -> None:
    rows = [serato.played(row, f"/House/{row}.mp3", 1_767_304_800 + row) for row in range(3)]
    data = serato.session(*rows)
    sessions_of(usb, cut=data[:kept])
    notes = ReadNotes()
    histories = [playlist for playlist in read(usb, notes)[1] if playlist.kind == "history"]
    assert [historie.keys for historie in histories] == ([("House/0.mp3", "House/1.mp3")] if kept < 0 else [])
    assert notes.left_out["ends of damaged files"] == notes.is_damaged == (kept != 0)


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=400), at=st.integers(0, 300))
def test_random_bytes_in_a_session_do_not_fail(tmp_path: Path, data: bytes, at: int) -> None:
    whole = serato.session(serato.played(1, "/a.mp3", 5), serato.played(2, "/b.mp3", 6))
    path = tmp_path / "x.session"
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    assert len(read_session(str(path), ReadNotes())) <= 2 + len(data)


# ---- what is damaged -----------------------------------------------------------------------------


def test_damaged_crates_are_counted_and_the_rest_is_read(usb: Path) -> None:
    subcrates = usb / "_Serato_" / "Subcrates"
    (subcrates / "Cut.crate").write_bytes(crate_of("House/a.mp3", "House/b.mp3")[:-3])
    (subcrates / "Inner.crate").write_bytes(
        tlv("vrsn", HEAD) + tlv("otrk", tlv("ptrk", "House/c.mp3") + b"tsng\0\0\0\x09x") + tlv("otrk", tlv("tsng", "x"))
    )
    (subcrates / "No.crate").write_bytes(b"nothing")
    (subcrates / "Short.crate").write_bytes(b"vr")
    (subcrates / "Folder.crate").mkdir()
    notes = ReadNotes()
    tracks, lists = read(usb, notes)
    assert {playlist.name: playlist.keys for playlist in lists}["Cut"] == ("House/a.mp3",)
    assert {playlist.name: playlist.keys for playlist in lists}["Inner"] == ("House/c.mp3",)
    assert "House/c.mp3" in [track.key for track in tracks]
    assert dict(notes.left_out) == {
        "ends of damaged files": 1, "tracks without a path": 1, "crates that can't be read": 3, "smart crates": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tbpm": "0.00", "tlen": "", "utpc": b"\0"}, ImportedValues()),
        ({"tbpm": "fast", "tlen": "1:02:03"}, ImportedValues()),
        ({"tbpm": "1e300"}, ImportedValues()),
        ({"tbpm": "inf", "tcom": "\0", "utpc": 0}, ImportedValues(play_count=0)),
        ({"tkey": "8A\0"}, ImportedValues(key=Key.parse("Am"))),
    ],
)
def test_invalid_values_are_read_as_unknown(tmp_path: Path, fields: dict[str, bytes | str], expected: object) -> None:
    path = tmp_path / "database V2"
    path.write_bytes(database_of({"pfil": "a.mp3", **fields}))
    [found], _ = read(path)
    assert found.values == expected


def test_unreadable_keys_are_counted(tmp_path: Path) -> None:
    (tmp_path / "database V2").write_bytes(database_of({"pfil": "a.mp3", "tkey": "H?"}))
    notes = ReadNotes()
    [found], _ = read(tmp_path / "database V2", notes)
    assert (found.values.key, notes.sentences()) == (None, ["left out: keys that can't be read (1)"])


def test_files_not_of_serato_are_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "x.crate").write_bytes(b"PK")
    with pytest.raises(ImportReadError, match="does not begin with a version"):
        read(tmp_path / "x.crate")
    with pytest.raises(ImportReadError, match="neither a file 'database V2'"):
        read(tmp_path)
    with pytest.raises(OSError, match="none"):
        read(tmp_path / "none.crate")


def test_serato_library_is_recognised(usb: Path, tmp_path: Path) -> None:
    (tmp_path / "nameless").write_bytes(crate_of("a.mp3"))
    for path in (usb, usb / "_Serato_", usb / "_Serato_" / "Subcrates", tmp_path / "nameless",
                 usb / "_Serato_" / "database V2"):  # fmt: skip
        assert Importer.of(str(path)).name == "serato"
    with pytest.raises(ImportReadError, match="not a library that map4 can read"):
        Importer.of(str(usb / "House"))


@given(data=st.binary(max_size=60), place=st.integers(0, 400), is_new=st.booleans())
@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_crate_or_a_refusal(data: bytes, place: int, is_new: bool, tmp_path: Path) -> None:
    whole = database_of(FULL, FULL)
    path = tmp_path / "database V2"
    path.write_bytes(data if is_new else whole[:place] + data + whole[place + len(data) :])
    try:
        tracks, _ = read(path)
    except ImportReadError:
        return
    assert len(tracks) == len({track.key for track in tracks})
