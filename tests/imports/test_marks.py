"""Marks of tracks from tags, lists and DJ programs, whose collections go through a library and back."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import mutagen
import pytest
from audio_files import make, noise
from list_libraries import HOUSE, put_songs, song
from serato_files import record

from map4 import Library
from map4.core.base.actor import SCOPES_OF, Actor
from map4.errors import NotAllowedError, UsageError


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


# My Tags, groupings, crates and lists of other programs that become marks, where they are asked for.
XML = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.7.7"/><COLLECTION Entries="3">
<TRACK TrackID="1" Name="One" Location="file://localhost{0}/one.flac" Comments="bought /* Vocal / Peak Time */"/>
<TRACK TrackID="2" Name="Two" Location="file://localhost{0}/two.flac" Grouping="Warm-up; vocal" Comments="/* */"/>
<TRACK TrackID="3" Name="Gone" Location="file://localhost{0}/gone.flac" Comments="/* Vocal */"/>
</COLLECTION><PLAYLISTS><NODE Type="0" Name="ROOT" Count="2">
<NODE Name="Drum &amp; Bass / Jungle" Type="1" KeyType="0" Entries="2"><TRACK Key="1"/><TRACK Key="3"/></NODE>
<NODE Name="2024" Type="0" Count="1"><NODE Name="vocal" Type="1" KeyType="0" Entries="1"><TRACK Key="2"/></NODE></NODE>
</NODE></PLAYLISTS></DJ_PLAYLISTS>
"""


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("one", "two"):
        make(folder / f"{name}.flac", noise(0.2))
    return folder


@pytest.fixture
def library(tmp_path: Path, music: Path) -> Iterator[Library]:
    songs = [song(f"{music}/{name}.flac", "Ann", name, 120.0, "8A", 0.5) for name in ("one", "two")]
    put_songs(tmp_path / "library.map4", songs)
    with closing(Library.open(tmp_path / "library.map4")) as library:
        yield library


@pytest.fixture
def xml(tmp_path: Path, music: Path) -> Path:
    path = tmp_path / "rekordbox.xml"
    path.write_text(XML.format(music))
    return path


def marks_of(library: Library) -> dict[str, tuple[str, ...]]:
    return {
        os.path.basename(track.path).removesuffix(".flac"): track.user.marks or () for track in library.tracks.all()
    }


def test_marks_are_imported_on_request_and_not_after_removal(library: Library, xml: Path) -> None:
    assert library.imports.read(xml).marks == 0
    assert marks_of(library) == {"one": (), "two": ()}
    with pytest.raises(UsageError, match="my-tag, grouping, lists"):
        library.imports.read(xml, marks=["crates"])
    library.imports.read(xml, marks=["my-tag"])
    library.set([track for track in library.tracks.all() if "one" in track.path], unmark=["vocal"])
    library.marks.rename("Peak Time", "peak")
    done = library.imports.read(xml, marks=["my-tag"])
    assert (done.marks, done.marks_step) == (0, None)
    assert "marks that you removed or renamed stay so (2); 'map4 set --mark' sets them" in done.remarks
    assert marks_of(library)["one"] == ("peak",)
    library.values.undo()  # the renaming
    assert marks_of(library)["one"] == ("Peak Time",)


@pytest.mark.parametrize(
    ("sources", "file_marks", "two"),
    [
        (["my-tag"], ("Peak Time", "Vocal"), ()),
        (["grouping"], (), ("vocal", "Warm-up")),
        (["lists"], ("Drum & Bass/Jungle",), ("vocal",)),
        (["my-tag", "grouping", "lists"], ("Drum & Bass/Jungle", "Peak Time", "Vocal"), ("Vocal", "Warm-up")),
    ],
)
def test_every_source_of_marks_gives_its_marks(
    library: Library, xml: Path, sources: Any, file_marks: Any, two: Any
) -> None:
    planned = library.imports.read(xml, marks=sources, dry_run=True)
    assert (planned.marks, planned.marks_step) == (len(file_marks) + len(two), None)
    assert marks_of(library) == {"one": (), "two": ()}
    done = library.imports.read(xml, marks=sources)
    assert (done.marks, marks_of(library)) == (len(file_marks) + len(two), {"one": file_marks, "two": two})
    message = "written otherwise as marks: 'Drum & Bass / Jungle' is 'Drum & Bass/Jungle'"
    assert (message in done.remarks) == ("lists" in sources)
    waits = "1 track with marks without a file here yet; when the files are here, import with --marks again"
    assert (waits in done.remarks) == (sources != ["grouping"])
    assert sorted(done.lists) == ["Drum & Bass - Jungle", "vocal"]  # which they stay
    assert library.imports.read(xml, marks=sources).marks == 0
    library.values.undo(done.marks_step)
    assert marks_of(library) == {"one": (), "two": ()}
    assert library.imports.read(xml, marks=sources).marks == done.marks  # what was undone may be made again


def test_imported_marks_belong_to_the_importing_account(library: Library, xml: Path) -> None:
    ann = Actor(id=7, name="Ann", scopes=SCOPES_OF["admin"])
    hers = library.acting_as(ann)
    assert hers.imports.read(xml, marks=["my-tag"]).marks == 2
    assert [mark.name for mark in hers.marks.all().marks] == ["Peak Time", "Vocal"]
    assert not library.marks.all().marks
    scanner = library.acting_as(Actor(id=8, name="scanner", scopes=frozenset({"read", "scan"})))
    scanner.imports.read(xml)
    with pytest.raises(NotAllowedError, match="scope 'own'"):
        scanner.imports.read(xml, marks=["my-tag"])


def test_crates_become_marks(library: Library, music: Path, tmp_path: Path) -> None:
    crate = tmp_path / "Warm-up.crate"
    head = record(b"vrsn", "1.0/Serato ScratchLive Crate".encode("utf-16-be"))
    row = record(b"otrk", record(b"ptrk", f"{music}/one.flac".lstrip("/").encode("utf-16-be")))
    crate.write_bytes(head + row)
    done = library.imports.read(crate, marks=["lists"])
    assert (done.marks, marks_of(library)) == (1, {"one": ("Warm-up",), "two": ()})


def test_marks_over_the_limit_are_left_out(library: Library, xml: Path) -> None:
    library.set(library.tracks.all(), mark=[f"m{number}" for number in range(199)])
    done = library.imports.read(xml, marks=["my-tag"])
    assert done.marks == 1
    assert "left out: marks of tracks that already have the maximum (1)" in done.remarks


def test_import_of_tags_sets_only_marks(library: Library, music: Path) -> None:
    for name, tags in (("one", {"GROUPING": ["Warm-up", "vocal"], "COMMENT": "late /* Peak */"}), ("two", {})):
        file = mutagen.File(music / f"{name}.flac")
        file.update(tags)
        file.save()
    make(music / "new.flac", noise(0.2))
    with pytest.raises(UsageError, match="choose --marks grouping or --marks my-tag"):
        library.imports.read(music, format_name="tags")
    done = library.imports.read(music, format_name="tags", marks=["grouping", "my-tag"])
    assert (done.tracks, done.matched, done.changed, done.marks) == (3, 2, 0, 3)
    assert marks_of(library) == {"one": ("Peak", "vocal", "Warm-up"), "two": ()}
    assert (library.imports.history(), library.imports.pending()) == ([], [])
    assert library.imports.read(music, format_name="tags", marks=["grouping"]).marks == 0
