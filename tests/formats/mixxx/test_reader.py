"""Libraries of Mixxx: every value, cue point, grid and list of them."""

import os
import sqlite3
import struct
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from dj_tracks import read_path
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from mixxx_libraries import ONE, make_library, put, put_track

from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.importer import DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes
from map4.formats.mixxx import reader as mixxx
from map4.formats.mixxx.reader import LOST_CUES, OTHER_CUES, mixxx_color, rgb_of
from map4.formats.sqlite_copy import DAMAGED_ROWS
from map4.formats.values import one_line, utc_moment

RATE_HZ = 44100
SAMPLES = 2 * RATE_HZ  # of a second: both channels count
# BeatGrid-2.0 of 127.5 BPM from frame 12345, as Google's protobuf writes it.
GRID = bytes.fromhex("0a0b090000000000e05f401002120508b9601001")
HIDDEN = "tracks that are hidden in Mixxx"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_library(tmp_path / "mixxxdb.sqlite")


def only(path: Path) -> DjTrack:
    (track,) = read_path(path)[0]
    return track


def test_all_values_of_a_mixxx_track_are_read(library: Path) -> None:
    number = put_track(
        library, artist="Ann", title="One", album="First", bpm=127.51, key_id=22, key="8A", rating=4, timesplayed=3,
        last_played_at="2026-01-31T22:15:00.123Z", comment=" long intro ", color=0x32BE44, beats=GRID,
        beats_version="BeatGrid-2.0", duration=244.9, genre="House", composer="Bea", grouping="opener",
        year="1998-05-01", tracknumber="3/12", datetime_added="2019-08-23T10:00:00.000Z",
    )  # fmt: skip
    [track], _, notes = read_path(library)
    assert track.key == str(number)
    entry = track.entry
    assert (entry.location, entry.artist, entry.title, entry.album) == (ONE, "Ann", "One", "First")
    assert (entry.duration_s, entry.size_bytes, entry.position) == (244.9, 5_000_000, 1)
    assert track.values == ImportedValues(
        title="One", artist="Ann", album="First", genre="House", composer="Bea", grouping="opener", year=1998,
        track_number=3, date_added=utc_moment(1566554400),
        bpm=127.51, key=Key.parse("Am"), rating=4.0, play_count=3, last_played="2026-01-31T22:15:00Z",
        comment="long intro", color="#32be44", grid=(GridMark(position_s=round(12345 / RATE_HZ, 6), bpm=127.5),),
    )  # fmt: skip
    assert (notes.version, notes.sentences()) == ("schema 39", [])


def test_zeros_of_mixxx_are_read_as_unknown(library: Path) -> None:
    put_track(library, bpm=0.0, rating=0, timesplayed=0, key_id=0, key="", comment="", duration=0, size=0, color=None)
    track = only(library)
    assert track.values == ImportedValues(play_count=0)
    entry = track.entry
    assert (entry.artist, entry.title, entry.duration_s, entry.size_bytes) == (None, None, None, None)


def test_numbers_that_no_track_has_are_unknown(library: Path) -> None:
    slow = put_track(library, bpm=1e300, samplerate=1e-300, beats=GRID, beats_version="BeatGrid-2.0")
    far = put_track(library, "/music/Far.mp3", beats=struct.pack("<dd", 120.0, 1e300), beats_version="BeatGrid-1.0")
    for number in (slow, far):
        for kind in (4, 8):
            put(library, "cues", track_id=number, type=kind, position=1e308, length=1e308)
    found, _, notes = read_path(library)
    assert [track.values for track in found] == [ImportedValues(play_count=0)] * 2
    assert notes.left_out["beat grids that can't be read"] == 2


def test_every_mixxx_key_number_is_read(library: Path) -> None:
    majors = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
    minors = ["Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"]
    for number in range(1, 25):
        put_track(library, f"/music/{number}.mp3", key_id=number)
    keys = [item.values.key for item in read_path(library)[0]]
    assert keys == [Key.parse(name) for name in majors + minors]


def test_key_text_is_read_and_an_invalid_key_counted(library: Path) -> None:
    put_track(library, "/music/a.mp3", key_id=0, key="Ebm")
    put_track(library, "/music/b.mp3", key_id=0, key="all of them")
    found, _, notes = read_path(library)
    assert [track.values.key for track in found] == [Key.parse("Ebm"), None]
    assert notes.sentences() == ["left out: keys that can't be read (1)"]


def test_cue_points_loops_intro_and_outro(library: Path) -> None:
    number = put_track(library, cuepoint=3 * SAMPLES)
    for kind, begin_s, length_s, button, label, color in (
        (1, 20.5, 0, 0, "drop", 0xC50A08),
        (4, 60, 7.5, 2, "", 0x0044FF),
        (4, 90, 2, -1, "", 0xFF8C00),
        (2, 3, 0, -1, "", 0xFF8C00),
        (6, 4, 8, -1, "", 0xFF8C00),
        (7, 180, 12, -1, "", 0xFF8C00),
        (8, 0.5, 199, -1, "", 0xFF8C00),
        (0, -1 / SAMPLES, 0, -1, "", 0),
    ):
        put(library, "cues", track_id=number, type=kind, position=begin_s * SAMPLES, length=length_s * SAMPLES,
            hotcue=button, label=label, color=color)  # fmt: skip
    [track], _, notes = read_path(library)
    assert track.values.cues == (
        CuePoint(position_s=3.0, kind="load"),
        CuePoint(position_s=4.0, kind="fade_in"),
        CuePoint(position_s=20.5, number=0, name="drop", color="#c50a08"),
        CuePoint(position_s=60.0, kind="loop", number=2, length_s=7.5, color="#0044ff"),
        CuePoint(position_s=90.0, kind="loop", length_s=2.0),
        CuePoint(position_s=180.0, kind="fade_out"),
    )
    assert notes.sentences() == []


def test_cues_set_by_the_analysis_of_mixxx_are_dropped(library: Path) -> None:
    number = put_track(library, cuepoint=0.25 * SAMPLES)
    for kind, begin, length in ((8, 0.25, 199.5), (2, 0.25, 0), (6, 0.25, 0), (7, None, 199.75)):
        position = -1 if begin is None else begin * SAMPLES
        put(library, "cues", track_id=number, type=kind, position=position, length=length * SAMPLES)
    [track], _, notes = read_path(library)
    assert track.values.cues == ()
    assert notes.sentences() == []


def test_default_cues_of_mixxx_are_dropped_silently(library: Path) -> None:
    """Mixxx has 0 as the main cue of every track, and its analysis marks where sound begins and ends."""
    number = put_track(library, samplerate=0, cuepoint=0)
    put(library, "cues", track_id=number, type=8, position=SAMPLES, length=9 * SAMPLES)
    put(library, "cues", track_id=number, type=6, position=SAMPLES)
    [track], _, notes = read_path(library)
    assert track.values.cues == ()
    assert notes.left_out == {}


def test_unsupported_cue_points_of_mixxx_are_counted(library: Path) -> None:
    number = put_track(library)
    put(library, "cues", track_id=number, type=5, position=1 * SAMPLES, length=2 * SAMPLES, hotcue=3)
    put(library, "cues", track_id=number, type=7, position=-1, length=100 * SAMPLES)
    put(library, "cues", track_id=number, type=4, position=5 * SAMPLES, length=0, hotcue=1)
    [track], _, notes = read_path(library)
    assert track.values.cues == (CuePoint(position_s=5.0, number=1, color="#ff0000"),)
    assert notes.left_out == {OTHER_CUES: 2}


def test_without_a_sample_rate_positions_are_unknown(library: Path) -> None:
    number = put_track(library, samplerate=0, beats=GRID, beats_version="BeatGrid-2.0", bpm=127.5)
    put(library, "cues", track_id=number, type=1, position=SAMPLES, hotcue=0)
    put(library, "cues", track_id=number, type=1, position=-1, hotcue=1)
    [track], _, notes = read_path(library)
    assert track.values == ImportedValues(bpm=127.5, play_count=0)
    assert notes.left_out == {LOST_CUES: 1, "beat grids that can't be read": 1}


def test_main_cue_of_old_mixxx_versions_is_read(tmp_path: Path) -> None:
    library = make_library(tmp_path / "old.sqlite", schema=26)
    put_track(library, cuepoint=2 * SAMPLES)
    put_track(library, "/music/b.mp3", cuepoint=0)
    cues = [item.values.cues for item in read_path(library)[0]]
    assert cues == [(CuePoint(position_s=2.0, kind="load"),), ()]


def test_cue_points_stay_with_their_tracks(library: Path) -> None:
    numbers = [put_track(library, f"/music/{i}.mp3") for i in range(4)]
    for index in (3, 0, 3, 2, 0):
        put(library, "cues", track_id=numbers[index], type=1, position=(index + 1) * SAMPLES, hotcue=0)
    put(library, "cues", track_id=99, type=1, position=SAMPLES, hotcue=0)
    found = [[cue.position_s for cue in item.values.cues] for item in read_path(library)[0]]
    assert found == [[1.0, 1.0], [], [3.0], [4.0, 4.0]]


def test_times_are_shifted_by_the_encoder_delay_of_mixxx(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []
    monkeypatch.setattr(mixxx, "program_offset_s", lambda *of: asked.append(of) or 0.026)
    number = put_track(library, "/music/One.MP3", beats=GRID, beats_version="BeatGrid-2.0")
    put(library, "cues", track_id=number, type=1, position=SAMPLES, hotcue=0)
    values = only(library).values
    assert asked == [("mixxx", "mp3")]
    assert values.cues[0].position_s == pytest.approx(0.974)
    assert values.grid[0].position_s == pytest.approx(12345 / RATE_HZ - 0.026)


def test_playlists_and_crates(library: Path) -> None:
    a, b, c = (put_track(library, f"/music/{name}.mp3") for name in "abc")
    evening = put(library, "Playlists", name="Friday / late", hidden=0)
    put(library, "Playlists", name="Empty", hidden=0)
    queue = put(library, "Playlists", name="Auto DJ", hidden=1)
    for position, track in ((2, b), (1, c), (3, c)):
        put(library, "PlaylistTracks", playlist_id=evening, track_id=track, position=position)
    put(library, "PlaylistTracks", playlist_id=queue, track_id=a, position=1)
    crate = put(library, "crates", name="House")
    for track in (b, a):
        put(library, "crate_tracks", crate_id=crate, track_id=track)
    _, lists, notes = read_path(library)
    assert lists == [
        DjPlaylist(name="Friday / late", keys=(str(c), str(b), str(c))),
        DjPlaylist(name="Empty"),
        DjPlaylist(name="House", folders=("Crates",), keys=(str(a), str(b))),
    ]
    assert notes.sentences() == []


def test_hidden_tracks_are_left_out_also_of_lists(library: Path) -> None:
    shown, hidden = put_track(library), put_track(library, "/music/b.mp3", mixxx_deleted=1)
    put(library, "cues", track_id=hidden, type=1, position=SAMPLES, hotcue=0)
    evening = put(library, "Playlists", name="Friday", hidden=0)
    for position, track in enumerate((hidden, shown, 77)):
        put(library, "PlaylistTracks", playlist_id=evening, track_id=track, position=position)
    [track], lists, notes = read_path(library)
    assert track.key == str(shown)
    assert lists == [DjPlaylist(name="Friday", keys=(str(shown),))]
    assert notes.left_out == {HIDDEN: 1, "entries of lists whose track is hidden or missing in Mixxx": 2}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs zones that a process can choose")
def test_history_has_its_tracks_and_times(library: Path, zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    a, b = put_track(library), put_track(library, "/music/b.mp3")
    evening = put(library, "Playlists", name="2019-05-04", hidden=2)
    other = put(library, "Playlists", name="mine", hidden=0)
    for list_number, track, position, moment in (
        (evening, b, 2, "2019-05-04 23:30:00"),
        (evening, a, 1, "2019-05-04T21:00:00.123Z"),
        (evening, a, 3, None),
        (other, b, 1, "2020-01-01 00:00:00"),
    ):
        put(library, "PlaylistTracks", playlist_id=list_number, track_id=track, position=position,
            pl_datetime_added=moment)  # fmt: skip
    _, lists, notes = read_path(library)
    assert lists == [
        DjPlaylist(
            name="2019-05-04",
            kind="history",
            keys=(str(a), str(b), str(a)),
            times=("2019-05-04T21:00:00Z", "2019-05-04T23:30:00Z", None),
        ),
        DjPlaylist(name="mine", keys=(str(b),)),
    ]
    assert notes.sentences() == []


@pytest.mark.parametrize("schema", [24, 26, 27, 31, 34, 35, 39, 40, 41])
def test_mixxx_libraries_since_2_0_are_read(tmp_path: Path, schema: int) -> None:
    library = make_library(tmp_path / "mixxxdb.sqlite", schema=schema)
    number = put_track(library, title="One", bpm=120.0)
    put(library, "cues", track_id=number, type=1, position=SAMPLES, hotcue=0)
    [track], _, notes = read_path(library)
    assert (track.entry.title, track.values.bpm, len(track.values.cues)) == ("One", 120.0, 1)
    assert (notes.version, notes.sentences()) == (f"schema {schema}", [])


@pytest.mark.parametrize(("schema", "remark"), [(20, "before 2.0"), (60, "newer Mixxx")])
def test_unknown_mixxx_version_is_read_with_a_remark(tmp_path: Path, schema: int, remark: str) -> None:
    library = make_library(tmp_path / "mixxxdb.sqlite", schema=schema)
    put_track(library, title="One")
    [track], _, notes = read_path(library)
    assert track.entry.title == "One"
    (sentence,) = notes.sentences()
    assert remark in sentence


def test_minimal_mixxx_library_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bare.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE track_locations (id INTEGER PRIMARY KEY, location)")
        connection.execute("CREATE TABLE library (id INTEGER PRIMARY KEY, title, location)")
        connection.execute("INSERT INTO library VALUES (7, 'One', '/music/Old.mp3')")
        connection.commit()
    [track], _, notes = read_path(path)
    assert (track.key, track.entry.location, track.entry.title) == ("7", "/music/Old.mp3", "One")
    assert (track.values, notes.version, notes.sentences()) == (ImportedValues(title="One"), None, [])


def test_colors_of_all_schema_versions_are_read() -> None:
    cases = [
        (0x32BE44, 39, "#32be44"),
        (0, 39, "#000000"),
        (None, 39, None),
        (-1, 39, None),
        (0, 28, None),
        (3, 28, "#0044ff"),
        (4294901760, 28, "#ff0000"),
        (3, None, "#000003"),
    ]
    assert [(value, schema, mixxx_color(rgb_of(value, schema))) for value, schema, _ in cases] == cases


def test_paths_of_windows_and_outside_utf8_are_read_from_any_name(library: Path, tmp_path: Path) -> None:
    put_track(library, "D:/Music/Träume.flac", title="a")
    put_track(library, b"/music/caf\xe9.mp3", title="b")
    places = [item.entry.location for item in read_path(library)[0]]
    assert places == ["D:/Music/Träume.flac", os.fsdecode(b"/music/caf\xe9.mp3")]
    renamed = library.rename(tmp_path / "my backup ?#%.bin")
    assert Importer.of(str(renamed)).name == "mixxx"


@settings(max_examples=examples(50))
@given(
    title=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    number=st.one_of(
        st.none(), st.integers(-9, 9), st.floats(allow_nan=False), st.text(max_size=3), st.binary(max_size=3)
    ),
)
def test_odd_column_values_are_unknown(tmp_path_factory: pytest.TempPathFactory, title: str, number: object) -> None:
    library = make_library(tmp_path_factory.mktemp("mixxx") / "mixxxdb.sqlite")
    track = put_track(library, title=title, bpm=number, rating=number, timesplayed=number, key_id=number,
                      last_played_at=number, color=number, samplerate=number, duration=number)  # fmt: skip
    put(library, "cues", track_id=track, type=1, position=number or 0, length=number or 0, hotcue=number or 0)
    found = only(library)
    assert found.entry.title == one_line(title)
    values = found.values
    assert values.bpm is None or 0 < values.bpm < float("inf")
    assert values.rating is None or 0 < values.rating <= 5
    assert values.play_count is None or values.play_count >= 0


def test_damage_is_reported_also_with_a_message_outside_utf_8(library: Path) -> None:
    for index in range(200):
        put_track(library, f"/music/{index}.mp3", comment="x" * 500)
    data = bytearray(library.read_bytes())
    data[8192:60000] = b"\xff" * (60000 - 8192)
    library.write_bytes(data)
    with pytest.raises(ImportReadError, match="damaged"):
        list(mixxx.read_mixxx(str(library), ReadNotes()))
    with closing(sqlite3.connect(library, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET name = CAST(x'66ff' AS TEXT), sql = 'x' WHERE name = 'crates'")
    with pytest.raises(ImportReadError, match="damaged"):
        list(mixxx.read_mixxx(str(library), ReadNotes()))
    with pytest.raises(ImportReadError, match="not a library"):
        Importer.of(str(library))


def test_other_files_are_refused(tmp_path: Path) -> None:
    text, other = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    text.write_text("no database at all, but long enough for a header of one hundred bytes" * 3)
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE library (id)")
    with pytest.raises(ImportReadError, match=r"it is not a database, or a damaged one; Mixxx's database is mixxxdb"):
        list(mixxx.read_mixxx(str(text), ReadNotes()))
    with pytest.raises(ImportReadError, match="not Mixxx's: it has no table 'track_locations'"):
        list(mixxx.read_mixxx(str(other), ReadNotes()))
    with pytest.raises(FileNotFoundError):
        list(mixxx.read_mixxx(str(tmp_path / "none.sqlite"), ReadNotes()))
    for path in (text, other):
        with pytest.raises(ImportReadError, match="not a library that map4 can read"):
            Importer.of(str(path))


def test_rows_without_an_id_are_left_out(library: Path) -> None:
    first, second = put_track(library), put_track(library, "/music/Two.mp3")
    put(library, "Playlists", id=3, name="Warm", hidden=0)
    put(library, "PlaylistTracks", playlist_id=3, track_id=first, position=1)
    with closing(sqlite3.connect(library)) as connection:  # tables as a program that mends databases may leave them
        for table in ("library", "Playlists"):
            connection.execute(f"CREATE TABLE other AS SELECT * FROM {table}")
            connection.execute(f"DROP TABLE {table}")
            connection.execute(f"ALTER TABLE other RENAME TO {table}")
        connection.execute("INSERT INTO library SELECT * FROM library WHERE id = ?", (first,))
        connection.execute("UPDATE library SET id = NULL WHERE id = ?", (second,))
        connection.execute("UPDATE Playlists SET id = '3'")
        connection.commit()
    [track], [listed], notes = read_path(library)
    assert (track.key, listed.keys) == (str(first), (str(first),))
    assert notes.left_out[DAMAGED_ROWS] == 2
