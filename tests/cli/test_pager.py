"""The pager of output that is longer than the terminal, on a terminal of its own."""

import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from list_libraries import put_songs, song

pytestmark = [pytest.mark.contract, pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")]

MANY = 40


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    songs = [song(f"/music/{number}.mp3", "Ann", f"Song {number}", 120.0, "8A", 0.5) for number in range(MANY)]
    monkeypatch.setenv("MAP4_LIBRARY", str(put_songs(tmp_path / "library.map4", songs)))
    monkeypatch.setenv("MAP4_PAGER", "sed s/^/paged:/")


def on_terminal(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command on a terminal of 24 rows."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "map4", *arguments, "--color", "never"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        read = b""
        while True:
            try:
                read += (data := os.read(ours, 65536))
            except OSError:  # Linux, once no process has it open
                break
            if not data:
                break
        os.close(ours)
    return process.returncode, read.decode().replace("\r", "").splitlines()


def test_long_output_and_its_summary_go_to_the_pager() -> None:
    code, lines = on_terminal("search", "ann")
    assert code == 0
    assert len(lines) > MANY
    assert all(line.startswith("paged:") for line in lines)
    assert f"{MANY} tracks" in lines[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "ann", "--no-pager"),
        pytest.param(("search", "ann", "limit:5"), marks=pytest.mark.world),
        pytest.param(("scan", "--help"), marks=pytest.mark.world),
    ],
)
def test_short_output_and_no_pager_option_start_no_pager(arguments: tuple[str, ...]) -> None:
    code, lines = on_terminal(*arguments)
    assert code == 0
    assert any(line.startswith("paged:") for line in lines) == ("--help" in arguments)


@pytest.mark.world
def test_long_path_is_printed_on_its_own_line(tmp_path: Path) -> None:
    path = f"/music/{'folder/' * 12}fog.mp3"
    library = put_songs(tmp_path / "other.map4", [song(path, "Bob", "Fog", 120.0, "8A", 0.5)])
    lines = on_terminal("similar", "fog", "--library", str(library), "--no-pager")[1]
    assert lines[:2] == ["'fog' is Bob – Fog,", f"  {path}"]


@pytest.mark.world
def test_a_pipe_has_no_pager() -> None:
    done = subprocess.run([sys.executable, "-m", "map4", "search", "ann"], capture_output=True, text=True, check=True)
    assert "paged:" not in done.stdout


def test_a_pager_that_ends_early_does_not_end_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_PAGER", "head -n 2")
    code, lines = on_terminal("search", "ann")
    assert (code, len(lines)) == (0, 2)
    monkeypatch.setenv("MAP4_PAGER", "no-such-pager")
    assert len(on_terminal("search", "ann")[1]) > MANY


@pytest.mark.world
def test_less_has_the_options_of_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAP4_PAGER", "echo $LESS; cat")
    monkeypatch.delenv("LESS", raising=False)
    assert on_terminal("search", "ann")[1][0] == "FRX"
