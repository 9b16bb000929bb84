"""Sticks of rekordbox: `export.pdb`, and the encrypted `exportLibrary.db` of Device Library Plus."""

import random
import struct
import tracemalloc
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from dj_tracks import read, read_path
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rekordbox_libraries import analysis_file
from rekordbox_sticks import (
    ALBUMS,
    ARTISTS,
    ENTRIES,
    GENRES,
    HISTORIES,
    HISTORY_ENTRIES,
    KEYS,
    LABELS,
    PAGE_BYTES,
    TRACKS,
    TREE,
    album_row,
    analysis,
    artist_row,
    beats_tag,
    cues_tag,
    damageable_analyses,
    damageable_library,
    entry_row,
    history_entry_row,
    key_row,
    library,
    my_tag_of_track_row,
    my_tag_row,
    named,
    old_cues_tag,
    phrases_tag,
    steady_beats,
    tag,
    text,
    track_row,
    tree_row,
    write_analysis,
    write_stick,
)

from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import DjPlaylist, Importer, ImportReadError, ReadNotes
from map4.formats.rekordbox.analysis_files import rekordbox_analysis
from map4.formats.rekordbox.device import BETA, REKORDBOX_USB


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A stick with only the newer library: two tracks, a folder with a list, a history and a My Tag."""
    module = pytest.importorskip("pyrekordbox.onelibrary", reason="needs pyrekordbox, the extra 'rekordbox'")
    models, database = module.models, module.database
    sqlalchemy = pytest.importorskip("sqlalchemy")
    sqlcipher = pytest.importorskip("sqlcipher3.dbapi2")
    folder = tmp_path / "PIONEER" / "rekordbox"
    folder.mkdir(parents=True)
    path, key = folder / "exportLibrary.db", database.deobfuscate(database.BLOB)
    engine = sqlalchemy.create_engine(f"sqlite+pysqlcipher://:{key}@/{path}?", module=sqlcipher)
    for table in models.Base.metadata.sorted_tables:
        ddl = str(sqlalchemy.schema.CreateTable(table).compile(dialect=engine.dialect)).replace(" NOT NULL", "")
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(ddl))
    with engine.begin() as connection:

        def put(table: str, names: str, *rows: tuple[object, ...]) -> None:
            quoted = ", ".join(f'"{name}"' for name in names.split())
            for row in rows:
                values = ", ".join("NULL" if value is None else repr(value) for value in row)
                connection.execute(sqlalchemy.text(f'INSERT INTO "{table}" ({quoted}) VALUES ({values})'))

        put("artist", "artist_id name", (1, "Ann"), (2, "Rem"))
        for table, name in (("album", "Disc"), ("genre", "House"), ("key", "8A"), ("label", "Lab")):
            put(table, f"{table}_id name", (1, name))
        put(
            "content",
            "content_id title path fileSize bpmx100 length artist_id_artist artist_id_remixer album_id genre_id key_id "
            "label_id color_id rating djComment djPlayCount releaseYear trackNo analysisDataFilePath",
            (1, "One", "/Contents/one.mp3", 5000, 12500, 240, 1, 2, 1, 1, 1, 1, 2, 4, "good", 3, 1999, 7,
             "/PIONEER/USBANLZ/P001/ANLZ0000.DAT"),
            (2, "Two", "/Contents/two.flac", 1, 0, 0, *[None] * 7, 0, *[None] * 5),
        )  # fmt: skip
        names = "playlist_id sequenceNo name attribute playlist_id_parent"
        put("playlist", names, (1, 1, "Sets", 1, None), (2, 1, "Fri", 0, 1), (3, 2, "Empty", "?", 0))
        put("playlist_content", "playlist_id content_id sequenceNo", (2, 2, 1), (2, 1, 2), (2, 9, 3))
        put("history", "history_id sequenceNo name attribute", (1, 1, "HISTORY 001", 0))
        put("history_content", "history_id content_id sequenceNo", (1, 1, 1))
        put("myTag", "myTag_id sequenceNo name attribute", (1, 1, "Mood", 1), (2, 2, "Warm", 0))
        put("myTag_content", "myTag_id content_id", (2, 1))
    engine.dispose()
    beats = [(1, 12500, 525), (2, 12500, 1005), (3, 12500, 1485)]
    write_analysis(tmp_path, "/PIONEER/USBANLZ/P001/ANLZ0000.DAT", analysis_file(beats))
    return tmp_path


def test_tracks_lists_and_tags_are_read_as_a_beta(stick: Path) -> None:
    assert not (stick / "PIONEER/rekordbox/exportLibrary.db").read_bytes().startswith(b"SQLite")
    (first, second), lists, notes = read_path(stick)
    values = first.values
    assert (first.entry.location, first.entry.duration_s) == (f"{stick}/Contents/one.mp3", 240.0)
    assert (values.artist, values.remixer, values.album, values.genre, values.label) == (
        "Ann", "Rem", "Disc", "House", "Lab",
    )  # fmt: skip
    assert (values.bpm, values.rating, values.play_count, values.comment, values.year, values.track_number) == (
        125.0, 4.0, 3, "good", 1999, 7,
    )  # fmt: skip
    assert (values.key and values.key.camelot, values.color, first.my_tags) == ("8A", "#ff0000", ("Warm",))
    assert [mark.position_s for mark in values.grid] == pytest.approx([0.5], abs=0.001)  # 25 ms of an MP3's delay less
    assert (second.values.bpm, second.values.rating, second.values.artist) == (None, None, None)
    assert [(item.folders, item.name, item.keys, item.kind) for item in lists] == [
        (("Sets",), "Fri", ("2", "1"), "list"), ((), "Empty", (), "list"), ((), "HISTORY 001", ("1",), "history"),
    ]  # fmt: skip
    assert BETA in notes.remarks
    assert notes.left_out["entries of playlists whose track is missing"] == 1


def test_database_file_is_read_by_path_and_refused_if_damaged(stick: Path, tmp_path: Path) -> None:
    path = stick / "PIONEER/rekordbox/exportLibrary.db"
    assert Importer.of(str(path)) is REKORDBOX_USB
    assert len(read_path(path)[0]) == 2
    path.write_bytes(bytes(range(256)) * 64)
    with pytest.raises(ImportReadError, match="can't be unlocked"):
        read_path(stick)


# USB sticks of rekordbox, built after the published layout; analysis files are read by pyrekordbox too.
PLACE = "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT"
LONG = "long " * 40
TABLES = {
    TRACKS: [
        track_row(
            7, title="Émile", artist=1, album=1, genre=1, label=1, key=1, tempo=12850, duration=184, file_size=99,
            color=2, rating=3, play_count=4, year=1999, track_number=5, disc_number=2, date_added="2018-05-25",
            comment=LONG, composer=2, remixer=3, mix_name="Dub", file_path="/Contents/Ann/a.mp3", filename="a.mp3",
            sample_rate=44100, bitrate=320, analyze_path=PLACE,
        ),
        None,
        track_row(9, title="plain", file_path="/Contents/b.wav"),
    ],
    GENRES: [named(1, "House")],
    ARTISTS: [artist_row(1, "Ann"), None, artist_row(2, "日本", is_far=True), artist_row(3, LONG, is_far=True)],
    ALBUMS: [album_row(1, "LP", is_far=True), album_row(2, "EP")],
    LABELS: [named(1, "Kitsuné")],
    KEYS: [key_row(1, "Fm")],
    TREE: [
        tree_row(3, "second", order=2), tree_row(1, "Folder", order=1, is_folder=True),
        tree_row(2, "inside/", parent=1), tree_row(4, "lost", parent=99, order=3),
        tree_row(5, "itself", parent=5, is_folder=True),
    ],
    ENTRIES: [entry_row(2, 9, 2), entry_row(1, 7, 2), entry_row(3, 8, 2), entry_row(1, 9, 3), entry_row(2, 9, 3)],
    HISTORIES: [named(1, "HISTORY 001"), named(2, "HISTORY 002")],
    HISTORY_ENTRIES: [history_entry_row(2, 7, 1), history_entry_row(1, 9, 1)],
}  # fmt: skip
VALUES = ImportedValues(
    title="Émile", artist="Ann", album="LP", genre="House", label="Kitsuné", composer="日本", remixer=LONG, mix="Dub",
    year=1999, track_number=5, disc_number=2, bpm=128.5, key=Key.parse("4A"), rating=3.0, play_count=4,
    date_added="2018-05-25", comment=LONG, color="#ff0000",
)  # fmt: skip


# ---- export.pdb ----------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["PIONEER", ".PIONEER"])
@pytest.mark.parametrize("named_as", [".", "{}", "{}/rekordbox", "{}/rekordbox/export.pdb"])
def test_tracks_and_lists_of_a_stick_are_read(tmp_path: Path, folder: str, named_as: str) -> None:
    write_stick(tmp_path, TABLES, folder=folder)
    write_analysis(tmp_path, PLACE.replace("PIONEER", folder), analysis(beats_tag(steady_beats(128.5, 40))))
    tracks, lists, notes = read_path(tmp_path / named_as.format(folder))
    assert [track.key for track in tracks] == ["7", "9"]
    grid = (GridMark(position_s=0.074943, bpm=128.5, metre=4, beat=1),)
    assert tracks[0].values == replace(VALUES, grid=grid)
    entry = tracks[0].entry
    assert (entry.location, entry.size_bytes, entry.duration_s) == (f"{tmp_path}/Contents/Ann/a.mp3", 99, 184.0)
    assert (entry.artist, entry.title, entry.album) == ("Ann", "Émile", "LP")
    assert tracks[1].values == ImportedValues(title="plain", play_count=0)
    assert lists == [
        DjPlaylist(name="inside/", folders=("Folder",), keys=("7", "9")),
        DjPlaylist(name="second", keys=("9", "9")),
        DjPlaylist(name="lost"),
        DjPlaylist(name="HISTORY 001", folders=(tmp_path.name,), keys=("9", "7"), kind="history"),
    ]
    assert notes.sentences() == ["left out: entries of playlists whose track is missing (1)"]


def test_device_rows_equal_those_of_rekordbox_on_many_pages(tmp_path: Path) -> None:
    # Rows of a stick with rekordbox's demo tracks, as rekordcrate tells them.
    assert artist_row(1, "Loopmasters") == bytes([96, 0, 32, 0, 1, 0, 0, 0, 3, 10, 25]) + b"Loopmasters"
    assert named(1, "Loopmasters") == bytes([1, 0, 0, 0, 25]) + b"Loopmasters"
    assert key_row(1, "Dm") == bytes([1, 0, 0, 0, 1, 0, 0, 0, 7]) + b"Dm"
    assert tree_row(1, "a", is_folder=True) == bytes(12) + bytes([1, 0, 0, 0, 1, 0, 0, 0, 5]) + b"a"
    assert text("I ❤") == bytes([0x90, 0x0A, 0, 0, 0x49, 0, 0x20, 0, 0x64, 0x27])
    assert text("x" * 127)[:4] == bytes([0x40, 0x83, 0, 0])
    rows = [track_row(number, title=f"Title {number}", artist=1 + number % 300) for number in range(1, 1001)]
    artists = [artist_row(number, f"Artist {number}") for number in range(1, 301)]
    entries = [entry_row(number, number, 1) for number in range(1000, 0, -1)]
    write_stick(tmp_path, {TRACKS: rows, ARTISTS: artists, TREE: [tree_row(1, "all")], ENTRIES: entries})
    tracks, [track], _ = read_path(tmp_path)
    assert [track.values.title for track in tracks] == [f"Title {number}" for number in range(1, 1001)]
    assert {track.values.artist for track in tracks} == {f"Artist {number}" for number in range(1, 301)}
    assert track.keys == tuple(str(number) for number in range(1, 1001))


def test_database_without_its_folder_has_tracks_but_no_cues(tmp_path: Path) -> None:
    (tmp_path / "export.pdb").write_bytes(library(TABLES))
    tracks, lists, notes = read_path(tmp_path / "export.pdb")
    assert lists[-1].folders == ()
    assert tracks[0].entry.location == "/Contents/Ann/a.mp3"
    assert notes.remarks == ["cue points and grids were not read: they are in the folder PIONEER of the stick"]


def test_folder_of_serato_on_the_stick_is_mentioned(tmp_path: Path) -> None:
    write_stick(tmp_path, TABLES)
    (tmp_path / "_Serato_").mkdir()
    assert read_path(tmp_path)[2].remarks == ["there is a folder _Serato_ too, which can be imported separately"]


# ---- analysis files ------------------------------------------------------------------------------


def analysed(root: Path, dat: bytes, ext: bytes | None = None, **fields: int | str) -> tuple[ImportedValues, ReadNotes]:
    row = track_row(1, **{"file_path": "/Contents/a.wav", "analyze_path": PLACE, **fields})
    write_stick(root, {TRACKS: [row]})
    write_analysis(root, PLACE, dat, ext)
    [track], _, notes = read_path(root)
    return track.values, notes


def test_cue_points_of_both_kinds_of_tags(tmp_path: Path) -> None:
    old_hot = old_cues_tag([(1, 1000, -1)], is_hot=True)
    old_memory = old_cues_tag([(0, 4000, 6000), (0, 3000, -1)], is_hot=False)
    dat = analysis(old_hot, old_memory)
    memory = (CuePoint(position_s=3.0), CuePoint(position_s=4.0, kind="loop", length_s=2.0))
    assert analysed(tmp_path, dat)[0].cues == (CuePoint(position_s=1.0, number=0), *memory)
    hot = cues_tag(
        [(1, 1000, -1, "Drop ü", 0x2A, (9, 9, 9)), (9, 2000, 2500, "", 0, (0, 0, 0)), (3, 2000, -1, "", 99, (1, 2, 3))],
        is_hot=True,
    )
    ext = analysis(tag(b"PWV5", bytes(12), bytes(5000)), hot, cues_tag([], is_hot=False), old_hot, old_memory)
    new = (
        CuePoint(position_s=1.0, number=0, name="Drop ü", color="#e62828"),
        CuePoint(position_s=2.0, kind="loop", number=8, length_s=0.5),
        CuePoint(position_s=2.0, number=2, color="#010203"),
    )
    assert analysed(tmp_path, dat, ext)[0].cues == (*new, *memory)
    colored = analysis(cues_tag([(0, 3000, -1, "in", 5, (0, 0, 0))], is_hot=False))
    assert analysed(tmp_path, dat, colored)[0].cues[1:] == (CuePoint(position_s=3.0, name="in", color="#00ff00"),)


@pytest.mark.parametrize("version", [None, 0, 1, 20])
def test_plain_and_masked_phrases_are_read(tmp_path: Path, version: int | None) -> None:
    beats = beats_tag(steady_beats(120, 200, first_ms=0))
    phrases = phrases_tag(
        1, 160, [(1, 1), (33, 2), (65, 5), (97, 3), (129, 2)], is_masked=version is not None, version=version or 0
    )
    found = analysed(tmp_path, analysis(beats), analysis(phrases))[0].structure
    assert [(p.name, p.role, p.group, p.bars) for p in found] == [
        ("Intro", "intro", "A", 8), ("Up", "build", "B", 8), ("Chorus", "drop", "C", 8), ("Down", "break", "D", 8),
        ("Up", "build", "B", 7),
    ]  # fmt: skip
    assert [(p.start_s, p.end_s) for p in found] == [(0, 16), (16, 32), (32, 48), (48, 64), (64, 79.5)]


@pytest.mark.parametrize(
    ("mood", "names"),
    [
        (2, ["Intro", "Verse 1", "Verse 4", "Bridge", "Chorus", "Outro"]),
        (3, ["Intro", "Verse 1", "Verse 2", "Bridge", "Chorus", "Outro"]),
    ],
)
def test_phrase_names_depend_on_the_mood(tmp_path: Path, mood: int, names: list[str]) -> None:
    phrases = phrases_tag(mood, 97, [(1 + 16 * i, kind) for i, kind in enumerate((1, 2, 5, 8, 9, 10))])
    beats = beats_tag(steady_beats(120, 200, first_ms=0))
    found = analysed(tmp_path, analysis(beats), analysis(phrases))[0].structure
    assert [phrase.name for phrase in found] == names
    assert [phrase.role for phrase in found] == ["intro", None, None, None, None, "outro"]


def test_stick_positions_are_shifted_by_the_encoder_delay(tmp_path: Path) -> None:
    dat = analysis(beats_tag(steady_beats(120, 40, first_ms=500)), old_cues_tag([(0, 1000, -1)], is_hot=False))
    ext = analysis(phrases_tag(1, 33, [(1, 1)]))
    for path, kbits, offset_s in (
        ("a.mp3", 320, 0.025057),
        ("a.m4a", 256, 0.047891),
        ("a.m4a", 900, 0),
        ("a.flac", 0, 0),
    ):
        found, _ = analysed(tmp_path, dat, ext, file_path=path, bitrate=kbits, sample_rate=44100)
        assert found.cues == (CuePoint(position_s=pytest.approx(1 - offset_s)),)
        assert found.grid[0].position_s == pytest.approx(0.5 - offset_s)
        assert found.structure[0].start_s == pytest.approx(0.5 - offset_s)
        assert found.structure[0].end_s == pytest.approx(16.5 - offset_s)


def test_pyrekordbox_reads_the_same_analysis() -> None:
    anlz = pytest.importorskip("pyrekordbox", reason="pyrekordbox, the independent reader, is not installed").AnlzFile
    data = analysis(
        beats_tag(steady_beats(128, 8)),
        old_cues_tag([(1, 1000, 2000)], is_hot=True),
        cues_tag([(2, 3000, -1, "Drop", 42, (1, 2, 3))], is_hot=True),
        phrases_tag(2, 9, [(1, 1), (5, 10)], is_masked=True, version=1),
    )
    grid, old, new, phrases = anlz.parse(data).tags
    assert list(grid.get()[0]) == [1, 2, 3, 4] * 2
    assert [(cue.hot_cue, cue.time, cue.loop_time) for cue in old.content.entries] == [(1, 1000, 2000)]
    [cue] = new.content.entries
    assert (cue.hot_cue, cue.comment, cue.color_code, cue.color_blue) == (2, "Drop", 42, 3)
    assert (phrases.content.mood, [(p.beat, p.kind) for p in phrases.content.entries]) == (2, [(1, 1), (5, 10)])


def test_my_tags_are_read_from_their_own_file(tmp_path: Path) -> None:
    path = write_stick(tmp_path, TABLES)
    tags = [
        my_tag_row(1, "Situation"),
        my_tag_row(5, "Peak Time", category=1),
        my_tag_row(6, "日本", category=1, is_far=True),
    ]
    rows = [my_tag_of_track_row(7, 5), my_tag_of_track_row(7, 6), my_tag_of_track_row(7, 5), my_tag_of_track_row(9, 99)]
    more = path.with_name("exportExt.pdb")
    more.write_bytes(library({3: tags, 4: rows}))
    tracks, _, notes = read_path(tmp_path)
    assert [track.my_tags for track in tracks] == [("Peak Time", "日本"), ()]
    assert not notes.is_damaged
    data = more.read_bytes()
    for broken in (data[: 2 * PAGE_BYTES], b"nothing"):  # the rest of the stick is read all the same
        more.write_bytes(broken)
        tracks, _, notes = read_path(tmp_path)
        assert ([track.my_tags for track in tracks], notes.is_damaged) == ([(), ()], False)
        assert notes.left_out["My Tags that can't be read"]


# ---- what is no stick, or a damaged one ----------------------------------------------------------


def test_other_files_of_a_stick_are_refused_with_a_hint(tmp_path: Path) -> None:
    newer = tmp_path / "PIONEER" / "rekordbox" / "exportLibrary.db"
    newer.parent.mkdir(parents=True)
    newer.write_bytes(random.Random(1).randbytes(4096))
    write_stick(tmp_path, TABLES)
    assert read_path(tmp_path)[0]  # not from the newer file
    (newer.parent / "exportExt.pdb").write_bytes(library({}))
    with pytest.raises(ImportReadError, match=r"only contains My Tags; import .*/rekordbox/export\.pdb"):
        read_path(newer.parent / "exportExt.pdb")
    (tmp_path / "music").mkdir()
    with pytest.raises(ImportReadError, match=r"no PIONEER/rekordbox/export\.pdb"):
        list(Importer.all()["rekordbox-usb"].read(str(tmp_path / "music"), ReadNotes()))


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 28, b"\0" * 9000, library(TABLES)[:28], library(TABLES)[:200], b"RIFF" * 99]
)
def test_invalid_libraries_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ImportReadError):
        read("rekordbox-usb", tmp_path / "export.pdb", data)


def changed(at: int, layout: str, value: int) -> bytes:
    data = bytearray(library(TABLES))
    struct.pack_into(layout, data, at, value)
    return bytes(data)


FIRST = PAGE_BYTES
"""The index page of the tracks; their rows follow."""
ROWS = 2 * PAGE_BYTES


@pytest.mark.parametrize(
    ("data", "keys", "remark"),
    [
        (changed(FIRST + 12, "<I", 1), [], "pages"),  # the next page is the same one
        (changed(FIRST + 12, "<I", 99_999), [], "pages"),
        (changed(FIRST + 12, "<I", 4), [], "pages"),  # of another table
        (changed(ROWS + 24, "<H", 0x1FFF), [], "pages"),
        (changed(ROWS + PAGE_BYTES - 6, "<H", 0xFFF0), ["9"], "rows"),
        (changed(ROWS + 0x28 + 0x5A + 2 * 19, "<H", 0xFFFF), ["9"], "rows"),
        (library(TABLES)[: ROWS + 100], [], "pages"),
        (changed(ROWS + PAGE_BYTES - 4, "<H", 4), ["9"], None),  # deleted
    ],
)
def test_damage_drops_only_the_damaged_rows(tmp_path: Path, data: bytes, keys: list[str], remark: str | None) -> None:
    tracks, _, notes = read("rekordbox-usb", tmp_path / "export.pdb", data)
    assert [track.key for track in tracks] == keys
    assert any(remark in what for what in notes.left_out) if remark else "rows" not in str(notes.left_out)


def test_long_text_shared_by_all_rows_is_not_copied(tmp_path: Path) -> None:
    rows = [artist_row(number, "x", is_far=True) for number in range(120)]
    page_rows = [*rows[:-1], artist_row(119, "y" * 1200, is_far=True)]
    data = bytearray(library({ARTISTS: page_rows}))
    start = data.index(b"y" * 1200) - 4
    for row in rows[:-1]:
        at = data.index(row)
        struct.pack_into("<H", data, at + 10, start - at)
    tracemalloc.start()
    _, _, notes = read("rekordbox-usb", tmp_path / "export.pdb", bytes(data))
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert notes.left_out["rows that can't be read"] > 80


@pytest.mark.parametrize(
    ("dat", "ext", "remark"),
    [
        (b"", None, "beat grids that can't be read"),
        (b"RIFF" * 9, None, "beat grids that can't be read"),
        (analysis(tag(b"PQTZ", struct.pack(">III", 0, 0, 0xFFFFFFFF))), None, "beat grids that can't be read"),
        (analysis(beats_tag([(9, 1, 1)])), None, "beat grids that can't be read"),
        (analysis(tag(b"PCOB", struct.pack(">IHHi", 0, 0, 0xFFFF, 0))), None, "cue points that can't be read"),
        (analysis(tag(b"PCO2", b"")), None, "cue points that can't be read"),
        (analysis(old_cues_tag([(0, 0xFFFFFFFF, -1)], is_hot=False)), None, "cue points that can't be read"),
        (analysis(beats_tag([(1, 1, 1)])), analysis(phrases_tag(7, 1, [(1, 1)])), "phrases that can't be read"),
        (analysis(beats_tag([(1, 1, 1)])), analysis(tag(b"PSSI", b"1")), "phrases that can't be read"),
        (analysis(), b"PMAI", "analysis files (.EXT) that can't be read"),
        (analysis(b"PQTZ" + bytes(8)), None, "beat grids that can't be read"),
    ],
)
def test_damaged_analysis_files_are_counted(tmp_path: Path, dat: bytes, ext: bytes | None, remark: str) -> None:
    found, notes = analysed(tmp_path, dat, ext)
    assert (found.cues, found.structure) == ((), ())
    assert notes.left_out[remark] == 1


def test_loop_with_an_impossible_end_is_a_cue_point_and_counted(tmp_path: Path) -> None:
    found, notes = analysed(tmp_path, analysis(old_cues_tag([(0, 5000, 2000)], is_hot=False)), None)
    assert [(cue.kind, cue.length_s) for cue in found.cues] == [("cue", None)]
    assert notes.left_out["lengths of loops that can't be read"] == 1


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=8))
def test_any_damage_of_a_stick_is_read_or_refused(tmp_path: Path, place: int, noise: bytes) -> None:
    for data, name in ((damageable_library(), "export.pdb"), *((data, "a.DAT") for data in damageable_analyses())):
        at = place % len(data)
        path = tmp_path / name
        path.write_bytes(data[:at] + noise + data[at + len(noise) :])
        with suppress(ImportReadError):
            if name == "a.DAT":
                rekordbox_analysis(str(tmp_path), name, Counter())
            else:
                list(Importer.all()["rekordbox-usb"].read(str(path), ReadNotes()))
