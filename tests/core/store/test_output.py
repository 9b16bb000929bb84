"""Files for the user: whole or not at all, and never over what is theirs."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from map4.core.base.unfinished import SafeFile
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.output import OutputFileError, OutputFiles
from map4.core.store.written_files import SqlWrittenFiles
from map4.errors import Map4Error, UsageError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as opened:
        yield opened


def producing(text: bytes) -> Callable[[BinaryIO], int]:
    def produce(out: BinaryIO) -> int:
        return out.write(text)

    return produce


def write(database: SqliteDatabase, target: Path, produce: Callable[[BinaryIO], int], *, force: bool = False) -> int:
    files = OutputFiles(SqlWrittenFiles(database), str(target.parent / "library.map4"), lambda: NOW)
    return files.write(str(target), produce, format_name="m3u8", tracks=lambda count: count, force=force).result


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("library.map4"))


def test_a_file_is_written_again_unless_it_was_renamed(database: SqliteDatabase, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"
    assert write(database, target, producing(b"one")) == 3
    assert write(database, target, producing(b"two!")) == 4
    assert (target.read_bytes(), names(tmp_path)) == (b"two!", ["set.m3u8"])
    write(database, tmp_path / "set.m3u8", producing(b"one"))
    (tmp_path / "set.m3u8").rename(tmp_path / "best.m3u8")
    with pytest.raises(OutputFileError):
        write(database, tmp_path / "best.m3u8", producing(b"two"))


def test_protected_target_is_refused_before_any_work(database: SqliteDatabase, tmp_path: Path) -> None:
    (tmp_path / "set.m3u8").write_bytes(b"mine")
    asked: list[BinaryIO] = []
    with pytest.raises(OutputFileError):
        write(database, tmp_path / "set.m3u8", lambda out: len(asked.append(out) or ""))
    assert asked == []


def test_edited_output_and_foreign_files_are_replaced_only_with_force(database: SqliteDatabase, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"
    write(database, target, producing(b"one"))
    target.write_bytes(b"one more")
    with pytest.raises(OutputFileError, match="changed since"):
        write(database, target, producing(b"two"))
    assert target.read_bytes() == b"one more"
    target.write_bytes(b"mine")
    with pytest.raises(OutputFileError, match=r"was not written from this library or was changed since.*--force"):
        write(database, target, producing(b"new"))
    assert (target.read_bytes(), names(tmp_path)) == (b"mine", ["set.m3u8"])
    write(database, target, producing(b"new"), force=True)
    assert target.read_bytes() == b"new"
    write(database, target, producing(b"newer"))


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("name", ["song.mp3", "song.FLAC", "known.list"])
def test_music_is_never_written_over(database: SqliteDatabase, tmp_path: Path, name: str, force: bool) -> None:
    target = tmp_path / name
    target.write_bytes(b"music")
    with database.transaction() as connection:
        row = (os.fsencode(tmp_path / "known.list"), "x", 1, 1, 1, 1, "x", "x")
        connection.execute(
            "INSERT INTO files (path, display, size_bytes, mtime_ns, ctime_ns, inode, added_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    with pytest.raises(UsageError, match="a music file name"):
        write(database, target, producing(b"list"), force=force)
    assert target.read_bytes() == b"music"


def test_a_link_to_music_is_followed_and_refused(database: SqliteDatabase, tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"music")
    (tmp_path / "set.m3u8").symlink_to(tmp_path / "song.mp3")
    with pytest.raises(UsageError, match=r"song\.mp3 is a music file name"):
        write(database, tmp_path / "set.m3u8", producing(b"list"), force=True)


def test_writing_through_a_link_keeps_the_link(database: SqliteDatabase, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "set.m3u8").symlink_to(tmp_path / "real" / "set.m3u8")
    write(database, tmp_path / "set.m3u8", producing(b"list"))
    assert (tmp_path / "set.m3u8").is_symlink()
    assert (tmp_path / "real" / "set.m3u8").read_bytes() == b"list"


def test_failed_write_leaves_the_old_file(database: SqliteDatabase, tmp_path: Path) -> None:
    def fails(out: BinaryIO) -> int:
        out.write(b"half")
        raise OSError(28, "No space left on device")

    target = tmp_path / "set.m3u8"
    write(database, target, producing(b"one"))
    with pytest.raises(OutputFileError, match="No space left"):
        write(database, target, fails)
    assert (target.read_bytes(), names(tmp_path)) == (b"one", ["set.m3u8"])

    def is_stopped(out: BinaryIO) -> int:
        out.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(database, target, is_stopped)
    assert (target.read_bytes(), names(tmp_path)) == (b"one", ["set.m3u8"])


def test_file_created_during_a_write_is_kept(database: SqliteDatabase, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"

    def slowly(out: BinaryIO) -> int:
        target.write_bytes(b"somebody was here")
        return out.write(b"list")

    with pytest.raises(OutputFileError, match="exists, and was not written from this library"):
        write(database, target, slowly)
    assert (target.read_bytes(), names(tmp_path)) == (b"somebody was here", ["set.m3u8"])


def test_crash_leaves_no_odd_file(database: SqliteDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "set.m3u8"
    real = SafeFile.place_new

    def place_and_crash(partial: SafeFile, path: str) -> None:
        real(partial, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(SafeFile, "place_new", place_and_crash)
    with pytest.raises(KeyboardInterrupt):
        write(database, target, producing(b"one"))
    monkeypatch.undo()
    assert write(database, target, producing(b"two")) == 3


def test_rights_are_kept_and_new_files_follow_the_umask(database: SqliteDatabase, tmp_path: Path) -> None:
    target = tmp_path / "set.m3u8"
    before = os.umask(0o027)
    try:
        write(database, target, producing(b"one"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    target.chmod(0o600)
    write(database, target, producing(b"two"))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_pipe_is_written_through(database: SqliteDatabase, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    (tmp_path / "out").symlink_to(f"/dev/fd/{writing}")
    assert write(database, tmp_path / "out", producing(b"list")) == 4
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert pipe.read() == b"list"
    assert write(database, Path("/dev/null"), producing(b"list")) == 4
    with pytest.raises(OutputFileError, match="No space left"):
        write(database, Path("/dev/full"), producing(b"list" * 10_000))


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [("", OutputFileError, "is a folder"), ("absent/set.m3u8", OutputFileError, "does not exist"),
     ("library.map4", UsageError, "the library itself"), ("nul\0", UsageError, "a NUL character"),
     ("x" * 300, Map4Error, "can't be written: File name too long")],
)  # fmt: skip
def test_invalid_output_paths_are_refused(
    database: SqliteDatabase, tmp_path: Path, name: str, error: type[Map4Error], message: str
) -> None:
    with pytest.raises(error, match=message):
        write(database, tmp_path / name, producing(b"x"), force=True)


def test_read_only_library_writes_output_without_recording_it(tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database:
        database.is_read_only = True
        write(database, tmp_path / "set.m3u8", producing(b"one"))
        with pytest.raises(OutputFileError):
            write(database, tmp_path / "set.m3u8", producing(b"two"))


def test_only_the_newest_of_a_path_are_remembered(database: SqliteDatabase, tmp_path: Path) -> None:
    for number in range(25):
        write(database, tmp_path / "set.m3u8", producing(b"%d" % number))
    with database.reading() as connection:
        rows = connection.execute("SELECT path, format, tracks, size_bytes, written_at FROM written_files").fetchall()
    assert len(rows) == 20
    assert rows[-1] == (os.fsencode(tmp_path / "set.m3u8"), "m3u8", 2, 2, "2026-01-02T00:00:00Z")


def test_write_removes_leftovers_of_a_killed_write(database: SqliteDatabase, tmp_path: Path) -> None:
    stays = ("b.m3u8.partial-0badcafe", "a.m3u8.partial-of mine", "a.m3u8.partial")
    goes = ("a.m3u8.partial-0badcafe", "a.m3u8.partial-deadbeef", "a.m3u8.partial-deadbee1-journal")
    for name in (*stays, *goes):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / goes[0]).write_bytes(b"x")
    write(database, tmp_path / "a.m3u8", producing(b"new"))
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("library.map4")}
    assert left == {"a.m3u8", *stays}
