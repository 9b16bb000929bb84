"""`map4 export` to rekordbox, as the whole command."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import Run
from list_libraries import HOUSE, put_songs


def collection(path: Path, *tracks: tuple[str, str, str]) -> Path:
    """A collection of rekordbox with tracks of Ann's and others: artist, title, and where it lies."""
    lines = (
        f'<TRACK TrackID="{number}" Name="{title}" Artist="{artist}" TotalTime="240" AverageBpm="99.00" '
        f'Location="file://localhost/{place}"/>'
        for number, (artist, title, place) in enumerate(tracks, start=1)
    )
    text = f'<COLLECTION Entries="{len(tracks)}">{"".join(lines)}</COLLECTION><PLAYLISTS/>'
    path.write_text(f'<DJ_PLAYLISTS Version="1.0.0">{text}</DJ_PLAYLISTS>')
    return path


def test_the_paths_of_the_last_import_are_written_the_other_way_round(inside: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    base = collection(tmp_path / "rb.xml", ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"))
    assert inside("import", base, "--path-map", "D:/DJ=/music").returncode == 0
    into = inside("export", "--into", base, "-o", tmp_path / "new.xml")
    assert (into.returncode, "1 of its 1 tracks changed" in into.stderr) == (0, True), into.stderr
    said = "--path-map of the import of rb.xml, reversed: /music=D:/DJ (--no-path-map leaves it out)"
    assert said in into.stderr

    def places(*options: str) -> set[str]:
        assert inside("export", "-o", tmp_path / "all.xml", *options).returncode == 0
        tracks = ElementTree.parse(tmp_path / "all.xml").findall("COLLECTION/TRACK")
        return {(track.get("Location") or "").removeprefix("file://localhost")[:6] for track in tracks}

    found = [places(), places("--no-path-map"), places("--path-map", "/music=E:/Mp3")]
    assert found == [{"/D:/DJ"}, {"/music"}, {"/E:/Mp"}]
    assert inside("export", "-o", "x.xml", "--no-path-map", "--path-map", "/a=/b").returncode == 2
    assert "D:/DJ" not in inside("export", "-o", "-", "--to", "m3u8").stdout
    # The import of the file itself counts before a later one.
    assert inside("import", collection(tmp_path / "later.xml", ("Bob", "Fire", "music/Bob/Fire.mp3"))).returncode == 0
    assert places() == {"/music"}
    assert inside("export", "--into", base, "-o", tmp_path / "new.xml").returncode == 0


def test_import_suggests_path_maps_for_matching_names(inside: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    base = collection(
        tmp_path / "rb.xml", ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"), ("Bob", "Fire", "D:/DJ/Bob/Fire.mp3"),
        ("Zed", "Off", "E:/Old/Off.mp3"), ("Zoe", "Lost", "Volumes/USB/Lost.mp3"),
    )  # fmt: skip
    told = inside("import", base).stderr
    maps = "--path-map 'D:/DJ=/music' --path-map 'E:/Old=FOLDER' --path-map '/Volumes/USB=FOLDER'"
    assert told.splitlines()[2].endswith(f"; if their folder has another name here: map4 import {base} {maps}"), told
    base = collection(base, ("Ann", "Sky", "D:/DJ/Ann/Sky.mp3"), ("Bob", "Fire", "D:/DJ/Bob/Fire.mp3"))
    assert "with the folders of the file: map4" in inside("import", base, "-v").stderr
    assert inside("import", base, "--path-map", "D:/DJ=/music").stderr.count("--path-map") == 0


@pytest.mark.parametrize(
    ("maps", "places"),
    [
        (("D:/DJ/Old=/music", "D:/DJ/Club=/music"), ("D:/DJ/Old/Ann/Sky.mp3", "D:/dj/Club/Bob/Fire.mp3")),
        (("D:/DJ=/music", "D:/DJ/Old=/music/Bob"), ("D:/DJ/Ann/Sky.mp3", "D:/DJ/Bob/Fire.mp3")),
    ],
)
def test_merged_folders_are_split(inside: Run, tmp_path: Path, maps: tuple[str, str], places: tuple[str, str]) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    base = collection(tmp_path / "rb.xml", ("Ann", "Sky", places[0]), ("Bob", "Fire", places[1]))
    assert inside("import", base, *(f"--path-map={one}" for one in maps)).returncode == 0
    into = inside("export", "--into", base, "-o", tmp_path / "new.xml")
    assert (into.returncode, "2 of its 2 tracks changed" in into.stderr) == (0, True), into.stderr
    assert inside("export", "-o", tmp_path / "all.xml").returncode == 0
    written = [one.get("Location") or "" for one in ElementTree.parse(tmp_path / "all.xml").iter("TRACK")]
    for place in places:
        assert f"file://localhost/{place}".lower() in map(str.lower, written)
