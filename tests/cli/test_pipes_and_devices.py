"""Whatever names a file to be read: a pipe is not waited for, a device not read, and the sentence says what to do."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from conftest import Run

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")

COMMANDS = [
    ("scan", "PIPE"),
    ("scan", "--files-from", "PIPE"),
    ("analyze", "--files-from", "PIPE"),
    ("search", "--list", "PIPE"),
    ("search", "--config", "PIPE"),
    ("playlist", "check", "PIPE"),
    ("playlist", "show", "PIPE"),
    ("export", "--playlist", "PIPE", "--to", "csv", "-o", "-"),
    ("import", "PIPE"),
    ("import", "PIPE", "--from", "traktor"),
    ("import", "PIPE", "--from", "mixxx"),
    ("import", "PIPE", "--from", "rekordbox-db"),
    ("import", "PIPE", "--from", "serato"),
    ("import", "PIPE", "--from", "virtualdj"),
    ("import", "PIPE", "--from", "lists"),
    ("library", "restore", "PIPE", "--yes"),
    ("library", "verify", "--library", "PIPE"),
    ("library", "repair", "--yes", "--library", "PIPE"),
    ("search", "--library", "PIPE"),
]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """End a test that waits for the other end of a pipe, or reads without an end."""

    def end(number: int, frame: FrameType | None) -> None:
        pytest.fail("waited for a pipe")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        *((command, "pipe") for command in COMMANDS),
        *((command, kind) for command in COMMANDS[::4] for kind in ("link", "device")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_reads_regular_files_only(inside: Run, good: Path, tmp_path: Path, command: tuple[str, ...], kind: str) -> None:
    os.mkfifo(tmp_path / "pipe.m3u8")
    (tmp_path / "link.m3u8").symlink_to("pipe.m3u8")
    (tmp_path / "device.m3u8").symlink_to("/dev/zero")
    result = inside(*(str(tmp_path / f"{kind}.m3u8") if word == "PIPE" else word for word in command))
    assert result.returncode in (1, 2, 3)
    assert "pipe, a socket or a device" in result.stderr
    assert "internal error" not in result.stderr


def test_named_pipe_is_refused_with_a_hint_or_skipped_among_crates(inside: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    result = inside("scan", "--files-from", tmp_path / "pipe")
    assert result.stderr.splitlines()[-1].endswith("; pipe into '-' instead")
    crates = tmp_path / "_Serato_" / "Subcrates"
    crates.mkdir(parents=True)
    os.mkfifo(crates / "f.crate")
    result = inside("import", tmp_path / "_Serato_")
    assert "left out: crates that can't be read (1)" in result.stderr


def test_endless_stdin_is_cut(inside: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.core.music.lists.tracklist.ParsedPlaylist.MOST_BYTES", 1_000_000)
    for command in (("scan", "--files-from", "-"), ("search", "--list", "-"), ("playlist", "check", "-")):
        result = inside(*command, input=b"x" * 1_000_001)
        assert (result.returncode, "it is longer than 1.0 MB" in result.stderr) == (2, True)
    (tmp_path / "long").write_bytes(b"x" * 1_000_001)
    result = inside("scan", "--files-from", tmp_path / "long")
    assert (result.returncode, "it is longer than 1.0 MB" in result.stderr) == (2, True)
