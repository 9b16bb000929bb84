"""A quarantine whose power fails at any step, whose disk is full, or whose files are not what they were."""

import errno
import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from extras.failing_disk import FailingDisk, PowerCut
from lanes import sampled
from libraries import execute
from quarantines import copy_of, group_of, in_memory, opened, put_roots, scanned, tree, write_sound

from map4 import Library
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.jobs import Decoded, DecodeJob, IdentifyJob, Stamp
from map4.core.base.files.journal import JournalError
from map4.core.base.files.undo import UndoneFile
from map4.core.base.text import size_text
from map4.core.music.track.track_parts import Failure
from map4.core.store.sqlite_store import SqliteStore
from map4.errors import ErrorKind, Map4Error
from map4.extras.quarantine.options import CopyDone, QuarantineOptions
from map4.extras.quarantine.quarantine import Checks, LeavingCopy, LeavingGroup, Quarantine
from map4.extras.quarantine.returning import Returning, undo_steps
from map4.extras.shared.moving import Disk
from map4.scan.workers.lanes import inline_lanes

# What links answer on the same disk, on another one, and on a file system that has none.
WAYS = {"link": None, "copy": errno.EXDEV, "rename": errno.EPERM}
AWAY = "away"
# Lasts until after a restart, so that it is on no file system in memory.
DISK = "/var/tmp"
Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: hundreds of lines are flushed."""
    with in_memory(tmp_path) as folder:
        yield folder


@pytest.fixture
def music(memory: Path) -> Path:
    """A recording and two copies of it in folders below."""
    folder = memory / "music"
    keep = write_sound(folder / "keep.wav")
    copies = [copy_of(keep, folder / name / "copy.wav") for name in ("a", "b")]
    copies[0].chmod(0o640)
    scanned(memory / "library.map4", keep, *copies)
    put_roots(memory / "library.map4", folder)
    return folder


class Runs:
    """Runs over one library, each with a disk of its own."""

    def __init__(self, folder: Path, library: Library, store: SqliteStore) -> None:
        self.path, self.music, self.away = folder / "library.map4", folder / "music", folder / AWAY
        self._store = store
        files = sorted(self.music.rglob("*.wav"), key=lambda path: ("keep" not in path.name, path))
        self._groups = [group_of(library, *files)]

    def quarantine(self, disk: Disk | None = None, folder: Path | None = None, **options: object) -> list[CopyDone]:
        quarantine = Quarantine(store=self._store, lanes=inline_lanes, decoder=DEFAULT_DECODER, disk=disk or Disk())
        return list(quarantine.run(self._groups, folder or self.away, QuarantineOptions(**options)))

    def undo(self, disk: Disk | None = None) -> list[UndoneFile]:
        journals = sorted(self.away.glob("map4-quarantine-*.jsonl"))
        undone = [file for journal in journals for file in Returning(self._store, disk).undo(journal)]
        return [file for file in undone if file.state != "unchanged"]

    def rows(self) -> Rows:
        """All that the library says, but for what moving a file changes in any case."""
        with closing(sqlite3.connect(self.path)) as connection:
            files = connection.execute(
                "SELECT id, path, audio_id, title, added_at, missing_since FROM files"
            ).fetchall()
            tables = ("playlist_tracks", "imported_tracks", "imported", "user_values", "labels", "analyses")
            rest = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=str) for name in tables}
        return {"files": sorted(files), **rest}


@pytest.fixture
def runs(memory: Path, music: Path) -> Iterator[Runs]:
    path = memory / "library.map4"
    with opened(path) as library, closing(SqliteStore(str(path))) as store:
        yield Runs(memory, library, store)


def is_nothing_left(away: Path) -> bool:
    """Whether a quarantine holds its journal alone."""
    names = [path.name for path in away.rglob("*") if path.name != ".map4ignore"]
    return all(name.startswith("map4-quarantine-") for name in names)


def contents(*folders: Path) -> list[bytes]:
    """The sound that is there, whatever it is called."""
    found = (path for folder in folders for path in folder.rglob("*") if path.suffix == ".wav" and path.is_file())
    return [path.read_bytes() for path in found]


CUT = [
    ("copy", True),
    *((way, is_undo) for is_undo in (True, False) for way in WAYS if (way, is_undo) != ("copy", True)),
]


@pytest.mark.parametrize(("way", "is_undo"), sampled(CUT, every=len(CUT)))
def test_power_cut_at_each_step(runs: Runs, music: Path, way: str, is_undo: bool) -> None:
    before, rows = tree(music), runs.rows()
    number, is_over = 0, False
    while not is_over:
        number += 1
        if is_undo:
            runs.quarantine(FailingDisk(errno_of_links=WAYS[way]))
        disk = FailingDisk(number, errno_of_links=WAYS[way])
        with suppress(PowerCut):
            runs.undo(disk) if is_undo else runs.quarantine(disk)
            is_over = True
        assert contents(music, runs.away).count(before["keep.wav"][0]) >= len(before), f"lost at step {number}"
        left = [done for done in runs.undo() if done.problem]
        assert (left, tree(music), runs.rows()) == ([], before, rows), f"at {disk.steps[-1]}, step {number}"
        assert is_nothing_left(runs.away)
        for journal in runs.away.glob("*.jsonl"):
            journal.unlink()
    assert number > (10 if is_undo else 15)


# ---- a disk that refuses -------------------------------------------------------------------------


class RefusingDisk(Disk):
    """Refuses one kind of step with an error of the system.

    Parameters
    ----------
    only : refuse it for paths that this holds for
    """

    def __init__(self, step: str, number: int, only: Callable[[str], bool] = lambda path: True) -> None:
        self._step, self._number, self._only = step, number, only

    def __getattribute__(self, name: str) -> Any:
        step = object.__getattribute__(self, name)
        if name.startswith("_") or name != self._step:
            return step

        def run(*values: Any) -> None:
            if self._only(str(values[0])):
                raise OSError(self._number, os.strerror(self._number))
            step(*values)

        return run


class OtherDisk(RefusingDisk):
    """A disk of its own, to which nothing can be linked, and which refuses one more step."""

    def link(self, path: str, second: str) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


@pytest.mark.parametrize(
    ("disk", "error", "message"),
    [
        (OtherDisk("copy", errno.ENOSPC), JournalError,
         r"copy\.wav: it can't be moved: No space left on device; 0 files moved"),
        (RefusingDisk("append", errno.ENOSPC), JournalError, r"the journal .* can't be written: No space left"),
        (RefusingDisk("make_folder", errno.EROFS), Map4Error, "away can't be used: Read-only file system"),
    ],
    ids=["full", "full for the journal", "read-only"],
)  # fmt: skip
def test_disk_that_refuses_a_step_moves_nothing(
    runs: Runs, music: Path, disk: Disk, error: type[Map4Error], message: str
) -> None:
    before, rows = tree(music), runs.rows()
    with pytest.raises(error, match=message):
        runs.quarantine(disk)
    assert (tree(music), runs.rows()) == (before, rows)
    assert is_nothing_left(runs.away)


def test_full_disk_reports_moved_files_and_undo_a_lost_one(runs: Runs) -> None:
    disk = OtherDisk("copy", errno.ENOSPC, lambda path: "/b/" in path)
    with pytest.raises(JournalError, match="1 file moved before it; 'map4 undo' puts them back"):
        runs.quarantine(disk)
    assert [done.problem for done in runs.undo()] == [None]
    [first, _] = runs.quarantine()
    Path(first.to or "").unlink()
    assert [done.problem for done in runs.undo()] == [None, "it is neither at its place nor in the quarantine"]


def test_protected_files_are_kept_and_a_moved_quarantine_undone(runs: Runs, music: Path) -> None:
    before = tree(music)
    disk = RefusingDisk("remove", errno.EACCES, str(music / "a" / "copy.wav").__eq__)
    first, second = runs.quarantine(disk)
    assert (first.outcome, second.outcome) == ("left", "moved")
    assert first.problem == "it can't be moved: Permission denied"
    assert not (runs.away / "music" / "a").exists() or not any((runs.away / "music" / "a").iterdir())
    runs.undo()
    assert tree(music) == before
    before = tree(music)
    runs.quarantine()
    runs.away = runs.away.rename(music.parent / "elsewhere")
    runs.undo()
    assert tree(music) == before


def test_copy_that_differs_on_the_other_disk_is_discarded(runs: Runs, music: Path) -> None:
    class Lying(OtherDisk):
        def copy(self, path: str, target: str) -> None:
            super().copy(path, target)
            with open(target, "r+b") as file:
                file.seek(100)
                file.write(b"\0\0\0\0")

    before = tree(music)
    done = runs.quarantine(Lying("", 0))
    assert [change.problem for change in done] == [
        "it can't be moved: its copy on the other disk differs; is that disk faulty?"
    ] * 2
    assert tree(music) == before
    assert is_nothing_left(runs.away)


def test_hard_linked_file_is_not_moved_to_another_disk(runs: Runs, music: Path) -> None:
    os.link(music / "a" / "copy.wav", music.parent / "second name.wav")
    first, second = runs.quarantine(OtherDisk("", 0))
    assert (
        first.problem
        == "it can't be moved: it has other names (hard links), which a move to another disk would separate"
    )
    assert second.outcome == "moved"


def test_hard_links_stay_one_file_on_the_same_disk(runs: Runs, music: Path) -> None:
    os.link(music / "a" / "copy.wav", music.parent / "second name.wav")
    [first, _] = runs.quarantine()
    assert Path(first.to or "").samefile(music.parent / "second name.wav")
    runs.undo()
    assert (music / "a" / "copy.wav").samefile(music.parent / "second name.wav")


def test_ctrl_c_during_a_copy_leaves_the_file_in_place(runs: Runs, music: Path) -> None:
    class Interrupted(OtherDisk):
        def copy(self, path: str, target: str) -> None:
            Path(target).write_bytes(b"half")
            raise KeyboardInterrupt

    before, rows = tree(music), runs.rows()
    with pytest.raises(KeyboardInterrupt):
        runs.quarantine(Interrupted("", 0))
    assert (tree(music), runs.rows()) == (before, rows)
    assert is_nothing_left(runs.away)


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="needs a file system in memory beside the disk")
def test_quarantine_on_another_file_system_moves_and_restores_files(runs: Runs, music: Path) -> None:
    if os.stat(DISK).st_dev == os.stat(music).st_dev:
        pytest.skip(f"{DISK} lies on the same disk")
    before, rows = tree(music), runs.rows()
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        runs.away = Path(folder) / AWAY
        assert [done.outcome for done in runs.quarantine()] == ["moved"] * 2
        assert tree(runs.away)["music/a/copy.wav"] == before["a/copy.wav"]
        runs.undo()
    assert (tree(music), runs.rows()) == (before, rows)


# ---- the journal ---------------------------------------------------------------------------------


def test_occupied_original_path_is_reported_and_restored_later(runs: Runs, music: Path) -> None:
    before = tree(music)
    runs.quarantine()
    (music / "a" / "copy.wav").write_bytes(b"another file")
    problems = {done.path: done.problem for done in runs.undo()}
    assert problems.pop(str(music / "b" / "copy.wav")) is None
    assert list(problems.values()) == ["another file is in its place; move that away, then undo again"]
    assert (music / "a" / "copy.wav").read_bytes() == b"another file"
    (music / "a" / "copy.wav").unlink()
    assert [done.problem for done in runs.undo()] == [None]
    assert tree(music) == before


def test_journal_can_be_given_by_a_link(runs: Runs, music: Path) -> None:
    before = tree(music)
    runs.quarantine()
    [journal] = runs.away.glob("*.jsonl")
    (music.parent / "undo me").symlink_to(journal)
    with closing(SqliteStore(str(runs.path))) as store:
        list(Returning(store).undo(music.parent / "undo me"))
    assert tree(music) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [(rb"^(.{50}).*", rb"\1"), (rb'"mtime_ns":\d+', b'"mtime_ns":1e999'), (rb'"number":1', b'"number":1e99')],
)
def test_damaged_journal_line_is_reported(runs: Runs, before: bytes, after: bytes) -> None:
    runs.quarantine()
    [journal] = runs.away.glob("*.jsonl")
    lines = journal.read_bytes().split(b"\n")
    lines[1] = re.sub(before, after, lines[1])
    journal.write_bytes(b"\n".join(lines))
    with opened(runs.path) as library:
        listed = library.undo_steps()
    assert [step.count for step in listed.steps] == [1]
    assert f"{journal} is damaged in line 2: " in listed.problems[0]
    problems = [done.problem for done in runs.undo()]
    assert "its line 2 is unreadable; the file named in it is left as it is" in problems
    assert problems.count(None) == 1


@pytest.mark.parametrize("content", [b"", b"years of work", b'{"schema": "map4/set/1"}\n'])
def test_foreign_file_is_refused_as_a_journal_and_left_unchanged(runs: Runs, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes.txt").write_bytes(content)
    with closing(SqliteStore(str(runs.path))) as store, pytest.raises(JournalError, match="is not a journal of"):
        list(Returning(store).undo(tmp_path / "notes.txt"))
    assert (tmp_path / "notes.txt").read_bytes() == content


def test_the_journal_has_each_move_before_it_is_done(runs: Runs) -> None:
    class Watching(Disk):
        def link(self, path: str, second: str) -> None:
            [journal] = runs.away.glob("*.jsonl")
            last = json.loads(journal.read_text().splitlines()[-1])
            assert (last["step"], last["from"], last["size_bytes"]) == ("move", path, os.path.getsize(path))
            super().link(path, second)

    assert len(runs.quarantine(Watching())) == 2


def test_journal_of_1_0_0rc1_is_listed_and_undone(runs: Runs, music: Path) -> None:
    before, own_rows = tree(music), runs.rows()
    first, second = runs.quarantine()
    journal = Path(first.journal or "")
    rows = [json.dumps(json.loads(line)["rows"]) for line in journal.read_text().splitlines() if '"rows"' in line]
    journal.unlink()
    # Power failed in the move of the second file to another disk.
    away = os.path.realpath(runs.away)
    os.replace(second.to or "", second.path)
    Path(second.to or "").with_name(".map4-0a1b2c3d.partial").write_bytes(b"half")
    head = '{"schema":"map4/quarantine-journal/1","library":"%s","begun_at":"2026-01-31T23:15:00+01:00","plan":"p-1"}'
    (journal := runs.away / "map4-quarantine-20260131-221500.jsonl").write_text(
        head % runs.path + "\n"
        + f'{{"step":"move","number":1,"from":"{first.path}","to":"music/a/copy.wav",'
        '"partial":"music/a/.map4-0a1b2c3e.partial","folders":["music","music/a"],'
        f'"size_bytes":{first.size_bytes},"mtime_ns":{before["a/copy.wav"][2]},'
        f'"kept":"{first.kept}","rows":{rows[0]}}}\n{{"step":"moved","number":1}}\n'
        + f'{{"step":"move","number":2,"from":"{second.path}","to":"music/b/copy.wav",'
        '"partial":"music/b/.map4-0a1b2c3d.partial","folders":["music/b"],'
        f'"size_bytes":{second.size_bytes},"mtime_ns":{before["b/copy.wav"][2]},'
        f'"kept":"{first.kept}","rows":{rows[1]}}}\n{{"step":"mov'
    )  # fmt: skip
    Path(f"{runs.path}.quarantines").write_text(f'\n"{away}/lost.jsonl"\n"{away}/{journal.name}"\n"{away}/cut')
    with closing(SqliteStore(str(runs.path))) as store:
        [step] = undo_steps(store)
        size = size_text(2 * first.size_bytes)
        assert (step.name, step.at, step.what) == (str(journal), "2026-01-31T22:15:00Z", f"2 copies, {size}")
        assert (step.count, step.undone, step.command[:2]) == (2, 0, ("duplicates", "--undo"))
        assert [file.problem for file in runs.undo()] == [None, None]
        assert (tree(music), runs.rows()) == (before, own_rows)
        assert (is_nothing_left(runs.away), next(undo_steps(store)).is_undone) == (True, True)


def test_dry_run_of_an_undo_does_not_change_the_journal(runs: Runs) -> None:
    runs.quarantine()
    [journal] = runs.away.glob("*.jsonl")
    with journal.open("ab") as file:
        file.write(b'{"step":"re')
    before = journal.read_bytes()
    with closing(SqliteStore(str(runs.path))) as store:
        events = list(Returning(store).undo(journal, dry_run=True))
    assert [file.state for file in events] == ["planned"] * 2
    assert journal.read_bytes() == before


def test_file_changed_during_the_move_is_kept(runs: Runs, music: Path) -> None:
    class Touching(Disk):
        def remove(self, path: str) -> None:
            super().remove(path)
            os.utime(music / "b" / "copy.wav", (0, 0))

    assert [done.problem for done in runs.quarantine(Touching())] == [
        None,
        "it was changed since it was scanned; scan again",
    ]


def test_file_times_rounded_by_the_other_disk_are_restored(runs: Runs, music: Path) -> None:
    class Coarse(OtherDisk):
        def copy(self, path: str, target: str) -> None:
            super().copy(path, target)
            os.utime(target, ns=(0, os.stat(target).st_mtime_ns // 2_000_000_000 * 2_000_000_000))

    before = tree(music)
    runs.quarantine(Coarse("", 0))
    runs.undo(Coarse("", 0))
    assert tree(music) == before


@pytest.mark.parametrize(
    "change",
    [
        {"to": "../music/keep.wav"},
        {"partial": "../music/keep.wav"},
        {"partial": "music/a/copy.wav"},
        {"folders": ["../music"]},
        {"to": None},
        {"rows": 1},
    ],
)
def test_forged_journal_moves_nothing_else(runs: Runs, music: Path, change: dict[str, object]) -> None:
    runs.quarantine()
    [journal] = runs.away.glob("*.jsonl")
    header, first, *_ = journal.read_text().splitlines()
    journal.write_text(f"{header}\n{json.dumps({**json.loads(first), **change})}\n")
    before = tree(music), tree(runs.away)
    assert [done.state for done in runs.undo()] == ["left_alone"]
    assert (tree(music), tree(runs.away)) == before


class NoLinks(RefusingDisk):
    """A file system without links, which refuses one more step."""

    def link(self, path: str, second: str) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def test_folder_on_another_disk_than_assumed_is_handled(runs: Runs, music: Path) -> None:
    before = tree(music)
    disk = NoLinks("rename", errno.EXDEV, lambda path: not path.endswith(".partial"))
    assert [done.outcome for done in runs.quarantine(disk)] == ["moved"] * 2
    assert [done.problem for done in runs.undo(disk)] == [None] * 2
    assert tree(music) == before


def test_file_vanishing_at_the_last_moment_leaves_no_files(runs: Runs, music: Path) -> None:
    class Vanishing(NoLinks):
        def reserve(self, path: str) -> None:
            super().reserve(path)
            (music / "a" / "copy.wav").unlink(missing_ok=True)

    first, second = runs.quarantine(Vanishing("", 0))
    assert first.problem == (
        "it can't be moved: No such file or directory; it is neither at its place nor in the quarantine"
    )
    assert second.outcome == "moved"
    assert not (music / "a" / "copy.wav").exists()
    assert sorted(path.name for path in runs.away.rglob("*.wav")) == ["copy.wav"]


def test_file_that_cannot_be_restored_can_be_restored_later(runs: Runs, music: Path) -> None:
    before = tree(music)
    runs.quarantine()
    problems = [done.problem for done in runs.undo(NoLinks("reserve", errno.EROFS))]
    assert problems == ["it can't be put back: Read-only file system"] * 2
    runs.undo()
    assert tree(music) == before


def test_file_is_not_moved_if_the_library_cannot_be_written(runs: Runs, music: Path) -> None:
    before, rows = tree(music), runs.rows()
    execute(runs.path, "CREATE TRIGGER stay BEFORE DELETE ON files BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(Map4Error, match="no"):
        runs.quarantine()
    assert (tree(music), runs.rows()) == (before, rows)


def test_file_is_restored_even_if_its_values_are_lost(runs: Runs, music: Path) -> None:
    before = tree(music)
    runs.quarantine()
    [journal] = runs.away.glob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    journal.write_text(
        "".join(json.dumps({**line, **({"rows": {}} if "rows" in line else {})}) + "\n" for line in lines)
    )
    assert [done.problem for done in runs.undo()] == [None] * 2
    assert tree(music) == before


def test_unreadable_copies_are_not_changed_and_other_lengths_kept(music: Path) -> None:
    def problem_for(kind: ErrorKind, message: str) -> str | None:
        copy = LeavingCopy(path="/copy", size_bytes=0, to="/away/copy")
        group = LeavingGroup(kind="same_audio", kept="/keep", copies=[copy])
        job = IdentifyJob(path="/copy", stamp=Stamp(size_bytes=1, mtime_ns=1, ctime_ns=1))
        Checks(known={}, decoder="").judge(group, job, Failure(kind=kind, message=message))
        return group.problem_of(copy)

    assert problem_for("unreadable", "can't be read: Permission denied") == "it can't be read: Permission denied"
    assert problem_for("unsupported", "holds no audio") == "it was changed since it was scanned; scan again"
    with opened(music.parent / "library.map4") as library:
        keep, copy = music / "keep.wav", music / "a" / "copy.wav"
        checks = Checks(library._store.tracks.known_files(), DEFAULT_DECODER)
        leaving = LeavingCopy(path=str(copy), size_bytes=0, to="x")
        group = LeavingGroup(kind="same_audio", kept=str(keep), copies=[leaving])
        for job in checks.jobs(group):
            if isinstance(job, DecodeJob):
                checks.judge(group, job, Decoded(duration_s=4.0 if job.path == str(keep) else 5.0))
        assert group.problem is None
        assert group.copies[0].problem == "it decodes to 5.0 s, and the copy to keep to 4.0 s"
