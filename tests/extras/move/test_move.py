"""`map4 move`: the certificate counts what arrived, and names every loss."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from audio_files import make, noise
from conftest import SHARED, Run
from covered_albums import tagged
from extras.move.planted import PLANTED
from lanes import sampled
from program_files import PROGRAM_FILES, ProgramFile, library_of
from schemas import validate, validated

from map4 import Library
from map4.core.base.path_maps import PathMaps
from map4.core.store.output import OutputFileError
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.move.records import Certificate, Loss
from map4.extras.move.source import read_files, read_library
from map4.extras.move.targets import TARGETS
from map4.extras.move.use import compare, usual_place
from map4.extras.move.views import certificate_table, loss_lines, tag_options

WRITTEN = ("rekordbox5.xml", "rekordbox6.xml", "traktor-collection.nml", "traktor-cuepoints.nml")
FILES = {"rekordbox": "rekordbox.xml", "traktor": "map4.nml"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4", create=True) as opened:
        yield opened


def counted_losses(certificate: Certificate) -> Counter[str]:
    return Counter(loss.kind for loss in certificate.losses for _ in range(loss.count))


LOSSES: dict[tuple[str, str], dict[str, int]] = {
    ("rekordbox", "rekordbox"): {},
    ("rekordbox", "traktor"): {"names": 2, "colors": 1, "grids": 1},
    ("rekordbox", "virtualdj"): {"names": 2, "dates": 2, "memory_cues": 1, "grids": 1},
    ("traktor", "rekordbox"): {"ratings": 1, "colors": 1},
    ("traktor", "traktor"): {},
    ("traktor", "virtualdj"): {"names": 1, "ratings": 1, "dates": 2, "memory_cues": 2},
}
"""Counted by hand in the files of `program_files`."""


@pytest.mark.parametrize(("program", "target"), LOSSES)
def test_certificate_counts_changed_values(tmp_path: Path, library: Library, program: str, target: str) -> None:
    certificate = library.move(library_of(program, tmp_path), target, output=tmp_path / "moved")
    assert counted_losses(certificate) == LOSSES[program, target]
    assert certificate.is_complete
    assert {count.kind for count in certificate.kinds} >= {"tracks", "names", "lists", "folders", "order", "hot_cues"}
    for count in certificate.kinds:
        assert count.total == count.equal + count.changed + count.missing
        assert count.changed + count.missing == LOSSES[program, target].get(count.kind, 0)


@pytest.mark.parametrize(("target", "is_complete"), [("serato", False), ("folder", True)])
def test_crates_and_m3u_keep_only_lists(tmp_path: Path, library: Library, target: str, is_complete: bool) -> None:
    certificate = library.move(library_of("rekordbox", tmp_path), target, output=tmp_path / "moved")
    arrived = {count.kind: count.equal for count in certificate.kinds if count.equal}
    assert arrived == {"tracks": 3, "lists": 2, "folders": 1, "order": 2}
    missing = {
        "names": 15, "hot_cues": 2, "memory_cues": 1, "loops": 2, "grids": 2, "tempi": 2, "keys": 1, "ratings": 1,
        "plays": 2, "dates": 2, "colors": 1, "comments": 1,
    }  # fmt: skip
    assert {count.kind: count.missing for count in certificate.kinds if count.missing} == missing
    assert counted_losses(certificate) == missing
    assert certificate.is_complete is is_complete  # map4 writes no grids into Serato's tags


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
@pytest.mark.parametrize(("name", "target"), sampled(list(product(WRITTEN, ("rekordbox", "traktor", "virtualdj"))), 4))
def test_files_of_programs_are_moved_without_loss(tmp_path: Path, library: Library, name: str, target: str) -> None:
    source = SHARED / "interchange" / name
    certificate = library.move(source, target, output=tmp_path / "moved")
    assert certificate.is_complete, [loss for loss in certificate.losses if loss.program_holds]


def test_certificate_counts_what_could_not_be_read(tmp_path: Path, library: Library) -> None:
    rows = (
        ("2017-8-14", "153"), ("2019-12-07", "0"), ("2017-13-45", "many"), ("2018/3/1 9:05:00", "51"),
        ("1900-01-01", ""), ("2150-01-01", "102"),
    )  # fmt: skip
    tracks = "".join(
        f'<TRACK TrackID="{n}" Name="T{n}" DateAdded="{day}" Rating="{rating}" Location="file://localhost/m/{n}.mp3">'
        f'<POSITION_MARK Name="" Type="0" Start="{n if n != 2 else "soon"}" Num="{n if n != 4 else "x"}"/></TRACK>'
        for n, (day, rating) in enumerate(rows)
    )
    source = tmp_path / "rekordbox.xml"
    source.write_text(
        f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="6">{tracks}</COLLECTION>'
        '<PLAYLISTS><NODE Type="0" Name="ROOT"/></PLAYLISTS></DJ_PLAYLISTS>'
    )
    # The target, which kinds it can hold, and how much of what can't be read it could hold.
    for target, held, lost in (("traktor", {"dates", "ratings"}, 5), ("serato", {"dates"}, 4), ("folder", set(), 0)):
        certificate = library.move(source, target, output=tmp_path / target, dry_run=True)
        validate(certificate.to_record())
        assert {(unread.what, unread.field, unread.kind, unread.count) for unread in certificate.not_read} == {
            ("dates added that can't be read", "date_added", "dates", 1),
            ("dates added that no track can have", "date_added", "dates", 1),
            ("ratings that can't be read", "rating", "ratings", 1),
            ("cue points that can't be read", "cues", None, 1),
            ("buttons of cue points that can't be read", "cues.number", None, 1),
        }
        counts = {count.kind: count for count in certificate.kinds}
        assert (counts["dates"].total, counts["ratings"].total) == (5, 4)
        for kind in ("dates", "ratings"):
            count = counts[kind]
            assert count.total == count.equal + count.changed + count.missing
            assert (count.program_holds > 0) is (kind in held)
        assert sum(unread.count for unread in certificate.not_read if unread.program_holds) == lost
        assert certificate.is_complete is (target == "folder")
    assert [counts[kind].equal for kind in ("dates", "ratings")] == [0, 0]
    whole = library.move(source, "traktor", output=tmp_path / "whole")
    assert [(count.equal, count.missing) for count in whole.kinds if count.kind in ("ratings", "dates")] == [
        (3, 1),
        (2, 2),
    ]
    assert "Nothing was lost" not in (tmp_path / "whole/certificate.html").read_text("utf-8")
    table = certificate_table(whole, TARGETS["traktor"])
    assert "dates added that can't be read (1)" in "".join(map(str, table.columns[-1].cells))


OTHER_FILES = [
    program for program in PROGRAM_FILES if program.importer in ("cue", "serato-tags") or "history" in program.row
]
LIBRARIES = [program for program in PROGRAM_FILES if program not in OTHER_FILES]


@pytest.mark.parametrize(
    "program", [program for program in LIBRARIES if not program.makes_from_shared], ids=lambda program: program.importer
)
def test_library_of_every_program_can_be_moved(tmp_path: Path, library: Library, program: ProgramFile) -> None:
    source = program.make(tmp_path)
    target = "traktor" if program.importer.startswith("rekordbox") else "rekordbox"
    certificate = library.move(source, target, output=tmp_path / "moved")
    lost = [loss for loss in certificate.losses if loss.program_holds and loss.compared]
    assert (lost, certificate.not_read) == ([], ())
    assert certificate.is_complete is not any(loss.program_holds for loss in certificate.losses)


@pytest.mark.parametrize("program", OTHER_FILES, ids=lambda program: program.importer)
def test_files_that_are_no_library_are_refused(tmp_path: Path, library: Library, program: ProgramFile) -> None:
    with pytest.raises(Map4Error, match=r"map4 import|not a library"):
        library.move(program.make(tmp_path), "rekordbox")


@pytest.mark.parametrize(
    ("target", "lost"),
    [
        ("mixxx", {"names": 1, "hot_cues": 1, "ratings": 1, "grids": 1, "tempi": 1}),
        ("navidrome", {"names": 1, "ratings": 1, "tempi": 1}),
        ("serato", {"names": 1, "grids": 1, "tempi": 1}),
        ("folder", {}),
    ],
)
def test_move_names_values_not_in_files(tmp_path: Path, library: Library, target: str, lost: dict[str, int]) -> None:
    music = tagged(tmp_path / "a.mp3")
    source = tmp_path / "source.xml"
    source.write_text(
        '<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1"><TRACK TrackID="1" Album="Basement" Genre="House" '
        f'Rating="204" AverageBpm="128.00" Location="file://localhost{music}"><TEMPO Inizio="0.1" Bpm="128.00" '
        'Metro="4/4" Battito="1"/><POSITION_MARK Name="" Type="0" Start="1.5" Num="0"/></TRACK></COLLECTION>'
        '<PLAYLISTS><NODE Type="0" Name="ROOT"/></PLAYLISTS></DJ_PLAYLISTS>'
    )
    planned = library.move(source, target, output=tmp_path / "moved", dry_run=True)
    moved = library.move(source, target, output=tmp_path / "moved")
    validate(moved.to_record())
    assert moved.kinds == planned.kinds
    assert Counter(loss.kind for loss in moved.losses if loss.program_holds) == lost
    assert (moved.lost, moved.is_complete) == (sum(lost.values()), not lost)
    counts = {count.kind: (count.total, count.program_holds, count.equal) for count in moved.kinds}
    assert counts["hot_cues"] == {"mixxx": (1, 1, 0), "serato": (1, 1, 1)}.get(target, (1, 0, 0))
    assert {"grids"} <= {loss.kind for loss in moved.losses if not loss.compared}
    page = (tmp_path / "moved/certificate.html").read_text("utf-8")
    title = TARGETS[target].title
    assert (f"{title} can hold them." in page) == bool(lost)
    assert (f"Nothing was lost that {title} can hold." in page) != bool(lost)


@pytest.mark.parametrize("target", FILES)
@pytest.mark.parametrize("what", PLANTED)
def test_certificate_names_a_planted_loss(tmp_path: Path, library: Library, target: str, what: str) -> None:
    kind, plant = PLANTED[what]
    source, folder = str(library_of("rekordbox", tmp_path)), str(tmp_path / "moved")
    library.move(source, target, output=folder)
    file = tmp_path / "moved" / FILES[target]
    tree = ElementTree.parse(file)
    plant[target](tree.getroot())
    tree.write(file)
    result = read_files(target, folder, [FILES[target]])
    losses = compare(read_library(source), TARGETS[target], result, PathMaps(), {}, {}).losses
    assert kind in {loss.kind for loss in losses if loss.program_holds}


def test_serato_gets_crates_and_cue_points_in_tags_that_can_be_undone(tmp_path: Path, library: Library) -> None:
    music = make(tmp_path / "a.mp3", noise(0.2))
    before = music.read_bytes()
    marks = "".join(
        f'<POSITION_MARK Name="{name}" Type="0" Start="{at}" Num="{button}"/>'
        for name, at, button in (("One", 1.5, 2), ("Two", 2.5, -1), *(("", 3.0 + at, 8 + at) for at in range(8)))
    )
    source = tmp_path / "source.xml"
    source.write_text(
        '<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1"><TRACK TrackID="1" '
        f'Location="file://localhost{music}">{marks}</TRACK></COLLECTION><PLAYLISTS><NODE Type="0" Name="ROOT">'
        '<NODE Type="1" Name="Fri/day" KeyType="0"><TRACK Key="1"/></NODE></NODE></PLAYLISTS></DJ_PLAYLISTS>'
    )
    certificate = library.move(source, "serato", output=tmp_path / "drive")
    counts = {count.kind: count for count in certificate.kinds}
    assert (counts["hot_cues"].equal, counts["hot_cues"].changed, counts["hot_cues"].missing) == (1, 6, 2)
    reasons = {loss.reason for loss in certificate.losses}
    assert "Serato holds 8 cue points" in reasons
    assert "Serato has no memory cues: it is on a free button" in reasons
    assert certificate.is_complete
    assert (tmp_path / "drive/_Serato_/Subcrates/Fri_day.crate").exists()
    # A second move finds the buttons taken, and leaves them.
    again = library.move(source, "serato", output=tmp_path / "drive2")
    assert [count.equal for count in again.kinds if count.kind == "hot_cues"] == [1]
    assert certificate.journal is not None
    assert [done.state for done in library.undo("tags", certificate.journal)] == ["restored"]
    assert music.read_bytes() == before


def test_smart_lists_move_only_to_navidrome(tmp_path: Path, library: Library) -> None:
    source = tmp_path / "lists"
    source.mkdir()
    (source / "Best.nsp").write_text('{"name": "Best", "all": [{"gt": {"rating": 3}}], "sort": "title", "limit": 50}')
    (source / "Plain.m3u8").write_text("#EXTM3U\n/music/a.mp3\n/music/b.mp3\n")
    certificate = library.move(source, "navidrome", output=tmp_path / "moved")
    assert {count.kind: count.equal for count in certificate.kinds} | {"names": 0} == {
        "tracks": 2, "names": 0, "lists": 1, "order": 1, "smart_lists": 1
    }  # fmt: skip
    [loss] = [
        loss for loss in library.move(source, "mixxx", output=tmp_path / "mixxx").losses if loss.kind == "smart_lists"
    ]
    assert (loss.reason, loss.program_holds) == ("Mixxx has none that map4 knows", False)


def test_impossible_moves_are_refused_and_rounded_tempi_are_equal(tmp_path: Path, library: Library) -> None:
    source = library_of("rekordbox", tmp_path)
    for target, way in (
        ("engine", "move to rekordbox"),
        ("apple", "move to folder"),
        ("trktor", "did you mean traktor"),
    ):
        with pytest.raises(UsageError, match=way):
            library.move(source, target)
    with pytest.raises(NothingFoundError, match=r"name the file instead|usual place"):
        library.move("mixxx", "traktor")
    kept = tmp_path / "moved" / "map4.nml"
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(OutputFileError, match="--force"):
        library.move(source, "traktor", output=kept.parent)
    planned = library.move(source, "traktor", output=kept.parent, dry_run=True)
    assert (kept.read_text(), "--force" in " ".join(planned.remarks)) == ("mine", True)
    database = tmp_path / "drive/VirtualDJ/database.xml"
    database.parent.mkdir(parents=True)
    database.write_text("years of work")
    with pytest.raises(OutputFileError, match="never replaces"):
        library.move(source, "virtualdj", output=tmp_path / "drive", force=True)
    assert database.read_text() == "years of work"
    text = re.sub(r' AverageBpm="[^"]*"', ' AverageBpm="138.00"', source.read_text("utf-8"))
    source.write_text(re.sub(r' Bpm="[^"]*"', ' Bpm="137.99"', text), "utf-8")
    [tempi] = [count for count in library.move(source, "traktor", output=tmp_path).kinds if count.kind == "tempi"]
    assert (tempi.equal, tempi.changed) == (tempi.total, 0)


def test_killed_move_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = library_of("rekordbox", tmp_path), tmp_path / "drive"

    def moved() -> Certificate:
        with Library.open(Library.IN_MEMORY) as library:
            return library.move(source, "virtualdj", output=out)

    left = out / "VirtualDJ/database.xml.partial-deadbeef"
    with monkeypatch.context() as patched:
        patched.setattr("map4.extras.move.use.read_files", None)
        with pytest.raises(TypeError):
            moved()
    left.write_bytes(b"half")
    complete = moved()
    wanted = {*map(Path, complete.files), out / "certificate.html"}
    assert {path for path in out.rglob("*") if path.is_file()} == wanted
    with pytest.raises(OutputFileError, match="never replaces"):
        moved()


def test_move_never_replaces_its_source(tmp_path: Path, library: Library) -> None:
    source = library_of("rekordbox", tmp_path)
    before = source.read_bytes()
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "Tracks in no list.m3u8").write_text("#EXTM3U\n# mine\n/music/a.mp3\n")
    for moved, target, folder in ((source, "rekordbox", tmp_path), (lists, "folder", lists)):
        with pytest.raises(OutputFileError, match="part of FROM"):
            library.move(moved, target, output=folder, force=True)
    assert (source.read_bytes(), [file.name for file in lists.iterdir()]) == (before, ["Tracks in no list.m3u8"])
    # A list of this name is one of the source.
    counts = {count.kind: count.equal for count in library.move(lists, "folder", output=tmp_path / "new").kinds}
    assert counts == {"tracks": 1, "lists": 1, "order": 1}


def test_the_newest_version_of_a_program_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    versions = [tmp_path / "Documents/Native Instruments" / f"Traktor {number}" for number in ("3.11.1", "3.9.0")]
    apple = [tmp_path / "Music/Music/Library.xml", tmp_path / "Music/iTunes/iTunes Music Library.xml"]
    for file in [version / "collection.nml" for version in versions] + apple:
        file.parent.mkdir(parents=True)
        file.touch()
    assert (usual_place("traktor"), usual_place("apple")) == (str(versions[0] / "collection.nml"), str(apple[0]))


def test_command_plans_confirms_and_reports_losses(tmp_path: Path, inside: Run) -> None:
    source = library_of("rekordbox", tmp_path)
    move = ("move", source, "traktor", "-o", tmp_path / "moved")
    planned = validated(inside(*move, "--dry-run", "--json").stdout, "move")
    assert (planned["dry_run"], planned["complete"], (tmp_path / "moved").exists()) == (True, True, False)
    assert inside(*move).returncode == 2  # no terminal to ask on
    done = inside(*move, "--yes")
    assert (done.returncode, "Nothing was lost that Traktor can hold." in done.stderr) == (0, True)
    assert re.search(r"tracks +3 +3", done.stdout)
    page = (tmp_path / "moved/certificate.html").read_text("utf-8")
    assert "From rekordbox to Traktor" in page
    assert not re.search(r"(src|href)=.https?:", page)
    moved = validated(inside(*move, "--yes", "--force", "--json").stdout, "move")
    assert planned["kinds"] == moved["kinds"]
    paths = ("--path-map", "/music=D:/Music", "-o", tmp_path / "windows", "--yes")
    assert inside("move", source, "rekordbox", *paths).returncode == 0
    assert "file://localhost/D:/Music/" in (tmp_path / "windows/rekordbox.xml").read_text("utf-8")
    lost = inside("move", source, "serato", "-o", tmp_path / "crates", "--yes")
    shown = " ".join(lost.stdout.split())
    assert (lost.returncode, "not in the files or the tags of the music" in shown) == (3, True)
    errors = " ".join(lost.stderr.split())
    assert errors.count("key: not in the files or the tags of the music") == 1
    assert re.search(r"next: map4 import \S+, then map4 tags write --key --bpm --comment --query is:any;", errors)


def test_losses_of_one_reason_are_one_line_and_renamed_tracks_count_once(tmp_path: Path, inside: Run) -> None:
    more = {"arrival": "missing", "program_holds": True, "compared": False}
    losses = [
        Loss(kind="keys", item="key", reason="not in the tags", track=f"{n}", before="8A", **more) for n in range(89)
    ]
    losses.append(Loss(kind="tempi", item="tempo", reason="not in the tags", track="1", before="120", **more))
    certificate = SimpleNamespace(losses=losses)
    assert list(loss_lines(certificate)) == [
        "89 tracks: key: not in the tags",
        "1: tempo: not in the tags (120 -> nothing)",
    ]
    assert list(loss_lines(certificate, 1)) == ["89 tracks: key: not in the tags", "1 more"]
    assert tag_options(certificate) == ["--key", "--bpm"]
    source = tmp_path / "source.xml"
    source.write_text(
        '<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1"><TRACK TrackID="1" Name="Caf" '
        'Location="file://localhost/music/Caf%E9.mp3"/></COLLECTION></DJ_PLAYLISTS>'
    )
    done = inside("move", source, "virtualdj", "-o", tmp_path / "moved", "--yes")
    assert re.search(r"^tracks +1 +1 +- +- +1  it is not", done.stdout, re.MULTILINE), done.stdout
