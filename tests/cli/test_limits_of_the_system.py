"""Limits of memory and of the length of files: one readable line, and nothing left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run

resource = pytest.importorskip("resource", reason="Windows has no such limits")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep them")


def limited(kind: int, size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (size, size))


# With 300, workers begin to start, and map4 gives up after half a minute.
@pytest.mark.parametrize("mega_bytes", [150, *(pytest.param(n, marks=pytest.mark.slow) for n in (250, 300))])
def test_too_little_memory_for_a_worker_is_told_in_one_line(map4: Run, music: Path, mega_bytes: int) -> None:
    result = map4("scan", music, preexec_fn=limited(resource.RLIMIT_AS, mega_bytes * 10**6), timeout=100)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "too little memory" in line
    assert "ulimit -v" in line


@pytest.mark.parametrize("kilo_bytes", [20, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 100))])
def test_a_limit_of_the_length_of_files_is_told_in_one_line(
    map4: Run, music: Path, tmp_path: Path, kilo_bytes: int
) -> None:
    before = {music}
    result = map4("scan", music, preexec_fn=limited(resource.RLIMIT_FSIZE, kilo_bytes * 1024))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "no space left for the library" in line
    assert f"longer than {kilo_bytes * 1024} bytes" in line
    assert {path for path in tmp_path.iterdir() if path.name != "library.map4.lock"} == before
    assert map4("scan", music).returncode == 0


@pytest.mark.parametrize("files", [28, *(pytest.param(n, marks=pytest.mark.slow) for n in (8, 16, 24, 32, 40, 64))])
def test_few_open_files_are_enough_or_told_in_one_line(map4: Run, music: Path, files: int) -> None:
    result = map4("scan", music, preexec_fn=limited(resource.RLIMIT_NOFILE, files))
    if result.returncode == 0:
        assert files >= 32
        return
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "limits of open files" in line
    assert map4("scan", music).returncode == 0


@pytest.mark.parametrize("place", ["/nonexistent", "", "/proc"])
def test_no_home_and_no_folder_for_temporary_files_is_needed(
    map4: Run, music: Path, tmp_path: Path, place: str
) -> None:
    places = {"HOME": place, "TMPDIR": place, "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""}
    for command in (["scan", music], ["export", "--force", "-o", tmp_path / "x.csv"]):
        result = map4(*command, env=places, cwd=tmp_path)
        assert (result.returncode, "Traceback" in result.stderr) == (0, False), result.stderr
