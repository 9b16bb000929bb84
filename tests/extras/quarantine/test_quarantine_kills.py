"""A quarantine, and its undo, killed at a write, fsync, link or unlink: undo then puts back every file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from command_runs import run_inside
from quarantines import copy_of, opened, put_roots, scanned, tree, write_sound
from test_crash_points import CALLS, Crash, points, run, strace

pytestmark = pytest.mark.world

__all__ = ["strace"]

POINTS = 12
QUARANTINE = ("duplicates", "--keep", "music/keep.wav", "--quarantine", "away", "--yes")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library beside a recording and two copies of it."""
    folder = tmp_path / "folder"
    keep = write_sound(folder / "music" / "keep.wav")
    scanned(folder / "l.map4", keep, *(copy_of(keep, folder / "music" / name / "copy.wav") for name in "ab"))
    put_roots(folder / "l.map4", folder / "music")
    return folder


@pytest.mark.parametrize("is_undo", [False, True], ids=["quarantine", "undo"])
def test_a_kill_loses_no_file(strace: str, folder: Path, tmp_path: Path, is_undo: bool) -> None:
    before = tree(folder / "music")
    arguments = QUARANTINE
    if is_undo:
        run_inside(*QUARANTINE, library=folder / "l.map4", cwd=folder)
        arguments = ("duplicates", "--undo", str(journal(folder)))
    crash = Crash("quarantine", arguments, tree)
    kept = shutil.copytree(folder, tmp_path / "kept", copy_function=shutil.copy2)
    trace = tmp_path / "trace"
    done = run(folder, crash, [strace, "-f", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)])
    assert done.returncode == 0, done.stderr
    killed = 0
    for call, count in points(trace, POINTS):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder, copy_function=shutil.copy2)
        inject = f"inject={call}:signal=SIGKILL:when={count}"
        died = run(folder, crash, [strace, "-f", "-qq", "-e", f"trace={call}", "-e", inject, "-o", os.devnull])
        killed += died.returncode != 0
        with opened(folder / "l.map4") as library:
            for each in (folder / "away").glob("*.jsonl"):
                assert library.quarantine.undo(each).left == 0, (call, count)
            assert tree(folder / "music") == before, (call, count)
            assert not list((folder / "away").rglob("*.wav")), (call, count)
            again = library.scan(folder / "music")
            assert (again.found, again.analysed, again.missing) == (3, 0, 0), (call, count)
    assert killed


def journal(folder: Path) -> Path:
    [found] = (folder / "away").glob("*.jsonl")
    return found.relative_to(folder)
