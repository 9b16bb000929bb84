"""The database of rekordbox 6 and 7: what pyrekordbox says of it is what map4 reads."""

import logging
import os
import sqlite3
import sys
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from dj_tracks import read_path
from rekordbox_libraries import analysis_file, library_copy, put

from map4.core.music.analysis.key import Key
from map4.core.music.lists.live import LiveList
from map4.core.music.track.cues import CuePoint, GridMark
from map4.formats.importer import DjPlaylist, DjTrack, Importer, ImportReadError
from map4.formats.rekordbox import database as rekordbox_db
from map4.formats.rekordbox.database_rows import LOST_ENTRIES
from map4.formats.sqlite_copy import DAMAGED_ROWS

DEMO = "178162577"  # "Demo Track 1" of rekordbox's own library
OTHER = "66382436"
NO_GRIDS = "beat grids were not read: rekordbox keeps them in the folder 'share' beside its master.db"


@pytest.fixture(autouse=True)
def pyrekordbox() -> Any:
    """Imported for a test: it takes a second, in the collection of any tests."""
    return pytest.importorskip("pyrekordbox")


@pytest.fixture(autouse=True)
def same_time_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positions here are as rekordbox has them; what lies between its time zero and map4's has tests of its own."""
    monkeypatch.setattr(rekordbox_db, "program_offset_s", lambda *of: 0.0)


def tracks(path: Path) -> dict[str, DjTrack]:
    return {track.key: track for track in read_path(path)[0]}


HOUSE = '<NODE LogicalOperator="1"><CONDITION PropertyName="genre" Operator="8" ValueLeft="House"/></NODE>'


@pytest.fixture
def library(shared: Path, tmp_path: Path) -> Path:
    return library_copy(shared, tmp_path / "rekordbox")


def test_tracks_and_lists_agree_with_pyrekordbox(shared: Path, library: Path, pyrekordbox: Any) -> None:
    original = shared / "interchange" / "rekordbox6-master-unlocked.db"
    found, lists, notes = read_path(original)
    with pyrekordbox.MasterDatabase(library, unlock=False) as database:
        theirs = {
            row.ID: (row.FolderPath, row.Title, row.ArtistName or None, row.FileSize, row.Length, row.BPM / 100 or None,
                     row.Commnt or None, int(row.DJPlayCount))
            for row in database.get_content()
        }  # fmt: skip
        their_lists = [row.Name for row in database.get_playlist() if row.is_playlist]
    ours = {
        item.key: (item.entry.location, item.entry.title, item.entry.artist, item.entry.size_bytes,
                   item.entry.duration_s, item.values.bpm, item.values.comment, item.values.play_count)
        for item in found
    }  # fmt: skip
    assert len(theirs) == 6
    assert ours == theirs
    assert [item.name for item in lists] == their_lists
    assert (notes.version, notes.sentences()) == ("database 6000", [NO_GRIDS])
    assert Importer.of(str(original)).name == "rekordbox-db"


def test_all_values_of_a_rekordbox_track_are_read(library: Path) -> None:
    put(library, "djmdKey", ID="1", ScaleName="F#m", Seq=1)
    put(library, "djmdAlbum", ID="1", Name="Demos")
    with closing(sqlite3.connect(library)) as connection:
        connection.execute(
            "UPDATE djmdContent SET KeyID = '1', AlbumID = '1', Rating = 4, DJPlayCount = '7', ColorID = '2', "
            "BPM = 12345 WHERE ID = ?",
            (DEMO,),
        )
        connection.execute(
            "UPDATE djmdContent SET Rating = 255, ColorID = '9', DJPlayCount = NULL WHERE ID = ?", (OTHER,)
        )
        connection.commit()
    found = tracks(library)
    values = found[DEMO].values
    assert (values.bpm, values.key, values.rating, values.play_count) == (123.45, Key.parse("F#m"), 4.0, 7)
    assert (values.color, found[DEMO].entry.album) == ("#ff0000", "Demos")
    other = found[OTHER].values
    assert (other.rating, other.color, other.play_count, other.key) == (5.0, None, None, None)


def test_library_beside_installation_is_read(library: Path, pyrekordbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pyrekordbox.config.__config__, "rekordbox7", {})
    (library.parent / "rekordbox5.xml").touch()
    monkeypatch.chdir(library.parent)
    assert DEMO in tracks(library)


def test_cues_agree_with_pyrekordbox(library: Path, pyrekordbox: Any) -> None:
    kinds = (0, 1, 2, 3, 5, 6, 7, 8, 9, 17, 4)
    for index, kind in enumerate(kinds):
        put(library, "djmdCue", ID=str(index), ContentID=DEMO, InMsec=1000 * index + 7, OutMsec=-1, Kind=kind,
            Comment="", ColorTableIndex=22)  # fmt: skip
    put(library, "djmdCue", ID="50", ContentID=OTHER, InMsec=60000, OutMsec=61875, Kind=2, Comment="Küche")
    put(library, "djmdCue", ID="51", ContentID=OTHER, InMsec=50000, OutMsec=None, Kind=None, Comment=None)
    put(library, "djmdCue", ID="52", ContentID=OTHER, InMsec=None, Kind=1)
    put(library, "djmdCue", ID="53", ContentID=OTHER, InMsec=1, Kind=1, rb_local_deleted=1)
    put(library, "djmdCue", ID="54", ContentID="no such track", InMsec=1, Kind=1)
    read, _, notes = read_path(library)
    found = {track.key: track for track in read}
    assert [cue.number for cue in found[DEMO].values.cues] == [None, 0, 1, 2, 3, 4, 5, 6, 7, 15, None]
    with pyrekordbox.MasterDatabase(library, unlock=False) as database:
        theirs = [(cue.InMsec / 1000, cue.is_hot_cue and cue.Kind != 4) for cue in database.get_content(ID=DEMO).Cues]
    assert [(cue.position_s, cue.number is not None) for cue in found[DEMO].values.cues] == sorted(theirs)
    assert found[OTHER].values.cues == (
        CuePoint(position_s=50.0),
        CuePoint(position_s=60.0, kind="loop", number=1, name="Küche", length_s=1.875),
    )
    assert notes.left_out == {"cue points without a position": 1}
    assert "colours of hot cues were not read: rekordbox's XML has them" in notes.remarks


def test_playlists_in_their_folders_and_order(library: Path, pyrekordbox: Any) -> None:
    for number, seq, name, attribute, parent in (
        ("10", 5, "Sets", 1, "root"),
        ("11", 2, "Late / dark", 0, "12"),
        ("12", 1, "2026", 1, "10"),
        ("13", 1, "Early", 0, "12"),
        ("14", 2, "Warm", 4, "10"),
        ("18", 3, "House", 4, "10"),
        ("15", 3, "Lost", 0, "no such folder"),
        ("16", 1, "Itself", 1, "16"),
        ("17", 4, "Gone", 0, "root"),
    ):
        put(library, "djmdPlaylist", ID=number, Seq=seq, Name=name, Attribute=attribute, ParentID=parent,
            rb_local_deleted=int(name == "Gone"), SmartList=HOUSE if name == "House" else None)  # fmt: skip
    for number, playlist, content, position in (
        ("1", "11", OTHER, 2), ("2", "11", DEMO, 1), ("3", "11", OTHER, 3), ("4", "13", DEMO, 1), ("5", "13", "404", 2),
        ("6", "13", OTHER, 3),
    ):  # fmt: skip
        put(library, "djmdSongPlaylist", ID=number, PlaylistID=playlist, ContentID=content, TrackNo=position,
            rb_local_deleted=int(number == "6"))  # fmt: skip
    _, found, notes = read_path(library)
    assert found == [
        DjPlaylist(name="House", folders=("Sets",), live=LiveList(query="genre:House", n=10_000)),
        DjPlaylist(name="Trial playlist - Cloud Library Sync"),
        DjPlaylist(name="Lost"),
        DjPlaylist(name="Early", folders=("Sets", "2026"), keys=(DEMO,)),
        DjPlaylist(name="Late / dark", folders=("Sets", "2026"), keys=(DEMO, OTHER, OTHER)),
    ]
    assert notes.left_out == {
        "smart lists with rules that no query can express": 1,
        "entries of playlists whose track is missing": 1,
    }
    with pyrekordbox.MasterDatabase(library, unlock=False) as database:
        theirs = database.get_playlist(ID="11")
        songs = sorted(theirs.Songs, key=lambda song: song.TrackNo)
        assert found[-1].keys == tuple(song.ContentID for song in songs)
        assert found[-1].folders == (theirs.Parent.Parent.Name, theirs.Parent.Name)


def test_history_has_its_tracks_and_times(library: Path) -> None:
    for number, day in (("1", "2025-06-01"), ("2", "2025-12-31"), ("3", "")):
        put(library, "djmdHistory", ID=number, Seq=1, Name=day, Attribute=0, ParentID="root", DateCreated=day)
    put(library, "djmdHistory", ID="4", Seq=1, Name="2025", Attribute=1, ParentID="root")
    for number, history, content, added in (
        ("1", "1", OTHER, "2025-06-02 01:10:00.123 +00:00"),  # after midnight
        ("2", "1", DEMO, "2025-06-01 23:10:00.123 +00:00"),
        ("3", "2", DEMO, "2026-01-31 12:00:00.000 +00:00"),  # of a stick that was read a month later
        ("4", "3", OTHER, "2026-01-31 12:00:00.000 +00:00"),
        ("5", "3", "404", "2026-01-31 12:04:00.000 +00:00"),
    ):
        put(library, "djmdSongHistory", ID=number, HistoryID=history, ContentID=content, TrackNo=3 - int(number) % 3,
            created_at=added)  # fmt: skip
    _, lists, notes = read_path(library)
    found = [item for item in lists if item.kind == "history"]
    assert found == [
        DjPlaylist(
            name="2025-06-01",
            kind="history",
            keys=(DEMO, OTHER),
            times=("2025-06-01T23:10:00Z", "2025-06-02T01:10:00Z"),
        ),
        DjPlaylist(name="2025-12-31", kind="history", keys=(DEMO,), times=("2025-12-31",)),
        DjPlaylist(name="Unnamed", kind="history", keys=(OTHER,), times=("2026-01-31T12:00:00Z",)),
    ]
    assert notes.left_out == {LOST_ENTRIES: 1}


def test_deleted_tracks_are_left_out(library: Path) -> None:
    with closing(sqlite3.connect(library)) as connection:
        connection.execute("UPDATE djmdContent SET rb_local_deleted = 1 WHERE ID = ?", (DEMO,))
        connection.commit()
    found = tracks(library)
    assert len(found) == 5
    assert DEMO not in found


def test_rows_without_an_id_are_left_out(library: Path) -> None:
    whole = tracks(library)
    with closing(sqlite3.connect(library)) as connection:
        connection.execute("CREATE TABLE other AS SELECT * FROM djmdContent")
        connection.execute("DROP TABLE djmdContent")
        connection.execute("ALTER TABLE other RENAME TO djmdContent")
        connection.execute("INSERT INTO djmdContent SELECT * FROM djmdContent WHERE ID = ?", (DEMO,))
        connection.execute("UPDATE djmdContent SET ID = NULL WHERE ID = ?", (OTHER,))
        connection.commit()
    found, _, notes = read_path(library)
    assert sorted(track.key for track in found) == sorted(set(whole) - {OTHER})
    assert notes.left_out[DAMAGED_ROWS] == 2


def test_grids_come_from_the_analysis_files(library: Path) -> None:
    paths = dict(rows_of(library, "SELECT ID, AnalysisDataPath FROM djmdContent"))
    beats = [((i % 4) + 1, 12800, 40 + round(i * 60000 / 128)) for i in range(300)]
    write_analysis(library, paths[DEMO], analysis_file(beats))
    write_analysis(library, paths[OTHER], b"no analysis at all")
    read, _, notes = read_path(library)
    found = {track.key: track for track in read}
    assert found[DEMO].values.grid == (GridMark(position_s=0.04, bpm=128.0, metre=4, beat=1),)
    assert found[OTHER].values.grid == ()
    assert notes.left_out == {"beat grids whose file is missing": 4, "beat grids that can't be read": 1}
    assert notes.remarks == []


def test_times_are_shifted_by_the_encoder_delay(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []
    monkeypatch.setattr(rekordbox_db, "program_offset_s", lambda *of: asked.append(of) or 0.026)
    put(library, "djmdCue", ID="1", ContentID=DEMO, InMsec=1000, Kind=1)
    assert tracks(library)[DEMO].values.cues == (CuePoint(position_s=0.974, number=0),)
    assert set(asked) == {("rekordbox", "mp3"), ("rekordbox", "wav")}


def test_encrypted_library_is_decrypted(library: Path, capfd: pytest.CaptureFixture[str]) -> None:
    locked = locked_copy(library)
    assert not locked.read_bytes().startswith(b"SQLite")
    before = {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in locked.parent.iterdir()}
    assert Importer.of(str(locked)).name == "rekordbox-db"
    assert read_path(locked)[:2] == read_path(library)[:2]
    assert {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in locked.parent.iterdir()} == before
    assert capfd.readouterr() == ("", "")


def test_reading_changes_no_logging_and_names_a_missing_package(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    level, filters = logging.getLogger("pyrekordbox").level, list(warnings.filters)
    read_path(library)
    assert logging.getLogger("pyrekordbox").level == level
    assert list(warnings.filters) == filters
    monkeypatch.setitem(sys.modules, "pyrekordbox", None)
    with pytest.raises(ImportReadError, match=r"pip install '\.\[rekordbox\]'"):
        read_path(library)


def test_failure_of_pyrekordbox_is_reported(library: Path, monkeypatch: pytest.MonkeyPatch, pyrekordbox: Any) -> None:
    monkeypatch.setattr(
        pyrekordbox, "MasterDatabase", Mock(side_effect=AssertionError("options.json names another folder."))
    )
    with pytest.raises(ImportReadError, match=r"pyrekordbox can't open it: options\.json names another folder$"):
        read_path(library)


def test_other_files_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise, other, none = tmp_path / "master.db", tmp_path / "other.db", tmp_path / "none.db"
    noise.write_bytes(bytes(range(255, -1, -1)) * 64)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE a (b)")
    with pytest.raises(ImportReadError, match=r"it can't be unlocked: either it is not a master\.db"):
        read_path(noise)
    with pytest.raises(ImportReadError, match="not rekordbox's: it has no table 'djmdContent'"):
        read_path(other, "rekordbox-db")
    with pytest.raises(ImportReadError, match="not a library that map4 can read"):
        Importer.of(str(other))
    with pytest.raises(FileNotFoundError):
        read_path(none, "rekordbox-db")
    assert capfd.readouterr() == ("", "")


def test_damaged_library_is_reported(library: Path) -> None:
    data = bytearray(library.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    library.write_bytes(data)
    with pytest.raises(ImportReadError, match=r"a damaged one; rekordbox's database is master\.db"):
        read_path(library, "rekordbox-db")


def test_renamed_database_is_recognised_by_its_content(library: Path, tmp_path: Path) -> None:
    copy = locked_copy(library).rename(tmp_path / "before the tour.db")
    assert Importer.of(str(copy)).name == "rekordbox-db"
    (tmp_path / "text.db").write_bytes(b"Music, and more music.\n" * 4096)
    with pytest.raises(ImportReadError, match="not a library that map4 can read"):
        Importer.of(str(tmp_path / "text.db"))


def rows_of(path: Path, sql: str) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def write_analysis(library: Path, inside: str, data: bytes) -> None:
    file = library.parent / "share" / inside.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(data)


def locked_copy(library: Path) -> Path:
    """The same library, encrypted as rekordbox does it."""
    import pyrekordbox

    path = library.parent / "locked" / "master.db"
    path.parent.mkdir()
    path.touch()
    with closing(sqlite3.connect(library)) as connection:
        script = "\n".join(connection.iterdump())
    database = pyrekordbox.MasterDatabase(path, unlock=True)
    proxy = database.engine.raw_connection()
    proxy.driver_connection.executescript(script)
    proxy.close()
    database.close()
    database.engine.dispose()
    os.utime(path, ns=(1, 1))
    return path


def test_numbers_that_no_track_has_are_unknown_and_my_tags_read(library: Path) -> None:
    put(library, "djmdCue", ID="91", ContentID=OTHER, InMsec=2**62, OutMsec=0, Kind=1)
    put(library, "djmdCue", ID="92", ContentID=OTHER, InMsec=1000, OutMsec=2**62, Kind=1)
    with closing(sqlite3.connect(library)) as connection:
        connection.execute("UPDATE djmdContent SET BPM = ? WHERE ID = ?", (2**62, OTHER))
        connection.commit()
    values = tracks(library)[OTHER].values
    assert values.bpm is None
    assert [cue.kind for cue in values.cues if cue.position_s == 1.0] == ["cue"]
    assert max(cue.position_s for cue in values.cues) < 1e6
    vocal, peak, category = "1109270827", "683308830", "2"
    for number, (tag, gone) in enumerate([(peak, 0), (vocal, 0), (category, 0), ("303505311", 1), ("nothing", 0)]):
        put(library, "djmdSongMyTag", ID=number, MyTagID=tag, ContentID=DEMO, TrackNo=number, rb_local_deleted=gone)
    found = tracks(library)
    assert {key: track.my_tags for key, track in found.items() if track.my_tags} == {DEMO: ("Peak Time", "Vocal")}
