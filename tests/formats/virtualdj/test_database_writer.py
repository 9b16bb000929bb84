"""VirtualDJ's database as map4 writes it: its form, and what VirtualDJ's reader finds in it."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest
from dj_tracks import dj_track, exported, read

from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.track.cues import CueKind, CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.formats.export import ExportOptions

FORMAT = "virtualdj-database"
VALUES = ImportedValues(
    rating=3.5,
    play_count=4,
    last_played="2026-01-31T22:15:00Z",
    comment="late\nset",
    color="#ff0000",
    cues=(
        CuePoint(position_s=1.5, number=1, name="Vocal", color="#00ff00"),
        CuePoint(position_s=30.0, kind="loop", length_s=3.75, number=2),
        CuePoint(position_s=60.0, kind="load"),
        CuePoint(position_s=170.0, kind="fade_out"),
    ),
    grid=(GridMark(position_s=0.25, bpm=128.0, metre=4, beat=3), GridMark(position_s=90.0, bpm=126.0)),
)


def song(track: Track, options: ExportOptions | None = None) -> ElementTree.Element:
    [found] = ElementTree.fromstring(exported(FORMAT, [track], options)[0])
    return found


def test_song_has_the_form_of_virtualdj() -> None:
    data, notes = exported(
        FORMAT, [dj_track("a.flac", codec="flac", imported=VALUES, artist="A", title="T", year=1999)]
    )
    assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<VirtualDJ_Database Version="8.2">\n<Song ')
    [found] = ElementTree.fromstring(data)
    assert found.attrib == {"FilePath": "/music/a.flac", "FileSize": "7400000"}
    assert [part.tag for part in found] == ["Tags", "Infos", "Comment", "Poi", "Poi", "Poi", "Poi"]
    assert found[0].attrib == {
        "Author": "A", "Title": "T", "Year": "1999", "Bpm": "0.468750", "Key": "Fm", "Stars": "4", "Flag": "1",
    }  # fmt: skip
    assert [part.attrib for part in found[3:]] == [
        {"Name": "Vocal", "Pos": "1.500000", "Type": "cue", "Num": "2", "Color": "4278255360"},
        {"Pos": "30.000000", "Type": "loop", "Size": "8.000", "Num": "3"},
        {"Pos": "60.000000", "Type": "load", "Num": "9"},
        {"Name": "Fade out", "Pos": "170.000000", "Type": "cue", "Num": "10"},
    ]
    assert notes.tracks == 1


@pytest.mark.parametrize("name", ["UTC", "America/New_York"])
def test_written_values_are_read_back(tmp_path: Path, zone: Callable[[str], None], name: str) -> None:
    zone(name)
    track = dj_track("a.flac", codec="flac", imported=VALUES, artist="A", title="T")
    data, _ = exported(FORMAT, [track], ExportOptions(with_grid=True))
    [found], _, notes = read("virtualdj", tmp_path / "database.xml", data)
    values = found.values
    assert (found.entry.location, found.entry.artist, found.entry.duration_s) == ("/music/a.flac", "A", 184.0)
    assert (values.rating, values.play_count, values.last_played) == (4.0, 4, "2026-01-31T22:15:00Z")
    assert (values.bpm, values.key, values.color) == (128.0, track.key(), "#ff0000")
    assert [(cue.kind, cue.position_s, cue.length_s) for cue in values.cues] == [
        ("cue", 1.5, None), ("loop", 30.0, 3.75), ("load", 60.0, None), ("fade_out", 170.0, None),
    ]  # fmt: skip
    # An anchor is a first beat of a bar.
    assert [(mark.position_s, mark.bpm) for mark in values.grid] == [(1.1875, 128.0), (90.0, 126.0)]
    assert not notes.left_out


@pytest.mark.parametrize("kind", get_args(CueKind))
def test_every_kind_of_cue_point_keeps_its_place(tmp_path: Path, kind: CueKind) -> None:
    cue = CuePoint(position_s=12.345678, kind=kind, length_s=2.0 if kind == "loop" else None)
    data, _ = exported(FORMAT, [dj_track(imported=ImportedValues(cues=(cue,)))])
    [found], _, _ = read("virtualdj", tmp_path / "database.xml", data)
    assert [cue.position_s for cue in found.values.cues] == [12.345678]


def test_loops_without_a_tempo_are_cues_and_missing_values_are_counted() -> None:
    cues = (CuePoint(position_s=1.0, kind="loop", length_s=2.0),)
    track = Track(path="/a.mp3", state="pending", tags=Tags(title="T"), imported=ImportedValues(cues=cues))
    assert song(track).findall("Poi")[0].attrib == {"Pos": "1.000000", "Type": "cue", "Num": "9"}
    values = ImportedValues(last_played="2026-99-99", play_count=1)
    assert song(dj_track(imported=values)).find("Infos").attrib == {  # type: ignore[union-attr]
        "SongLength": "184.000000", "PlayCount": "1",
    }  # fmt: skip
    maps = PathMaps(maps=(PathMap.parse("/music=E:/House"),))
    assert song(dj_track(), ExportOptions(path_maps=maps)).get("FilePath") == "E:\\House\\a.mp3"
    with pytest.raises(UsageError, match="leave --relative-to out"):
        exported(FORMAT, [dj_track()], ExportOptions(path_maps=PathMaps(relative_to="/music")))
    tracks = [dj_track("a\x01.mp3", title="x\x02"), dj_track("b.mp3"), dj_track("b.mp3")]
    data, notes = exported(FORMAT, tracks, ExportOptions(with_grid=True))
    assert (data.count(b"<Song "), notes.tracks) == (2, 2)
    assert "VirtualDJ won't find 1 track, whose names XML can't hold" in notes.sentences()
    assert "2 tracks have no beat grid" in notes.sentences()
    assert "1 character of names that the format can't contain was replaced or left out" in notes.sentences()
