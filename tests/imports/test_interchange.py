"""There and back: what goes to a DJ program and comes from it is what went, whole libraries through."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from libraries import put_imported
from list_libraries import HOUSE, put_songs

from map4 import Library
from map4.base.path_maps import PathMap, PathMaps
from map4.music.analysis.key import parse_key
from map4.music.track.cues import CuePoint, GridMark

CUES = (
    CuePoint(position_s=0.512, number=0, name="in", color="#3ceb50"),
    CuePoint(position_s=31.25),
    CuePoint(position_s=62.5, kind="loop", number=1, name="<b>&\"'", length_s=7.5),
    CuePoint(position_s=100.0, kind="fade_out"),
)
GRID = (GridMark(position_s=0.25, bpm=122.0, metre=4, beat=1), GridMark(position_s=120.25, bpm=124.0, metre=4, beat=1))
HERE, THERE = "/music", "D:/Music & More/100%"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Songs, one with all that a DJ program can say of it, and lists in folders that came from one."""
    path = put_songs(tmp_path / "library.map4", HOUSE)
    (tmp_path / "Warm.m3u8").write_text("/music/Bob/Fire.mp3\n/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3\n")
    with Library.open(path) as opened:
        opened.imports.read(tmp_path / "Warm.m3u8")
    with closing(sqlite3.connect(path)) as connection, connection:
        place = {"format": "deck", "folders": ["Sets", "2026/27"], "name": "Warm / cold"}
        connection.execute("UPDATE playlists SET header = ?", (json.dumps({"imported": place}),))
        [audio_id] = connection.execute("SELECT audio_id FROM files WHERE title = 'Sky'").fetchone()
        put_imported(
            connection, audio_id, bpm=122.0, key=parse_key("8A"), rating=4.0, play_count=7, last_played="2026-01-31",
            comment="für später", cues=CUES, grid=GRID,
        )  # fmt: skip
    return path


@pytest.mark.parametrize("kind", ["rekordbox", "traktor"])
def test_export_import_export_is_the_identity(library: Path, tmp_path: Path, kind: str) -> None:
    outward = PathMaps(maps=(PathMap.parse(f"{HERE}={THERE}"),))
    inward = PathMaps(maps=(PathMap.parse(f"{THERE}={HERE}"),))
    first, second = tmp_path / f"first.{kind}", tmp_path / f"second.{kind}"
    with Library.open(library) as opened:
        opened.export(first, to=kind, with_grid=True, path_maps=outward)

    # A library of the same files to which nobody has said anything yet.
    with Library.open(put_songs(tmp_path / "fresh.map4", HOUSE)) as fresh:
        done = fresh.imports.read(first, path_maps=inward)
        assert (done.tracks, done.matched, len(done.waiting)) == (7, 7, 0)
        assert len(done.lists) == 1
        fresh.export(second, to=kind, with_grid=True, path_maps=outward)
        sky = next(iter(fresh.search("title:sky")))

    assert second.read_bytes() == first.read_bytes()
    assert sky.imported is not None
    assert [(cue.kind, cue.number, cue.name, cue.length_s) for cue in sky.imported.cues] == [
        (cue.kind, cue.number, cue.name, cue.length_s) for cue in CUES
    ]
    assert [cue.position_s for cue in sky.imported.cues] == pytest.approx([cue.position_s for cue in CUES], abs=0.001)
    assert (sky.imported.rating, sky.imported.play_count, sky.imported.comment) == (4.0, 7, "für später")


def test_a_collection_that_only_traktor_prepared_has_no_cue_points(tmp_path: Path) -> None:
    """Its preference "Store Beatmarker as Hotcue" gives each AutoGrid marker hot cue 1."""
    marker = '<CUE_V2 NAME="AutoGrid" TYPE="4" START="34065.0" LEN="0.0" REPEATS="-1" HOTCUE="0"/>'
    place = '<LOCATION DIR="/:music/:Ann/:" FILE="Sky.mp3" VOLUME="Macintosh HD"/>'
    nml = tmp_path / "collection.nml"
    nml.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<NML VERSION="19"><COLLECTION ENTRIES="1">'
        f'<ENTRY TITLE="Sky" ARTIST="Ann">{place}<TEMPO BPM="130.0"/>{marker}</ENTRY></COLLECTION></NML>'
    )
    with Library.open(put_songs(tmp_path / "library.map4", HOUSE)) as library:
        done = library.imports.read(nml)
        assert (done.matched, done.cues, done.values["cues"], done.grids) == (1, 0, 0, 1)
        assert list(library.search("has:cues")) == []
        library.export(tmp_path / "out.xml", with_grid=True, query="title:sky", to="rekordbox")
        library.export(tmp_path / "out.nml", with_grid=True, query="title:sky")
    [track] = ElementTree.parse(tmp_path / "out.xml").getroot().iterfind("COLLECTION/TRACK")
    assert [(mark.tag, mark.get("Inizio")) for mark in track] == [("TEMPO", "0.373")]
    assert track.get("AverageBpm") == "130.00"
    [back] = ElementTree.parse(tmp_path / "out.nml").getroot().iter("CUE_V2")
    assert (back.get("TYPE"), back.get("HOTCUE"), back.get("NAME")) == ("4", "0", "AutoGrid")
    assert float(back.get("START", "")) == pytest.approx(34065.0, abs=0.001)
