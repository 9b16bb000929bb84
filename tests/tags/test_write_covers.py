"""Covers written into files that have none: of the folder, or of another track of the album; and undone."""

import os
import shlex
from pathlib import Path

import mutagen
import pytest
from click.testing import CliRunner
from covered_albums import picture, tagged
from lanes import sampled

from map4 import Library
from map4.cli.main import cli
from map4.core.audio.tags import read_file_tags
from map4.core.audio.tags.pictures import embedded_cover
from map4.scan.workers.lanes import inline_lanes

KINDS = [
    ("mp3", "JPEG"), ("flac", "PNG"), ("ogg", "JPEG"), ("m4a", "PNG"), ("wav", "JPEG"),
    *(pytest.param(*kind, marks=pytest.mark.world) for kind in (("mp3", "PNG"), ("opus", "PNG"), ("m4a", "JPEG"),
                                                                ("aiff", "PNG"))),
]  # fmt: skip


def opened(tmp_path: Path) -> Library:
    library = Library.open(tmp_path / "library.map4", lanes=inline_lanes)
    library.scan([tmp_path / "album"], jobs=1)
    return library


@pytest.fixture
def album(tmp_path: Path) -> Path:
    (tmp_path / "album").mkdir()
    return tmp_path / "album"


@pytest.mark.parametrize(("suffix", "kind"), sampled(KINDS, every=2))
def test_folder_cover_goes_into_every_format_and_out(tmp_path: Path, album: Path, suffix: str, kind: str) -> None:
    path = tagged(album / f"a.{suffix}")
    data = picture(kind, 300)
    (album / "Folder.png").write_bytes(data)
    old = path.read_bytes()
    with opened(tmp_path) as library:
        [planned] = library.tags.write(library.tracks.all(), fields=["cover"], dry_run=True)
        assert planned.state == "planned"
        assert path.read_bytes() == old
        [done] = library.tags.write(library.tracks.all(), fields=["cover"])
        assert (done.state, done.problem) == ("written", None)
        [field] = done.fields
        assert field.new == f"the picture of Folder.png ({kind}, {len(data) / 1000:,.1f} kB)"
        found = embedded_cover(str(path))
        assert (found.data == data, found.media_type) == (True, f"image/{kind.lower()}")
        tags = read_file_tags(str(path))
        assert (tags.has_picture, tags.album) == (True, "Basement")
        assert library.scan([album]).unchanged == 1
        [again] = library.tags.write(library.tracks.all(), fields=["cover"])
        assert (again.state, again.fields[0].state) == ("unchanged", "same")
        [undone] = library.undo("tags")
        assert (undone.state, path.read_bytes() == old) == ("restored", True)


@pytest.mark.parametrize("suffix", ["mp3", "flac", "m4a"])
def test_written_cover_is_read_by_mutagen(tmp_path: Path, album: Path, suffix: str) -> None:
    path = tagged(album / f"a.{suffix}")
    (album / "cover.jpg").write_bytes(data := picture())
    with opened(tmp_path) as library:
        library.tags.write(library.tracks.all(), fields=["cover", "title"])
    file = mutagen.File(path)
    if suffix == "m4a":
        covers = [(cover.imageformat, bytes(cover)) for cover in file.tags["covr"]]
    else:
        blocks = file.tags.getall("APIC") if suffix == "mp3" else file.pictures
        covers = [(block.type, block.mime, block.data) for block in blocks]
    assert covers == [(13, data) if suffix == "m4a" else (3, "image/jpeg", data)]


def test_the_cover_of_another_track_of_the_album_is_taken(tmp_path: Path, album: Path) -> None:
    names = ("1.mp3", "2.flac", "3.mp3", "4.mp3")
    paths = [
        tagged(album / name, None if name == "4.mp3" else "Other" if name == "3.mp3" else "Basement") for name in names
    ]
    file = mutagen.File(paths[1])
    block = mutagen.flac.Picture()
    block.type, block.mime, block.data = 3, "image/jpeg", picture()
    file.add_picture(block)
    file.save()
    with opened(tmp_path) as library:
        done = {
            os.path.basename(change.path): change
            for change in library.tags.write(library.tracks.all(), fields=["cover"])
        }
    assert {name: (change.state, change.fields[0].state) for name, change in done.items()} == {
        "1.mp3": ("written", "write"), "2.flac": ("unchanged", "same"),
        "3.mp3": ("unchanged", "unknown"), "4.mp3": ("unchanged", "unknown"),
    }  # fmt: skip
    assert str(done["1.mp3"].fields[0].new).startswith("the picture of 2.flac (JPEG, ")
    assert [embedded_cover(str(path)) is not None for path in paths] == [True, True, False, False]


@pytest.mark.world
def test_command_of_the_doctor_writes_missing_covers(tmp_path: Path, album: Path) -> None:
    for name in ("1.mp3", "2.mp3", "3.mp3"):
        tagged(album / name, cover=picture() if name == "1.mp3" else None)
    with opened(tmp_path) as library:
        [finding] = library.doctor.findings(only=["cover_missing"])
        [choice] = finding.choices
        assert (choice.values, len(choice.audio_ids or ())) == (None, 2)
        program, *words = shlex.split(choice.command)
        assert (program, words) == ("map4", ["tags", "write", str(album), "--cover"])
        done = CliRunner().invoke(cli, ["--library", library.path, *words, "--yes"])
        assert done.exit_code == 0, done.output
        assert list(library.doctor.findings(only=["cover_missing"])) == []
        library.undo("tags")
        assert len(list(library.doctor.findings(only=["cover_missing"]))) == 1


def test_file_without_a_tag_gets_no_empty_tag(tmp_path: Path, album: Path) -> None:
    path = tagged(album / "a.mp3", None)
    old = path.read_bytes()
    with opened(tmp_path) as library:
        [done] = library.tags.write(library.tracks.all(), fields=["isrc", "cover"])
    assert (done.state, path.read_bytes() == old) == ("unchanged", True)


def test_bad_large_or_present_cover_is_left(tmp_path: Path, album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tagged(album / "a.mp3")
    (album / "cover.jpg").write_bytes(b"no picture")
    with opened(tmp_path) as library:
        assert library.tags.write(library.tracks.all(), fields=["cover"])[0].fields[0].state == "unknown"
        (album / "cover.jpg").write_bytes(picture())
        with monkeypatch.context() as patched:
            patched.setattr("map4.tags.plan.MOST_BYTES", 100)
            assert library.tags.write(library.tracks.all(), fields=["cover"])[0].fields[0].state == "unknown"
        library.tags.write(library.tracks.all(), fields=["cover"])
        written = path.read_bytes()
        (album / "cover.jpg").write_bytes(picture("PNG"))
        [done] = library.tags.write(library.tracks.all(), fields=["cover"], overwrite=True)
        assert (done.state, path.read_bytes() == written) == ("unchanged", True)
