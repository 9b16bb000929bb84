"""`map4 move`: the certificate counts what arrived, and names every loss."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import pytest
from audio_files import make, noise
from conftest import SHARED, Run
from covered_albums import tagged
from extras.move.made_libraries import rekordbox_library, traktor_library
from extras.move.planted import plant
from lanes import sampled
from program_files import PROGRAM_FILES, ProgramFile, read_file
from schemas import validate, validated

from map4 import Library
from map4.base.path_maps import PathMaps
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.move.compare import compare
from map4.extras.move.records import Certificate
from map4.extras.move.source import read_files, read_library
from map4.extras.move.targets import NAMES, TARGETS
from map4.extras.move.usual_places import usual_place
from map4.formats import importers
from map4.store.output import OutputFileError

MADE: dict[str, Callable[[Path, int], Path]] = {".xml": rekordbox_library, ".nml": traktor_library}
WRITTEN = ("rekordbox5.xml", "rekordbox6.xml", "traktor-collection.nml", "traktor-cuepoints.nml")
FILES = {"rekordbox": "rekordbox.xml", "traktor": "map4.nml"}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library.map4", create=True) as opened:
        yield opened


LOSSES: dict[tuple[str, str], dict[str, int]] = {
    (".xml", "rekordbox"): {},
    (".xml", "traktor"): {"names": 12, "colors": 9, "hot_cues": 8, "loops": 1},
    (".xml", "virtualdj"): {"names": 12, "dates": 12, "memory_cues": 11},
    (".nml", "rekordbox"): {"grids": 11, "colors": 11, "hot_cues": 11, "ratings": 4},
    (".nml", "traktor"): {},
    (".nml", "virtualdj"): {"dates": 24, "hot_cues": 6, "ratings": 4, "folders": 1},
}
"""Confirmed once by readers that share no code with map4."""


@pytest.mark.parametrize(("suffix", "target"), sampled([*LOSSES], 2))
def test_certificate_counts_changed_values(tmp_path: Path, library: Library, suffix: str, target: str) -> None:
    certificate = library.move(MADE[suffix](tmp_path / f"source{suffix}", 7), target, output=tmp_path / "moved")
    assert Counter(loss.kind for loss in certificate.losses) == LOSSES[suffix, target]
    assert certificate.is_complete
    assert {count.kind for count in certificate.kinds} >= {"tracks", "names", "lists", "folders", "order", "hot_cues"}
    for count in certificate.kinds:
        assert count.total == count.equal + count.changed + count.missing
        assert count.changed + count.missing == LOSSES[suffix, target].get(count.kind, 0)


@pytest.mark.parametrize(("target", "is_complete"), [("serato", False), ("folder", True)])
def test_crates_and_m3u_keep_only_lists(tmp_path: Path, library: Library, target: str, is_complete: bool) -> None:
    certificate = library.move(rekordbox_library(tmp_path / "source.xml", 7), target, output=tmp_path / "moved")
    arrived = {count.kind: count.equal for count in certificate.kinds if count.equal}
    assert arrived == {"tracks": 12, "lists": 3, "folders": 1, "order": 3}
    missing = {
        "names": 96, "hot_cues": 32, "memory_cues": 11, "loops": 5, "grids": 12, "tempi": 12, "keys": 12, "ratings": 10,
        "plays": 12, "dates": 12, "colors": 9, "comments": 5,
    }  # fmt: skip
    assert {count.kind: count.missing for count in certificate.kinds if count.missing} == missing
    lost = Counter[str]()
    for loss in certificate.losses:
        lost[loss.kind] += loss.count
    assert lost == missing
    assert certificate.is_complete is is_complete  # map4 writes no grids into Serato's tags


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
@pytest.mark.parametrize(("name", "target"), sampled(list(product(WRITTEN, ("rekordbox", "traktor", "virtualdj"))), 4))
def test_files_of_programs_are_moved_without_loss(tmp_path: Path, library: Library, name: str, target: str) -> None:
    source = SHARED / "interchange" / name
    certificate = library.move(source, target, output=tmp_path / "moved")
    assert certificate.is_complete, [loss for loss in certificate.losses if loss.program_holds]


OTHER_FILES = [each for each in PROGRAM_FILES if each.importer in ("cue", "serato-tags") or "history" in each.row]
LIBRARIES = [each for each in PROGRAM_FILES if each not in OTHER_FILES]


@pytest.mark.parametrize(
    "program", [each for each in LIBRARIES if not each.makes_from_shared], ids=lambda each: each.importer
)
def test_library_of_every_program_can_be_moved(tmp_path: Path, library: Library, program: ProgramFile) -> None:
    source = program.make(tmp_path)
    target = "traktor" if program.importer.startswith("rekordbox") else "rekordbox"
    certificate = library.move(source, target, output=tmp_path / "moved")
    lost = [loss for loss in certificate.losses if loss.files_hold]
    assert (lost, certificate.not_read) == ([], ())
    assert certificate.is_complete is not any(loss.program_holds for loss in certificate.losses)


@pytest.mark.parametrize("program", OTHER_FILES, ids=lambda each: each.importer)
def test_files_that_are_no_library_are_refused(tmp_path: Path, library: Library, program: ProgramFile) -> None:
    with pytest.raises(Map4Error, match=r"map4 import|not a library"):
        library.move(program.make(tmp_path), "rekordbox")


def kinds_read(program: ProgramFile, path: Path) -> set[str]:
    """The kinds that map4 reads from a file of a program, with the texts of `names`."""
    read = read_file(program, path)
    values = [track.values for track in read.tracks]
    fields = dict(
        keys="key", ratings="rating", plays="play_count", dates="last_played", tempi="bpm", colors="color",
        comments="comment", grids="grid", phrases="structure", vocals="vocals", **{name: name for name in NAMES},
    )  # fmt: skip
    cues = [cue for each in values for cue in each.cues]
    found = {
        "dates": any(each.date_added for each in values),
        "hot_cues": any(cue.kind != "loop" and cue.number is not None for cue in cues),
        "memory_cues": any(cue.kind != "loop" and cue.number is None for cue in cues),
        "loops": any(cue.kind == "loop" for cue in cues),
        "marks": any(track.my_tags for track in read.tracks),
        "smart_lists": any(listed.live is not None for listed in read.lists),
        "histories": any(listed.kind == "history" for listed in read.lists),
        "lists": any(listed.kind == "list" for listed in read.lists),
        "folders": any(listed.folders for listed in read.lists),
    }
    kinds = {kind for kind, field in fields.items() if any(getattr(each, field) for each in values)}
    return kinds | {kind for kind, is_there in found.items() if is_there}


def test_programs_are_declared_to_hold_what_map4_reads_from_them(tmp_path: Path, library: Library) -> None:
    files, reads = list[Path](), dict[str, set[str]]()
    for number, program in enumerate(PROGRAM_FILES):
        (folder := tmp_path / str(number)).mkdir()
        if program.makes_from_shared and not (SHARED.exists() and find_spec("pyrekordbox")):
            continue
        path = program.make(folder, *([SHARED] if program.makes_from_shared else []))
        name = importers()[program.importer].program or "none"
        reads[name] = reads.get(name, set()) | kinds_read(program, path)
        if program in LIBRARIES:
            files.append(path)
    programs = [target for target in TARGETS if target in reads]
    assert programs == ["rekordbox", "traktor", "serato", "virtualdj", "mixxx"]
    for source, target in product(files, programs):
        losses = library.plan_move(str(source), target).certificate.losses
        denied = [loss for loss in losses if not loss.program_holds and loss.after is None]
        lacking = {loss.item.replace(" ", "_") if loss.kind == "names" else loss.kind for loss in denied}
        assert not lacking & reads[target], (source, target, denied)


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
    planned = library.plan_move(source, target, output=tmp_path / "moved").certificate
    moved = library.move(source, target, output=tmp_path / "moved")
    validate(moved.to_record())
    assert moved.kinds == planned.kinds
    assert Counter(loss.kind for loss in moved.losses if loss.program_holds) == lost
    assert (moved.lost, moved.is_complete) == (sum(lost.values()), not lost)
    assert not any(loss.files_hold for loss in moved.losses)
    counts = {count.kind: (count.total, count.program_holds, count.files_hold) for count in moved.kinds}
    assert counts["hot_cues"] == {"mixxx": (1, 1, 0), "serato": (1, 1, 1)}.get(target, (1, 0, 0))
    page = (tmp_path / "moved/certificate.html").read_text("utf-8")
    title = TARGETS[target].title
    assert (f"{title} can hold them." in page) == bool(lost)
    assert (f"Nothing was lost that {title} can hold." in page) != bool(lost)


@pytest.mark.parametrize(
    "seeds",
    [range(3), *(pytest.param(range(at, at + 20), marks=pytest.mark.world) for at in range(1000, 1200, 20))],
    ids=str,
)
def test_certificate_names_each_planted_loss(tmp_path: Path, library: Library, seeds: range) -> None:
    for suffix, target in ((".nml", "rekordbox"), (".xml", "traktor"), (".xml", "rekordbox")):
        source = MADE[suffix](tmp_path / f"{target}-source{suffix}", seeds.start)
        library.move(source, target, output=tmp_path / target, force=True)
        file = tmp_path / target / FILES[target]
        sound, read = file.read_bytes(), read_library(str(source))
        for seed in seeds[{"traktor": 0}.get(target, 1) :: 3] if suffix == ".xml" else seeds[2::3]:
            file.write_bytes(sound)
            what, kind, name = plant(file, random.Random(seed))
            result = read_files(target, str(tmp_path / target), [FILES[target]])
            losses = [loss for loss in compare(read, TARGETS[target], result, PathMaps(), {}).losses if loss.files_hold]
            assert any(
                (kind in loss.kind if kind == "cues" else loss.kind == kind)
                and (name is None or unquote(name) in (loss.track or ""))
                for loss in losses
            ), (seed, target, what, name, losses)


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
    assert "Serato holds 8 of 10 cue points" in reasons
    assert "Serato has no memory cues: it is on the free button 1" in reasons
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
    assert (loss.reason, loss.program_holds) == ("an M3U8 list has tracks, not rules", False)


def test_impossible_moves_are_refused_with_a_hint(tmp_path: Path, library: Library) -> None:
    source = rekordbox_library(tmp_path / "source.xml", 1)
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
    assert kept.read_text() == "mine"
    database = tmp_path / "drive/VirtualDJ/database.xml"
    database.parent.mkdir(parents=True)
    database.write_text("years of work")
    with pytest.raises(OutputFileError, match="never replaces"):
        library.move(source, "virtualdj", output=tmp_path / "drive", force=True)
    assert database.read_text() == "years of work"


def test_tempo_rounded_from_its_grid_counts_as_equal(tmp_path: Path, library: Library) -> None:
    source = rekordbox_library(tmp_path / "source.xml", 1)
    text = re.sub(r' AverageBpm="[^"]*"', ' AverageBpm="138.00"', source.read_text("utf-8"))
    source.write_text(re.sub(r' Bpm="[^"]*"', ' Bpm="137.99"', text), "utf-8")
    [tempi] = [count for count in library.move(source, "traktor", output=tmp_path).kinds if count.kind == "tempi"]
    assert (tempi.equal, tempi.changed) == (tempi.total, 0)


def test_killed_move_is_completed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = rekordbox_library(tmp_path / "source.xml", 1), tmp_path / "drive"

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
    source = rekordbox_library(tmp_path / "rekordbox.xml", 1)
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
    source = rekordbox_library(tmp_path / "source.xml", 3)
    move = ("move", source, "traktor", "-o", tmp_path / "moved")
    planned = validated(inside(*move, "--dry-run", "--json").stdout, "move")
    assert (planned["dry_run"], planned["complete"], (tmp_path / "moved").exists()) == (True, True, False)
    assert inside(*move).returncode == 2  # no terminal to ask on
    done = inside(*move, "--yes")
    assert (done.returncode, "Nothing was lost that Traktor can hold." in done.stderr) == (0, True)
    assert re.search(r"tracks +12 +12", done.stdout)
    page = (tmp_path / "moved/certificate.html").read_text("utf-8")
    assert "From rekordbox to Traktor" in page
    assert not re.search(r"(src|href)=.https?:", page)
    moved = validated(inside(*move, "--yes", "--force", "--json").stdout, "move")
    assert planned["kinds"] == moved["kinds"]
    paths = ("--path-map", "/Users/ann/Music=D:/Music", "-o", tmp_path / "windows", "--yes")
    assert inside("move", source, "rekordbox", *paths).returncode == 0
    assert "file://localhost/D:/Music/" in (tmp_path / "windows/rekordbox.xml").read_text("utf-8")
    lost = inside("move", source, "serato", "-o", tmp_path / "crates", "--yes")
    assert (lost.returncode, "Serato has plays, a crate has none" in " ".join(lost.stdout.split())) == (3, True)


def test_table_counts_track_that_arrives_under_another_name_once(tmp_path: Path, inside: Run) -> None:
    source = tmp_path / "source.xml"
    source.write_text(
        '<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1"><TRACK TrackID="1" Name="Caf" '
        'Location="file://localhost/music/Caf%E9.mp3"/></COLLECTION></DJ_PLAYLISTS>'
    )
    done = inside("move", source, "virtualdj", "-o", tmp_path / "moved", "--yes")
    assert re.search(r"^tracks +1 +1 +1 +- +- +1  it is not", done.stdout, re.MULTILINE), done.stdout
