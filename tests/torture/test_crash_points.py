"""Commands that are killed at a write, fsync, rename or unlink leave what they found, or what they were asked for.

strace counts these calls of a whole run, and kills another run at one of them, as `kill -9` would, or answers that the
disk is full. What a power cut adds, that writes without fsync are lost, can't be shown so.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from re import fullmatch

import next_version
import pytest
from command_runs import run_inside
from list_libraries import GOOD, HOUSE, put_songs

from map4 import Library
from map4.core.store.file import schema

pytestmark = pytest.mark.world

CALLS = "write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,link,linkat"


@pytest.fixture(scope="module")
def strace() -> str:
    path = shutil.which("strace")
    if path is None:
        pytest.skip("needs strace, which is not installed")
    tried = subprocess.run([path, "-f", "-o", os.devnull, "true"], check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("strace may not trace processes here")
    return path


@dataclass(frozen=True)
class Crash:
    """A command, and what must hold wherever it is killed."""

    name: str
    arguments: tuple[str, ...]
    states: Callable[[Path], object]
    """What the command changes, read from the folder; what is read after a kill was there before, or is there after."""
    leaves: tuple[str, ...] = ()
    """What files may begin with that lie there at last, besides those before; unfinished ones go after an hour."""
    library: str = "l.map4"
    full: tuple[str, ...] = ()
    """What else it needs once more after a full disk."""
    is_next_version: bool = False
    """Whether it is a command of a map4 with one step of the schema more."""


def bpm(folder: Path) -> object:
    with Library.open(folder / "l.map4") as library:
        return sorted(track.bpm() or 0.0 for track in library.tracks.all())


def lists(folder: Path) -> object:
    with Library.open(folder / "l.map4") as library:
        return [(stored.name, stored.tracks) for stored in library.lists.stored()]


def exported(folder: Path) -> object:
    return (folder / "list.m3u8").read_bytes()


def restored(folder: Path) -> object:
    with Library.open(folder / "l.map4") as library:
        return library.count("")


def backed_up(folder: Path) -> object:
    """What the newest dated backup holds, each of which must be whole."""
    saved = [path for path in (folder / "saved").iterdir() if fullmatch(r"map4-[\d-]+\.map4", path.name)]
    assert all(Library.care.verify(path).is_sound for path in saved)
    return raw(max(saved), "SELECT count(*) FROM files")


def upgraded(folder: Path) -> object:
    return raw(folder / "old.map4", "SELECT user_version, (SELECT count(*) FROM files) FROM pragma_user_version")


def raw(path: Path, question: str) -> object:
    with closing(sqlite3.connect(path)) as library:
        return library.execute(question).fetchone()


CRASHES = (
    Crash("set", ("set", "--query", "house", "bpm=99", "--yes"), bpm),
    Crash("import", ("import", "friday.m3u8"), lists),
    Crash(
        "export",
        ("export", "--query", "house", "-o", "list.m3u8"),
        exported,
        leaves=("list.m3u8.partial-",),
        full=("--force",),  # it is written where the library can't be, which then does not know it
    ),
    Crash(
        "restore",
        ("library", "restore", "empty.bak", "--yes"),
        restored,
        leaves=("l.map4.lock", "l.map4.replaced-", "l.map4.copying-"),
    ),
    Crash("backup", ("library", "backup", "saved", "--keep", "1"), backed_up),
    Crash("upgrade", ("library", "info"), upgraded, leaves=("old.map4.",), library="old.map4", is_next_version=True),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library, another one, a list that map4 wrote, one to import, a backup of an empty library."""
    folder = tmp_path / "folder"
    folder.mkdir()
    Library.open(folder / "empty.map4").close()
    with Library.open(folder / "empty.map4") as library:
        library.care.backup(folder / "empty.bak")
    (folder / "saved").mkdir()
    shutil.copy(folder / "empty.bak", folder / "saved/map4-2026-01-01.map4")
    put_songs(folder / "old.map4", HOUSE)
    put_songs(folder / "l.map4", HOUSE)
    (folder / "friday.m3u8").write_text("\n".join(f"/music/{name}.mp3" for name in GOOD))
    with Library.open(folder / "l.map4") as library:
        library.export(folder / "list.m3u8", query="bpm:..122")
    return folder


@pytest.mark.parametrize("fault", ["kill", "full"])
@pytest.mark.parametrize("crash", CRASHES, ids=lambda crash: crash.name)
def test_kill_or_full_disk_at_any_write_leaves_the_old_or_new_file(
    strace: str, folder: Path, tmp_path: Path, crash: Crash, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if crash.is_next_version:
        monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, next_version.add_column))
    library = folder / crash.library
    before = crash.states(folder)
    kept = shutil.copytree(folder, tmp_path / "kept")
    trace = tmp_path / "trace"
    done = run(folder, crash, [strace, "-f", "-qq", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace)])
    assert done.returncode == 0, done.stderr
    after = crash.states(folder)
    assert after != before
    killed = 0
    for call, count in points(trace):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)  # in the same place, which the library knows
        how = "signal=SIGKILL" if fault == "kill" else "error=ENOSPC"
        inject = f"inject={call}:{how}:when={count}"
        died = run(folder, crash, [strace, "-f", "-qq", "-e", f"trace={call}", "-e", inject, "-o", os.devnull])
        killed += died.returncode in ((-signal.SIGKILL, 128 + signal.SIGKILL) if fault == "kill" else (1,))
        assert "Traceback" not in died.stderr, (call, count)
        assert crash.states(folder) in (before, after), (call, count)
        assert Library.care.verify(library).is_sound, (call, count)
        more = crash.full if fault == "full" else ()
        again = run_inside(*crash.arguments, *more, library=library, cwd=folder)
        assert again.returncode == 0, (call, count, again.stderr)
        assert crash.states(folder) == after
        left = {path.name for path in folder.iterdir()} - {path.name for path in kept.iterdir()}
        assert [name for name in left if not name.startswith(crash.leaves)] == [], (call, count)
    assert killed >= 7


def test_disk_full_at_the_end_of_a_backup_is_reported(strace: str, folder: Path) -> None:
    """SQLite says it of the change to one file without a journal, and of that only where its answer is read."""
    crash = next(crash for crash in CRASHES if crash.name == "backup")
    before = [strace, "-f", "-qq", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=ENOSPC:when=5+"]
    result = run(folder, crash, [*before, "-o", os.devnull])
    assert (result.returncode, "disk I/O error" in result.stderr) == (1, True), result.stderr
    assert [path.name for path in (folder / "saved").iterdir()] == ["map4-2026-01-01.map4"]


def run(folder: Path, crash: Crash, before: list[str]) -> subprocess.CompletedProcess[str]:
    program = (next_version.__file__,) if crash.is_next_version else ("-m", "map4")
    return subprocess.run(
        [*before, sys.executable, "-B", *program, "--library", crash.library, *crash.arguments],
        cwd=folder, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def points(trace: Path) -> list[tuple[str, int]]:
    """The calls of a run, each with how many of its name were before it.

    Of calls of one name in a row, such as the writes of a thousand pages, the first, the middle and the last.
    """
    counts: Counter[str] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        call = line.split(maxsplit=1)[1].partition("(")[0]
        if call in CALLS.split(","):
            counts[call] += 1
            found.append((call, counts[call]))
    rows = [[*row] for _, row in groupby(found, key=itemgetter(0))]
    return [point for row in rows for point in dict.fromkeys((row[0], row[len(row) // 2], row[-1]))]
