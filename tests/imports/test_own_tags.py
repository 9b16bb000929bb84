"""What Serato keeps in the tags of music, taken over by itself and along with Serato's folder."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import serato_files as serato
from audio_files import make, noise
from list_libraries import put_songs, song

from map4 import Library
from map4.core.base.path_maps import PathMap, PathMaps
from map4.core.music.track.cues import CuePoint
from map4.errors import Map4Error, NothingFoundError
from map4.imports.options import ImportOptions
from map4.imports.records import ImportSummary

DROP = CuePoint(position_s=0.5, number=0, name="Drop", color="#c02626")
GRID = serato.grid(last=(0.25, 115.0))


def blocks(name: str = "Drop") -> dict[str, bytes]:
    inside = serato.entries(((0, 500, 0xCC0000, name),), (), 0xFF9999)
    return {"Serato Markers2": serato.markers2(inside), "Serato BeatGrid": GRID}


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Two files with Serato's tags, one without, and one that is no music."""
    folder = tmp_path / "music"
    (folder / "House").mkdir(parents=True)
    serato.put(make(folder / "House" / "a.flac", noise(0.2)), blocks())
    serato.put(make(folder / "b.m4a", noise(0.2)), blocks())
    make(folder / "c.flac", noise(0.2))
    (folder / "d.mp3").write_text("no music")
    return folder


@pytest.fixture
def library(tmp_path: Path, music: Path) -> Iterator[Library]:
    names = ("House/a.flac", "b.m4a", "c.flac", "d.mp3")
    put_songs(tmp_path / "library.map4", [song(f"{music}/{name}", "Ann", name, 120.0, "8A", 0.5) for name in names])
    with closing(Library.open(tmp_path / "library.map4")) as library:
        yield library


def cues_of(library: Library) -> dict[str, tuple[CuePoint, ...]]:
    found = {os.path.basename(track.path): track.imported for track in library.search("")}
    return {name: values.cues for name, values in found.items() if values is not None}


def crated(folder: Path) -> Path:
    """A Serato folder of another machine, with a crate of two tracks."""
    crates = folder / "_Serato_" / "Subcrates"
    crates.mkdir(parents=True)
    names = ("Old/House/a.flac", "Old/b.m4a")
    rows = [serato.record(b"otrk", serato.record(b"ptrk", name.encode("utf-16-be"))) for name in names]
    head = serato.record(b"vrsn", "1.0/Serato ScratchLive Crate".encode("utf-16-be"))
    (crates / "Friday.crate").write_bytes(head + b"".join(rows))
    return crates.parent


def test_changed_and_removed_serato_values_are_updated(library: Library, music: Path) -> None:
    library.imports.read(music, format_name="serato-tags")
    serato.put(music / "b.m4a", blocks("Later"))
    make(music / "House" / "a.flac", noise(0.2))
    assert library.imports.read(music, format_name="serato-tags").changed == 2
    assert {name: cue.name for name, (cue,) in cues_of(library).items()} == {"b.m4a": "Later"}


def test_several_files_and_folders_are_imported_in_turn(library: Library, music: Path) -> None:
    sources = (music / "b.m4a", music / "none", music / "House")
    options = ImportOptions(format_name="serato-tags")
    first, second, third = library.imports.read_each(sources, options)
    assert isinstance(second, Map4Error)
    assert all(isinstance(done, ImportSummary) and done.changed == 1 for done in (first, third))
    assert set(cues_of(library)) == {"a.flac", "b.m4a"}


def test_folder_import_reads_serato_values_of_files_if_present(library: Library, music: Path) -> None:
    with pytest.raises(NothingFoundError, match="there is no file"):
        library.imports.read(music / "none", format_name="serato-tags")
    done = library.imports.read(music, format_name="serato-tags")
    assert (done.tracks, done.matched, done.changed, done.cues, done.grids) == (2, 2, 2, 2, 2)
    assert cues_of(library) == {"a.flac": (DROP,), "b.m4a": (DROP,)}
    [track] = library.search("title:b.m4a has:cues")
    assert (track.imported.color, track.imported.grid[0].bpm, track.imported.bpm) == ("#993333", 115.0, 115.0)
    assert library.imports.read(music, format_name="serato-tags").changed == 0
    library.imports.forget(music)
    assert cues_of(library) == {}


def test_import_of_a_serato_folder_reads_tags_of_its_tracks(library: Library, music: Path, tmp_path: Path) -> None:
    maps = PathMaps(maps=(PathMap.parse(f"/Old={music}"),))
    done = library.imports.read(crated(tmp_path / "stick"), path_maps=maps)
    assert (done.format, done.matched, done.cues, done.lists) == ("serato", 2, 2, ("Friday",))
    assert cues_of(library) == {"a.flac": (DROP,), "b.m4a": (DROP,)}


def test_tags_of_a_waiting_track_are_read_from_its_file(music: Path, tmp_path: Path) -> None:
    drive = music.rename(tmp_path / "Old")
    with closing(Library.open(tmp_path / "new.map4", create=True)) as library:
        done = library.imports.read(crated(tmp_path))
    assert (done.matched, done.cues, [entry.location for entry in done.waiting]) == (
        0, 2, [f"{drive}/House/a.flac", f"{drive}/b.m4a"],
    )  # fmt: skip


def test_named_pipe_is_not_opened(library: Library, music: Path, tmp_path: Path) -> None:
    (music / "b.m4a").unlink()
    os.mkfifo(music / "b.m4a")
    maps = PathMaps(maps=(PathMap.parse(f"/Old={music}"),))
    assert library.imports.read(crated(tmp_path / "stick"), path_maps=maps).cues == 1
    assert library.imports.read(music, format_name="serato-tags").tracks == 1
    assert isinstance(
        next(library.imports.read_each([music / "b.m4a"], ImportOptions(format_name="serato-tags"))), ImportSummary
    )


@pytest.mark.world
def test_scan_ignores_serato_cues(tmp_path: Path) -> None:
    path = serato.put(make(tmp_path / "a.flac", noise(2.0)), blocks())
    with closing(Library.open(tmp_path / "new.map4", create=True)) as library:
        library.scan([path])
        assert cues_of(library) == {}
        assert library.imports.read(path, format_name="serato-tags").changed == 1
        assert cues_of(library) == {"a.flac": (DROP,)}
