"""Opening files: all that reads them gives the same answer about what is no regular file or can't be opened."""

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
from audio_files import make

from map4.core.audio.decode import open_audio
from map4.core.audio.decoder import DEFAULT_DECODER
from map4.core.audio.identity import identify
from map4.core.audio.jobs import AnalyseJob, Identified, IdentifyJob, Stamp, WalkOptions
from map4.core.audio.source import AudioSource, SourceReader
from map4.core.audio.tags import read_tags
from map4.core.music.track.tags import Tags
from map4.errors import FileError
from map4.scan.walk import DiskFiles
from map4.scan.workers.job import run_job

Answer = tuple[str, str]
STAMP = Stamp(0, 0, 0)


def raised(call: Callable[..., object], *arguments: str) -> Answer:
    with pytest.raises(FileError) as caught:
        call(*arguments)
    return caught.value.kind, caught.value.message


def decode(path: str) -> None:
    with open_audio(path):
        pass


def identified(path: str) -> Answer:
    outcome = run_job(IdentifyJob(path=path, stamp=STAMP))
    failure = outcome.failure if isinstance(outcome, Identified) else outcome
    return failure.kind, failure.message


def walked(path: str) -> Answer:
    (problem,) = DiskFiles().walk([path], WalkOptions())
    return problem.failure.kind, problem.failure.message


def answers(path: str) -> set[Answer]:
    """What each reader of files says; tags are empty in any case."""
    assert read_tags(path) == Tags()
    doors = (AudioSource, identify, decode)
    return {raised(door, path) for door in doors} | {identified(path)}


def test_missing_paths_and_folders_are_reported_and_refused(tmp_path: Path) -> None:
    assert answers(str(tmp_path)) == {("unsupported", "is a folder")}
    for path, kind in ((tmp_path, "unsupported"), (tmp_path / "gone.mp3", "vanished")):
        status = os.stat(tmp_path)
        stamp = Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        outcome = run_job(AnalyseJob(path=str(path), stamp=stamp, decoder=DEFAULT_DECODER))
        assert outcome.kind == kind


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as bound, monkeypatch.context() as patch:
        bound.bind("socket.mp3")
        patch.setattr(os, "open", lambda *_: pytest.fail("opened"))
        for name in ("pipe.mp3", "socket.mp3", "/dev/null"):
            expected = ("unsupported", "is a pipe, a socket or a device")
            assert (answers(name), walked(name)) == ({expected}, expected)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.mp3", "does not exist"),
        ("no/where.mp3", "does not exist"),
        ("file/below.mp3", "does not exist"),
        ("nul\0byte.mp3", "is not a valid file name"),
        ("half \ud800.mp3", "is not a valid file name"),
    ],
)
def test_missing_or_invalid_paths_count_as_vanished(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    path = os.path.join(tmp_path, name)
    assert (answers(path), walked(path)) == ({("vanished", message)}, ("vanished", message))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ELOOP])
def test_refused_file_is_unreadable_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = str(make(tmp_path / "a.wav"))
    real = os.stat

    def refuse(asked: str, *args: object, **settings: object) -> os.stat_result:
        if str(asked) == path:
            raise OSError(number, os.strerror(number), asked)
        return real(asked, *args, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refuse)
    expected = ("unreadable", f"can't be read: {os.strerror(number)}")
    assert (answers(path), walked(path)) == ({expected}, expected)


def test_file_without_permission_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(make(tmp_path / "a.m4a"))

    monkeypatch.setattr(os, "open", Mock(side_effect=PermissionError(errno.EACCES, "Permission denied")))
    assert answers(path) == {("unreadable", "can't be read: Permission denied")}


def test_file_replaced_between_stat_and_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(make(tmp_path / "a.wav"))
    folder = os.stat(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda _: folder)
        assert answers(path) == {("unsupported", "is a folder")}

    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
        assert answers(path) == {("unreadable", "can't be read: Input/output error")}
    regular = os.stat(path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda _: regular)
        assert answers(str(tmp_path)) == {("unsupported", "is a folder")}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_file_replaced_by_a_pipe_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.mp3")
    regular = os.stat(__file__)
    monkeypatch.setattr(os, "stat", lambda _, **__: regular)
    assert answers(str(tmp_path / "a.mp3")) == {("unsupported", "is a pipe, a socket or a device")}


def test_source_reader_reads_and_seeks_like_a_file_that_may_shrink(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    with AudioSource(str(path)) as source:
        path.write_bytes(b"ab")
        assert source.read(0, 50) == b"ab"
        assert list(source.pieces(0, 100)) == [b"ab"]
        assert source.read(200, 5) == source.read(-1, 5) == source.read(0, 0) == b""
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    with AudioSource(str(path)) as source:
        reader = SourceReader(source, name="file.mp3")
        assert reader.name == "file.mp3"
        assert (reader.read(2), reader.tell(), reader.seek(-1, os.SEEK_END), reader.read(9)) == (b"ab", 2, 5, b"f")
        assert (reader.seek(0), reader.seek(1, os.SEEK_CUR)) == (0, 1)
        buffer = bytearray(3)
        assert (reader.readinto(memoryview(buffer)), bytes(buffer)) == (3, b"bcd")
        reader.raise_failure()


def test_source_reader_can_start_at_an_offset(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with AudioSource(str(path)) as source:
        reader = SourceReader(source, start=4)
        assert (reader.tell(), reader.read(2), reader.tell()) == (0, b"45", 2)
        assert (reader.seek(-7), reader.tell(), reader.seek(-9, os.SEEK_CUR), reader.tell()) == (-1, 2, -1, 2)
        assert (reader.seek(0, os.SEEK_END), reader.read(1)) == (6, b"")
        assert (reader.seek(1 << 62), reader.read(1)) == (1 << 62, b"")
        assert (reader.seek(1), reader.read(1)) == (1, b"5")
    assert capfd.readouterr().err == ""


def test_reader_remembers_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    with AudioSource(str(path)) as source:
        reader = SourceReader(source)
        with monkeypatch.context() as patch:
            patch.setattr(os, "read", Mock(side_effect=OSError(errno.EIO, "Input/output error")))
            assert reader.read(2) == b""
        assert reader.read(2) == b""
        assert raised(reader.raise_failure) == ("unreadable", "can't be read: Input/output error")
