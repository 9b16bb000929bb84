"""Device Library Plus beside export.pdb, merging into an existing stick, and checks of sticks."""

import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
from extras.stick.independent_stick import read_database
from extras.stick.stick_libraries import DATE, marked_track, random_contents, unpacked, write_stick
from rekordbox_sticks import history_entry_row, named

from map4.extras.stick.names import StickNames
from map4.extras.stick.part import check_stick
from map4.extras.stick.plan import PlannedLists
from map4.extras.stick.reading import LIBRARY, PLUS, read_contents, require_plus
from map4.extras.stick.records import StickContents, StickList
from map4.extras.stick.writing import export_pdb, write_device_library
from map4.formats import DeviceFile, ImportReadError, PdbTable, opened_rekordbox
from map4.formats.rekordbox.device_pages import INDEXED

NEEDS_PYREKORDBOX = pytest.mark.skipif(
    find_spec("pyrekordbox") is None, reason="needs pyrekordbox, the extra 'rekordbox'"
)
TWO = (marked_track(), marked_track(number=2, path="/Contents/Bob/b.mp3", title="b", artist="Bob", phrases=()))
LISTS = (
    StickList(number=1, name="Sets", is_folder=True),
    StickList(number=2, name="Friday", parent=1, tracks=(2, 1, 2)),
)
CONTENTS = StickContents(tracks=TWO, lists=LISTS, date=DATE)


# ---- Device Library Plus -------------------------------------------------------------------------


@NEEDS_PYREKORDBOX
def test_pyrekordbox_reads_the_same_library_from_both_databases(tmp_path: Path) -> None:
    from pyrekordbox import OneLibrary

    contents = random_contents(4)
    write_device_library(contents, str(tmp_path / "exportLibrary.db"))
    pdb = read_database(export_pdb(contents))
    with OneLibrary(tmp_path / "exportLibrary.db") as database:
        content = {row.content_id: row for row in database.get_content()}
        lists = {row.playlist_id: row for row in database.get_playlist()}
        assert (database.get_menu_item().count(), database.get_color().count()) == (27, 8)
        assert content.keys() == pdb.tracks.keys()
        for number, row in content.items():
            track = pdb.tracks[number]
            assert (row.title, row.path, row.fileName, row.analysisDataFilePath, row.djComment) == (
                track["title"], track["path"], track["file"], track["analysis_path"], track["comment"],
            )  # fmt: skip
            assert (row.artist_id_artist, row.album_id, row.genre_id, row.label_id, row.key_id, row.image_id) == tuple(
                track[kind] for kind in ("artist", "album", "genre", "label", "key", "artwork")
            )
            assert (row.bpmx100, row.length, row.rating, row.color_id, row.bitrate, row.fileType) == tuple(
                track[kind] for kind in ("tempo", "seconds", "rating", "color", "kbps", "type")
            )
        assert {row.artist_id: row.name for row in database.get_artist()} == pdb.names["artist"]
        assert {number: (row.playlist_id_parent, row.sequenceNo, row.attribute == 1, row.name)
                for number, row in lists.items()} == pdb.nodes  # fmt: skip


@NEEDS_PYREKORDBOX
@pytest.mark.usefixtures("quick_ciphers")
def test_existing_device_library_keeps_its_other_tables(tmp_path: Path) -> None:
    path = str(tmp_path / "exportLibrary.db")
    write_device_library(CONTENTS, path)
    with opened_rekordbox(path, is_stick=True) as connection:
        connection.execute("INSERT INTO history VALUES (1, 1, 'HISTORY 001', 0, NULL)")
        connection.execute("INSERT INTO history_content VALUES (1, 2, 1)")
        connection.execute("UPDATE artist SET artist_id = 77 WHERE name = 'Ann'")
        connection.execute("UPDATE content SET artist_id_artist = 77, djComment = 'own' WHERE content_id = 1")
        connection.commit()
    kept = replace(TWO[0], row=b"row")
    new = marked_track(number=3, path="/Contents/Ann/c.mp3", artist="Ann")
    lists = (replace(LISTS[1], parent=0, tracks=(3, 1)),)
    write_device_library(StickContents(tracks=(kept, new), lists=lists, date=DATE), path)
    with opened_rekordbox(path, is_stick=True) as connection:
        rows = connection.execute("SELECT content_id, artist_id_artist, djComment FROM content").fetchall()
        assert rows == [(1, 77, "own"), (3, 77, "")]
        names = connection.execute("SELECT name FROM history JOIN history_content USING (history_id)").fetchall()
        assert names == [("HISTORY 001",)]
        entries = connection.execute("SELECT * FROM playlist_content ORDER BY sequenceNo").fetchall()
        assert entries == [(2, 3, 1), (2, 1, 2)]


# ---- merging -------------------------------------------------------------------------------------


def test_existing_rows_stay_byte_for_byte_and_new_names_get_free_numbers(tmp_path: Path) -> None:
    lists = PlannedLists([StickList(number=n, name="House", parent=n - 1, is_folder=n < 3) for n in (1, 2, 3)], {})
    lists.complete(prune=False)
    assert lists.shown[0].folders == ("House", "House")
    names = StickNames(StickContents(names={PdbTable.ARTISTS: [(1, "Ann", 0), (2, "Ann", 0)]}, tracks=TWO))
    assert (names.of(TWO[0])["artist"], names.of(TWO[1])["artist"], names.of(TWO[0])["remixer"]) == (1, 3, 0)
    tables = unpacked(export_pdb(random_contents(7)))
    tables[PdbTable.HISTORIES] = [named(1, "HISTORY 001")]
    tables[PdbTable.HISTORY_ENTRIES] = [history_entry_row(1, 1, 1)]
    (tmp_path / "PIONEER/rekordbox").mkdir(parents=True)
    (tmp_path / LIBRARY.strip("/")).write_bytes(DeviceFile.pack(tables))
    contents = read_contents(str(tmp_path))
    assert contents is not None
    first = contents.tracks[0]
    new = replace(marked_track(number=900), artist=first.artist, genre="Another")
    lists = (*contents.lists, StickList(number=99, name="New", tracks=(900, first.number)))
    data = export_pdb(replace(contents, tracks=(*contents.tracks, new), lists=lists, date=DATE))
    merged = unpacked(data)
    del tables[PdbTable.SYNCHRONISED]  # which has the number of tracks
    for kind, rows in tables.items():
        place = 4 if kind in INDEXED else 0  # behind flags, and the place in the page
        assert {row[place:] for row in rows} <= {row[place:] for row in merged[kind]}, kind
    database = read_database(data)
    assert (len(merged[PdbTable.TRACKS]), database.histories) == (len(tables[PdbTable.TRACKS]) + 1, 2)
    assert database.tracks[900]["artist"] == database.tracks[first.number]["artist"]
    assert database.names["genre"][database.tracks[900]["genre"]] == "Another"
    assert database.entries[99] == [(1, 900), (2, first.number)]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"nothing", "does not begin like an export.pdb"),
        (DeviceFile.pack({9: [b"????"]}), "table 9 has rows of an unknown meaning"),
        (DeviceFile.pack({})[: -2 * 4096], "the chain of its pages"),
        (DeviceFile.pack({})[:-7], "its length, 167,929 bytes"),
    ],
)
def test_library_that_can_not_be_merged_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    assert read_contents(str(tmp_path)) is None
    (tmp_path / "PIONEER/rekordbox").mkdir(parents=True)
    (tmp_path / LIBRARY.strip("/")).write_bytes(data)
    with pytest.raises(ImportReadError, match=f"damaged, or newer than map4 knows: .*{message}"):
        read_contents(str(tmp_path))
    (tmp_path / LIBRARY.strip("/")).rename(tmp_path / PLUS.strip("/"))
    with pytest.raises(ImportReadError, match="only a Device Library Plus"):
        read_contents(str(tmp_path))
    (tmp_path / "PIONEER").rename(tmp_path / ".PIONEER")
    with pytest.raises(ImportReadError, match="formatted for a Mac"):
        read_contents(str(tmp_path))
    assert [(finding.severity, finding.path) for finding in check_stick(str(tmp_path)).findings] == [
        ("fault", "/.PIONEER")
    ]


@NEEDS_PYREKORDBOX
@pytest.mark.usefixtures("quick_ciphers")
def test_databases_with_different_tracks_are_refused(tmp_path: Path) -> None:
    write_stick(tmp_path, CONTENTS, is_plus=True)
    contents = read_contents(str(tmp_path))
    assert contents is not None
    require_plus(str(tmp_path), contents, "cdj-2000nxs2")
    fewer = replace(contents, tracks=contents.tracks[:1], lists=())
    (tmp_path / LIBRARY.strip("/")).write_bytes(export_pdb(fewer))
    with pytest.raises(ImportReadError, match="its two databases have different tracks"):
        require_plus(str(tmp_path), fewer, "cdj-2000nxs2")
    assert "its tracks are others than those of export.pdb" in [
        finding.text for finding in check_stick(str(tmp_path)).findings
    ]


# ---- checks --------------------------------------------------------------------------------------


@NEEDS_PYREKORDBOX
@pytest.mark.usefixtures("quick_ciphers")
def test_check_has_no_findings_on_a_sound_stick(tmp_path: Path) -> None:
    check = check_stick(str(write_stick(tmp_path, CONTENTS, is_plus=True)))
    assert (check.tracks, check.lists, check.analyses, check.findings, check.is_sound) == (2, 1, 6, (), True)
    _patched(PLUS, 4096 + 9, "B", 4)(tmp_path)
    assert "HMAC verification failed for page 2" in check_stick(str(tmp_path)).findings[0].text


def _patched(name: str, at: int, layout: str, *values: int) -> Callable[[Path], None]:
    def patch(root: Path) -> None:
        path = root / name.lstrip("/")
        data = bytearray(path.read_bytes())
        struct.pack_into(layout, data, at % len(data), *values)
        path.write_bytes(data)

    return patch


def _without(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name.lstrip("/")).unlink()


DAT = TWO[0].analysis_path
EXT = DAT.replace(".DAT", ".EXT")
ROWS = 2 * 4096
"""The page of the tracks."""


@pytest.mark.parametrize(
    ("damage", "severity", "text"),
    [
        (_without(TWO[0].path), "fault", "the file is missing"),
        (_without(DAT), "fault", "no beats on players"),
        (_without(EXT), "note", "no waveform on players"),
        (_without("/PIONEER/MYSETTING.DAT"), "fault", "some players then refuse the stick"),
        (_without(LIBRARY), "fault", "players before 2023"),
        (_patched(DAT, 8, ">I", 9), "fault", "it is unreadable: it is cut off"),
        (_patched(DAT, 28 + 16, ">H", 0x58), "fault", "it is of another track"),
        (_patched(LIBRARY, ROWS + 28, "<H", 9), "fault", "states 9 free bytes"),
        (_patched(LIBRARY, ROWS + 4096 - 4, "<H", 1), "fault", "states 2 rows, and has 1"),
        (_patched(LIBRARY, ROWS + 40 + 68, "<I", 99), "fault", "names row 99 of table 2, which is missing"),
        (_patched(LIBRARY, ROWS + 40 + 94 + 34, "<H", 9999), "fault", "a text outside of its row"),
        (_patched(LIBRARY, 18 * 4096 + 40 + 4, "<I", 99), "fault", "list Friday: 1 of its tracks are missing"),
        (_patched(LIBRARY, 18 * 4096 + 4096 - 10, "<H", 20), "fault", "table 8, row 2"),
        (_patched(LIBRARY, 32, "<I", 4), "fault", "table"),
        (lambda root: None, "note", "players since 2023"),
    ],
)
def test_check_finds_damage(
    damage: Callable[[Path], None], severity: str, text: str, tmp_path: Path, stick_of_two: Path
) -> None:
    shutil.copytree(stick_of_two, tmp_path, dirs_exist_ok=True)
    damage(tmp_path)
    findings = check_stick(str(tmp_path)).findings
    assert [finding.severity for finding in findings if text in finding.text][:1] == [severity]


@pytest.fixture(scope="module")
def stick_of_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stick without Device Library Plus."""
    return write_stick(tmp_path_factory.mktemp("stick"), CONTENTS)
