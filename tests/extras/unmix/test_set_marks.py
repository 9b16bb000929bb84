"""Passages as players have them: one after the other, without overlaps, also in CUE sheets, which are read again."""

from dataclasses import replace
from pathlib import Path

import pytest
from extras.unmix.unmixed_by_hand import LENGTH_S, played, recorded_set

from map4.extras.unmix.recorded_sets import write_sheet
from map4.extras.unmix.records import Passage
from map4.extras.unmix.set_marks import set_marks
from map4.formats.dj_library import DjTrack
from map4.formats.importer import Importer, ReadNotes

SET = recorded_set("/sets/one.mp3", *(played(f"/music/{name}.mp3", title=name, artist="Ann") for name in "ABC"))


def test_marks_are_a_second_apart_with_names_loudness_and_doubts() -> None:
    marks = set_marks(SET)
    assert [(mark.at_s, mark.until_s, mark.name) for mark in marks] == [
        (0.0, 5.5, "Ann - A"), (5.5, 10.0, "Ann - B"), (10.0, 13.0, "Unknown"), (13.0, 16.0, "Ann - C"),
        (16.0, LENGTH_S, "Ann - A"),
    ]  # fmt: skip
    assert [mark.artist for mark in marks][2] is None
    nameless = replace(SET, tracks=(replace(SET.tracks[0], track=played("/music/9 lives.flac"), mix=None),))
    assert [(mark.at_s, mark.until_s, mark.name) for mark in set_marks(nameless)] == [(0.0, LENGTH_S, "9 lives.flac")]
    assert set_marks(replace(SET, tracks=())) == []
    at_once = tuple(Passage(start_s=at_s, end_s=9.0) for at_s in (0.0, 0.4, 0.9, 2.0))
    assert [mark.at_s for mark in set_marks(replace(SET, tracks=at_once))] == [0.0, 2.0]
    assert [track.doubts for track in SET.tracks] == [("", ""), ("?", ""), ("", ""), ("", ""), ("", "")]
    assert [replace(SET.tracks[0], end_certainty=sure).doubts for sure in (None, 0.89)] == [("", "?")] * 2


# ---- in a sheet -----------------------------------------------------------------------------------

NAMES = (played("/m/a.mp3", title='The "A"', artist="Björk"), played("/m/b.mp3", title="B\nb"), played("/m/c.mp3"))


@pytest.mark.parametrize(("folder", "named"), [("sets", "Friday.mp3"), ("elsewhere", "sets/Friday.mp3")])
def test_written_cue_sheet_is_read_back_with_its_recording(tmp_path: Path, folder: str, named: str) -> None:
    for name in ("sets", "elsewhere"):
        (tmp_path / name).mkdir()
    recording = tmp_path / "sets" / "Friday.mp3"
    recording.write_bytes(b"")
    sheet = tmp_path / folder / "Friday.cue"
    with sheet.open("wb") as out:
        assert write_sheet(recorded_set(str(recording), *NAMES), out, folder=str(sheet.parent)) == 5
    text = sheet.read_bytes().decode()
    assert f'FILE "{named if folder == "sets" else recording}" MP3\r\n' in text
    assert [line.split()[-1] for line in text.splitlines() if "INDEX" in line] == [
        "00:00:00", "00:05:37", "00:10:00", "00:13:00", "00:16:00"
    ]  # fmt: skip
    [track] = [item for item in Importer.of(str(sheet)).read(str(sheet), ReadNotes()) if isinstance(item, DjTrack)]
    assert track.entry.location == str(recording)
    cues = track.values.cues
    assert [(round(cue.position_s, 2), cue.name) for cue in cues] == [
        (0.0, "Björk - The 'A'"), (5.49, "B b"), (10.0, "Unknown"), (13.0, "c.mp3"), (16.0, "Björk - The 'A'")
    ]  # fmt: skip
