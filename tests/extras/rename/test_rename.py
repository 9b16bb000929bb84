"""Renames: what is planned, what follows a file, and a power cut at any step."""

import errno
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from extras.failing_disk import FailingDisk, PowerCut
from extras.rename.renamed_music import NOW, make_music, names
from made_library import analysis_of, path_of, put
from quarantines import copy_of, in_memory, opened, scanned, tree

from map4 import Library
from map4.core.audio.jobs import Stamp
from map4.core.base.files.journal import Journal, JournalError
from map4.core.base.path_maps import PathMaps, RenamedPaths
from map4.core.store.sql_store import Store
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import UsageError
from map4.extras.rename.names import NameTemplate
from map4.extras.rename.part import Renames, Renaming, undo_steps
from map4.extras.rename.planning import RenamePlanner
from map4.extras.rename.records import RenamedFile, RenameDocument, RenameOptions, RenamePlan
from map4.extras.rename.store import SqlRenames
from map4.extras.shared.moving import Disk, Way, settle
from map4.lists import Playlists
from map4.lists.commands.list_options import places_of

ALBUM = "{artist}/{album}/{track:02} {title}"
_TABLES = ("playlist_tracks", "user_values", "ratings", "analyses", "gone_files")


class World:
    """A folder of music with its library."""

    def __init__(self, folder: Path) -> None:
        self.library, self.music = folder / "l.map4", folder / "music"

    @cached_property
    def store(self) -> SqliteStore:
        return SqliteStore(str(self.library))

    def make(self, files: dict[str, str]) -> None:
        """Make music by its name without suffix: a title, or artist|album|track|title."""
        make_music(self.library, self.music, {f"{name}.wav": _tags(value) for name, value in files.items()})

    def plan(self, template: str, **options: Any) -> RenamePlan:
        return RenamePlanner(self.store, NameTemplate(template), RenameOptions(**options)).plan(
            self.store.tracks.tracks()
        )

    def planned(self, template: str, **options: Any) -> dict[str, str]:
        """New names, or why a file stays, by name without suffix."""
        return {
            self.short(file.path): self.short(file.to) if file.to else file.problem or "same"
            for file in self.plan(template, **options).files
        }

    def short(self, path: str) -> str:
        return os.path.relpath(path, self.music).removesuffix(".wav")

    def run(self, template: str, disk: Disk | None = None, **options: Any) -> RenameDocument:
        renaming = Renaming(store=self.store, disk=disk or Disk())
        renaming.settle()
        return RenameDocument.of(tuple(renaming.run(self.plan(template, **options))))

    def undo(self, disk: Disk | None = None) -> None:
        renaming = Renaming(store=self.store, disk=disk or Disk())
        for path in renaming.journals():
            assert [file.problem for file in renaming.undo(path) if file.problem] == []

    def rows(self) -> dict[str, list[Any]]:
        """All that the library has, except what moving a file changes in any case."""
        with closing(sqlite3.connect(self.library)) as connection:
            files = connection.execute("SELECT id, uid, path, display, audio_id, missing_since FROM files ORDER BY id")
            rows = {"files": files.fetchall()}
            return rows | {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=str) for name in _TABLES}


def _tags(value: str) -> dict[str, Any]:
    artist, album, track, title = value.split("|") if "|" in value else ("", "", "", value)
    return {"artist": artist or None, "album": album or None, "track": int(track) if track else None, "title": title}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with in_memory(tmp_path) as folder:
        world = World(folder)
        yield world
        if "store" in vars(world):
            world.store.close()


# ---- plans ---------------------------------------------------------------------------------------


def test_files_are_renamed_below_the_scanned_folder_or_in_their_folder(world: World) -> None:
    world.make({"in/x": "A|B|1|C", "y": "A|||D"})
    assert world.planned(ALBUM) == {"in/x": "A/B/01 C", "y": "{album} is not known"}
    assert world.planned("{title}") == {"in/x": "in/C", "y": "D"}
    assert world.planned("{title}", into=world.music / "new") == {"in/x": "new/C", "y": "new/D"}
    with pytest.raises(UsageError, match="is in no scanned folder; 'map4 scan"):
        world.plan("{title}", into=world.music.parent)


def test_two_files_never_get_one_name(world: World) -> None:
    world.make({"a": "Same", "b": "SAME", "c": "taken", "d": "b", "Same2": "x"})
    (world.music / "taken.wav").write_bytes(b"of someone else")
    planned = world.planned("{title}")
    assert planned["a"] == "Same"
    assert "gets this name, too" in planned["b"]
    assert planned["c"].startswith("another file has this name")
    assert "b.wav stays, and has its new name" in planned["d"]
    assert planned["Same2"] == "x"


@pytest.mark.parametrize("template", ["{title}{n}", "{title} {n}", "{title} ({n})"])
def test_counter_distinguishes_equal_names(world: World, template: str) -> None:
    second, third = ("A (2)", "A (3)") if "(" in template else ("A 2", "A 3")
    world.make({"x": "A", "y": "a", "z": "A", "only": "B", "10": "C", "9": "C"})
    (world.music / "C 2.wav").write_bytes(b"not scanned")
    (world.music / "C (2).wav").write_bytes(b"not scanned")
    assert world.planned(template) == {
        "10": "C", "9": third.replace("A", "C"), "only": "B", "x": "A", "y": second.replace("A", "a"), "z": third,
    }  # fmt: skip
    world.run(template)
    assert set(world.planned(template).values()) == {"same"}
    (world.music / "A.wav").unlink()
    world.store.tracks.mark_missing([str(world.music / "A.wav")], now=NOW)
    planned = world.planned(template)
    assert (planned.pop("A"), set(planned.values())) == ("it is gone; 'map4 scan' looks for it", {"same"})


def test_names_can_be_swapped_but_not_in_memory(world: World) -> None:
    world.make({"a": "b", "b": "c", "c": "a", "x": "y", "y": "z"})
    before = tree(world.music)
    done = world.run("{title}")
    assert (next(undo_steps(world.store)).count, done.done, done.left) == (5, 5, 0)
    assert names(world.music) == ["a.wav", "b.wav", "c.wav", "y.wav", "z.wav"]
    after = [tree(world.music)[f"{new}.wav"] for new in "bcayz"]
    assert after == [before[f"{old}.wav"] for old in "abcxy"]
    translated = RenamedPaths.of(Journal.moves_in(done.journal or ""))
    assert PathMaps(renamed=translated).mapped(str(world.music / "b.wav")) == str(world.music / "a.wav")
    world.undo()
    assert tree(world.music) == before
    with Library.open(Library.IN_MEMORY) as library, pytest.raises(UsageError, match="no place for journals"):
        library.undo_steps("rename")


@pytest.mark.parametrize("name", ["song2", "song.bak"])
def test_rename_of_a_file_without_audio_suffix_is_undone(world: World, name: str) -> None:
    world.make({"a": "b"})
    scanned(world.library, copy_of(world.music / "a.wav", world.music / name))
    before = tree(world.music)
    done = world.run("new {title}")
    assert (done.done, done.left, (world.music / name).exists()) == (2, 0, False)
    world.undo()
    assert tree(world.music) == before


def test_names_can_change_only_in_case_or_composition(world: World) -> None:
    world.make({"song": "Song", "e\u0301": "\u00e9", "right": "right"})
    assert world.planned("{title}") == {"song": "Song", "e\u0301": "\u00e9", "right": "same"}
    world.run("{title}")
    assert names(world.music) == ["Song.wav", "right.wav", "\u00e9.wav"]
    world.undo()
    assert names(world.music) == ["e\u0301.wav", "right.wav", "song.wav"]


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="its disks usually ignore case")
def test_names_differing_only_in_case_are_all_renamed(world: World) -> None:
    world.make({"Song": "One", "song": "Two", "x": "song"})
    assert (world.run("{title}").done, names(world.music)) == (3, ["One.wav", "Two.wav", "song.wav"])


def test_disk_that_ignores_case_keeps_its_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.make({"Song": "x"})
    kept = str(world.music / "Song.wav")
    monkeypatch.setattr(os.path, "lexists", lambda path: path.lower() == kept.lower())
    monkeypatch.setattr(os.path, "samefile", lambda *paths: True)
    settle(Way.to(str(world.music / "song.wav"), kept), Disk())
    assert os.path.isfile(kept)


def test_files_changed_since_the_scan_are_not_renamed(world: World) -> None:
    world.make({"a": "A1", "b": "B1", "c": "C1", "out/d": "D1", "e": "E1"})
    (world.music / "a.wav").write_bytes(b"other")
    (world.music / "b.wav").unlink()
    (world.music / "c.wav").rename(world.music.parent / "c.wav")
    (world.music / "c.wav").symlink_to(world.music.parent / "c.wav")
    (world.music / "out").rename(world.music.parent / "out")
    (world.music / "out").symlink_to(world.music.parent / "out")
    (world.music / ".map4ignore").write_text("E1*\n")
    stays = {
        "a": "it has changed since its scan", "b": "it is gone", "c": "it is a symbolic link",
        "out/d": "a link leads out of", "e": "scans would skip it as",
    }  # fmt: skip
    planned = world.planned("{title}")
    assert {name: why for name, why in stays.items() if not planned[name].startswith(why)} == {}
    (world.music / "link").symlink_to(world.music.parent)
    make_music(world.library, world.music, {"f.wav": {"title": "F1"}})
    assert "a link leads out of" in world.planned("link/{title}")["f"]


def test_lyrics_cue_sheets_and_covers_are_renamed_with_their_music(world: World) -> None:
    world.make({"album/1": "A|B|1|One", "album/2": "A|B|2|Two", "mixed/3": "A|C|1|Three", "mixed/4": "stays"})
    for name in ("album/1.lrc", "album/2.cue", "album/Folder.JPG", "album/1.txt", "mixed/cover.jpg", "mixed/3.lrc"):
        (world.music / name).write_text(name)
    (world.music / "A" / "C").mkdir(parents=True)
    (world.music / "A" / "C" / "01 Three.lrc").write_text("older")
    before = tree(world.music)
    done = world.run(ALBUM)
    assert names(world.music) == [
        "A/B/01 One.lrc", "A/B/01 One.txt", "A/B/01 One.wav", "A/B/02 Two.cue", "A/B/02 Two.wav", "A/B/Folder.JPG",
        "A/C/01 Three.lrc", "A/C/01 Three.wav", "mixed/3.lrc", "mixed/4.wav", "mixed/cover.jpg",
    ]  # fmt: skip
    assert {file.kind for file in done.files if file.state == "renamed"} == {"music", "sidecar", "cover"}
    world.undo()
    assert tree(world.music) == before


@pytest.mark.parametrize(
    ("text", "named", "codec"),
    [
        ('FILE "1.wav" WAVE\r\n  TRACK 01 AUDIO\r\n', 'FILE "01 \u00c9n.wav" WAVE\r\n  TRACK 01 AUDIO\r\n', "utf-8"),
        ('\ufeffFILE "1.wav" WAVE', '\ufeffFILE "01 \u00c9n.wav" WAVE', "utf-16-le"),
        ('TITLE "\u00e9"\nfile 1.WAV WAVE\r\n', 'TITLE "\u00e9"\nfile "01 \u00c9n.wav" WAVE\r\n', "cp1252"),
        ('TITLE "x"\rFILE "D:\\x\\CD.ape" WAVE\r', 'TITLE "x"\rFILE "01 \u00c9n.wav" WAVE\r', "utf-8"),
        (
            'FILE "1.flac" WAVE\nFILE "2.wav" WAVE\nFILE "3.wav" WAVE\nFILE "gone.wav" WAVE\n',
            'FILE "01 \u00c9n.wav" WAVE\nFILE "02 Two.wav" WAVE\nFILE "../../in/3.wav" WAVE\nFILE "gone.wav" WAVE\n',
            "utf-8",
        ),
    ],
)
def test_cue_sheet_names_its_renamed_music(world: World, text: str, named: str, codec: str) -> None:
    world.make({"in/1": "A|B|1|\u00c9n", "in/2": "A|B|2|Two", "in/3": "stays"})
    (world.music / "in" / "1.cue").write_bytes(text.encode(codec))
    before = tree(world.music)
    world.run(ALBUM)
    assert (world.music / "A" / "B" / "01 \u00c9n.cue").read_bytes().decode(codec) == named
    world.undo()
    assert tree(world.music) == before


def test_sheet_keeps_names_that_its_encoding_lacks_and_later_changes(world: World) -> None:
    world.make({"1": "\u6771\u4eac", "2": "Two"})
    (world.music / "1.cue").write_bytes('TITLE "\u00e9"\nFILE "1.wav" WAVE\n'.encode("cp1252"))
    (world.music / "2.cue").write_text('FILE "2.wav" WAVE\n')
    done = {Path(file.path).name: file for file in world.run("{title}").files}
    assert (done["1.cue"].state, done["2.cue"].problem) == ("renamed", None)
    assert "encoding" in (done["1.cue"].problem or "")
    (world.music / "Two.cue").write_text("mine")
    world.undo()
    assert [(world.music / f"{n}.cue").read_bytes()[-4:] for n in (1, 2)] == [b"AVE\n", b"mine"]


def test_only_folders_emptied_by_a_rename_are_removed(world: World) -> None:
    world.make({"a/b/x": "A|B|1|C", "c/y": "A|B|2|D"})
    (world.music / "empty").mkdir()
    (world.music / "c" / "notes.txt").write_text("mine")
    world.run("{title}", into=world.music / "A")
    assert sorted(path.name for path in world.music.iterdir()) == ["A", "c", "empty"]
    world.undo()
    assert sorted(path.name for path in world.music.iterdir()) == ["a", "c", "empty"]


# ---- what follows --------------------------------------------------------------------------------


def test_lists_and_values_follow_renamed_files(world: World) -> None:
    world.make({"in/x": "A|B|1|C", "in/y": "A|B|2|D"})
    before = tree(world.music)
    with opened(world.library) as library:
        library.lists.save("Mine", library.lists.in_order("Mine", list(library.search(""))))
        library.set(world.music / "in" / "x.wav", bpm=99, album="Z")
        rows = world.rows()
        plan = library.part(Renames).plan(ALBUM, library.search(""))
        done = library.part(Renames).run(plan)
        assert (done.done, done.left, library.undo_steps("rename").steps[0].count) == (2, 0, 2)
        assert [str(entry.track and entry.track.path) for entry in library.lists.read_stored("Mine").entries] == [
            file.to for file in done.files
        ]
        track = library.track(world.music / "A" / "Z" / "01 C.wav")
        assert (track and track.bpm(), track and track.album()) == (99, "Z")
        scan = library.scan(world.music)
        assert (scan.found, scan.unchanged, scan.analysed, scan.missing) == (2, 2, 0, 0)
        assert [file.state for file in library.undo("rename")] == ["restored"] * 2
        assert (tree(world.music), world.rows()) == (before, rows)
        assert library.part(Renames).plan("{track:02}", library.search("")).planned == 2


def test_rows_follow_a_renamed_file_in_every_store(store: Store) -> None:
    for number in (1, 2):
        put(store.tracks, number, analysis_of(number))
    lists = Playlists(store)
    lists.save("Mine", lists.in_order("Mine", list(store.tracks.tracks())))
    new, stamp, before = "/music/new.mp3", Stamp(1, 2, 3), store.tracks.track(path_of(1))
    assert store.part(SqlRenames).move(path_of(1), new, stamp, now=NOW)
    assert not store.part(SqlRenames).move(path_of(1), new, stamp, now=NOW)
    track = store.tracks.track(new)
    assert (track and track.audio_id, track and track.tags) == (before and before.audio_id, before and before.tags)
    assert track is not None
    paths = [entry.track and entry.track.path for entry in lists.read_stored("Mine").entries]
    assert sorted(map(str, paths)) == sorted([new, path_of(2)])
    assert store.tracks.known_finder()([new])[new].stamp == stamp


def test_undo_leaves_files_of_later_renames_and_names_unreadable_lines(world: World) -> None:
    world.make({"a": "b", "c": "x"})
    first = world.run("{title}").journal or ""
    with opened(world.library) as library:
        for name, title in (("b", "z"), ("x", "b")):
            library.set(world.music / f"{name}.wav", title=title)
    later = world.run("{title}").journal or ""
    renaming = Renaming(store=world.store)
    for dry_run in (True, False):
        problems = [file.problem or "" for file in renaming.undo(first, dry_run=dry_run)]
        assert all(f"'map4 rename undo {Path(later).stem}' comes first" in problem for problem in problems)
    assert names(world.music) == ["b.wav", "z.wav"]
    lines = Path(later).read_bytes().splitlines(keepends=True)
    Path(later).write_bytes(b"".join((lines[0], lines[1][:40] + b"\n", *lines[2:])))
    Path(later).with_name("notes.jsonl").write_text("mine")
    Path(later).with_name("rename-20010101-000000.jsonl").write_text("notes of mine\n")
    with opened(world.library) as library:
        listed = library.undo_steps("rename")
    assert ([step.count for step in listed.steps], len(listed.problems)) == ([1, 2], 1)
    assert f"{later} is damaged in line 2: " in listed.problems[0]
    problems = [file.problem or "" for file in renaming.undo(later)]
    assert (len(problems), "its line 2 is unreadable" in problems[0]) == (2, True)


def test_last_rename_is_undone_first_even_if_the_clock_was_set_back(world: World) -> None:
    world.make({"a": "x"})
    before = tree(world.music)
    for year, template in ((2030, "{title} 1"), (2026, "{title} 2"), (2026, "{title} 3")):
        renaming = Renaming(store=world.store, clock=lambda year=year: datetime(year, 1, 1, tzinfo=UTC))  # type: ignore[misc]
        list(renaming.run(world.plan(template)))
    moved = [os.path.basename(Journal.moves_in(path)[0][1]) for path in renaming.journals()]
    assert moved == ["x 3.wav", "x 2.wav", "x 1.wav"]
    world.undo()
    assert tree(world.music) == before


def test_playlist_with_old_paths_is_resolved_by_the_journal(world: World) -> None:
    world.make({"x": "One"})
    old = str(world.music / "x.wav")
    journal = world.run("{title}").journal
    places = places_of([str(journal), f"D:/M={world.music}"])
    assert next(places.inward("D:/M/x.wav", "/")) == str(world.music / "One.wav")
    assert places.mapped(str(world.music / "One.wav")) == old


@pytest.mark.parametrize(("cut_off", "count"), [("undo", 2), ("rename", 3)])
def test_journals_of_1_0_0rc1_are_listed_and_undone(world: World, cut_off: str, count: int) -> None:
    world.make({"a": "b", "b": "a", "in/x": "x"})
    before, rows = tree(world.music), world.rows()
    journal = Path(world.run("{title}").journal or "")
    head = '{"schema":"map4/rename-journal/1","library":"/l.map4","begun_at":"2026-01-31T23:15:00+01:00"}\n'

    def move(number: int, name: str, to: str, folders: str = "") -> str:
        size_bytes, mtime_ns = len(before["a.wav"][0]), before["b.wav" if name == "b.wav" else "a.wav"][2]
        return (
            f'{{"step":"move","number":{number},"from":"{world.music}/{name}","to":"{world.music}/{to}",'
            f'"partial":"{(world.music / to).parent}/.map4-0a1b2c3{number}.partial","folders":[{folders}],'
            f'"size_bytes":{size_bytes},"mtime_ns":{mtime_ns}}}\n'
        )

    moved = '{"step":"moved","number":%d}\n'
    text = (
        head + move(1, "a.wav", "map4-0a1b2c3d.wav") + moved % 1 + move(2, "b.wav", "a.wav") + moved % 2
        + move(3, "map4-0a1b2c3d.wav", "b.wav") + moved % 3
    )  # fmt: skip
    if cut_off == "undo":
        text += f'{{"step":"return","number":3,"partial":"{world.music}/.map4-0a1b2c3e.partial"}}\n'
        (world.music / ".map4-0a1b2c3e.partial").write_bytes(b"half")
    else:  # while it was copied to another disk
        text += move(4, "in/x.wav", "new/x.wav", f'"{world.music}/new"') + '{"step":"mov'
        (world.music / "new").mkdir()
        (world.music / "new/.map4-0a1b2c34.partial").write_bytes(b"half")
    journal.unlink()
    journal = journal.with_name("rename-20260131-221500.jsonl")
    journal.write_text(text, encoding="ascii")
    journal.with_name("rename-20260131-221500-2.jsonl").write_text(head[:30])
    [step] = undo_steps(world.store)
    assert (step.name, step.at, step.what) == ("rename-20260131-221500", "2026-01-31T22:15:00Z", f"{count} files")
    assert (step.count, step.undone, len(Journal.moves_in(str(journal)))) == (count, 0, count + 1)
    world.undo()
    assert (tree(world.music), world.rows()) == (before, rows)
    assert (next(undo_steps(world.store)).is_undone, (world.music / "new").exists()) == (True, False)


# ---- power cuts ----------------------------------------------------------------------------------


@pytest.fixture
def small(world: World) -> World:
    world.make({"in/x": "A|B|1|C", "in/y": "A|B|2|D"})
    (world.music / "in" / "cover.png").write_bytes(b"picture")
    (world.music / "in" / "y.cue").write_text('FILE "y.wav" WAVE\n')
    with opened(world.library) as library:
        library.lists.save("Mine", library.lists.in_order("Mine", list(library.search(""))))
    return world


@pytest.mark.parametrize("is_undo", [False, True], ids=["rename", "undo"])
@pytest.mark.parametrize("refusal", [None, errno.EXDEV, pytest.param(errno.EPERM, marks=pytest.mark.world)])
def test_power_cut_at_each_step(small: World, refusal: int | None, is_undo: bool) -> None:
    before, rows, number, is_over = tree(small.music), small.rows(), 0, False
    while not is_over:
        number += 1
        disk = FailingDisk(number, errno_of_links=refusal)
        if is_undo:
            small.run(ALBUM, FailingDisk(errno_of_links=refusal))
        with suppress(PowerCut):
            small.undo(disk) if is_undo else small.run(ALBUM, disk)
            is_over = True
        small.undo()
        shutil.rmtree(f"{small.library}.renames")
        at = f"{disk.steps[-1]}, step {number}"
        assert (tree(small.music), small.rows()) == (before, rows), at
        assert not [path for path in small.music.rglob("*") if path.is_dir() and not any(path.iterdir())], at
    assert number > 20


def test_an_interrupted_rename_is_completed_by_the_next(small: World) -> None:
    (small.music / "in" / "y.cue").unlink()
    for number in range(1, 30):
        with suppress(PowerCut):
            small.run(ALBUM, FailingDisk(number))
    small.run(ALBUM)
    assert names(small.music) == ["A/B/01 C.wav", "A/B/02 D.wav", "A/B/cover.png"]
    with opened(small.library) as library:
        scan = library.scan(small.music)
        assert (scan.unchanged, scan.missing) == (2, 0)


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_missing_file_of_the_new_name_never_takes_the_place_of_a_file(world: World, is_settled: bool) -> None:
    world.make({"x": "new", "new": "gone"})
    (world.music / "new.wav").unlink()
    path, to = str(world.music / "x.wav"), str(world.music / "new.wav")
    plan = RenamePlan(template="", files=(RenamedFile(path=path, state="planned", to=to),))
    [own] = [row for row in world.rows()["files"] if row[2] == os.fsencode(path)]
    for number in range(2, 11):
        with suppress(PowerCut):
            list(Renaming(store=world.store, disk=FailingDisk(number)).run(plan))
        if is_settled:
            Renaming(store=world.store).settle()
        world.undo()
        assert own in world.rows()["files"], number


def test_move_is_reverted_if_the_journal_fails_afterwards(small: World) -> None:
    before, rows, lines = tree(small.music), small.rows(), []

    class Stuck(Disk):
        def append(self, descriptor: int, data: bytes) -> None:  # type: ignore[override]
            lines.append(data)
            if b'"moved"' in data and len(lines) < 5:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            Disk.append(descriptor, data)

    with pytest.raises(JournalError, match="can't be written: Input/output error"):
        small.run(ALBUM, Stuck())
    assert (tree(small.music), small.rows()) == (before, rows)
