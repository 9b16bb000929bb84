"""`map4 export` to rekordbox, as the whole command."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from conftest import Run
from list_libraries import HOUSE, put_songs


def test_the_suffix_xml_means_rekordbox(inside: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    target = tmp_path / "r.xml"
    result = inside("export", "-o", target, "--with-grid", "--path-map", "/music=D:/Music")
    assert (result.returncode, result.stdout) == (0, "")
    assert f"{target}: 7 tracks (rekordbox, " in result.stderr
    tracks = ElementTree.parse(target).findall("COLLECTION/TRACK")
    assert len(tracks) == 7
    assert all((track.get("Location") or "").startswith("file://localhost/D:/Music/") for track in tracks)
    assert {track.get("AverageBpm") for track in tracks} >= {"122.00"}


def test_what_can_t_be_is_said(inside: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    target = tmp_path / "r.xml"
    found = inside("export", "-o", target, "--relative-to", tmp_path)
    assert (found.returncode, "--relative-to" in found.stderr, target.exists()) == (2, True, False)
    plain = inside("export", "-o", tmp_path / "r.m3u8", "--with-grid")
    assert (plain.returncode, "--with-grid has no effect on m3u8" in plain.stderr) == (2, True)
