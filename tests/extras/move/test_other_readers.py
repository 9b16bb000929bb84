"""Files that `map4 move` writes, as readers see them that share no code with map4."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import independent_readers as independent
import pytest
from program_files import library_of

from map4 import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4", create=True) as opened:
        yield opened


def rekordbox(path: Path) -> Any:
    pyrekordbox = pytest.importorskip("pyrekordbox.rbxml", reason="needs pyrekordbox beside map4")
    read = pyrekordbox.RekordboxXml(path)
    tracks = {track.TrackID: track for track in read.get_tracks()}
    names = ("Name", "Artist", "Album", "Label", "AverageBpm", "Rating", "PlayCount", "DateAdded", "Comments", "Colour")
    values = {
        track.Location: (
            [track[name] or None for name in names],
            # A grid also extends before its mark, and positions are whole milliseconds.
            [(round(mark.Inizio % (60 / mark.Bpm) + 0.002, 2), mark.Bpm, mark.Metro) for mark in track.tempos],
            sorted((mark.Num, mark.Start, mark.Type, mark.Name, mark.End) for mark in track.marks),
        )
        for track in tracks.values()
    }
    lists = (read.get_playlist("Sets", "Friday"), read.get_playlist("All"))
    return values, [[tracks[key].Location for key in listed.get_tracks()] for listed in lists]


def traktor(path: Path) -> Any:
    utils = pytest.importorskip("traktor_nml_utils", reason="needs traktor-nml-utils beside map4")
    nml = utils.TraktorCollection(path=path).nml
    values = {
        entry.location.file: (
            entry.title, entry.artist, entry.album and entry.album.title, entry.info.label, entry.info.comment,
            entry.info.ranking, entry.info.import_date, entry.tempo.bpm,
            entry.musical_key and entry.musical_key.value_attribute,
            sorted((cue.type, cue.hotcue, cue.start, cue.len, cue.name) for cue in entry.cue_v2 if cue.type != 4),
            sorted(cue.start for cue in entry.cue_v2 if cue.type == 4),
        )
        for entry in nml.collection.entry
    }  # fmt: skip
    [folder] = nml.playlists.node.subnodes.node
    [listed] = folder.subnodes.node
    return values, (folder.name, listed.name, [entry.primarykey.key for entry in listed.playlist.entry])


@pytest.mark.parametrize(
    ("program", "name", "read"), [("rekordbox", "rekordbox.xml", rekordbox), ("traktor", "map4.nml", traktor)]
)
def test_other_reader_reads_the_same_from_source_and_result(
    tmp_path: Path, library: Library, program: str, name: str, read: Callable[[Path], Any]
) -> None:
    source = library_of(program, tmp_path)
    library.move(source, program, output=tmp_path / "moved")
    assert read(tmp_path / "moved" / name) == read(source)


def m3u8(data: bytes) -> list[bytes]:
    return [path for path, _ in independent.read_m3u(data, "utf-8", b"/")]


LISTS: dict[str, tuple[str, Callable[[bytes], list[bytes]]]] = {
    "serato": ("_Serato_/Subcrates/Sets%%Friday.crate", lambda data: [b"/" + x for x in independent.read_crate(data)]),
    "virtualdj": (
        "VirtualDJ/MyLists/Sets.subfolders/Friday.vdjfolder",
        lambda data: [path for path, *_ in independent.read_vdjfolder(data)],
    ),
    **dict.fromkeys(("mixxx", "navidrome", "folder"), ("Sets/Friday.m3u8", m3u8)),
}


@pytest.mark.parametrize("target", LISTS)
def test_list_has_the_entries_of_the_source(tmp_path: Path, library: Library, target: str) -> None:
    source, (file, read) = library_of("rekordbox", tmp_path), LISTS[target]
    library.move(source, target, output=tmp_path / "moved")
    root = ElementTree.parse(source).getroot()
    paths = {track.get("TrackID"): track.get("Location", "") for track in root.iter("TRACK")}
    wanted = [paths[entry.get("Key")] for entry in root.iterfind(".//NODE[@Name='Friday']/TRACK")]
    assert read((tmp_path / "moved" / file).read_bytes()) == [
        independent.path_of(line[:7] + line[16:], b"/") for line in wanted
    ]


def test_virtualdj_database_has_the_cue_points_of_the_source(tmp_path: Path, library: Library) -> None:
    source = library_of("rekordbox", tmp_path)
    library.move(source, "virtualdj", output=tmp_path / "moved")
    tracks = ElementTree.parse(source).getroot().findall("COLLECTION/TRACK")
    songs = ElementTree.parse(tmp_path / "moved/VirtualDJ/database.xml").getroot().findall("Song")
    delays = {"mp3": 1105 / 44100, "m4a": 2112 / 44100, "wav": 0.0}
    for track, song in zip(tracks, songs, strict=True):
        delay_s = delays[track.get("Location", "").rpartition(".")[2]]
        marks = sorted(float(mark.get("Start", "")) - delay_s for mark in track.iter("POSITION_MARK"))
        points = sorted(
            float(poi.get("Pos", "")) for poi in song.iter("Poi") if poi.get("Type") in (None, "cue", "loop")
        )
        assert points == pytest.approx(marks, abs=0.001)
        assert song.get("FilePath", "").rpartition("/")[2] == unquote(track.get("Location", "").rpartition("/")[2])


def test_smart_list_has_the_rules_of_the_source(tmp_path: Path, library: Library) -> None:
    rules = {"name": "Best", "all": [{"inTheRange": {"year": [1990, 1999]}}], "sort": "title", "limit": 50}
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/Best.nsp").write_text(json.dumps(rules))
    library.move(tmp_path / "lists", "navidrome", output=tmp_path / "moved")
    written = json.loads((tmp_path / "moved/Best.nsp").read_text())
    assert {name: written[name] for name in rules} == rules
