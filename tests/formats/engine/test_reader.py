"""Engine DJ's library, read; the databases are built by a writer after libdjinterop's description."""

import random
import sqlite3
import struct
import tracemalloc
import zlib
from contextlib import closing
from pathlib import Path

import engine_libraries as engine
import pytest
from dj_tracks import read_path
from examples_tried import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lanes import sampled
from libraries import execute

from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.formats.engine.blobs import UNREADABLE, engine_cues, engine_grid, engine_loops, engine_rate_hz
from map4.formats.importer import DjPlaylist, ImportReadError

RATE = engine.RATE
BLOCKS = {
    "trackData": engine.track_data(),
    "beatData": engine.beats(engine.straight(128.0, 0.3), engine.straight(100.0, 9.0)),
    "quickCues": engine.cues(("Drop", 30.0, 0xEAC532), None, ("Ständchen", 5.5, 0x86C64B), main=1.25, moved=True),
    "loops": engine.loops(None, ("Out", 90.0, 93.75, 0x20C67C)),
}
PLACES = (
    CuePoint(position_s=1.25, kind="load"),
    CuePoint(position_s=5.5, number=2, name="Ständchen", color="#86c64b"),
    CuePoint(position_s=30.0, number=0, name="Drop", color="#eac532"),
    CuePoint(position_s=90.0, kind="loop", name="Out", length_s=3.75, color="#20c67c"),
)
VALUES = {
    "title": "One", "artist": "Ann", "album": "First", "genre": "House", "comment": "long intro", "label": "Lab",
    "composer": "Cy", "remixer": "Rex", "year": 1999, "bpm": 127, "bpmAnalyzed": 127.98, "key": 1, "rating": 80,
    "fileBytes": 5_000_000, "timeLastPlayed": engine.PLAYED, "dateAdded": engine.PLAYED - 86_400, "length": 245,
}  # fmt: skip


@pytest.mark.parametrize("version", [(2, 18, 0), (2, 21, 2), (3, 0, 2)])
def test_all_values_of_an_engine_track_are_read(tmp_path: Path, version: tuple[int, int, int]) -> None:
    path = engine.make_library(tmp_path, version=version)
    number = engine.put_track(path, "../Music/One.mp3", blocks=BLOCKS, **VALUES)
    [track], lists, notes = read_path(path)
    assert (track.key, lists, notes.version) == (str(number), [], f"schema {'.'.join(map(str, version))}")
    entry = track.entry
    assert (entry.location, entry.duration_s, entry.size_bytes) == (f"{tmp_path}/Music/One.mp3", 245.0, 5_000_000)
    assert (entry.artist, entry.title, entry.album) == ("Ann", "One", "First")
    assert track.values == ImportedValues(
        title="One", artist="Ann", album="First", genre="House", label="Lab", composer="Cy", remixer="Rex", year=1999,
        bpm=127.98, key=Key.parse("8A"), rating=4.0, last_played="2026-01-01T00:00:00Z",
        date_added="2025-12-31T00:00:00Z", comment="long intro", cues=PLACES,
        grid=(GridMark(position_s=0.3, bpm=128.0, metre=4, beat=1),),
    )  # fmt: skip
    assert not notes.sentences()


def test_engine_track_without_values_is_read(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    empty = {"quickCues": engine.cues(), "loops": engine.loops(), "beatData": engine.beats([]), "trackData": b""}
    for number, blocks in enumerate(
        (None, empty, dict.fromkeys(empty, b""), {"beatData": bytes(4), "quickCues": bytes(4)})
    ):
        engine.put_track(path, f"{number}.mp3", blocks=blocks, rating=0, key=None)
    tracks, _, notes = read_path(path)
    assert [track.values for track in tracks] == [ImportedValues()] * 4
    assert (tracks[0].entry.location, notes.sentences()) == (f"{tmp_path}/Engine Library/0.mp3", [])


def test_paths_of_windows_and_of_services(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    engine.put_track(path, "D:/Music/a.mp3", title="a")
    engine.put_track(path, "tidal:1", title="b", streamingSource="TIDAL")
    engine.put_track(path, None, title="c")
    assert [track.entry.location for track in read_path(path)[0]] == ["D:/Music/a.mp3", None, None]


def test_keys_follow_the_circle_of_fifths(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    for number in range(25):
        engine.put_track(path, f"{number}.mp3", key=number)
    names = [track.values.key and track.values.key.musical for track in read_path(path)[0]]
    assert names == ["C", "Am", "G", "Em", "D", "Bm", "A", "F♯m", "E", "D♭m", "B", "A♭m", "F♯", "E♭m", "D♭", "B♭m",
                     "A♭", "Fm", "E♭", "Cm", "B♭", "Gm", "F", "Dm", None]  # fmt: skip


def test_library_is_found_from_its_parent_folders(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    engine.put_track(path, "../a.mp3")
    wanted = read_path(path)[:2]
    assert [read_path(place)[:2] == wanted for place in (tmp_path, path.parent, path.parent.parent)] == [True] * 3
    copied = tmp_path / "copy" / "m.db"
    copied.parent.mkdir()
    copied.write_bytes(path.read_bytes())
    assert read_path(copied)[0][0].entry.location == f"{tmp_path}/a.mp3"  # as if it lay in the library's folder


def test_lists_have_their_folders_order_and_tracks_of_other_drives(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    first, second, third = (engine.put_track(path, f"{name}.mp3") for name in "abc")
    borrowed = engine.put_track(path, "d.mp3", originDatabaseUuid=engine.OTHER_UUID, originTrackId=77)
    outer = engine.put_list(path, "Sets")
    inner = engine.put_list(path, "2026", [second], parent=outer)
    engine.put_list(path, "May/June", [third, first, (77, engine.OTHER_UUID), (5, "nowhere"), second], parent=inner)
    engine.put_list(path, "Empty")
    execute(path, "INSERT INTO Smartlist (listUuid, title) VALUES ('x', 'Fast')")
    _, lists, notes = read_path(path)
    assert lists == [
        DjPlaylist(name="2026", folders=("Sets",), keys=(str(second),)),
        DjPlaylist(name="May/June", folders=("Sets", "2026"), keys=tuple(map(str, (third, first, borrowed, second)))),
        DjPlaylist(name="Empty"),
    ]
    assert notes.sentences() == [
        "no query can express the rules of 'Fast': rules that can't be read",
        "left out: entries of lists whose track is not in Engine (1)",
        "left out: smart lists with rules that no query can express (1)"
    ]  # fmt: skip


def test_circular_lists_end(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    first, second = (engine.put_track(path, f"{name}.mp3") for name in "ab")
    number = engine.put_list(path, "A", [first, second])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE Playlist SET parentListId = id")
        connection.execute("UPDATE PlaylistEntity SET nextEntityId = (SELECT min(id) FROM PlaylistEntity)")
    [found] = read_path(path)[1]
    assert (sorted(found.keys), set(found.folders), number) == ([str(first), str(second)], {"A"}, 1)


def test_history_is_read_with_its_times(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    first, second = (engine.put_track(path, f"{name}.mp3") for name in "ab")
    night = engine.PLAYED + 22 * 3600
    engine.put_history(
        path, night, [(second, night + 60), (99, night + 90), (first, night + 300), (second, night + 600)]
    )
    engine.put_history(path, night, [(first, night)], is_deleted=True)
    engine.put_history(path, night, [(99, night)])
    assert read_path(path)[1] == [
        DjPlaylist(
            name="2026-01-01 22.00",
            identity="2026-01-01T22:00:00Z",
            kind="history",
            keys=(str(second), str(first), str(second)),
            times=("2026-01-01T22:01:00Z", "2026-01-01T22:05:00Z", "2026-01-01T22:10:00Z"),
        )
    ]
    path.with_name("hm.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    tracks, _, notes = read_path(path)
    assert (len(tracks), notes.sentences()) == (2, ["the history (hm.db) can't be read"])


# ---- blocks --------------------------------------------------------------------------------------


def test_a_grid_begins_with_the_first_beat_and_huge_blocks_take_no_memory() -> None:
    marks = [(-5.0 * RATE, -8), (-1.0 * RATE, 0), (9.0 * RATE, 20), (10.0 * RATE, 22), (20.0 * RATE, 52)]
    assert engine_grid(engine.beats(marks)) == (
        GridMark(position_s=0.0, bpm=120.0, metre=4, beat=3),
        GridMark(position_s=9.0, bpm=120.0, metre=4, beat=1),
        GridMark(position_s=10.0, bpm=180.0, metre=4, beat=1),
    )
    assert engine_grid(engine.beats([(-RATE, -1), (0.3 * RATE, 0), (4.3 * RATE, 8)]))[0].position_s == 0.3
    assert engine_grid(engine.beats([(0.0, 0)])) == ()
    assert engine_grid(engine.beats([], engine.straight(90.0, 1.5)))[0].bpm == 90.0
    assert engine_cues(engine.cues(main=3.0), RATE) == ()
    for rate_hz in (None, 0.0, float("nan")):
        with pytest.raises(ValueError, match="unknown length"):
            engine_cues(BLOCKS["quickCues"], rate_hz)
    assert engine_cues(engine.cues(), None) == ()
    assert engine_rate_hz(b"", b"\0\0\0\1x", engine.track_data(3.0), engine.track_data(48_000.0)) == 48_000.0
    bomb = struct.pack(">I", 100) + zlib.compress(bytes(60_000_000), 1)
    tracemalloc.start()
    with pytest.raises(ValueError, match="longer than any block"):
        engine_grid(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


BAD = {
    "quickCues": [b"\0\0\0\x09damage!", engine.packed(b"\x7f" * 30), engine.packed(struct.pack(">q", 3)),
                  engine.packed(struct.pack(">q", -1) + b"\0" * 17), BLOCKS["quickCues"][:-9],
                  engine.cues(("x", 1e300, 0)), struct.pack(">I", 0) + zlib.compress(bytes(9_000_000))],
    "loops": [struct.pack("<q", 1 << 40), struct.pack("<q", 1), struct.pack("<q", 1) + b"\xff" * 9, b"\1",
              engine.loops(("x", 1.0, 1e300, 0)), engine.loops(("x", 5.0, 2.0, 0))],
    "beatData": [b"\0\0\0\x09damage!", engine.packed(struct.pack(">ddBq", RATE, 1.0, 1, 1 << 60)),
                 engine.packed(struct.pack(">ddB", RATE, 1.0, 1)), engine.beats([(5.0, 0), (5.0, 4)]),
                 engine.beats([(0.0, 0), (float("nan"), 4)]), engine.beats([(0.0, 4), (RATE, 0)]),
                 engine.beats(engine.straight(120.0, 0.0), rate=1.0)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "data"), sampled([(name, data) for name, many in BAD.items() for data in many], every=2)
)
def test_a_damaged_block_is_counted_and_the_others_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = engine.make_library(tmp_path)
    engine.put_track(path, "a.mp3", blocks={**BLOCKS, name: data}, title="One")
    [track], _, notes = read_path(path)
    assert notes.left_out.total() == 1
    left = {"quickCues": PLACES[3:], "loops": PLACES[:3], "beatData": PLACES}[name]
    assert (track.values.cues, bool(track.values.grid)) == (left, name != "beatData")


@settings(max_examples=examples(60), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 30))
def test_random_bytes_in_a_block_are_read_or_reported_as_unreadable(seed: int) -> None:
    rng = random.Random(seed)
    for name, reader in (
        ("quickCues", lambda data: engine_cues(data, RATE)),
        ("loops", lambda data: [*filter(None, engine_loops(data, RATE))]),
        ("beatData", engine_grid),
    ):
        block = BLOCKS[name] if name == "loops" else zlib.decompress(BLOCKS[name][4:])
        damaged = bytearray(block)
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(len(damaged))
            damaged[at : at + rng.randrange(9)] = rng.randbytes(rng.randrange(9))
        data = bytes(damaged[: rng.randrange(len(damaged) + 1)])
        try:
            found = reader(data if name == "loops" else engine.packed(data))
        except UNREADABLE:
            continue
        assert ImportedValues(**{"grid" if name == "beatData" else "cues": found}).plausible() is not None


# ---- what is no library --------------------------------------------------------------------------


def test_newer_schema_is_reported_and_engine_prime_1_recognised(tmp_path: Path) -> None:
    _, _, notes = read_path(engine.make_library(tmp_path, version=(4, 1, 0)))
    assert notes.sentences() == ["it was written by a newer Engine (schema 4.1.0); what it added was not read"]
    path = tmp_path / "m.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE Track (id, path); CREATE TABLE Information (uuid); ")
    with pytest.raises(ImportReadError, match="Engine Prime 1"):
        read_path(path)


@pytest.mark.parametrize("kept", [0, 99, 5000, 0.6])
def test_a_database_that_is_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = engine.make_library(tmp_path)
    for number in range(60):
        engine.put_track(path, f"{number}.mp3", blocks=BLOCKS, **VALUES)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    with pytest.raises(ImportReadError):
        read_path(path, "engine")


def test_values_of_wrong_types_are_read_as_unknown(tmp_path: Path) -> None:
    path = engine.make_library(tmp_path)
    engine.put_track(
        path, "a\0b.mp3", blocks=dict.fromkeys(BLOCKS, "text"), title=b"\xff\xfe", artist=5, key="x", rating=1e300,
        year=-4, bpmAnalyzed="fast", timeLastPlayed="2026-01-31 22:15:00", dateAdded=1e300, length="long",
    )  # fmt: skip
    [track], _, _ = read_path(path)
    assert track.entry.location is None
    assert track.values == ImportedValues(
        title="\ufffd\ufffd", artist="5", rating=5.0, last_played="2026-01-31T22:15:00"
    )  # fmt: skip
