"""A file that is named and not there: one rule for every command that takes some."""

from pathlib import Path

import pytest
from conftest import Run
from extra_cases import of_extras

from map4 import Library
from map4.errors import UsageError

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
    assert done.stderr == f"map4: {tmp_path / 'nowhere.wav'}: does not exist\n"
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
