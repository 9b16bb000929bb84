"""Writes into rekordbox's database that are killed, or run out of disk, at each of their writes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rekordbox_database import XML, all_rows, make_database

from map4.extras.rekordbox.journal import WriteJournal, settle
from map4.extras.rekordbox.part import DatabaseWriter

pytest.importorskip("pyrekordbox", reason="needs pyrekordbox, the extra 'rekordbox'")

pytestmark = pytest.mark.world

# Counts what changes a file, and at a number given by arm() writes half and kills, or fails as a full disk does.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>
static long left = -1, is_full = 0;
void arm(long at, long full) { left = at; is_full = full; }
static int now(void) { return left > 0 && --left == 0; }
#define REAL(name, type, args) type (*real) args = (type (*) args)dlsym(RTLD_NEXT, name)
#define FAIL if (is_full && left == 0) { errno = ENOSPC; return -1; }
#define WRITES(name, args, call, half) \
    ssize_t name args { REAL(#name, ssize_t, args); \
        if (now()) { if (!is_full) { half; kill(getpid(), SIGKILL); } } \
        FAIL return call; }
WRITES(write, (int fd, const void *b, size_t n), real(fd, b, n), real(fd, b, n / 2))
WRITES(pwrite, (int fd, const void *b, size_t n, off_t o), real(fd, b, n, o), real(fd, b, n / 2, o))
WRITES(pwrite64, (int fd, const void *b, size_t n, off64_t o), real(fd, b, n, o), real(fd, b, n / 2, o))
#define CHANGES(name, args, call) \
    int name args { REAL(#name, int, args); if (now() && !is_full) kill(getpid(), SIGKILL); return call; }
CHANGES(fsync, (int fd), real(fd))
CHANGES(fdatasync, (int fd), real(fd))
CHANGES(ftruncate, (int fd, off_t n), real(fd, n))
CHANGES(ftruncate64, (int fd, off64_t n), real(fd, n))
CHANGES(rename, (const char *a, const char *b), real(a, b))
CHANGES(unlink, (const char *a), real(a))
"""
DRIVER = """
import ctypes, os, shutil, sys
from pathlib import Path
from dj_tracks import stored
from rekordbox_database import rekordbox_track
from map4.extras.rekordbox.journal import WriteJournal
from map4.errors import Map4Error
from map4.extras.rekordbox.part import WantedLists, DatabaseWriter
import map4.core.audio.content, map4.formats, filelock, pyrekordbox, sqlcipher3

library, fresh, folder, what, full, step = sys.argv[1:]
shim, folder, full, step = ctypes.CDLL(library), Path(folder), int(full), int(step)
lists = [stored("Fri", [rekordbox_track(n) for n in (1, 2, 3)], folders=("New",))]
for at in range(1, 2000, step):
    place = folder / str(at)
    shutil.copytree(fresh, place)
    child = os.fork()
    if child == 0:
        writer = DatabaseWriter(WriteJournal(str(place / "journal")), running=lambda: None)
        if what == "undo":
            writer.write(str(place / "master.db"), WantedLists(lists))
        shim.arm(at, full)
        try:
            writer.undo() if what == "undo" else writer.write(str(place / "master.db"), WantedLists(lists, ("rating",)))
        except Map4Error:
            os._exit(3)
        except BaseException:
            import traceback
            shim.arm(-1, 0)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(at, code, flush=True)
    if code == 0:
        break
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and Linux")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "shim.so", "shim.c", "-ldl"], cwd=folder, check=True)
    return folder / "shim.so"


def attempts(shim: Path, tmp_path: Path, what: str, *, is_wal: bool, is_full: bool, step: int = 1) -> dict[int, int]:
    """Stop writes at each of their changes of files; returns the exit code for each number, the last of a whole one."""
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    make_database(fresh, is_wal=is_wal)
    command = [sys.executable, "-c", DRIVER, shim, fresh, tmp_path / "tried", what, str(int(is_full)), str(step)]
    environment = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=False)
    codes = {int(line.split()[0]): int(line.split()[1]) for line in done.stdout.splitlines()}
    assert (codes and list(codes.values())[-1], done.stderr) == (0, "")
    return codes


@pytest.mark.parametrize(
    ("what", "is_wal", "is_full"),
    [
        ("write", False, False), ("write", True, False), ("undo", False, False), ("undo", True, False),
        ("write", False, True), ("undo", True, True),
    ],
)  # fmt: skip
def test_stop_at_any_write_is_atomic(shim: Path, tmp_path: Path, what: str, is_wal: bool, is_full: bool) -> None:
    codes = attempts(shim, tmp_path, what, is_wal=is_wal, is_full=is_full)
    assert len(codes) > 15
    assert set(list(codes.values())[:-1]) <= ({3} if is_full else {-9})
    before, seen = all_rows(tmp_path / "fresh" / "master.db"), set[str]()
    for at in codes:
        folder = tmp_path / "tried" / str(at)
        database, xml = folder / "master.db", folder / "masterPlaylists6.xml"
        journal = WriteJournal(str(folder / "journal"))
        named = settle(journal, lambda: None)
        assert settle(journal, lambda: None) is None
        rows, is_after = all_rows(database), xml.read_bytes() != XML
        lists = len(rows) - len(before)
        assert lists == (5 if is_after else 0), (at, named)
        assert is_after or rows == before, (at, named)
        assert {key[0] for key in before if rows[key] != before[key]} <= {"agentRegistry"}
        seen.add("after" if is_after else "before")
        assert not [name for name in folder.iterdir() if ".map4-" in name.name and not named], (at, named)
        if is_after:
            DatabaseWriter(journal, running=lambda: None).undo()
            assert (all_rows(database), xml.read_bytes()) == (before, XML)
    assert seen == {"before", "after"}
