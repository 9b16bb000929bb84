"""CUE sheets of recorded sets: read again by the reader of sheets, to a 75th of a second."""

from __future__ import annotations

from pathlib import Path

import pytest
from extras.unmix.unmixed_by_hand import played, recorded_set

from map4.extras.unmix.set_sheet import write_sheet
from map4.formats.dj_library import DjTrack
from map4.formats.importer import ReadNotes, importer_for

NAMES = (played("/m/a.mp3", title='The "A"', artist="Björk"), played("/m/b.mp3", title="B\nb"), played("/m/c.mp3"))


@pytest.mark.parametrize(("folder", "named"), [("sets", "Friday.mp3"), ("elsewhere", "sets/Friday.mp3")])
def test_a_sheet_is_read_as_it_was_meant(tmp_path: Path, folder: str, named: str) -> None:
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
    [track] = [one for one in importer_for(str(sheet)).read(str(sheet), ReadNotes()) if isinstance(one, DjTrack)]
    assert track.entry.location == str(recording)
    cues = track.values.cues
    assert [(round(one.position_s, 2), one.name) for one in cues] == [
        (0.0, "Björk - The 'A'"), (5.49, "B b"), (10.0, "Unknown"), (13.0, "c.mp3"), (16.0, "Björk - The 'A'")
    ]  # fmt: skip
