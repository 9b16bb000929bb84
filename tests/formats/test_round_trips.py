"""There and back: what a program says is the same after map4 wrote it, for that program and from one to another.

The files are those of `program_files.py`, which are built after the published formats; other readers than map4's look
at what was written.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from dj_tracks import exported
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from program_files import PROGRAM_FILES, ProgramFile, Read, adopted, path_of, read_file

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.track import Track
from map4.formats.export import ExportOptions

WITH_GRID = ExportOptions(with_grid=True)
IDS = {program.exporter or program.importer: program for program in PROGRAM_FILES}
WHOLE = ("rekordbox", "traktor", "virtualdj-database")
"""Formats that hold tracks with all that is known of them."""
SOURCES = ("rekordbox", "traktor", "virtualdj-database", "mixxx", "engine", "serato-tags")
HALF_MS = 0.0005
_BEAT_S = 60.0


def made(program: ProgramFile, folder: Path) -> Read:
    folder.mkdir()
    return read_file(program, program.make(folder))


def written(kind: str, found: Read, path: Path) -> Path:
    tracks, lists = adopted(found)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(exported(kind, tracks, WITH_GRID, playlists=lambda: iter(lists))[0])
    return path


def values_of(found: Read) -> dict[str, dict[str, Any]]:
    return {path_of(track): track.values.to_data() for track in found.tracks}


@pytest.mark.parametrize("kind", WHOLE)
def test_import_export_import_is_the_identity(tmp_path: Path, kind: str) -> None:
    program = IDS[kind]
    first = made(program, tmp_path / "theirs")
    ours = written(kind, first, tmp_path / "ours" / program.name)
    second = read_file(program, ours)

    assert values_of(second) == values_of(first)
    names, ours_names = (
        [(track.entry.artist, track.entry.title, track.entry.album) for track in found.tracks]
        for found in (first, second)
    )
    assert ours_names == names
    lists = second.named()
    assert sorted(lists) == sorted(first.named() if kind != "virtualdj-database" else [])
    again = written(kind, second, tmp_path / "again" / program.name)
    assert again.read_bytes() == ours.read_bytes()


@pytest.mark.parametrize("kind", ["virtualdj", "serato", "m3u8"])
def test_list_order_survives_a_round_trip(tmp_path: Path, kind: str) -> None:
    program = IDS[kind]
    first = made(program, tmp_path / "theirs")
    tracks, lists = adopted(first)
    data, _ = exported(kind, tracks, playlist=lists[0], origin="playlist")
    ours = tmp_path / program.name
    ours.write_bytes(data)
    second = read_file(program, ours)
    assert [paths for _, _, paths in second.named()] == [paths for _, _, paths in first.named()]
    tracks, lists = adopted(second)
    assert exported(kind, tracks, playlist=lists[0], origin="playlist")[0] == data


# ---- from one program to another -----------------------------------------------------------------


def shape_of(cue: CuePoint) -> tuple[str, str, bool]:
    return cue.kind, cue.name or "", cue.length_s is None


@pytest.mark.parametrize("target", WHOLE)
@pytest.mark.parametrize("source", SOURCES)
def test_cues_and_grids_keep_their_positions_across_programs(tmp_path: Path, source: str, target: str) -> None:
    first = made(IDS[source], tmp_path / "theirs")
    program = IDS[target]
    back = {
        path_of(track): track.values
        for track in read_file(program, written(target, first, tmp_path / "x" / program.name)).tracks
    }

    assert set(back) == {path_of(track) for track in first.tracks}
    for track in first.tracks:
        before, after = track.values, back[path_of(track)]
        assert sorted(map(shape_of, after.cues)) == sorted(map(shape_of, before.cues))
        assert [cue.position_s for cue in after.cues] == pytest.approx(
            [cue.position_s for cue in before.cues], abs=0.001
        )
        assert bool(after.grid) == bool(before.grid)
        for mark, other in zip(before.grid, after.grid, strict=True):
            period_s = _BEAT_S / mark.bpm
            beats = (mark.position_s - other.position_s) / period_s
            assert beats * period_s == pytest.approx(round(beats) * period_s, abs=0.002)
            assert other.bpm == pytest.approx(mark.bpm, abs=0.006)
        tempi = [mark.bpm for mark in after.grid]
        assert not tempi or min(tempi) - 0.006 <= (after.bpm or 0.0) <= max(tempi) + 0.006


# ---- other readers -------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_pyrekordbox_finds_grids_from_the_start_and_tempi_that_agree(tmp_path: Path, source: str) -> None:
    rbxml = pytest.importorskip("pyrekordbox.rbxml", reason="needs pyrekordbox beside map4")
    first = made(IDS[source], tmp_path / "theirs")
    found = rbxml.RekordboxXml(written("rekordbox", first, tmp_path / "x" / "rekordbox.xml"))
    assert found.num_tracks == len(first.tracks)
    for track, before in zip(found.get_tracks(), first.tracks, strict=True):
        assert len(track.marks) == len(before.values.cues)
        assert {mark.Type for mark in track.marks} <= {"cue", "loop"}
        assert bool(track.tempos) == bool(before.values.grid)
        for tempo in track.tempos[:1]:
            assert 0.0 <= tempo.Inizio <= _BEAT_S / tempo.Bpm + HALF_MS
            assert (
                min(marker.Bpm for marker in track.tempos)
                <= track.AverageBpm
                <= max(marker.Bpm for marker in track.tempos)
            )
        shown = sorted(
            mark.Start for mark in track.marks if mark.Name in CuePoint.KIND_NAMES.values() and mark.Num == -1
        )
        asked = [cue for cue in before.values.cues if cue.kind in CuePoint.KIND_NAMES and cue.number is None]
        assert len(shown) == len(asked)


@pytest.mark.parametrize("source", SOURCES)
def test_traktor_nml_utils_finds_one_tempo(tmp_path: Path, source: str) -> None:
    """It is under the GPL: only the tests use it, and nothing of it is part of map4."""
    utils = pytest.importorskip("traktor_nml_utils", reason="needs traktor-nml-utils beside map4")
    first = made(IDS[source], tmp_path / "theirs")
    nml = utils.TraktorCollection(path=written("traktor", first, tmp_path / "x" / "a.nml")).nml
    for entry, before in zip(nml.collection.entry, first.tracks, strict=True):
        markers = [cue for cue in entry.cue_v2 if cue.type == 4]
        assert len(markers) == len(before.values.grid)
        assert len(entry.cue_v2) - len(markers) == len(before.values.cues)
        tempi = [float(cue.grid.bpm) if cue.grid else entry.tempo.bpm for cue in markers]
        assert not markers or min(tempi) <= entry.tempo.bpm <= max(tempi)
        assert [cue.hotcue for cue in markers] == [
            -1 if mark.number is None else mark.number for mark in before.values.grid
        ]


@pytest.mark.parametrize("source", SOURCES)
def test_elements_of_virtualdj_agree_on_the_tempo(tmp_path: Path, source: str) -> None:
    first = made(IDS[source], tmp_path / "theirs")
    root = ElementTree.parse(written("virtualdj-database", first, tmp_path / "x" / "database.xml")).getroot()
    for song, before in zip(root, first.tracks, strict=True):
        anchors = [float(poi.get("Bpm", "")) for poi in song.iter("Poi") if poi.get("Type") == "beatgrid"]
        assert len(anchors) == len(before.values.grid)
        tags = song.find("Tags")
        assert not anchors or min(anchors) - 1e-6 <= float(tags.get("Bpm", "")) <= max(anchors) + 1e-6


# ---- whatever tracks there are -------------------------------------------------------------------

MILLISECONDS = st.integers(0, 3_600_000).map(lambda number: number / 1000)
BPM = st.integers(4_000, 22_000).map(lambda number: number / 100)
COLORS = st.none() | st.integers(1, 0xFFFFFF).map(lambda number: f"#{number:06x}")
NAMES = st.none() | st.sampled_from(["Drop", "a & b <c>", "n", "fade in", "Ü"])
CUES = st.builds(
    lambda kind, name, color, **more: CuePoint(
        kind=kind, **more, **({"name": name, "color": color} if kind == "cue" else {})
    ),
    kind=st.sampled_from(["cue", "fade_in", "fade_out", "load"]),
    position_s=MILLISECONDS,
    number=st.integers(0, 7),
    name=NAMES,
    color=COLORS,
)
GRIDS = st.lists(st.tuples(MILLISECONDS, BPM), max_size=3, unique_by=lambda mark: mark[0]).map(
    lambda marks: tuple(GridMark(position_s=place, bpm=bpm) for place, bpm in sorted(marks))
)
VALUES = st.builds(
    ImportedValues, bpm=st.none() | BPM, key=st.none() | st.sampled_from(ALL_KEYS),
    rating=st.none() | st.sampled_from([1.0, 4.0, 5.0]), play_count=st.none() | st.integers(0, 10**6),
    last_played=st.none() | st.just("2026-01-31"),
    cues=st.lists(CUES, max_size=4, unique_by=lambda cue: cue.number).map(
        lambda cues: tuple(sorted(cues, key=lambda cue: (cue.position_s, cue.number)))
    ),
    grid=GRIDS,
)  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
@given(values=VALUES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_second_round_trip_changes_nothing(tmp_path: Path, kind: str, values: ImportedValues) -> None:
    """The first way rounds, as each program does; from then on nothing moves."""
    program = IDS[kind]
    track = Track(path="/music/a.flac", state="ok", imported=values, prefer=("imported",))
    path = tmp_path / program.name
    path.write_bytes(exported(kind, [track], WITH_GRID)[0])
    first = read_file(program, path)
    [found] = first.tracks
    assert [(cue.kind, cue.name) for cue in found.values.cues] == [(cue.kind, cue.name) for cue in values.cues]
    again = read_file(program, written(kind, first, tmp_path / "again" / program.name))
    assert [track.values for track in again.tracks] == [found.values]
    tempi = [mark.bpm for mark in found.values.grid]
    assert not tempi or min(tempi) - 0.006 <= (found.values.bpm or 0.0) <= max(tempi) + 0.006
