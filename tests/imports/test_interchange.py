"""A collection of a DJ program goes through a library and back."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from list_libraries import HOUSE, put_songs

from map4 import Library


def test_grid_markers_of_traktor_are_no_cue_points(tmp_path: Path) -> None:
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
