"""Beat grids in rekordbox's analysis files, against what pyrekordbox reads of the same bytes."""

import struct
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rekordbox_libraries import analysis_file
from rekordbox_sticks import tag, write_analysis

from map4.core.music.track.cues import GridMark
from map4.formats.rekordbox.analysis_files import NO_ANALYSIS, TrackAnalysis, rekordbox_analysis
from map4.formats.values import UNREADABLE_GRIDS

PLACE = "/PIONEER/USBANLZ/735/e8b81/ANLZ0000.DAT"


def grid_of(folder: Path, data: bytes, place: str = PLACE) -> tuple[GridMark, ...]:
    write_analysis(folder, PLACE, data)
    left_out: Counter[str] = Counter()
    found = rekordbox_analysis(str(folder), place, left_out)
    assert not (left_out and found.grid)
    if left_out:
        raise ValueError(*left_out)
    return found.grid


def test_constant_tempo_is_one_grid_mark_and_missing_files_count(tmp_path: Path) -> None:
    beats = [((i + 2) % 4 + 1, 12800, 131 + round(i * 60000 / 128)) for i in range(700)]
    expected = (GridMark(position_s=0.131, bpm=128.0, metre=4, beat=3),)
    assert grid_of(tmp_path, analysis_file(beats)) == expected
    assert grid_of(tmp_path, analysis_file(beats, others=tag(b"PPTH", bytes(4), b"\0?\0?"))) == expected
    assert grid_of(tmp_path, analysis_file(beats), PLACE.replace("/", "\\")) == expected
    assert grid_of(tmp_path, analysis_file([(2, 9050, 1500)])) == (GridMark(position_s=1.5, bpm=90.5, metre=4, beat=2),)
    assert grid_of(tmp_path, analysis_file([])) == ()
    assert grid_of(tmp_path, analysis_file([])[:28]) == ()
    (tmp_path / "secret").write_bytes(analysis_file([(1, 12000, 0)]))
    (tmp_path / "share" / "folder").mkdir(parents=True)
    for place, message in ((PLACE, NO_ANALYSIS), ("/../secret", UNREADABLE_GRIDS), ("folder", UNREADABLE_GRIDS)):
        left_out: Counter[str] = Counter()
        assert rekordbox_analysis(str(tmp_path / "share"), place, left_out) == TrackAnalysis()
        assert left_out[message] == 1


@pytest.mark.world
def test_beats_agree_with_pyrekordbox(tmp_path: Path) -> None:
    anlz = pytest.importorskip("pyrekordbox").AnlzFile
    times_ms, numbers = [50.0], [1]
    for i in range(400):
        times_ms.append(times_ms[-1] + 60000 / (120 + i / 40))
        numbers.append(numbers[-1] % 4 + 1)
    beats = [(number, 12000, round(time_ms)) for number, time_ms in zip(numbers, times_ms, strict=True)]
    data = analysis_file(beats)
    their_numbers, _, their_times_s = anlz.parse(data).get("PQTZ")
    marks = grid_of(tmp_path, data)
    assert 3 < len(marks) < 200
    expected_beats = {}
    for mark, end_s in zip(marks, [mark.position_s for mark in marks[1:]] + [their_times_s[-1]], strict=True):
        for i in range(round((end_s - mark.position_s) * mark.bpm / 60)):
            expected_beats[mark.position_s + i * 60 / mark.bpm] = (mark.beat - 1 + i) % 4 + 1
    assert list(expected_beats) == pytest.approx(list(their_times_s[:-1]), abs=0.0035)
    assert list(expected_beats.values()) == list(their_numbers[:-1])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PMAI",
        b"RIFF" + bytes(60),
        analysis_file([(1, 12000, 0), (2, 12000, 500)])[:-4],
        analysis_file([(5, 12000, 0), (1, 12000, 500)]),
        analysis_file([(1, 12000, 500), (2, 12000, 500)]),
        struct.pack(">4sIIIIII", b"PMAI", 28, 60, 1, 0, 0, 0) + bytes(32),
    ],
)
def test_unreadable_analysis_files_are_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError):
        grid_of(tmp_path, data)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_grid_or_a_value_error(data: bytes) -> None:
    try:
        with tempfile.TemporaryDirectory() as folder:
            marks = grid_of(Path(folder), b"PMAI" + struct.pack(">II", 12, 92) + data)
    except ValueError:
        marks = ()
    assert all(mark.bpm > 0 for mark in marks)
