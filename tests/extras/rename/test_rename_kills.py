"""A rename, and its undo, killed at a write, fsync, link or unlink: undo then moves every file back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from command_runs import run_inside
from extras.rename.renamed_music import make_music, names
from quarantines import opened, tree
from test_crash_points import CALLS, Crash, points, run, strace

from map4.errors import NothingFoundError
from map4.extras.rename.access import rename

__all__ = ["strace"]

POINTS = 16
RENAME = ("rename", "{artist}/{title}", "music", "--yes")


@pytest.mark.world
@pytest.mark.parametrize("is_undo", [False, True], ids=["rename", "undo"])
def test_a_kill_loses_no_file(strace: str, tmp_path: Path, is_undo: bool) -> None:
    folder, kept, trace = tmp_path / "folder", tmp_path / "kept", tmp_path / "trace"
    files = {f"in/{number}.wav": {"artist": "Mo", "title": str(number % 3 + 1)} for number in (1, 2, 3)}
    make_music(folder / "l.map4", folder / "music", files)
    before, arguments = tree(folder / "music"), RENAME
    if is_undo:
        run_inside(*RENAME, library=folder / "l.map4", cwd=folder)
        arguments = ("rename", "undo")
    crash = Crash("rename", arguments, tree)
    shutil.copytree(folder, kept, copy_function=shutil.copy2)
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
            try:
                assert rename(library).undo().left == 0, (call, count)
            except NothingFoundError:  # killed before the first move, or after the last
                assert names(folder / "music") == sorted(files)
            assert tree(folder / "music") == before, (call, count)
            again = library.scan(folder / "music")
            assert (again.found, again.analysed, again.missing) == (3, 0, 0), (call, count)
    assert killed
