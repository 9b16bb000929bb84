"""There is one way to open a file for reading, and it opens regular files alone."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import map4
from map4.core.base.regular_files import NotRegularError, OnDisk

ROOT = Path(map4.__file__).parent
# What opens a file by its name, as it is called in the code.
OPENERS = {
    "open", "io.open", "os.open", "os.fdopen", "codecs.open", "click.open_file", "click.File", "FileIO", "io.FileIO",
    "sqlite3.connect", "np.load", "np.fromfile", "av.open", "sf.SoundFile", "sf.read", "sf.info", "mutagen.File",
    "ZipFile", "zipfile.ZipFile", "load_workbook", "openpyxl.load_workbook", "TTFont", "json.load", "tomllib.load",
    "fromfile", "read_text", "read_bytes", "memmap", "mmap.mmap", "gzip.open", "tarfile.open", "shutil.copyfile",
    "shutil.copy", "shutil.copy2", "linecache.getlines", "fileinput.input", "librosa.load",
}  # fmt: skip
# Where else one of these may stand, how often, and why.
SHIPPED = "a file of the package itself"
DESCRIPTOR = "writes, or opens the null device, and reads nothing"
ALLOWED = {
    ("cli/help.py", "open"): (1, SHIPPED),
    ("core/base/declaration.py", "open"): (1, SHIPPED),
    ("core/base/stability.py", "open"): (1, SHIPPED),
    ("core/store/stored_tables.py", "open"): (1, SHIPPED),
    ("jobs/store/queue.py", "read_text"): (1, SHIPPED),
    ("server/routes/itself.py", "read_text"): (2, SHIPPED),
    ("core/schemas/__init__.py", "read_text"): (1, SHIPPED),
    ("accounts/records.py", "read_text"): (1, SHIPPED),
    ("core/audio/tags/names.py", "read_text"): (1, SHIPPED),
    ("core/music/track/genre.py", "read_text"): (1, SHIPPED),
    ("values/tempo_range.py", "read_text"): (1, SHIPPED),
    ("core/music/track/lyrics.py", "read_text"): (1, SHIPPED),
    ("core/music/track/observations.py", "read_text"): (1, SHIPPED),
    ("extras/lookup/providers/web.py", "open"): (1, "a file of map4's own, under its lock, to write a time"),
    ("lists/playlist/request.py", "read_text"): (1, SHIPPED),
    ("page/linking.py", "read_bytes"): (1, SHIPPED),
    ("core/dsp/network.py", "np.load"): (1, SHIPPED),
    ("core/dsp/compiled.py", "read_bytes"): (1, SHIPPED),
    ("exports/use.py", "open"): (1, DESCRIPTOR),
    ("exports/render/pdf_fonts.py", "TTFont"): (1, "fonts of the system, of names that stand in the code"),
    ("core/store/stored_tables.py", "sqlite3.connect"): (1, "a database in memory"),
    ("formats/cue_sheet.py", "mutagen.File"): (1, "a file that the opener gave"),
    ("core/base/regular_files.py", "io.FileIO"): (1, "the opener"),
    ("core/base/regular_files.py", "os.open"): (1, "the opener"),
    ("extras/shared/consent.py", "json.load"): (1, "of a file that the opener gave"),
    ("extras/shared/consent.py", "open"): (1, DESCRIPTOR),
    ("version.py", "open"): (1, "the receipt of the program that installed map4"),
    ("version.py", "tomllib.load"): (1, "of that receipt"),
    ("extras/demo/music.py", "av.open"): (1, DESCRIPTOR),
    ("extras/stick/changing.py", "open"): (1, "a new file of a stick"),
    ("extras/stick/new_stick.py", "read_text"): (2, SHIPPED),
    ("extras/demo/sound.py", "read_text"): (1, SHIPPED),
    ("extras/demo/music.py", "read_text"): (1, SHIPPED),
    ("extras/demo/tracks.py", "read_text"): (1, SHIPPED),
    ("extras/postgres/functions.py", "read_text"): (1, SHIPPED),
    ("formats/workbook/workbook.py", "read_text"): (1, SHIPPED),
    ("extras/stick/players.py", "read_text"): (1, SHIPPED),
    ("extras/stick/writing.py", "shutil.copyfile"): (1, "a database that was read through the opener"),
    ("extras/demo/folder.py", "open"): (3, DESCRIPTOR),
    ("extras/demo/folder.py", "json.load"): (1, "of a file that the opener gave"),
    ("core/store/sound/mirror_file.py", "open"): (1, "a new file of map4's own"),
    ("core/store/sound/mirror_file.py", "mmap.mmap"): (1, "of a file that the opener gave"),
    ("exports/render/html.py", "read_text"): (1, SHIPPED),
    ("care/store/leaf_pages.py", "sqlite3.connect"): (3, "a database in memory"),
    ("care/store/verify.py", "shutil.copyfile"): (1, "of a library that is open already"),
    ("care/store/repair.py", "sqlite3.connect"): (1, "a database in memory"),
    ("care/store/repair.py", "shutil.copyfile"): (1, "behind require_regular"),
    ("care/store/backup.py", "shutil.copyfile"): (1, "behind require_regular"),
    ("care/store/salvage.py", "sqlite3.connect"): (1, "a new file of map4's own"),
    ("scan/workers/lanes.py", "os.open"): (1, "the null device, to see whether a file can be opened"),
    ("scan/workers/preload.py", "open"): (1, DESCRIPTOR),
    ("extras/postgres/schema.py", "sqlite3.connect"): (1, "a database in memory"),
    ("extras/postgres/renewing.py", "sqlite3.connect"): (1, "a new file of map4's own"),
    ("extras/shared/text_cache.py", "sqlite3.connect"): (1, "behind require_regular"),
    ("core/store/file/connection.py", "sqlite3.connect"): (
        3,
        "behind require_regular; in memory; a new file of map4's",
    ),
    ("core/store/file/schema.py", "sqlite3.connect"): (1, "in memory"),
    ("core/store/file/database.py", "sqlite3.connect"): (1, "a new file of map4's own"),
    ("care/store/repair.py", "open"): (1, DESCRIPTOR),
    ("core/base/files/last_error.py", "open"): (1, "a file of map4's own"),
    ("cli/bug_report.py", "open"): (1, "a new file"),
    ("core/base/regular_files.py", "open"): (1, "the system's table of mounts"),
    ("extras/monitoring/seen.py", "open"): (1, "what the kernel tells in /proc"),
    ("formats/sqlite_copy.py", "sqlite3.connect"): (2, "behind require_regular; a copy made through the opener"),
    ("formats/sqlite_copy.py", "open"): (1, DESCRIPTOR),
    ("formats/listens/archives.py", "ZipFile"): (2, "of an open file, or in memory"),
    ("formats/lists/csv.py", "read_text"): (1, SHIPPED),
    ("core/base/unfinished.py", "os.open"): (
        7,
        "makes a file; or locks, or flushes with its folder, one of map4's own",
    ),
    ("core/base/unfinished.py", "shutil.copy2"): (1, "of a library that is open already"),
    ("tags/use.py", "open"): (1, DESCRIPTOR),
    ("core/audio/converting.py", "open"): (1, DESCRIPTOR),
    ("extras/shared/moving.py", "os.open"): (2, DESCRIPTOR),
    ("extras/shared/moving.py", "open"): (1, DESCRIPTOR),
    ("core/base/files/journal.py", "os.open"): (2, "a new file of map4's own; a journal that was read"),
    ("extras/quarantine/journal.py", "open"): (1, DESCRIPTOR),
    ("extras/move/writing.py", "open"): (1, "a file of map4's own, to add a line"),
    ("extras/quarantine/journal.py", "os.open"): (1, "a file of map4's own, to add a line"),
    ("accounts/sealing.py", "open"): (1, "a new file of map4's own"),
    ("extras/shared/http_answers.py", "open"): (1, "a new file in a folder of map4's own"),
    ("settings/file.py", "open"): (1, "a new file of map4's own"),
    ("plays/part/listening.py", "np.fromfile"): (1, "a file of map4's own, which was made or kept"),
    ("core/audio/tags/copies.py", "open"): (3, "a file that map4 has just made"),
    ("extras/rename/part.py", "open"): (1, "a file that map4 has just made"),
    ("exports/copies.py", "open"): (1, "a file that map4 has just made"),
    ("scan/store.py", "open"): (1, "a new file of map4's own"),
    ("core/store/output.py", "open"): (2, DESCRIPTOR),
    ("jobs/store/file.py", "os.open"): (1, "a new file of map4's own"),
    ("core/base/child_process.py", "os.fdopen"): (2, DESCRIPTOR),
    ("extras/rekordbox/journal.py", "open"): (1, "a new file of map4's own"),
    ("extras/rekordbox/journal.py", "shutil.copyfile"): (1, "copies that map4 made and checked"),
    ("exports/deck_copies.py", "open"): (2, "a file that map4 has just made"),
    ("extras/shared/chapters.py", "av.open"): (2, "of an open file, and of a temporary one"),
    ("core/audio/converting.py", "av.open"): (1, DESCRIPTOR),
    ("core/audio/identity/demux.py", "av.open"): (3, "of an open Source"),
    ("core/audio/decode/libav.py", "av.open"): (1, "of an open Source"),
    ("core/audio/decode/libsndfile.py", "sf.SoundFile"): (1, "of an open Source"),
    ("core/audio/tags/pictures.py", "mutagen.File"): (1, "of an open Source"),
    ("core/audio/tags/lyrics.py", "mutagen.File"): (1, "of an open Source"),
    ("core/store/sql_store.py", "open"): (1, "a new file of map4's own"),
    ("extras/cluster/remote.py", "open"): (1, "a new file in a folder of map4's own"),
    ("scan/workers/job.py", "os.open"): (1, DESCRIPTOR),
    ("scan/workers/job.py", "open"): (1, DESCRIPTOR),
    ("core/dsp/spectrum/framing.py", "mmap.mmap"): (1, "memory without a file"),
    ("core/audio/decode/libav.py", "mmap.mmap"): (1, "memory without a file"),
    ("core/base/machine.py", "mmap.mmap"): (1, "memory without a file"),
    ("server/connections/uploads.py", "open"): (1, DESCRIPTOR),
    ("extras/list_mixes/files.py", "open"): (1, "a file that map4 has just made"),
    ("extras/list_mixes/streams/rendering.py", "open"): (2, "new files in a folder of map4's own"),
    ("extras/unmix/job.py", "open"): (1, "a new file in a folder of map4's own"),
    ("cli/output.py", "open"): (1, DESCRIPTOR),
    ("cli/output.py", "os.open"): (2, DESCRIPTOR),
}


def opened() -> Iterator[tuple[str, str]]:
    """The file and the name of each call that opens something."""
    names = "|".join(map(re.escape, OPENERS))
    calls = re.compile(rf"(?<![\w.])({names})\(|\.read_(text|bytes)\(")  # most files have none and are not parsed
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text if calls.search(text) else "")):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                short = name.rpartition(".")[2]
                if name in OPENERS or short in ("read_text", "read_bytes"):
                    yield path.relative_to(ROOT).as_posix(), short if short.startswith("read_") else name


def test_only_listed_modules_open_files() -> None:
    found: dict[tuple[str, str], int] = {}
    for place in opened():
        found[place] = found.get(place, 0) + 1
    assert found == {place: count for place, (count, _) in ALLOWED.items()}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_devices_and_folders_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    for name in ("pipe", "link", "device"):
        with pytest.raises(NotRegularError, match="it is a pipe, a socket or a device, not a file"):
            OnDisk(str(tmp_path / name)).open()
    with pytest.raises(IsADirectoryError):
        OnDisk(str(tmp_path)).open()
    with pytest.raises(FileNotFoundError):
        OnDisk(str(tmp_path / "nothing")).open()


def test_file_is_read_unchanged_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to(path)
    assert OnDisk(str(tmp_path / "link")).read(most_bytes=100) == b"x" * 100
    with pytest.raises(OSError, match="longer than 99 bytes"):
        OnDisk(str(path)).read(most_bytes=99)
