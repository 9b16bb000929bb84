"""A quarantine whose power fails at any step, whose disk is full, or whose files are not what they were."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from quarantines import FailingDisk, PowerCut, copy_of, group_of, opened, put_roots, scanned, tree, write_sound

from map4 import Library
from map4.app.quarantine.options import CopyDone, QuarantineOptions
from map4.app.quarantine.quarantine import Quarantine, QuarantineError
from map4.app.quarantine.returning import Returning
from map4.infra.audio.decoder import DEFAULT_DECODER
from map4.infra.files.moving import Disk
from map4.infra.files.quarantine_journal import JournalError
from map4.infra.sqlite.database import Database
from map4.infra.sqlite.tracks import TrackStore
from map4.infra.workers.lanes import inline_lanes

# What links answer on the same disk, on another one, and on a file system that has none.
WAYS = {"link": None, "copy": errno.EXDEV, "rename": errno.EPERM}
AWAY = "away"


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: hundreds of lines are flushed."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else tmp_path) as folder:
        yield Path(folder)


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

    def __init__(self, folder: Path) -> None:
        self.path, self.music, self.away = folder / "library.map4", folder / "music", folder / AWAY

    def quarantine(self, disk: Disk | None = None, folder: Path | None = None) -> list[CopyDone]:
        with opened(self.path) as library:
            groups = [group_of(library, *sorted(self.music.rglob("*.wav"), key=lambda path: "keep" not in path.name))]
        with closing(Database(str(self.path))) as database:
            quarantine = Quarantine(
                database=database,
                store=TrackStore(database),
                lanes=inline_lanes,
                decoder=DEFAULT_DECODER,
                disk=disk or Disk(),
            )
            events = quarantine.run(groups, folder or self.away, QuarantineOptions())
            return [event for event in events if isinstance(event, CopyDone)]

    def undo(self, disk: Disk | None = None) -> list[CopyDone]:
        done = []
        for journal in sorted(self.away.glob("map4-quarantine-*.jsonl")):
            with closing(Database(str(self.path))) as database:
                done += [each for each in Returning(database, disk).run(journal) if isinstance(each, CopyDone)]
        return done

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the library says, but for what moving a file changes in any case."""
        with closing(sqlite3.connect(self.path)) as connection:
            files = connection.execute("SELECT id, path, audio_id, title, added_at, missing_since FROM files").fetchall()
            tables = ("playlist_tracks", "imported_tracks", "imported", "user_values", "labels", "analyses")
            rest = {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=str) for name in tables}
        return {"files": sorted(files), **rest}


@pytest.fixture
def runs(memory: Path, music: Path) -> Runs:
    return Runs(memory)


def is_nothing_left(away: Path) -> bool:
    """Whether a quarantine holds its journal alone."""
    names = [path.name for path in away.rglob("*") if path.name != ".map4ignore"]
    return all(name.startswith("map4-quarantine-") for name in names)


def contents(*folders: Path) -> list[bytes]:
    """The sound that is there, whatever it is called."""
    found = (path for folder in folders for path in folder.rglob("*") if path.suffix == ".wav" and path.is_file())
    return [path.read_bytes() for path in found]


@pytest.mark.parametrize("way", WAYS)
def test_power_cut_at_each_step_of_a_quarantine(runs: Runs, music: Path, way: str) -> None:
    before, rows = tree(music), runs.rows()
    number, is_over = 0, False
    while not is_over:
        number += 1
        disk = FailingDisk(number, errno_of_links=WAYS[way])
        with suppress(PowerCut):
            runs.quarantine(disk)
            is_over = True
        assert contents(music, runs.away).count(before["keep.wav"][0]) >= len(before), f"lost at {disk.steps[-1]}"
        left = [done for done in runs.undo() if done.problem]
        assert (left, tree(music), runs.rows()) == ([], before, rows), f"at {disk.steps[-1]}, step {number}"
        assert is_nothing_left(runs.away)
        for journal in runs.away.glob("*.jsonl"):
            journal.unlink()
    assert number > 15


@pytest.mark.parametrize("way", WAYS)
def test_power_cut_at_each_step_of_an_undo(runs: Runs, music: Path, way: str) -> None:
    before, rows = tree(music), runs.rows()
    number, is_over = 0, False
    while not is_over:
        number += 1
        runs.quarantine(FailingDisk(errno_of_links=WAYS[way]))
        disk = FailingDisk(number, errno_of_links=WAYS[way])
        with suppress(PowerCut):
            runs.undo(disk)
            is_over = True
        assert contents(music, runs.away).count(before["keep.wav"][0]) >= len(before), f"lost at {disk.steps[-1]}"
        left = [done for done in runs.undo() if done.problem]
        assert (left, tree(music), runs.rows()) == ([], before, rows), f"at {disk.steps[-1]}, step {number}"
        assert is_nothing_left(runs.away)
        for journal in runs.away.glob("*.jsonl"):
            journal.unlink()
    assert number > 10
