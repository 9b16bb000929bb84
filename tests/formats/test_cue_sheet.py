"""CUE sheets as rippers and mixing programs write them, and as they are when broken."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import mutagen
import pytest
from audio_files import make, noise
from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC, CueSheet, CueSheetTrack, CueSheetTrackIndex
from mutagen.id3 import TXXX
from other_programs import ALBUM_SHEET, MIX_SHEET

from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.formats.cue_sheet import LOST_STARTS, LOST_TIMES
from map4.formats.importer import DjItem, DjPlaylist, DjTrack, Importer, ImportReadError, ReadNotes

READ = Importer.all()["cue"].read
Read = Callable[..., tuple[list[DjItem], ReadNotes]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(data: str | bytes, *beside: str) -> tuple[list[DjItem], ReadNotes]:
        for name in beside:
            (tmp_path / name).touch()
        path = tmp_path / "Sheet.cue"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        notes = ReadNotes()
        return list(READ(str(path), notes)), notes

    return reading


def test_sheet_with_a_file_per_track_is_a_list_with_names(read: Read, tmp_path: Path) -> None:
    (first, second, listed), notes = read(ALBUM_SHEET, "01 - One.wav", "02 - Two.wav")
    shared = ImportedValues(album="First", genre="Deep House", year=2004, disc_number=2)
    assert first.values.to_data() == {**shared.to_data(), "title": 'One "Live"', "artist": "Ann", "track_number": 1}
    assert second.values.to_data() == {
        **shared.to_data(), "title": "Two", "artist": "Bob", "composer": "Cat", "track_number": 2,
    }  # fmt: skip
    assert (first.entry.location, first.entry.title) == (f"{tmp_path}/01 - One.wav", 'One "Live"')
    assert (second.entry.location, second.entry.artist) == (f"{tmp_path}/02 - Two.wav", "Bob")
    assert listed == DjPlaylist(name="First", keys=(first.key, second.key))
    assert notes.sentences() == []


def test_a_mix_is_one_track_with_cue_points(read: Read, tmp_path: Path) -> None:
    (mix,), notes = read(MIX_SHEET, "mix.mp3")
    assert mix.entry.location == f"{tmp_path}/mix.mp3"
    assert mix.values == ImportedValues(
        title="Late night", artist="Ann", album="Late night", year=1999,
        cues=(
            CuePoint(position_s=0.0, name="Bob - One"),
            CuePoint(position_s=361.493333, name="Cat & Dan - Two"),
            CuePoint(position_s=7260.0, name="Three"),
            CuePoint(position_s=7800.986667, name="Track 04"),
        ),
    )  # fmt: skip
    assert notes.left_out == {LOST_STARTS: 1}


def test_sides_of_a_mix_are_files_and_malformed_lines_tolerated(read: Read) -> None:
    sides = MIX_SHEET + MIX_SHEET[MIX_SHEET.index(b"FILE") :].replace(b"mix.mp3", b"side b.mp3")
    (a, b, listed), _ = read(sides, "mix.mp3", "side b.mp3")
    assert isinstance(a, DjTrack)
    assert isinstance(b, DjTrack)
    assert [(track.values.title, track.values.album, len(track.values.cues)) for track in (a, b)] == [
        (None, "Late night", 4)
    ] * 2
    assert listed == DjPlaylist(name="Late night", keys=(a.key, b.key))
    [track], notes = read(
        'file my mix.wav\ntrack 01 audio\ntitle "Cut short\nindex x\nINDEX 01\ngarbage\n', "my mix.wav"
    )
    assert (track.key, track.values.title, track.values.cues) == ("my mix.wav", "Cut short", ())
    assert notes.sentences() == []
    with pytest.raises(OSError, match="longer than"):
        read(b"FILE " + b"x" * 1_100_000)
    assert len(read(b"TITLE " + b" " * 900_000 + b'x\nFILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 0:0:0')[0]) == 1


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        (("mix.flac",), "mix.flac"),
        (("MIX.M4A", "mix.txt", "other.wav"), "MIX.M4A"),
        (("Sheet.wav", "other.wav"), "Sheet.wav"),
        (("mix.flac", "mix.mp3"), "mix.mp3"),
        (("other.wav",), None),
    ],
)
def test_file_of_another_suffix_is_used(read: Read, tmp_path: Path, beside: tuple[str, ...], found: str | None) -> None:
    (mix,), notes = read(MIX_SHEET, *beside)
    assert mix.entry.location == str(tmp_path / (found or "mix.mp3"))
    is_told = found not in (None, "mix.mp3")
    assert notes.remarks == [f"the sheet names 'mix.mp3', which is missing; '{found}' is read"] * is_told


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_cue_sheets_in_any_encoding_and_line_end_are_read(read: Read, encoding: str, line_end: str) -> None:
    text = 'FILE é.wav WAVE\nTRACK 1 AUDIO\nTITLE "Été"\nPERFORMER Björk\nINDEX 01 00:00:00\n'
    [track], _ = read(text.replace("\n", line_end).encode(encoding), "é.wav")
    assert (track.key, track.values.title, track.values.artist) == ("é.wav", "Été", "Björk")


# ---- recognised and refused ----------------------------------------------------------------------


def test_sheets_are_recognised_and_paths_of_another_machine_replaced(tmp_path: Path, read: Read) -> None:
    for name, data in (("a.cue", b"x"), ("a.txt", ALBUM_SHEET), ("a", MIX_SHEET)):
        (tmp_path / name).write_bytes(data)
        assert Importer.of(str(tmp_path / name)).name == "cue"
    sheet = 'FILE "D:\\Music\\mix.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
    [track], notes = read(sheet)
    assert (track.entry.location, notes.remarks) == ("D:\\Music\\mix.wav", [])
    [track], notes = read(sheet, "mix.flac")
    assert track.entry.locations == (str(tmp_path / "mix.flac"), "D:\\Music\\mix.wav")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 100, b"FILE", b'FILE "" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00',
        b"TRACK 01 AUDIO\nINDEX 01 00:00:00",
        b'FILE "a.wav" WAVE', b'FILE "a.bin" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00', b"<NML/>",
    ],
)  # fmt: skip
def test_invalid_cue_sheets_are_refused(read: Read, data: bytes) -> None:
    with pytest.raises(ImportReadError, match="no cue sheet"):
        read(data)


@settings(max_examples=examples(100))
@given(put=st.binary(max_size=12), at=st.integers(0, 700), cut=st.integers(0, 40))
def test_damage_is_refused_or_read(tmp_path_factory: pytest.TempPathFactory, put: bytes, at: int, cut: int) -> None:
    whole = MIX_SHEET
    path = tmp_path_factory.getbasetemp() / "damaged.cue"
    path.write_bytes(whole[:at] + put + whole[at + cut :])
    with contextlib.suppress(ImportReadError):
        list(READ(str(path), ReadNotes()))


@pytest.mark.parametrize("gap", ['  TRACK 02 AUDIO\n    TITLE "Doctor"\n    INDEX 00 03:48:68\n', ""])
def test_track_repeated_for_its_gap_is_one_track(read: Read, gap: str) -> None:
    sheet = f"""FILE "01.flac" WAVE
  TRACK 01 AUDIO
    TITLE "On a Bus"
    INDEX 01 00:00:00
{gap}FILE "02.flac" WAVE
  TRACK 02 AUDIO
    TITLE "Doctor"
    INDEX 01 00:00:00
  TRACK 03 AUDIO
    TITLE "End"
    INDEX 00 03:00:00
FILE "03.flac" WAVE
  TRACK 03 AUDIO
    TITLE "End"
    INDEX 01 00:00:00
"""
    items, notes = read(sheet, "01.flac", "02.flac", "03.flac")
    tracks = [item for item in items if isinstance(item, DjTrack)]
    assert [(track.values.title, track.values.cues) for track in tracks] == [
        ("On a Bus", ()),
        ("Doctor", ()),
        ("End", ()),
    ]
    assert notes.sentences() == []


def test_gaps_before_a_file_and_images_of_discs_have_their_cue_points(read: Read) -> None:
    sheet = """FILE "01.wav" WAVE
  TRACK 01 AUDIO
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    INDEX 00 03:48:68
FILE "02.wav" WAVE
    INDEX 01 00:00:00
"""
    items, _ = read(sheet, "01.wav", "02.wav")
    tracks = [item for item in items if isinstance(item, DjTrack)]
    assert [(track.entry.location[-6:], track.values.cues) for track in tracks] == [("01.wav", ()), ("02.wav", ())]
    sheet = """TITLE "Game"
FILE "game.bin" BINARY
  TRACK 01 MODE1/2352
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Theme"
    INDEX 01 10:00:00
"""
    (image,), _ = read(sheet, "game.bin")
    assert (image.values.title, image.values.track_number) == ("Game", None)
    assert image.values.cues == (CuePoint(position_s=600.0, name="Theme"),)


RECORDING = """REM DATE 2024-06-10 08:14 PM
REM RECORDED_BY "rekordbox-dj"
TITLE "Late set"
PERFORMER "A DJ"
FILE "01 Late set.wav" WAVE
	TRACK 01 AUDIO
		TITLE "Tide"
		PERFORMER "Ida"
		FILE "/m/Ida - Tide.mp3" WAVE
		INDEX 01 00:00:00
	TRACK 02 AUDIO
		TITLE "Olga - Dusk"
		INDEX 01 00:04:12
	TRACK 03 AUDIO
		TITLE "Tide"
		PERFORMER "Ida"
		FILE "/m/Ida - Tide.mp3" WAVE
		INDEX 01 01:02:03
	TRACK 04 AUDIO
		TITLE "Last"
		PERFORMER "Bo"
"""


@pytest.mark.parametrize(
    ("date", "begins"),
    [
        ("2024-06-10 08:14 PM", "2024-06-10T20:14:00"),
        ("2024-06-10 12:05 AM", "2024-06-10T00:05:00"),
        ("2024/6/10 20:14:09", "2024-06-10T20:14:09"),
        ("2024-06-10", "2024-06-10T00:00:00"),
        ("2024-13-10 08:14 PM", None),
        ("June", None),
    ],
)
def test_sheet_of_a_recording_of_rekordbox_is_a_history(read: Read, date: str, begins: str | None) -> None:
    (tide, dusk, last, played), notes = read(RECORDING.replace("2024-06-10 08:14 PM", date))
    assert [(track.entry.location, track.entry.artist, track.entry.title) for track in (tide, dusk, last)] == [
        ("/m/Ida - Tide.mp3", "Ida", "Tide"), (None, "Olga", "Dusk"), (None, "Bo", "Last"),
    ]  # fmt: skip
    assert all(track.values == ImportedValues() for track in (tide, dusk, last))
    begin = begins and datetime.fromisoformat(begins)
    times = [begin and (begin + timedelta(seconds=after_s)).isoformat() for after_s in (0, 252, 3723)]
    assert played == DjPlaylist(
        name="Late set", kind="history", keys=(tide.key, dusk.key, tide.key, last.key), times=(*times, None)
    )
    assert notes.left_out == {LOST_TIMES: 1 if begins else 4}


@pytest.mark.parametrize("name", ["a.flac", "a.wv", "a.mp3", "a.m4a", "a.ogg"])
def test_sheet_inside_a_music_file_is_read(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / name, noise(0.3))
    with pytest.raises(ImportReadError, match="contains no cue sheet"):
        list(READ(str(path), ReadNotes()))
    text = MIX_SHEET.decode().replace("mix.mp3", "before it was converted.wav")
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    key = {"a.mp3": "TXXX:CUESHEET", "a.m4a": "----:com.apple.iTunes:CUESHEET"}.get(name, "CUESHEET")
    value = (
        TXXX(encoding=3, desc="CUESHEET", text=[text])
        if name == "a.mp3"
        else [text.encode()]
        if name == "a.m4a"
        else text
    )
    file.tags[key] = value
    file.save()
    [mix] = READ(str(path), ReadNotes())
    assert (mix.entry.location, mix.entry.title, len(mix.values.cues)) == (str(path), "Late night", 4)


def test_block_of_a_flac_file_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.flac", noise(0.3))
    file = FLAC(path)
    sheet = CueSheet(None)
    for number, start in ((1, 0), (2, 441000), (170, 882000)):
        track = CueSheetTrack(number, start)
        track.indexes.append(CueSheetTrackIndex(1, 588))
        sheet.tracks.append(track)
    file.cuesheet = sheet
    file.metadata_blocks.append(sheet)
    file.save()
    [disc] = READ(str(path), ReadNotes())
    assert [(cue.position_s, cue.name) for cue in disc.values.cues] == [(0.013333, "Track 01"), (10.013333, "Track 02")]
