"""Limits of memory and of the length of files: one readable line, and nothing left."""

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from conftest import Run
from made_library import analysis_of, database_of, path_of, put

from map4.core.store.tracks import SqlTracks

resource = pytest.importorskip("resource", reason="Windows has no such limits")
pytestmark = [pytest.mark.world, pytest.mark.skipif(sys.platform != "linux", reason="other systems do not keep them")]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The library of the commands here, of made-up tracks."""
    path = tmp_path / "library.map4"
    with database_of(path) as database:
        for number in range(8):
            put(SqlTracks(database), number, analysis_of(number))
    return path


NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Python keeps what was cut off at the limit, and can't be started again."""


def limited(kind: int, size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(kind, (size, size))


# From 265 to 300, what workers load would ask for memory again and again.
@pytest.mark.parametrize("mega_bytes", [285, *(pytest.param(n, marks=pytest.mark.world) for n in (150, 250, 300, 325))])
@pytest.mark.parametrize("command", ["scan", pytest.param("scan --watch", marks=pytest.mark.world)])
def test_worker_without_memory_gives_one_line(map4: Run, music: Path, mega_bytes: int, command: str) -> None:
    result = map4("-q", *command.split(), music, preexec_fn=limited(resource.RLIMIT_AS, mega_bytes * 10**6))
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "too little memory" in line
    assert "ulimit -v" in line


@pytest.mark.parametrize("mega_bytes", [100, *(pytest.param(n, marks=pytest.mark.world) for n in (80, 90, 110, 120))])
@pytest.mark.parametrize(
    "suffix", ["html", *(pytest.param(suffix, marks=pytest.mark.world) for suffix in ("pdf", "xlsx"))]
)
def test_export_fails_without_memory(map4: Run, made: Path, tmp_path: Path, mega_bytes: int, suffix: str) -> None:
    before = sorted(tmp_path.iterdir())
    result = map4(
        "export", "-o", f"x.{suffix}", cwd=tmp_path, preexec_fn=limited(resource.RLIMIT_AS, mega_bytes * 10**6)
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("map4: out of memory; close other programs, or raise the limit if 'ulimit -v'")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kilo_bytes", [20, *(pytest.param(n, marks=pytest.mark.world) for n in (1, 100))])
def test_file_size_limit_gives_one_line(map4: Run, music: Path, tmp_path: Path, kilo_bytes: int) -> None:
    before = {music}
    result = map4("scan", music, preexec_fn=limited(resource.RLIMIT_FSIZE, kilo_bytes * 1024), env=NO_BYTECODE)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "no space left for the library" in line
    assert f"longer than {kilo_bytes * 1024} bytes" in line
    assert {path for path in tmp_path.iterdir() if path.name != "library.map4.lock"} == before
    assert map4("scan", music).returncode == 0


def test_library_on_a_full_disk_is_readable_and_stores_no_caches(map4: Run, made: Path, tmp_path: Path) -> None:
    before = made.read_bytes()
    # The index file of its journal would be longer.
    on_full_disk = partial(map4, preexec_fn=limited(resource.RLIMIT_FSIZE, 10_000), env=NO_BYTECODE)
    assert on_full_disk("duplicates").returncode == 0
    assert on_full_disk("export", "-o", tmp_path / "x.csv", "--query", "limit:3").returncode == 0
    refused = on_full_disk("set", "year=1999", path_of(3))
    assert refused.returncode == 1
    assert refused.stderr.startswith("map4: no space left for the library")
    assert made.read_bytes() == before
    Path(f"{made}-wal").write_bytes(b"what was written last")  # which can't be read without the index file
    assert on_full_disk("duplicates").returncode == 1


@pytest.mark.parametrize("files", [28, *(pytest.param(n, marks=pytest.mark.world) for n in (8, 16, 24, 32, 40, 64))])
def test_low_limit_of_open_files_suffices_or_is_reported(map4: Run, music: Path, files: int) -> None:
    result = map4("scan", music, preexec_fn=limited(resource.RLIMIT_NOFILE, files))
    is_enough = result.returncode == 0 and files >= 32
    assert is_enough or (result.returncode == 1 and re.fullmatch(".*limits of open files.*\n", result.stderr))
    assert map4("scan", music).returncode == 0


@pytest.mark.parametrize(
    "place", ["/proc", *(pytest.param(folder, marks=pytest.mark.world) for folder in ("", "/nonexistent"))]
)
def test_search_runs_without_home_or_temporary_folder(map4: Run, music: Path, tmp_path: Path, place: str) -> None:
    places = {"HOME": place, "TMPDIR": place, "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""}
    for command in (["scan", music], ["export", "--force", "-o", tmp_path / "x.csv"]):
        result = map4(*command, env=places, cwd=tmp_path)
        assert (result.returncode, "Traceback" in result.stderr) == (0, False), result.stderr
