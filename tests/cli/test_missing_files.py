"""Files and libraries that are missing, and commands that are stopped."""

import shlex
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Run
from every_command import ENDLESS, LEAST, command_of
from extra_cases import of_extras
from list_libraries import HOUSE, put_songs

from map4 import Library
from map4.errors import UsageError

NEEDS_LIBRARY = {
    "library info",
    "library verify",
    "library prune",
    "library prune --analyses",
    "library clear",
    "doctor",
}
FILLS = {"scan", "analyze", "import", "accounts add"}
LINES = {line for lines in LEAST.values() for line in lines if command_of(line) not in FILLS} - ENDLESS


@pytest.mark.parametrize("line", sorted(LINES | NEEDS_LIBRARY | {"library repair -y", "library merge absent.map4"}))
def test_command_creates_no_library(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = inside(*shlex.split(line))
    assert result.returncode
    assert line not in NEEDS_LIBRARY or (result.returncode, "map4 scan" in result.stderr) == (4, True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("library")] == []


# A file that is named and not there: one rule for every command that takes some.
COMMANDS = (
    ("analyze",),
    ("similar",),
    ("set", "bpm=100"),
    ("export", "--to", "csv", "-o", "-"),
    ("compare",),
    *(tuple(line.split()) for lines in of_extras("SELECTING") for line in lines),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_only_missing_files_exit_with_4(inside: Run, scanned: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = inside(*command, tmp_path / "nowhere.wav", tmp_path / "nor here.wav")
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "nowhere.wav" in done.stderr
    assert "nor here.wav" in done.stderr


def test_missing_seeds_and_a_deleted_current_folder_are_reported(
    inside: Run, scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = inside("playlist", "--seed", tmp_path / "nowhere.wav")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"map4: {tmp_path / 'nowhere.wav'} does not exist\n"
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with Library.open(tmp_path / "library.map4") as library, pytest.raises(UsageError, match="folder is gone"):
        library.track("track.mp3")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_some_missing_files_exit_with_3(inside: Run, scanned: Path, tmp_path: Path, command: tuple[str, ...]) -> None:
    done = inside(*command, tmp_path / "nowhere.wav", scanned / "one.wav", scanned / "two.wav")
    assert done.returncode == 3, done.stderr
    assert "nowhere.wav" in done.stderr


SKY, FIRE = "/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3"


@pytest.mark.parametrize(
    ("call", "arguments", "message"),
    [
        ("map4.library.Library.set_each", ("set", SKY, "bpm=87"), "no value is changed"),
        ("map4.library.Library.mix", ("mix", SKY, FIRE, "--render", "x.wav"), "no file is written"),
        ("map4.duplicates.commands.duplicates._write", ("duplicates",), "no file was moved"),
        ("map4.imports.reading.ImportReader.read", ("import", "a", "b"), "0 of 2 files read; the rest is as before"),
        (
            "map4.extras.unmix.commands.unmix.unmix_events",
            ("unmix", SKY, FIRE),
            "0 of 2 recordings done; nothing of the others is kept",
        ),
    ],
)
def test_stopped_command_reports_its_finished_work(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, arguments: tuple[str, ...], message: str
) -> None:
    put_songs(tmp_path / "library.map4", HOUSE)
    monkeypatch.setattr(call, Mock(side_effect=KeyboardInterrupt))
    stopped = inside(*arguments)
    assert (stopped.returncode, stopped.stderr.strip()) == (130, f"map4: stopped; {message}")
