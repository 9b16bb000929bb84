"""Files that are not finished: gone with what made them, or by a later write where that was killed."""

import os
from pathlib import Path
from typing import Any

import pytest

from map4.core.base.unfinished import SafeFile


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_missing_folders_above_a_private_folder_are_private_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    SafeFile.make_private_folder(str(tmp_path / "a" / "b"))
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")]
    assert modes == [0o755, 0o700, 0o700]


@pytest.mark.parametrize("make", [SafeFile.unfinished, SafeFile.unfinished_locked])
def test_error_of_an_unfinished_file_states_the_path_of_the_result(make: Any, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"set\.flac'$"), make(SafeFile(str(tmp_path / "set.flac")), "encoded") as name:
        raise OSError(28, "No space left on device", name)
    assert list(tmp_path.iterdir()) == []


def test_unfinished_file_is_removed_and_a_finished_one_gets_a_name(tmp_path: Path) -> None:
    def fail() -> None:
        with SafeFile(str(tmp_path / "a.map4")).unfinished("new") as name:
            Path(f"{name}-journal").write_bytes(b"half")
            assert [path.stat().st_mode & 0o777 for path in map(Path, (name,))] == [0o600]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert names(tmp_path) == []
    for expected in ("set", "set-2", "set-3"):
        with SafeFile(str(tmp_path / "set")).unfinished("new") as name:
            assert SafeFile(name).place_under_free_name(str(tmp_path / "set")) == str(tmp_path / expected)
    assert names(tmp_path) == ["set", "set-2", "set-3"]


def test_sweep_keeps_locked_files(tmp_path: Path) -> None:
    path = str(tmp_path / ".map4")
    (tmp_path / ".map4.tags-0badcafe").write_bytes(b"left")
    with SafeFile(path).unfinished_locked("tags") as busy:
        os.utime(busy, (0, 0))  # as a copy that has the time of the original
        SafeFile(path).sweep("tags", by_lock=True)
        assert names(tmp_path) == [os.path.basename(busy)]
    assert names(tmp_path) == []


def test_leftover_of_a_killed_conversion_is_removed_after_an_hour(tmp_path: Path) -> None:
    left, new = tmp_path / "a.mp3.partial-deadbeef", tmp_path / "a.mp3.partial-0badcafe"
    for path in (left, new):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    with SafeFile(str(tmp_path / "a.mp3")).unfinished("partial"):
        assert left.name not in names(tmp_path)
    assert names(tmp_path) == [new.name]
